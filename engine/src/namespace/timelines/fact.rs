//! One version of a temporal edge as a timeline holds it.

use std::sync::Arc;

use super::size::properties_bytes;
use crate::api::{CommitSeq, EdgeType, NodeId, Properties, TemporalEdge, TimestampMs};
use crate::index::interval::{IntervalError, Period, Timeline, Version};

/// Which edges of a node are meant: one half of a [`crate::api::Direction`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Edges that leave the node.
    Outgoing,
    /// Edges that enter the node.
    Incoming,
}

/// Names a version among those of one node and side. Its order is the order of answers with the same start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactKey {
    /// The edge's type.
    pub edge_type: Arc<str>,
    /// The node at the edge's other end.
    pub other: Arc<str>,
    /// The start of the period.
    pub valid_from: i64,
    /// The commit that asserted it.
    pub asserted_seq: u64,
}

/// What a version holds beside its key and periods.
#[derive(Debug)]
pub struct FactData {
    /// The time of the asserting commit.
    pub asserted_at: i64,
    /// The fields.
    pub properties: Properties,
    /// Approximate bytes of the version in memory and in a reply.
    pub bytes: usize,
}

/// All versions of the edges on one side of a node.
pub type FactTimeline = Timeline<FactKey, Arc<FactData>>;

/// What a version costs beside its texts and fields: two shared allocations, ten numbers in a reply.
const VERSION_BYTES: usize = 192;

impl FactKey {
    /// The key of a version on the given side of the node there.
    pub fn of(edge: &TemporalEdge, side: Side) -> Self {
        let other = match side {
            Side::Outgoing => &edge.to_id,
            Side::Incoming => &edge.from_id,
        };
        Self {
            edge_type: edge.edge_type.as_str().into(),
            other: other.as_str().into(),
            valid_from: edge.valid_from.0,
            asserted_seq: edge.asserted_seq.0,
        }
    }
}

impl FactData {
    /// The data of a version.
    pub fn of(edge: &TemporalEdge) -> Self {
        let texts = edge.from_id.as_str().len() + edge.edge_type.as_str().len() + edge.to_id.as_str().len();
        Self {
            asserted_at: edge.asserted_at.0,
            properties: edge.properties.clone(),
            bytes: VERSION_BYTES + texts + properties_bytes(&edge.properties),
        }
    }
}

/// The version for the timeline on one side.
pub fn version(
    edge: &TemporalEdge,
    key: FactKey,
    data: Arc<FactData>,
) -> Result<Version<FactKey, Arc<FactData>>, IntervalError> {
    Ok(Version {
        key,
        valid: Period::new(edge.valid_from.0, edge.valid_until.map(|until| until.0))?,
        tx_from: edge.asserted_seq.0,
        tx_until: edge.retracted_seq.map(|seq| seq.0),
        payload: data,
    })
}

/// Approximate bytes of a version in a reply without its fields.
pub fn bare_bytes(node: &str, key: &FactKey) -> usize {
    VERSION_BYTES + node.len() + key.edge_type.len() + key.other.len()
}

/// The edge of a version, as one who believes it sees it: a retraction that came later is not told.
pub fn edge(node: &str, side: Side, version: &Version<FactKey, Arc<FactData>>) -> TemporalEdge {
    let properties = version.payload.properties.clone();
    TemporalEdge { properties, ..bare_edge(node, side, version) }
}

/// The same without its fields.
pub fn bare_edge(node: &str, side: Side, version: &Version<FactKey, Arc<FactData>>) -> TemporalEdge {
    let (from, to) = match side {
        Side::Outgoing => (node, &*version.key.other),
        Side::Incoming => (&*version.key.other, node),
    };
    TemporalEdge {
        from_id: NodeId::new(from),
        edge_type: EdgeType::new(&*version.key.edge_type),
        to_id: NodeId::new(to),
        valid_from: TimestampMs(version.valid.from()),
        valid_until: version.valid.until().map(TimestampMs),
        properties: Properties::new(),
        asserted_seq: CommitSeq(version.tx_from),
        asserted_at: TimestampMs(version.payload.asserted_at),
        retracted_seq: None,
        retracted_at: None,
    }
}
