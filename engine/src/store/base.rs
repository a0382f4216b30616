//! The redb file of a namespace: what every flush so far has written.
//!
//! A flush is one redb write transaction with two-phase commit, and stores the `commit_seq` up to which it is complete;
//! a crash in the middle leaves the state of the flush before, and the log still holds the rest. Every value carries an
//! xxh3-64 of where it belongs and what it is, checked on each read, because redb itself verifies pages only in recovery.

use std::ops::Bound;
use std::path::Path;

use redb::{Builder, Durability, ReadOnlyTable, ReadableDatabase, ReadableTable, TableDefinition};
use xxhash_rust::xxh3::Xxh3Default;

use super::backend::Backend;
use super::block::{Block, ROWS};
use super::database::GuardedDatabase;
use super::error::{StoreError, StoreResult};
use super::key::{KeyReader, KeyWriter};
use super::memtable::Memtable;
use super::record::Counters;
use super::table::Table;
use super::view::Row;
use crate::disk::{Disk, OpenMode};

/// The version of the file's layout.
const FORMAT_VERSION: u32 = 1;
const CHECKSUM_BYTES: usize = 8;
/// No redb file is shorter: a header and one page.
const FILE_BYTES_MIN: u64 = 8192;
const REDB_MAGIC: &[u8] = b"redb\x1A\x0A\xA9\x0D\x0A";

/// Key: name. Values: format version (u32), namespace id, last flushed commit (u64), counters.
const META: TableDefinition<&[u8], &[u8]> = TableDefinition::new("meta.v1");
const META_FORMAT: &[u8] = b"format";
const META_NAMESPACE: &[u8] = b"namespace";
const META_CHECKPOINT: &[u8] = b"checkpoint_seq";
const META_COUNTERS: &[u8] = b"counters";

fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

fn corrupt(table: Table, what: &'static str) -> StoreError {
    StoreError::Corrupt { table: table.name(), what }
}

/// The checksums of one namespace's values.
#[derive(Debug, Clone, Copy)]
struct Seal {
    namespace_id: [u8; 16],
}

impl Seal {
    fn checksum(&self, table: Table, key: &[u8], value: &[u8]) -> [u8; CHECKSUM_BYTES] {
        let mut hash = Xxh3Default::new();
        hash.update(&self.namespace_id);
        hash.update(&[table.number()]);
        hash.update(&(key.len() as u64).to_le_bytes());
        hash.update(key);
        hash.update(value);
        hash.digest().to_le_bytes()
    }

    fn open<'a>(&self, table: Table, key: &[u8], sealed: &'a [u8]) -> StoreResult<&'a [u8]> {
        let (checksum, value) =
            sealed.split_first_chunk::<CHECKSUM_BYTES>().ok_or_else(|| corrupt(table, "a value is too short"))?;
        if *checksum != self.checksum(table, key, value) {
            return Err(corrupt(table, "a value's checksum is wrong"));
        }
        Ok(value)
    }

    fn close(&self, table: Table, key: &[u8], value: &[u8], out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(&self.checksum(table, key, value));
        out.extend_from_slice(value);
    }
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
    db: GuardedDatabase,
    seal: Seal,
}

impl Base {
    /// Makes a new file and leaves it closed and synced. The caller syncs the directory and only then lets anything
    /// refer to the file; a crash before that leaves a file that nobody knows and that the next start removes.
    pub fn create(disk: &dyn Disk, path: &Path, namespace_id: [u8; 16]) -> StoreResult<()> {
        let file = disk.open(path, OpenMode::CreateNew).map_err(|error| StoreError::Engine(error.to_string()))?;
        let db = Builder::new().set_cache_size(1 << 20).create_with_backend(Backend::new(file))?;
        let mut tx = db.begin_write()?;
        tx.set_two_phase_commit(true);
        {
            let mut meta = tx.open_table(META)?;
            meta.insert(META_FORMAT, FORMAT_VERSION.to_le_bytes().as_slice())?;
            meta.insert(META_NAMESPACE, namespace_id.as_slice())?;
            meta.insert(META_CHECKPOINT, 0_u64.to_le_bytes().as_slice())?;
            for table in Table::ALL {
                tx.open_table(definition(table))?;
            }
        }
        tx.commit()?;
        db.close()?;
        Ok(())
    }

