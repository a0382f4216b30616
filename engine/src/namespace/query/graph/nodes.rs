//! Reads of many nodes: by id, in order, counted.
//!
//! Nodes of one type are found by the list of types once that has every node ([`crate::store::are_nodes_listed`]); before that,
//! all nodes are looked at.

use std::ops::ControlFlow;

use super::super::wants::{Extent, Wants};
use super::budget::node_bytes;
use super::node_test::{NodeTest, trimmed};
use super::read::{find, node_of};
use super::sift::Sift;
use crate::api::{ByteBuf, CountNodes, Counted, Error, GetNodes, ListNodes, Node, NodeId, NodePage, Nodes, Result};
use crate::namespace::query::Query;
use crate::namespace::query::answer_budget::AnswerBudget;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::{KeyRange, Read, StoreError, Table, are_nodes_listed, type_prefix};

/// Reads several nodes, or as much of them as is wanted.
pub fn get_nodes(_state: &State, snapshot: &Reader<'_>, request: GetNodes, wants: Wants) -> Result<Nodes> {
    let mut nodes = Vec::with_capacity(request.ids.len());
    let mut budget = AnswerBudget::new();
    for id in request.ids {
        snapshot.wanted.step()?;
        let found = find(snapshot, &id, wants.nodes)?;
        budget.spend(found.as_ref().map_or(0, node_bytes))?;
        nodes.push(found);
    }
    Ok(Nodes { nodes })
}

impl Query for GetNodes {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Nodes> {
        get_nodes(state, snapshot, self, Wants::ALL)
    }
}

/// Where nodes are found, and what they must be.
struct NodeWalk<'a> {
    snapshot: &'a Reader<'a>,
    /// The type, if the list of types finds its nodes.
    listed: Option<String>,
    test: NodeTest,
}

impl<'a> NodeWalk<'a> {
    fn new(snapshot: &'a Reader<'a>, node_type: Option<String>, filter: Option<crate::api::Filter>) -> Result<Self> {
        let is_listed = node_type.is_some() && are_nodes_listed(snapshot)?;
        let (listed, tested) = if is_listed { (node_type, None) } else { (None, node_type) };
        Ok(Self { snapshot, listed, test: NodeTest::new(tested.map(|node_type| vec![node_type]), filter) })
    }

    /// Visits, until told to stop, each node behind `after` with its id: as much of it as is wanted, or nothing if it is not
    /// meant.
    fn each(
        &self,
        after: Option<&NodeId>,
        extent: Extent,
        mut visit: impl FnMut(NodeId, Option<Node>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let read = extent.max(self.test.extent());
        let id_of = |bytes: &[u8], table: Table| {
            let id = std::str::from_utf8(bytes).map(NodeId::new);
            id.map_err(|_| Error::from(StoreError::corrupt(table, "the key does not decode")))
        };
        let (table, prefix) = match &self.listed {
            Some(node_type) => (Table::NodeTypes, type_prefix(node_type)),
            None => (Table::Nodes, Vec::new()),
        };
        let range = KeyRange::prefix(&prefix);
        let range = match after {
            Some(after) => range.after(&[prefix.as_slice(), after.as_str().as_bytes()].concat(), false),
            None => range,
        };
        for row in self.snapshot.scan(table, &range, false)? {
            let row = row?;
            let id = id_of(row.key.get(prefix.len()..).unwrap_or_default(), table)?;
            let node = match (table, &self.listed) {
                (Table::NodeTypes, Some(node_type)) if read < Extent::Whole => {
                    Some(Node { node_type: node_type.clone(), ..node_of(id.clone(), &[], Extent::Key)? })
                }
                (Table::NodeTypes, _) => find(self.snapshot, &id, read)?,
                _ => Some(node_of(id.clone(), &row.value, read)?),
            };
            let node = node.ok_or_else(|| StoreError::corrupt(Table::NodeTypes, "there is no such node"))?;
            let node = self.test.passes(&node).then(|| trimmed(node, extent));
            if visit(id, node)?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Reads a page of nodes.
pub fn list_nodes(_state: &State, snapshot: &Reader<'_>, request: ListNodes, wants: Wants) -> Result<NodePage> {
    let ListNodes { node_type, filter, limit, cursor, snapshot: _ } = request;
    let mut last = cursor.map(|cursor| decode_cursor(&cursor)).transpose()?.flatten();
    let walk = NodeWalk::new(snapshot, node_type, filter)?;
    let (mut nodes, mut sift) = (Vec::new(), Sift::new(snapshot, limit));
    let after = last.clone();
    walk.each(after.as_ref(), wants.nodes, |id, node| {
        if !sift.look()? || node.as_ref().is_some_and(|node| !sift.take(node_bytes(node))) {
            return Ok(ControlFlow::Break(()));
        }
        nodes.extend(node);
        last = Some(id);
        Ok(ControlFlow::Continue(()))
    })?;
    let cursor = (!sift.is_complete()).then(|| ByteBuf::from(last.map_or_else(Vec::new, |id| id.into_string().into())));
    Ok(NodePage { nodes, cursor })
}

impl Query for ListNodes {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<NodePage> {
        list_nodes(state, snapshot, self, Wants::ALL)
    }
}

/// A cursor is the id of the last node that was looked at, and empty before the first. It comes from outside; a wrong one can
/// only move the place in the order of ids.
fn decode_cursor(cursor: &[u8]) -> Result<Option<NodeId>> {
    if cursor.is_empty() {
        return Ok(None);
    }
    let id = std::str::from_utf8(cursor).ok().map(NodeId::new).filter(|id| id.validate().is_ok());
    id.map(Some).ok_or_else(|| Error::invalid("the cursor does not belong to this query; begin without one"))
}

impl Query for CountNodes {
    fn answer(self, _state: &State, snapshot: &Reader<'_>) -> Result<Counted> {
        let walk = NodeWalk::new(snapshot, self.node_type, self.filter)?;
        let mut count = 0;
        walk.each(None, Extent::Key, |_, node| {
            snapshot.wanted.step()?;
            count += u64::from(node.is_some());
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(Counted { count })
    }
}
