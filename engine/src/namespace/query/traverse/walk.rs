//! Breadth-first and depth-first walks over any kind of edge.
//!
//! A walk visits every node that some path of at most `max_depth` edges reaches, whichever the order. Depth first, a node
//! may be met at the end of a long path before a shorter one is tried; it is then walked on from again, so that no node
//! within reach is missed. A node's edges are seen when it is walked on from, all at once, so a node at `max_depth`
//! shows none of its own. Each edge is given once: walking both ways it can be seen from either end, and the end that is
//! walked on from first gives it.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ops::ControlFlow;

use super::super::graph::{GraphBudget, node_bytes};
use crate::api::{Direction, Node, NodeId, Result, TraversalOrder};

/// Called for each edge with its other end, itself, and its size in a reply; says whether to go on.
pub type Visit<'v, E> = &'v mut dyn FnMut(NodeId, E, usize) -> Result<ControlFlow<()>>;

/// A graph to walk on.
pub trait Source {
    /// Its kind of edge.
    type Edge;

    /// Reads a node.
    fn node(&self, id: NodeId) -> Result<Node>;

    /// True if a node may be given and walked through. The start always may.
    fn admits(&self, _id: &NodeId) -> Result<bool> {
        Ok(true)
    }

    /// True once it has looked at as much as a walk may: it then shows no more edges.
    fn is_spent(&self) -> bool {
        false
    }

    /// Called at each step of a walk; an error ends it.
    fn step(&self) -> Result<()>;

    /// Visits the edges of a node that may be walked, in order; an edge from the node to itself once.
    fn each(&self, node: &NodeId, visit: Visit<'_, Self::Edge>) -> Result<()>;
}

/// How to walk.
#[derive(Debug, Clone)]
pub struct WalkPlan {
    /// The first node.
    pub start: NodeId,
    /// The order.
    pub order: TraversalOrder,
    /// Most edges from the start to any node.
    pub max_depth: u32,
    /// Which way edges are walked.
    pub direction: Direction,
    /// Most nodes.
    pub limit: Option<u32>,
}

/// What a walk saw.
#[derive(Debug)]
pub struct Walked<E> {
    /// Nodes in the order of their visit.
    pub nodes: Vec<Node>,
    /// Edges between them in the order they were seen.
    pub edges: Vec<E>,
    /// True if a limit ended the walk.
    pub truncated: bool,
}

/// Walks.
pub fn walk<S: Source>(source: &S, plan: &WalkPlan) -> Result<Walked<S::Edge>> {
    let mut walk = Walk {
        source,
        max_depth: plan.max_depth,
        is_both: plan.direction == Direction::Both,
        nodes: Vec::new(),
        places: HashMap::new(),
        depths: Vec::new(),
        links: Vec::new(),
        edges: Vec::new(),
        shut: HashSet::new(),
        node_room: GraphBudget::graph(plan.limit),
        edge_room: GraphBudget::graph(None),
        shut_room: GraphBudget::graph(None),
        truncated: false,
    };
    if let Some(start) = walk.visit(plan.start.clone(), 0)? {
        match plan.order {
            TraversalOrder::Bfs => walk.breadth_first(start)?,
            TraversalOrder::Dfs => walk.depth_first(start)?,
        }
    }
    Ok(walk.finish())
}

struct Walk<'s, S: Source> {
    source: &'s S,
    max_depth: u32,
    is_both: bool,
    nodes: Vec<Node>,
    /// Where in `nodes` a node is.
    places: HashMap<NodeId, usize>,
    /// The fewest edges any path walked so far needs to a node, by place.
    depths: Vec<u32>,
    /// The other ends of a node's edges, by place; nothing while it has not been walked on from.
    links: Vec<Option<Vec<NodeId>>>,
    /// The edges seen, each with the end that did not show it.
    edges: Vec<(NodeId, S::Edge)>,
    /// Nodes that the source does not admit, as far as there is room to remember them.
    shut: HashSet<NodeId>,
    node_room: GraphBudget,
    edge_room: GraphBudget,
    shut_room: GraphBudget,
    truncated: bool,
}

