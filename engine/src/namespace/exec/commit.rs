//! `commit`: preconditions first, then writes in order, all in one transaction.

use std::ops::Bound;

use super::{collection, documents, graph, kv, ordered_log, range_delete, rows, temporal, vectors};
use crate::api::{Commit, Condition, Error, ErrorCode, Part, Precondition, Result, Target, Write, Written};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::namespace::filter_budget::FilterBudget;
use crate::planted::{self, Planted};
use crate::store::{
    CollectionKind, CollectionRecord, DocumentRecord, EdgeRecord, KeyRange, KeyWriter, KvFront, KvRecord, NodeRecord,
    Read, Table,
};

/// Checks the preconditions and makes the writes.
pub fn commit(ctx: &mut WriteContext<'_>, request: Commit) -> Result<()> {
    let Commit { preconditions, writes, snapshot, durability: _ } = request;
    if let Some(seq) = snapshot {
        ctx.state.snapshots.release(seq.0);
    }
    for precondition in preconditions.iter().filter(|_| !planted::is(Planted::PreconditionIgnored)) {
        check(ctx, precondition)?;
    }
    let budget = FilterBudget::of_write();
    for write in writes {
        apply(ctx, write, &budget)?;
        ctx.check_size()?;
    }
    Ok(())
}

impl Execute for Commit {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Written> {
        commit(ctx, self)?;
        Ok(ctx.written())
    }
}

fn apply(ctx: &mut WriteContext<'_>, write: Write, budget: &FilterBudget) -> Result<()> {
    match write {
        Write::Put(entry) => kv::put(ctx, entry),
        Write::DeleteKey { key } => kv::delete(ctx, key).map(drop),
        Write::AddDocuments { collection, documents, on_conflict, ttl_ms, create_missing } => {
            let new = documents::NewDocuments { collection, documents, on_conflict, ttl_ms, create_missing };
            documents::add(ctx, new).map(drop)
        }
        Write::UpdateDocuments(update) => documents::update(ctx, update, budget),
        Write::DeleteDocuments { collection, ids } => documents::delete(ctx, &collection, &ids),
        Write::TruncateCollection { collection } => collection::truncate(ctx, &collection).map(drop),
        Write::InsertVectors { index, ids, vectors } => vectors::insert(ctx, &index, &ids, &vectors).map(drop),
        Write::DeleteVectors { index, ids } => vectors::delete(ctx, &index, &ids).map(drop),
        Write::AddNode(node) => graph::add_node(ctx, node).map(drop),
        Write::DeleteNode { id } => graph::delete_node(ctx, &id).map(drop),
        Write::AddEdge(edge) => graph::add_edge(ctx, edge).map(drop),
        Write::DeleteEdge { from_id, edge_type, to_id } => {
            graph::delete_edge(ctx, &from_id, &edge_type, &to_id).map(drop)
        }
        Write::AddTemporalEdge(fact) => temporal::add(ctx, fact).map(drop),
        Write::CloseTemporalEdge { from_id, edge_type, to_id, at } => {
            temporal::close(ctx, &from_id, &edge_type, &to_id, at).map(drop)
        }
        Write::SupersedeTemporalEdge(fact) => temporal::supersede(ctx, fact).map(drop),
        Write::DeleteRange(keys) => range_delete::delete_keys(ctx, &keys).map(drop),
        Write::AppendLog { log, values } => ordered_log::append(ctx, &log, &values).map(drop),
        Write::UpdateNode(update) => graph::update_node(ctx, update).map(drop),
        Write::UpdateEdge(update) => graph::update_edge(ctx, update).map(drop),
        Write::MergeNodes { source_id, target_id } => graph::merge_nodes(ctx, &source_id, &target_id).map(drop),
        Write::StateFact(fact) => temporal::state(ctx, fact).map(drop),
    }
}

fn check(ctx: &WriteContext<'_>, precondition: &Precondition) -> Result<()> {
    let Precondition { target, condition } = precondition;
    let holds = match target {
        Target::Part { part, name } => match condition {
            Condition::UnchangedSince { seq, count: _ } => last_change(ctx, *part, name)? <= seq.0,
            Condition::Absent | Condition::Present | Condition::Equals { .. } => false,
        },
        Target::KeyRange { start, end } => check_range(ctx, start, end.as_ref().map(|end| end.as_slice()), condition)?,
        Target::Key { .. } | Target::Document { .. } | Target::Node { .. } | Target::Edge { .. } => match condition {
            Condition::Absent => written_by(ctx, target)?.is_none(),
            Condition::Present => written_by(ctx, target)?.is_some(),
            Condition::Equals { value } => holds(ctx, target, value)?,
            Condition::UnchangedSince { seq, count: _ } => {
                written_by(ctx, target)?.is_some_and(|by| ctx.state.version(by) <= seq.0)
            }
        },
    };
    if holds {
        return Ok(());
    }
    Err(Error::new(
        ErrorCode::Conflict,
        format!("a precondition failed on {}; read again and retry the whole transaction", describe(target)),
    ))
}

fn describe(target: &Target) -> String {
    match target {
        Target::Key { key } => format!("key {:?}", String::from_utf8_lossy(key)),
        Target::Document { collection, id } => format!("document {id:?} of collection {collection:?}"),
        Target::Node { id } => format!("node {id:?}"),
        Target::Edge { from_id, edge_type, to_id } => format!("edge {from_id:?} -{edge_type:?}-> {to_id:?}"),
        Target::Part { part: Part::Collection, name } => format!("collection {name:?}"),
        Target::Part { part: Part::Index, name } => format!("vector index {name:?}"),
        Target::Part { part: Part::Keys, .. } => "the keys".to_owned(),
        Target::Part { part: Part::Graph, .. } => "the graph".to_owned(),
        Target::Part { part: Part::Facts, .. } => "the facts".to_owned(),
        Target::Part { part: Part::Logs, .. } => "the logs".to_owned(),
        Target::KeyRange { start, .. } => format!("the key range from {:?}", String::from_utf8_lossy(start)),
    }
}

