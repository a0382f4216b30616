//! Creating and opening a namespace's files.
//!
//! ```text
//! <data>/ns/<32 hex digits>/store.redb     what was flushed
//! <data>/ns/<32 hex digits>/log/           everything since, and a little more
//! ```
//!
//! Opening reads up to where the store was flushed, replays the log behind that into the memtable, and fills the vector and
//! metadata indexes from the rows; their graphs are built later, in the background. Of the store only what redb writes on
//! opening is written, its mark of use and the repair of an unclean end, and it is synced before the log is opened: that
//! releases what the store holds, which a kill may have left in the page cache alone. No row is changed, so a crash while
//! opening changes nothing, however often it happens.

use std::path::Path;
use std::sync::Arc;

use super::access::Access;
use super::actor::Actor;
use super::answered::AnsweredClients;
use super::change::Changes;
use super::flushing::Flushing;
use super::last_changes::LastChanges;
use super::mailbox::Post;
use super::options::{NamespaceFiles, NamespaceOptions};
use super::shrinking::Shrinking;
use super::snapshots::HeldSnapshots;
use super::state::State;
use crate::api::{Error, ErrorCode, Result};
use crate::disk::{Disk, check_dir, to_error};
use crate::limits;
use crate::log::{self, Log, LogError, LogFormat, LogOptions, Rest};
use crate::planted::{self, Planted};
use crate::rng::Rng;
use crate::store::{
    Base, BatchFormat, BatchReader, CollectionRecord, Counters, KeyRange, KeyWriter, LoggedOnce, LoggedOperation,
    Memtable, OperationHead, RangeDelete, Read, RowEffect, StoredRow, Table, View,
};

pub const STORE_NAME: &str = "store.redb";
pub(super) const LOG_NAME: &str = "log";

pub(super) fn log_options(disk: &Arc<dyn Disk>, rng: &Arc<dyn Rng>, dir: &Path, id: [u8; 16]) -> LogOptions {
    // A group may be full when its last, largest operation joins.
    let payload_bytes_max = limits::GROUP_BYTES_MAX + 2 * limits::OPERATION_BYTES_MAX;
    LogOptions::new(Arc::clone(disk), Arc::clone(rng), dir.join(LOG_NAME), id, payload_bytes_max)
}

/// Makes the files of a new namespace and syncs them with their directories. Until the catalog names them they belong to
/// nobody, and the next start removes them.
pub fn create_files(options: &NamespaceOptions, dir: &Path, id: [u8; 16]) -> Result<()> {
    let io = |error: std::io::Error| to_error(&error);
    check_parent(&*options.disk, dir)?;
    options.disk.create_dir_all(dir).map_err(io)?;
    Base::create(&*options.disk, &dir.join(STORE_NAME), id)?;
    let (log, _) = log::open(log_options(&options.disk, &options.rng, dir, id), 0, &mut |_| Ok(()))?;
    drop(log);
    if planted::is(Planted::FolderUnsynced) {
        return Ok(());
    }
    options.disk.sync_dir(dir).map_err(io)?;
    if let Some(parent) = dir.parent() {
        options.disk.sync_dir(parent).map_err(io)?;
    }
    Ok(())
}

/// The directory of all folders is made when a database is first opened, and by nobody after that.
fn check_parent(disk: &dyn Disk, dir: &Path) -> Result<()> {
    dir.parent().map_or(Ok(()), |parent| check_dir(disk, parent)).map_err(|error| to_error(&error))
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
#[derive(Debug)]
pub(super) struct Replayed {
    /// The rows.
    pub memtable: Memtable,
    /// The counters after them.
    pub counters: Counters,
    /// The newest commit.
    pub last_seq: u64,
    /// The answers that clients may ask for again.
    pub answered: AnsweredClients,
}

impl Replayed {
    /// Begins with what the store has.
    pub fn new(counters: Counters, last_seq: u64, answered: AnsweredClients) -> Self {
        Self { memtable: Memtable::default(), counters, last_seq, answered }
    }

    /// Takes a record of the log.
    pub fn take(&mut self, batch: log::Batch<'_>) -> std::result::Result<(), LogError> {
        let Self { memtable, answered, .. } = self;
        let insert = &mut |effect: RowEffect<'_>, seq| {
            memtable.insert(effect.table, effect.key, effect.value, seq);
        };
        let note = &mut |once: &LoggedOnce, head: &OperationHead, seq| {
            answered.note(once, seq, head.kind, head.time_ms);
        };
        self.counters = read_operations(batch, insert, note)?;
        self.last_seq = batch.seqs.last;
        Ok(())
    }
}

/// How the operations of a record begin.
pub(super) fn batch_format(format: LogFormat) -> BatchFormat {
    match format {
        LogFormat::One => BatchFormat::Counted,
        LogFormat::Two => BatchFormat::Headed,
    }
}

