//! The steps every write is made of: finding what is believed, asserting, retracting.
//!
//! What is believed is found by the timeline of the node where the edge begins, which holds every earlier operation, and
//! by the versions this operation asserted. Each candidate is then read from the transaction, which knows what this
//! operation has done to it meanwhile. So the cost does not grow with a relation's past.

use std::ops::Bound;

use crate::api::{CommitSeq, EdgeType, Error, NodeId, Result, TemporalEdge, TemporalFact, TimestampMs, same_fields};
use crate::limits;
use crate::namespace::context::WriteContext;
use crate::namespace::timelines::{self, FactKey, FactTimeline, Side, edge, in_key, out_key, type_key};
use crate::store::{FACTS_LISTED, KeyRange, KeyWriter, Read, Table, change_key};

/// Remembers which commit was the last at this time.
pub fn mark_time(ctx: &mut WriteContext<'_>) {
    let key = KeyWriter::new().time(ctx.stamp_ms).finish();
    let (seq, is_marked) = (ctx.seq.to_le_bytes(), ctx.txn.get(Table::CommitTimes, &key));
    // A mark that cannot be read is written again.
    if !is_marked.is_ok_and(|mark| mark.is_some_and(|mark| mark == seq)) {
        ctx.txn.put(Table::CommitTimes, key, seq.to_vec());
    }
}

/// The belief that begins as the fact does, if there is one. A new belief always ends the old one, so that only the
/// newest can stand.
pub fn same_start(ctx: &WriteContext<'_>, fact: &TemporalFact) -> Result<Option<TemporalEdge>> {
    let key = KeyWriter::new().text(fact.from_id.as_str()).text(fact.edge_type.as_str());
    let key = key.time(fact.valid_from.0).text(fact.to_id.as_str()).finish();
    let newest = ctx.txn.scan(Table::TemporalOut, &KeyRange::prefix(&key), true)?.next();
    let newest = newest.transpose()?.map(|row| timelines::decode(&row.key, &row.value)).transpose()?;
    Ok(newest.filter(|newest| newest.retracted_seq.is_none()))
}

/// What is believed of a node's outgoing edges valid at `t`, as far as `wanted` says, by start, type and other end. At
/// the last instant of all only open periods are valid.
pub fn believed_at(
    ctx: &WriteContext<'_>,
    from: &NodeId,
    t: TimestampMs,
    wanted: impl Fn(&FactKey) -> bool,
) -> Result<Vec<TemporalEdge>> {
    let mut keys = Vec::new();
    let mut collect = |timeline: &FactTimeline| {
        // Every commit there may ever be comes before the last number: only what is not retracted is believed then.
        let versions = timeline.at(t.0, u64::MAX).filter(|version| wanted(&version.key));
        keys.extend(versions.map(|version| out_key(&edge(from.as_str(), Side::Outgoing, version))));
    };
    let timelines = &ctx.state.timelines;
    timelines.read(&ctx.state.view, &ctx.state.unpublished(), from.as_str(), Side::Outgoing, &mut collect)?;
    if let Some(asserted) = ctx.asserted.from(from.as_str()) {
        collect(asserted);
    }
    // One that this operation moved away and back is in both.
    keys.sort_unstable();
    keys.dedup();
    let mut edges = Vec::with_capacity(keys.len());
    for key in keys {
        let stored = ctx.txn.get(Table::TemporalOut, &key)?;
        let stored = stored.map(|value| timelines::decode(&key, &value)).transpose()?;
        edges.extend(stored.filter(|edge| edge.retracted_seq.is_none()));
    }
    edges.sort_by(|a, b| (a.valid_from, &a.edge_type, &a.to_id).cmp(&(b.valid_from, &b.edge_type, &b.to_id)));
    Ok(edges)
}

/// The earliest start after `t` of a belief in a relation.
pub fn next_start(
    ctx: &WriteContext<'_>,
    from: &NodeId,
    edge_type: &EdgeType,
    t: TimestampMs,
) -> Result<Option<TimestampMs>> {
    let Some(after) = t.0.checked_add(1) else { return Ok(None) };
    let relation = KeyRange::prefix(&timelines::out_prefix(from.as_str(), Some(edge_type.as_str()), None));
    let start = timelines::out_prefix(from.as_str(), Some(edge_type.as_str()), Some(after));
    let later = KeyRange { start: Bound::Included(start), ..relation };
    for row in ctx.txn.scan(Table::TemporalOut, &later, false)? {
        let row = row?;
        let edge = timelines::decode(&row.key, &row.value)?;
        if edge.retracted_seq.is_none() {
            return Ok(Some(edge.valid_from));
        }
    }
    Ok(None)
}

