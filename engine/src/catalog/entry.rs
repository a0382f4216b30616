//! A namespace as the catalog knows it, and all of them together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::api::{NamespaceInfo, NamespaceName, Properties, Quota, TimestampMs};

/// A namespace as the catalog knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its random id; in hexadecimal, the name of its folder.
    pub id: [u8; 16],
    /// What its owner wanted to remember.
    pub metadata: Properties,
    /// Its bounds.
    pub quota: Quota,
    /// When it was created, in ms since 1970.
    pub created_at: i64,
    /// The commit as which a restore replaced what the namespace held; 0 = none ever did. Commit numbers go on after it,
    /// and what the restore brought counts as written by it.
    #[serde(default)]
    pub floor_seq: u64,
    /// The change of the catalog that made it what it is; the catalog sets it.
    #[serde(default)]
    pub generation: u64,
}

impl Entry {
    /// What the API tells of it.
    pub fn info(&self, name: &str, created: bool) -> NamespaceInfo {
        NamespaceInfo {
            name: NamespaceName::new(name),
            metadata: self.metadata.clone(),
            quota: self.quota,
            created_at: TimestampMs(self.created_at),
            created,
        }
    }
}

/// All entries, by name.
pub type Entries = BTreeMap<String, Entry>;