/// Reads a record of the log: each effect with its commit. Gives the counters after it.
pub(super) fn read_batch(
    batch: log::Batch<'_>,
    take: &mut dyn FnMut(RowEffect<'_>, u64),
) -> std::result::Result<Counters, LogError> {
    read_operations(batch, take, &mut |_, _, _| ())
}

/// As [`read_batch`], and `note` is told of each operation that was asked for under a number.
fn read_operations(
    log::Batch { seqs, format, payload }: log::Batch<'_>,
    take: &mut dyn FnMut(RowEffect<'_>, u64),
    note: &mut dyn FnMut(&LoggedOnce, &OperationHead, u64),
) -> std::result::Result<Counters, LogError> {
    let mut read = || {
        let mut batch = BatchReader::new(batch_format(format), payload)?;
        let mut seq = seqs.first;
        while !batch.is_empty() {
            let LoggedOperation { head, once, effects } = batch.operation()?;
            for effect in effects {
                take(effect?, seq);
            }
            if let (Some(once), Some(head)) = (once, head) {
                note(&once, &head, seq);
            }
            seq += 1;
        }
        (seq == seqs.last + 1).then_some(batch.counters)
    };
    read().ok_or_else(|| LogError::Replay("a record verifies but is not a batch".into()))
}

/// Opens the files and rebuilds what lives in memory.
///
/// A restored store may be behind the commit as which it was restored, and its log empty: the log then begins after that.
pub fn open(
    options: &NamespaceOptions,
    files: &NamespaceFiles,
    access: Access,
    opening: u64,
    post: Post,
) -> Result<Actor> {
    let NamespaceFiles { id, name: _, dir, floor_seq } = files;
    let (id, store) = (*id, dir.join(STORE_NAME));
    check_parent(&*options.disk, dir)?;
    let base = match access {
        Access::Full => Base::open(&*options.disk, &store, id, options.store_cache_bytes)?,
        Access::ReadOnly => Base::open_read_only(&*options.disk, &store, id, options.store_cache_bytes)?,
    };
    let (base_seq, counters) = base.flushed()?;
    let (base_seq, base_bytes) = (base_seq.max(*floor_seq), counters.live_bytes);
    // Opening a log makes its folder; a namespace that lost it must not be given an empty one.
    let log_dir = dir.join(LOG_NAME);
    if !options.disk.exists(&log_dir).map_err(|error| to_error(&error))? {
        let text = format!("{} is missing: the namespace's log is lost", log_dir.display());
        return Err(Error::new(ErrorCode::Corrupt, text));
    }
    let mut replayed = Replayed::new(counters, base_seq, AnsweredClients::of_store(&base, base_seq)?);
    let replay: &mut log::Replay<'_> = &mut |batch| replayed.take(batch);
    let log_options = log_options(&options.disk, &options.rng, dir, id);
    let (log, report): (Box<dyn Log>, _) = match access {
        Access::Full => boxed(log::open(log_options, base_seq, replay)?),
        Access::ReadOnly => boxed(log::read(&log_options, base_seq, replay)?),
    };
    match report.rest {
        Rest::Torn { bytes: 0 } => {}
        Rest::Torn { bytes } => tracing::info!(bytes, "cut an unfinished, never acknowledged write off the log"),
        Rest::Needless => {
            tracing::warn!(dir = %dir.display(), "the log is damaged where the store has what it held; it begins anew");
        }
    }
    let Replayed { memtable, counters, last_seq, answered } = replayed;
    if log.last_seq() != last_seq {
        return Err(Error::internal("the log and what was replayed from it disagree about the newest commit"));
    }
    let dirty = !memtable.is_empty();
    let snapshot = Some(Arc::new(base.snapshot()?));
    let view = View::new(Arc::new(memtable), None, snapshot, base_seq, last_seq);
    let mut state = State::new(view, Some(base), counters, Arc::clone(&options.clock));
    state.floor_seq = if planted::is(Planted::RestoreLooksOld) { 0 } else { *floor_seq };
    state.opening = opening;
    state.snapshots = HeldSnapshots::within(&options.pinned);
    let state = Arc::new(state);
    load_hidden(&state)?;
    load_collections(&state, last_seq)?;
    let mut flushing = Flushing::new(Arc::clone(&options.background), post, base_seq, base_bytes);
    if dirty {
        flushing.wrote(options.clock.monotonic());
    }
    Ok(Actor {
        state,
        log,
        batch: Vec::new(),
        expected_bytes: 0,
        has_looked: false,
        counted: Vec::new(),
        broken: None,
        store_failed: None,
        panics: 0,
        counters,
        last_seq,
        last_changes: LastChanges::since(last_seq),
        answered,
        clients_looked_at: None,
        flushing,
        unsynced_since: None,
        sweeping: false,
        reclaimed_at: options.clock.monotonic(),
        shrinking: Shrinking::default(),
        owed: None,
        taking: None,
    })
}

fn boxed<L: Log + 'static>((log, report): (L, log::ReplayReport)) -> (Box<dyn Log>, log::ReplayReport) {
    (Box::new(log), report)
}

/// Hides what range deletes hide. Whether their keys were written to since is not known.
fn load_hidden(state: &State) -> Result<()> {
    if planted::is(Planted::RangeForgotten) {
        return Ok(());
    }
    for row in state.unpublished().scan(Table::RangeDeletes, &KeyRange::all(), false)? {
        let StoredRow { key, value } = row?;
        let delete = RangeDelete::decode(&key, &value)?;
        state.hide(|hidden| hidden.with(delete, true));
    }
    Ok(())
}

/// Fills the indexes of collections from the rows. Timelines are read when they are first asked for.
fn load_collections(state: &State, last_seq: u64) -> Result<()> {
    let snapshot = state.unpublished();
    for row in snapshot.scan(Table::Collections, &KeyRange::all(), false)? {
        let row = row?;
        let mut changes = Changes::of_rows(last_seq, &state.collections);
        let mut take = |table, StoredRow { key, value }: &StoredRow| {
            let written = RowEffect { table, key, value: Some(value) };
            changes.take(written)?.map_or(Ok(()), |change| change.apply(state))
        };
        take(Table::Collections, &row)?;
        let own = KeyRange::prefix(&KeyWriter::new().u32(CollectionRecord::decode(&row.value)?.id).finish());
        for table in [Table::Documents, Table::Vectors, Table::Rows] {
            for row in snapshot.scan(table, &own, false)? {
                take(table, &row?)?;
            }
        }
        changes.finish()?;
    }
    state.collections.all().iter().for_each(|collection| collection.publish_count());
    Ok(())
}
