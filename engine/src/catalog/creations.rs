//! Creations of namespaces that have not ended, which nobody is shown.
//!
//! The catalog's entries have a new namespace from the commit on; its folder becomes live after that, and the change may
//! yet be taken back. Until then the entry is hidden. Locked after the entries: while those are locked, a creation can
//! neither end nor be taken back.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use super::entry::{Entries, Entry};
use crate::api::{Error, ErrorCode, Result};

/// The creations that have not ended, by the namespace's id.
#[derive(Debug, Default)]
pub struct Creations {
    by_id: Mutex<BTreeMap<[u8; 16], Creation>>,
}

#[derive(Debug)]
struct Creation {
    name: String,
    stage: CreationStage,
}

/// How far a creation has come that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CreationStage {
    /// Nobody was told anything yet: there is no such namespace.
    UnderWay,
    /// It was answered `OutcomeUnknown`, and what comes of it is not decided: nobody may be told that there is none, since
    /// it may yet come to light.
    InDoubt,
}

impl Creations {
    /// One begins, before its entry can be seen.
    pub fn begin(&self, id: [u8; 16], name: &str) {
        self.by_id.lock().insert(id, Creation { name: name.to_owned(), stage: CreationStage::UnderWay });
    }

    /// One that began is answered `OutcomeUnknown`.
    pub fn doubt(&self, id: [u8; 16], name: &str) {
        self.by_id.lock().insert(id, Creation { name: name.to_owned(), stage: CreationStage::InDoubt });
    }

    /// These hold or are taken back, as the entries say.
    pub fn end(&self, ids: &[[u8; 16]]) {
        self.by_id.lock().retain(|id, _| !ids.contains(id));
    }

    /// The entry of a name, if it is to be shown.
    ///
    /// # Errors
    /// `Unavailable` while nobody knows whether the name's creation holds.
    pub fn shown(&self, name: &str, entries: &Entries) -> Result<Option<Entry>> {
        let by_id = self.by_id.lock();
        // Its entry may be there or not: the file has it, or may have it.
        if by_id.values().any(|creation| creation.stage == CreationStage::InDoubt && creation.name == name) {
            let text =
                format!("whether namespace {name:?} exists is not known until the catalog's disk answers; retry later");
            return Err(Error::new(ErrorCode::Unavailable, text));
        }
        Ok(entries.get(name).filter(|entry| !by_id.contains_key(&entry.id)).cloned())
    }

    /// All entries that are to be shown, by name.
    pub fn all_shown(&self, entries: &Entries) -> Vec<(String, Entry)> {
        let by_id = self.by_id.lock();
        let shown = entries.iter().filter(|(_, entry)| !by_id.contains_key(&entry.id));
        shown.map(|(name, entry)| (name.clone(), entry.clone())).collect()
    }
}
