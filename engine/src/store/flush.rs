//! Writing a frozen memtable into redb.
//!
//! A flush is one redb write transaction with two-phase commit, and stores the `commit_seq` up to which it is complete;
//! a crash in the middle leaves the state of the flush before, and the log still holds the rest.
//!
//! A flush that finds the disk full ends as [`StoreError::NoSpace`], and the handle stays in service: what redb has written
//! is held in memory ([`super::backend`]). Before redb's commit the transaction is aborted, and what is held dropped; in the
//! commit redb takes it for durable, while the file still has the state before. Whoever flushes counts nothing as flushed
//! until a later call has brought all of it to the file.

use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::{Durability, ReadableTable};

use super::base::Base;
use super::block::{VectorBlock, block_of};
use super::chunks::ChunkWriter;
use super::error::{StoreError, StoreResult};
use super::key::{KeyReader, KeyWriter};
use super::memtable::Memtable;
use super::meta::{self, Completeness};
use super::record::Counters;
use super::table::Table;
use super::tables::definition;
use super::writing::Writing;
use crate::disk::is_disk_full;
use crate::planted::{self, Planted};

/// After so many rows a flush looks whether the disk is full.
const ROWS_PER_LOOK: usize = 64;

/// What a flush writes.
#[derive(Debug, Clone, Copy)]
pub struct FlushInput<'a> {
    /// The frozen memtable.
    pub memtable: &'a Memtable,
    /// The newest commit in it.
    pub through_seq: u64,
    /// The counters after that commit.
    pub counters: Counters,
}

impl Base {
    /// Writes a frozen memtable, durably. After [`StoreError::NoSpace`] the same can be tried again.
    pub fn flush(&self, input: FlushInput<'_>) -> StoreResult<()> {
        self.flush_layers(&mut self.writing.lock(), input, None)
    }

    /// The same with what a newer memtable has up to that commit: what was deleted meanwhile need not find space first.
    pub fn flush_both(&self, input: FlushInput<'_>, newer: &Memtable) -> StoreResult<()> {
        self.flush_layers(&mut self.writing.lock(), input, Some(newer))
    }

    /// As the two above; false where somebody else is writing, or holds flushes up to judge the file: nobody has waited.
    pub fn flush_unless_busy(&self, input: FlushInput<'_>, newer: Option<&Memtable>) -> StoreResult<bool> {
        let Some(mut writing) = self.writing.try_lock() else { return Ok(false) };
        self.flush_layers(&mut writing, input, newer).map(|()| true)
    }

    /// redb checks itself with assertions, which may fail over damaged pages: that ends the handle, and nothing else.
    fn flush_layers(&self, writing: &mut Writing, input: FlushInput<'_>, newer: Option<&Memtable>) -> StoreResult<()> {
        catch_unwind(AssertUnwindSafe(|| self.write_flush(writing, input, newer))).unwrap_or_else(|_| {
            self.backend.give_up();
            Err(StoreError::Engine("redb panicked".to_owned()))
        })
    }

    fn write_flush(&self, writing: &mut Writing, input: FlushInput<'_>, newer: Option<&Memtable>) -> StoreResult<()> {
        if self.backend.has_failed() {
            return Err(StoreError::Engine("the handle was given up".to_owned()));
        }
        self.catch_up()?;
        let caught_up = writing.held_seq.take();
        if caught_up == Some(input.through_seq) {
            return Ok(());
        }
        writing.before = Some(self.backend.mark().map_err(StoreError::io)?);
        self.transact(|tx| self.write_layers(tx, input, newer)).map_err(|error| self.backend.explain(error))?;
        if !self.backend.is_holding() {
            return Ok(());
        }
        writing.held_seq = Some(input.through_seq);
        Err(StoreError::NoSpace)
    }

    /// Gives up a flush that waits for space, with what it has taken of it. The store must be opened anew: this handle writes
    /// nothing more. Where somebody holds flushes up nothing is given back: nobody waits for that.
    pub fn abandon_flush(&self) -> StoreResult<()> {
        let Some(writing) = self.writing.try_lock() else { return Ok(()) };
        match writing.before {
            Some(before) if self.backend.is_holding() => self.backend.abandon(before).map_err(StoreError::io),
            Some(_) | None => Ok(()),
        }
    }

    /// True while the file lacks something that redb takes for durable.
    pub fn is_behind(&self) -> bool {
        self.backend.is_holding()
    }

    /// Brings the file to where redb takes it to be.
    pub(super) fn catch_up(&self) -> StoreResult<()> {
        self.backend.accept().map_err(|error| match is_disk_full(&error) && !self.backend.has_failed() {
            true => StoreError::NoSpace,
            false => StoreError::io(error),
        })
    }