impl<S: Source> Walk<'_, S> {
    /// Adds a node; `None` if there is no room for it.
    fn visit(&mut self, id: NodeId, depth: u32) -> Result<Option<usize>> {
        let node = self.source.node(id.clone())?;
        if !self.node_room.take(node_bytes(&node)) {
            self.truncated = true;
            return Ok(None);
        }
        let place = self.nodes.len();
        self.nodes.push(node);
        self.places.insert(id, place);
        self.depths.push(depth);
        self.links.push(None);
        Ok(Some(place))
    }

    fn depth(&self, place: usize) -> u32 {
        self.depths.get(place).copied().unwrap_or(u32::MAX)
    }

    fn is_walked(&self, place: usize) -> bool {
        self.links.get(place).is_some_and(Option::is_some)
    }

    /// Walks on from a node: sees its edges and calls `meet` for each other end.
    fn see(&mut self, place: usize, mut meet: impl FnMut(&mut Self, &NodeId) -> Result<ControlFlow<()>>) -> Result<()> {
        let Some(id) = self.nodes.get(place).map(|node| node.id.clone()) else { return Ok(()) };
        let source = self.source;
        source.each(&id, &mut |other, edge, bytes| {
            if !self.admits(&other)? {
                return Ok(ControlFlow::Continue(()));
            }
            // A node walked on from has given the edge already; one that is met again on itself comes only once.
            let is_given = self.is_both && self.places.get(&other).is_some_and(|other| self.is_walked(*other));
            if !is_given && !self.edge_room.take(bytes) {
                self.truncated = true;
                return Ok(ControlFlow::Break(()));
            }
            let flow = meet(self, &other)?;
            if !is_given {
                self.edges.push((other, edge));
            }
            Ok(flow)
        })?;
        self.truncated |= source.is_spent();
        Ok(())
    }

    fn admits(&mut self, id: &NodeId) -> Result<bool> {
        if self.places.contains_key(id) {
            return Ok(true);
        }
        if self.shut.contains(id) {
            return Ok(false);
        }
        let is_open = self.source.admits(id)?;
        if !is_open && self.shut_room.take(id.as_str().len()) {
            self.shut.insert(id.clone());
        }
        Ok(is_open)
    }

    fn breadth_first(&mut self, start: usize) -> Result<()> {
        let mut queue = VecDeque::from([start]);
        while let Some(place) = queue.pop_front() {
            let depth = self.depth(place);
            if depth >= self.max_depth || self.truncated {
                break;
            }
            self.see(place, |walk, other| {
                if !walk.places.contains_key(other) {
                    match walk.visit(other.clone(), depth + 1)? {
                        Some(place) => queue.push_back(place),
                        None => return Ok(ControlFlow::Break(())),
                    }
                }
                Ok(ControlFlow::Continue(()))
            })?;
            if let Some(links) = self.links.get_mut(place) {
                *links = Some(Vec::new());
            }
        }
        Ok(())
    }

    fn depth_first(&mut self, start: usize) -> Result<()> {
        let mut stack = Vec::new();
        self.enter(start, &mut stack)?;
        while let Some((place, next)) = stack.last_mut() {
            // Nodes are walked on from again where a shorter path to them is found, without being read again.
            self.source.step()?;
            let (place, link) = (*place, *next);
            *next += 1;
            let links = self.links.get(place).and_then(Option::as_ref);
            let Some(other) = links.and_then(|links| links.get(link)).cloned() else {
                stack.pop();
                continue;
            };
            let depth = self.depth(place) + 1;
            match self.places.get(&other).copied() {
                None => match self.visit(other, depth)? {
                    Some(other) => self.enter(other, &mut stack)?,
                    None => return Ok(()),
                },
                Some(other) if depth < self.depth(other) => {
                    if let Some(known) = self.depths.get_mut(other) {
                        *known = depth;
                    }
                    self.enter(other, &mut stack)?;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Begins to walk on from a node, unless it lies at the greatest depth.
    fn enter(&mut self, place: usize, stack: &mut Vec<(usize, usize)>) -> Result<()> {
        if self.depth(place) >= self.max_depth {
            return Ok(());
        }
        // After a limit was met, no more is read; what was read is walked to its end.
        if !self.is_walked(place) && !self.truncated {
            let mut links = Vec::new();
            self.see(place, |_, other| {
                links.push(other.clone());
                Ok(ControlFlow::Continue(()))
            })?;
            if let Some(place) = self.links.get_mut(place) {
                *place = Some(links);
            }
        }
        stack.push((place, 0));
        Ok(())
    }

    fn finish(self) -> Walked<S::Edge> {
        let places = &self.places;
        let edges = self.edges.into_iter().filter(|(other, _)| places.contains_key(other));
        Walked { edges: edges.map(|(_, edge)| edge).collect(), nodes: self.nodes, truncated: self.truncated }
    }
}