/// True if a key is there and holds these bytes. Nothing else holds bytes.
fn holds(ctx: &WriteContext<'_>, target: &Target, bytes: &[u8]) -> Result<bool> {
    let Target::Key { key } = target else { return Ok(false) };
    let front = ctx.txn.head(Table::Kv, key)?.map(|head| KvFront::decode(&head)).transpose()?;
    if front.is_none_or(|front| front.value_bytes != bytes.len()) {
        return Ok(false);
    }
    let Some(stored) = ctx.txn.get(Table::Kv, key)? else { return Ok(false) };
    let record = KvRecord::decode(&stored)?;
    Ok(!record.is_expired(ctx.now_ms) && record.value == bytes)
}

/// The commit that wrote what stands at a single target now.
fn written_by(ctx: &WriteContext<'_>, target: &Target) -> Result<Option<u64>> {
    Ok(match target {
        Target::Key { key } => {
            let front = ctx.txn.head(Table::Kv, key)?.map(|head| KvFront::decode(&head)).transpose()?;
            front.filter(|front| !front.is_expired(ctx.now_ms)).map(|front| front.seq)
        }
        Target::Document { collection, id } => {
            let target = match rows::resolve(ctx, collection, CollectionKind::Documents) {
                Ok(target) => target,
                // One that was dropped since it was read took its documents with it: that is a conflict, as a deletion is.
                Err(error) if error.code == ErrorCode::CollectionNotFound => return Ok(None),
                Err(error) => return Err(error),
            };
            let stored = ctx.txn.get(Table::Documents, &rows::document_key(&target, id.as_str().as_bytes()))?;
            match stored.as_deref().map(DocumentRecord::decode).transpose()? {
                Some(record) if rows::is_open(ctx, &target, &record)? => Some(record.seq),
                Some(_) | None => None,
            }
        }
        Target::Node { id } => {
            let stored = ctx.txn.get(Table::Nodes, id.as_str().as_bytes())?;
            stored.map(|stored| NodeRecord::decode(&stored).map(|record| record.seq)).transpose()?
        }
        Target::Edge { from_id, edge_type, to_id } => {
            let key = KeyWriter::new().text(from_id.as_str()).text(edge_type.as_str()).text(to_id.as_str()).finish();
            let stored = ctx.txn.get(Table::EdgesOut, &key)?;
            stored.map(|stored| EdgeRecord::decode(&stored).map(|record| record.seq)).transpose()?
        }
        Target::KeyRange { .. } | Target::Part { .. } => None,
    })
}

/// The last commit that changed a part.
fn last_change(ctx: &WriteContext<'_>, part: Part, name: &str) -> Result<u64> {
    let of = |tables: &[Table]| tables.iter().map(|table| ctx.last_changes.of_table(*table)).max().unwrap_or(u64::MAX);
    Ok(match part {
        Part::Keys => of(&[Table::Kv]),
        Part::Collection => collection_change(ctx, CollectionKind::Documents, name)?,
        Part::Index => collection_change(ctx, CollectionKind::Vectors, name)?,
        Part::Graph => of(&[Table::Nodes, Table::EdgesOut]),
        Part::Facts => of(&[Table::TemporalOut]),
        Part::Logs => of(&[Table::Logs]),
    })
}

/// As [`last_change`]. One that is not there may have been dropped by whatever changed collections last.
fn collection_change(ctx: &WriteContext<'_>, kind: CollectionKind, name: &str) -> Result<u64> {
    match ctx.state.collection_or_none(&ctx.txn, &name.into(), kind, true)? {
        Some(collection) => {
            let CollectionRecord { seq, id, .. } = &collection.record;
            Ok(ctx.state.version(*seq).max(ctx.last_changes.of_collection(*id)))
        }
        None => Ok(ctx.last_changes.of_table(Table::Collections)),
    }
}

/// Counting what a range holds, and when each key was written, finds every change: an insert or overwrite has a newer
/// commit, and a delete lowers the count.
fn check_range(ctx: &WriteContext<'_>, start: &[u8], end: Option<&[u8]>, condition: &Condition) -> Result<bool> {
    let range = KeyRange {
        start: Bound::Included(start.to_vec()),
        end: end.map_or(Bound::Unbounded, |end| Bound::Excluded(end.to_vec())),
    };
    let (mut found, mut newest) = (0_u64, 0_u64);
    for row in ctx.txn.scan_heads(Table::Kv, &range, false)? {
        let row = row?;
        let record = KvFront::decode(&row.value)?;
        if !record.is_expired(ctx.now_ms) {
            found += 1;
            newest = newest.max(ctx.state.version(record.seq));
        }
        let enough = match condition {
            Condition::Absent | Condition::Present => found > 0,
            Condition::UnchangedSince { seq, count } => found > *count || newest > seq.0,
            Condition::Equals { .. } => true,
        };
        if enough {
            break;
        }
    }
    Ok(match condition {
        Condition::Absent => found == 0,
        Condition::Present => found > 0,
        Condition::UnchangedSince { seq, count } => found == *count && newest <= seq.0,
        Condition::Equals { .. } => false,
    })
}
