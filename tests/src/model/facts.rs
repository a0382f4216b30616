//! The bitemporal graph beyond one node at one time: stated values, lists, histories, and forgetting.

use toondb_engine::api::{
    AsOf, Direction, EraseTemporal, ErrorCode, ListFacts, StatedFact, TemporalEdge, TemporalFact, TemporalHistory,
    TemporalMode, TimestampMs,
};

use super::state::{Model, Now, Outcome, counted};
use super::temporal::{is_believed, is_valid_at, same_words, with_end};

fn last(end: Option<TimestampMs>) -> i64 {
    end.map_or(i64::MAX, |end| end.0)
}

fn overlaps(edge: &TemporalEdge, start: Option<TimestampMs>, end: Option<TimestampMs>) -> bool {
    end.is_none_or(|end| edge.valid_from < end)
        && start.is_none_or(|start| edge.valid_until.is_none_or(|until| start < until))
}

impl Model {
    pub(super) fn state_fact(&mut self, stated: &StatedFact, now: Now) -> Result<Outcome, ErrorCode> {
        let StatedFact { from_id, edge_type, to_id, valid_from, valid_until, properties } = stated.clone();
        let start = valid_from.unwrap_or(TimestampMs(now.ms));
        if valid_until.is_some_and(|until| until <= start) {
            return Err(ErrorCode::InvalidArgument);
        }
        let fact = TemporalFact { from_id, edge_type, to_id, valid_from: start, valid_until, properties };
        let of_relation = |edge: &TemporalEdge| {
            is_believed(edge) && (&edge.from_id, &edge.edge_type) == (&fact.from_id, &fact.edge_type)
        };
        let is_value = |edge: &TemporalEdge| edge.to_id == fact.to_id && same_words(&edge.properties, &fact.properties);
        let mut relation: Vec<TemporalEdge> = self.facts.iter().filter(|edge| of_relation(edge)).cloned().collect();
        relation.sort_by(|a, b| (a.valid_from, &a.to_id).cmp(&(b.valid_from, &b.to_id)));
        let next = relation.iter().map(|edge| edge.valid_from).filter(|from| *from > start).min();
        let mut end = [valid_until, next].into_iter().flatten().min();

        let (mut closed, mut wrote) = (Vec::new(), false);
        for old in relation.iter().filter(|edge| is_valid_at(edge, start) && !is_value(edge)) {
            wrote = true;
            match old.valid_from < start {
                true => closed.push(self.shorten(old, &fact, now)),
                false => self.retract(old, now),
            }
        }
        let mut ours: Vec<&TemporalEdge> =
            relation.iter().filter(|edge| is_valid_at(edge, start) && is_value(edge)).collect();
        if ours.is_empty() {
            ours = relation.iter().filter(|edge| edge.valid_until == Some(start) && is_value(edge)).take(1).collect();
        }
        ours.sort_by_key(|edge| std::cmp::Reverse(last(edge.valid_until)));
        let asserted = match ours.first() {
            Some(ours) if last(ours.valid_until) >= last(end) => (*ours).clone(),
            ours => {
                wrote = true;
                let following = |edge: &&TemporalEdge| Some(edge.valid_from) == end && is_value(edge);
                if let Some(following) = relation.iter().find(following) {
                    end = following.valid_until;
                    self.retract(following, now);
                }
                ours.iter().for_each(|ours| self.retract(ours, now));
                let whole = ours.map_or_else(
                    || TemporalFact { valid_until: end, ..fact.clone() },
                    |ours| with_end(ours, ours.valid_from, end),
                );
                self.assert(whole, now)
            }
        };
        let number = closed.len() as u64;
        let edges = std::iter::once(asserted).chain(closed).collect();
        Ok(Outcome { wrote, number, edges, ..Outcome::default() })
    }

    pub(super) fn erase(&mut self, erase: &EraseTemporal) -> Outcome {
        let facts = self.facts.clone();
        let newest = |edge: &TemporalEdge| {
            let same = |other: &&TemporalEdge| {
                (&other.from_id, &other.edge_type, &other.to_id, other.valid_from)
                    == (&edge.from_id, &edge.edge_type, &edge.to_id, edge.valid_from)
            };
            facts.iter().filter(same).max_by_key(|other| other.asserted_seq).and_then(|newest| newest.valid_until)
        };
        self.facts.retain(|edge| {
            let is_meant = erase.from_id.as_ref().is_none_or(|wanted| edge.from_id == *wanted)
                && erase.edge_type.as_ref().is_none_or(|wanted| edge.edge_type == *wanted)
                && erase.to_id.as_ref().is_none_or(|wanted| edge.to_id == *wanted)
                && erase.node_id.as_ref().is_none_or(|wanted| edge.from_id == *wanted || edge.to_id == *wanted)
                && erase.filter.as_ref().is_none_or(|filter| filter.matches(&edge.properties))
                && erase.start.is_none_or(|start| start <= edge.valid_from)
                && erase.end.is_none_or(|end| newest(edge).is_some_and(|until| until <= end));
            !is_meant
        });
        counted((facts.len() - self.facts.len()) as u64)
    }

