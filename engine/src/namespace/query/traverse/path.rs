//! Shortest paths: breadth first, level by level, over any kind of edge.
//!
//! Edges are tried in order of type and other end. The queue then holds the nodes of a level in the order of the first
//! path to each, so the path found first is, among the shortest, the first by its sequence of types and nodes.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use super::walk::Source;
use crate::api::{Error, NodeId, Result};
use crate::limits;

/// What a node reached costs beside its id, which is kept three times, and the edge that led there.
const REACHED_BYTES: usize = 192;

/// A graph in which paths are searched. Its walks give edges without their fields.
pub trait PathSource: Source {
    /// The order of two edges of a node when both directions are walked.
    fn compare(a: &Self::Edge, b: &Self::Edge, node: &NodeId) -> Ordering;

    /// The same edge with its fields.
    fn whole(&self, edge: Self::Edge) -> Result<Self::Edge>;
}

/// What is searched.
pub struct PathPlan {
    /// Where the path begins.
    pub from: NodeId,
    /// Where it ends.
    pub to: NodeId,
    /// Most edges.
    pub max_depth: u32,
    /// True if edges are walked both ways.
    pub is_both: bool,
}

/// A path: its nodes, both ends included, and its edges.
pub type Found<E> = (Vec<NodeId>, Vec<E>);

/// How a node was reached first.
struct ReachedNode<E> {
    id: NodeId,
    /// The step before and the edge from there; nothing at the start.
    by: Option<(usize, E)>,
}

/// Finds a path with the fewest edges.
pub fn shortest<S: PathSource>(source: &S, plan: PathPlan) -> Result<Option<Found<S::Edge>>> {
    let PathPlan { from, to, max_depth, is_both } = plan;
    let mut search = Search {
        source,
        shut: HashSet::new(),
        is_both,
        places: HashMap::from([(from.clone(), 0)]),
        steps: vec![ReachedNode { id: from, by: None }],
        looked_at: 0,
        bytes: 0,
    };
    match search.run(&to, max_depth)? {
        Some(goal) => search.path(goal).map(Some),
        None => Ok(None),
    }
}

struct Search<'s, S: Source> {
    source: &'s S,
    /// Nodes that the source does not admit between the ends.
    shut: HashSet<NodeId>,
    is_both: bool,
    places: HashMap<NodeId, usize>,
    /// Every node reached, level by level: the queue of the search, kept for the way back.
    steps: Vec<ReachedNode<S::Edge>>,
    looked_at: usize,
    bytes: usize,
}

fn too_large() -> Error {
    Error::limit("the search reached too much of the graph: narrow it by edge type or depth")
}

impl<S: PathSource> Search<'_, S> {
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
        let shut = &self.shut;
        self.source.each(&id, &mut |other, edge, bytes| {
            *looked_at += 1;
            if *looked_at > limits::PATH_EDGES_MAX {
                return Err(too_large());
            }
            if shut.contains(&other) {
                return Ok(ControlFlow::Continue(()));
            }
            let is_goal = other == *goal;
            if !places.contains_key(&other) {
                links.push((other, edge, bytes));
            }
            // In one direction the edges come in order, and the first to the goal decides.
            Ok(if is_goal && !is_both { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        if self.source.is_spent() {
            return Err(too_large());
        }
        if is_both {
            links.sort_by(|(_, a, _), (_, b, _)| S::compare(a, b, &id));
        }
        for (other, edge, bytes) in links {
            if !self.places.contains_key(&other) && !self.shut.contains(&other) {
                self.bytes += REACHED_BYTES + 3 * other.as_str().len() + bytes;
                if self.bytes > limits::PATH_BYTES_MAX {
                    return Err(too_large());
                }
                if other != *goal && !self.source.admits(&other)? {
                    self.shut.insert(other);
                    continue;
                }
                self.places.insert(other.clone(), self.steps.len());
                self.steps.push(ReachedNode { id: other, by: Some((place, edge)) });
            }
        }
        Ok(())
    }

    /// Goes back from the goal to the start.
    fn path(mut self, goal: usize) -> Result<Found<S::Edge>> {
        let (mut nodes, mut edges) = (Vec::new(), Vec::new());
        let mut place = Some(goal);
        while let Some(step) = place.and_then(|place| self.steps.get_mut(place)) {
            nodes.push(step.id.clone());
            let by = step.by.take();
            place = by.as_ref().map(|(before, _)| *before);
            edges.extend(by.map(|(_, edge)| self.source.whole(edge)).transpose()?);
        }
        nodes.reverse();
        edges.reverse();
        Ok((nodes, edges))
    }
}