/// States a belief. Its fact must not be believed already.
pub fn assert(ctx: &mut WriteContext<'_>, fact: TemporalFact) -> Result<TemporalEdge> {
    ctx.check_size()?;
    let edge = believed_now(ctx, fact);
    let (key, value) = (out_key(&edge), timelines::record(&edge).encode());
    if value.len() > limits::PROPERTIES_BYTES_MAX {
        let (given, max) = (value.len(), limits::PROPERTIES_BYTES_MAX);
        return Err(Error::limit(format!("the fields of an edge take {given} bytes; the limit is {max}")));
    }
    ctx.asserted.add(&edge)?;
    ctx.account((key.len() + value.len()) as u64, 0);
    list(ctx, &edge, &key)?;
    ctx.txn.put(Table::TemporalOut, key, value);
    ctx.txn.put(Table::TemporalIn, in_key(&edge), Vec::new());
    mark_time(ctx);
    Ok(edge)
}

/// Counts a belief and notes it in the lists of facts, which have every fact if they have had each from the first on. One that
/// was moved comes with the commits that changed it.
pub fn list(ctx: &mut WriteContext<'_>, edge: &TemporalEdge, out_key: &[u8]) -> Result<()> {
    if ctx.counters.temporal_versions == 0 && !timelines::all_are_listed(&ctx.txn)? {
        ctx.txn.put(Table::TemporalTypes, FACTS_LISTED.to_vec(), Vec::new());
    }
    ctx.counters.temporal_versions += 1;
    ctx.txn.put(Table::TemporalTypes, type_key(edge), Vec::new());
    for seq in commits(edge) {
        ctx.txn.put(Table::TemporalChanges, change_key(seq, out_key), Vec::new());
    }
    Ok(())
}

/// The commits that asserted and retracted a belief.
fn commits(edge: &TemporalEdge) -> impl Iterator<Item = u64> {
    [Some(edge.asserted_seq), edge.retracted_seq].into_iter().flatten().map(|seq| seq.0)
}

/// Takes a belief out of the lists of facts.
fn unlist(ctx: &mut WriteContext<'_>, edge: &TemporalEdge, out_key: &[u8]) {
    ctx.txn.delete(Table::TemporalTypes, type_key(edge));
    for seq in commits(edge) {
        ctx.txn.delete(Table::TemporalChanges, change_key(seq, out_key));
    }
}

/// The belief in a fact as this operation would state it.
pub fn believed_now(ctx: &WriteContext<'_>, fact: TemporalFact) -> TemporalEdge {
    let TemporalFact { from_id, edge_type, to_id, valid_from, valid_until, properties } = fact;
    TemporalEdge {
        from_id,
        edge_type,
        to_id,
        valid_from,
        valid_until,
        properties,
        asserted_seq: CommitSeq(ctx.seq),
        asserted_at: TimestampMs(ctx.stamp_ms),
        retracted_seq: None,
        retracted_at: None,
    }
}

/// Ends a belief. If this operation itself stated it, it never was.
pub fn retract(ctx: &mut WriteContext<'_>, mut edge: TemporalEdge) -> Result<()> {
    ctx.check_size()?;
    let (key, old) = (out_key(&edge), timelines::record(&edge).encode());
    if edge.asserted_seq.0 == ctx.seq {
        ctx.asserted.remove(&edge);
        ctx.counters.temporal_versions = ctx.counters.temporal_versions.saturating_sub(1);
        ctx.account(0, (key.len() + old.len()) as u64);
        unlist(ctx, &edge, &key);
        ctx.txn.delete(Table::TemporalIn, in_key(&edge));
        ctx.txn.delete(Table::TemporalOut, key);
    } else {
        edge.retracted_seq = Some(CommitSeq(ctx.seq));
        edge.retracted_at = Some(TimestampMs(ctx.stamp_ms));
        let new = timelines::record(&edge).encode();
        ctx.account(new.len() as u64, old.len() as u64);
        ctx.txn.put(Table::TemporalChanges, change_key(ctx.seq, &key), Vec::new());
        ctx.txn.put(Table::TemporalOut, key, new);
    }
    mark_time(ctx);
    Ok(())
}

/// Removes a version with its past and future, for readers at every commit but those that have begun already.
pub fn remove(ctx: &mut WriteContext<'_>, edge: &TemporalEdge, stored_bytes: u64) -> Result<()> {
    ctx.check_size()?;
    ctx.asserted.remove(edge);
    ctx.counters.temporal_versions = ctx.counters.temporal_versions.saturating_sub(1);
    ctx.account(0, stored_bytes);
    let key = out_key(edge);
    unlist(ctx, edge, &key);
    ctx.txn.delete(Table::TemporalOut, key);
    ctx.txn.delete(Table::TemporalIn, in_key(edge));
    mark_time(ctx);
    Ok(())
}

/// The same belief but for its end.
pub fn with_end(edge: &TemporalEdge, valid_until: Option<TimestampMs>) -> TemporalFact {
    TemporalFact {
        from_id: edge.from_id.clone(),
        edge_type: edge.edge_type.clone(),
        to_id: edge.to_id.clone(),
        valid_from: edge.valid_from,
        valid_until,
        properties: edge.properties.clone(),
    }
}

/// True if a belief in a fact with the same ends, type and start says all that the fact says.
pub fn says_the_same(belief: &TemporalEdge, fact: &TemporalFact) -> bool {
    belief.valid_until == fact.valid_until && same_fields(&belief.properties, &fact.properties)
}
