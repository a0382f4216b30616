//! Walks the rows of a store and holds them against each other; the rules stand in [`super`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::checked::{CONTRADICTION, DERIVED, RowCheck};
use super::chunks::ChunkCount;
use super::fact_lists::FactLists;
use super::node_types::NodeList;
use super::report::{FaultKind, RowReport};
use super::times::Times;
use super::walk::{Pace, RowSets, RowWalk, Stop};
use crate::store::base_snapshot::BaseSnapshot;
use crate::store::error::{StoreError, StoreResult};
use crate::store::front::KvFront;
use crate::store::key::{KeyReader, KeyWriter};
use crate::store::log_record::{LogEntryRow, LogHead, LogMark};
use crate::store::log_walk::LogWalk;
use crate::store::memtable::Memtable;
use crate::store::range_delete::RangeDelete;
use crate::store::record::{
    CollectionKind, CollectionRecord, Counters, DocumentRecord, EdgeRecord, KvRecord, RowMark, RowPlace, TemporalRecord,
};
use crate::store::table::Table;

const BYTES_BETWEEN: u64 = 64 << 10;

/// Walks all rows; nothing if `pace` ended it.
pub fn verify_rows(
    snapshot: &BaseSnapshot,
    flushed: (u64, Counters),
    pace: Pace<'_>,
    fixes: Option<&Memtable>,
) -> StoreResult<Option<RowReport>> {
    let report = RowReport { flushed_seq: flushed.0, ..RowReport::default() };
    let mut walk = RowWalk {
        snapshot,
        pace,
        unpaced: 0,
        report,
        counted: Counters::default(),
        expiring: 0,
        reverse: [0; 3],
        collections: BTreeMap::new(),
        purged: BTreeSet::new(),
        ranges: Vec::new(),
        rows: BTreeMap::new(),
        times: Times::default(),
        logs: LogWalk::default(),
        nodes: NodeList::default(),
        lists: FactLists::default(),
        chunks: ChunkCount::default(),
        fixes,
    };
    // Pages of an older state verify one by one, and together make redb panic.
    let ran = catch_unwind(AssertUnwindSafe(|| walk.run(&flushed.1)));
    match ran.unwrap_or(Err(Stop::Failed(StoreError::NotAStore("redb cannot make sense of it")))) {
        Ok(()) => walk.report.complete = true,
        Err(Stop::Asked) => return Ok(None),
        // Damage is what was looked for; any other failure says nothing about the rows.
        Err(Stop::Failed(error @ (StoreError::Damaged(_) | StoreError::NotAStore(_)))) => {
            walk.report.add(FaultKind::Damaged, "store", error.to_string());
        }
        Err(Stop::Failed(error)) => return Err(error),
    }
    Ok(Some(walk.report))
}

