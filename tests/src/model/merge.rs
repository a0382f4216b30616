//! Two nodes made one: row by row, and belief by belief at each commit there ever was.

use std::collections::BTreeMap;

use toondb_engine::api::{CommitSeq, ErrorCode, NodeId, Properties, TemporalEdge, TimestampMs};

use super::state::{Model, Now, Outcome, counted};

/// Adds the fields that are not there.
fn fill(own: &mut Properties, other: &Properties) {
    for (name, value) in &other.0 {
        if own.get(name).is_none() {
            own.0.insert(name.clone(), value.clone());
        }
    }
}

fn stands(edge: &TemporalEdge, seq: u64) -> bool {
    edge.asserted_seq.0 <= seq && edge.retracted_seq.is_none_or(|end| seq < end.0)
}

impl Model {
    pub(super) fn merge_nodes(&mut self, source: &NodeId, target: &NodeId, now: Now) -> Result<Outcome, ErrorCode> {
        let mut moved = 0;
        if let Some((_, gone)) = self.nodes.get(source.as_str()).cloned() {
            let (seq, kept) = self.nodes.get_mut(target.as_str()).ok_or(ErrorCode::NodeNotFound)?;
            fill(&mut kept.properties, &gone.properties);
            *seq = now.seq;
            self.nodes.remove(source.as_str());
            moved += 1 + self.move_edges(source.as_str(), target.as_str(), now);
        }
        moved += self.move_facts(source, target, now);
        Ok(counted(moved))
    }

    fn move_edges(&mut self, source: &str, target: &str, now: Now) -> u64 {
        let touches = |key: &&(String, String, String)| key.0 == source || key.2 == source;
        let mut keys: Vec<_> = self.edges.keys().filter(touches).cloned().collect();
        keys.sort_by_key(|(from, edge_type, to)| {
            let enters = from != source;
            (enters, edge_type.clone(), if enters { from.clone() } else { to.clone() })
        });
        for key in &keys {
            let (_, theirs) = self.edges.remove(key).expect("it was listed");
            let renamed = |id: &String| if id == source { target.to_owned() } else { id.clone() };
            let key = (renamed(&key.0), key.1.clone(), renamed(&key.2));
            let mut own = self.edges.get(&key).map(|(_, own)| own.clone()).unwrap_or_default();
            fill(&mut own, &theirs);
            self.edges.insert(key, (now.seq, own));
        }
        keys.len() as u64
    }

    fn move_facts(&mut self, source: &NodeId, target: &NodeId, now: Now) -> u64 {
        let (mut moved, kept): (Vec<_>, Vec<_>) =
            self.facts.drain(..).partition(|edge| edge.from_id == *source || edge.to_id == *source);
        self.facts = kept;
        moved.sort_by_key(|edge| {
            let enters = edge.from_id != *source;
            let other = if enters { edge.from_id.clone() } else { edge.to_id.clone() };
            (enters, edge.edge_type.clone(), edge.valid_from, other, edge.asserted_seq)
        });
        for edge in &moved {
            let renamed = |id: &NodeId| if id == source { target.clone() } else { id.clone() };
            let edge = TemporalEdge { from_id: renamed(&edge.from_id), to_id: renamed(&edge.to_id), ..edge.clone() };
            let parts = self.free_parts(&edge, now);
            self.facts.extend(parts);
        }
        moved.len() as u64
    }

    /// A belief at the commits at which no belief in the same fact stands.
    fn free_parts(&self, edge: &TemporalEdge, now: Now) -> Vec<TemporalEdge> {
        let same = |other: &&TemporalEdge| {
            (&other.from_id, &other.edge_type, &other.to_id, other.valid_from)
                == (&edge.from_id, &edge.edge_type, &edge.to_id, edge.valid_from)
        };
        let own: Vec<_> = self.facts.iter().filter(same).collect();
        let mut times: BTreeMap<u64, TimestampMs> = BTreeMap::new();
        for belief in own.iter().copied().chain([edge]) {
            times.insert(belief.asserted_seq.0, belief.asserted_at);
            times.extend(belief.retracted_seq.map(|seq| seq.0).zip(belief.retracted_at));
        }
        let free = |seq| stands(edge, seq) && !own.iter().any(|belief| stands(belief, seq));
        let mut parts: Vec<TemporalEdge> = Vec::new();
        for seq in 1..=now.seq {
            if free(seq) && !free(seq - 1) {
                let (asserted_seq, asserted_at) = (CommitSeq(seq), times[&seq]);
                let (retracted_seq, retracted_at) = (None, None);
                parts.push(TemporalEdge { asserted_seq, asserted_at, retracted_seq, retracted_at, ..edge.clone() });
            } else if !free(seq) && free(seq - 1) {
                let part = parts.last_mut().expect("it began");
                (part.retracted_seq, part.retracted_at) = (Some(CommitSeq(seq)), Some(times[&seq]));
            }
        }
        parts
    }
}
