//! How large an answer may become, guessed from its request: what a door takes room for before it accepts one.
//!
//! A guess, because nobody knows before reading how long the rows are. It is small where answers are small, and large where
//! a page or a batch was asked for; the door settles with the true size. An answer that turns out too large for the room there
//! is may be refused, unless it tells of a change.

use super::operations::{Request, Response};
use super::render::RowsQuery;
use super::words::{AnswerSize, Effect};
use crate::limits;

/// A row of an answer, with its value or properties.
const ROW_BYTES: usize = 4 << 10;
/// A row of which only names and numbers are given.
const BARE_ROW_BYTES: usize = 64;

fn rows(count: usize, bytes_each: usize) -> usize {
    count.saturating_mul(bytes_each).min(limits::PAGE_BYTES_MAX)
}

fn page(limit: Option<u32>, default: usize) -> usize {
    rows(limit.map_or(default, |limit| limit as usize), ROW_BYTES)
}

fn bare_page(limit: Option<u32>, default: usize) -> usize {
    rows(limit.map_or(default, |limit| limit as usize), BARE_ROW_BYTES)
}

fn found(k: Option<u32>, queries: usize, bytes_each: usize) -> usize {
    let k = k.map_or(limits::K_DEFAULT, |k| k as usize);
    rows(k.saturating_mul(queries.max(1)), bytes_each)
}

/// Queries in a batch of so many numbers: their dimension is not known here, and is rarely less than this.
fn queries(numbers: usize) -> usize {
    numbers.div_ceil(64)
}

fn vector_row(include_embedding: bool) -> usize {
    if include_embedding { ROW_BYTES } else { BARE_ROW_BYTES }
}

fn of_rows(read: &RowsQuery) -> usize {
    match read {
        RowsQuery::Scan(scan) => page(scan.limit, limits::PAGE_ITEMS_DEFAULT),
        RowsQuery::MultiGet(get) => rows(get.keys.len(), ROW_BYTES),
        RowsQuery::ReadLog(read) => page(read.limit, limits::PAGE_ITEMS_DEFAULT),
        RowsQuery::ListLogs(list) => page(list.limit, limits::PAGE_ITEMS_DEFAULT),
        RowsQuery::ScanPrefixes(list) => page(list.limit, limits::PAGE_ITEMS_DEFAULT),
        RowsQuery::GetDocuments(get) => rows(get.ids.len(), ROW_BYTES),
        RowsQuery::SearchCollection(search) => found(search.k, 1, ROW_BYTES),
        RowsQuery::SearchVectors(search) => found(search.k, 1, vector_row(search.include_embedding)),
        RowsQuery::GetEdges(get) => page(get.limit, limits::PAGE_ITEMS_DEFAULT),
        RowsQuery::Traverse(walk) => page(walk.limit, limits::GRAPH_ITEMS_MAX),
        RowsQuery::Neighbors(near) => page(near.limit, limits::GRAPH_ITEMS_MAX),
        RowsQuery::QueryTemporal(query) => page(query.limit, limits::GRAPH_ITEMS_MAX),
        RowsQuery::TraverseTemporal(walk) => page(walk.limit, limits::GRAPH_ITEMS_MAX),
        RowsQuery::TemporalHistory(history) => page(history.limit, limits::PAGE_ITEMS_DEFAULT),
        RowsQuery::ListDocuments(list) => page(list.limit, limits::PAGE_ITEMS_DEFAULT),
        RowsQuery::FacetDocuments(facet) => bare_page(facet.limit, limits::FACETS_DEFAULT),
        RowsQuery::GetNodes(get) => rows(get.ids.len(), ROW_BYTES),
        RowsQuery::ListNodes(list) => page(list.limit, limits::PAGE_ITEMS_DEFAULT),
        RowsQuery::ListEdges(list) => page(list.limit, limits::PAGE_ITEMS_DEFAULT),
        RowsQuery::ListFacts(list) => page(list.limit, limits::PAGE_ITEMS_DEFAULT),
        RowsQuery::TemporalNeighbors(near) => page(near.limit, limits::GRAPH_ITEMS_MAX),
    }
}

