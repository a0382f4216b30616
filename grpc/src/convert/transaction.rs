//! `TransactionService`.

use toondb_engine::api::{
    Commit, CommitSeq, Condition, DocumentId, EmbeddingBatch, EndSnapshot, IdBatch, Precondition, Result, Snapshot,
    SnapshotEnded, TakeSnapshot, Target, TimestampMs, Write, Written,
};

use super::documents::{document, document_message, update, update_message};
use super::enums::{durability, durability_number, on_conflict, on_conflict_number, part, part_number};
use super::facts::{stated_fact, stated_fact_message};
use super::graph::{edge, edge_message, node, node_message};
use super::graph_changes::{edge_update, edge_update_message, node_update, node_update_message};
use super::kv::{put_entry, put_entry_message};
use super::kv_update::{key_span, key_span_message};
use super::ordered_log::{values, values_message};
use super::temporal::{fact, fact_message};
use super::{bytes, required, seq, snapshot, vec};
use crate::proto;
use crate::proto::precondition as wire;
use crate::proto::write::Write as Kind;
use crate::rpc::Rpc;

fn target(target: wire::Target) -> Result<Target> {
    Ok(match target {
        wire::Target::Key(key) => Target::Key { key: key.into() },
        wire::Target::Document(document) => {
            Target::Document { collection: document.collection_name.into(), id: document.document_id.into() }
        }
        wire::Target::NodeId(id) => Target::Node { id: id.into() },
        wire::Target::Edge(edge) => {
            Target::Edge { from_id: edge.from_id.into(), edge_type: edge.edge_type.into(), to_id: edge.to_id.into() }
        }
        wire::Target::KeyRange(range) => Target::KeyRange { start: range.start.into(), end: bytes(range.end) },
        wire::Target::Part(message) => Target::Part { part: part(message.part)?, name: message.name },
    })
}

fn target_message(target: Target) -> wire::Target {
    match target {
        Target::Key { key } => wire::Target::Key(key.into_vec()),
        Target::Document { collection, id } => wire::Target::Document(proto::DocumentTarget {
            collection_name: collection.into_string(),
            document_id: id.into_string(),
        }),
        Target::Node { id } => wire::Target::NodeId(id.into_string()),
        Target::Edge { from_id, edge_type, to_id } => wire::Target::Edge(proto::EdgeTarget {
            from_id: from_id.into_string(),
            edge_type: edge_type.into_string(),
            to_id: to_id.into_string(),
        }),
        Target::Part { part, name } => wire::Target::Part(proto::PartTarget { part: part_number(part), name }),
        Target::KeyRange { start, end } => {
            wire::Target::KeyRange(proto::KeyRangeTarget { start: start.into_vec(), end: vec(end) })
        }
    }
}

fn precondition(message: proto::Precondition) -> Result<Precondition> {
    let condition = match required(message.condition, "condition in a precondition")? {
        wire::Condition::Absent(_) => Condition::Absent,
        wire::Condition::Present(_) => Condition::Present,
        wire::Condition::Equals(value) => Condition::Equals { value: value.into() },
        wire::Condition::UnchangedSince(since) => {
            Condition::UnchangedSince { seq: CommitSeq(since.commit_seq), count: since.count }
        }
    };
    Ok(Precondition { target: target(required(message.target, "target in a precondition")?)?, condition })
}

fn precondition_message(precondition: Precondition) -> proto::Precondition {
    let Precondition { target, condition } = precondition;
    let condition = match condition {
        Condition::Absent => wire::Condition::Absent(true),
        Condition::Present => wire::Condition::Present(true),
        Condition::Equals { value } => wire::Condition::Equals(value.into_vec()),
        Condition::UnchangedSince { seq, count } => {
            wire::Condition::UnchangedSince(proto::UnchangedSince { commit_seq: seq.0, count })
        }
    };
    proto::Precondition { target: Some(target_message(target)), condition: Some(condition) }
}

