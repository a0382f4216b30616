//! The bitemporal graph: a list of beliefs, searched from one end to the other.

use toondb_engine::api::{
    AsOf, CommitSeq, Direction, EdgeType, ErrorCode, NodeId, TemporalEdge, TemporalFact, TimestampMs,
};

use super::state::{Model, Now, Outcome, counted};

pub(super) fn is_believed(edge: &TemporalEdge) -> bool {
    edge.retracted_seq.is_none()
}

pub(super) fn is_valid_at(edge: &TemporalEdge, at: TimestampMs) -> bool {
    edge.valid_from <= at && edge.valid_until.is_none_or(|until| at < until)
}

/// Compares by type too: 1 and 1.0 are equal values but not the same statement.
pub(super) fn same_words(a: &impl std::fmt::Debug, b: &impl std::fmt::Debug) -> bool {
    format!("{a:?}") == format!("{b:?}")
}

pub(super) fn with_end(edge: &TemporalEdge, valid_from: TimestampMs, valid_until: Option<TimestampMs>) -> TemporalFact {
    TemporalFact {
        from_id: edge.from_id.clone(),
        edge_type: edge.edge_type.clone(),
        to_id: edge.to_id.clone(),
        valid_from,
        valid_until,
        properties: edge.properties.clone(),
    }
}

impl Model {
    pub(super) fn assert(&mut self, fact: TemporalFact, now: Now) -> TemporalEdge {
        let TemporalFact { from_id, edge_type, to_id, valid_from, valid_until, properties } = fact;
        let edge = TemporalEdge {
            from_id,
            edge_type,
            to_id,
            valid_from,
            valid_until,
            properties,
            asserted_seq: CommitSeq(now.seq),
            asserted_at: TimestampMs(now.ms),
            retracted_seq: None,
            retracted_at: None,
        };
        self.facts.push(edge.clone());
        edge
    }

    /// Ends a belief; one that this very commit stated never was.
    pub(super) fn retract(&mut self, edge: &TemporalEdge, now: Now) {
        let place = self.facts.iter().position(|other| other == edge).expect("only what is believed is retracted");
        if edge.asserted_seq.0 == now.seq {
            self.facts.remove(place);
        } else {
            self.facts[place].retracted_seq = Some(CommitSeq(now.seq));
            self.facts[place].retracted_at = Some(TimestampMs(now.ms));
        }
    }

    fn same_start(&self, fact: &TemporalFact) -> Option<TemporalEdge> {
        let same = |edge: &&TemporalEdge| {
            is_believed(edge)
                && (&edge.from_id, &edge.edge_type, &edge.to_id, edge.valid_from)
                    == (&fact.from_id, &fact.edge_type, &fact.to_id, fact.valid_from)
        };
        self.facts.iter().find(same).cloned()
    }

    pub(super) fn add_fact(&mut self, fact: &TemporalFact, now: Now) -> Outcome {
        if let Some(old) = self.same_start(fact) {
            if old.valid_until == fact.valid_until && same_words(&old.properties, &fact.properties) {
                return Outcome::default();
            }
            self.retract(&old, now);
        }
        self.assert(fact.clone(), now);
        counted(1)
    }

    pub(super) fn close_fact(
        &mut self,
        (from, edge_type, to): (&NodeId, &EdgeType, &NodeId),
        at: Option<TimestampMs>,
        now: Now,
    ) -> Result<Outcome, ErrorCode> {
        let at = at.unwrap_or(TimestampMs(now.ms));
        let of_edge = |edge: &&TemporalEdge| {
            is_believed(edge) && (&edge.from_id, &edge.edge_type, &edge.to_id) == (from, edge_type, to)
        };
        let mut believed: Vec<TemporalEdge> = self.facts.iter().filter(of_edge).cloned().collect();
        believed.sort_by_key(|edge| edge.valid_from);
        if believed.iter().any(|edge| edge.valid_until.is_none() && at <= edge.valid_from) {
            return Err(ErrorCode::InvalidArgument);
        }
        believed.retain(|edge| edge.valid_from < at && is_valid_at(edge, at));
        if believed.is_empty() {
            return Err(ErrorCode::EdgeNotFound);
        }
        let mut closed = Vec::new();
        for edge in believed {
            self.retract(&edge, now);
            closed.push(self.assert(with_end(&edge, edge.valid_from, Some(at)), now));
        }
        Ok(Outcome { edges: closed.clone(), ..counted(closed.len() as u64) })
    }

