//! What redb has written to a file that does not have it yet.
//!
//! redb's handle on a file is lost with the first error that it is told, and with it every snapshot that reads through it.
//! So where a file must not be written to, or cannot be for want of space, what redb writes is kept here, in order, and redb
//! reads it from here. Once the file can be written to, the operations are carried out one after the other, syncs where redb
//! asked for them. A crash before that leaves what a crash of redb would have left at that point: the commit before, whole.

use std::collections::{HashMap, VecDeque};
use std::io;

use super::pages::{PAGE_BYTES, PagedFile};
use super::superblock::REDB_HEADER_BYTES;

/// What redb asked for.
#[derive(Debug)]
enum HeldOperation {
    SetLen(u64),
    /// Whole pages, or the header.
    Write {
        offset: u64,
        data: Vec<u8>,
    },
    Sync,
}

/// What has to be done next for the file to catch up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// A change; see [`Held::carry_out`].
    Change,
    /// A sync, then [`Held::synced`].
    Sync,
    /// Nothing: the file has everything.
    Nothing,
}

/// Operations that wait, and the file's length as redb sees it.
#[derive(Debug)]
pub struct Held {
    len: u64,
    operations: VecDeque<HeldOperation>,
    /// How many operations have been carried out: the number of the first one that waits.
    done: u64,
    /// Where the newest content of a page is: the number of the operation and the offset in its data.
    places: HashMap<u64, (u64, usize)>,
    /// True while the file has changes of these operations that were not synced.
    unsynced: bool,
    /// True until the file that others have written was synced.
    inherited: bool,
}

impl Held {
    /// Nothing yet, over a file of this length.
    pub fn new(len: u64) -> Self {
        Self { len, operations: VecDeque::new(), done: 0, places: HashMap::new(), unsynced: false, inherited: false }
    }

    /// Nothing yet, over a file of this length that others have written: whoever accepts it makes it durable first, whether or
    /// not redb writes anything. A kill may have left its last commit in the page cache alone.
    pub fn over_unsynced(len: u64) -> Self {
        Self { unsynced: true, inherited: true, ..Self::new(len) }
    }

    /// True if the next sync is the first one of a file that others have written.
    pub fn is_inherited(&self) -> bool {
        self.inherited
    }

    /// The length as redb sees it.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Keeps a change of the length.
    pub fn set_len(&mut self, len: u64) {
        self.len = len;
        self.operations.push_back(HeldOperation::SetLen(len));
    }

    /// Keeps a write of whole pages, or of the header.
    pub fn write(&mut self, offset: u64, data: &[u8]) {
        self.len = self.len.max(offset + data.len() as u64);
        let number = self.done + self.operations.len() as u64;
        let first = offset / PAGE_BYTES as u64;
        for (page, at) in (first..).zip((0..data.len()).step_by(PAGE_BYTES)) {
            self.places.insert(page, (number, at));
        }
        self.operations.push_back(HeldOperation::Write { offset, data: data.to_vec() });
    }

    /// Keeps a sync.
    pub fn sync(&mut self) {
        self.operations.push_back(HeldOperation::Sync);
    }

    /// Reads unit by unit (the header, or one page): what is kept here, else what is in the file.
    pub fn read(&self, pages: &PagedFile, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if offset + out.len() as u64 > self.len {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        let unit = if offset == 0 { REDB_HEADER_BYTES } else { PAGE_BYTES };
        for (part, at) in out.chunks_mut(unit).zip((offset..).step_by(unit)) {
            match self.written(at / PAGE_BYTES as u64, part.len()) {
                Some(data) => part.copy_from_slice(data),
                None => pages.read(at, part)?,
            }
        }
        Ok(())
    }

    fn written(&self, page: u64, len: usize) -> Option<&[u8]> {
        let (number, at) = *self.places.get(&page)?;
        let HeldOperation::Write { data, .. } = self.operations.get(usize::try_from(number - self.done).ok()?)? else {
            return None;
        };
        data.get(at..at.checked_add(len)?)
    }

    /// What has to be done next.
    pub fn next(&self) -> Next {
        match self.operations.front() {
            Some(HeldOperation::SetLen(_) | HeldOperation::Write { .. }) => Next::Change,
            Some(HeldOperation::Sync) => Next::Sync,
            None if self.unsynced => Next::Sync,
            None => Next::Nothing,
        }
    }

    /// Carries out the change that is next. If that fails it is still next.
    pub fn carry_out(&mut self, pages: &PagedFile) -> io::Result<()> {
        match self.operations.front() {
            Some(HeldOperation::SetLen(len)) => pages.set_len(*len)?,
            Some(HeldOperation::Write { offset, data }) => {
                pages.write(*offset, data)?;
                let first = *offset / PAGE_BYTES as u64;
                for page in first..first + data.len().div_ceil(PAGE_BYTES) as u64 {
                    if self.places.get(&page).is_some_and(|(number, _)| *number == self.done) {
                        self.places.remove(&page);
                    }
                }
            }
            Some(HeldOperation::Sync) | None => return Ok(()),
        }
        self.unsynced = true;
        self.operations.pop_front();
        self.done += 1;
        Ok(())
    }

    /// The sync that was next has succeeded.
    pub fn synced(&mut self) {
        (self.unsynced, self.inherited) = (false, false);
        if self.operations.pop_front_if(|operation| matches!(operation, HeldOperation::Sync)).is_some() {
            self.done += 1;
        }
    }
}
