//! What one operation changes in temporal edges: the steps for the timelines, and meanwhile the facts it has asserted
//! so far, for its own later writes to find.
//!
//! An operation has at most one such change and keeps it at the front of its list, so that it is found at once however
//! many writes a commit makes. Facts and rows of collections do not touch each other: their order does not matter.

use std::collections::HashMap;
use std::sync::Arc;

use super::cache::Erasing;
use super::fact::{self, FactData, FactKey, FactTimeline, Side};
use super::load::interval_error;
use crate::api::{Result, TemporalEdge};
use crate::index::interval::Version;
use crate::namespace::change::Change;

/// One step. Steps are applied in order; repeating those whose effect a timeline shows already does no harm.
#[derive(Debug)]
pub enum Step {
    /// A version is believed from this commit on. One with the same key was this operation's own and gives way.
    Assert {
        /// The node where the edge begins.
        from: Arc<str>,
        /// The version, as the timeline of that node has it.
        version: Version<FactKey, Arc<FactData>>,
    },
    /// Belief in a version ends with this commit.
    Retract {
        /// The node where the edge begins.
        from: Arc<str>,
        /// The version.
        key: FactKey,
    },
    /// A version that this same operation asserted is taken back: nobody ever saw it.
    Withdraw {
        /// The node where the edge begins.
        from: Arc<str>,
        /// The version.
        key: FactKey,
    },
    /// Versions of a node were erased: its timeline is forgotten.
    Forget {
        /// The node.
        node: Arc<str>,
        /// The side.
        side: Side,
    },
}

/// All changes of one operation.
#[derive(Debug, Default)]
pub struct FactChange {
    steps: Vec<Step>,
    /// The versions this operation asserted and did not withdraw, by the node where they begin.
    asserted: HashMap<Arc<str>, FactTimeline>,
    erasing: Option<Erasing>,
}

/// The key of the same version on the other side.
pub fn mirrored(from: &Arc<str>, key: &FactKey) -> FactKey {
    FactKey { other: Arc::clone(from), ..key.clone() }
}

impl FactChange {
    /// The change among the others of its operation; `None` while the operation has touched no fact.
    pub fn find(changes: &[Change]) -> Option<&FactChange> {
        match changes.first() {
            Some(Change::Fact(change)) => Some(change),
            Some(_) | None => None,
        }
    }

    /// Adds to the change among the others of its operation.
    pub fn extend<R>(changes: &mut Vec<Change>, add: impl FnOnce(&mut FactChange) -> R) -> R {
        if let Some(Change::Fact(change)) = changes.first_mut() {
            return add(change);
        }
        let mut change = FactChange::default();
        let result = add(&mut change);
        changes.insert(0, Change::Fact(change));
        result
    }

    /// The facts this operation asserted that begin at a node, as far as it has not taken them back.
    pub fn asserted(&self, from: &str) -> Option<&FactTimeline> {
        self.asserted.get(from)
    }

    /// The edge is believed from now on.
    pub fn assert(&mut self, edge: &TemporalEdge) -> Result<()> {
        let from: Arc<str> = edge.from_id.as_str().into();
        let key = FactKey::of(edge, Side::Outgoing);
        let version = fact::version(edge, key, Arc::new(FactData::of(edge))).map_err(|error| interval_error(&error))?;
        let asserted = self.asserted.entry(Arc::clone(&from)).or_default();
        asserted.erase(&version.key);
        asserted.assert(version.clone()).map_err(|error| interval_error(&error))?;
        self.steps.push(Step::Assert { from, version });
        Ok(())
    }

    /// The edge, which an earlier operation asserted, is no longer believed.
    pub fn retract(&mut self, edge: &TemporalEdge) {
        let key = FactKey::of(edge, Side::Outgoing);
        self.steps.push(Step::Retract { from: edge.from_id.as_str().into(), key });
    }

    /// The edge, which this operation asserted, is taken back.
    pub fn withdraw(&mut self, edge: &TemporalEdge) {
        let key = FactKey::of(edge, Side::Outgoing);
        if let Some(asserted) = self.asserted.get_mut(edge.from_id.as_str()) {
            asserted.erase(&key);
        }
        self.steps.push(Step::Withdraw { from: edge.from_id.as_str().into(), key });
    }

    /// The edge is erased with its past. `begin` tells readers, once for the operation and before any row is gone.
    pub fn erase(&mut self, edge: &TemporalEdge, begin: impl FnOnce() -> Erasing) {
        if self.erasing.is_none() {
            self.erasing = Some(begin());
        }
        if let Some(asserted) = self.asserted.get_mut(edge.from_id.as_str()) {
            asserted.erase(&FactKey::of(edge, Side::Outgoing));
        }
        self.forget(edge.from_id.as_str(), Side::Outgoing);
        self.forget(edge.to_id.as_str(), Side::Incoming);
    }

    /// Erasing comes node by node, and forgetting twice in a row is once too often. A step of another kind in between
    /// may have put a version back that is erased now.
    fn forget(&mut self, node: &str, side: Side) {
        let is_same = |step: &Step| matches!(step, Step::Forget { node: n, side: s } if **n == *node && *s == side);
        let recent = self.steps.iter().rev().take_while(|step| matches!(step, Step::Forget { .. })).take(2);
        if !recent.into_iter().any(is_same) {
            self.steps.push(Step::Forget { node: node.into(), side });
        }
    }

    /// The steps, and the announcement that stays in force.
    pub fn into_parts(self) -> (Vec<Step>, Option<Erasing>) {
        (self.steps, self.erasing)
    }
}
