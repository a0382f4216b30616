//! The static graph: writes, and walks as their definition says.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use toondb_engine::api::{
    Direction, Edge, EdgeType, EdgeUpdate, ErrorCode, Filter, Node, NodeId, NodeUpdate, Properties, Value, WalkFilter,
};

use super::state::{Model, Now, Outcome, counted};

/// A value written out with its kinds, so that 1 and 1.0 differ, and without the order of its fields.
fn told(value: &Value) -> String {
    match value {
        Value::Map(fields) => {
            let mut fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name:?}: {}", told(value))).collect();
            fields.sort();
            format!("{fields:?}")
        }
        Value::List(values) => format!("{:?}", values.iter().map(told).collect::<Vec<_>>()),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) | Value::Bytes(_) => {
            format!("{value:?}")
        }
    }
}

/// True if that changes anything.
fn merge(properties: &mut Properties, set: &Properties, unset: &[String]) -> bool {
    let before = told(&Value::Map(properties.0.clone()));
    let old = std::mem::take(&mut properties.0);
    let all = old.into_iter().chain(set.0.clone()).collect::<Properties>();
    *properties = all.0.into_iter().filter(|(name, _)| !unset.contains(name)).collect();
    told(&Value::Map(properties.0.clone())) != before
}

impl Model {
    pub(super) fn add_edge(&mut self, edge: &Edge, now: Now) -> Result<Outcome, ErrorCode> {
        let exists = |id: &NodeId| self.nodes.contains_key(id.as_str());
        if !exists(&edge.from_id) || !exists(&edge.to_id) {
            return Err(ErrorCode::NodeNotFound);
        }
        let key = (edge.from_id.to_string(), edge.edge_type.to_string(), edge.to_id.to_string());
        let created = self.edges.insert(key, (now.seq, edge.properties.clone())).is_none();
        Ok(Outcome { wrote: true, number: u64::from(created), ..Outcome::default() })
    }

    pub(super) fn delete_edge(&mut self, from: &NodeId, edge_type: &EdgeType, to: &NodeId) -> Outcome {
        let key = (from.to_string(), edge_type.to_string(), to.to_string());
        counted(u64::from(self.edges.remove(&key).is_some()))
    }

    pub(super) fn delete_node(&mut self, id: &NodeId) -> Outcome {
        if self.nodes.remove(id.as_str()).is_none() {
            return Outcome::default();
        }
        self.edges.retain(|(from, _, to), _| from != id.as_str() && to != id.as_str());
        self.facts.retain(|fact| fact.from_id != *id && fact.to_id != *id);
        counted(1)
    }

    pub(super) fn update_node(&mut self, update: &NodeUpdate, now: Now) -> Outcome {
        let Some((seq, node)) = self.nodes.get_mut(update.id.as_str()) else { return Outcome::default() };
        let mut wrote = merge(&mut node.properties, &update.set, &update.unset);
        if let Some(node_type) = &update.node_type {
            wrote |= node.node_type != *node_type;
            node.node_type.clone_from(node_type);
        }
        if wrote {
            *seq = now.seq;
        }
        Outcome { wrote, ..counted(1) }
    }

    pub(super) fn update_edge(&mut self, update: &EdgeUpdate, now: Now) -> Outcome {
        let key = (update.from_id.to_string(), update.edge_type.to_string(), update.to_id.to_string());
        let Some((seq, properties)) = self.edges.get_mut(&key) else { return Outcome::default() };
        let wrote = merge(properties, &update.set, &update.unset);
        if wrote {
            *seq = now.seq;
        }
        Outcome { wrote, ..counted(1) }
    }

    /// The nodes of a type, or all, that match, by id.
    #[must_use]
    pub fn nodes_of(&self, node_type: Option<&str>, filter: Option<&Filter>) -> Vec<Node> {
        let meant = |node: &&Node| {
            node_type.is_none_or(|wanted| node.node_type == wanted)
                && filter.is_none_or(|filter| filter.matches(&node.properties))
        };
        self.nodes.values().map(|(_, node)| node).filter(meant).cloned().collect()
    }

