//! The specification of temporal edges as a plain list of versions.

use crate::api::{AsOf, CommitSeq, Direction, NodeId, TemporalEdge, TemporalFact, TimestampMs};

/// Every version, and the commits that touched any.
#[derive(Debug, Clone, Default)]
pub struct Model {
    pub versions: Vec<TemporalEdge>,
    pub times: Vec<(i64, u64)>,
    pub seq: u64,
    pub now_ms: i64,
}

fn covers(edge: &TemporalEdge, t: TimestampMs) -> bool {
    edge.valid_from <= t && edge.valid_until.is_none_or(|until| t < until)
}

impl Model {
    fn believed(&self, wanted: impl Fn(&TemporalEdge) -> bool) -> Vec<TemporalEdge> {
        let mut found: Vec<_> =
            self.versions.iter().filter(|v| v.retracted_seq.is_none() && wanted(v)).cloned().collect();
        found.sort_by_key(|v| (v.valid_from, v.to_id.clone()));
        found
    }

    fn touch(&mut self) {
        if self.times.last() != Some(&(self.now_ms, self.seq)) {
            self.times.push((self.now_ms, self.seq));
        }
    }

    fn retract(&mut self, edge: &TemporalEdge) {
        let index = self.versions.iter().position(|v| v == edge).unwrap();
        if edge.asserted_seq.0 == self.seq {
            self.versions.remove(index);
        } else {
            self.versions[index].retracted_seq = Some(CommitSeq(self.seq));
            self.versions[index].retracted_at = Some(TimestampMs(self.now_ms));
        }
        self.touch();
    }

    fn assert(&mut self, fact: TemporalFact) -> TemporalEdge {
        let edge = TemporalEdge {
            from_id: fact.from_id,
            edge_type: fact.edge_type,
            to_id: fact.to_id,
            valid_from: fact.valid_from,
            valid_until: fact.valid_until,
            properties: fact.properties,
            asserted_seq: CommitSeq(self.seq),
            asserted_at: TimestampMs(self.now_ms),
            retracted_seq: None,
            retracted_at: None,
        };
        self.versions.push(edge.clone());
        self.touch();
        edge
    }

    fn again(&mut self, edge: &TemporalEdge, from: TimestampMs, until: Option<TimestampMs>) -> TemporalEdge {
        self.assert(TemporalFact {
            from_id: edge.from_id.clone(),
            edge_type: edge.edge_type.clone(),
            to_id: edge.to_id.clone(),
            valid_from: from,
            valid_until: until,
            properties: edge.properties.clone(),
        })
    }

    pub fn add(&mut self, fact: TemporalFact) -> bool {
        let same = self.believed(|v| {
            (&v.from_id, &v.edge_type, &v.to_id, v.valid_from)
                == (&fact.from_id, &fact.edge_type, &fact.to_id, fact.valid_from)
        });
        if let Some(old) = same.first() {
            if (old.valid_until, &old.properties) == (fact.valid_until, &fact.properties) {
                return false;
            }
            self.retract(old);
        }
        self.assert(fact);
        true
    }

    /// `None` = there is nothing to close, or a period begins too late.
    pub fn close(&mut self, like: &TemporalFact, at: Option<TimestampMs>) -> Option<Vec<TemporalEdge>> {
        let at = at.unwrap_or(TimestampMs(self.now_ms));
        let of_edge =
            self.believed(|v| (&v.from_id, &v.edge_type, &v.to_id) == (&like.from_id, &like.edge_type, &like.to_id));
        let holding: Vec<_> = of_edge.iter().filter(|v| v.valid_from < at && covers(v, at)).collect();
        if holding.is_empty() || of_edge.iter().any(|v| v.valid_until.is_none() && at <= v.valid_from) {
            return None;
        }
        let close = |old: &TemporalEdge| {
            self.retract(old);
            self.again(old, old.valid_from, Some(at))
        };
        Some(holding.into_iter().map(close).collect())
    }

    /// The fact, what it closed, and whether anything was written.
    pub fn supersede(&mut self, mut fact: TemporalFact) -> (TemporalEdge, Vec<TemporalEdge>, bool) {
        let (start, end) = (fact.valid_from, fact.valid_until);
        let relation = self.believed(|v| (&v.from_id, &v.edge_type) == (&fact.from_id, &fact.edge_type));
        let next = relation.iter().map(|v| v.valid_from).filter(|from| *from > start).min();
        fact.valid_until = [end, next].into_iter().flatten().min();
        let (mut closed, mut standing, mut changed) = (Vec::new(), None, false);
        for old in relation.iter().filter(|v| covers(v, start)) {
            let is_same =
                old.to_id == fact.to_id && (old.valid_until, &old.properties) == (fact.valid_until, &fact.properties);
            if old.valid_from == start && is_same {
                standing = Some(old.clone());
                continue;
            }
            changed = true;
            closed.extend(self.cut_out(old, start, end));
        }
        let changed = changed || standing.is_none();
        (standing.unwrap_or_else(|| self.assert(fact)), closed, changed)
    }

