//! From a request to the function that carries it out: one exhaustive match, no logic.

use super::{cache, collection, commit, graph, kv, temporal, vectors};
use crate::api::{
    AddedDocuments, ClosedEdges, Durability, Error, Inserted, PutEntry, Request, Response, Result, Superseded,
};
use crate::namespace::context::Context;

/// Carries a write out. Everything it does stays in `ctx`.
pub fn execute(ctx: &mut Context<'_>, request: Request) -> Result<Response> {
    Ok(match request {
        Request::Put(put) => {
            kv::put(ctx, PutEntry { key: put.key, value: put.value, ttl_ms: put.ttl_ms })?;
            Response::Put(ctx.written())
        }
        Request::DeleteKey(delete) => {
            let existed = kv::delete(ctx, delete.key)?;
            Response::DeleteKey(ctx.deleted(u64::from(existed)))
        }
        Request::BatchPut(batch) => {
            batch.entries.into_iter().try_for_each(|entry| kv::put(ctx, entry))?;
            Response::BatchPut(ctx.written())
        }
        Request::CompareAndSet(swap) => Response::CompareAndSet(kv::compare_and_set(ctx, swap)?),
        Request::CreateCollection(create) => Response::CreateCollection(collection::create(ctx, create)?),
        Request::DropCollection(drop) => {
            let existed = collection::drop_collection(ctx, &drop.collection)?;
            Response::DropCollection(ctx.deleted(u64::from(existed)))
        }
        Request::AddDocuments(add) => {
            let ids = collection::add(ctx, &add.collection, add.documents)?;
            Response::AddDocuments(AddedDocuments { ids, commit_seq: ctx.commit_seq(), durability: ctx.durability })
        }
        Request::DeleteDocuments(delete) => {
            let deleted = collection::delete(ctx, &delete.collection, &delete.ids)?;
            Response::DeleteDocuments(ctx.deleted(deleted))
        }
        Request::DeleteByFilter(delete) => {
            let deleted = collection::delete_by_filter(ctx, &delete.collection, &delete.filter)?;
            Response::DeleteByFilter(ctx.deleted(deleted))
        }
        Request::CreateIndex(create) => Response::CreateIndex(vectors::create(ctx, create)?),
        Request::DropIndex(drop) => {
            let existed = vectors::drop_index(ctx, &drop.index)?;
            Response::DropIndex(ctx.deleted(u64::from(existed)))
        }
        Request::InsertVectors(insert) => {
            let inserted = vectors::insert(ctx, &insert.index, &insert.ids, &insert.vectors)?;
            let (commit_seq, durability) = (ctx.commit_seq(), ctx.durability);
            Response::InsertVectors(Inserted { inserted, commit_seq, durability })
        }
        Request::DeleteVectors(delete) => {
            let deleted = vectors::delete(ctx, &delete.index, &delete.ids)?;
            Response::DeleteVectors(ctx.deleted(deleted))
        }
        Request::Commit(request) => {
            commit::commit(ctx, request)?;
            Response::Commit(ctx.written())
        }
        Request::CachePut(put) => {
            cache::put(ctx, put)?;
            Response::CachePut(ctx.written())
        }
        Request::CacheInvalidate(invalidate) => {
            let deleted = cache::invalidate(ctx, &invalidate)?;
            Response::CacheInvalidate(ctx.deleted(deleted))
        }
        other => execute_graph(ctx, other)?,
    })
}

