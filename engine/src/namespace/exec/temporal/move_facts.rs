//! Gives a node's facts to another node, with their history.
//!
//! A version keeps everything but the end that is renamed: when the fact holds, what it says, and the commits that asserted
//! and retracted it. So a question about the past is answered as if the fact had always been about the other node; one at a
//! snapshot taken before the move is answered as it was.
//!
//! Versions with the same ends, type and start are beliefs in one fact, of which one at most stands at a time. Where both
//! nodes have such beliefs, the other node's own stay as they are, and the moved ones fill the gaps between them: each is cut
//! to the times at which no own one stood. A cut begins where an own belief was retracted and ends where one was asserted,
//! so its commits and their times are those of that belief.
//!
//! ```text
//! own              |-----a-----|        |--b--|
//! moved       |------------x------------------------->
//! comes to    |--x-|-----a-----|---x----|--b--|---x-->
//! ```
//!
//! In the timelines in memory a moved version may begin in the past, and may have ended: see
//! [`crate::namespace::timelines`].

use super::beliefs::{list, mark_time, remove};
use crate::api::{Error, NodeId, Result, TemporalEdge};
use crate::limits;
use crate::namespace::context::WriteContext;
use crate::namespace::timelines::{self, in_key, in_prefix, out_key, out_key_of_in, out_prefix};
use crate::store::{KeyRange, Read, StoreError, Table};

/// Moves every version of every edge that touches the source to the target. Gives how many versions were the source's.
pub fn move_facts(ctx: &mut WriteContext<'_>, source: &NodeId, target: &NodeId) -> Result<u64> {
    move_within(ctx, source, target, limits::OPERATION_BYTES_MAX)
}

/// As [`move_facts`], reading what takes so many bytes of log at most.
fn move_within(ctx: &mut WriteContext<'_>, source: &NodeId, target: &NodeId, bytes_max: usize) -> Result<u64> {
    let mut bound = Bound { source, bytes: ctx.txn.bytes(), max: bytes_max };
    let versions = versions_of(ctx, &mut bound)?;
    let moved = versions.len() as u64;
    let mut versions = versions.into_iter().peekable();
    while let Some(first) = versions.next() {
        let mut fact = vec![first];
        while let Some(next) = versions.next_if(|next| fact.first().is_some_and(|first| is_same_fact(first, next))) {
            fact.push(next);
        }
        move_fact(ctx, fact, target, &mut bound)?;
    }
    Ok(moved)
}

fn is_same_fact(a: &TemporalEdge, b: &TemporalEdge) -> bool {
    (&a.from_id, &a.edge_type, a.valid_from, &a.to_id) == (&b.from_id, &b.edge_type, b.valid_from, &b.to_id)
}

/// What versions may take, the source's and those of the target that they meet, counted before they are taken.
struct Bound<'a> {
    source: &'a NodeId,
    bytes: usize,
    max: usize,
}

impl Bound<'_> {
    fn take(&mut self, bytes: usize) -> Result<()> {
        self.bytes += bytes;
        if self.bytes > self.max {
            let Self { source, max, .. } = self;
            let text = format!(
                "the facts of node {source:?}, with those of the other node that they meet, take more than {max} bytes of \
                 log to move: erase some first"
            );
            return Err(Error::limit(text));
        }
        Ok(())
    }
}

/// Every version that touches the source, those of one fact together, loops once. All of them will be written anew.
fn versions_of(ctx: &WriteContext<'_>, bound: &mut Bound<'_>) -> Result<Vec<TemporalEdge>> {
    let (mut found, node) = (Vec::new(), bound.source);
    let mut take = |key: &[u8], value: &[u8]| -> Result<TemporalEdge> {
        bound.take(2 * (key.len() + value.len()))?;
        Ok(timelines::decode(key, value)?)
    };
    for row in ctx.txn.scan(Table::TemporalOut, &KeyRange::prefix(&out_prefix(node.as_str(), None, None)), false)? {
        let row = row?;
        found.push(take(&row.key, &row.value)?);
    }
    for row in ctx.txn.scan(Table::TemporalIn, &KeyRange::prefix(&in_prefix(node.as_str(), None)), false)? {
        let key = out_key_of_in(&row?.key)?;
        let value = ctx.txn.get(Table::TemporalOut, &key)?;
        let value = value.ok_or_else(|| StoreError::corrupt(Table::TemporalIn, "there is no such fact"))?;
        let edge = take(&key, &value)?;
        if edge.from_id != *node {
            found.push(edge);
        }
    }
    Ok(found)
}

