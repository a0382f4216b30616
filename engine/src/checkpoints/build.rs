//! Fills an empty store from the rows of a checkpoint, and refuses rows that do not belong together.
//!
//! Rows come in the order of the file: table by table, keys ascending, so a row given twice is found without remembering
//! any. What follows from the rows is made here and nowhere else: reverse edges, nodes by type, expiries, times of commits,
//! counters. So they agree with the rows whatever the file says. What the rows demand of each other is checked:
//!
//! - a vector belongs to a collection before it, has its dimension and is finite; rows count from 0 without gaps;
//! - a document refers to a vector of its collection or has no embedding, each vector belongs to exactly one document, and a
//!   document is a text with fields, a bare 64-bit id, or an answer, as the kind of its collection wants;
//! - an edge leads from a node to a node;
//! - the entries of a log are those that its head names, without gaps, and no number of a log is given twice;
//! - beliefs in one fact do not overlap, and commit times never go back;
//! - no commit is newer than the checkpoint, and no time beyond the end of the year 9999.
//!
//! Numbers of collections are given here, from 0 without gaps, whatever the file calls them: they are what keys are made
//! of, and the next one must not meet rows of another. So are those of documents without an embedding, behind the vectors'.
//!
//! Rows are written in bounded transactions. Only the last one names the commit up to which the store is complete; the
//! files belong to nobody until the catalog names them, so a crash on the way leaves nothing.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::fault::{Checked, CheckpointFault};
use super::item::{Item, section};
use super::site::Site;
use crate::api::{Embedding, TemporalEdge};
use crate::index::vector::{VectorParams, validate};
use crate::limits;
use crate::namespace::{fact_in_key, fact_out_key, fact_type_key, row_bytes};
use crate::store::{
    Base, BaseSnapshot, CollectionKind, CollectionRecord, Counters, DocumentBody, DocumentRecord, FACTS_LISTED,
    FlushInput, KeyRange, KeyReader, KeyWriter, LogEntryRow, LogHead, LogWalk, Memtable, NODES_LISTED, RowPlace,
    StoreError, Table, change_key, node_type_key,
};

/// What rows of a collection are held to.
struct CollectionShape {
    /// Its number in this store; the file's own is the key under which this stands.
    number: u32,
    kind: CollectionKind,
    params: VectorParams,
    vectors: u32,
    /// Rows that a document refers to.
    used: RoaringBitmap,
    /// Documents without an embedding.
    bare: u32,
}

/// Where a document stands in this store.
struct Placed {
    /// The number of its collection.
    number: u32,
    /// The dimension of that.
    dimension: u32,
    /// Its own numbers.
    place: RowPlace,
}

/// A store being filled.
pub struct Builder<'a> {
    base: &'a Base,
    site: &'a Site,
    /// Rows of the next transaction.
    memtable: Memtable,
    /// Rows of all transactions so far.
    written: BaseSnapshot,
    counters: Counters,
    newest_seq: u64,
    newest_at: i64,
    /// Where the last row stood.
    last: Option<(u8, Vec<u8>)>,
    shapes: BTreeMap<u32, CollectionShape>,
    /// The last edge's start, which exists.
    known_node: Option<String>,
    last_fact: Option<TemporalEdge>,
    logs: LogWalk,
}

impl<'a> Builder<'a> {
    /// Begins with an empty store.
    pub fn begin(base: &'a Base, site: &'a Site) -> Checked<Self> {
        let written = base.snapshot().map_err(|error| site.store(error))?;
        Ok(Self {
            base,
            site,
            memtable: Memtable::default(),
            written,
            counters: Counters::default(),
            newest_seq: 0,
            newest_at: i64::MIN,
            last: None,
            shapes: BTreeMap::new(),
            known_node: None,
            last_fact: None,
            logs: LogWalk::default(),
        })
    }

