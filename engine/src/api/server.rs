//! Operations on the server or embedded engine as a whole.

use serde::{Deserialize, Serialize};

use super::error::Result;

/// Asks for a sign of life.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ping {}

impl Ping {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pong {
    /// The version of the engine.
    pub version: String,
}

/// Asks what this build can do and guarantees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapabilitiesRequest {}

impl CapabilitiesRequest {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// What this build can do and guarantees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// The version of the engine.
    pub version: String,
    /// Names of the operations, as in the operation table.
    pub operations: Vec<String>,
    /// Names of the guarantees, each backed by a test: see `docs/design.md`.
    pub guarantees: Vec<String>,
    /// Metrics of vector search.
    pub metrics: Vec<String>,
    /// Durability levels a write may ask for.
    pub durability: Vec<String>,
}

/// Asks for the counters of the whole engine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerStatsRequest {}

impl ServerStatsRequest {
    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}

/// The counters of the whole engine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerStats {
    /// The version of the engine.
    pub version: String,
    /// The process.
    pub pid: u32,
    /// Time since the engine was opened.
    pub uptime_ms: u64,
    /// Namespaces in the catalog.
    pub namespaces: u64,
    /// Namespaces that are open now.
    pub open_namespaces: u64,
    /// Operations that read, since the engine was opened.
    pub reads: u64,
    /// Operations that write, since the engine was opened.
    pub writes: u64,
    /// Operations answered with an error, since the engine was opened.
    pub errors: u64,
    /// Requests that panicked and failed alone, since the engine was opened.
    pub panics: u64,
    /// What was set aside in `lost/` and waits for somebody to look into it: files and folders there.
    #[serde(default)]
    pub lost_entries: u64,
    /// Bytes of their files, of a bounded number of them.
    #[serde(default)]
    pub lost_bytes: u64,
    /// How often all stores and checkpoints were read in the background since the engine was opened, to find damage.
    #[serde(default)]
    pub scrub_rounds: u64,
    /// Bytes read by that.
    #[serde(default)]
    pub scrubbed_bytes: u64,
    /// Namespaces found damaged or unreadable when that last came to them; the log says how, and a check says it again.
    #[serde(default)]
    pub damaged_namespaces: u64,
    /// Users' checkpoints of which the same is true.
    #[serde(default)]
    pub damaged_checkpoints: u64,
}
