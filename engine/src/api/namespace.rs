//! Namespaces: one tenant's data, one actor, one folder. A write to a new name creates it.

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::ids::{CommitSeq, NamespaceName, TimestampMs};
use super::properties::Properties;
use crate::limits;

/// Upper bounds of one namespace; nothing = no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Bytes of live data: keys, values, contents, metadata, vectors, nodes, edges.
    #[serde(default)]
    pub bytes_max: Option<u64>,
    /// Vectors over all collections, vector indexes and semantic caches. A document counts as one, whether it has an embedding
    /// or not.
    #[serde(default)]
    pub vectors_max: Option<u64>,
    /// Collections, vector indexes and semantic caches.
    #[serde(default)]
    pub collections_max: Option<u64>,
}

/// Creates the namespace that the request is addressed to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateNamespace {
    /// Whatever the owner wants to remember about it.
    #[serde(default)]
    pub metadata: Properties,
    /// Its bounds.
    #[serde(default)]
    pub quota: Quota,
    /// True: an existing namespace is an `AlreadyExists` error. False: it is returned as it is.
    #[serde(default)]
    pub must_be_new: bool,
}

impl CreateNamespace {
    pub(super) fn validate(&self) -> Result<()> {
        self.metadata.validate()?;
        let given = rmp_serde::to_vec(&self.metadata).map_or(usize::MAX, |bytes| bytes.len());
        if given > limits::PROPERTIES_BYTES_MAX {
            let max = limits::PROPERTIES_BYTES_MAX;
            return Err(Error::limit(format!("a namespace's metadata takes {given} bytes; the limit is {max}")));
        }
        Ok(())
    }
}

/// What is known of a namespace without opening it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceInfo {
    /// Its name.
    pub name: NamespaceName,
    /// What its owner wanted to remember.
    pub metadata: Properties,
    /// Its bounds.
    pub quota: Quota,
    /// When it was created.
    pub created_at: TimestampMs,
    /// True if this very request created it.
    #[serde(default)]
    pub created: bool,
}

/// Lists all namespaces, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListNamespaces {}

impl ListNamespaces {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// All namespaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceList {
    /// Ordered by name.
    pub namespaces: Vec<NamespaceInfo>,
}

/// Describes the namespace that the request is addressed to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribeNamespace {}

impl DescribeNamespace {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// Deletes the namespace that the request is addressed to, with everything in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteNamespace {}

impl DeleteNamespace {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// Replaces the bounds of the namespace that the request is addressed to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetQuota {
    /// The new bounds. Data that already exceeds them stays; only growth is refused.
    pub quota: Quota,
}

impl SetQuota {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// Asks for the counters of the namespace that the request is addressed to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceStatsRequest {}

impl NamespaceStatsRequest {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// The counters of a namespace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamespaceStats {
    /// Keys, expired ones included until they are swept.
    pub keys: u64,
    /// Collections, vector indexes and semantic caches.
    pub collections: u64,
    /// Documents over all collections.
    pub documents: u64,
    /// Vectors over all collections, vector indexes and caches, expired ones included until they are swept. A document counts
    /// as one, whether it has an embedding or not.
    pub vectors: u64,
    /// Graph nodes.
    pub nodes: u64,
    /// Graph edges.
    pub edges: u64,
    /// Versions of temporal edges, retracted ones included.
    pub temporal_versions: u64,
    /// Bytes of live data, as the quota counts them.
    pub live_bytes: u64,
    /// Bytes of the namespace's files.
    pub disk_bytes: u64,
    /// Bytes of log that a restart would replay.
    pub log_bytes: u64,
    /// Bytes of vectors and vector graphs in memory.
    pub vector_memory_bytes: u64,
    /// The newest commit.
    pub commit_seq: CommitSeq,
    /// The newest commit that is in the store and no longer needs the log.
    pub flushed_seq: CommitSeq,
    /// True while what is newer waits for space on the disk to get there.
    #[serde(default)]
    pub flush_paused: bool,
}

/// Writes everything committed so far into the store, so that a restart replays nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flush {}

impl Flush {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// A flush happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flushed {
    /// Everything up to here is in the store.
    pub flushed_seq: CommitSeq,
}

impl Quota {
    /// Refuses `used` if it exceeds the bound.
    pub fn check(bound: Option<u64>, used: u64, what: &str) -> Result<()> {
        match bound {
            Some(max) if used > max => Err(Error::new(
                super::error::ErrorCode::QuotaExceeded,
                format!(
                    "the namespace's quota of {max} {what} would be exceeded ({used}); delete something or raise it"
                ),
            )),
            Some(_) | None => Ok(()),
        }
    }
}
