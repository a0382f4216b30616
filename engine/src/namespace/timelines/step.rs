//! What a row of `TemporalOut` changes in the timelines in memory. `TemporalIn` says the same with the ends exchanged.

use std::sync::Arc;

use super::fact::{self, FactData, FactKey, Side};
use super::load::interval_error;
use super::row::{decode, decode_some};
use crate::api::{Result, TemporalEdge};
use crate::index::interval::Version;

/// One change of the timelines. Repeating one whose effect a timeline shows already does no harm.
#[derive(Debug)]
pub enum FactStep {
    /// A version is believed from its commit on, which for one that was moved from another node lies in the past.
    Assert {
        /// The node where the edge begins.
        from: Arc<str>,
        /// The version, as the timeline of that node has it.
        version: Version<FactKey, Arc<FactData>>,
    },
    /// Belief in a version ends; in one that was moved it may have ended long ago.
    Retract {
        /// The node where the edge begins.
        from: Arc<str>,
        /// The version.
        key: FactKey,
        /// The commit with which it ends.
        seq: u64,
    },
    /// A version was erased: the timelines that may have it are forgotten.
    Forget {
        /// The node where the edge began.
        from: Arc<str>,
        /// The node where it ended.
        to: Arc<str>,
        /// The commit that erased it.
        seq: u64,
    },
}

impl FactStep {
    /// What it means that a row was written.
    pub fn of_written(key: &[u8], value: &[u8]) -> Result<Self> {
        let edge = decode(key, value)?;
        let (from, key) = (from_of(&edge), FactKey::of(&edge, Side::Outgoing));
        if let Some(seq) = edge.retracted_seq {
            return Ok(Self::Retract { from, key, seq: seq.0 });
        }
        let version = fact::version(&edge, key, Arc::new(FactData::of(&edge)));
        Ok(Self::Assert { from, version: version.map_err(|error| interval_error(&error))? })
    }

    /// What it means that commit `seq` deleted a row. A version that the same commit asserted was taken back: nobody ever saw
    /// it.
    pub fn of_deleted(key: &[u8], seq: u64) -> Result<Option<Self>> {
        let edge = decode_some(key, None)?;
        let is_withdrawn = edge.asserted_seq.0 == seq;
        Ok((!is_withdrawn).then(|| Self::Forget { from: from_of(&edge), to: edge.to_id.as_str().into(), seq }))
    }
}

fn from_of(edge: &TemporalEdge) -> Arc<str> {
    edge.from_id.as_str().into()
}

/// The key of the same version on the other side.
pub fn mirrored(from: &Arc<str>, key: &FactKey) -> FactKey {
    FactKey { other: Arc::clone(from), ..key.clone() }
}