fn execute_graph(ctx: &mut Context<'_>, request: Request) -> Result<Response> {
    Ok(match request {
        Request::AddNode(add) => {
            let created = graph::add_node(ctx, add.node)?;
            Response::AddNode(ctx.created(created))
        }
        Request::DeleteNode(delete) => {
            let existed = graph::delete_node(ctx, &delete.id)?;
            Response::DeleteNode(ctx.deleted(u64::from(existed)))
        }
        Request::AddEdge(add) => {
            let created = graph::add_edge(ctx, add.edge)?;
            Response::AddEdge(ctx.created(created))
        }
        Request::DeleteEdge(delete) => {
            let existed = graph::delete_edge(ctx, &delete.from_id, &delete.edge_type, &delete.to_id)?;
            Response::DeleteEdge(ctx.deleted(u64::from(existed)))
        }
        Request::AddTemporalEdge(add) => {
            let created = temporal::add(ctx, add.fact)?;
            Response::AddTemporalEdge(ctx.created(created))
        }
        Request::CloseTemporalEdge(close) => {
            let edges = temporal::close(ctx, &close.from_id, &close.edge_type, &close.to_id, close.at)?;
            let (commit_seq, durability) = (ctx.commit_seq(), ctx.durability);
            Response::CloseTemporalEdge(ClosedEdges { edges, commit_seq, durability })
        }
        Request::SupersedeTemporalEdge(supersede) => {
            let (asserted, closed) = temporal::supersede(ctx, supersede.fact)?;
            let (commit_seq, durability) = (ctx.commit_seq(), ctx.durability);
            Response::SupersedeTemporalEdge(Superseded { asserted, closed, commit_seq, durability })
        }
        Request::EraseTemporal(erase) => {
            let erased = temporal::erase(ctx, &erase.from_id, erase.edge_type.as_ref(), erase.to_id.as_ref())?;
            Response::EraseTemporal(ctx.deleted(erased))
        }
        other => {
            let name = other.code().name();
            return Err(Error::internal(format!("{name} is no write and must not reach a mailbox")));
        }
    })
}

/// The durability a write asks for. Creating and dropping collections is always durable.
pub fn durability(request: &Request) -> Durability {
    match request {
        Request::Put(request) => request.durability,
        Request::DeleteKey(request) => request.durability,
        Request::BatchPut(request) => request.durability,
        Request::CompareAndSet(request) => request.durability,
        Request::AddDocuments(request) => request.durability,
        Request::DeleteDocuments(request) => request.durability,
        Request::DeleteByFilter(request) => request.durability,
        Request::InsertVectors(request) => request.durability,
        Request::DeleteVectors(request) => request.durability,
        Request::AddNode(request) => request.durability,
        Request::DeleteNode(request) => request.durability,
        Request::AddEdge(request) => request.durability,
        Request::DeleteEdge(request) => request.durability,
        Request::AddTemporalEdge(request) => request.durability,
        Request::CloseTemporalEdge(request) => request.durability,
        Request::SupersedeTemporalEdge(request) => request.durability,
        Request::EraseTemporal(request) => request.durability,
        Request::Commit(request) => request.durability,
        Request::CachePut(request) => request.durability,
        Request::CacheInvalidate(request) => request.durability,
        Request::CreateCollection(_)
        | Request::DropCollection(_)
        | Request::CreateIndex(_)
        | Request::DropIndex(_)
        | Request::Ping(_)
        | Request::Capabilities(_)
        | Request::ServerStats(_)
        | Request::Check(_)
        | Request::CreateNamespace(_)
        | Request::ListNamespaces(_)
        | Request::DescribeNamespace(_)
        | Request::NamespaceStats(_)
        | Request::DeleteNamespace(_)
        | Request::SetQuota(_)
        | Request::Flush(_)
        | Request::Get(_)
        | Request::Exists(_)
        | Request::MultiGet(_)
        | Request::Scan(_)
        | Request::ListCollections(_)
        | Request::DescribeCollection(_)
        | Request::GetDocuments(_)
        | Request::CountDocuments(_)
        | Request::SearchCollection(_)
        | Request::SearchBatchCollection(_)
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
        | Request::QueryTemporal(_)
        | Request::TraverseTemporal(_)
        | Request::TemporalHistory(_)
        | Request::TakeSnapshot(_)
        | Request::EndSnapshot(_)
        | Request::CacheGet(_)
        | Request::CacheStats(_)
        | Request::CreateCheckpoint(_)
        | Request::ListCheckpoints(_)
        | Request::RestoreCheckpoint(_)
        | Request::DeleteCheckpoint(_)
        | Request::ExportCheckpoint(_)
        | Request::ImportCheckpoint(_)
        | Request::Render(_)
        | Request::AssembleContext(_)
        | Request::CountTokens(_)
        | Request::ConvertText(_) => Durability::Durable,
    }
}