/// Moves all versions of one fact.
fn move_fact(
    ctx: &mut WriteContext<'_>,
    fact: Vec<TemporalEdge>,
    target: &NodeId,
    bound: &mut Bound<'_>,
) -> Result<()> {
    let renamed = |id: &NodeId| if id == bound.source { target.clone() } else { id.clone() };
    let mut moved = Vec::with_capacity(fact.len());
    for version in fact {
        let stored = (out_key(&version).len() + timelines::record(&version).encode().len()) as u64;
        remove(ctx, &version, stored)?;
        moved.push(TemporalEdge { from_id: renamed(&version.from_id), to_id: renamed(&version.to_id), ..version });
    }
    let Some(first) = moved.first() else { return Ok(()) };
    let own = versions_like(ctx, first, bound)?;
    let mut rest = own.as_slice();
    for version in moved {
        for part in parts_outside(&mut rest, &version) {
            put(ctx, &part)?;
        }
    }
    Ok(())
}

/// Every version of the same fact, the earliest first.
fn versions_like(ctx: &WriteContext<'_>, version: &TemporalEdge, bound: &mut Bound<'_>) -> Result<Vec<TemporalEdge>> {
    let mut prefix = out_key(version);
    prefix.truncate(prefix.len().saturating_sub(size_of::<u64>()));
    let rows = ctx.txn.scan(Table::TemporalOut, &KeyRange::prefix(&prefix), false)?;
    let mut found = Vec::new();
    for row in rows {
        let row = row?;
        bound.take(row.key.len() + row.value.len())?;
        found.push(timelines::decode(&row.key, &row.value)?);
    }
    Ok(found)
}

/// What is left of a belief outside the times at which others stood: those come in order and do not overlap. The beliefs asked
/// about come in order, too: others that had ended when this one began are left out of what the next is held against.
fn parts_outside(own: &mut &[TemporalEdge], version: &TemporalEdge) -> Vec<TemporalEdge> {
    while let Some((first, others)) = own.split_first()
        && first.retracted_seq.is_some_and(|end| end <= version.asserted_seq)
    {
        *own = others;
    }
    let mut parts = Vec::new();
    let mut rest = version.clone();
    for other in *own {
        if rest.retracted_seq.is_some_and(|end| end <= other.asserted_seq) {
            break;
        }
        if other.retracted_seq.is_some_and(|end| end <= rest.asserted_seq) {
            continue;
        }
        if rest.asserted_seq < other.asserted_seq {
            let (end, at) = (Some(other.asserted_seq), Some(other.asserted_at));
            parts.push(TemporalEdge { retracted_seq: end, retracted_at: at, ..rest.clone() });
        }
        let Some((seq, at)) = other.retracted_seq.zip(other.retracted_at) else { return parts };
        if rest.retracted_seq.is_some_and(|end| end <= seq) {
            return parts;
        }
        (rest.asserted_seq, rest.asserted_at) = (seq, at);
    }
    parts.push(rest);
    parts
}

