//! What is asked across nodes and across the past against the model: lists, changes, histories with the newest first, paths
//! and neighbours.

use std::collections::BTreeMap;

use super::super::harness::Harness;
use super::model::Model;
use super::random::{Dice, n_is};
use crate::api::{
    AsOf, ByteBuf, CommitSeq, Direction, EraseTemporal, ListFacts, Operation, Result, TemporalEdge, TemporalEdges,
    TemporalHistory, TemporalMode, TemporalNeighbors, TemporalShortestPath, TimestampMs,
};
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::query::temporal as read;
use crate::namespace::query::wants::Wants;
use crate::store::RowSnapshot;

fn overlaps(edge: &TemporalEdge, (start, end): (Option<i64>, Option<i64>)) -> bool {
    end.is_none_or(|end| edge.valid_from.0 < end)
        && start.is_none_or(|start| edge.valid_until.is_none_or(|until| start < until.0))
}

impl Model {
    /// What an erasure means.
    pub fn meant(&self, request: &EraseTemporal) -> Vec<TemporalEdge> {
        let newest = |v: &TemporalEdge| {
            let same = |other: &&TemporalEdge| {
                (&other.from_id, &other.edge_type, &other.to_id, other.valid_from)
                    == (&v.from_id, &v.edge_type, &v.to_id, v.valid_from)
            };
            self.versions.iter().filter(same).max_by_key(|other| other.asserted_seq).unwrap().clone()
        };
        let is_meant = |v: &&TemporalEdge| {
            request.from_id.as_ref().is_none_or(|id| v.from_id == *id)
                && request.to_id.as_ref().is_none_or(|id| v.to_id == *id)
                && request.node_id.as_ref().is_none_or(|id| v.from_id == *id || v.to_id == *id)
                && request.edge_type.as_ref().is_none_or(|wanted| v.edge_type == *wanted)
                && request.filter.as_ref().is_none_or(|filter| filter.matches(&v.properties))
                && request.start.is_none_or(|start| start <= v.valid_from)
                && request.end.is_none_or(|end| newest(v).valid_until.is_some_and(|until| until <= end))
        };
        self.versions.iter().filter(is_meant).cloned().collect()
    }

    fn known(&self, seq: u64) -> Vec<TemporalEdge> {
        let known = self.versions.iter().filter(|v| v.asserted_seq.0 <= seq).cloned();
        let hide = |v: TemporalEdge| match v.retracted_seq {
            Some(end) if end.0 > seq => TemporalEdge { retracted_seq: None, retracted_at: None, ..v },
            _ => v,
        };
        known.map(hide).collect()
    }

    fn list(&self, request: &ListFacts, window: (Option<i64>, Option<i64>)) -> Vec<TemporalEdge> {
        let mut found = self.known(self.believed_seq(request.as_of).min(self.seq));
        let since = request.changed_since.map(|since| self.believed_seq(Some(since)));
        let change = |v: &TemporalEdge| v.retracted_seq.unwrap_or(v.asserted_seq).0;
        found.retain(|v| {
            overlaps(v, window)
                && since.map_or(v.retracted_seq.is_none(), |since| change(v) > since)
                && request.from_id.as_ref().is_none_or(|id| v.from_id == *id)
                && request.to_id.as_ref().is_none_or(|id| v.to_id == *id)
                && request.edge_type.as_ref().is_none_or(|wanted| v.edge_type == *wanted)
                && request.filter.as_ref().is_none_or(|filter| filter.matches(&v.properties))
        });
        let by_to = since.is_none() && request.from_id.is_none() && request.to_id.is_some();
        found.sort_by_key(|v| {
            let (near, far) = if by_to { (&v.to_id, &v.from_id) } else { (&v.from_id, &v.to_id) };
            let key = (near.clone(), v.edge_type.clone(), v.valid_from, far.clone(), v.asserted_seq);
            (since.map(|_| change(v)), key)
        });
        found
    }

