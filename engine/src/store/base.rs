//! The redb file of a namespace: what every flush so far has written.
//!
//! Every value carries an xxh3-64 of where it belongs and what it is, checked on each read, because redb itself verifies
//! pages only in recovery. How rows get in is told in [`super::flush`].

use std::ops::Bound;
use std::path::Path;

use parking_lot::{Mutex, RwLock};
use redb::{ReadOnlyTable, ReadTransaction, ReadableDatabase, TableDefinition, TableError};

use super::backend::Backend;
use super::block::{Block, ROWS};
use super::database::GuardedDatabase;
use super::error::{StoreError, StoreResult};
use super::flush::Writing;
use super::key::{KeyReader, KeyWriter};
use super::memtable::Memtable;
use super::meta::{self, Completeness};
use super::record::Counters;
use super::seal::Seal;
use super::table::Table;
use super::tables::{OpenTables, Tables};
use super::upgrade::{is_of_first_layout, upgrade};
#[cfg(test)]
use super::verify::{PageReport, verify_pages};
use super::verify::{RowReport, verify_rows};
use super::view::Row;
use crate::api::{Error, ErrorCode};
use crate::disk::{Disk, OpenMode, is_disk_full};
use crate::planted::{self, Planted};

const CREATE_CACHE_BYTES: usize = 1 << 20;

pub(super) type Rows = ReadOnlyTable<&'static [u8], &'static [u8]>;

pub(super) fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

pub(super) fn corrupt(table: Table, what: &'static str) -> StoreError {
    StoreError::Corrupt { table: table.name(), what }
}

/// What a flush writes.
#[derive(Debug, Clone, Copy)]
pub struct FlushInput<'a> {
    /// The frozen memtable.
    pub memtable: &'a Memtable,
    /// The newest commit in it.
    pub through_seq: u64,
    /// The counters after that commit.
    pub counters: Counters,
}

/// An open redb file.
#[derive(Debug)]
pub struct Base {
    /// Shared by whoever begins a transaction; alone for whoever shrinks the file.
    pub(super) db: RwLock<GuardedDatabase>,
    pub(super) backend: Backend,
    pub(super) seal: Seal,
    /// Whoever writes holds this.
    pub(super) writing: Mutex<Writing>,
}

impl Base {
    /// Makes a new file and leaves it closed and synced. The caller syncs the directory and only then lets anything
    /// refer to the file; a crash before that leaves a file that nobody knows and that the next start removes.
    pub fn create(disk: &dyn Disk, path: &Path, namespace_id: [u8; 16]) -> StoreResult<()> {
        let seal = Seal { namespace_id };
        let db = GuardedDatabase::open(Backend::create(disk, path, namespace_id)?, CREATE_CACHE_BYTES)?;
        let mut tx = db.begin_write()?;
        tx.set_two_phase_commit(true);
        meta::create(&tx, seal)?;
        meta::write(&tx, seal, Completeness { seq: 0, counters: None })?;
        for table in Table::ALL {
            tx.open_table(definition(table))?;
        }
        tx.commit()?;
        db.close()
    }

    /// Opens an existing file. A missing, empty, foreign or damaged one is refused untouched; one of the first layout is
    /// replaced by a copy in the present one.
    pub fn open(disk: &dyn Disk, path: &Path, namespace_id: [u8; 16], cache_bytes: usize) -> StoreResult<Self> {
        let seal = Seal { namespace_id };
        upgrade(disk, path, namespace_id, |db| meta::upgrade(db, seal))?;
        let base = Self::open_as(OpenMode::Existing, disk, path, namespace_id, cache_bytes)?;
        base.backend.be_patient();
        match base.backend.accept() {
            // Reading goes on; the next flush tries again. What the file has must be durable all the same: the log lets go of
            // it, and a kill may have left it in the page cache alone.
            Err(error) if is_disk_full(&error) && !base.backend.has_failed() => {
                base.backend.sync_as_it_is().map_err(StoreError::io)?;
                tracing::warn!(%error, path = %path.display(), "the disk is full; the store is read as it is");
            }
            accepted => accepted.map_err(StoreError::io)?,
        }
        Ok(base)
    }

    /// As [`Base::open`], for a file that cannot be written to: it stays on probation, so what redb writes on opening and
    /// closing stays in memory. A flush has no effect on the file.
    pub fn open_read_only(
        disk: &dyn Disk,
        path: &Path,
        namespace_id: [u8; 16],
        cache_bytes: usize,
    ) -> StoreResult<Self> {
        if is_of_first_layout(disk, path).unwrap_or(false) {
            let text =
                "it has the layout of an earlier version, which opening replaces: make its file system writable once";
            return Err(StoreError::System(Error::new(ErrorCode::Unavailable, text)));
        }
        Self::open_as(OpenMode::ReadOnly, disk, path, namespace_id, cache_bytes)
    }