impl RowWalk<'_> {
    fn run(&mut self, counters: &Counters) -> Result<(), Stop> {
        self.begin_node_list().map_err(Stop::Failed)?;
        self.begin_lists().map_err(Stop::Failed)?;
        // What rows are looked up against comes first.
        for table in [Table::Purges, Table::RangeDeletes, Table::Collections] {
            self.table(table)?;
        }
        for table in Table::ALL {
            match table {
                Table::Purges | Table::RangeDeletes | Table::Collections => {}
                _ => self.table(table)?,
            }
        }
        self.compare_vectors();
        if let Err(what) = self.logs.finish() {
            self.report.add(FaultKind::Contradiction, Table::LogEntries.name(), what.to_owned());
        }
        self.mend_times()?;
        let [expiry, edges_in, temporal_in] = self.reverse;
        self.compare(Table::KvExpiry.name(), expiry, self.expiring);
        self.compare(Table::EdgesIn.name(), edges_in, self.counted.edges);
        self.compare(Table::TemporalIn.name(), temporal_in, self.counted.temporal_versions);
        self.compare_node_list();
        self.compare_lists();
        self.compare_chunks();
        self.compare_counters(counters);
        Ok(())
    }

    fn table(&mut self, table: Table) -> Result<(), Stop> {
        let snapshot = self.snapshot;
        let rows = snapshot.rows::<Vec<u8>>(table, Bound::Unbounded, Bound::Unbounded, false).map_err(Stop::Failed)?;
        for row in rows {
            let row = match row {
                Ok(row) => row,
                Err(error) if error.ends_the_handle() => return Err(Stop::Failed(error)),
                Err(error) => {
                    self.report.add(FaultKind::Damaged, table.name(), error.to_string());
                    self.chunks.is_partial = true;
                    return Ok(());
                }
            };
            // Answers that clients may ask for again are nobody's data.
            self.report.rows += u64::from(!matches!(table, Table::Clients | Table::Answers));
            self.unpaced += (row.key.len() + row.value.len()) as u64;
            if self.unpaced >= BYTES_BETWEEN && !(self.pace)(std::mem::take(&mut self.unpaced)) {
                return Err(Stop::Asked);
            }
            match self.row(table, &row.key, &row.value) {
                Ok(Ok(())) => {}
                Ok(Err((kind, what))) => {
                    self.report.add(kind, table.name(), format!("{what}, at key {}", shown(&row.key)));
                }
                Err(error) if error.ends_the_handle() => return Err(Stop::Failed(error)),
                // A row that this one was held against.
                Err(error) => self.report.add(FaultKind::Damaged, table.name(), error.to_string()),
            }
        }
        Ok(())
    }

    fn row(&mut self, table: Table, key: &[u8], value: &[u8]) -> StoreResult<RowCheck> {
        self.count_chunks(table, key, value)?;
        let checked = match table {
            Table::Kv => self.pair(key, value)?,
            Table::KvExpiry => self.expiry(key)?,
            Table::Collections => self.collection(value),
            Table::Documents => self.document(key, value),
            Table::Vectors => self.vector(key),
            Table::Nodes => self.node(key, value)?,
            Table::EdgesOut => self.edge(key, value)?,
            Table::EdgesIn => self.edge_in(key)?,
            Table::TemporalOut => self.fact(key, value)?,
            Table::TemporalIn => self.fact_in(key)?,
            Table::CommitTimes => self.commit_time(key, value),
            Table::TemporalTypes => self.listed_type(key)?,
            Table::TemporalChanges => self.listed_change(key)?,
            Table::Rows => self.row_mark(key, value),
            Table::Logs => self.log(key, value),
            Table::LogEntries => self.log_entry(key, value),
            Table::RangeDeletes => self.range_delete(key, value),
            Table::NodeTypes => self.listed_node(key)?,
            Table::Chunks => self.chunk(key)?,
            Table::Clients => self.client(key, value)?,
            Table::Answers => self.answer(key)?,
            Table::Purges => {
                self.purged.extend(KeyReader::new(key).u32());
                Ok(())
            }
        };
        Ok(checked)
    }

    /// A derived row that must be there.
    pub(super) fn demand(&self, table: Table, key: &[u8], what: &'static str) -> StoreResult<RowCheck> {
        if self.has(table, key)? {
            return Ok(Ok(()));
        }
        self.fix(table, key, Some(&[]));
        Ok(Err(DERIVED(what)))
    }

    /// A derived row that is there, and may be if another one is.
    pub(super) fn grant(&self, table: Table, key: &[u8], may: bool, what: &'static str) -> RowCheck {
        if may {
            return Ok(());
        }
        self.fix(table, key, None);
        Err(DERIVED(what))
    }

    pub(super) fn fix(&self, table: Table, key: &[u8], value: Option<&[u8]>) {
        if let Some(fixes) = self.fixes {
            fixes.insert(table, key, value, self.report.flushed_seq);
        }
    }

    pub(super) fn has(&self, table: Table, key: &[u8]) -> StoreResult<bool> {
        Ok(self.snapshot.head(table, key)?.is_some())
    }

    fn pair(&mut self, key: &[u8], value: &[u8]) -> StoreResult<RowCheck> {
        self.counted.keys += 1;
        let Ok(record) = KvRecord::decode(value) else { return Ok(Err(CONTRADICTION("the record does not decode"))) };
        self.counted.live_bytes += (key.len() + record.value.len()) as u64;
        if record.expires_at == 0 {
            return Ok(Ok(()));
        }
        self.expiring += 1;
        let listed = KeyWriter::new().time(record.expires_at).raw(key).finish();
        self.demand(Table::KvExpiry, &listed, "a key that expires is not in the index of expiries")
    }

    fn expiry(&mut self, key: &[u8]) -> StoreResult<RowCheck> {
        let [expiry, ..] = &mut self.reverse;
        *expiry += 1;
        let mut parts = KeyReader::new(key);
        let matches = match parts.time() {
            Some(expires_at) => {
                let head = self.snapshot.head(Table::Kv, parts.rest())?;
                head.is_some_and(|head| KvFront::decode(&head).is_ok_and(|front| front.expires_at == expires_at))
            }
            None => false,
        };
        Ok(self.grant(Table::KvExpiry, key, matches, "no key expires then"))
    }

    fn collection(&mut self, value: &[u8]) -> RowCheck {
        self.counted.collections += 1;
        let record = CollectionRecord::decode(value).map_err(|_| CONTRADICTION("the record does not decode"))?;
        self.counted.next_collection_id = self.counted.next_collection_id.max(record.id.saturating_add(1));
        let twice = self.purged.contains(&record.id) || self.collections.insert(record.id, record).is_some();
        if twice { Err(CONTRADICTION("two collections have one number")) } else { Ok(()) }
    }

    fn document(&mut self, key: &[u8], value: &[u8]) -> RowCheck {
        let mut parts = KeyReader::new(key);
        let collection = parts.u32().ok_or(CONTRADICTION("the key does not decode"))?;
        let record = DocumentRecord::decode(value).map_err(|_| CONTRADICTION("the record does not decode"))?;
        if self.purged.contains(&collection) {
            return Ok(());
        }
        let owner = self.collections.get(&collection).ok_or(CONTRADICTION("a document has no collection"))?;
        self.counted.vectors += 1;
        self.counted.documents += u64::from(owner.kind == CollectionKind::Documents);
        let RowPlace { row, vector } = record.place;
        let vector_bytes = if vector.is_some() { u64::from(owner.dimension) * 4 } else { 0 };
        let bytes = ((value.len() + parts.rest().len()) as u64).saturating_sub(record.place.apart_bytes());
        self.counted.live_bytes += bytes + vector_bytes;
        if owner.kind != CollectionKind::Vectors && record.body().is_err() {
            return Err(CONTRADICTION("the record does not decode"));
        }
        let sets = self.rows.entry(collection).or_default();
        if vector.is_some_and(|vector| !sets.documents.insert(vector)) {
            return Err(CONTRADICTION("two documents have one vector"));
        }
        if vector != Some(row) && !sets.apart.insert(row) {
            return Err(CONTRADICTION("two documents have one number"));
        }
        Ok(())
    }

    fn vector(&mut self, key: &[u8]) -> RowCheck {
        let mut parts = KeyReader::new(key);
        let (Some(collection), Some(row)) = (parts.u32(), parts.u32()) else {
            return Err(CONTRADICTION("the key does not decode"));
        };
        if !self.purged.contains(&collection) {
            self.rows.entry(collection).or_default().vectors.insert(row);
        }
        Ok(())
    }

    /// What it says of deleted rows is said nowhere else; live ones may have numbers on both sides of it.
    fn row_mark(&self, key: &[u8], value: &[u8]) -> RowCheck {
        let collection = KeyReader::new(key).u32().ok_or(CONTRADICTION("the key does not decode"))?;
        RowMark::decode(value).map_err(|_| CONTRADICTION("the record does not decode"))?;
        let is_known = self.collections.contains_key(&collection) || self.purged.contains(&collection);
        if is_known { Ok(()) } else { Err(CONTRADICTION("deleted rows have no collection")) }
    }

    fn log(&mut self, key: &[u8], value: &[u8]) -> RowCheck {
        let undecodable = |_| CONTRADICTION("the record does not decode");
        if key == LogMark::KEY {
            return self.logs.mark(LogMark::decode(value).map_err(undecodable)?).map_err(CONTRADICTION);
        }
        self.counted.live_bytes += key.len() as u64 + LogHead::BYTES;
        self.logs.log(LogHead::decode(value).map_err(undecodable)?).map_err(CONTRADICTION)
    }

    fn range_delete(&mut self, key: &[u8], value: &[u8]) -> RowCheck {
        let range = RangeDelete::decode(key, value).map_err(|_| CONTRADICTION("the record does not decode"))?;
        if range.seq > self.report.flushed_seq {
            return Err(CONTRADICTION("a range was deleted by a commit to come"));
        }
        self.ranges.push(range);
        Ok(())
    }

    fn log_entry(&mut self, key: &[u8], value: &[u8]) -> RowCheck {
        // What its log has let go of counts no more, whether it has been removed or not.
        if self.ranges.iter().any(|range| range.holds(Table::LogEntries, key)) {
            return Ok(());
        }
        self.counted.live_bytes += (key.len() + value.len()) as u64;
        let (number, position) = LogEntryRow::place(key).map_err(|_| CONTRADICTION("the key does not decode"))?;
        let record = LogEntryRow::decode(value).map_err(|_| CONTRADICTION("the record does not decode"))?;
        self.logs.entry(number, position, record).map_err(CONTRADICTION)
    }

    fn compare_vectors(&mut self) {
        for (collection, RowSets { documents, vectors, apart }) in &self.rows {
            for (rows, what) in [
                (apart & vectors, "documents under the number of another's vector"),
                (documents - vectors, "documents without their vector"),
                (vectors - documents, "vectors without a document"),
            ] {
                if !rows.is_empty() {
                    let what = format!("collection {collection} has {} {what}", rows.len());
                    self.report.add(FaultKind::Contradiction, Table::Vectors.name(), what);
                }
            }
        }
    }

    fn edge(&mut self, key: &[u8], value: &[u8]) -> StoreResult<RowCheck> {
        self.counted.edges += 1;
        self.counted.live_bytes += (key.len() + value.len()) as u64;
        let Some([from, edge_type, to]) = texts(key) else { return Ok(Err(CONTRADICTION("the key does not decode"))) };
        if EdgeRecord::decode(value).is_err() {
            return Ok(Err(CONTRADICTION("the record does not decode")));
        }
        if !self.has(Table::Nodes, from.as_bytes())? || !self.has(Table::Nodes, to.as_bytes())? {
            return Ok(Err(CONTRADICTION("an edge leads to or from a node that is not there")));
        }
        let listed = KeyWriter::new().text(to).text(edge_type).text(from).finish();
        self.demand(Table::EdgesIn, &listed, "an edge is not in the index of incoming ones")
    }

    fn edge_in(&mut self, key: &[u8]) -> StoreResult<RowCheck> {
        let [_, edges_in, _] = &mut self.reverse;
        *edges_in += 1;
        let there = match texts(key) {
            Some([to, edge_type, from]) => {
                self.has(Table::EdgesOut, &KeyWriter::new().text(from).text(edge_type).text(to).finish())?
            }
            None => false,
        };
        Ok(self.grant(Table::EdgesIn, key, there, "there is no such edge"))
    }

    fn fact(&mut self, key: &[u8], value: &[u8]) -> StoreResult<RowCheck> {
        self.counted.temporal_versions += 1;
        self.counted.live_bytes += (key.len() + value.len()) as u64;
        let Some(mirrored) = mirrored(key) else { return Ok(Err(CONTRADICTION("the key does not decode"))) };
        let Ok(record) = TemporalRecord::decode(value) else {
            return Ok(Err(CONTRADICTION("the record does not decode")));
        };
        let timed = self.demand_times(key, &record)?;
        let listed = self.demand(Table::TemporalIn, &mirrored, "a fact is not in the index of incoming ones")?;
        Ok(listed.and(timed).and(self.demand_lists(key, &record)?))
    }

    fn fact_in(&mut self, key: &[u8]) -> StoreResult<RowCheck> {
        let [_, _, temporal_in] = &mut self.reverse;
        *temporal_in += 1;
        let there = match mirrored(key) {
            Some(mirrored) => self.has(Table::TemporalOut, &mirrored)?,
            None => false,
        };
        Ok(self.grant(Table::TemporalIn, key, there, "there is no such fact"))
    }

    pub(super) fn compare(&mut self, table: &'static str, found: u64, wanted: u64) {
        if found != wanted {
            self.report.add(FaultKind::Derived, table, format!("it has {found} rows where {wanted} belong"));
        }
    }

    fn compare_counters(&mut self, stored: &Counters) {
        let counted = self.counted;
        for (name, stored, counted) in [
            ("keys", stored.keys, counted.keys),
            ("vectors", stored.vectors, counted.vectors),
            ("documents", stored.documents, counted.documents),
            ("collections", stored.collections, counted.collections),
            ("nodes", stored.nodes, counted.nodes),
            ("edges", stored.edges, counted.edges),
            ("versions of facts", stored.temporal_versions, counted.temporal_versions),
            ("live bytes", stored.live_bytes, counted.live_bytes),
        ] {
            if stored != counted {
                let what = format!("it says {stored} {name}, and there are {counted}");
                self.report.add(FaultKind::Derived, "counters", what);
            }
        }
        self.report.counted = Counters {
            next_collection_id: stored.next_collection_id.max(counted.next_collection_id),
            last_commit_at: stored.last_commit_at.max(counted.last_commit_at),
            ..counted
        };
        if stored.last_commit_at < counted.last_commit_at {
            let what = "a fact is newer than the last commit".to_owned();
            self.report.add(FaultKind::Derived, "counters", what);
        }
        if stored.next_collection_id < counted.next_collection_id {
            let what = "the next collection would get a number that is taken".to_owned();
            self.report.add(FaultKind::Derived, "counters", what);
        }
    }
}

/// The three texts of an edge's key.
fn texts(key: &[u8]) -> Option<[&str; 3]> {
    let mut parts = KeyReader::new(key);
    let texts = [parts.text()?, parts.text()?, parts.text()?];
    parts.rest().is_empty().then_some(texts)
}

/// The key of a fact on the other side: both sides exchange their first text and the one after the time.
fn mirrored(key: &[u8]) -> Option<Vec<u8>> {
    let mut parts = KeyReader::new(key);
    let (near, edge_type, valid_from) = (parts.text()?, parts.text()?, parts.time()?);
    let (far, seq) = (parts.text()?, parts.u64()?);
    let key = KeyWriter::new().text(far).text(edge_type).time(valid_from).text(near).u64(seq).finish();
    parts.rest().is_empty().then_some(key)
}

/// A key as it can be told: its beginning.
fn shown(key: &[u8]) -> String {
    let (head, dots) = (key.get(..48).unwrap_or(key), if key.len() > 48 { "..." } else { "" });
    format!("\"{}\"{dots}", head.escape_ascii())
}
