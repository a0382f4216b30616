//! Facts beyond one node at one time: lists across nodes, the history of a node, and forgetting.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::common::{Direction, Durability};
use super::error::{Error, Result};
use super::filter::Filter;
use super::ids::{CommitSeq, EdgeType, NodeId, TimestampMs};
use super::temporal::{AsOf, TemporalMode, check_window};
use super::walk_filter::check_filter;

/// Lists facts across nodes. They come by the node where they begin, type, start and the node where they end; of one
/// `to_id` by type, start and the node where they begin; with `changed_since` by the commit of the change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ListFacts {
    /// Only facts of this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_type: Option<EdgeType>,
    /// Only facts that begin at this node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_id: Option<NodeId>,
    /// Only facts that end at this node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_id: Option<NodeId>,
    /// Which facts, by valid time; nothing = those valid now, or with `changed_since` those of any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<TemporalMode>,
    /// Which beliefs; nothing = today's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
    /// Only beliefs that were asserted or retracted after this commit, or after the last one at this time. Those that are
    /// retracted are given too, each belief once, at its last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_since: Option<AsOf>,
    /// Only facts whose fields match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Most facts in a page; nothing = [`crate::limits::PAGE_ITEMS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where an earlier page ended; give the same other fields with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl ListFacts {
    pub(super) fn validate(&self) -> Result<()> {
        check_filter(self.filter.as_ref())?;
        self.edge_type.iter().try_for_each(EdgeType::validate)?;
        self.from_id.iter().chain(&self.to_id).try_for_each(NodeId::validate)?;
        match self.mode {
            Some(TemporalMode::Range { clip: true, .. }) => {
                Err(Error::invalid("a list gives facts as they are: leave clip out, or ask for the facts of one node"))
            }
            Some(mode) => mode.validate(),
            None => Ok(()),
        }
    }
}

/// Asks for every belief about a node's edges, or about one edge: asserted, retracted and replaced ones. They come by type,
/// start, other end and commit; with `newest_first` those that begin last come first, whatever their type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemporalHistory {
    /// The node.
    pub node_id: NodeId,
    /// Only edges of this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_type: Option<EdgeType>,
    /// Only edges whose other end is this node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_id: Option<NodeId>,
    /// Which edges of the node.
    #[serde(default)]
    pub direction: Direction,
    /// Only beliefs in periods that reach past this time; nothing = from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<TimestampMs>,
    /// Only beliefs in periods that begin before this time; nothing = to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<TimestampMs>,
    /// The history as it was known then: what was asserted or retracted later is not told; nothing = all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<AsOf>,
    /// From the last start to the first.
    #[serde(default)]
    pub newest_first: bool,
    /// Most edges to return; nothing = [`crate::limits::PAGE_ITEMS_MAX`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where an earlier page ended; give the same other fields with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// Read at this held snapshot instead of the newest state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<CommitSeq>,
}

impl TemporalHistory {
    pub(super) fn validate(&self) -> Result<()> {
        self.node_id.validate()?;
        self.edge_type.iter().try_for_each(EdgeType::validate)?;
        self.other_id.iter().try_for_each(NodeId::validate)?;
        check_window(self.start, self.end)
    }
}

/// Removes facts with their whole history, for privacy: no query, at any time or belief, finds them again. What several of the
/// fields say must all hold of a belief; without any of them nothing is meant, which is refused.
///
/// One operation looks at a bounded number of beliefs. Where more are left, the answer has a cursor to go on with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct EraseTemporal {
    /// Only facts that begin here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_id: Option<NodeId>,
    /// Only facts of this type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edge_type: Option<EdgeType>,
    /// Only facts that end here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_id: Option<NodeId>,
    /// Only facts that begin or end here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_id: Option<NodeId>,
    /// Only beliefs whose fields match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// Only beliefs in periods that begin at this time or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<TimestampMs>,
    /// Only beliefs in periods that have ended by this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<TimestampMs>,
    /// Where an earlier operation ended; give the same other fields with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// How safe the write must be before the reply.
    #[serde(default)]
    pub durability: Durability,
}

impl EraseTemporal {
    pub(super) fn validate(&self) -> Result<()> {
        check_filter(self.filter.as_ref())?;
        self.from_id.iter().chain(&self.to_id).chain(&self.node_id).try_for_each(NodeId::validate)?;
        self.edge_type.iter().try_for_each(EdgeType::validate)?;
        check_window(self.start, self.end)?;
        if self.filter.as_ref().is_some_and(Filter::is_always_true) {
            return Err(Error::invalid("the filter is true of every fact by its form; leave it out if that is meant"));
        }
        let names_node = self.from_id.is_some() || self.to_id.is_some() || self.node_id.is_some();
        let narrows = self.edge_type.is_some() || self.filter.is_some() || self.start.is_some() || self.end.is_some();
        if !names_node && !narrows {
            return Err(Error::invalid(
                "nothing says which facts are to be erased; name a node, a type, a filter or a window",
            ));
        }
        Ok(())
    }
}

/// Facts were erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// How many beliefs, retracted ones too.
    pub erased: u64,
    /// Give this to go on; nothing = all that were meant are gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<ByteBuf>,
    /// The commit.
    pub commit_seq: CommitSeq,
    /// The durability that was reached before this reply.
    pub durability: Durability,
}