    fn newest_first(&self, request: &TemporalHistory) -> Vec<TemporalEdge> {
        let seq = self.believed_seq(request.as_of).min(self.seq);
        let known = Model { versions: self.known(seq), ..self.clone() };
        let mut found = known.of_node(request.node_id.as_str(), request.direction);
        let window = (request.start.map(|start| start.0), request.end.map(|end| end.0));
        found.retain(|(_, v)| {
            overlaps(v, window) && request.edge_type.as_ref().is_none_or(|wanted| v.edge_type == *wanted)
        });
        let other = |into: bool, v: &TemporalEdge| if into { v.from_id.clone() } else { v.to_id.clone() };
        found.sort_by_key(|(into, v)| match request.newest_first {
            true => (v.valid_from.0, Some(v.edge_type.clone()), 0, other(*into, v), v.asserted_seq, *into),
            false => (0, Some(v.edge_type.clone()), v.valid_from.0, other(*into, v), v.asserted_seq, *into),
        });
        if request.newest_first {
            found.reverse();
        }
        found.into_iter().map(|(_, v)| v).collect()
    }

    /// Facts of a node at an instant, in the order of walks, each with the other end.
    fn links(&self, node: &str, direction: Direction, at: i64, as_of: Option<AsOf>) -> Vec<(String, TemporalEdge)> {
        let mut found = Vec::new();
        for (side, into) in [(Direction::Outgoing, false), (Direction::Incoming, true)] {
            if direction == side || direction == Direction::Both {
                let mut some = self.query(node, side, (at, at + 1), None, as_of);
                some.retain(|v| !(into && direction == Direction::Both && v.from_id == v.to_id));
                let far = |v: &TemporalEdge| if into { v.from_id.to_string() } else { v.to_id.to_string() };
                some.sort_by_key(|v| (v.edge_type.clone(), far(v), v.valid_from));
                found.extend(some.into_iter().map(|v| (far(&v), v)));
            }
        }
        found
    }
}

/// All pages of a read.
fn pages(mut page: impl FnMut(Option<ByteBuf>) -> Result<TemporalEdges>) -> Vec<TemporalEdge> {
    let (mut edges, mut cursor) = (Vec::new(), None);
    loop {
        let found = page(cursor).unwrap();
        assert_eq!(found.truncated, found.cursor.is_some());
        edges.extend(found.edges);
        cursor = found.cursor;
        if cursor.is_none() {
            return edges;
        }
    }
}

fn instant(dice: &Dice, model: &Model) -> Option<AsOf> {
    match dice.below(5) {
        0 => Some(AsOf::Seq(CommitSeq(dice.below(model.seq + 2)))),
        1 => Some(AsOf::Time(TimestampMs(dice.time()))),
        _ => None,
    }
}

/// Asks some of everything of a snapshot and compares.
pub fn compare(dice: &Dice, harness: &Harness, snapshot: &RowSnapshot, model: &Model) {
    list(dice, harness, snapshot, model);
    history(dice, harness, snapshot, model);
    let (node, direction, at, as_of) = (dice.node(), dice.direction(), dice.time(), instant(dice, model));
    let near = TemporalNeighbors {
        node_id: node.into(),
        at: Some(TimestampMs(at)),
        as_of,
        direction,
        edge_types: None,
        limit: None,
        snapshot: None,
    };
    let found = ask(harness, snapshot, near);
    let links = model.links(node, direction, at, as_of);
    let mut nodes: Vec<String> = Vec::new();
    for (far, _) in &links {
        if !nodes.contains(far) {
            nodes.push(far.clone());
        }
    }
    assert_eq!(found.edges, links.into_iter().map(|(_, edge)| edge).collect::<Vec<_>>());
    assert_eq!(found.nodes.iter().map(|node| node.id.to_string()).collect::<Vec<_>>(), nodes);
    path(dice, harness, snapshot, model);
}

fn ask<Q: Query + Operation>(harness: &Harness, snapshot: &RowSnapshot, query: Q) -> Q::Reply {
    query.answer(&harness.state, &Reader::of(snapshot.clone())).unwrap()
}