fn write(message: proto::Write) -> Result<Write> {
    Ok(match required(message.write, "kind in a write")? {
        Kind::Put(entry) => Write::Put(put_entry(entry)),
        Kind::DeleteKey(key) => Write::DeleteKey { key: key.into() },
        Kind::AddDocuments(add) => Write::AddDocuments {
            collection: add.collection_name.into(),
            documents: add.documents.into_iter().map(document).collect::<Result<_>>()?,
            on_conflict: on_conflict(add.on_conflict)?,
            ttl_ms: add.ttl_ms,
            create_missing: add.create_missing,
        },
        Kind::UpdateDocuments(message) => Write::UpdateDocuments(update(message)?),
        Kind::TruncateCollection(name) => Write::TruncateCollection { collection: name.into() },
        Kind::DeleteDocuments(delete) => Write::DeleteDocuments {
            collection: delete.collection_name.into(),
            ids: delete.document_ids.into_iter().map(DocumentId::from).collect(),
        },
        Kind::InsertVectors(insert) => Write::InsertVectors {
            index: insert.index_name.into(),
            ids: IdBatch(insert.ids),
            vectors: EmbeddingBatch(insert.vectors),
        },
        Kind::DeleteVectors(delete) => Write::DeleteVectors { index: delete.index_name.into(), ids: delete.ids },
        Kind::AddNode(message) => Write::AddNode(node(message)?),
        Kind::DeleteNode(id) => Write::DeleteNode { id: id.into() },
        Kind::AddEdge(message) => Write::AddEdge(edge(message)?),
        Kind::DeleteEdge(edge) => Write::DeleteEdge {
            from_id: edge.from_id.into(),
            edge_type: edge.edge_type.into(),
            to_id: edge.to_id.into(),
        },
        Kind::AddTemporalEdge(message) => Write::AddTemporalEdge(fact(message)?),
        Kind::CloseTemporalEdge(close) => Write::CloseTemporalEdge {
            from_id: close.from_id.into(),
            edge_type: close.edge_type.into(),
            to_id: close.to_id.into(),
            at: close.at.map(TimestampMs),
        },
        Kind::SupersedeTemporalEdge(message) => Write::SupersedeTemporalEdge(fact(message)?),
        Kind::DeleteRange(keys) => Write::DeleteRange(key_span(keys)),
        Kind::AppendLog(append) => Write::AppendLog { log: append.log.into(), values: values(append.values) },
        Kind::UpdateNode(message) => Write::UpdateNode(node_update(message)?),
        Kind::UpdateEdge(message) => Write::UpdateEdge(edge_update(message)?),
        Kind::MergeNodes(merge) => {
            Write::MergeNodes { source_id: merge.source_id.into(), target_id: merge.target_id.into() }
        }
        Kind::StateFact(message) => Write::StateFact(stated_fact(message)?),
    })
}