    /// Adds the next row.
    pub fn add(&mut self, item: &Item) -> Checked<()> {
        // First of all: a key is made of texts that hold no zero byte.
        item.check().map_err(CheckpointFault::content)?;
        let (mut key, mut value) = item.encode();
        self.check_order(item.table(), &key)?;
        let (written_by, retracted_by) = item.seqs();
        if written_by == 0 {
            return Err(CheckpointFault::content("a row was written by no commit"));
        }
        self.newest_seq = self.newest_seq.max(written_by).max(retracted_by.unwrap_or_default());
        match item {
            Item::Kv { key, expires_at, value, .. } => self.add_pair(key, *expires_at, value),
            Item::Collection { record, .. } => {
                let id = self.add_collection(record)?;
                value = CollectionRecord { id, ..record.clone() }.encode();
            }
            Item::Vector { collection, row, vector } => {
                let number = self.add_vector(*collection, *row, vector)?;
                renumber(&mut key, number);
            }
            Item::Document { collection, id, row, body, .. } => {
                let Placed { number, dimension, place } = self.add_document(*collection, id, *row, body.as_ref())?;
                renumber(&mut key, number);
                value = DocumentRecord::decode(&value).map_err(|error| self.site.store(error))?.placed(place);
                self.counters.live_bytes += row_bytes(&value, id, place, dimension);
            }
            Item::Node { id, record } => {
                if self.counters.nodes == 0 {
                    // The list has had every node from the first on.
                    self.put(Table::NodeTypes, NODES_LISTED, &[]);
                }
                self.put(Table::NodeTypes, &node_type_key(&record.node_type, id.as_str()), &[]);
                self.counters.nodes += 1;
                self.counters.live_bytes += (key.len() + value.len()) as u64;
            }
            Item::Edge { edge, .. } => {
                self.check_node(edge.from_id.as_str(), true)?;
                self.check_node(edge.to_id.as_str(), false)?;
                let (from, edge_type, to) = (edge.from_id.as_str(), edge.edge_type.as_str(), edge.to_id.as_str());
                self.put(Table::EdgesIn, &KeyWriter::new().text(to).text(edge_type).text(from).finish(), &[]);
                self.counters.edges += 1;
                self.counters.live_bytes += (key.len() + value.len()) as u64;
            }
            Item::Fact(edge) => {
                self.add_fact(edge)?;
                self.counters.temporal_versions += 1;
                self.counters.live_bytes += (key.len() + value.len()) as u64;
            }
            Item::LogMark(mark) => self.logs.mark(*mark).map_err(CheckpointFault::content)?,
            Item::Log { head, .. } => {
                self.logs.log(*head).map_err(CheckpointFault::content)?;
                self.counters.live_bytes += key.len() as u64 + LogHead::BYTES;
            }
            Item::LogEntry { log, position, before, value: bytes } => {
                let record = LogEntryRow { before: *before, value: bytes };
                self.logs.entry(*log, *position, record).map_err(CheckpointFault::content)?;
                self.counters.live_bytes += (key.len() + value.len()) as u64;
            }
        }
        self.put(item.table(), &key, &value);
        if self.memtable.bytes() >= limits::CHECKPOINT_BATCH_BYTES { self.flush(0) } else { Ok(()) }
    }

    fn check_order(&mut self, table: Table, key: &[u8]) -> Checked<()> {
        let place = section(table).ok_or_else(|| CheckpointFault::content("a checkpoint has no such rows"))?;
        if let Some((last_place, last_key)) = &mut self.last {
            if (*last_place, last_key.as_slice()) >= (place, key) {
                return Err(CheckpointFault::Content(format!(
                    "rows of table {} are out of order or given twice",
                    table.name()
                )));
            }
            *last_place = place;
            last_key.clear();
            last_key.extend_from_slice(key);
        } else {
            self.last = Some((place, key.to_vec()));
        }
        Ok(())
    }

    fn put(&self, table: Table, key: &[u8], value: &[u8]) {
        self.memtable.insert(table, key, Some(value), 0);
    }

    fn get(&self, table: Table, key: &[u8]) -> Checked<Option<Vec<u8>>> {
        if let Some(found) = self.memtable.get(table, key, u64::MAX, <[u8]>::to_vec) {
            return Ok(found);
        }
        Ok(self.written.get(table, key, <[u8]>::to_vec).map_err(|error| self.site.store(error))?)
    }

    fn add_pair(&mut self, key: &[u8], expires_at: i64, value: &[u8]) {
        if expires_at != 0 {
            self.put(Table::KvExpiry, &KeyWriter::new().time(expires_at).raw(key).finish(), &[]);
        }
        self.counters.keys += 1;
        self.counters.live_bytes += (key.len() + value.len()) as u64;
    }

