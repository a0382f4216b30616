//! Imports whose bytes are still coming.
//!
//! The parts are spooled to a temporary file, so that an import takes no memory however large it is. An import is known by
//! a random number and belongs to the namespace it was begun for. While a part is being written its import keeps its place in
//! the table, and so counts; but it waits for none: a second part at the same time is refused, and two writers can never mix.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::folder::{CheckpointFolder, Temporary};
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

/// An import in the table.
#[derive(Debug)]
enum ImportPlace {
    /// It waits for its next part.
    Waits(Spool),
    /// A part of it is being written.
    Writing(NamespaceName),
}

impl ImportPlace {
    fn namespace(&self) -> &NamespaceName {
        match self {
            ImportPlace::Waits(spool) => &spool.namespace,
            ImportPlace::Writing(namespace) => namespace,
        }
    }

    fn spool(&self) -> Option<&Spool> {
        match self {
            ImportPlace::Waits(spool) => Some(spool),
            ImportPlace::Writing(_) => None,
        }
    }
}

/// The imports that have begun and not ended.
#[derive(Debug, Default)]
pub struct Imports {
    places: Mutex<HashMap<u64, ImportPlace>>,
}

/// The place of an import while a part of it is being written. Dropping it frees the place, for the import is over then,
/// unless it was told to wait.
struct BusyPlace<'a> {
    imports: &'a Imports,
    id: u64,
    next: Option<Spool>,
}

impl Drop for BusyPlace<'_> {
    fn drop(&mut self) {
        let mut places = self.imports.places.lock();
        match self.next.take() {
            Some(spool) => drop(places.insert(self.id, ImportPlace::Waits(spool))),
            None => drop(places.remove(&self.id)),
        }
    }
}

impl Imports {
    /// Forgets imports that have waited too long.
    pub fn expire(&self, now: Duration) {
        let is_old = |place: &ImportPlace| place.spool().is_some_and(|spool| spool.is_old(now));
        let forgotten: Vec<ImportPlace> =
            self.places.lock().extract_if(|_, place| is_old(place)).map(|(_, place)| place).collect();
        // Files are removed here, where nobody waits for the table.
        drop(forgotten);
    }

    /// Adds a part: the first one of a new import, or the next one of one that waits.
    pub fn part(
        &self,
        folder: &CheckpointFolder,
        rng: &dyn Rng,
        now: Duration,
        (namespace, part): (&NamespaceName, ImportCheckpoint),
    ) -> Result<Progress> {
        self.expire(now);
        let ImportCheckpoint { format, name, data, continues, more } = part;
        let new = || -> Result<Spool> {
            let (temporary, file) = folder.temporary()?;
            let (namespace, name) = (namespace.clone(), String::new());
            Ok(Spool { _temporary: temporary, file, len: 0, format, name, namespace, touched: now })
        };
        // If this fails from here on the import is over: nobody knows what of the part is in the file.
        let (taken, mut spool) = match continues {
            Some(id) => self.take(id, namespace, format).map(|(taken, spool)| (Some(taken), spool))?,
            None if more => (Some(self.begin(namespace, now, rng)?), new()?),
            None => (None, new()?),
        };
        if !name.is_empty() {
            spool.name = name;
        }
        spool.file.write_all_at(spool.len, &data).map_err(Site::io)?;
        spool.len += data.len() as u64;
        spool.touched = now;
        match taken {
            Some(mut taken) if more => {
                taken.next = Some(spool);
                Ok(Progress::Waits(taken.id))
            }
            Some(_) | None => Ok(Progress::Complete(spool)),
        }
    }

    /// Makes a place for one more import of a namespace. Imports that were begun and left would otherwise keep everybody out:
    /// of the namespace itself if it has all it may have, else of the one that has most, the import that has waited longest
    /// gives way. It may be going on, so it is spared for a while, unless its namespace has much more than this one. One of
    /// which a part is being written goes on for certain, and keeps its place.
    fn begin(&self, namespace: &NamespaceName, now: Duration, rng: &dyn Rng) -> Result<BusyPlace<'_>> {
        let mut places = self.places.lock();
        let count = |name: &NamespaceName| places.values().filter(|place| place.namespace() == name).count();
        let own = count(namespace);
        let own_only = own >= limits::IMPORTS_EACH_MAX;
        let mut forgotten = None;
        if own_only || places.len() >= limits::IMPORTS_MAX {
            let waiting = places.iter().filter_map(|(id, place)| Some((*id, place.spool()?)));
            let others = waiting.filter(|(_, spool)| !own_only || spool.namespace == *namespace);
            let oldest = others.min_by_key(|(id, spool)| (Reverse(count(&spool.namespace)), spool.touched, *id));
            let gives_way = |spool: &Spool| {
                count(&spool.namespace) > own + 1 || now.saturating_sub(spool.touched) >= limits::IMPORT_SPARED
            };
            let oldest = oldest.filter(|(_, spool)| gives_way(spool)).map(|(id, _)| id).ok_or_else(too_many)?;
            forgotten = places.remove(&oldest);
        }
        let mut id = rng.next_u64() >> 11;
        while places.contains_key(&id) {
            id = rng.next_u64() >> 11;
        }
        places.insert(id, ImportPlace::Writing(namespace.clone()));
        drop(places);
        // Its file is removed here, where nobody waits for the table.
        drop(forgotten);
        Ok(BusyPlace { imports: self, id, next: None })
    }

    fn take(&self, id: u64, namespace: &NamespaceName, format: ExportFormat) -> Result<(BusyPlace<'_>, Spool)> {
        let mut places = self.places.lock();
        let is_meant = |spool: &Spool| spool.namespace == *namespace && spool.format == format;
        if let Some(place) = places.get_mut(&id).filter(|place| place.spool().is_some_and(is_meant))
            && let ImportPlace::Waits(spool) = std::mem::replace(place, ImportPlace::Writing(namespace.clone()))
        {
            return Ok((BusyPlace { imports: self, id, next: None }, spool));
        }
        let text = "no import of this namespace and format waits under that number; it may have waited too long: begin it \
                    again";
        Err(Error::invalid(text))
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
