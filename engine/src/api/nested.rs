//! Requests that can stand inside others: a write inside a commit, a read of rows inside a rendering or a context.

use super::collection::{AddDocuments, DeleteDocuments};
use super::commit::Write;
use super::documents::{TruncateCollection, UpdateDocuments};
use super::graph::{AddEdge, AddNode, DeleteEdge, DeleteNode};
use super::graph_changes::{MergeNodes, UpdateEdge, UpdateNode};
use super::kv::{DeleteKey, Put, PutEntry};
use super::kv_update::DeleteRange;
use super::operations::Request;
use super::ordered_log::AppendLog;
use super::render::RowsQuery;
use super::temporal::{AddTemporalEdge, CloseTemporalEdge, StateFact, SupersedeTemporalEdge};
use super::vector_index::{DeleteVectors, InsertVectors};

/// The reads of the table of operations whose answers are rows; any other request is given back.
impl TryFrom<Request> for RowsQuery {
    type Error = Request;

    fn try_from(request: Request) -> std::result::Result<Self, Request> {
        Ok(match request {
            Request::Scan(read) => Self::Scan(read),
            Request::MultiGet(read) => Self::MultiGet(read),
            Request::GetDocuments(read) => Self::GetDocuments(read),
            Request::SearchCollection(read) => Self::SearchCollection(read),
            Request::SearchVectors(read) => Self::SearchVectors(read),
            Request::GetEdges(read) => Self::GetEdges(read),
            Request::Traverse(read) => Self::Traverse(read),
            Request::Neighbors(read) => Self::Neighbors(read),
            Request::QueryTemporal(read) => Self::QueryTemporal(read),
            Request::TraverseTemporal(read) => Self::TraverseTemporal(read),
            Request::TemporalHistory(read) => Self::TemporalHistory(read),
            Request::ListDocuments(read) => Self::ListDocuments(read),
            Request::ListDocumentIds(read) => Self::ListDocuments(read.into()),
            Request::FacetDocuments(read) => Self::FacetDocuments(read),
            Request::ReadLog(read) => Self::ReadLog(read),
            Request::ListLogs(read) => Self::ListLogs(read),
            Request::ScanPrefixes(read) => Self::ScanPrefixes(read),
            Request::GetNodes(read) => Self::GetNodes(read),
            Request::ListNodes(read) => Self::ListNodes(read),
            Request::ListEdges(read) => Self::ListEdges(read),
            Request::ListFacts(read) => Self::ListFacts(read),
            Request::TemporalNeighbors(read) => Self::TemporalNeighbors(read),
            other => return Err(other),
        })
    }
}

/// The writes of the table of operations that a commit can hold, without their durability, which is the commit's; any other
/// request is given back.
impl TryFrom<Request> for Write {
    type Error = Request;

    fn try_from(request: Request) -> std::result::Result<Self, Request> {
        Ok(match request {
            Request::Put(Put { key, value, ttl_ms, durability: _ }) => Self::Put(PutEntry { key, value, ttl_ms }),
            Request::DeleteKey(DeleteKey { key, durability: _ }) => Self::DeleteKey { key },
            Request::AddDocuments(add) => {
                let AddDocuments { collection, documents, on_conflict, ttl_ms, create_missing, durability: _ } = add;
                Self::AddDocuments { collection, documents, on_conflict, ttl_ms, create_missing }
            }
            // What a commit answers names no documents.
            Request::UpdateDocuments(UpdateDocuments { update, return_ids: false, durability: _ }) => {
                Self::UpdateDocuments(update)
            }
            Request::TruncateCollection(TruncateCollection { collection }) => Self::TruncateCollection { collection },
            Request::DeleteDocuments(DeleteDocuments { collection, ids, return_ids: false, durability: _ }) => {
                Self::DeleteDocuments { collection, ids }
            }
            Request::InsertVectors(InsertVectors { index, ids, vectors, durability: _ }) => {
                Self::InsertVectors { index, ids, vectors }
            }
            Request::DeleteVectors(DeleteVectors { index, ids, durability: _ }) => Self::DeleteVectors { index, ids },
            Request::AddNode(AddNode { node, durability: _ }) => Self::AddNode(node),
            Request::DeleteNode(DeleteNode { id, durability: _ }) => Self::DeleteNode { id },
            Request::AddEdge(AddEdge { edge, durability: _ }) => Self::AddEdge(edge),
            Request::DeleteEdge(DeleteEdge { from_id, edge_type, to_id, durability: _ }) => {
                Self::DeleteEdge { from_id, edge_type, to_id }
            }
            Request::AddTemporalEdge(AddTemporalEdge { fact, durability: _ }) => Self::AddTemporalEdge(fact),
            Request::CloseTemporalEdge(CloseTemporalEdge { from_id, edge_type, to_id, at, durability: _ }) => {
                Self::CloseTemporalEdge { from_id, edge_type, to_id, at }
            }
            Request::SupersedeTemporalEdge(SupersedeTemporalEdge { fact, durability: _ }) => {
                Self::SupersedeTemporalEdge(fact)
            }
            Request::DeleteRange(DeleteRange { keys, durability: _ }) => Self::DeleteRange(keys),
            Request::AppendLog(AppendLog { log, values, durability: _ }) => Self::AppendLog { log, values },
            Request::UpdateNode(UpdateNode { update, durability: _ }) => Self::UpdateNode(update),
            Request::UpdateEdge(UpdateEdge { update, durability: _ }) => Self::UpdateEdge(update),
            Request::MergeNodes(MergeNodes { source_id, target_id, durability: _ }) => {
                Self::MergeNodes { source_id, target_id }
            }
            Request::StateFact(StateFact { fact, durability: _ }) => Self::StateFact(fact),
            other => return Err(other),
        })
    }
}
