//! The redb file of a namespace: what every flush so far has written.
//!
//! Every value carries an xxh3-64 of where it belongs and what it is, checked on each read, because redb itself verifies
//! pages only in recovery. How rows get in is told in [`super::flush`].

use std::path::Path;

use parking_lot::{Mutex, RwLock};
use redb::ReadableDatabase;

use super::backend::Backend;
use super::base_snapshot::BaseSnapshot;
use super::database::GuardedDatabase;
use super::error::{StoreError, StoreResult};
use super::meta::{self, Completeness};
use super::record::Counters;
use super::seal::Seal;
use super::table::Table;
use super::tables::{self, OpenTables, definition};
use super::upgrade::{is_of_first_layout, upgrade};
use super::writing::Writing;
use crate::api::{Error, ErrorCode};
use crate::disk::{Disk, OpenMode, is_disk_full};

const CREATE_CACHE_BYTES: usize = 1 << 20;

/// An open redb file.
#[derive(Debug)]
pub struct Base {
    /// Shared by whoever begins a transaction; alone for whoever shrinks the file.
    pub(super) db: RwLock<GuardedDatabase>,
    pub(super) backend: Backend,
    pub(super) seal: Seal,
    /// Whoever writes holds this.
    pub(super) writing: Mutex<Writing>,
}

impl Base {
    /// Makes a new file and leaves it closed and synced. The caller syncs the directory and only then lets anything
    /// refer to the file; a crash before that leaves a file that nobody knows and that the next start removes.
    pub fn create(disk: &dyn Disk, path: &Path, namespace_id: [u8; 16]) -> StoreResult<()> {
        let seal = Seal { namespace_id };
        let db = GuardedDatabase::open(Backend::create(disk, path, namespace_id)?, CREATE_CACHE_BYTES)?;
        let mut tx = db.begin_write()?;
        tx.set_two_phase_commit(true);
        meta::create(&tx, seal)?;
        meta::write(&tx, seal, Completeness { seq: 0, counters: None })?;
        for table in Table::ALL {
            tx.open_table(definition(table))?;
        }
        tx.commit()?;
        db.close()
    }

    /// Opens an existing file. A missing, empty, foreign or damaged one is refused untouched; one of the first layout is
    /// replaced by a copy in the present one.
    pub fn open(disk: &dyn Disk, path: &Path, namespace_id: [u8; 16], cache_bytes: usize) -> StoreResult<Self> {
        let seal = Seal { namespace_id };
        upgrade(disk, path, namespace_id, |db| meta::upgrade(db, seal))?;
        let base = Self::open_as(OpenMode::Existing, disk, path, namespace_id, cache_bytes)?;
        base.backend.be_patient();
        match base.backend.accept() {
            // Reading goes on; the next flush tries again. What the file has must be durable all the same: the log lets go of
            // it, and a kill may have left it in the page cache alone.
            Err(error) if is_disk_full(&error) && !base.backend.has_failed() => {
                base.backend.sync_as_it_is().map_err(StoreError::io)?;
                tracing::warn!(%error, path = %path.display(), "the disk is full; the store is read as it is");
            }
            accepted => accepted.map_err(StoreError::io)?,
        }
        Ok(base)
    }

    /// As [`Base::open`], for a file that cannot be written to: it stays on probation, so what redb writes on opening and
    /// closing stays in memory. A flush has no effect on the file.
    pub fn open_read_only(
        disk: &dyn Disk,
        path: &Path,
        namespace_id: [u8; 16],
        cache_bytes: usize,
    ) -> StoreResult<Self> {
        if is_of_first_layout(disk, path).unwrap_or(false) {
            let text =
                "it has the layout of an earlier version, which opening replaces: make its file system writable once";
            return Err(StoreError::System(Error::new(ErrorCode::Unavailable, text)));
        }
        Self::open_as(OpenMode::ReadOnly, disk, path, namespace_id, cache_bytes)
    }

    fn open_as(
        mode: OpenMode,
        disk: &dyn Disk,
        path: &Path,
        namespace_id: [u8; 16],
        cache_bytes: usize,
    ) -> StoreResult<Self> {
        let backend = Backend::open_as(mode, disk, path, namespace_id)?;
        let db = GuardedDatabase::open(backend.clone(), cache_bytes)?;
        Self::over(db, backend, namespace_id)
    }

    /// Over an opened file, if it is the namespace's.
    pub(super) fn over(db: GuardedDatabase, backend: Backend, namespace_id: [u8; 16]) -> StoreResult<Self> {
        let (db, seal, writing) = (RwLock::new(db), Seal { namespace_id }, Mutex::default());
        let base = Self { db, backend, seal, writing };
        meta::check(&base.db.read().begin_read()?, base.seal)?;
        Ok(base)
    }

    /// True once redb was given an error by the file: it then refuses whatever else it is asked.
    pub fn has_failed(&self) -> bool {
        self.backend.has_failed()
    }

    /// The last flushed commit and the counters after it.
    pub fn flushed(&self) -> StoreResult<(u64, Counters)> {
        let read = || meta::read(&self.db.read().begin_read()?, self.seal);
        let Completeness { seq, counters } = read().map_err(|error| self.backend.explain(error))?;
        Ok((seq, counters.unwrap_or_default()))
    }

    /// Closes the file and tells whether that worked; dropping it closes it too.
    #[cfg(test)]
    pub fn close(self) -> StoreResult<()> {
        self.db.into_inner().close()
    }

    /// A consistent view of everything flushed so far.
    pub fn snapshot(&self) -> StoreResult<BaseSnapshot> {
        let tables = self.open_tables().map_err(|error| self.backend.explain(error))?;
        Ok(BaseSnapshot::new(tables, self.backend.clone(), self.seal))
    }

    /// The same, with what the very commit says of itself: between two transactions a flush may come.
    pub(super) fn snapshot_with_flushed(&self) -> StoreResult<(BaseSnapshot, (u64, Counters))> {
        let read = || {
            let tx = self.db.read().begin_read()?;
            let Completeness { seq, counters } = meta::read(&tx, self.seal)?;
            Ok::<_, StoreError>((tables::open_tables(&tx)?, (seq, counters.unwrap_or_default())))
        };
        let (tables, flushed) = read().map_err(|error| self.backend.explain(error))?;
        Ok((BaseSnapshot::new(tables, self.backend.clone(), self.seal), flushed))
    }

    pub(super) fn open_tables(&self) -> StoreResult<OpenTables> {
        let tx = self.db.read().begin_read()?;
        tables::open_tables(&tx)
    }
}