    /// Opens an existing file. A missing, empty or foreign one is refused untouched.
    pub fn open(disk: &dyn Disk, path: &Path, namespace_id: [u8; 16], cache_bytes: usize) -> StoreResult<Self> {
        let io = |error: std::io::Error| StoreError::Engine(error.to_string());
        let file = disk.open(path, OpenMode::Existing).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => StoreError::NotAStore("it is missing"),
            _ => io(error),
        })?;
        let mut magic = [0_u8; REDB_MAGIC.len()];
        if file.len().map_err(io)? < FILE_BYTES_MIN {
            return Err(StoreError::NotAStore("it is shorter than its header"));
        }
        file.read_exact_at(0, &mut magic).map_err(io)?;
        if magic != REDB_MAGIC {
            return Err(StoreError::NotAStore("it does not begin as a redb file does"));
        }
        let backend = Backend::on_probation(file).map_err(io)?;
        let opened = Builder::new().set_cache_size(cache_bytes).create_with_backend(backend.clone());
        let db = opened.map_err(StoreError::on_open)?;
        let base = Self { db: GuardedDatabase::new(db), seal: Seal { namespace_id } };
        base.check_format()?;
        backend.accept().map_err(io)?;
        Ok(base)
    }

    fn check_format(&self) -> StoreResult<()> {
        let tx = self.db.begin_read()?;
        let meta = tx.open_table(META).map_err(|_| StoreError::NotAStore("it has no meta table"))?;
        let format = meta.get(META_FORMAT)?.ok_or(StoreError::NotAStore("it has no format version"))?;
        let found = format.value().try_into().map(u32::from_le_bytes);
        let found = found.map_err(|_| StoreError::NotAStore("its format version is damaged"))?;
        if found > FORMAT_VERSION {
            return Err(StoreError::UnsupportedVersion { found, known: FORMAT_VERSION });
        }
        let owner = meta.get(META_NAMESPACE)?.ok_or(StoreError::NotAStore("it has no namespace id"))?;
        if owner.value() != self.seal.namespace_id {
            return Err(StoreError::NotAStore("it belongs to another namespace"));
        }
        Ok(())
    }

    /// The last flushed commit and the counters after it.
    pub fn checkpoint(&self) -> StoreResult<(u64, Counters)> {
        let tx = self.db.begin_read()?;
        let meta = tx.open_table(META)?;
        let seq = meta.get(META_CHECKPOINT)?.ok_or(StoreError::NotAStore("it has no checkpoint"))?;
        let seq = seq.value().try_into().map(u64::from_le_bytes);
        let seq = seq.map_err(|_| StoreError::NotAStore("its checkpoint is damaged"))?;
        let counters = match meta.get(META_COUNTERS)? {
            Some(bytes) => Counters::decode(bytes.value()).ok_or(StoreError::NotAStore("its counters are damaged"))?.0,
            None => Counters::default(),
        };
        Ok((seq, counters))
    }

    /// A consistent view of everything flushed so far.
    pub fn snapshot(&self) -> StoreResult<BaseSnapshot> {
        let tx = self.db.begin_read()?;
        let mut tables = Vec::with_capacity(Table::COUNT);
        for table in Table::ALL {
            tables.push(tx.open_table(definition(table))?);
        }
        Ok(BaseSnapshot { tables, seal: self.seal })
    }

    /// Writes a frozen memtable, durably.
    pub fn flush(&self, input: FlushInput<'_>) -> StoreResult<()> {
        let mut tx = self.db.begin_write()?;
        tx.set_durability(Durability::Immediate).map_err(|error| StoreError::Engine(error.to_string()))?;
        tx.set_two_phase_commit(true);
        for table in Table::ALL {
            let mut rows = input.memtable.ascend(table, Bound::Unbounded, Bound::Unbounded, u64::MAX).peekable();
            if rows.peek().is_none() {
                continue;
            }
            let mut target = tx.open_table(definition(table))?;
            match table {
                Table::Vectors => self.flush_vectors(&mut target, &mut rows)?,
                _ => self.flush_rows(table, &mut target, rows)?,
            }
        }
        {
            let mut counters = Vec::with_capacity(80);
            input.counters.encode(&mut counters);
            let mut meta = tx.open_table(META)?;
            meta.insert(META_CHECKPOINT, input.through_seq.to_le_bytes().as_slice())?;
            meta.insert(META_COUNTERS, counters.as_slice())?;
        }
        tx.commit()?;
        Ok(())
    }

    fn flush_rows(
        &self,
        table: Table,
        target: &mut redb::Table<'_, &'static [u8], &'static [u8]>,
        rows: impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)>,
    ) -> StoreResult<()> {
        let mut sealed = Vec::new();
        for (key, value) in rows {
            match value {
                Some(value) => {
                    self.seal.close(table, &key, &value, &mut sealed);
                    target.insert(key.as_slice(), sealed.as_slice())?;
                }
                None => {
                    target.remove(key.as_slice())?;
                }
            }
        }
        Ok(())
    }

    /// Packs single rows into blocks; a block that exists is read, changed and written again.
    fn flush_vectors(
        &self,
        target: &mut redb::Table<'_, &'static [u8], &'static [u8]>,
        rows: &mut std::iter::Peekable<impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)>>,
    ) -> StoreResult<()> {
        let mut sealed = Vec::new();
        while let Some((collection, block)) = rows.peek().and_then(|(key, _)| block_of(key)) {
            let mut changes = Vec::new();
            while let Some((key, value)) = rows.next_if(|(key, _)| block_of(key) == Some((collection, block))) {
                let mut key = KeyReader::new(&key);
                let (_, row) = (key.u32(), key.u32());
                changes.push((row.unwrap_or_default(), value));
            }
            let key = KeyWriter::new().u32(collection).u32(block).finish();
            let old = match target.get(key.as_slice())? {
                Some(sealed) => Some(self.seal.open(Table::Vectors, &key, sealed.value())?.to_vec()),
                None => None,
            };
            let mut packed = match &old {
                Some(old) => Block::decode(old).ok_or_else(|| corrupt(Table::Vectors, "a block does not decode"))?,
                None => Block::default(),
            };
            for (row, vector) in &changes {
                packed.set(*row, vector.as_deref());
            }
            let mut value = Vec::new();
            if packed.encode(&mut value) {
                self.seal.close(Table::Vectors, &key, &value, &mut sealed);
                target.insert(key.as_slice(), sealed.as_slice())?;
            } else {
                target.remove(key.as_slice())?;
            }
        }
        Ok(())
    }
}