impl Request {
    /// Roughly the bytes its answer may have: the most for one thing, a guess for many and for a value, of which few are large. 0 for one that is small: there is
    /// nothing to be reserved then, and the answer is counted when it is there.
    #[must_use]
    pub fn answer_hint(&self) -> usize {
        match self {
            Request::Scan(scan) if scan.keys_only => bare_page(scan.limit, limits::PAGE_ITEMS_DEFAULT),
            Request::ListDocuments(list) => page(list.limit, limits::PAGE_ITEMS_DEFAULT),
            Request::ListDocumentIds(list) => bare_page(list.limit, limits::PAGE_ITEMS_DEFAULT),
            Request::FacetDocuments(facet) => bare_page(facet.limit, limits::FACETS_DEFAULT),
            Request::Scan(scan) => page(scan.limit, limits::PAGE_ITEMS_DEFAULT),
            Request::MultiGet(get) => rows(get.keys.len(), ROW_BYTES),
            Request::ReadLog(read) => page(read.limit, limits::PAGE_ITEMS_DEFAULT),
            // What it takes it gives, whatever there is room for.
            Request::PopLog(pop) => page(pop.count, 1).max(limits::VALUE_BYTES_EXPECTED),
            Request::ListLogs(list) => page(list.limit, limits::PAGE_ITEMS_DEFAULT),
            Request::ScanPrefixes(list) => page(list.limit, limits::PAGE_ITEMS_DEFAULT),
            Request::GetDocuments(get) => rows(get.ids.len(), ROW_BYTES),
            Request::GetVectors(get) => rows(get.ids.len(), ROW_BYTES),
            Request::SearchCollection(search) => found(search.k, 1, ROW_BYTES),
            Request::SearchBatchCollection(search) => found(search.k, queries(search.queries.0.len()), ROW_BYTES),
            Request::SearchVectors(search) => found(search.k, 1, vector_row(search.include_embedding)),
            Request::SearchBatchVectors(search) => {
                found(search.k, queries(search.queries.0.len()), vector_row(search.include_embedding))
            }
            // How many match, nobody knows before.
            Request::UpdateDocuments(update) if update.return_ids && update.update.ids.is_none() => {
                limits::PAGE_BYTES_MAX
            }
            Request::DeleteByFilter(delete) if delete.return_ids => limits::PAGE_BYTES_MAX,
            Request::DeleteDocuments(delete) if delete.return_ids => self.size_hint(),
            Request::GetEdges(get) => page(get.limit, limits::PAGE_ITEMS_DEFAULT),
            Request::Traverse(walk) => page(walk.limit, limits::GRAPH_ITEMS_MAX),
            Request::Neighbors(near) => page(near.limit, limits::GRAPH_ITEMS_MAX),
            Request::QueryTemporal(query) => page(query.limit, limits::GRAPH_ITEMS_MAX),
            Request::TraverseTemporal(walk) => page(walk.limit, limits::GRAPH_ITEMS_MAX),
            Request::TemporalHistory(history) => page(history.limit, limits::PAGE_ITEMS_DEFAULT),
            Request::GetNodes(get) => rows(get.ids.len(), ROW_BYTES),
            Request::ListNodes(list) => page(list.limit, limits::PAGE_ITEMS_DEFAULT),
            Request::ListEdges(list) => page(list.limit, limits::PAGE_ITEMS_DEFAULT),
            Request::ListFacts(list) => page(list.limit, limits::PAGE_ITEMS_DEFAULT),
            Request::TemporalNeighbors(near) => page(near.limit, limits::GRAPH_ITEMS_MAX),
            Request::Render(render) => of_rows(&render.read),
            Request::AssembleContext(assemble) => (assemble.token_limit as usize).saturating_mul(8),
            Request::ConvertText(convert) => convert.text.len(),
            Request::ExportCheckpoint(export) => export.bytes_max.map_or(limits::EXPORT_BYTES_MAX, |bytes| {
                usize::try_from(bytes).unwrap_or(usize::MAX).min(limits::EXPORT_BYTES_MAX)
            }),
            // What was expected was there, or nothing has changed and the answer may be refused.
            Request::CompareAndSet(_) => self.size_hint(),
            other => match other.code().answer() {
                AnswerSize::Small => 0,
                // The ids that came with it, or ids as short.
                AnswerSize::Echo => other.size_hint(),
                AnswerSize::Record => limits::PROPERTIES_BYTES_MAX,
                AnswerSize::Value => limits::VALUE_BYTES_EXPECTED,
                AnswerSize::Values | AnswerSize::Page => limits::PAGE_BYTES_MAX,
            },
        }
    }
}

impl Response {
    /// True if this, as the answer to an operation of that effect, tells of something that has happened. Such an answer is given
    /// whatever else is unread; any other may be refused for want of room, as if nothing had been asked.
    #[must_use]
    pub fn tells_of_change(&self, effect: Effect) -> bool {
        match self {
            // A comparison that failed has changed nothing, and shows what it found.
            Response::CompareAndSet(outcome) => outcome.swapped,
            Response::PopLog(popped) => !popped.entries.is_empty(),
            _ => effect != Effect::Keeps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{CommitSeq, Get, MaybeValue, Ping, Scan, Swapped};

    #[test]
    fn a_comparison_that_failed_tells_of_no_change() {
        let swap = |swapped| {
            let (previous, commit_seq, durability) = (None, CommitSeq(1), Default::default());
            Response::CompareAndSet(Swapped { swapped, previous, commit_seq, durability })
        };
        assert!(swap(true).tells_of_change(Effect::Takes) && !swap(false).tells_of_change(Effect::Takes));
        let found = Response::Get(MaybeValue { found: None });
        assert!(!found.tells_of_change(Effect::Keeps) && found.tells_of_change(Effect::Frees));
    }

    #[test]
    fn pages_and_values_are_large_and_signs_of_life_are_not() {
        let scan = |limit, keys_only| {
            Request::Scan(Scan {
                prefix: None,
                start: None,
                end: None,
                limit,
                reverse: false,
                cursor: None,
                keys_only,
                snapshot: None,
            })
        };
        assert_eq!(scan(Some(10_000), false).answer_hint(), limits::PAGE_BYTES_MAX);
        assert_eq!(scan(Some(u32::MAX), true).answer_hint(), limits::PAGE_BYTES_MAX);
        assert!(scan(Some(10), false).answer_hint() < 64 << 10);
        assert_eq!(
            Request::Get(Get { key: Default::default(), snapshot: None }).answer_hint(),
            limits::VALUE_BYTES_EXPECTED
        );
        assert_eq!(Request::Ping(Ping {}).answer_hint(), 0);
    }
}
