//! What a group of requests takes of the disk: in the log now, and in the store later.
//!
//! Whoever may begin another segment of the log looks at the disk first ([`crate::space`]) and says what its group will take. A
//! large operation is looked at alone, once what it logs is known: its bytes are promised to it for the store and, where the log
//! must take another segment for it, for the log too, until the log has. So nobody else is told that space is short for bytes that are counted twice.

use std::sync::Arc;

use super::actor::Actor;
use crate::api::{Error, ErrorCode, Result};
use crate::limits;
use crate::log::LogError;
use crate::space::Space;
use crate::store::{Author, BatchWriter, Origin, Txn};

impl Actor {
    /// Whoever may begin another segment looks at the disk first, and counts what its group will take, in the log and then in
    /// the store.
    pub(super) fn look_at_space(&mut self, space: &Arc<Space>) {
        if self.log.room_bytes() < self.expected_bytes {
            self.owe(space, 2 * self.expected_bytes.min(limits::GROUP_BYTES_MAX));
            self.log.be_frugal(space.look());
            self.has_looked = true;
        }
        self.make_space(space);
    }

    /// What the group was to take it has taken, or was refused. Whoever was told that space is short because of it is told anew.
    pub(super) fn settle_space(&mut self, space: &Arc<Space>) {
        if !std::mem::take(&mut self.has_looked) && self.taking.is_none() {
            return;
        }
        self.owe(space, 0);
        self.taking = None;
        if space.is_short() {
            space.look();
        }
    }

    /// Where space is short, what is kept of the log for those who read it goes before any write is refused.
    pub(super) fn make_space(&mut self, space: &Arc<Space>) {
        if !space.is_short() {
            return;
        }
        match self.log.break_pins() {
            Ok(true) => self.log.be_frugal(space.look()),
            Ok(false) => {}
            Err(error) => self.log_failed(error),
        }
    }

    /// The group must not be committed, and the opening ends.
    pub(super) fn log_failed(&mut self, error: LogError) {
        self.broken.get_or_insert_with(|| error.into());
    }

    /// Says what the memtables will take of the disk, and `more`.
    pub(super) fn owe(&mut self, space: &Arc<Space>, more: usize) {
        let view = self.state.view.load();
        let frozen = view.frozen.as_ref().map_or(0, |frozen| frozen.bytes());
        let bytes = view.active.bytes() + frozen + more;
        self.owed.get_or_insert_with(|| space.promise(0)).set(bytes as u64);
    }

    /// Sees to it that an operation finds its place in the log, and that a large one will in the store.
    pub(super) fn take_space(&mut self, txn: &Txn, author: Author, space: &Arc<Space>) -> Result<()> {
        let record_bytes = BatchWriter::bytes_with(self.batch.len(), txn.bytes());
        let Some(bytes) = large_bytes(txn, author) else { return self.make_room(record_bytes) };
        let in_log = if self.log.room_bytes() < record_bytes { bytes } else { 0 };
        let taking = self.taking.get_or_insert_with(|| space.promise(0));
        if !taking.try_add(bytes + in_log) {
            let text = "the disk has too little space for a write of this size; smaller ones may pass";
            return Err(Error::new(ErrorCode::DiskFull, text));
        }
        let has_room = self.make_room(record_bytes);
        if let Some(taking) = &mut self.taking {
            // What the log had to take it has taken. Who is refused takes nothing.
            taking.take_back(if has_room.is_ok() { in_log } else { bytes + in_log });
        }
        has_room
    }

    /// What is staged cannot be taken back, so a disk without space must be met before: the operation fails alone then.
    fn make_room(&mut self, record_bytes: usize) -> Result<()> {
        self.log.make_room(record_bytes, self.expected_bytes.min(limits::GROUP_BYTES_MAX)).map_err(|error| {
            let nothing_changed = matches!(error, LogError::DiskFull { .. } | LogError::TooLarge { .. });
            let error = Error::from(error);
            if !nothing_changed {
                self.broken.get_or_insert_with(|| error.clone());
            }
            error
        })
    }
}

/// What an operation writes, if that is much; what it deletes takes no space that deletes are not left. What it logs may be far
/// more than its request had.
fn large_bytes(txn: &Txn, author: Author) -> Option<u64> {
    if txn.bytes() <= limits::VALUE_SHORT_BYTES_MAX || author.origin != Origin::Client {
        return None;
    }
    let written = txn.effects().map(|effect| effect.value.map_or(0, |value| effect.key.len() + value.len()));
    let bytes: usize = written.sum();
    (bytes > limits::VALUE_SHORT_BYTES_MAX).then_some(bytes as u64)
}
