//! A redb handle that cannot take the process down with it.
//!
//! redb checks its own structures with assertions, and some of them run when a handle is dropped: on a damaged file that is
//! a panic in whatever thread lets go last. The damage is reported where rows are read; dropping only has to end.

use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An open redb database whose drop does not panic.
#[derive(Debug)]
pub struct GuardedDatabase(Option<redb::Database>);

impl GuardedDatabase {
    /// Guards a handle.
    pub fn new(db: redb::Database) -> Self {
        Self(Some(db))
    }
}

impl Deref for GuardedDatabase {
    type Target = redb::Database;

    #[expect(clippy::expect_used, reason = "only drop takes the handle out")]
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