    fn open_as(
        mode: OpenMode,
        disk: &dyn Disk,
        path: &Path,
        namespace_id: [u8; 16],
        cache_bytes: usize,
    ) -> StoreResult<Self> {
        let backend = Backend::open_as(mode, disk, path, namespace_id)?;
        let db = GuardedDatabase::open(backend.clone(), cache_bytes)?;
        Self::over(db, backend, namespace_id)
    }

    /// Over an opened file, if it is the namespace's.
    pub(super) fn over(db: GuardedDatabase, backend: Backend, namespace_id: [u8; 16]) -> StoreResult<Self> {
        let (db, seal, writing) = (RwLock::new(db), Seal { namespace_id }, Mutex::default());
        let base = Self { db, backend, seal, writing };
        meta::check(&base.db.read().begin_read()?, base.seal)?;
        Ok(base)
    }

    /// True once redb was given an error by the file: it then refuses whatever else it is asked.
    pub fn has_failed(&self) -> bool {
        self.backend.has_failed()
    }

    /// The last flushed commit and the counters after it.
    pub fn flushed(&self) -> StoreResult<(u64, Counters)> {
        let read = || meta::read(&self.db.read().begin_read()?, self.seal);
        let Completeness { seq, counters } = read().map_err(|error| explain(&self.backend, error))?;
        Ok((seq, counters.unwrap_or_default()))
    }

    /// Makes what is derived anew from the rows it follows from, in one commit, and tells what was wrong with it. If
    /// anything else is wrong nothing is changed.
    pub fn rebuild(&self) -> StoreResult<RowReport> {
        let (snapshot, flushed) = self.snapshot_with_flushed()?;
        let (fixes, (through_seq, _)) = (Memtable::default(), flushed);
        let report = verify_rows(&snapshot, flushed, &mut |_| true, Some(&fixes))?;
        drop(snapshot);
        let report = report.ok_or_else(|| StoreError::Engine("a walk ended that nobody ended".to_owned()))?;
        if report.is_repairable() && !report.is_sound() {
            self.flush(FlushInput { memtable: &fixes, through_seq, counters: report.counted })?;
        }
        Ok(report)
    }

    /// Verifies at most `count` pages of the file from page `from` on, past redb.
    #[cfg(test)]
    pub fn verify_pages(&self, from: u64, count: u64) -> StoreResult<PageReport> {
        verify_pages(&self.backend, from, count).map_err(StoreError::io)
    }

    /// Closes the file and tells whether that worked; dropping it closes it too.
    #[cfg(test)]
    pub fn close(self) -> StoreResult<()> {
        self.db.into_inner().close()
    }

    /// A consistent view of everything flushed so far.
    pub fn snapshot(&self) -> StoreResult<BaseSnapshot> {
        let tables = self.open_tables().map_err(|error| explain(&self.backend, error))?;
        Ok(BaseSnapshot { tables: Tables::new(tables), backend: self.backend.clone(), seal: self.seal })
    }

    /// The same, with what the very commit says of itself: between two transactions a flush may come.
    pub(super) fn snapshot_with_flushed(&self) -> StoreResult<(BaseSnapshot, (u64, Counters))> {
        let read = || {
            let tx = self.db.read().begin_read()?;
            let Completeness { seq, counters } = meta::read(&tx, self.seal)?;
            Ok::<_, StoreError>((tables_of(&tx)?, (seq, counters.unwrap_or_default())))
        };
        let (tables, flushed) = read().map_err(|error| explain(&self.backend, error))?;
        Ok((BaseSnapshot { tables: Tables::new(tables), backend: self.backend.clone(), seal: self.seal }, flushed))
    }

    pub(super) fn open_tables(&self) -> StoreResult<OpenTables> {
        let tx = self.db.read().begin_read()?;
        tables_of(&tx)
    }
}

/// redb latches an error of its file and answers everything after it without saying why; where it was a damaged page, this
/// does.
pub(super) fn explain(backend: &Backend, error: StoreError) -> StoreError {
    match (&error, backend.damaged_page()) {
        (StoreError::Engine(_), Some(page)) => StoreError::Damaged(format!("page {page} is damaged")),
        _ => error,
    }
}

fn tables_of(tx: &ReadTransaction) -> StoreResult<OpenTables> {
    Table::ALL.into_iter().map(|table| open_table(tx, table)).collect()
}

