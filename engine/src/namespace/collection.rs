//! The in-memory side of one collection, vector index or cache: its vectors and what is known of its rows, derived from the
//! store and rebuilt on opening.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;
use roaring::RoaringBitmap;

use super::lifetimes::Lifetimes;
use super::look_ups::LookUps;
use super::row_info::RowInfo;
use super::versions::Versions;
use crate::api::{CollectionName, Embedding, Error, Result};
use crate::index::metadata::SharedIndex;
use crate::index::vector::{IdBytes, VectorIndex, VectorParams};
use crate::store::{CollectionRecord, RowPlace};
use crate::work::Wanted;

#[derive(Debug)]
struct Retired {
    seq: u64,
    row: u32,
    info: RowInfo,
}

/// One collection, vector index or cache. Rows in it carry their commits, so it may hold rows that are not published yet.
#[derive(Debug)]
pub struct Collection {
    /// Its record as it was when this was made. Number, kind, metric and creation never change; what its metadata is, its row
    /// says at each commit, and its dimension, once decided, [`Self::dimension`].
    pub record: CollectionRecord,
    /// Its vectors.
    pub vectors: VectorIndex,
    /// True while its graph is being built.
    pub building: AtomicBool,
    /// When its rows expire.
    pub lifetimes: Lifetimes,
    /// What only a cache has.
    pub look_ups: LookUps,
    versions: Versions,
    metadata: SharedIndex,
    /// Deleted rows with what was known of them, by commit: older readers still find them until they are reclaimed.
    retired: Mutex<VecDeque<Retired>>,
    /// The next row; only the actor takes one. No number is ever used twice: table `rows.v1` remembers those of deleted rows.
    next_row: AtomicU32,
    /// Live rows and bytes after the newest operation, for the actor.
    count: AtomicU64,
    bytes: AtomicU64,
    /// Live rows as of the newest published commit, for readers.
    published_count: AtomicU64,
    /// Rows when graph building was last considered.
    last_count: AtomicU64,
}

impl Collection {
    /// An empty collection.
    pub fn new(record: CollectionRecord) -> Self {
        let params = VectorParams::new(record.dimension as usize, record.metric);
        Self {
            record,
            vectors: VectorIndex::new(params),
            building: AtomicBool::new(false),
            lifetimes: Lifetimes::default(),
            look_ups: LookUps::default(),
            versions: Versions::default(),
            metadata: SharedIndex::default(),
            retired: Mutex::default(),
            next_row: AtomicU32::new(0),
            count: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            published_count: AtomicU64::new(0),
            last_count: AtomicU64::new(0),
        }
    }

    /// Numbers in each vector; 0 = no vector has decided it yet.
    pub fn dimension(&self) -> u32 {
        u32::try_from(self.vectors.params().dimension).unwrap_or(u32::MAX)
    }

    /// Refuses an embedding that cannot be compared with those of this cache.
    pub fn check_dimension(&self, name: &CollectionName, embedding: &Embedding) -> Result<()> {
        let (given, fixed) = (embedding.0.len(), self.dimension());
        if given == fixed as usize {
            return Ok(());
        }
        Err(Error::invalid(format!(
            "the embedding has dimension {given}, but the first entry of cache {name:?} has fixed {fixed}; use another \
             cache for another model"
        )))
    }

    /// Takes a row number; `None` when the collection has used all of them.
    pub fn take_row(&self) -> Option<u32> {
        let row = self.next_row.load(Ordering::Relaxed);
        if row >= crate::limits::ROWS_MAX {
            return None;
        }
        self.next_row.store(row + 1, Ordering::Relaxed);
        Some(row)
    }

    /// Keeps rows up to `row` from being taken again.
    pub fn skip_row(&self, row: u32) {
        self.skip_rows_below(row.saturating_add(1));
    }

    /// Keeps rows below `next` from being taken again.
    pub fn skip_rows_below(&self, next: u32) {
        self.next_row.fetch_max(next, Ordering::Relaxed);
    }

    /// The next row; all that were ever taken are below it.
    pub fn next_row(&self) -> u32 {
        self.next_row.load(Ordering::Relaxed)
    }

