//! The collections of a namespace, in memory.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::collection::Collection;

/// The collections of a namespace, by the number in their record. Which of them exist at a given commit, the store says.
#[derive(Debug, Default)]
pub struct Collections {
    by_id: RwLock<HashMap<u32, Arc<Collection>>>,
    /// Dropped ones with the commit that dropped them: older readers still need them until they are reclaimed.
    dropped: Mutex<Vec<(u64, u32)>>,
}

impl Collections {
    /// The collection with this number.
    pub fn get(&self, id: u32) -> Option<Arc<Collection>> {
        self.by_id.read().get(&id).cloned()
    }

    /// The same, unless it was dropped: then no change of its rows matters any more.
    pub fn living(&self, id: u32) -> Option<Arc<Collection>> {
        let is_dropped = self.dropped.lock().iter().any(|(_, dropped)| *dropped == id);
        if is_dropped { None } else { self.get(id) }
    }

    /// Adds a collection.
    pub fn insert(&self, collection: Arc<Collection>) {
        self.by_id.write().insert(collection.record.id, collection);
    }

    /// Notes that a collection was dropped at commit `seq`. Readers before it still find it.
    pub fn retire(&self, id: u32, seq: u64) {
        self.dropped.lock().push((seq, id));
    }

    /// Frees what no reader at or after commit `seq` can see.
    pub fn reclaim(&self, seq: u64) {
        self.dropped.lock().retain(|(dropped_seq, id)| {
            let keep = *dropped_seq > seq;
            if !keep {
                self.by_id.write().remove(id);
            }
            keep
        });
        self.all().iter().for_each(|collection| collection.reclaim(seq));
    }

    /// All of them, in no particular order.
    pub fn all(&self) -> Vec<Arc<Collection>> {
        self.by_id.read().values().cloned().collect()
    }
}
