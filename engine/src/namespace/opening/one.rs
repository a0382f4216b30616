//! An opening: its files, its state and its actor, made and ended together.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::lease::{Lease, LeasedDisk};
use super::life::Life;
use crate::api::{Error, ErrorCode, Result};
use crate::disk::Disk;
use crate::namespace::access::Access;
use crate::namespace::actor::Actor;
use crate::namespace::mailbox::Post;
use crate::namespace::options::{NamespaceFiles, NamespaceOptions};
use crate::namespace::recovery;
use crate::namespace::tenant::Tenant;

/// A namespace in service.
pub struct Opening {
    /// The writer, with the state that readers see.
    pub actor: Actor,
    /// Whether it can be written to.
    pub access: Access,
    /// Dropped last: it ends the service, and what is still open closes the files.
    _service: InService,
}

/// The part of an opening that keeps it in service.
struct InService {
    life: Arc<Life>,
    _lease: Arc<Lease>,
}

impl Drop for InService {
    fn drop(&mut self) {
        self.life.leave();
    }
}

impl Opening {
    /// Opens a namespace's files. What fails here leaves nothing open.
    pub fn begin(
        tenant: &Arc<dyn Tenant>,
        life: &Arc<Life>,
        options: &NamespaceOptions,
        files: &NamespaceFiles,
        post: Post,
    ) -> Result<Self> {
        life.begin()?;
        let place = options.openings.take(tenant).inspect_err(|_| life.close())?;
        let number = place.number;
        let lease = Arc::new(Lease::new(Arc::clone(life), place));
        let disk: Arc<dyn Disk> = Arc::new(LeasedDisk::new(Arc::clone(&options.disk), Arc::clone(&lease)));
        let service = InService { life: Arc::clone(life), _lease: lease };
        let options = NamespaceOptions { disk, ..options.clone() };
        let access = Access::of(&*options.disk, &files.dir);
        let open = || recovery::open(&options, files, access, number, post);
        let actor = catch_unwind(AssertUnwindSafe(open)).unwrap_or_else(|_| {
            Err(Error::new(ErrorCode::Corrupt, "the namespace's files made the opening panic; they are damaged"))
        })?;
        life.opened()?;
        Ok(Self { actor, access, _service: service })
    }

    /// Writes what is only in the log into the store, as a next opening would otherwise have to replay it. False = a flush
    /// is running, or the store is being judged: the opening cannot end now. After an error it must not go on: its log or its
    /// store takes no more orders. The log still holds everything.
    pub fn flush(&mut self) -> Result<bool> {
        match self.access {
            // It would only fail once more. The log holds everything.
            Access::Full if self.actor.flushing.barred.is_some() => {}
            Access::Full => match self.actor.flush_now() {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                // That breaks nothing: what goes on tries again, and what opens next replays the log.
                Err(error) if error.code == ErrorCode::DiskFull => {
                    tracing::warn!(%error, "there is no space for what closing writes; the log holds everything");
                }
                Err(error) => return Err(error),
            },
            Access::ReadOnly => {}
        }
        // Whoever opens it next may never write.
        self.actor.log.be_frugal(true);
        Ok(true)
    }

    /// Ends the opening, unless somebody is reading: then it is given back. The caller has seen to it that no new reader
    /// can come.
    pub fn end(mut self) -> std::result::Result<(), Box<Self>> {
        match Arc::try_unwrap(self.actor.state) {
            // Nobody else has it, and nobody can get it any more.
            Ok(state) => {
                drop(state);
                Ok(())
            }
            Err(shared) => {
                self.actor.state = shared;
                Err(Box::new(self))
            }
        }
    }
}
