//! Creating and opening a namespace's files.
//!
//! ```text
//! <data>/ns/<32 hex digits>/store.redb     the last checkpoint
//! <data>/ns/<32 hex digits>/log/           everything since, and a little more
//! ```
//!
//! Opening reads the checkpoint, replays the log behind it into the memtable, and fills the vector and metadata indexes
//! from the rows; their graphs are built later, in the background. It writes nothing to redb, so a crash while opening
//! changes nothing, however often it happens.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use super::actor::Actor;
use super::checkpoint::{Checkpoint, Post, Spawn};
use super::collections::{Collection, RowInfo};
use super::exec::row_bytes;
use super::handle::{NamespaceFiles, NamespaceOptions};
use super::state::State;
use crate::api::{Embedding, Error, ErrorCode, Result};
use crate::limits;
use crate::log::{self, Log, LogError, LogOptions};
use crate::store::{
    Base, BatchReader, CollectionRecord, Counters, DocumentRecord, KeyRange, KeyReader, KeyWriter, Memtable, Read,
    Snapshot, StoreError, Table, View,
};

const STORE_NAME: &str = "store.redb";
const LOG_NAME: &str = "log";

fn log_options(options: &NamespaceOptions, dir: &Path, id: [u8; 16]) -> LogOptions {
    // A group may be full when its last, largest operation joins.
    let payload_bytes_max = limits::GROUP_BYTES_MAX + 2 * limits::OPERATION_BYTES_MAX;
    LogOptions::new(Arc::clone(&options.disk), Arc::clone(&options.rng), dir.join(LOG_NAME), id, payload_bytes_max)
}

/// Makes the files of a new namespace and syncs them with their directories. Until the catalog names them they belong to
/// nobody, and the next start removes them.
pub fn create_files(options: &NamespaceOptions, dir: &Path, id: [u8; 16]) -> Result<()> {
    let io = |error: std::io::Error| Error::internal(error.to_string());
    options.disk.create_dir_all(dir).map_err(io)?;
    Base::create(&*options.disk, &dir.join(STORE_NAME), id)?;
    let (log, _) = log::open(log_options(options, dir, id), 0, &mut |_, _| Ok(()))?;
    drop(log);
    options.disk.sync_dir(dir).map_err(io)?;
    if let Some(parent) = dir.parent() {
        options.disk.sync_dir(parent).map_err(io)?;
    }
    Ok(())
}

/// As [`create_files`], and lets `fill` put rows into the store first. They must be durable when it returns.
pub fn fill_files<R>(
    options: &NamespaceOptions,
    dir: &Path,
    id: [u8; 16],
    fill: impl FnOnce(&Base) -> Result<R>,
) -> Result<R> {
    create_files(options, dir, id)?;
    let base = Base::open(&*options.disk, &dir.join(STORE_NAME), id, limits::STORE_CACHE_BYTES)?;
    fill(&base)
}

/// What replaying the log has given so far.
struct Replayed {
    memtable: Memtable,
    counters: Counters,
    last_seq: u64,
}

impl Replayed {
    fn batch(&mut self, seqs: log::SeqRange, payload: &[u8]) -> Option<()> {
        let mut batch = BatchReader::new(payload)?;
        let mut seq = seqs.first;
        while !batch.is_empty() {
            for _ in 0..batch.operation()? {
                let effect = batch.effect()?;
                self.memtable.insert(effect.table, effect.key, effect.value, seq);
            }
            seq += 1;
        }
        self.counters = batch.counters;
        self.last_seq = seqs.last;
        (seq == seqs.last + 1).then_some(())
    }
}

