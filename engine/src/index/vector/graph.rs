//! The HNSW graph over the rows that were live when it was built.
//!
//! Algorithm: Malkov and Yashunin 2016, as implemented by `instant-distance`. Its points are handles into the arena,
//! not copies. The graph never changes: rows inserted later are scanned, rows deleted later are walked over and
//! dropped from the result.
//!
//! The crate fixes `ef` when the graph is built and its links at 32 (64 on the lowest layer), so a walk always returns
//! the graph's `ef` nearest points; who wants more must scan. Distances of a walk only order its points:
//! * cosine: `1 - cos`;
//! * Euclidean: the distance itself;
//! * dot: the negated product. It is no metric, but a graph whose links follow it is navigated well, rows of large norm
//!   becoming its hubs (Morozov and Babenko, "Non-metric similarity graphs for maximum inner product search", 2018).
//!   The usual reduction to Euclidean distance by one more coordinate found a fifth of the neighbours on embeddings
//!   with lognormal norms, where the product itself finds 98 of 100.
//!
//! Links are chosen by the paper's diversity heuristic and kept as chosen, or filled up with the nearest of the rest
//! (`keep_pruned`; see [`Density`]). The first builds three times and searches one and a half times as fast, and
//! suffices for most data; the second holds up where norms differ widely.
//!
//! A build is abandoned by unwinding out of the distance function, the only place where the crate calls back; nothing
//! of the half-built graph survives. This needs the default `panic = "unwind"`.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use instant_distance::{Builder, Heuristic, Hnsw, Point, Search};
use parking_lot::Mutex;

use super::arena::{ArenaRow, RowHandle};
use super::directory::Coverage;
use super::error::VectorError;
use super::kernel;
use super::params::VectorParams;
use crate::api::Metric;

/// Seed of the layer draw. With one build thread the whole graph follows from it and the rows.
const SEED: u64 = 0x746f_6f6e_6462;

/// Search scratch kept between walks; walks beyond so many at once allocate their own.
const MAX_IDLE_SEARCHES: usize = 16;

/// What all points of a graph share.
struct PointSpace {
    metric: Metric,
    /// Brings products of the dot metric near 1, so that rounding to `f32` cannot overflow.
    scale: f64,
    /// `cancel` belongs to the caller and counts only while the graph is being built.
    building: AtomicBool,
    cancel: Arc<AtomicBool>,
}

/// Thrown through the builder to abandon a build.
struct Abandoned;

/// A row, or a query, as the graph sees it.
#[derive(Clone)]
struct RowPoint {
    handle: RowHandle,
    /// The row's factor; see [`kernel::row_factor`].
    factor: f64,
    space: Arc<PointSpace>,
}

impl Point for RowPoint {
    fn distance(&self, other: &Self) -> f32 {
        let space = &*self.space;
        if space.building.load(Ordering::Relaxed) && space.cancel.load(Ordering::Relaxed) {
            resume_unwind(Box::new(Abandoned));
        }
        let (a, b) = (self.handle.vector(), other.handle.vector());
        match space.metric {
            Metric::Cosine => (1.0 - kernel::dot(a, b) * (self.factor * other.factor)) as f32,
            Metric::Euclidean => kernel::euclidean(a, b) as f32,
            Metric::Dot => (-kernel::dot(a, b) * space.scale) as f32,
        }
    }
}

/// How many links a node gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Density {
    /// Those the heuristic chose.
    Lean,
    /// As many as there is room for.
    Full,
}

/// A finished graph.
pub(super) struct Graph {
    hnsw: Hnsw<RowPoint>,
    coverage: Coverage,
    params: VectorParams,
    rows: usize,
    /// Rows deleted since; kept by the writer.
    dead: AtomicUsize,
    /// The largest norm of a row (dot only).
    max_norm: f64,
    searches: Mutex<Vec<Search>>,
}

