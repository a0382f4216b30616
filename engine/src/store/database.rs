//! A redb handle that cannot take the process down with it.
//!
//! redb checks its own structures with assertions, some of them when a handle is opened or dropped. Pages that do not verify
//! never reach it, so none of these should fire; if one does, opening gives an error, and dropping only has to end.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

use redb::Builder;

use super::backend::Backend;
use super::error::{StoreError, StoreResult};

/// An open redb database whose drop does not panic.
#[derive(Debug)]
pub struct GuardedDatabase(Option<redb::Database>);

impl GuardedDatabase {
    /// Opens what a backend has, or makes a database of a new file.
    pub fn open(backend: Backend, cache_bytes: usize) -> StoreResult<Self> {
        Self::build(Builder::new().set_cache_size(cache_bytes), backend)
    }

    /// Opens a file and has redb verify all of it by its own checksums, which the pages' say nothing about.
    pub fn open_verifying(backend: Backend, cache_bytes: usize) -> StoreResult<Self> {
        Self::build(Builder::new().set_cache_size(cache_bytes).set_check_integrity_on_open(true), backend)
    }

    fn build(builder: &Builder, backend: Backend) -> StoreResult<Self> {
        let open = || builder.create_with_backend(backend).map_err(StoreError::on_open);
        guarded(open).map(|db| Self(Some(db)))
    }

    /// Moves pages to the front and cuts the file. False if somebody reads.
    pub fn compact(&mut self) -> StoreResult<bool> {
        let Some(db) = &mut self.0 else { return Ok(false) };
        let compacted = catch_unwind(AssertUnwindSafe(|| db.compact()));
        match compacted.map_err(|_| StoreError::Engine("redb panicked while a file was shrunk".to_owned()))? {
            Ok(_) => Ok(true),
            Err(redb::CompactionError::Storage(error)) => Err(error.into()),
            // Transactions or savepoints; of these there are none.
            Err(_) => Ok(false),
        }
    }

    /// Closes the file and tells whether that worked.
    pub fn close(mut self) -> StoreResult<()> {
        let Some(db) = self.0.take() else { return Ok(()) };
        let closed = catch_unwind(AssertUnwindSafe(|| db.close()));
        Ok(closed.map_err(|_| StoreError::Engine("redb panicked while a file was closed".to_owned()))??)
    }
}

/// Calls redb where it may meet damaged bytes: it checks itself with assertions, which fail over them.
pub fn guarded<T>(work: impl FnOnce() -> StoreResult<T>) -> StoreResult<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(StoreError::NotAStore("redb cannot make sense of it")))
}

impl Deref for GuardedDatabase {
    type Target = redb::Database;

    #[expect(clippy::expect_used, reason = "only drop and close take the handle out")]
    fn deref(&self) -> &redb::Database {
        self.0.as_ref().expect("a guarded database is open until it is dropped")
    }
}

impl Drop for GuardedDatabase {
    fn drop(&mut self) {
        let db = self.0.take();
        if catch_unwind(AssertUnwindSafe(|| drop(db))).is_err() {
            tracing::error!("redb panicked while a damaged file was closed; what is in the log is not lost");
        }
    }
}
