//! The index itself: who may change what, and what readers hold on to.
//!
//! The directory of chunks and the graph are each replaced as a whole and read without a lock. Everything that changes
//! them, or counts rows, happens under one mutex which the single writer finds free, except for the moment in which a
//! finished graph is put in place.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};
use parking_lot::Mutex;

use super::arena::{CHUNK_ROWS, Chunk, RowEntry, WRITING, first_row_of, slot_of};
use super::build_state::BuildState;
use super::directory::Directory;
use super::error::VectorError;
use super::graph::Graph;
use super::id::IdBytes;
use super::params::{VectorParams, checked_factor};

/// The vectors of one collection.
pub struct VectorIndex {
    /// What it was made with; a dimension of 0 is decided later.
    params: VectorParams,
    dimension: AtomicUsize,
    directory: ArcSwap<Directory>,
    graph: ArcSwapOption<Graph>,
    writer: Mutex<Writer>,
    pub(super) builds: BuildState,
}

/// What only the holder of the mutex may change.
#[derive(Default)]
pub(super) struct Writer {
    last_row: Option<u32>,
    tail: Option<Arc<Chunk>>,
    rows: usize,
    dead: usize,
}

/// Counts of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VectorStats {
    /// Rows in memory, deleted ones included.
    pub rows: usize,
    /// Rows in memory that have been deleted.
    pub dead: usize,
    /// Rows the graph covers, deleted ones included.
    pub covered: usize,
    /// Rows the graph covers that have been deleted.
    pub covered_dead: usize,
}

impl VectorStats {
    /// Rows not deleted.
    pub fn live(&self) -> usize {
        self.rows - self.dead
    }

    /// Rows not deleted which every search has to scan.
    pub fn uncovered(&self) -> usize {
        (self.live() + self.covered_dead).saturating_sub(self.covered)
    }
}

impl VectorIndex {
    /// An empty index.
    pub fn new(params: VectorParams) -> Self {
        Self {
            dimension: AtomicUsize::new(params.dimension),
            params,
            directory: ArcSwap::default(),
            graph: ArcSwapOption::empty(),
            writer: Mutex::default(),
            builds: BuildState::default(),
        }
    }

    /// The parameters of the index. Its dimension is 0 until it is decided, and then never changes.
    pub fn params(&self) -> VectorParams {
        VectorParams { dimension: self.dimension.load(Ordering::Acquire), ..self.params }
    }

    /// Decides a dimension that was left open, before the first row. A decided one stays.
    pub fn decide(&self, dimension: usize) {
        // Whoever is second finds the same number: the row that says it was written once.
        let _ = self.dimension.compare_exchange(0, dimension, Ordering::AcqRel, Ordering::Acquire);
    }

    /// Adds a row, visible from `seq` on. Row numbers increase from call to call and may leave gaps.
    pub fn insert(&self, row: u32, id: &[u8], vector: &[f32], seq: u64) -> Result<(), VectorError> {
        let factor = checked_factor(&self.params(), vector)?;
        if seq >= WRITING {
            return Err(VectorError::ReservedSeq { seq });
        }
        let mut writer = self.writer.lock();
        if let Some(last) = writer.last_row.filter(|last| *last >= row) {
            return Err(VectorError::RowOrder { row, last });
        }
        self.tail_chunk(&mut writer, row).fill(slot_of(row), &RowEntry { id, vector, factor, seq });
        writer.last_row = Some(row);
        writer.rows += 1;
        Ok(())
    }

    /// Deletes a row from `seq` on: readers before `seq` still see it. False if it is unknown or already deleted.
    pub fn delete(&self, row: u32, seq: u64) -> bool {
        let mut writer = self.writer.lock();
        let deleted = self.directory.load().chunk(row).is_some_and(|chunk| chunk.delete(slot_of(row), seq));
        if deleted {
            writer.dead += 1;
            if let Some(graph) = &*self.graph.load()
                && graph.coverage().contains(row)
            {
                graph.add_dead();
            }
        }
        deleted
    }

    /// The vector of a row bit for bit as it was given, as long as its memory has not been reclaimed.
    pub fn vector(&self, row: u32) -> Option<Vec<f32>> {
        self.directory.load().row(row).map(|row| row.vector().to_vec())
    }