    /// Gives the collection's number in this store.
    fn add_collection(&mut self, record: &CollectionRecord) -> Checked<u32> {
        let CollectionRecord { id, kind, dimension, metric, .. } = *record;
        let number = self.counters.next_collection_id;
        let next = number.checked_add(1).ok_or_else(|| CheckpointFault::content("it has too many collections"))?;
        if self.shapes.len() >= limits::COLLECTIONS_MAX {
            return Err(CheckpointFault::Content(format!("it has more than {} collections", limits::COLLECTIONS_MAX)));
        }
        let params = VectorParams::new(dimension as usize, metric);
        let shape = CollectionShape { number, kind, params, vectors: 0, used: RoaringBitmap::new(), bare: 0 };
        if self.shapes.insert(id, shape).is_some() {
            return Err(CheckpointFault::content("two collections have the same number"));
        }
        self.counters.next_collection_id = next;
        self.counters.collections += 1;
        Ok(number)
    }

    /// Gives the number of the vector's collection in this store.
    fn add_vector(&mut self, collection: u32, row: u32, vector: &Embedding) -> Checked<u32> {
        let shape =
            self.shapes.get_mut(&collection).ok_or_else(|| CheckpointFault::content("a vector has no collection"))?;
        if shape.params.dimension == 0 {
            return Err(CheckpointFault::content("a collection has vectors and no dimension"));
        }
        if row != shape.vectors || row >= limits::ROWS_MAX {
            return Err(CheckpointFault::content("the rows of a collection are not numbered from 0 without gaps"));
        }
        validate(&shape.params, &vector.0).map_err(CheckpointFault::content)?;
        shape.vectors += 1;
        Ok(shape.number)
    }

    /// Gives a document its numbers in this store.
    fn add_document(
        &mut self,
        collection: u32,
        id: &[u8],
        row: Option<u32>,
        body: Option<&DocumentBody>,
    ) -> Checked<Placed> {
        let shape =
            self.shapes.get_mut(&collection).ok_or_else(|| CheckpointFault::content("a document has no collection"))?;
        let (fits, is_document) = match shape.kind {
            CollectionKind::Documents => (body.is_some(), true),
            CollectionKind::Vectors => (body.is_none() && id.len() == 8, false),
            CollectionKind::Cache => (body.is_some_and(|body| body.metadata.0.is_empty()), false),
        };
        if !fits || (row.is_none() && !is_document) {
            return Err(CheckpointFault::content("a document is of another kind than its collection"));
        }
        let place = match row {
            Some(row) if row < shape.vectors && shape.used.insert(row) => RowPlace::of(row),
            Some(_) => return Err(CheckpointFault::content("a document has no vector of its own")),
            None => {
                let row = shape.vectors.checked_add(shape.bare).filter(|row| *row < limits::ROWS_MAX);
                shape.bare += 1;
                RowPlace {
                    row: row.ok_or_else(|| CheckpointFault::content("it has too many documents"))?,
                    vector: None,
                }
            }
        };
        self.counters.vectors += 1;
        self.counters.documents += u64::from(is_document);
        let dimension = u32::try_from(shape.params.dimension).unwrap_or(u32::MAX);
        Ok(Placed { number: shape.number, dimension, place })
    }

    /// Refuses an end of an edge that is no node. Edges come by their start, so that one is remembered.
    fn check_node(&mut self, id: &str, is_start: bool) -> Checked<()> {
        if self.known_node.as_deref() == Some(id) {
            return Ok(());
        }
        if self.get(Table::Nodes, id.as_bytes())?.is_none() {
            return Err(CheckpointFault::content("an edge leads to or from a node that does not exist"));
        }
        if is_start {
            self.known_node = Some(id.to_owned());
        }
        Ok(())
    }