    /// Carries out one transaction in two phases. What of its commit finds no space is held. While anything is held none
    /// begins: what it writes could not be told from what a commit has written, and only the former may ever be dropped.
    pub(super) fn transact<T>(&self, work: impl FnOnce(&redb::WriteTransaction) -> StoreResult<T>) -> StoreResult<T> {
        self.check_space()?;
        let mut tx = self.db.read().begin_write()?;
        tx.set_durability(Durability::Immediate).map_err(|error| StoreError::Engine(error.to_string()))?;
        // Two phases, and with them a map of free space in each commit: opening after a kill reads that instead of walking
        // the whole file. It is written anew each time, at most some 100 KB for each 4 GiB of the file.
        tx.set_quick_repair(!planted::is(Planted::RepairNotQuick));
        match work(&tx).and_then(|done| self.check_space().map(|()| done)) {
            Ok(done) => {
                tx.commit()?;
                Ok(done)
            }
            Err(StoreError::NoSpace) => {
                tx.abort()?;
                self.backend.discard().map_err(StoreError::io)?;
                Err(StoreError::NoSpace)
            }
            Err(error) => Err(error),
        }
    }

    fn write_layers(
        &self,
        tx: &redb::WriteTransaction,
        input: FlushInput<'_>,
        newer: Option<&Memtable>,
    ) -> StoreResult<()> {
        let FlushInput { memtable, through_seq, counters } = input;
        let look = || self.check_space();
        let mut chunks = ChunkWriter::new(self.seal, tx, &look);
        for table in Table::ALL {
            if let Some(newer) = newer {
                let rows = newer.ascend(table, Bound::Unbounded, Bound::Unbounded, through_seq);
                self.write_rows(tx, &mut chunks, table, rows)?;
            }
            let is_newest = |key: &[u8]| newer.is_none_or(|newer| newer.get(table, key, through_seq, |_| ()).is_none());
            let rows = memtable.ascend(table, Bound::Unbounded, Bound::Unbounded, u64::MAX);
            self.write_rows(tx, &mut chunks, table, rows.filter(|(key, _)| is_newest(key)))?;
        }
        if chunks.has_cut() && !planted::is(Planted::ChunksUnnoted) {
            meta::note_cut_values(tx, self.seal)?;
        }
        meta::write(tx, self.seal, Completeness { seq: through_seq, counters: Some(counters) })
    }

    fn write_rows(
        &self,
        tx: &redb::WriteTransaction,
        chunks: &mut ChunkWriter<'_, '_>,
        table: Table,
        rows: impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)>,
    ) -> StoreResult<()> {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        let mut target = tx.open_table(definition(table))?;
        match table {
            Table::Vectors => self.flush_vectors(&mut target, &mut rows),
            _ => self.flush_rows(table, &mut target, chunks, rows),
        }
    }

    /// Ends a transaction whose pages find no space, before they fill the memory.
    pub(super) fn check_space(&self) -> StoreResult<()> {
        if self.backend.is_holding() { Err(StoreError::NoSpace) } else { Ok(()) }
    }

    fn flush_rows(
        &self,
        table: Table,
        target: &mut redb::Table<'_, &'static [u8], &'static [u8]>,
        chunks: &mut ChunkWriter<'_, '_>,
        rows: impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)>,
    ) -> StoreResult<()> {
        for (number, (key, value)) in rows.enumerate() {
            if number.is_multiple_of(ROWS_PER_LOOK) {
                self.check_space()?;
            }
            match value {
                Some(value) => chunks.put(table, target, &key, &value)?,
                None if planted::is(Planted::DeletesNotFlushed) => {}
                None => chunks.remove(table, target, &key)?,
            }
        }
        Ok(())
    }

    /// Packs single rows into blocks; a block that exists is read, changed and written again.
    fn flush_vectors(
        &self,
        target: &mut redb::Table<'_, &'static [u8], &'static [u8]>,
        rows: &mut std::iter::Peekable<impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)>>,
    ) -> StoreResult<()> {
        let mut sealed = Vec::new();
        while let Some((collection, block)) = rows.peek().and_then(|(key, _)| block_of(key)) {
            self.check_space()?;
            let mut changes = Vec::new();
            while let Some((key, value)) = rows.next_if(|(key, _)| block_of(key) == Some((collection, block))) {
                let mut key = KeyReader::new(&key);
                let (_, row) = (key.u32(), key.u32());
                changes.push((row.unwrap_or_default(), value));
            }
            let key = KeyWriter::new().u32(collection).u32(block).finish();
            let old = match target.get(key.as_slice())? {
                Some(sealed) => Some(self.seal.open(Table::Vectors, &key, sealed.value())?.to_vec()),
                None => None,
            };
            let mut packed = match &old {
                Some(old) => VectorBlock::decode(old)
                    .ok_or_else(|| StoreError::corrupt(Table::Vectors, "a block does not decode"))?,
                None => VectorBlock::default(),
            };
            for (row, vector) in &changes {
                packed.set(*row, vector.as_deref());
            }
            let mut value = Vec::new();
            if packed.encode(&mut value) {
                self.seal.close(Table::Vectors, &key, &value, &mut sealed);
                target.insert(key.as_slice(), sealed.as_slice())?;
            } else {
                target.remove(key.as_slice())?;
            }
        }
        Ok(())
    }
}