/// Writes a version as it is.
fn put(ctx: &mut WriteContext<'_>, edge: &TemporalEdge) -> Result<()> {
    let (key, value) = (out_key(edge), timelines::record(edge).encode());
    if edge.retracted_seq.is_none() {
        // The timelines do not show it to what this operation does later.
        ctx.asserted.add(edge)?;
    }
    list(ctx, edge, &key)?;
    ctx.account((key.len() + value.len()) as u64, 0);
    ctx.txn.put(Table::TemporalOut, key, value);
    ctx.txn.put(Table::TemporalIn, in_key(edge), Vec::new());
    mark_time(ctx);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{CommitSeq, ErrorCode, Properties, TemporalFact, TimestampMs};
    use crate::namespace::exec::temporal;
    use crate::namespace::timelines::harness::{Harness, fact};
    use crate::rng::{Rng, SeededRng};

    fn version(name: &str, from: u64, until: Option<u64>) -> TemporalEdge {
        let at = |seq: u64| TimestampMs(10 * i64::try_from(seq).unwrap());
        TemporalEdge {
            from_id: "a".into(),
            edge_type: "r".into(),
            to_id: "b".into(),
            valid_from: TimestampMs(0),
            valid_until: None,
            properties: Properties::new().with("name", name),
            asserted_seq: CommitSeq(from),
            asserted_at: at(from),
            retracted_seq: until.map(CommitSeq),
            retracted_at: until.map(at),
        }
    }

    fn stands(version: &TemporalEdge, seq: u64) -> bool {
        version.asserted_seq.0 <= seq && version.retracted_seq.is_none_or(|end| seq < end.0)
    }

    /// The twin asks commit by commit: the own belief if there is one, else the moved one.
    #[test]
    fn the_moved_fill_the_gaps_between_the_own() {
        const LAST: u64 = 16;
        for seed in 0..5_000 {
            let rng = SeededRng::new(seed);
            let below = |bound: u64| {
                let mut bytes = [0; 8];
                rng.fill(&mut bytes);
                u64::from_le_bytes(bytes) % bound
            };
            let chain = |name: &str| {
                let mut chain = Vec::new();
                let mut seq = below(5) + 1;
                while seq < LAST && below(5) > 0 {
                    let end = seq + 1 + below(5);
                    let is_last = below(4) == 0;
                    chain.push(version(name, seq, (!is_last).then_some(end)));
                    if is_last {
                        break;
                    }
                    seq = end + below(3);
                }
                chain
            };
            let (own, moved) = (chain("own"), chain("moved"));
            let mut rest = own.as_slice();
            let parts: Vec<TemporalEdge> = moved.iter().flat_map(|version| parts_outside(&mut rest, version)).collect();
            for part in &parts {
                assert!(part.retracted_seq.is_none_or(|end| part.asserted_seq < end), "seed {seed}: {part:?}");
                assert_eq!(part.asserted_at.0, 10 * i64::try_from(part.asserted_seq.0).unwrap());
                let end = part.retracted_seq.map(|end| 10 * i64::try_from(end.0).unwrap());
                assert_eq!(part.retracted_at.map(|at| at.0), end);
            }
            for seq in 0..LAST + 12 {
                let of = |versions: &[TemporalEdge]| versions.iter().filter(|version| stands(version, seq)).count();
                let wanted = usize::from(of(&own) == 0 && of(&moved) == 1);
                assert_eq!(of(&parts), wanted, "seed {seed}, commit {seq}: {own:?} {moved:?} give {parts:?}");
            }
        }
    }
    /// Each moved belief meets the own ones that stood at its time, and no earlier ones again.
    #[test]
    fn two_long_histories_are_gone_through_once() {
        const LEN: u64 = 50_000;
        let chain = |name: &str, first: u64| -> Vec<TemporalEdge> {
            (0..LEN).map(|n| version(name, first + 4 * n, Some(first + 4 * n + 2))).collect()
        };
        let (own, moved) = (chain("own", 1), chain("moved", 2));
        let (mut rest, mut parts) = (own.as_slice(), 0);
        for (number, version) in (0..).zip(&moved) {
            parts += parts_outside(&mut rest, version).len();
            assert_eq!(rest.len() as u64, LEN - number, "the own one that overlaps it, and later ones");
        }
        assert_eq!(parts as u64, LEN);
    }

    #[test]
    fn versions_that_the_moved_meet_are_bounded_as_they_are() {
        let mut harness = Harness::new();
        for (from, size) in [("source", 10), ("target", 5_000)] {
            let properties = Properties::new().with("text", "x".repeat(size).as_str());
            let fact = TemporalFact { properties, ..fact(from, "r", "z", 1, None) };
            harness.run(|ctx| temporal::add(ctx, fact)).unwrap();
        }
        let mut merge = |max| harness.run(|ctx| move_within(ctx, &"source".into(), &"target".into(), max));
        assert_eq!(merge(5_000).unwrap_err().code, ErrorCode::LimitExceeded);
        assert_eq!(merge(6_000).unwrap(), 1);
    }
}