/// A table to read; nothing if it came later than the file.
fn open_table(tx: &ReadTransaction, table: Table) -> StoreResult<Option<Rows>> {
    match tx.open_table(definition(table)) {
        Err(TableError::TableDoesNotExist(_)) if table.came_later() => Ok(None),
        opened => Ok(Some(opened?)),
    }
}

/// The collection and block of a vector's row key.
pub(super) fn block_of(key: &[u8]) -> Option<(u32, u32)> {
    let mut key = KeyReader::new(key);
    Some((key.u32()?, key.u32()? / ROWS))
}

/// Every flushed row at one instant. Holding it keeps redb from reusing the pages it sees.
#[derive(Debug)]
pub struct BaseSnapshot {
    pub(super) tables: Tables,
    backend: Backend,
    seal: Seal,
}

impl BaseSnapshot {
    /// True while the file is being shrunk: reads wait.
    pub fn is_away(&self) -> bool {
        self.tables.are_away()
    }

    /// Looks a row up and hands its value to `take`.
    pub fn get<R>(&self, table: Table, key: &[u8], take: impl FnOnce(&[u8]) -> R) -> StoreResult<Option<R>> {
        let found = if table == Table::Vectors { self.vector(key, take) } else { self.row(table, key, take) };
        found.map_err(|error| explain(&self.backend, error))
    }

    fn row<R>(&self, table: Table, key: &[u8], take: impl FnOnce(&[u8]) -> R) -> StoreResult<Option<R>> {
        let reading = self.tables.read()?;
        let Some(rows) = reading.table(table) else { return Ok(None) };
        let found = rows.get(key)?;
        drop(reading);
        let Some(sealed) = found else { return Ok(None) };
        Ok(Some(take(self.seal.open(table, key, sealed.value())?)))
    }

    fn vector<R>(&self, key: &[u8], take: impl FnOnce(&[u8]) -> R) -> StoreResult<Option<R>> {
        let mut parts = KeyReader::new(key);
        let (Some(collection), Some(row)) = (parts.u32(), parts.u32()) else { return Ok(None) };
        let block_key = KeyWriter::new().u32(collection).u32(row / ROWS).finish();
        let reading = self.tables.read()?;
        let Some(blocks) = reading.table(Table::Vectors) else { return Ok(None) };
        let found = blocks.get(block_key.as_slice())?;
        drop(reading);
        let Some(sealed) = found else { return Ok(None) };
        let block = Block::decode(self.seal.open(Table::Vectors, &block_key, sealed.value())?)
            .ok_or_else(|| corrupt(Table::Vectors, "a block does not decode"))?;
        Ok(block.get(row).map(take))
    }

    /// Walks the rows of a range, upwards or downwards.
    pub fn rows(
        &self,
        table: Table,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        reverse: bool,
    ) -> StoreResult<Box<dyn Iterator<Item = StoreResult<Row>>>> {
        if table == Table::Vectors {
            return self.vectors(start, end, reverse);
        }
        Ok(Box::new(self.stored(table, start, end, reverse)?))
    }

    /// The rows as redb has them, each verified to be what it was and to stand where it belongs.
    fn stored(
        &self,
        table: Table,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        reverse: bool,
    ) -> StoreResult<impl Iterator<Item = StoreResult<Row>> + use<>> {
        let range = self.tables.read()?.table(table).map(|rows| rows.range::<&[u8]>((start, end))).transpose();
        let mut range = range.map_err(|error| explain(&self.backend, error.into()))?;
        let (seal, backend) = (self.seal, self.backend.clone());
        let mut order = Order::new(table, start, end, reverse);
        let mut ended = false;
        Ok(std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let range = range.as_mut()?;
            let row = if reverse { range.next_back() } else { range.next() }?;
            let row = row.map_err(StoreError::from).and_then(|(key, sealed)| {
                order.check(key.value())?;
                let value = seal.open(table, key.value(), sealed.value())?.to_vec();
                Ok(Row { key: key.value().to_vec(), value })
            });
            // What follows a place that cannot be read is not known to be next.
            ended = row.is_err();
            Some(row.map_err(|error| explain(&backend, error)))
        }))
    }

    fn vectors(
        &self,
        start: Bound<&[u8]>,
        end: Bound<&[u8]>,
        reverse: bool,
    ) -> StoreResult<Box<dyn Iterator<Item = StoreResult<Row>>>> {
        // Widen the bounds to whole blocks; single rows are filtered below.
        let widen = |key: &[u8]| match block_of(key) {
            Some((collection, block)) => KeyWriter::new().u32(collection).u32(block).finish(),
            None => key.to_vec(),
        };
        let low = match start {
            Bound::Included(key) | Bound::Excluded(key) => Bound::Included(widen(key)),
            Bound::Unbounded => Bound::Unbounded,
        };
        let high = match end {
            Bound::Included(key) => Bound::Included(widen(key)),
            Bound::Excluded(key) if block_of(key).is_none() => Bound::Excluded(key.to_vec()),
            Bound::Excluded(key) => Bound::Included(widen(key)),
            Bound::Unbounded => Bound::Unbounded,
        };
        let bounds = (low.as_ref().map(Vec::as_slice), high.as_ref().map(Vec::as_slice));
        let limits = (start.map(<[u8]>::to_vec), end.map(<[u8]>::to_vec));
        let blocks = self.stored(Table::Vectors, bounds.0, bounds.1, reverse)?;
        Ok(Box::new(blocks.flat_map(move |block| {
            let expanded = block.and_then(|block| expand(&block.key, &block.value, &limits, reverse));
            match expanded {
                Ok(rows) => rows.into_iter().map(Ok).collect::<Vec<_>>(),
                Err(error) => vec![Err(error)],
            }
        })))
    }
}

