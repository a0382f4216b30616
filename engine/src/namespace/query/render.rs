//! Reads whose answer is wanted in a format: the read with the projection pushed down, then rows, then bytes.

use super::collection;
use super::documents::{self, Parts};
use super::kv::Part;
use super::wants::Wants;
use super::{graph, kv, listing, ordered_log, temporal, traverse, vectors};
use crate::api::{
    ByteBuf, Error, GetDocuments, Render, Rendered, Response, Result, RowsQuery, Scan, SearchCollection, SearchVectors,
};
use crate::format::{self, Answer, Projection};
use crate::limits;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;

impl Query for Render {
    /// Reads rows and gives them in a format.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Rendered> {
        let Render { read, format, columns, tokenizer } = self;
        let answer = read_rows(state, snapshot, &read, columns.as_deref())?;
        let encoded = format::encode(&answer.rows.all(), format, tokenizer)?;
        Ok(Rendered {
            format: encoded.format,
            data: ByteBuf::from(encoded.data),
            rows: answer.rows.len() as u64,
            tokens: encoded.tokens,
            cursor: answer.cursor,
            truncated: answer.truncated,
        })
    }
}

/// Refuses values that no text could hold, before one is written.
fn fits<'v>(values: impl Iterator<Item = &'v ByteBuf>) -> Result<()> {
    match values.map(|value| value.len()).sum::<usize>() <= limits::RENDERED_VALUES_BYTES_MAX {
        true => Ok(()),
        false => Err(Error::limit(
            "the values are too large to be written out; ask for fewer rows, or leave the column \"value\" out",
        )),
    }
}

/// Reads rows. Values, bodies, fields and embeddings of which no column is wanted are not read; the columns named say what
/// is wanted, and only without them what the read itself says.
pub fn read_rows(state: &State, snapshot: &Reader<'_>, read: &RowsQuery, columns: Option<&[String]>) -> Result<Answer> {
    let projection = Projection::of(read, columns)?;
    let parts = &Parts::of(&projection);
    let wants = Wants::of(&projection);
    let response = match read.clone() {
        RowsQuery::Scan(scan) => {
            let scan = Scan { keys_only: scan.keys_only || !projection.wants("value"), ..scan };
            let page = kv::scan(state, snapshot, &scan)?;
            fits(page.entries.iter().map(|entry| &entry.value))?;
            Response::Scan(page)
        }
        RowsQuery::MultiGet(get) => {
            let part = if projection.wants("value") { Part::Value } else { Part::Version };
            let found = kv::multi_get(state, snapshot, &get, part)?;
            fits(found.values.iter().flatten().map(|found| &found.value))?;
            Response::MultiGet(found)
        }
        RowsQuery::ReadLog(read) => {
            let part = if projection.wants("value") { Part::Value } else { Part::Version };
            let page = ordered_log::read_log(snapshot, &read, part)?;
            fits(page.entries.iter().map(|entry| &entry.value))?;
            Response::ReadLog(page)
        }
        RowsQuery::ScanPrefixes(list) => Response::ScanPrefixes(listing::scan_prefixes(state, snapshot, &list)?),
        RowsQuery::ListLogs(list) => Response::ListLogs(ordered_log::list_logs(snapshot, &list)?),
        RowsQuery::GetDocuments(get) => {
            let get = GetDocuments { include_embedding: parts.embedding, ..get };
            Response::GetDocuments(collection::get_parts(state, snapshot, &get, parts)?)
        }
        RowsQuery::SearchCollection(search) => {
            let search = SearchCollection { include_embedding: parts.embedding, ..search };
            Response::SearchCollection(collection::search_parts(state, snapshot, &search, parts)?)
        }
        RowsQuery::SearchVectors(search) => {
            let search = SearchVectors { include_embedding: parts.embedding, ..search };
            Response::SearchVectors(vectors::search(state, snapshot, &search)?)
        }
        RowsQuery::GetEdges(get) => Response::GetEdges(graph::get_edges(state, snapshot, get, wants)?),
        RowsQuery::Traverse(walk) => Response::Traverse(traverse::traverse(state, snapshot, walk, wants)?),
        RowsQuery::Neighbors(near) => Response::Neighbors(graph::neighbors(state, snapshot, near, wants)?),
        RowsQuery::QueryTemporal(query) => Response::QueryTemporal(temporal::query(state, snapshot, query, wants)?),
        RowsQuery::TraverseTemporal(walk) => {
            Response::TraverseTemporal(temporal::traverse(state, snapshot, walk, wants)?)
        }
        RowsQuery::GetNodes(get) => Response::GetNodes(graph::get_nodes(state, snapshot, get, wants)?),
        RowsQuery::ListNodes(list) => Response::ListNodes(graph::list_nodes(state, snapshot, list, wants)?),
        RowsQuery::ListEdges(list) => Response::ListEdges(graph::list_edges(state, snapshot, list, wants)?),
        RowsQuery::TemporalHistory(past) => {
            Response::TemporalHistory(temporal::history(state, snapshot, &past, wants)?)
        }
        RowsQuery::ListDocuments(list) => Response::ListDocuments(documents::list(state, snapshot, &list, parts)?),
        RowsQuery::FacetDocuments(facet) => Response::FacetDocuments(documents::facet(state, snapshot, &facet)?),
        RowsQuery::ListFacts(list) => Response::ListFacts(temporal::list(state, snapshot, list, wants)?),
        RowsQuery::TemporalNeighbors(near) => {
            Response::TemporalNeighbors(temporal::neighbors(state, snapshot, near, wants)?)
        }
    };
    format::rows(read, response, &projection)
}