    /// Takes `[start, end)` out of a belief; gives its head.
    fn cut_out(&mut self, old: &TemporalEdge, start: TimestampMs, end: Option<TimestampMs>) -> Option<TemporalEdge> {
        self.retract(old);
        if old.valid_from >= start {
            return None;
        }
        let head = self.again(old, old.valid_from, Some(start));
        let stands_there = |end| {
            let key = (&old.from_id, &old.edge_type, &old.to_id, end);
            !self.believed(|v| (&v.from_id, &v.edge_type, &v.to_id, v.valid_from) == key).is_empty()
        };
        match end {
            Some(end) if covers(old, end) && !stands_there(end) => {
                self.again(old, end, old.valid_until);
            }
            Some(_) | None => {}
        }
        Some(head)
    }

    /// As `supersede`, joining periods of one value.
    pub fn state(&mut self, mut fact: TemporalFact) -> (TemporalEdge, Vec<TemporalEdge>, bool) {
        let (start, end) = (fact.valid_from, fact.valid_until);
        let of_relation = |v: &TemporalEdge| (&v.from_id, &v.edge_type) == (&fact.from_id, &fact.edge_type);
        let is_value = |v: &TemporalEdge| (&v.to_id, &v.properties) == (&fact.to_id, &fact.properties);
        let relation = self.believed(of_relation);
        let next = relation.iter().map(|v| v.valid_from).filter(|from| *from > start).min();
        let until = [end, next].into_iter().flatten().min();
        let closed: Vec<Option<TemporalEdge>> = relation
            .iter()
            .filter(|v| covers(v, start) && !is_value(v))
            .map(|old| self.cut_out(old, start, end))
            .collect();
        let mut ours: Vec<_> = relation.iter().filter(|v| covers(v, start) && is_value(v)).collect();
        if ours.is_empty() {
            ours = relation.iter().filter(|v| v.valid_until == Some(start) && is_value(v)).take(1).collect();
        }
        let last = |end: Option<TimestampMs>| end.map_or(i64::MAX, |end| end.0);
        ours.sort_by_key(|v| std::cmp::Reverse(last(v.valid_until)));
        let (changed, closed_heads) = (!closed.is_empty(), closed.into_iter().flatten().collect());
        match ours.first() {
            Some(ours) if last(ours.valid_until) >= last(until) => ((*ours).clone(), closed_heads, changed),
            ours => {
                let following = self.believed(|v| of_relation(v) && is_value(v) && Some(v.valid_from) == until);
                let until = following.first().map_or(until, |following| following.valid_until);
                following.iter().take(1).for_each(|following| self.retract(following));
                let asserted = match ours {
                    Some(ours) => {
                        self.retract(ours);
                        self.again(ours, ours.valid_from, until)
                    }
                    None => {
                        fact.valid_until = until;
                        self.assert(fact)
                    }
                };
                (asserted, closed_heads, true)
            }
        }
    }

    pub fn erase(&mut self, erased: impl Fn(&TemporalEdge) -> bool) -> u64 {
        let before = self.versions.len();
        self.versions.retain(|v| !erased(v));
        let count = (before - self.versions.len()) as u64;
        if count > 0 {
            self.touch();
        }
        count
    }

    /// Commit by commit: the target's own belief where it has one, else the one that was the source's.
    pub fn move_facts(&mut self, source: &NodeId, target: &NodeId) -> u64 {
        let is_moved = |v: &TemporalEdge| v.from_id == *source || v.to_id == *source;
        let mut moved: Vec<_> = self.versions.iter().filter(|v| is_moved(v)).cloned().collect();
        moved.sort_by_key(|v| {
            let enters = v.from_id != *source;
            let other = if enters { v.from_id.clone() } else { v.to_id.clone() };
            (enters, v.edge_type.clone(), v.valid_from, other, v.asserted_seq)
        });
        if moved.is_empty() {
            return 0;
        }
        self.touch();
        self.versions.retain(|v| !is_moved(v));
        // What stands before a fact is moved is decided fact by fact, but its own versions never overlap each other.
        for version in &moved {
            let renamed = |id: &NodeId| if id == source { target.clone() } else { id.clone() };
            let (from_id, to_id) = (renamed(&version.from_id), renamed(&version.to_id));
            let version = TemporalEdge { from_id, to_id, ..version.clone() };
            let parts = self.free_parts(&version);
            self.versions.extend(parts);
        }
        moved.len() as u64
    }

