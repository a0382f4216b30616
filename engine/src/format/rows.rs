//! Answers as rows, for every read that gives some.

use super::project::Projection;
use super::record::{FacetRecord, FoundDocument, LogEntryRecord, Record, VectorRecord};
use super::shape::{BELIEF, DOCUMENT, EDGE, ENTRY, FACET, FACT, HIT, LISTED, LOG, LOG_ENTRY, NODE, Shape, VECTOR};
use super::{RowSet, RowTable};
use crate::api::{ByteBuf, Error, KvEntry, ListDocuments, Response, Result, RowsQuery, Scan};

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
        RowsQuery::GetDocuments(_) | RowsQuery::ListDocuments(_) => &[&DOCUMENT],
        RowsQuery::SearchCollection(_) => &[&HIT],
        RowsQuery::SearchVectors(_) => &[&VECTOR],
        RowsQuery::GetEdges(_) => &[&EDGE],
        RowsQuery::Traverse(_) | RowsQuery::Neighbors(_) => &[&NODE, &EDGE],
        RowsQuery::QueryTemporal(_) => &[&FACT],
        RowsQuery::TraverseTemporal(_) | RowsQuery::TemporalNeighbors(_) => &[&NODE, &FACT],
        RowsQuery::TemporalHistory(_) => &[&BELIEF],
        RowsQuery::FacetDocuments(_) => &[&FACET],
        RowsQuery::ReadLog(_) => &[&LOG_ENTRY],
        RowsQuery::ListLogs(_) => &[&LOG],
        RowsQuery::ScanPrefixes(_) => &[&LISTED],
        RowsQuery::GetNodes(_) | RowsQuery::ListNodes(_) => &[&NODE],
        RowsQuery::ListEdges(_) => &[&EDGE],
        RowsQuery::ListFacts(list) if list.changed_since.is_some() => &[&BELIEF],
        RowsQuery::ListFacts(_) => &[&FACT],
    }
}

/// The columns shown if none are named, where what the read itself asks for decides.
fn own_columns(read: &RowsQuery) -> Option<Vec<String>> {
    let these = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    match read {
        RowsQuery::Scan(scan) if scan.keys_only => these(&["key", "version"]),
        RowsQuery::GetDocuments(get) if get.include_embedding => these(&["id", "content", "metadata", "embedding"]),
        RowsQuery::SearchCollection(search) if search.include_embedding => {
            these(&["id", "score", "distance", "content", "metadata", "embedding"])
        }
        RowsQuery::SearchVectors(search) if search.include_embedding => {
            these(&["id", "score", "distance", "embedding"])
        }
        RowsQuery::ListDocuments(list) => list_columns(list),
        _ => None,
    }
}

fn list_columns(list: &ListDocuments) -> Option<Vec<String>> {
    let whole = || ["id", "content", "metadata", "embedding"].map(str::to_owned).to_vec();
    list.columns.clone().or_else(|| list.include_embedding.then(whole))
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
        Self::new(shapes(read), columns.or(own_columns(read).as_deref()))
    }

    /// The columns that a list of documents names.
    ///
    /// # Errors
    /// As [`Projection::of`].
    pub fn of_list(list: &ListDocuments) -> Result<Self> {
        Self::new(&[&DOCUMENT], list_columns(list).as_deref())
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
        (RowsQuery::GetNodes(_), Response::GetNodes(found)) => {
            whole(one(projection.table(&NODE, found.nodes.into_iter().flatten())))
        }
        (RowsQuery::ListNodes(_), Response::ListNodes(page)) => {
            let truncated = page.cursor.is_some();
            Answer { rows: one(projection.table(&NODE, page.nodes)), cursor: page.cursor, truncated }
        }
        (RowsQuery::GetEdges(_), Response::GetEdges(page)) | (RowsQuery::ListEdges(_), Response::ListEdges(page)) => {
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
        (RowsQuery::ListDocuments(list), Response::ListDocuments(page)) => {
            let (collection, truncated) = (list.collection.as_str(), page.cursor.is_some());
            let records = page.documents.into_iter();
            let records = records.map(|document| FoundDocument { collection, document, hit: None });
            Answer { rows: one(projection.table(&DOCUMENT, records)), cursor: page.cursor, truncated }
        }
        (RowsQuery::FacetDocuments(_), Response::FacetDocuments(found)) => {
            whole(one(projection.table(&FACET, found.facets.into_iter().map(FacetRecord))))
        }
        (RowsQuery::ReadLog(read), Response::ReadLog(page)) => {
            let (log, truncated) = (read.log.as_str(), page.cursor.is_some());
            let records = page.entries.into_iter().map(|entry| LogEntryRecord { log, entry });
            Answer { rows: one(projection.table(&LOG_ENTRY, records)), cursor: page.cursor, truncated }
        }
        (RowsQuery::ListLogs(_), Response::ListLogs(page)) => {
            let truncated = page.cursor.is_some();
            Answer { rows: one(projection.table(&LOG, page.logs)), cursor: page.cursor, truncated }
        }
        (RowsQuery::ScanPrefixes(_), Response::ScanPrefixes(page)) => {
            let truncated = page.cursor.is_some();
            Answer { rows: one(projection.table(&LISTED, page.entries)), cursor: page.cursor, truncated }
        }
        (RowsQuery::ListFacts(list), Response::ListFacts(found)) => {
            let shape = if list.changed_since.is_some() { &BELIEF } else { &FACT };
            let rows = one(projection.table(shape, found.edges));
            Answer { rows, cursor: found.cursor, truncated: found.truncated }
        }
        (_, other) => return Err(Error::internal(format!("{} is no answer to this read", other.code().name()))),
    })
}
