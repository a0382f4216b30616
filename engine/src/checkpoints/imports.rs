//! Imports whose bytes are still coming.
//!
//! The parts are spooled to a temporary file, so that an import takes no memory however large it is. An import is known by
//! a random number and belongs to the namespace it was begun for. While a part is being written its import is taken out of
//! the table: a second part at the same time finds none, and two writers can never mix.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::folder::{Folder, Temporary};
use super::site::Site;
use crate::api::{Error, ErrorCode, ExportFormat, ImportCheckpoint, NamespaceName, Result};
use crate::disk::DiskFile;
use crate::limits;
use crate::rng::Rng;

/// The bytes of an import so far.
#[derive(Debug)]
pub struct Spool {
    _temporary: Temporary,
    /// The bytes.
    pub file: Arc<dyn DiskFile>,
    /// How many there are.
    pub len: u64,
    /// How they are written.
    pub format: ExportFormat,
    /// The name for the checkpoint, if one was given.
    pub name: String,
    namespace: NamespaceName,
    touched: Duration,
}

/// What is to be done after a part.
#[derive(Debug)]
pub enum Progress {
    /// More parts follow; they name this number.
    Waits(u64),
    /// That was the last one.
    Complete(Spool),
}

/// The imports that wait for their next part.
#[derive(Debug, Default)]
pub struct Imports {
    waiting: Mutex<HashMap<u64, Spool>>,
}

impl Imports {
    /// Forgets imports that have waited too long.
    pub fn expire(&self, now: Duration) {
        let mut forgotten = Vec::new();
        {
            let mut waiting = self.waiting.lock();
            let old: Vec<u64> = waiting.iter().filter(|(_, spool)| spool.is_old(now)).map(|(id, _)| *id).collect();
            forgotten.extend(old.iter().filter_map(|id| waiting.remove(id)));
        }
        // Files are removed here, where nobody waits for the table.
        drop(forgotten);
    }

    /// Adds a part: the first one of a new import, or the next one of one that waits.
    pub fn part(
        &self,
        folder: &Folder,
        rng: &dyn Rng,
        now: Duration,
        (namespace, part): (&NamespaceName, ImportCheckpoint),
    ) -> Result<Progress> {
        self.expire(now);
        let ImportCheckpoint { format, name, data, continues, more } = part;
        let mut spool = match continues {
            Some(id) => self.take(id, namespace, format)?,
            None => {
                self.check_room(more)?;
                let (temporary, file) = folder.temporary()?;
                let (namespace, name) = (namespace.clone(), String::new());
                Spool { _temporary: temporary, file, len: 0, format, name, namespace, touched: now }
            }
        };
        if !name.is_empty() {
            spool.name = name;
        }
        // If this fails the import is over: nobody knows what of the part is in the file.
        spool.file.write_all_at(spool.len, &data).map_err(Site::io)?;
        spool.len += data.len() as u64;
        spool.touched = now;
        if !more {
            return Ok(Progress::Complete(spool));
        }
        let mut waiting = self.waiting.lock();
        if waiting.len() >= limits::IMPORTS_MAX {
            return Err(too_many());
        }
        let id = continues.unwrap_or_else(|| rng.next_u64() >> 11);
        waiting.insert(id, spool);
        Ok(Progress::Waits(id))
    }

    fn check_room(&self, more: bool) -> Result<()> {
        if more && self.waiting.lock().len() >= limits::IMPORTS_MAX { Err(too_many()) } else { Ok(()) }
    }

    fn take(&self, id: u64, namespace: &NamespaceName, format: ExportFormat) -> Result<Spool> {
        let mut waiting = self.waiting.lock();
        let known = waiting.get(&id).is_some_and(|spool| spool.namespace == *namespace && spool.format == format);
        let spool = if known { waiting.remove(&id) } else { None };
        spool.ok_or_else(|| {
            let text = "no import of this namespace and format waits under that number; it may have waited too long: \
                        begin it again";
            Error::invalid(text)
        })
    }
}

fn too_many() -> Error {
    Error::new(ErrorCode::Busy, "too many imports wait for their next part; retry later")
}

impl Spool {
    fn is_old(&self, now: Duration) -> bool {
        now.saturating_sub(self.touched) > limits::IMPORT_IDLE_MAX
    }
}