    /// The beliefs there were at an instant, as one knows them then.
    fn known(&self, as_of: Option<AsOf>) -> Vec<TemporalEdge> {
        let is_past = |edge: &TemporalEdge| match as_of {
            None => (true, edge.retracted_seq.is_some()),
            Some(AsOf::Seq(seq)) => (edge.asserted_seq <= seq, edge.retracted_seq.is_some_and(|end| end <= seq)),
            Some(AsOf::Time(at)) => (edge.asserted_at <= at, edge.retracted_at.is_some_and(|end| end <= at)),
        };
        let known = |edge: &TemporalEdge| match is_past(edge) {
            (false, _) => None,
            (true, true) => Some(edge.clone()),
            (true, false) => Some(TemporalEdge { retracted_seq: None, retracted_at: None, ..edge.clone() }),
        };
        self.facts.iter().filter_map(known).collect()
    }

    /// What a list of facts has, all pages of it, at a time.
    #[must_use]
    pub fn list_of(&self, list: &ListFacts, now_ms: i64) -> Vec<TemporalEdge> {
        let instant = |at: TimestampMs| (Some(at), Some(TimestampMs(at.0 + 1)));
        let (start, end) = match list.mode {
            Some(TemporalMode::PointInTime { at }) => instant(at),
            Some(TemporalMode::Range { start, end, clip: _ }) => (start, end),
            Some(TemporalMode::Current) => instant(TimestampMs(now_ms)),
            None if list.changed_since.is_some() => (None, None),
            None => instant(TimestampMs(now_ms)),
        };
        let mut found = self.known(list.as_of);
        let change = |edge: &TemporalEdge| edge.retracted_seq.unwrap_or(edge.asserted_seq);
        found.retain(|edge| {
            let is_new = match list.changed_since {
                None => is_believed(edge),
                Some(AsOf::Seq(seq)) => change(edge) > seq,
                Some(AsOf::Time(at)) => edge.retracted_at.unwrap_or(edge.asserted_at) > at,
            };
            is_new
                && overlaps(edge, start, end)
                && list.from_id.as_ref().is_none_or(|wanted| edge.from_id == *wanted)
                && list.to_id.as_ref().is_none_or(|wanted| edge.to_id == *wanted)
                && list.edge_type.as_ref().is_none_or(|wanted| edge.edge_type == *wanted)
                && list.filter.as_ref().is_none_or(|filter| filter.matches(&edge.properties))
        });
        let by_to = list.changed_since.is_none() && list.from_id.is_none() && list.to_id.is_some();
        found.sort_by_key(|edge| {
            let (near, far) = if by_to { (&edge.to_id, &edge.from_id) } else { (&edge.from_id, &edge.to_id) };
            let key = (near.clone(), edge.edge_type.clone(), edge.valid_from, far.clone(), edge.asserted_seq);
            (list.changed_since.map(|_| change(edge)), key)
        });
        found
    }

    /// A node's history, the newest first, all pages of it.
    #[must_use]
    pub fn newest_of(&self, history: &TemporalHistory) -> Vec<TemporalEdge> {
        let node = &history.node_id;
        let mut found: Vec<(bool, TemporalEdge)> = Vec::new();
        for edge in self.known(history.as_of).into_iter().filter(|edge| overlaps(edge, history.start, history.end)) {
            if edge.from_id == *node && history.direction != Direction::Incoming {
                found.push((false, edge));
            } else if edge.to_id == *node && history.direction != Direction::Outgoing {
                found.push((true, edge));
            }
        }
        found.sort_by_key(|(into, edge)| {
            let other = if *into { &edge.from_id } else { &edge.to_id };
            (edge.valid_from, edge.edge_type.clone(), other.clone(), edge.asserted_seq, *into)
        });
        found.into_iter().rev().map(|(_, edge)| edge).collect()
    }

    /// The facts of a node at an instant, in the order of walks, each with its other end.
    #[must_use]
    pub fn links_of(&self, node: &str, direction: Direction, at: i64) -> Vec<(String, TemporalEdge)> {
        let mut found = Vec::new();
        for (side, into) in [(Direction::Outgoing, false), (Direction::Incoming, true)] {
            if direction != side && direction != Direction::Both {
                continue;
            }
            let mut some = self.facts_of(node, side, (at, at + 1), None);
            some.retain(|edge| !(into && direction == Direction::Both && edge.from_id == edge.to_id));
            let far = |edge: &TemporalEdge| if into { edge.from_id.to_string() } else { edge.to_id.to_string() };
            some.sort_by_key(|edge| (edge.edge_type.clone(), far(edge), edge.valid_from));
            found.extend(some.into_iter().map(|edge| (far(&edge), edge)));
        }
        found
    }
}
