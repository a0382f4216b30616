//! The bitemporal graph: facts `(from, type, to)` that hold over a period of valid time, and the record of when each was
//! believed (transaction time, counted in commits).
//!
//! Valid time is half-open `[valid_from, valid_until)`; an open end is `None`. A fact is identified by
//! `(from, type, to, valid_from)`: asserting it again replaces the belief and keeps the old one in the history.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::common::{Direction, Durability};
use super::error::{Error, Result};
use super::graph::check_edge_types;
use super::ids::{CommitSeq, EdgeType, NodeId, TimestampMs};
use super::properties::Properties;

/// Refuses an empty or reversed period.
pub(super) fn check_period(from: TimestampMs, until: Option<TimestampMs>) -> Result<()> {
    match until {
        Some(until) if until <= from => Err(Error::invalid(format!(
            "the period [{from}, {until}) is empty: its end must be after its start, or left out if it is open"
        ))),
        Some(_) | None => Ok(()),
    }
}

/// Refuses an empty or reversed window. An end that is left out is open.
pub(super) fn check_window(start: Option<TimestampMs>, end: Option<TimestampMs>) -> Result<()> {
    start.map_or(Ok(()), |start| check_period(start, end))
}

/// A fact as a caller states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemporalFact {
    /// Where it begins.
    pub from_id: NodeId,
    /// Its type.
    pub edge_type: EdgeType,
    /// Where it ends.
    pub to_id: NodeId,
    /// From when it holds.
    pub valid_from: TimestampMs,
    /// Until when, exclusive; nothing = open.
    #[serde(default)]
    pub valid_until: Option<TimestampMs>,
    /// Its fields.
    #[serde(default)]
    pub properties: Properties,
}

impl TemporalFact {
    pub(crate) fn validate(&self) -> Result<()> {
        self.from_id.validate()?;
        self.edge_type.validate()?;
        self.to_id.validate()?;
        self.properties.validate()?;
        check_period(self.valid_from, self.valid_until)
    }
}

/// One belief about a fact, as the engine keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemporalEdge {
    /// Where it begins.
    pub from_id: NodeId,
    /// Its type.
    pub edge_type: EdgeType,
    /// Where it ends.
    pub to_id: NodeId,
    /// From when it holds.
    pub valid_from: TimestampMs,
    /// Until when, exclusive; nothing = open.
    pub valid_until: Option<TimestampMs>,
    /// Its fields.
    pub properties: Properties,
    /// The commit from which this was believed.
    pub asserted_seq: CommitSeq,
    /// The time of that commit.
    pub asserted_at: TimestampMs,
    /// The commit from which it was no longer believed; nothing = it still is.
    pub retracted_seq: Option<CommitSeq>,
    /// The time of that commit.
    pub retracted_at: Option<TimestampMs>,
}

/// Which beliefs a query uses: those held at a commit, or at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AsOf {
    /// What was believed right after this commit.
    Seq(CommitSeq),
    /// What was believed at this time.
    Time(TimestampMs),
}

/// States a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddTemporalEdge {
    /// The fact.
    pub fact: TemporalFact,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl AddTemporalEdge {
    pub(super) fn validate(&self) -> Result<()> {
        self.fact.validate()
    }
}

/// Which facts a query wants, by valid time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TemporalMode {
    /// Valid at this time.
    PointInTime {
        /// The time.
        at: TimestampMs,
    },
    /// Valid at some time in `[start, end)`.
    Range {
        /// The first millisecond; nothing = from the beginning of time.
        #[serde(default)]
        start: Option<TimestampMs>,
        /// The first millisecond that is outside; nothing = to the end of time.
        #[serde(default)]
        end: Option<TimestampMs>,
        /// Cut the returned periods to the range.
        #[serde(default)]
        clip: bool,
    },
    /// Valid now, by the engine's clock.
    Current,
}

impl TemporalMode {
    pub(super) fn validate(self) -> Result<()> {
        match self {
            Self::Range { start, end, clip: _ } => check_window(start, end),
            Self::PointInTime { .. } | Self::Current => Ok(()),
        }
    }
}

/// Asks for the facts of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryTemporal {
    /// The node.
    pub node_id: NodeId,
    /// Which facts, by valid time.
    pub mode: TemporalMode,
    /// Only edges of these types; nothing = all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_types: Option<Vec<EdgeType>>,
    /// Which edges of the node.
    #[serde(default)]
    pub direction: Direction,
    /// Which beliefs; nothing = today's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
    /// Most edges to return; nothing = [`crate::limits::GRAPH_ITEMS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl QueryTemporal {
    pub(super) fn validate(&self) -> Result<()> {
        self.node_id.validate()?;
        self.mode.validate()?;
        check_edge_types(self.edge_types.as_ref())
    }
}

/// Temporal edges, ordered by start, type and other end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemporalEdges {
    /// The edges.
    pub edges: Vec<TemporalEdge>,
    /// Give this to read on, where the request takes a cursor; nothing = complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// True if a limit left edges out.
    #[serde(default)]
    pub truncated: bool,
}

/// Ends what holds of `(from, type, to)` at `at`: its open periods, and those whose planned end is later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseTemporalEdge {
    /// Where it begins.
    pub from_id: NodeId,
    /// Its type.
    pub edge_type: EdgeType,
    /// Where it ends.
    pub to_id: NodeId,
    /// When it ceased to hold; nothing = now. It must be after the start of every open period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<TimestampMs>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl CloseTemporalEdge {
    pub(super) fn validate(&self) -> Result<()> {
        self.from_id.validate()?;
        self.edge_type.validate()?;
        self.to_id.validate()
    }
}

/// Periods were closed. Closing nothing is an `EdgeNotFound` error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedEdges {
    /// The edges as they are believed now.
    pub edges: Vec<TemporalEdge>,
    /// The commit.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// States the next value of a single-valued relation `(from, type)`: the open fact ends where this one begins. A fact that
/// arrives late, before one already known, is stored closed at the start of the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupersedeTemporalEdge {
    /// The fact.
    pub fact: TemporalFact,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl SupersedeTemporalEdge {
    pub(super) fn validate(&self) -> Result<()> {
        self.fact.validate()
    }
}

/// A fact superseded another, or was the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    /// The fact as it is believed now.
    pub asserted: TemporalEdge,
    /// The facts that it ended, as they are believed now.
    pub closed: Vec<TemporalEdge>,
    /// False if all of it was believed already, so that nothing was written.
    #[serde(default)]
    pub changed: bool,
    /// The commit.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}

/// A fact as a caller states it whose start may be now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedFact {
    /// Where it begins.
    pub from_id: NodeId,
    /// Its type.
    pub edge_type: EdgeType,
    /// Where it ends.
    pub to_id: NodeId,
    /// From when it holds; nothing = now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<TimestampMs>,
    /// Until when, exclusive; nothing = open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<TimestampMs>,
    /// Its fields.
    #[serde(default)]
    pub properties: Properties,
}

impl StatedFact {
    pub(crate) fn validate(&self) -> Result<()> {
        self.from_id.validate()?;
        self.edge_type.validate()?;
        self.to_id.validate()?;
        self.properties.validate()?;
        check_window(self.valid_from, self.valid_until)
    }
}

/// States the value `(to, properties)` that a single-valued relation `(from, type)` has from a time on. As
/// [`SupersedeTemporalEdge`], but periods of one value that touch are one period: where the relation has this value already
/// nothing is written, and a period of the same value that ends or begins where this one does grows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateFact {
    /// The fact.
    pub fact: StatedFact,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl StateFact {
    pub(super) fn validate(&self) -> Result<()> {
        self.fact.validate()
    }
}
