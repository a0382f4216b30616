//! Which beliefs a query sees, and which of their edges it wants.

use std::collections::HashSet;
use std::ops::Bound;

use super::super::wants::Extent;
use crate::api::{AsOf, EdgeType, Error, NodeId, Result, TemporalEdge, TemporalMode, TimestampMs};
use crate::index::interval::Period;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::namespace::timelines::{Side, bare_bytes, bare_edge, edge};
use crate::store::{KeyRange, KeyWriter, Read, StoreError, Table};

/// The commit whose beliefs are asked for; never one after the snapshot's.
pub fn believed_seq(snapshot: &Reader<'_>, as_of: Option<AsOf>) -> Result<u64> {
    Ok(match as_of {
        None => snapshot.seq(),
        Some(AsOf::Seq(seq)) => seq.0.min(snapshot.seq()),
        Some(AsOf::Time(time)) => {
            let last = KeyWriter::new().time(time.0).finish();
            let until = KeyRange { start: Bound::Unbounded, end: Bound::Included(last) };
            match snapshot.scan(Table::CommitTimes, &until, true)?.next().transpose()? {
                None => 0,
                Some(row) => {
                    let what = "the commit is not a number";
                    let damaged = || StoreError::Corrupt { table: Table::CommitTimes.name(), what };
                    let seq = row.value.as_slice().try_into().map_err(|_| damaged())?;
                    u64::from_le_bytes(seq).min(snapshot.seq())
                }
            }
        }
    })
}

/// The instants of valid time that a mode means.
pub fn mode_period(state: &State, mode: TemporalMode) -> Result<Period> {
    match mode {
        TemporalMode::PointInTime { at } => Ok(Period::instant(at.0)),
        TemporalMode::Current => Ok(Period::instant(state.clock.now_ms())),
        TemporalMode::Range { start, end, clip: _ } => window(start, end),
    }
}

/// The instants in a window, whose ends may be open.
pub fn window(start: Option<TimestampMs>, end: Option<TimestampMs>) -> Result<Period> {
    let (start, end) = (start.map_or(i64::MIN, |start| start.0), end.map(|end| end.0));
    Period::new(start, end).map_err(|error| Error::invalid(error.to_string()))
}

/// The instants of valid time at which a version holds, as stored.
pub fn period_of(edge: &TemporalEdge) -> Result<Period> {
    let damaged = |_| StoreError::Corrupt { table: Table::TemporalOut.name(), what: "a fact ends before it begins" };
    Ok(Period::new(edge.valid_from.0, edge.valid_until.map(|until| until.0)).map_err(damaged)?)
}

/// The version as one knows it at a commit: a retraction that came later is not told.
pub fn as_known(edge: TemporalEdge, seq: u64) -> TemporalEdge {
    match edge.retracted_seq {
        Some(end) if end.0 > seq => TemporalEdge { retracted_seq: None, retracted_at: None, ..edge },
        Some(_) | None => edge,
    }
}

/// What a query asks about.
pub struct Subject {
    /// The instants of valid time.
    pub period: Period,
    /// Only edges of these types; nothing = all.
    pub edge_types: Option<Vec<EdgeType>>,
    /// How much of each fact.
    pub extent: Extent,
}

/// The facts one query may see.
pub struct Facts<'a> {
    /// The namespace.
    pub state: &'a State,
    /// Where the query reads.
    pub snapshot: &'a Reader<'a>,
    /// The commit whose beliefs it sees.
    pub seq: u64,
    /// The instants of valid time it asks about.
    pub period: Period,
    /// How much of each fact it wants. Timelines hold facts in memory, so less is only copied, not read.
    extent: Extent,
    edge_types: Option<HashSet<String>>,
}

impl<'a> Facts<'a> {
    /// The facts asked about.
    pub fn new(state: &'a State, snapshot: &'a Reader<'a>, as_of: Option<AsOf>, about: Subject) -> Result<Self> {
        let Subject { period, edge_types, extent } = about;
        let edge_types = edge_types.map(|types| types.into_iter().map(EdgeType::into_string).collect());
        Ok(Self { state, snapshot, seq: believed_seq(snapshot, as_of)?, period, extent, edge_types })
    }

    /// Collects facts on one side of a node by start, type and other end, for as long as `fits` takes their bytes. False
    /// if it refused one. `skip_loops` leaves out edges from the node to itself.
    pub fn collect(
        &self,
        node: &NodeId,
        side: Side,
        skip_loops: bool,
        mut fits: impl FnMut(usize) -> bool,
    ) -> Result<(Vec<TemporalEdge>, bool)> {
        self.snapshot.wanted.step()?;
        let node = node.as_str();
        self.state.timelines.read(&self.state.view, self.snapshot, node, side, |timeline| {
            let mut edges = Vec::new();
            for version in timeline.overlapping(self.period, self.seq) {
                let is_wanted = self.edge_types.as_ref().is_none_or(|types| types.contains(&*version.key.edge_type));
                if !is_wanted || (skip_loops && *version.key.other == *node) {
                    continue;
                }
                let is_whole = self.extent == Extent::Whole;
                if !fits(if is_whole { version.payload.bytes } else { bare_bytes(node, &version.key) }) {
                    return (edges, false);
                }
                edges.push(if is_whole { edge(node, side, version) } else { bare_edge(node, side, version) });
            }
            (edges, true)
        })
    }
}
