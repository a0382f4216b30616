//! How much memory a waiting request takes, roughly: what the mailbox counts.

use serde_bytes::ByteBuf;

use super::collection::Document;
use super::commit::{Condition, Precondition, Target, Write};
use super::documents::DocumentUpdate;
use super::filter::Filter;
use super::ids::DocumentId;
use super::operations::Request;
use super::properties::Properties;
use super::value::Value;

/// What any request takes beside its payload.
const BASE_BYTES: usize = 256;

/// Roughly the bytes of memory a value takes.
pub(super) fn value_bytes(value: &Value) -> usize {
    16 + match value {
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => 0,
        Value::String(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(items) => items.iter().map(value_bytes).sum(),
        Value::Map(entries) => entries.iter().map(|(name, value)| name.len() + value_bytes(value)).sum(),
    }
}

pub(super) fn properties_bytes(properties: &Properties) -> usize {
    properties.0.iter().map(|(name, value)| name.len() + 32 + value_bytes(value)).sum()
}

fn ids_bytes(ids: &[DocumentId]) -> usize {
    ids.iter().map(|id| id.as_str().len() + 32).sum()
}

fn update_bytes(update: &DocumentUpdate) -> usize {
    let DocumentUpdate { ids, filter, set, unset, .. } = update;
    ids.as_deref().map_or(0, ids_bytes) + filter.as_ref().map_or(0, Filter::bytes) + merge_bytes(set, unset)
}

fn documents_bytes(documents: &[Document]) -> usize {
    let one = |document: &Document| {
        let vector = document.embedding.as_ref().map_or(0, |embedding| embedding.0.len() * 4);
        128 + document.content.len() + vector + properties_bytes(&document.metadata)
    };
    documents.iter().map(one).sum()
}

fn values_bytes(values: &[ByteBuf]) -> usize {
    values.iter().map(|value| 64 + value.len()).sum()
}

fn merge_bytes(set: &Properties, unset: &[String]) -> usize {
    properties_bytes(set) + unset.iter().map(|name| name.len() + 32).sum::<usize>()
}

fn write_bytes(write: &Write) -> usize {
    64 + match write {
        Write::Put(entry) => entry.key.len() + entry.value.len(),
        Write::DeleteKey { key } => key.len(),
        Write::DeleteRange(keys) => keys.bytes(),
        Write::AddDocuments { documents, .. } => documents_bytes(documents),
        Write::UpdateDocuments(update) => update_bytes(update),
        Write::DeleteDocuments { ids, .. } => ids_bytes(ids),
        Write::InsertVectors { ids, vectors, .. } => ids.0.len() * 8 + vectors.0.len() * 4,
        Write::DeleteVectors { ids, .. } => ids.len() * 8,
        Write::AddNode(node) => properties_bytes(&node.properties),
        Write::AddEdge(edge) => properties_bytes(&edge.properties),
        Write::AddTemporalEdge(fact) | Write::SupersedeTemporalEdge(fact) => properties_bytes(&fact.properties),
        Write::AppendLog { values, .. } => values_bytes(values),
        Write::TruncateCollection { .. } => 0,
        Write::StateFact(fact) => properties_bytes(&fact.properties),
        Write::DeleteNode { .. } | Write::DeleteEdge { .. } | Write::CloseTemporalEdge { .. } => 0,
        Write::UpdateNode(update) => merge_bytes(&update.set, &update.unset),
        Write::UpdateEdge(update) => merge_bytes(&update.set, &update.unset),
        Write::MergeNodes { .. } => 0,
    }
}

fn precondition_bytes(precondition: &Precondition) -> usize {
    let target = match &precondition.target {
        Target::Key { key } => key.len(),
        Target::KeyRange { start, end } => start.len() + end.as_ref().map_or(0, |end| end.len()),
        Target::Document { id, .. } => id.as_str().len(),
        Target::Node { .. } | Target::Edge { .. } | Target::Part { .. } => 0,
    };
    let condition = match &precondition.condition {
        Condition::Equals { value } => value.len(),
        Condition::Absent | Condition::Present | Condition::UnchangedSince { .. } => 0,
    };
    64 + target + condition
}

impl Request {
    /// Roughly the bytes of memory the request holds.
    pub fn size_hint(&self) -> usize {
        BASE_BYTES
            + match self {
                Request::Put(put) => put.key.len() + put.value.len(),
                Request::BatchPut(batch) => {
                    batch.entries.iter().map(|entry| 64 + entry.key.len() + entry.value.len()).sum()
                }
                Request::AppendLog(append) => values_bytes(&append.values),
                Request::Touch(touch) => values_bytes(&touch.keys),
                Request::DeleteRange(delete) => delete.keys.bytes(),
                Request::BatchDelete(delete) => values_bytes(&delete.keys),
                Request::CompareAndSet(swap) => swap.expected.iter().chain(&swap.value).map(|value| value.len()).sum(),
                Request::AddDocuments(add) => documents_bytes(&add.documents),
                Request::UpdateDocuments(update) => update_bytes(&update.update),
                Request::DeleteDocuments(delete) => ids_bytes(&delete.ids),
                Request::DeleteByFilter(delete) => delete.filter.bytes(),
                Request::InsertVectors(insert) => insert.ids.0.len() * 8 + insert.vectors.0.len() * 4,
                Request::DeleteVectors(delete) => delete.ids.len() * 8,
                Request::AddNode(add) => properties_bytes(&add.node.properties),
                Request::AddEdge(add) => properties_bytes(&add.edge.properties),
                Request::AddTemporalEdge(add) => properties_bytes(&add.fact.properties),
                Request::SupersedeTemporalEdge(add) => properties_bytes(&add.fact.properties),
                Request::UpdateNode(update) => merge_bytes(&update.update.set, &update.update.unset),
                Request::UpdateEdge(update) => merge_bytes(&update.update.set, &update.update.unset),
                Request::StateFact(state) => properties_bytes(&state.fact.properties),
                Request::Commit(commit) => {
                    let preconditions: usize = commit.preconditions.iter().map(precondition_bytes).sum();
                    preconditions + commit.writes.iter().map(write_bytes).sum::<usize>()
                }
                Request::CachePut(put) => put.key.len() + put.value.len() + put.embedding.0.len() * 4,
                Request::ImportCheckpoint(import) => import.data.len(),
                Request::CreateNamespace(create) => properties_bytes(&create.metadata),
                Request::CreateCollection(create) => properties_bytes(&create.metadata),
                Request::UpdateCollection(update) => properties_bytes(&update.metadata),
                Request::EraseTemporal(erase) => erase.filter.as_ref().map_or(0, Filter::bytes),
                Request::CountTokens(count) => count.text.len(),
                Request::ConvertText(convert) => convert.text.len(),
                // These hold names and numbers only.
                Request::Ping(_)
                | Request::Capabilities(_)
                | Request::ServerStats(_)
                | Request::Check(_)
                | Request::ListNamespaces(_)
                | Request::DescribeNamespace(_)
                | Request::NamespaceStats(_)
                | Request::DeleteNamespace(_)
                | Request::SetQuota(_)
                | Request::Flush(_)
                | Request::DeleteKey(_)
                | Request::PopLog(_)
                | Request::TrimLog(_)
                | Request::DeleteLog(_)
                | Request::Increment(_)
                | Request::DropCollection(_)
                | Request::TruncateCollection(_)
                | Request::CreateIndex(_)
                | Request::DropIndex(_)
                | Request::DeleteNode(_)
                | Request::DeleteEdge(_)
                | Request::MergeNodes(_)
                | Request::CloseTemporalEdge(_)
                | Request::CacheInvalidate(_)
                | Request::CreateCheckpoint(_)
                | Request::ListCheckpoints(_)
                | Request::RestoreCheckpoint(_)
                | Request::DeleteCheckpoint(_)
                | Request::ExportCheckpoint(_) => 0,
                // A read waits in no mailbox.
                Request::Get(_)
                | Request::Exists(_)
                | Request::MultiGet(_)
                | Request::Scan(_)
                | Request::ReadLog(_)
                | Request::ListLogs(_)
                | Request::GetTtl(_)
                | Request::ScanPrefixes(_)
                | Request::ListCollections(_)
                | Request::DescribeCollection(_)
                | Request::GetDocuments(_)
                | Request::CountDocuments(_)
                | Request::SearchCollection(_)
                | Request::SearchBatchCollection(_)
                | Request::ListDocuments(_)
                | Request::ListDocumentIds(_)
                | Request::FacetDocuments(_)
                | Request::MinMaxDocuments(_)
                | Request::ListIndexes(_)
                | Request::DescribeIndex(_)
                | Request::GetVectors(_)
                | Request::CountVectors(_)
                | Request::SearchVectors(_)
                | Request::SearchBatchVectors(_)
                | Request::GetNode(_)
                | Request::GetEdges(_)
                | Request::Traverse(_)
                | Request::ShortestPath(_)
                | Request::Neighbors(_)
                | Request::GetEdge(_)
                | Request::GetNodes(_)
                | Request::ListNodes(_)
                | Request::ListEdges(_)
                | Request::CountNodes(_)
                | Request::QueryTemporal(_)
                | Request::TraverseTemporal(_)
                | Request::TemporalHistory(_)
                | Request::ListFacts(_)
                | Request::TemporalShortestPath(_)
                | Request::TemporalNeighbors(_)
                | Request::TakeSnapshot(_)
                | Request::EndSnapshot(_)
                | Request::CacheGet(_)
                | Request::CacheStats(_)
                | Request::Render(_)
                | Request::AssembleContext(_) => 0,
            }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;
    use crate::api::{
        Commit, CreateCollection, CreateNamespace, EraseTemporal, Operation, Predicate, UpdateCollection,
    };

    #[test]
    fn fields_and_filters_count_wherever_they_stand() {
        let long = "x".repeat(100_000);
        let metadata = Properties::new().with("a", long.as_str());
        let filter = Some(Filter::on("a", Predicate::Eq(long.as_str().into())).unwrap());
        let condition = Condition::Equals { value: ByteBuf::from(long.as_bytes().to_vec()) };
        let precondition = Precondition { target: Target::Key { key: ByteBuf::from(*b"k") }, condition };
        let requests = [
            CreateNamespace { metadata: metadata.clone(), ..Default::default() }.into_request(),
            CreateCollection {
                collection: "c".into(),
                dimension: 0,
                metric: Default::default(),
                metadata: metadata.clone(),
            }
            .into_request(),
            UpdateCollection { collection: "c".into(), metadata }.into_request(),
            EraseTemporal { filter, ..Default::default() }.into_request(),
            Commit { preconditions: vec![precondition], ..Default::default() }.into_request(),
        ];
        for request in requests {
            assert!(request.size_hint() > 100_000, "{:?} in {}", request.code(), request.size_hint());
        }
    }
}