    fn admits(&self, only: &WalkFilter, node: &str) -> bool {
        let Some((_, node)) = self.nodes.get(node) else { return false };
        only.node_types.as_ref().is_none_or(|types| types.contains(&node.node_type))
            && only.nodes.as_ref().is_none_or(|filter| filter.matches(&node.properties))
    }

    /// The edges of a node that a walk from it sees. Nodes that the walk was asked with are never left out.
    #[must_use]
    pub fn edges_seen(&self, node: &str, direction: Direction, only: &WalkFilter, named: &[&str]) -> Vec<Edge> {
        let mut edges = self.edges_of(node, direction);
        edges.retain(|edge| {
            let other = if edge.from_id.as_str() == node { &edge.to_id } else { &edge.from_id }.as_str();
            only.edges.as_ref().is_none_or(|filter| filter.matches(&edge.properties))
                && (named.contains(&other) || self.admits(only, other))
        });
        edges
    }

    /// The edges of a node: outgoing first, then by type and other end; a loop once.
    #[must_use]
    pub fn edges_of(&self, node: &str, direction: Direction) -> Vec<Edge> {
        let edge = |(key, value): (&(String, String, String), &(u64, _))| Edge {
            from_id: key.0.as_str().into(),
            edge_type: key.1.as_str().into(),
            to_id: key.2.as_str().into(),
            properties: Clone::clone(&value.1),
        };
        let mut found = Vec::new();
        if direction != Direction::Incoming {
            let mut out: Vec<Edge> = self.edges.iter().filter(|(key, _)| key.0 == node).map(edge).collect();
            out.sort_by(|a, b| (&a.edge_type, &a.to_id).cmp(&(&b.edge_type, &b.to_id)));
            found.extend(out);
        }
        if direction != Direction::Outgoing {
            let both = direction == Direction::Both;
            let enters = |key: &(String, String, String)| key.2 == node && !(both && key.0 == node);
            let mut into: Vec<Edge> = self.edges.iter().filter(|(key, _)| enters(key)).map(edge).collect();
            into.sort_by(|a, b| (&a.edge_type, &a.from_id).cmp(&(&b.edge_type, &b.from_id)));
            found.extend(into);
        }
        found
    }

    /// Nodes within `depth` edges, in the order of a breadth-first walk, each with its distance.
    #[must_use]
    pub fn reach(
        &self,
        start: &str,
        depth: u32,
        direction: Direction,
        only: &WalkFilter,
        named: &[&str],
    ) -> Vec<(String, u32)> {
        if !self.nodes.contains_key(start) {
            return Vec::new();
        }
        let mut found = vec![(start.to_owned(), 0)];
        let mut seen = BTreeSet::from([start.to_owned()]);
        let mut queue = VecDeque::from([(start.to_owned(), 0)]);
        while let Some((node, far)) = queue.pop_front() {
            if far == depth {
                continue;
            }
            for edge in self.edges_seen(&node, direction, only, named) {
                let other = if edge.from_id.as_str() == node { &edge.to_id } else { &edge.from_id };
                if seen.insert(other.to_string()) {
                    found.push((other.to_string(), far + 1));
                    queue.push_back((other.to_string(), far + 1));
                }
            }
        }
        found
    }

    /// The number of edges on a shortest path, if there is one of at most `depth`.
    #[must_use]
    pub fn distance(
        &self,
        (from, to): (&str, &str),
        depth: u32,
        direction: Direction,
        only: &WalkFilter,
    ) -> Option<u32> {
        let reached: BTreeMap<String, u32> =
            self.reach(from, depth, direction, only, &[from, to]).into_iter().collect();
        reached.get(to).copied().filter(|_| self.nodes.contains_key(to))
    }
}
