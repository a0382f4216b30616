//! Compares the engine's answer to a write with what the model did.

use toondb_engine::api::{CommitSeq, Response};

use super::state::Outcome;

/// What an answer says of its commit, and how many things it counted.
struct Said {
    commit_seq: Option<CommitSeq>,
    number: Option<u64>,
}

fn said(response: &Response) -> Said {
    let of = |commit_seq, number| Said { commit_seq: Some(commit_seq), number };
    match response {
        Response::Put(written)
        | Response::BatchPut(written)
        | Response::CachePut(written)
        | Response::Commit(written) => of(written.commit_seq, None),
        Response::DeleteKey(deleted)
        | Response::DropCollection(deleted)
        | Response::TruncateCollection(deleted)
        | Response::DeleteEdge(deleted)
        | Response::CacheInvalidate(deleted)
        | Response::BatchDelete(deleted)
        | Response::TrimLog(deleted)
        | Response::DeleteLog(deleted) => of(deleted.commit_seq, Some(deleted.deleted)),
        Response::DeleteRange(deleted) => of(deleted.commit_seq, deleted.deleted),
        Response::DeleteDocuments(deleted) | Response::DeleteByFilter(deleted) => {
            of(deleted.commit_seq, Some(deleted.deleted))
        }
        Response::UpdateDocuments(updated) => of(updated.commit_seq, Some(updated.updated)),
        Response::EraseTemporal(erased) => of(erased.commit_seq, Some(erased.erased)),
        Response::AddNode(created) | Response::AddEdge(created) | Response::AddTemporalEdge(created) => {
            of(created.commit_seq, Some(u64::from(created.created)))
        }
        Response::DeleteNode(deleted) => of(deleted.commit_seq, Some(deleted.deleted)),
        Response::UpdateNode(updated) | Response::UpdateEdge(updated) => {
            of(updated.commit_seq, Some(u64::from(updated.updated)))
        }
        Response::MergeNodes(merged) => of(merged.commit_seq, Some(merged.nodes + merged.edges + merged.facts)),
        Response::CompareAndSet(swapped) => of(swapped.commit_seq, Some(u64::from(swapped.swapped))),
        Response::Increment(done) => of(done.commit_seq, Some(done.value.cast_unsigned())),
        Response::Touch(touched) => of(touched.commit_seq, Some(touched.existing)),
        Response::AppendLog(appended) => of(appended.commit_seq, Some(appended.first)),
        Response::PopLog(popped) => of(popped.commit_seq, None),
        Response::AddDocuments(added) => of(added.commit_seq, Some(added.ids.len() as u64)),
        Response::CloseTemporalEdge(closed) => of(closed.commit_seq, Some(closed.edges.len() as u64)),
        Response::SupersedeTemporalEdge(done) | Response::StateFact(done) => {
            of(done.commit_seq, Some(done.closed.len() as u64))
        }
        Response::CreateCollection(info) => Said { commit_seq: None, number: Some(u64::from(info.created)) },
        other => panic!("no answer to a write: {other:?}"),
    }
}

/// The commit an answer names, if it names one.
#[must_use]
pub fn commit_of(response: &Response) -> Option<u64> {
    said(response).commit_seq.map(|seq| seq.0)
}

/// Compares everything an answer says but its commit with the model's outcome.
///
/// # Errors
/// With what differs.
pub fn check_answer(response: &Response, outcome: &Outcome) -> Result<(), String> {
    if let Some(number) = said(response).number
        && number != outcome.number
    {
        return Err(format!("the engine counted {number}, the model {}", outcome.number));
    }
    match response {
        Response::CompareAndSet(swapped) => {
            let previous = swapped.previous.as_ref().map(|value| value.to_vec());
            same("the value before", &previous, &outcome.previous)
        }
        Response::PopLog(popped) => {
            let entries: Vec<_> = popped.entries.iter().map(|entry| (entry.position, entry.value.to_vec())).collect();
            same("the entries", &entries, &outcome.entries)
        }
        Response::CloseTemporalEdge(closed) => same("the closed edges", &closed.edges, &outcome.edges),
        Response::SupersedeTemporalEdge(done) | Response::StateFact(done) => {
            let edges: Vec<_> = std::iter::once(done.asserted.clone()).chain(done.closed.clone()).collect();
            same("whether anything was written", &done.changed, &outcome.wrote)?;
            same("the edges", &edges, &outcome.edges)
        }
        _ => Ok(()),
    }
}

/// Compares two things by their debug form, which tells an integer from a float.
fn same(what: &str, engine: &impl std::fmt::Debug, model: &impl std::fmt::Debug) -> Result<(), String> {
    let (engine, model) = (format!("{engine:?}"), format!("{model:?}"));
    if engine == model { Ok(()) } else { Err(format!("{what} differ:\n  engine {engine}\n  model  {model}")) }
}
