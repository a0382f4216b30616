//! The list of nodes by type against the nodes; see [`crate::store::node_types`].

use super::checked::{CONTRADICTION, RowCheck};
use super::walk::RowWalk;
use crate::store::error::StoreResult;
use crate::store::front::NodeFront;
use crate::store::node_types::{NODES_LISTED, node_type_key, typed_node};
use crate::store::record::NodeRecord;
use crate::store::table::Table;

/// What is known of the list while rows are walked.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NodeList {
    /// True if every node has to be in it: one of before may not have been noted yet.
    complete: bool,
    rows: u64,
}

impl RowWalk<'_> {
    pub(super) fn begin_node_list(&mut self) -> StoreResult<()> {
        self.nodes.complete = self.is_complete(Table::NodeTypes, NODES_LISTED)?;
        Ok(())
    }

    pub(super) fn node(&mut self, key: &[u8], value: &[u8]) -> StoreResult<RowCheck> {
        self.counted.nodes += 1;
        self.counted.live_bytes += (key.len() + value.len()) as u64;
        let Ok(record) = NodeRecord::decode(value) else {
            return Ok(Err(CONTRADICTION("the record does not decode")));
        };
        let Ok(id) = std::str::from_utf8(key) else { return Ok(Err(CONTRADICTION("the key does not decode"))) };
        if !self.nodes.complete {
            return Ok(Ok(()));
        }
        self.demand(Table::NodeTypes, &node_type_key(&record.node_type, id), "a node is not in the list by type")
    }

    pub(super) fn listed_node(&mut self, key: &[u8]) -> StoreResult<RowCheck> {
        if key == NODES_LISTED {
            return Ok(Ok(()));
        }
        self.nodes.rows += 1;
        let there = match typed_node(key) {
            Some((node_type, id)) => self.snapshot.get(Table::Nodes, id.as_bytes(), |node| {
                NodeFront::decode(node).is_ok_and(|front| front.node_type == node_type)
            })?,
            None => None,
        };
        Ok(self.grant(Table::NodeTypes, key, there == Some(true), "there is no such node"))
    }

    pub(super) fn compare_node_list(&mut self) {
        if self.nodes.complete {
            self.compare(Table::NodeTypes.name(), self.nodes.rows, self.counted.nodes);
        }
    }
}