    fn add_fact(&mut self, edge: &TemporalEdge) -> Checked<()> {
        // Beliefs in one fact are neighbours, the earlier asserted first.
        if let Some(last) = self.last_fact.replace(edge.clone())
            && (&last.from_id, &last.edge_type, &last.to_id) == (&edge.from_id, &edge.edge_type, &edge.to_id)
            && last.valid_from == edge.valid_from
            && last.retracted_seq.is_none_or(|ended| ended > edge.asserted_seq)
        {
            return Err(CheckpointFault::content("two beliefs in one fact stand at the same time"));
        }
        self.put(Table::TemporalIn, &fact_in_key(edge), &[]);
        self.list_fact(edge);
        self.mark_time(edge.asserted_at.0, edge.asserted_seq.0)?;
        match (edge.retracted_at, edge.retracted_seq) {
            (Some(at), Some(seq)) => self.mark_time(at.0, seq.0),
            _ => Ok(()),
        }
    }

    /// Notes a fact in the lists, which have every fact from the first on.
    fn list_fact(&self, edge: &TemporalEdge) {
        let out_key = fact_out_key(edge);
        self.put(Table::TemporalTypes, FACTS_LISTED, &[]);
        self.put(Table::TemporalTypes, &fact_type_key(edge), &[]);
        for seq in [Some(edge.asserted_seq), edge.retracted_seq].into_iter().flatten() {
            self.put(Table::TemporalChanges, &change_key(seq.0, &out_key), &[]);
        }
    }

    /// Remembers which commit was the last at a time.
    fn mark_time(&mut self, at: i64, seq: u64) -> Checked<()> {
        let key = KeyWriter::new().time(at).finish();
        let marked = self.get(Table::CommitTimes, &key)?;
        let marked = marked.and_then(|mark| mark.try_into().ok()).map_or(0, u64::from_le_bytes);
        if seq > marked {
            self.put(Table::CommitTimes, &key, &seq.to_le_bytes());
        }
        self.newest_at = self.newest_at.max(at);
        Ok(())
    }

    fn flush(&mut self, through_seq: u64) -> Checked<()> {
        self.site.check()?;
        let counters = self.counters;
        let flushed = self.base.flush(FlushInput { memtable: &self.memtable, through_seq, counters });
        let written = flushed.and_then(|()| self.base.snapshot());
        self.written = written.map_err(|error| self.site.store(error))?;
        self.memtable = Memtable::default();
        Ok(())
    }

    /// Ends with the last transaction, which makes the store complete up to `commit_seq`.
    pub fn finish(mut self, commit_seq: u64, last_commit_at: i64) -> Checked<Counters> {
        if self.shapes.values().any(|shape| u64::from(shape.vectors) != shape.used.len()) {
            return Err(CheckpointFault::content("a vector belongs to no document"));
        }
        self.logs.finish().map_err(CheckpointFault::content)?;
        if self.newest_seq > commit_seq || commit_seq > limits::CHECKPOINT_SEQ_MAX {
            return Err(CheckpointFault::content("its commit number does not fit its rows, or is impossible"));
        }
        if last_commit_at > limits::TIME_MS_MAX {
            return Err(CheckpointFault::content("the time of its last commit is beyond the year 9999"));
        }
        if self.newest_at > last_commit_at {
            return Err(CheckpointFault::content("a fact is newer than the checkpoint"));
        }
        self.counters.last_commit_at = last_commit_at;
        self.flush(0)?;
        self.check_times()?;
        self.flush(commit_seq)?;
        Ok(self.counters)
    }

    fn check_times(&self) -> Checked<()> {
        let KeyRange { start, end } = KeyRange::all();
        let (start, end) = (start.as_ref().map(Vec::as_slice), end.as_ref().map(Vec::as_slice));
        let rows = self
            .written
            .rows::<Vec<u8>>(Table::CommitTimes, start, end, false)
            .map_err(|error| self.site.store(error))?;
        let mut last = 0;
        for row in rows {
            let row = row.map_err(|error| self.site.store(error))?;
            let damaged = || StoreError::Corrupt { table: Table::CommitTimes.name(), what: "a commit is cut" };
            let seq = row.value.try_into().map(u64::from_le_bytes).map_err(|_| self.site.store(damaged()))?;
            if KeyReader::new(&row.key).time().is_none() || seq <= last {
                return Err(CheckpointFault::content("a later commit has an earlier time"));
            }
            last = seq;
        }
        Ok(())
    }
}

/// Puts another collection's number in front of a row's key.
fn renumber(key: &mut [u8], number: u32) {
    if let Some(place) = key.first_chunk_mut() {
        *place = number.to_be_bytes();
    }
}