    pub(super) fn supersede(&mut self, fact: &TemporalFact, now: Now) -> Outcome {
        let of_relation = |edge: &&TemporalEdge| {
            is_believed(edge) && (&edge.from_id, &edge.edge_type) == (&fact.from_id, &fact.edge_type)
        };
        let relation: Vec<TemporalEdge> = self.facts.iter().filter(of_relation).cloned().collect();
        let next = relation.iter().map(|edge| edge.valid_from).filter(|from| *from > fact.valid_from).min();
        let end = match (fact.valid_until, next) {
            (Some(end), Some(next)) => Some(end.min(next)),
            (end, next) => end.or(next),
        };
        let stated = TemporalFact { valid_until: end, ..fact.clone() };
        let mut covering: Vec<TemporalEdge> =
            relation.into_iter().filter(|edge| is_valid_at(edge, fact.valid_from)).collect();
        covering.sort_by(|a, b| (a.valid_from, &a.to_id).cmp(&(b.valid_from, &b.to_id)));
        let (mut standing, mut closed, mut wrote) = (None, Vec::new(), false);
        for old in covering {
            if old.valid_from < fact.valid_from {
                closed.push(self.shorten(&old, fact, now));
                wrote = true;
            } else if old.to_id == fact.to_id
                && old.valid_until == stated.valid_until
                && same_words(&old.properties, &stated.properties)
            {
                standing = Some(old);
            } else {
                self.retract(&old, now);
                wrote = true;
            }
        }
        let asserted = standing.unwrap_or_else(|| {
            wrote = true;
            self.assert(stated, now)
        });
        let number = closed.len() as u64;
        let edges = std::iter::once(asserted).chain(closed).collect();
        Outcome { wrote, number, edges, ..Outcome::default() }
    }

    /// Takes the fact's period out of an older belief: its head stands, and what lies behind a stated end too.
    pub(super) fn shorten(&mut self, old: &TemporalEdge, fact: &TemporalFact, now: Now) -> TemporalEdge {
        self.retract(old, now);
        let head = self.assert(with_end(old, old.valid_from, Some(fact.valid_from)), now);
        let end = fact.valid_until.filter(|end| old.valid_until.is_none_or(|until| *end < until));
        if let Some(end) = end {
            let rest = with_end(old, end, old.valid_until);
            if self.same_start(&rest).is_none() {
                self.assert(rest, now);
            }
        }
        head
    }

    /// The facts of a node that hold somewhere in `[start, end)`, as believed at `as_of`, in the order of an answer. Who
    /// believes them does not know of a retraction that came later.
    #[must_use]
    pub fn facts_of(
        &self,
        node: &str,
        direction: Direction,
        (start, end): (i64, i64),
        as_of: Option<AsOf>,
    ) -> Vec<TemporalEdge> {
        let is_believed_then = |edge: &TemporalEdge| match as_of {
            None => is_believed(edge),
            Some(AsOf::Seq(seq)) => edge.asserted_seq <= seq && edge.retracted_seq.is_none_or(|end| end > seq),
            Some(AsOf::Time(at)) => edge.asserted_at <= at && edge.retracted_at.is_none_or(|end| end > at),
        };
        let side = |edge: &TemporalEdge| match (edge.from_id.as_str() == node, edge.to_id.as_str() == node) {
            (true, _) if direction != Direction::Incoming => Some((0, edge.to_id.clone())),
            (_, true) if direction != Direction::Outgoing => Some((1, edge.from_id.clone())),
            _ => None,
        };
        let overlaps =
            |edge: &TemporalEdge| edge.valid_from.0 < end && edge.valid_until.is_none_or(|until| start < until.0);
        let mut found: Vec<_> = self
            .facts
            .iter()
            .filter(|edge| overlaps(edge) && is_believed_then(edge))
            .filter_map(|edge| side(edge).map(|(side, other)| (edge, side, other)))
            .collect();
        found.sort_by(|(a, a_side, a_other), (b, b_side, b_other)| {
            (a.valid_from, &a.edge_type, a_other, a_side).cmp(&(b.valid_from, &b.edge_type, b_other, b_side))
        });
        let as_seen = |edge: &TemporalEdge| TemporalEdge { retracted_seq: None, retracted_at: None, ..edge.clone() };
        found.into_iter().map(|(edge, ..)| as_seen(edge)).collect()
    }

    /// Every belief about a node's outgoing edges, in the order of a history.
    #[must_use]
    pub fn history_of(&self, node: &str) -> Vec<TemporalEdge> {
        let mut found: Vec<TemporalEdge> =
            self.facts.iter().filter(|edge| edge.from_id.as_str() == node).cloned().collect();
        found.sort_by(|a, b| {
            let key =
                |edge: &TemporalEdge| (edge.edge_type.clone(), edge.valid_from, edge.to_id.clone(), edge.asserted_seq);
            key(a).cmp(&key(b))
        });
        found
    }
}
