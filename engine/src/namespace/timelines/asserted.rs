//! The facts that one operation has asserted so far, for its own later writes to find: the timelines do not have them before
//! the operation has succeeded.

use std::collections::HashMap;
use std::sync::Arc;

use super::fact::{self, FactData, FactKey, FactTimeline, Side};
use super::load::interval_error;
use crate::api::{Result, TemporalEdge};

/// The versions an operation asserted and did not take back, by the node where they begin.
#[derive(Debug, Default)]
pub struct Asserted {
    by_node: HashMap<Arc<str>, FactTimeline>,
}

impl Asserted {
    /// The facts that begin at a node.
    pub fn from(&self, node: &str) -> Option<&FactTimeline> {
        self.by_node.get(node)
    }

    /// The edge is believed from now on. One with the same key gives way.
    pub fn add(&mut self, edge: &TemporalEdge) -> Result<()> {
        let key = FactKey::of(edge, Side::Outgoing);
        let version = fact::version(edge, key, Arc::new(FactData::of(edge))).map_err(|error| interval_error(&error))?;
        let timeline = self.by_node.entry(edge.from_id.as_str().into()).or_default();
        timeline.erase(&version.key);
        timeline.assert(version).map_err(|error| interval_error(&error))?;
        Ok(())
    }

    /// The edge is taken back, or erased.
    pub fn remove(&mut self, edge: &TemporalEdge) {
        if let Some(timeline) = self.by_node.get_mut(edge.from_id.as_str()) {
            timeline.erase(&FactKey::of(edge, Side::Outgoing));
        }
    }
}
