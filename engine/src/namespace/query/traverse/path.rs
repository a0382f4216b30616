//! `shortest_path`: breadth first, level by level.
//!
//! Edges are tried in order of type and other end. The queue then holds the nodes of a level in the order of the first
//! path to each, so the path found first is, among the shortest, the first by its sequence of types and nodes.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use super::super::graph::{Adjacency, Link, NodeTest};
use super::super::wants::Extent;
use crate::api::{Direction, Error, NodeId, Path, Result, ShortestPath, WalkFilter};
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{Read, Table};

/// What a node reached costs beside its id, which is kept three times, and its edge's type.
const REACHED_BYTES: usize = 192;

/// How a node was reached first.
struct ReachedNode {
    id: NodeId,
    /// The step before and the edge from there, without its record; nothing at the start.
    by: Option<(usize, Link)>,
}

impl Query for ShortestPath {
    /// Finds a path with the fewest edges.
    fn answer(self, _state: &State, snapshot: &Reader<'_>) -> Result<Path> {
        let ShortestPath { from_id, to_id, max_depth, edge_types, direction, filter, snapshot: _ } = self;
        let WalkFilter { node_types, nodes, edges } = filter;
        for id in [&from_id, &to_id] {
            if !snapshot.contains(Table::Nodes, id.as_str().as_bytes())? {
                return Ok(Path { found: false, nodes: Vec::new(), edges: Vec::new() });
            }
        }
        let max_depth = max_depth.unwrap_or(limits::PATH_DEPTH_DEFAULT);
        let mut search = Search {
            adjacency: Adjacency::new(snapshot, direction, edge_types).keeping(edges),
            test: NodeTest::new(node_types, nodes),
            shut: HashSet::new(),
            is_both: direction == Direction::Both,
            places: HashMap::from([(from_id.clone(), 0)]),
            steps: vec![ReachedNode { id: from_id, by: None }],
            looked_at: 0,
            bytes: 0,
        };
        let found = search.run(&to_id, max_depth)?;
        search.path(found)
    }
}

struct Search<'a> {
    adjacency: Adjacency<'a>,
    /// What a node between the ends must be.
    test: NodeTest,
    /// Those that are not.
    shut: HashSet<NodeId>,
    is_both: bool,
    places: HashMap<NodeId, usize>,
    /// Every node reached, level by level: the queue of the search, kept for the way back.
    steps: Vec<ReachedNode>,
    looked_at: usize,
    bytes: usize,
}

fn too_large() -> Error {
    Error::limit("the search reached too much of the graph: narrow it by edge type or depth")
}

impl Search<'_> {
    /// The step that reached the goal.
    fn run(&mut self, goal: &NodeId, max_depth: u32) -> Result<Option<usize>> {
        let mut level = 0..1;
        for _ in 0..max_depth {
            if self.places.contains_key(goal) || level.is_empty() {
                break;
            }
            let end = level.end;
            for place in level {
                self.step(place, goal)?;
                if self.places.contains_key(goal) {
                    break;
                }
            }
            level = end..self.steps.len();
        }
        Ok(self.places.get(goal).copied())
    }

    /// Reaches the neighbours of one node, stopping at the goal.
    fn step(&mut self, place: usize, goal: &NodeId) -> Result<()> {
        let Some(id) = self.steps.get(place).map(|step| step.id.clone()) else { return Ok(()) };
        let mut links = Vec::new();
        let looked_at = &mut self.looked_at;
        let (is_both, places) = (self.is_both, &self.places);
        let (adjacency, shut) = (&self.adjacency, &self.shut);
        adjacency.each(&id, None, |mut link| {
            *looked_at += 1;
            if *looked_at > limits::PATH_EDGES_MAX {
                return Err(too_large());
            }
            if shut.contains(&link.other) || !adjacency.admits(&id, &mut link)? {
                return Ok(ControlFlow::Continue(()));
            }
            let is_goal = link.other == *goal;
            if !places.contains_key(&link.other) {
                links.push(link.without_record());
            }
            // In one direction the edges come in order, and the first to the goal decides.
            Ok(if is_goal && !is_both { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        if is_both {
            // Of an edge each way between the same two, the outgoing one comes first.
            links.sort_by(|a, b| (&a.edge_type, &a.other, a.side).cmp(&(&b.edge_type, &b.other, b.side)));
        }
        for link in links {
            if !self.places.contains_key(&link.other) && !self.shut.contains(&link.other) {
                self.bytes += REACHED_BYTES + 3 * link.other.as_str().len() + link.edge_type.as_str().len();
                if self.bytes > limits::PATH_BYTES_MAX {
                    return Err(too_large());
                }
                if link.other != *goal && !self.admits(&link.other)? {
                    self.shut.insert(link.other);
                    continue;
                }
                self.places.insert(link.other.clone(), self.steps.len());
                self.steps.push(ReachedNode { id: link.other.clone(), by: Some((place, link)) });
            }
        }
        Ok(())
    }

    fn admits(&self, id: &NodeId) -> Result<bool> {
        if self.test.is_empty() {
            return Ok(true);
        }
        Ok(self.test.read(self.adjacency.snapshot, id.clone(), Extent::Key)?.is_some())
    }

    /// Goes back from the goal to the start.
    fn path(self, goal: Option<usize>) -> Result<Path> {
        let (mut nodes, mut edges) = (Vec::new(), Vec::new());
        let mut place = goal;
        while let Some(step) = place.and_then(|place| self.steps.get(place)) {
            nodes.push(step.id.clone());
            place = None;
            if let Some((before, link)) = &step.by
                && let Some(from) = self.steps.get(*before)
            {
                edges.push(link.edge(&from.id, self.adjacency.snapshot, Extent::Whole)?);
                place = Some(*before);
            }
        }
        nodes.reverse();
        edges.reverse();
        Ok(Path { found: goal.is_some(), nodes, edges })
    }
}
