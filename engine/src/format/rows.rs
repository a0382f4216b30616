//! Answers as rows, for every read that gives some.

use super::project::Projection;
use super::record::{FoundDocument, Record, VectorRecord};
use super::shape::{BELIEF, DOCUMENT, EDGE, ENTRY, FACT, HIT, NODE, Shape, VECTOR};
use super::{RowSet, RowTable};
use crate::api::{ByteBuf, Error, KvEntry, Response, Result, RowsQuery, Scan};

/// An answer as rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The rows.
    pub rows: RowSet,
    /// Give this to the read to go on.
    pub cursor: Option<ByteBuf>,
    /// True if a limit left rows out.
    pub truncated: bool,
}

fn shapes(read: &RowsQuery) -> &'static [&'static Shape] {
    match read {
        RowsQuery::Scan(_) | RowsQuery::MultiGet(_) => &[&ENTRY],
        RowsQuery::GetDocuments(_) => &[&DOCUMENT],
        RowsQuery::SearchCollection(_) => &[&HIT],
        RowsQuery::SearchVectors(_) => &[&VECTOR],
        RowsQuery::GetEdges(_) => &[&EDGE],
        RowsQuery::Traverse(_) | RowsQuery::Neighbors(_) => &[&NODE, &EDGE],
        RowsQuery::QueryTemporal(_) => &[&FACT],
        RowsQuery::TraverseTemporal(_) | RowsQuery::TemporalNeighbors(_) => &[&NODE, &FACT],
        RowsQuery::TemporalHistory(_) => &[&BELIEF],
        RowsQuery::ListFacts(list) if list.changed_since.is_some() => &[&BELIEF],
        RowsQuery::ListFacts(_) => &[&FACT],
    }
}

/// The columns shown if none are named, where what the read itself asks for decides.
fn own_columns(read: &RowsQuery) -> Option<&'static [&'static str]> {
    match read {
        RowsQuery::Scan(scan) if scan.keys_only => Some(&["key", "version"]),
        RowsQuery::GetDocuments(get) if get.include_embedding => Some(&["id", "content", "metadata", "embedding"]),
        RowsQuery::SearchCollection(search) if search.include_embedding => {
            Some(&["id", "score", "distance", "content", "metadata", "embedding"])
        }
        RowsQuery::SearchVectors(search) if search.include_embedding => Some(&["id", "score", "distance", "embedding"]),
        _ => None,
    }
}

impl Projection {
    /// The columns wanted of a read.
    ///
    /// # Errors
    /// `InvalidArgument` for a column that the read does not have, naming those that it has.
    pub fn of(read: &RowsQuery, columns: Option<&[String]>) -> Result<Self> {
        let is_of_keys = matches!(read, RowsQuery::Scan(Scan { keys_only: true, .. }));
        if is_of_keys && columns.is_some_and(|columns| columns.iter().any(|column| column == "value")) {
            return Err(Error::invalid("the scan is of keys only: it has no column \"value\""));
        }
        let own: Option<Vec<String>> =
            own_columns(read).map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        Self::new(shapes(read), columns.or(own.as_deref()))
    }

    fn table<R: Record>(&self, shape: &'static Shape, records: impl IntoIterator<Item = R>) -> Option<RowTable> {
        let mut maker = self.maker(shape)?;
        Some(RowTable { name: shape.name, rows: records.into_iter().map(|record| maker.make(record)).collect() })
    }
}

/// Makes rows of the answer to a read.
///
/// # Errors
/// `Internal` if the answer is not one to this read.
pub fn rows(read: &RowsQuery, response: Response, projection: &Projection) -> Result<Answer> {
    let one = |table: Option<RowTable>| RowSet { tables: table.into_iter().collect() };
    let whole = |rows| Answer { rows, cursor: None, truncated: false };
    Ok(match (read, response) {
        (RowsQuery::Scan(_), Response::Scan(page)) => {
            let truncated = page.cursor.is_some();
            Answer { rows: one(projection.table(&ENTRY, page.entries)), cursor: page.cursor, truncated }
        }
        (RowsQuery::MultiGet(get), Response::MultiGet(found)) => {
            let entries = get.keys.iter().zip(found.values).filter_map(|(key, found)| {
                found.map(|found| KvEntry { key: key.clone(), value: found.value, version: found.version })
            });
            whole(one(projection.table(&ENTRY, entries)))
        }
        (RowsQuery::GetDocuments(get), Response::GetDocuments(found)) => {
            let collection = get.collection.as_str();
            let records = found.documents.into_iter().flatten();
            let records = records.map(|document| FoundDocument { collection, document, hit: None });
            whole(one(projection.table(&DOCUMENT, records)))
        }
        (RowsQuery::SearchCollection(search), Response::SearchCollection(found)) => {
            let collection = search.collection.as_str();
            let records = found.hits.into_iter().map(|hit| FoundDocument {
                collection,
                document: hit.document,
                hit: Some((hit.score, hit.distance)),
            });
            whole(one(projection.table(&HIT, records)))
        }
        (RowsQuery::SearchVectors(search), Response::SearchVectors(found)) => {
            let index = search.index.as_str();
            whole(one(projection.table(&VECTOR, found.hits.into_iter().map(|hit| VectorRecord { index, hit }))))
        }
        (RowsQuery::GetEdges(_), Response::GetEdges(page)) => {
            let truncated = page.cursor.is_some();
            Answer { rows: one(projection.table(&EDGE, page.edges)), cursor: page.cursor, truncated }
        }
        (RowsQuery::Traverse(_), Response::Traverse(part)) | (RowsQuery::Neighbors(_), Response::Neighbors(part)) => {
            let tables = projection.table(&NODE, part.nodes).into_iter().chain(projection.table(&EDGE, part.edges));
            Answer { rows: RowSet { tables: tables.collect() }, cursor: None, truncated: part.truncated }
        }
        (RowsQuery::QueryTemporal(_), Response::QueryTemporal(found)) => {
            let rows = one(projection.table(&FACT, found.edges));
            Answer { rows, cursor: found.cursor, truncated: found.truncated }
        }
        (RowsQuery::TraverseTemporal(_), Response::TraverseTemporal(path))
        | (RowsQuery::TemporalNeighbors(_), Response::TemporalNeighbors(path)) => {
            let tables = projection.table(&NODE, path.nodes).into_iter().chain(projection.table(&FACT, path.edges));
            Answer { rows: RowSet { tables: tables.collect() }, cursor: None, truncated: path.truncated }
        }
        (RowsQuery::TemporalHistory(_), Response::TemporalHistory(found)) => {
            let rows = one(projection.table(&BELIEF, found.edges));
            Answer { rows, cursor: found.cursor, truncated: found.truncated }
        }
        (RowsQuery::ListFacts(list), Response::ListFacts(found)) => {
            let shape = if list.changed_since.is_some() { &BELIEF } else { &FACT };
            let rows = one(projection.table(shape, found.edges));
            Answer { rows, cursor: found.cursor, truncated: found.truncated }
        }
        (_, other) => return Err(Error::internal(format!("{} is no answer to this read", other.code().name()))),
    })
}