    /// Makes a row of the id, written at commit `seq`, findable by what is known of it.
    pub fn index_row(&self, place: RowPlace, id: &[u8], info: &RowInfo, seq: u64) {
        let RowPlace { row, vector } = place;
        if vector != Some(row) {
            self.versions.add(row, id, vector, seq);
        }
        match info {
            RowInfo::Bare => {}
            RowInfo::Document(metadata, expires_at) => {
                self.metadata.insert(row, metadata);
                self.lifetimes.add(row, *expires_at);
            }
            RowInfo::Entry(expires_at) => self.lifetimes.add(row, *expires_at),
        }
    }

    /// Remembers that a row was deleted at commit `seq`, or changed: then, or if it never had one, its vector does not go with
    /// it.
    pub fn retire_row(&self, seq: u64, row: u32, info: RowInfo, with_vector: bool) {
        if !with_vector {
            self.versions.end(row, seq);
        }
        match info {
            RowInfo::Bare => return,
            RowInfo::Document(..) | RowInfo::Entry(_) => self.lifetimes.delete(row),
        }
        self.retired.lock().push_back(Retired { seq, row, info });
    }

    /// Deletes a vector at commit `seq`. One that is not there changes nothing.
    pub fn delete_vector(&self, vector: u32, seq: u64) {
        self.vectors.delete(vector, seq);
        self.versions.delete_vector(vector, seq);
    }

    /// Frees what no reader at or after commit `seq` can see.
    pub fn reclaim(&self, seq: u64) {
        self.vectors.reclaim(seq);
        self.versions.reclaim(seq);
        let mut retired = self.retired.lock();
        if retired.front().is_none_or(|first| first.seq > seq) {
            return;
        }
        while let Some(Retired { row, info, .. }) = retired.pop_front_if(|entry| entry.seq <= seq) {
            self.versions.forget(row);
            match &info {
                RowInfo::Bare => {}
                RowInfo::Document(metadata, expires_at) => {
                    self.metadata.remove(row, metadata);
                    self.lifetimes.forget(row, *expires_at);
                }
                RowInfo::Entry(expires_at) => self.lifetimes.forget(row, *expires_at),
            }
        }
    }

    /// The id of a row, as long as some reader may see it.
    pub fn id(&self, row: u32) -> Option<IdBytes> {
        self.vectors.id(row).or_else(|| self.versions.id(row))
    }

    /// Whether a reader at `seq` sees a document under this number. What has expired is seen.
    pub fn is_visible(&self, row: u32, seq: u64) -> bool {
        self.versions.is_visible(row, seq, |row| self.vectors.is_visible(row, seq))
    }

    /// The vectors of the documents that a reader at `seq` sees under these numbers; see [`Versions::vectors_of`].
    pub fn vectors_of(&self, rows: RoaringBitmap, seq: u64, wanted: &Wanted<'_>) -> Result<RoaringBitmap> {
        self.versions.vectors_of(rows, seq, &mut || wanted.look())
    }

    /// What is known of the fields of its documents.
    pub fn metadata(&self) -> &SharedIndex {
        &self.metadata
    }

    /// Bytes of vectors, graph, metadata, lifetimes and versions in memory.
    pub fn memory_bytes(&self) -> u64 {
        let beside = self.metadata.memory_bytes() + self.lifetimes.memory_bytes() + self.versions.memory_bytes();
        (self.vectors.memory_bytes() + beside) as u64
    }

    /// Live rows after the newest operation, published or not. For the actor.
    pub fn newest_count(&self) -> u64 {
        self.count.load(Ordering::Acquire)
    }

    /// Live rows as of the newest published commit. Readers ask [`super::state::State::count`], which waits for a
    /// publication that is under way.
    pub fn published_count(&self) -> u64 {
        self.published_count.load(Ordering::Acquire)
    }

    /// Shows readers the newest count, together with its commit.
    pub fn publish_count(&self) {
        self.published_count.store(self.newest_count(), Ordering::Release);
        self.lifetimes.publish();
    }

    /// Live bytes after the newest operation, as the quota counts them. For the actor.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Acquire)
    }

    /// True if the collection has as many rows as when this was last asked.
    pub fn is_quiet(&self, count: u64) -> bool {
        self.last_count.swap(count, Ordering::Relaxed) == count
    }

    /// Counts one row more or less.
    pub fn account(&self, rows: i64, bytes: i64) {
        self.count.fetch_add(rows.cast_unsigned(), Ordering::AcqRel);
        self.bytes.fetch_add(bytes.cast_unsigned(), Ordering::AcqRel);
    }
}
