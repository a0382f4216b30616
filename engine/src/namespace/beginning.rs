//! How an opening begins, on demand.
//!
//! After one that was given up, the next flushes what the log has before anybody reads or writes in it. In an opening that serves,
//! a flush shares the store's handle with readers, and a read that meets a damaged page ends it for both: that flush fails
//! though nothing is wrong where it writes, again and again if somebody goes on reading there. Alone, it ends as it would on its
//! own, so either the log gets shorter or it is known that it cannot ([`super::flush_failures`]).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Namespace;
use super::access::Access;
use super::mailbox::{Envelope, Post, worker_failed};
use super::opening::Opening;
use super::options::NamespaceFiles;
use super::tenant::Tenant;
use crate::api::{Error, ErrorCode, Result};
use crate::planted::{self, Planted};

impl Namespace {
    /// The opening, begun if need be.
    pub(super) fn opened<'a>(self: &Arc<Self>, slot: &'a mut Option<Opening>) -> Result<&'a mut Opening> {
        if slot.is_none() {
            let mut opening = self.begin()?;
            if !self.flush_first(&mut opening) {
                drop(opening);
                opening = self.begin()?;
            }
            opening.actor.flushing.barred = self.flush_failures.lock().barred().cloned();
            opening.actor.shrinking.has_failed = Arc::clone(&self.shrink_has_failed);
            self.is_unreadable.store(false, Ordering::Relaxed);
            self.state.store(Some(Arc::clone(&opening.actor.state)));
            *slot = Some(opening);
        }
        slot.as_mut().ok_or_else(|| Error::internal("a namespace was opened and is not there"))
    }

    fn begin(self: &Arc<Self>) -> Result<Opening> {
        let weak = Arc::downgrade(self);
        let post: Post = Arc::new(move |task| {
            if let Some(this) = weak.upgrade() {
                this.submit(Envelope::internal(task), false);
            }
        });
        let tenant: Arc<dyn Tenant> = Arc::<Self>::clone(self);
        Opening::begin(&tenant, &self.life, &self.options, &self.files, post).map_err(|error| self.unreadable(error))
    }

    /// Brings what is in the log into the store, if an opening before was given up. False if that failed: this opening is of no
    /// use then.
    fn flush_first(&self, opening: &mut Opening) -> bool {
        let now = self.options.clock.monotonic();
        let is_due = opening.access == Access::Full && self.flush_failures.lock().is_due_first(now);
        if !is_due || planted::is(Planted::FlushNotFirst) {
            return true;
        }
        let flushed = catch_unwind(AssertUnwindSafe(|| opening.actor.flush_first()));
        let flushed = flushed.unwrap_or_else(|_| Err(worker_failed()));
        let mut failures = self.flush_failures.lock();
        match flushed {
            Ok(()) => {
                failures.succeeded();
                true
            }
            // There is no space. The flush waits for it while the namespace is in service, like any other.
            Err(error) if error.code == ErrorCode::DiskFull && !opening.actor.state.store_has_failed() => {
                failures.tried();
                true
            }
            Err(error) => {
                tracing::error!(%error, dir = %self.files.dir.display(), "what the log holds cannot be brought into the store");
                failures.failed(&error, now);
                if let Some(barred) = failures.barred() {
                    tracing::error!(error = %barred.why, dir = %self.files.dir.display(), "writes are refused");
                }
                false
            }
        }
    }

    /// Whoever is told that files cannot be read learns whose; the log says it once, and again after an opening that
    /// succeeded.
    fn unreadable(&self, error: Error) -> Error {
        if !matches!(error.code, ErrorCode::Corrupt | ErrorCode::UnsupportedVersion) {
            return error;
        }
        let NamespaceFiles { name, dir, .. } = &self.files;
        if !self.is_unreadable.swap(true, Ordering::Relaxed) {
            tracing::error!(namespace = name, dir = %dir.display(), %error, "the namespace cannot be opened");
        }
        Error::new(error.code, format!("namespace {name:?} cannot be opened: {}", error.message))
    }
}