impl Graph {
    /// Builds a graph over `rows`, given in row order. `None` when `cancel` was set before it was finished.
    pub(super) fn build(
        params: VectorParams,
        density: Density,
        rows: &[RowHandle],
        cancel: Arc<AtomicBool>,
    ) -> Result<Option<Self>, VectorError> {
        let mut coverage = Coverage::default();
        rows.iter().filter_map(RowHandle::row).for_each(|row| coverage.push(row.number()));
        let max_squared = match params.metric {
            Metric::Dot => rows.iter().map(|row| kernel::dot(row.vector(), row.vector())).fold(0.0, f64::max),
            Metric::Cosine | Metric::Euclidean => 0.0,
        };
        let scale = reciprocal(max_squared);
        let space = Arc::new(PointSpace { metric: params.metric, scale, building: AtomicBool::new(true), cancel });
        let count = rows.len();
        let points = rows.iter().map(|handle| RowPoint::of_row(handle, &space)).collect();
        let builder = Builder::default()
            .seed(SEED)
            .ef_construction(params.ef_construction.max(1))
            .ef_search(params.ef_search.max(1))
            .select_heuristic(Some(Heuristic { extend_candidates: false, keep_pruned: density == Density::Full }));
        let built = catch_unwind(AssertUnwindSafe(|| builder.build_hnsw::<RowPoint>(points)));
        space.building.store(false, Ordering::Relaxed);
        match built {
            Ok((hnsw, _)) => Ok(Some(Self {
                hnsw,
                coverage,
                params,
                rows: count,
                dead: AtomicUsize::new(0),
                max_norm: max_squared.sqrt(),
                searches: Mutex::new(Vec::new()),
            })),
            Err(thrown) if thrown.is::<Abandoned>() => Ok(None),
            Err(_) => Err(VectorError::Build { reason: "the graph builder panicked".to_owned() }),
        }
    }

    /// The `ef` points nearest to `query` that the walk finds, nearest first; deleted rows among them.
    pub(super) fn walk(&self, query: &[f32]) -> Vec<ArenaRow<'_>> {
        let Some(point) = RowPoint::of_query(query, self.params.metric, self.max_norm) else { return Vec::new() };
        let mut search = self.searches.lock().pop().unwrap_or_default();
        let rows = self.hnsw.search(&point, &mut search).filter_map(|item| item.point.handle.row()).collect();
        let mut idle = self.searches.lock();
        if idle.len() < MAX_IDLE_SEARCHES {
            idle.push(search);
        }
        rows
    }

    /// Points a walk returns.
    pub(super) fn ef(&self) -> usize {
        self.params.ef_search.max(1)
    }

    /// The rows the graph holds.
    pub(super) fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// Number of rows, deleted ones included.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Number of rows that have been deleted.
    pub(super) fn dead(&self) -> usize {
        self.dead.load(Ordering::Relaxed)
    }

    /// Counts one more deleted row.
    pub(super) fn add_dead(&self) {
        self.dead.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts the rows deleted while the graph was built; to be called while no row can be deleted.
    pub(super) fn recount_dead(&self) {
        let dead = self.hnsw.iter().filter(|(_, point)| !point.handle.row().is_some_and(|row| row.is_live())).count();
        self.dead.store(dead, Ordering::Relaxed);
    }

    /// Memory of the graph without the rows: points, 64 links each, and a quarter more for the upper layers.
    pub(super) fn memory_bytes(&self) -> usize {
        self.rows * (size_of::<RowPoint>() + 64 * 4 + 64) + self.coverage.memory_bytes()
    }
}

impl RowPoint {
    fn of_row(handle: &RowHandle, space: &Arc<PointSpace>) -> Self {
        let factor = handle.row().map_or(0.0, |row| row.factor());
        Self { handle: handle.clone(), factor, space: Arc::clone(space) }
    }

    fn of_query(query: &[f32], metric: Metric, max_norm: f64) -> Option<Self> {
        let factor = kernel::row_factor(metric, query);
        let scale = reciprocal(kernel::dot(query, query).sqrt() * max_norm);
        let space = PointSpace { metric, scale, building: AtomicBool::new(false), cancel: Arc::default() };
        Some(Self { handle: RowHandle::detached(query, factor)?, factor, space: Arc::new(space) })
    }
}

/// `1 / x`, or 1 where that is not a number to multiply with.
fn reciprocal(x: f64) -> f64 {
    if x > 0.0 && (1.0 / x).is_finite() { 1.0 / x } else { 1.0 }
}
