//! Filters of walks over the graph.

use toondb_engine::api::{Result, WalkFilter};

use super::filter::{typed, typed_message};
use crate::proto;

pub(super) fn walk_filter(message: Option<proto::WalkFilter>) -> Result<WalkFilter> {
    let Some(proto::WalkFilter { node_types, node_types_given, nodes, edges }) = message else {
        return Ok(WalkFilter::default());
    };
    let node_types = (node_types_given || !node_types.is_empty()).then_some(node_types);
    Ok(WalkFilter { node_types, nodes: typed(nodes)?, edges: typed(edges)? })
}

pub(super) fn walk_filter_message(filter: WalkFilter) -> Option<proto::WalkFilter> {
    if filter.is_empty() {
        return None;
    }
    let WalkFilter { node_types, nodes, edges } = filter;
    Some(proto::WalkFilter {
        node_types_given: node_types.is_some(),
        node_types: node_types.unwrap_or_default(),
        nodes: typed_message(nodes),
        edges: typed_message(edges),
    })
}