/// Opens the files and rebuilds what lives in memory.
///
/// A restored store may be behind the commit as which it was restored, and its log empty: the log then begins after that.
pub fn open(options: &NamespaceOptions, files: &NamespaceFiles, spawn: Spawn, post: Post) -> Result<Actor> {
    let NamespaceFiles { id, dir, floor_seq } = files;
    let id = *id;
    let base = Base::open(&*options.disk, &dir.join(STORE_NAME), id, limits::STORE_CACHE_BYTES)?;
    let (base_seq, counters) = base.checkpoint()?;
    let base_seq = base_seq.max(*floor_seq);
    // Opening a log makes its folder; a namespace that lost it must not be given an empty one.
    let log_dir = dir.join(LOG_NAME);
    if !options.disk.exists(&log_dir).map_err(|error| Error::internal(error.to_string()))? {
        let text = format!("{} is missing: the namespace's log is lost", log_dir.display());
        return Err(Error::new(ErrorCode::Corrupt, text));
    }
    let mut replayed = Replayed { memtable: Memtable::default(), counters, last_seq: base_seq };
    let (log, report) = log::open(log_options(options, dir, id), base_seq, &mut |seqs, payload| {
        let damaged = || LogError::Replay("a record verifies but is not a batch".into());
        replayed.batch(seqs, payload).ok_or_else(damaged)
    })?;
    if report.torn_bytes > 0 {
        tracing::info!(torn_bytes = report.torn_bytes, "cut an unfinished, never acknowledged write off the log");
    }
    let Replayed { memtable, counters, last_seq } = replayed;
    if log.last_seq() != last_seq {
        return Err(Error::internal("the log and what was replayed from it disagree about the newest commit"));
    }
    let dirty = !memtable.is_empty();
    let snapshot = Some(Arc::new(base.snapshot()?));
    let view = View::new(Arc::new(memtable), None, snapshot, base_seq, last_seq);
    let mut state = State::new(view, Some(base), counters, Arc::clone(&options.clock));
    state.floor_seq = *floor_seq;
    let state = Arc::new(state);
    load_collections(&state)?;
    let mut checkpoint = Checkpoint::new(spawn, post, base_seq);
    if dirty {
        checkpoint.wrote(options.clock.monotonic());
    }
    Ok(Actor {
        state,
        log: Box::new(log),
        batch: Vec::new(),
        counted: Vec::new(),
        broken: None,
        counters,
        last_seq,
        checkpoint,
        unsynced_since: None,
        past: VecDeque::new(),
    })
}

fn corrupt(table: Table, what: &'static str) -> StoreError {
    StoreError::Corrupt { table: table.name(), what }
}

fn load_collections(state: &State) -> Result<()> {
    let snapshot = state.unpublished();
    for row in snapshot.scan(Table::Collections, &KeyRange::all(), false)? {
        let record = CollectionRecord::decode(&row?.value)?;
        let collection = Arc::new(Collection::new(record));
        load_rows(&snapshot, &collection)?;
        collection.publish_count();
        state.collections.insert(collection);
    }
    Ok(())
}

/// A row that a document refers to.
struct LiveRow {
    id: Vec<u8>,
    seq: u64,
}

fn load_rows(snapshot: &Snapshot, collection: &Collection) -> Result<()> {
    let prefix = KeyRange::prefix(&KeyWriter::new().u32(collection.record.id).finish());
    let mut live = load_documents(snapshot, collection, &prefix)?;
    for row in snapshot.scan(Table::Vectors, &prefix, false)? {
        let row = row?;
        let mut key = KeyReader::new(&row.key);
        let (Some(_), Some(number)) = (key.u32(), key.u32()) else {
            return Err(corrupt(Table::Vectors, "a key is too short").into());
        };
        collection.skip_row(number);
        let Some(LiveRow { id, seq }) = live.remove(&number) else { continue };
        let vector = Embedding::from_le_bytes(&row.value).ok_or_else(|| corrupt(Table::Vectors, "a vector is cut"))?;
        collection.vectors.insert(number, &id, &vector.0, seq)?;
    }
    if live.is_empty() {
        return Ok(());
    }
    Err(corrupt(Table::Vectors, "a document's vector is missing").into())
}

fn load_documents(snapshot: &Snapshot, collection: &Collection, prefix: &KeyRange) -> Result<HashMap<u32, LiveRow>> {
    let mut live = HashMap::new();
    for row in snapshot.scan(Table::Documents, prefix, false)? {
        let row = row?;
        let id = row.key.get(4..).unwrap_or_default();
        let record = DocumentRecord::decode(&row.value)?;
        collection.skip_row(record.row);
        collection.index_info(record.row, &RowInfo::of(collection.record.kind, &record)?);
        let bytes = row_bytes(&row.value, id, collection.record.dimension);
        collection.account(1, bytes.cast_signed());
        live.insert(record.row, LiveRow { id: id.to_vec(), seq: record.seq });
    }
    Ok(live)
}