/// The rows of one block that lie inside the bounds.
fn expand(key: &[u8], value: &[u8], limits: &(Bound<Vec<u8>>, Bound<Vec<u8>>), reverse: bool) -> StoreResult<Vec<Row>> {
    let mut parts = KeyReader::new(key);
    let (Some(collection), Some(number)) = (parts.u32(), parts.u32()) else {
        return Err(corrupt(Table::Vectors, "a block's key is too short"));
    };
    let block = Block::decode(value).ok_or_else(|| corrupt(Table::Vectors, "a block does not decode"))?;
    let mut rows: Vec<Row> = block
        .rows(number)
        .map(|(row, vector)| Row { key: KeyWriter::new().u32(collection).u32(row).finish(), value: vector.to_vec() })
        .filter(|row| std::ops::RangeBounds::contains(limits, &row.key))
        .collect();
    if reverse {
        rows.reverse();
    }
    Ok(rows)
}

/// What a walk over stored rows must keep to: every key inside the bounds, and strictly behind the one before.
struct Order {
    table: Table,
    bounds: (Bound<Vec<u8>>, Bound<Vec<u8>>),
    reverse: bool,
    last: Option<Vec<u8>>,
}

impl Order {
    fn new(table: Table, start: Bound<&[u8]>, end: Bound<&[u8]>, reverse: bool) -> Self {
        Self { table, bounds: (start.map(<[u8]>::to_vec), end.map(<[u8]>::to_vec)), reverse, last: None }
    }

    fn check(&mut self, key: &[u8]) -> StoreResult<()> {
        let ahead = match &self.last {
            None => true,
            Some(last) if self.reverse => key < last.as_slice(),
            Some(last) => key > last.as_slice(),
        };
        if (!ahead || !self.holds(key)) && !planted::is(Planted::KeyOrderUnchecked) {
            return Err(corrupt(self.table, "keys are out of order"));
        }
        let last = self.last.get_or_insert_default();
        last.clear();
        last.extend_from_slice(key);
        Ok(())
    }

    fn holds(&self, key: &[u8]) -> bool {
        let behind_start = match &self.bounds.0 {
            Bound::Included(start) => key >= start.as_slice(),
            Bound::Excluded(start) => key > start.as_slice(),
            Bound::Unbounded => true,
        };
        let before_end = match &self.bounds.1 {
            Bound::Included(end) => key <= end.as_slice(),
            Bound::Excluded(end) => key < end.as_slice(),
            Bound::Unbounded => true,
        };
        behind_start && before_end
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    /// Pages that verify can still be those of another place: then what is walked is not what was asked for.
    #[test]
    fn a_walk_is_refused_that_leaves_its_order_or_its_bounds() {
        let order = |reverse| {
            let (start, end): (&[u8], &[u8]) = (b"b", b"d");
            Order::new(Table::Kv, Bound::Included(start), Bound::Excluded(end), reverse)
        };
        let walks: [(bool, &[&[u8]], bool); 8] = [
            (false, &[b"b", b"ba", b"c"], true),
            (true, &[b"c", b"ba", b"b"], true),
            (false, &[b"c", b"b"], false),
            (true, &[b"b", b"c"], false),
            (false, &[b"b", b"b"], false),
            (false, &[b"a"], false),
            (false, &[b"b", b"d"], false),
            (true, &[b"d"], false),
        ];
        for (reverse, keys, is_sound) in walks {
            let mut order = order(reverse);
            let walked = keys.iter().try_for_each(|key| order.check(key));
            assert_eq!(walked.is_ok(), is_sound, "{keys:?}, reverse: {reverse}");
        }
    }
}