/// The collection and block of a vector's row key.
fn block_of(key: &[u8]) -> Option<(u32, u32)> {
    let mut key = KeyReader::new(key);
    Some((key.u32()?, key.u32()? / ROWS))
}

/// Every flushed row at one instant. Holding it keeps redb from reusing the pages it sees.
#[derive(Debug)]
pub struct BaseSnapshot {
    tables: Vec<ReadOnlyTable<&'static [u8], &'static [u8]>>,
    seal: Seal,
}

impl BaseSnapshot {
    fn table(&self, table: Table) -> &ReadOnlyTable<&'static [u8], &'static [u8]> {
        #[expect(clippy::indexing_slicing, reason = "one entry for each table, by construction")]
        &self.tables[usize::from(table.number())]
    }

    /// Looks a row up and hands its value to `take`.
    pub fn get<R>(&self, table: Table, key: &[u8], take: impl FnOnce(&[u8]) -> R) -> StoreResult<Option<R>> {
        if table == Table::Vectors {
            return self.vector(key, take);
        }
        let Some(sealed) = self.table(table).get(key)? else { return Ok(None) };
        Ok(Some(take(self.seal.open(table, key, sealed.value())?)))
    }

    fn vector<R>(&self, key: &[u8], take: impl FnOnce(&[u8]) -> R) -> StoreResult<Option<R>> {
        let mut parts = KeyReader::new(key);
        let (Some(collection), Some(row)) = (parts.u32(), parts.u32()) else { return Ok(None) };
        let block_key = KeyWriter::new().u32(collection).u32(row / ROWS).finish();
        let Some(sealed) = self.table(Table::Vectors).get(block_key.as_slice())? else { return Ok(None) };
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
        let mut range = self.table(table).range::<&[u8]>((start, end))?;
        let seal = self.seal;
        Ok(Box::new(std::iter::from_fn(move || {
            let row = if reverse { range.next_back() } else { range.next() };
            row.map(|row| {
                let (key, sealed) = row?;
                let value = seal.open(table, key.value(), sealed.value())?.to_vec();
                Ok(Row { key: key.value().to_vec(), value })
            })
        })))
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
        let mut range = self.table(Table::Vectors).range::<&[u8]>(bounds)?;
        let limits = (start.map(<[u8]>::to_vec), end.map(<[u8]>::to_vec));
        let seal = self.seal;
        let blocks = std::iter::from_fn(move || if reverse { range.next_back() } else { range.next() });
        Ok(Box::new(blocks.flat_map(move |item| {
            let expanded = item.map_err(StoreError::from).and_then(|(key, sealed)| {
                let value = seal.open(Table::Vectors, key.value(), sealed.value())?;
                expand(key.value(), value, &limits, reverse)
            });
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
