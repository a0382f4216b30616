//! From a read to the function that answers it: one exhaustive match, no logic.

use std::sync::Arc;

use super::kv::Part;
use super::reader::Reader;
use super::wants::Wants;
use super::{cache, collection, context, graph, kv, render, temporal, traverse, vectors};
use crate::api::{CommitSeq, Cost, Error, Existence, Request, Response, Result, SnapshotEnded};
use crate::clock::Clock;
use crate::limits;
use crate::namespace::state::State;
use crate::work::Wanted;

/// A read outside a format gives whole answers.
const ALL: Wants = Wants::ALL;

/// Answers a read, for as long as its answer is wanted.
pub fn query(state: &State, request: Request, wanted: &Wanted<'_>) -> Result<Response> {
    let (snapshot, _running) = state.begin_read(&request)?;
    let snapshot = &Reader::new(snapshot, wanted);
    Ok(match request {
        Request::Get(get) => Response::Get(kv::get(state, snapshot, &get.key)?),
        Request::Exists(exists) => Response::Exists(Existence { exists: kv::exists(state, snapshot, &exists.key)? }),
        Request::MultiGet(get) => Response::MultiGet(kv::multi_get(state, snapshot, &get, Part::Value)?),
        Request::Scan(scan) => Response::Scan(kv::scan(state, snapshot, &scan)?),
        Request::ListCollections(_) => Response::ListCollections(collection::list(state, snapshot)?),
        Request::DescribeCollection(describe) => {
            Response::DescribeCollection(collection::describe(state, snapshot, &describe.collection)?)
        }
        Request::GetDocuments(get) => Response::GetDocuments(collection::get(state, snapshot, &get)?),
        Request::CountDocuments(count) => Response::CountDocuments(collection::count(state, snapshot, &count)?),
        Request::SearchCollection(search) => Response::SearchCollection(collection::search(state, snapshot, &search)?),
        Request::SearchBatchCollection(search) => {
            Response::SearchBatchCollection(collection::search_batch(state, snapshot, &search)?)
        }
        Request::ListIndexes(_) => Response::ListIndexes(vectors::list(state, snapshot)?),
        Request::DescribeIndex(describe) => {
            Response::DescribeIndex(vectors::describe(state, snapshot, &describe.index)?)
        }
        Request::GetVectors(get) => Response::GetVectors(vectors::get(state, snapshot, &get)?),
        Request::CountVectors(count) => Response::CountVectors(vectors::count(state, snapshot, &count)?),
        Request::SearchVectors(search) => Response::SearchVectors(vectors::search(state, snapshot, &search)?),
        Request::SearchBatchVectors(search) => {
            Response::SearchBatchVectors(vectors::search_batch(state, snapshot, &search)?)
        }
        Request::GetNode(get) => Response::GetNode(graph::get_node(state, snapshot, get)?),
        Request::GetEdges(get) => Response::GetEdges(graph::get_edges(state, snapshot, get, ALL)?),
        Request::Neighbors(near) => Response::Neighbors(graph::neighbors(state, snapshot, near, ALL)?),
        Request::Traverse(walk) => Response::Traverse(traverse::traverse(state, snapshot, walk, ALL)?),
        Request::ShortestPath(path) => Response::ShortestPath(traverse::shortest_path(state, snapshot, path)?),
        Request::QueryTemporal(query) => Response::QueryTemporal(temporal::query(state, snapshot, query, ALL)?),
        Request::TraverseTemporal(walk) => Response::TraverseTemporal(temporal::traverse(state, snapshot, walk, ALL)?),
        Request::TemporalHistory(history) => {
            Response::TemporalHistory(temporal::history(state, snapshot, history, ALL)?)
        }
        Request::Render(render) => Response::Render(render::render(state, snapshot, render)?),
        Request::AssembleContext(assemble) => Response::AssembleContext(context::assemble(state, snapshot, &assemble)?),
        Request::CacheGet(get) => Response::CacheGet(cache::get(state, snapshot, &get)?),
        Request::CacheStats(stats) => Response::CacheStats(cache::stats(state, snapshot, &stats)?),
        Request::TakeSnapshot(_) => {
            state.snapshots.hold((**snapshot).clone(), state.clock.monotonic())?;
            let expires_in_ms = limits::SNAPSHOT_AGE_MAX.as_millis().try_into().unwrap_or(u64::MAX);
            Response::TakeSnapshot(crate::api::Snapshot { seq: CommitSeq(snapshot.seq()), expires_in_ms })
        }
        Request::EndSnapshot(end) => Response::EndSnapshot(SnapshotEnded { held: state.snapshots.release(end.seq.0) }),
        other => {
            let name = other.code().name();
            return Err(Error::internal(format!("{name} is no read and must not reach a snapshot")));
        }
    })
}

/// Answers a read in a namespace that does not exist: there is nothing in it.
pub fn read_nothing(clock: &Arc<dyn Clock>, request: Request) -> Result<Response> {
    query(&State::empty(Arc::clone(clock)), request, &Wanted::always())
}

/// Items up to which a read of several is short enough for a thread that must not block.
const SHORT_ITEMS: usize = 64;

/// True if the read costs microseconds, so that a frontend's own thread may do it.
pub fn is_short(request: &Request) -> bool {
    match request.cost() {
        Cost::Short => true,
        Cost::Items(items) => items <= SHORT_ITEMS,
        Cost::Brief | Cost::Long => false,
    }
}