    /// Whether a reader at `seq` sees a row.
    pub fn is_visible(&self, row: u32, seq: u64) -> bool {
        self.directory.load().row(row).is_some_and(|row| row.is_visible(seq))
    }

    /// The identifier of a row, as long as its memory has not been reclaimed.
    pub fn id(&self, row: u32) -> Option<IdBytes> {
        self.directory.load().row(row).map(|row| row.id_bytes())
    }

    /// The identifier of a row that a reader at `seq` sees.
    pub fn visible_id(&self, row: u32, seq: u64) -> Option<IdBytes> {
        self.directory.load().row(row).filter(|row| row.is_visible(seq)).map(|row| row.id_bytes())
    }

    /// Rows not deleted.
    pub fn live_count(&self) -> usize {
        self.stats().live()
    }

    /// Counts of this moment.
    pub fn stats(&self) -> VectorStats {
        let writer = self.writer.lock();
        let graph = self.graph.load();
        let (covered, covered_dead) = graph.as_ref().map_or((0, 0), |graph| (graph.rows(), graph.dead()));
        VectorStats { rows: writer.rows, dead: writer.dead, covered, covered_dead }
    }

    /// Memory of rows and graph, counted from their sizes.
    pub fn memory_bytes(&self) -> usize {
        let chunks: usize = self.directory.load().chunks().iter().map(|chunk| chunk.memory_bytes()).sum();
        let graph = self.graph.load().as_ref().map_or(0, |graph| graph.memory_bytes());
        size_of::<Self>() + chunks + graph
    }

    /// Forgets rows deleted at or before `min_reader_seq`, the lowest sequence number any reader still uses or will
    /// use. Frees the chunks in which no other row is left and of which the graph holds none. Returns the chunks freed.
    pub fn reclaim(&self, min_reader_seq: u64) -> usize {
        let mut writer = self.writer.lock();
        let graph = self.graph.load();
        let directory = self.directory.load();
        let is_free = |chunk: &Chunk| {
            chunk.retire(min_reader_seq) && !graph.as_ref().is_some_and(|g| g.coverage().touches(chunk.first_row()))
        };
        let freed: Vec<&Arc<Chunk>> = directory.chunks().iter().filter(|chunk| is_free(chunk)).collect();
        if freed.is_empty() {
            return 0;
        }
        for chunk in &freed {
            writer.rows -= chunk.filled();
            writer.dead -= chunk.dead();
        }
        let is_freed = |first| freed.binary_search_by_key(&first, |chunk: &&Arc<Chunk>| chunk.first_row()).is_ok();
        if writer.tail.as_ref().is_some_and(|tail| is_freed(tail.first_row())) {
            writer.tail = None;
        }
        self.directory.store(Arc::new(directory.filtered(|chunk| !is_freed(chunk.first_row()))));
        freed.len()
    }

    /// The chunk a new row goes into, made if it is the first row of it.
    fn tail_chunk<'w>(&self, writer: &'w mut Writer, row: u32) -> &'w Chunk {
        let first = first_row_of(row);
        let tail = writer.tail.take().filter(|tail| tail.first_row() == first);
        writer.tail.insert(tail.unwrap_or_else(|| {
            let chunk = Arc::new(Chunk::new(first, self.params().dimension, CHUNK_ROWS));
            self.directory.store(Arc::new(self.directory.load().with(Arc::clone(&chunk))));
            chunk
        }))
    }

    pub(super) fn directory(&self) -> Guard<Arc<Directory>> {
        self.directory.load()
    }

    pub(super) fn graph(&self) -> Guard<Option<Arc<Graph>>> {
        self.graph.load()
    }

    /// Puts a graph in place, or takes it away, with no insert or delete in between.
    pub(super) fn replace_graph(&self, graph: Option<Graph>) {
        let writer = self.writer.lock();
        if let Some(graph) = &graph {
            graph.recount_dead();
        }
        let replaced = self.graph.swap(graph.map(Arc::new));
        // Freeing the old graph takes a while, and the writer need not wait for it.
        drop(writer);
        drop(replaced);
    }
}

impl fmt::Debug for VectorIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VectorIndex")
            .field("params", &self.params())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