fn list(dice: &Dice, harness: &Harness, snapshot: &RowSnapshot, model: &Model) {
    let (start, now) = (dice.time(), crate::clock::Clock::now_ms(&*harness.clock));
    let changed_since = if dice.below(2) == 0 { instant(dice, model) } else { None };
    let open = |time: i64, dice: &Dice| (dice.below(3) > 0).then_some(time);
    let (from, until) = (open(start, dice), open(start + 1 + dice.below(6) as i64, dice));
    let (mode, window) = match dice.below(4) {
        0 => (Some(TemporalMode::PointInTime { at: TimestampMs(start) }), (Some(start), Some(start + 1))),
        1 => {
            let (start, end) = (from.map(TimestampMs), until.map(TimestampMs));
            (Some(TemporalMode::Range { start, end, clip: false }), (from, until))
        }
        2 => (Some(TemporalMode::Current), (Some(now), Some(now + 1))),
        _ if changed_since.is_some() => (None, (None, None)),
        _ => (None, (Some(now), Some(now + 1))),
    };
    let request = ListFacts {
        edge_type: (dice.below(2) == 0).then(|| dice.edge_type().into()),
        from_id: (dice.below(3) == 0).then(|| dice.node().into()),
        to_id: (dice.below(3) == 0).then(|| dice.node().into()),
        mode,
        as_of: instant(dice, model),
        changed_since,
        filter: (dice.below(3) == 0).then(|| n_is(dice.below(2) as i64)),
        limit: Some(1 + dice.below(5) as u32),
        cursor: None,
        snapshot: None,
    };
    let found = pages(|cursor| {
        let request = ListFacts { cursor, ..request.clone() };
        read::list(&harness.state, &Reader::of(snapshot.clone()), request, Wants::ALL)
    });
    assert_eq!(found, model.list(&request, window), "{request:?} at {}", snapshot.seq());
}

fn history(dice: &Dice, harness: &Harness, snapshot: &RowSnapshot, model: &Model) {
    let start = dice.time();
    let open = |time: i64| (dice.below(2) == 0).then_some(TimestampMs(time));
    let request = TemporalHistory {
        node_id: dice.node().into(),
        edge_type: (dice.below(3) == 0).then(|| dice.edge_type().into()),
        other_id: None,
        direction: dice.direction(),
        start: open(start),
        end: open(start + 1 + dice.below(9) as i64),
        as_of: instant(dice, model),
        newest_first: dice.below(2) == 0,
        limit: Some(1 + dice.below(5) as u32),
        cursor: None,
        snapshot: None,
    };
    let found = pages(|cursor| {
        let request = TemporalHistory { cursor, ..request.clone() };
        read::history(&harness.state, &Reader::of(snapshot.clone()), &request, Wants::ALL)
    });
    assert_eq!(found, model.newest_first(&request), "{request:?} at {}", snapshot.seq());
}

fn path(dice: &Dice, harness: &Harness, snapshot: &RowSnapshot, model: &Model) {
    let (from, to, direction, at, as_of) =
        (dice.node(), dice.node(), dice.direction(), dice.time(), instant(dice, model));
    let max_depth = dice.below(4) as u32;
    let request = TemporalShortestPath {
        from_id: from.into(),
        to_id: to.into(),
        at: Some(TimestampMs(at)),
        as_of,
        max_depth: Some(max_depth),
        edge_types: None,
        direction,
        snapshot: None,
    };
    let found = ask(harness, snapshot, request.clone());
    // Breadth first, by the book.
    let mut far = BTreeMap::from([(from.to_owned(), 0)]);
    let mut queue = std::collections::VecDeque::from([from.to_owned()]);
    while let Some(node) = queue.pop_front() {
        let depth = far[&node];
        for (other, _) in model.links(&node, direction, at, as_of) {
            if depth < max_depth && !far.contains_key(&other) {
                far.insert(other.clone(), depth + 1);
                queue.push_back(other);
            }
        }
    }
    let length = found.found.then_some(found.edges.len() as u32);
    assert_eq!(length, far.get(to).copied(), "{request:?} at {}", snapshot.seq());
    assert_eq!(found.nodes.len(), if found.found { found.edges.len() + 1 } else { 0 });
    for (pair, edge) in found.nodes.windows(2).zip(&found.edges) {
        let links = model.links(pair[0].as_str(), direction, at, as_of);
        assert!(links.contains(&(pair[1].to_string(), edge.clone())), "{edge:?} does not join {pair:?}");
    }
}