    fn free_parts(&self, version: &TemporalEdge) -> Vec<TemporalEdge> {
        let key = |v: &TemporalEdge| (v.from_id.clone(), v.edge_type.clone(), v.to_id.clone(), v.valid_from);
        let own: Vec<_> = self.versions.iter().filter(|v| key(v) == key(version)).collect();
        let stands = |v: &TemporalEdge, seq| v.asserted_seq.0 <= seq && v.retracted_seq.is_none_or(|end| seq < end.0);
        // From the commit after the newest on, nothing changes any more.
        let free = |seq| stands(version, seq) && !own.iter().any(|v| stands(v, seq));
        let time = |seq| TimestampMs(self.times.iter().find(|(_, other)| *other == seq).unwrap().0);
        let mut parts: Vec<TemporalEdge> = Vec::new();
        for seq in 1..=self.seq {
            if free(seq) && !free(seq - 1) {
                let (asserted_seq, asserted_at) = (CommitSeq(seq), time(seq));
                let open = TemporalEdge { retracted_seq: None, retracted_at: None, ..version.clone() };
                parts.push(TemporalEdge { asserted_seq, asserted_at, ..open });
            } else if !free(seq)
                && free(seq - 1)
                && let Some(part) = parts.last_mut()
            {
                (part.retracted_seq, part.retracted_at) = (Some(CommitSeq(seq)), Some(time(seq)));
            }
        }
        parts
    }

    pub(super) fn believed_seq(&self, as_of: Option<AsOf>) -> u64 {
        match as_of {
            None => self.seq,
            Some(AsOf::Seq(seq)) => seq.0,
            Some(AsOf::Time(t)) => {
                self.times.iter().filter(|(at, _)| *at <= t.0).map(|(_, seq)| *seq).max().unwrap_or(0)
            }
        }
    }

    /// Edges of a node, with the other end.
    pub(super) fn of_node(&self, node: &str, direction: Direction) -> Vec<(bool, TemporalEdge)> {
        let mut found = Vec::new();
        for v in &self.versions {
            let (out, into) = (v.from_id.as_str() == node, v.to_id.as_str() == node);
            match direction {
                Direction::Outgoing if out => found.push((false, v.clone())),
                Direction::Incoming if into => found.push((true, v.clone())),
                Direction::Both if out => found.push((false, v.clone())),
                Direction::Both if into => found.push((true, v.clone())),
                _ => {}
            }
        }
        found
    }

    /// What a query answers: valid in `[start, end)`, or at `start` and later without an end.
    pub fn query(
        &self,
        node: &str,
        direction: Direction,
        (start, end): (i64, i64),
        edge_type: Option<&str>,
        as_of: Option<AsOf>,
    ) -> Vec<TemporalEdge> {
        let seq = self.believed_seq(as_of);
        let mut found = self.of_node(node, direction);
        found.retain(|(_, v)| {
            v.asserted_seq.0 <= seq
                && v.retracted_seq.is_none_or(|at| seq < at.0)
                && v.valid_from.0 < end
                && v.valid_until.is_none_or(|until| start < until.0)
                && edge_type.is_none_or(|edge_type| edge_type == v.edge_type.as_str())
        });
        found.sort_by_key(|(into, v)| (v.valid_from, v.edge_type.clone(), other(*into, v), *into));
        let visible = |(_, v): (bool, TemporalEdge)| TemporalEdge { retracted_seq: None, retracted_at: None, ..v };
        found.into_iter().map(visible).collect()
    }

    /// Every version of a node's edges.
    pub fn history(&self, node: &str, direction: Direction) -> Vec<TemporalEdge> {
        let mut found = self.of_node(node, direction);
        found.sort_by_key(|(into, v)| (v.edge_type.clone(), v.valid_from, other(*into, v), v.asserted_seq, *into));
        found.into_iter().map(|(_, v)| v).collect()
    }
}

fn other(into: bool, edge: &TemporalEdge) -> String {
    if into { edge.from_id.as_str().to_owned() } else { edge.to_id.as_str().to_owned() }
}