fn write_message(write: Write) -> proto::Write {
    let kind = match write {
        Write::Put(entry) => Kind::Put(put_entry_message(entry)),
        Write::DeleteKey { key } => Kind::DeleteKey(key.into_vec()),
        Write::AddDocuments { collection, documents, on_conflict, ttl_ms, create_missing } => {
            Kind::AddDocuments(proto::AddDocumentsWrite {
                collection_name: collection.into_string(),
                documents: documents.into_iter().map(document_message).collect(),
                on_conflict: on_conflict_number(on_conflict),
                ttl_ms,
                create_missing,
            })
        }
        Write::UpdateDocuments(update) => Kind::UpdateDocuments(update_message(update)),
        Write::TruncateCollection { collection } => Kind::TruncateCollection(collection.into_string()),
        Write::DeleteDocuments { collection, ids } => Kind::DeleteDocuments(proto::DeleteDocumentsWrite {
            collection_name: collection.into_string(),
            document_ids: ids.into_iter().map(DocumentId::into_string).collect(),
        }),
        Write::InsertVectors { index, ids, vectors } => Kind::InsertVectors(proto::InsertVectorsWrite {
            index_name: index.into_string(),
            ids: ids.0,
            vectors: vectors.0,
        }),
        Write::DeleteVectors { index, ids } => {
            Kind::DeleteVectors(proto::DeleteVectorsWrite { index_name: index.into_string(), ids })
        }
        Write::AddNode(node) => Kind::AddNode(node_message(node)),
        Write::DeleteNode { id } => Kind::DeleteNode(id.into_string()),
        Write::AddEdge(edge) => Kind::AddEdge(edge_message(edge)),
        Write::DeleteEdge { from_id, edge_type, to_id } => Kind::DeleteEdge(proto::EdgeTarget {
            from_id: from_id.into_string(),
            edge_type: edge_type.into_string(),
            to_id: to_id.into_string(),
        }),
        Write::AddTemporalEdge(fact) => Kind::AddTemporalEdge(fact_message(fact)),
        Write::CloseTemporalEdge { from_id, edge_type, to_id, at } => Kind::CloseTemporalEdge(proto::CloseWrite {
            from_id: from_id.into_string(),
            edge_type: edge_type.into_string(),
            to_id: to_id.into_string(),
            at: at.map(|at| at.0),
        }),
        Write::SupersedeTemporalEdge(fact) => Kind::SupersedeTemporalEdge(fact_message(fact)),
        Write::DeleteRange(keys) => Kind::DeleteRange(key_span_message(keys)),
        Write::AppendLog { log, values } => {
            Kind::AppendLog(proto::AppendWrite { log: log.into_string(), values: values_message(values) })
        }
        Write::UpdateNode(update) => Kind::UpdateNode(node_update_message(update)),
        Write::UpdateEdge(update) => Kind::UpdateEdge(edge_update_message(update)),
        Write::MergeNodes { source_id, target_id } => Kind::MergeNodes(proto::MergeWrite {
            source_id: source_id.into_string(),
            target_id: target_id.into_string(),
        }),
        Write::StateFact(fact) => Kind::StateFact(stated_fact_message(fact)),
    };
    proto::Write { write: Some(kind) }
}

impl Rpc for Commit {
    type Ask = proto::CommitRequest;
    type Answer = proto::CommitResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let Commit { preconditions, writes, snapshot, durability } = operation;
        proto::CommitRequest {
            namespace: namespace.to_owned(),
            preconditions: preconditions.into_iter().map(precondition_message).collect(),
            writes: writes.into_iter().map(write_message).collect(),
            durability: durability_number(durability),
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = Commit {
            preconditions: ask.preconditions.into_iter().map(precondition).collect::<Result<_>>()?,
            writes: ask.writes.into_iter().map(write).collect::<Result<_>>()?,
            snapshot: snapshot(ask.snapshot),
            durability: durability(ask.durability)?,
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Written) -> Self::Answer {
        let durability = durability_number(reply.durability);
        proto::CommitResponse { commit_seq: reply.commit_seq.0, durability }
    }

    fn read_answer(answer: Self::Answer) -> Result<Written> {
        Ok(Written { commit_seq: CommitSeq(answer.commit_seq), durability: durability(answer.durability)? })
    }
}

impl Rpc for TakeSnapshot {
    type Ask = proto::TakeSnapshotRequest;
    type Answer = proto::TakeSnapshotResponse;

    fn ask(namespace: &str, _: Self) -> Self::Ask {
        proto::TakeSnapshotRequest { namespace: namespace.to_owned() }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, TakeSnapshot {}))
    }

    fn answer(_: &str, reply: Snapshot) -> Self::Answer {
        proto::TakeSnapshotResponse { seq: reply.seq.0, expires_in_ms: reply.expires_in_ms }
    }

    fn read_answer(answer: Self::Answer) -> Result<Snapshot> {
        Ok(Snapshot { seq: CommitSeq(answer.seq), expires_in_ms: answer.expires_in_ms })
    }
}

impl Rpc for EndSnapshot {
    type Ask = proto::EndSnapshotRequest;
    type Answer = proto::EndSnapshotResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        proto::EndSnapshotRequest { namespace: namespace.to_owned(), seq: operation.seq.0 }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        Ok((ask.namespace, EndSnapshot { seq: CommitSeq(ask.seq) }))
    }

    fn answer(_: &str, reply: SnapshotEnded) -> Self::Answer {
        proto::EndSnapshotResponse { held: reply.held }
    }

    fn read_answer(answer: Self::Answer) -> Result<SnapshotEnded> {
        Ok(SnapshotEnded { held: answer.held })
    }
}
