//! When a graph is built, and how: on a few threads of its own, over the rows live at the start, first with few links
//! and, if a measurement finds that wanting, with many. If that is not good enough either the collection is scanned
//! until it has doubled.
//!
//! Rows inserted meanwhile are not covered by it and stay scanned; rows deleted meanwhile are counted when it is put in
//! place. A build costs tens of microseconds to a millisecond per row, so a growing collection is rebuilt only when it
//! has grown by a third: all its builds together then cost about four times the last.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;

use rayon::ThreadPoolBuilder;

use super::arena::RowHandle;
use super::calibrate::{self, MIN_RECALL, hold_out};
use super::error::VectorError;
use super::graph::{Density, Graph};
use super::index::{VectorIndex, VectorStats};

/// Up to so many live rows a scan is as fast as a walk, and no graph is kept.
pub(super) const SCAN_ROWS: usize = 3_000;
/// Rows scanned beside a graph before a rebuild is considered.
const MIN_UNCOVERED: usize = 2_000;

/// How a build runs.
#[derive(Clone)]
pub struct BuildOptions {
    /// Threads to use; 0 takes one per processor. With 1 the graph depends on nothing but the rows.
    pub threads: usize,
    /// Set it to abandon the build; the index then keeps the graph it had.
    pub cancel: Arc<AtomicBool>,
    /// Called first on every build thread, for example to lower its priority.
    pub thread_start: fn(),
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self { threads: 0, cancel: Arc::default(), thread_start: || () }
    }
}

impl fmt::Debug for BuildOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuildOptions")
            .field("threads", &self.threads)
            .field("cancel", &self.cancel)
            .finish_non_exhaustive()
    }
}

/// How a build ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildOutcome {
    /// A graph over so many rows is in place.
    Built {
        /// Rows it covers.
        rows: usize,
    },
    /// There are too few rows for a graph, or none that was built found enough of the nearest; the index has none now.
    Dropped,
    /// It was cancelled; nothing changed.
    Cancelled,
    /// Another build is running; nothing changed.
    Busy,
}

/// What trying to build came to.
enum Attempt {
    Good(Graph),
    Unfit,
    Cancelled,
}

impl VectorIndex {
    /// Whether a build would speed searches up enough to be worth its cost. Cheap enough to ask after every insert.
    pub fn build_wanted(&self) -> bool {
        if self.builds.running.load(Ordering::Relaxed) {
            return false;
        }
        is_worth_building(&self.stats(), self.builds.declined_rows.load(Ordering::Relaxed))
    }

    /// Builds a graph over the rows live now and puts it in place. Heavy: to be called on a background thread, while
    /// inserts, deletes and searches go on.
    pub fn build(&self, options: &BuildOptions) -> Result<BuildOutcome, VectorError> {
        if self.builds.running.swap(true, Ordering::Acquire) {
            return Ok(BuildOutcome::Busy);
        }
        let _turn = BuildTurn(&self.builds.running);
        let mut rows = self.live_rows();
        let live = rows.len();
        if live <= SCAN_ROWS {
            self.replace_graph(None);
            return Ok(BuildOutcome::Dropped);
        }
        let queries = hold_out(&mut rows);
        match in_pool(options, || self.attempt(&rows, &queries, &options.cancel))?? {
            Attempt::Cancelled => Ok(BuildOutcome::Cancelled),
            Attempt::Unfit => {
                self.builds.declined_rows.store(live, Ordering::Relaxed);
                self.replace_graph(None);
                Ok(BuildOutcome::Dropped)
            }
            Attempt::Good(graph) => {
                self.builds.declined_rows.store(0, Ordering::Relaxed);
                self.replace_graph(Some(graph));
                Ok(BuildOutcome::Built { rows: rows.len() })
            }
        }
    }

    /// Builds the leanest graph that finds enough.
    fn attempt(
        &self,
        rows: &[RowHandle],
        queries: &[RowHandle],
        cancel: &Arc<AtomicBool>,
    ) -> Result<Attempt, VectorError> {
        let params = self.params();
        let lean = (!self.builds.is_full.load(Ordering::Relaxed)).then_some(Density::Lean);
        for density in lean.into_iter().chain([Density::Full]) {
            let Some(graph) = Graph::build(params, density, rows, Arc::clone(cancel))? else {
                return Ok(Attempt::Cancelled);
            };
            let recall = calibrate::recall(&graph, params.metric, rows, queries, cancel);
            if cancel.load(Ordering::Relaxed) {
                return Ok(Attempt::Cancelled);
            }
            if recall >= MIN_RECALL {
                return Ok(Attempt::Good(graph));
            }
            self.builds.is_full.store(true, Ordering::Relaxed);
        }
        Ok(Attempt::Unfit)
    }

    fn live_rows(&self) -> Vec<RowHandle> {
        let directory = self.directory();
        let mut rows = Vec::new();
        for chunk in directory.chunks() {
            let live = (0..chunk.used()).filter(|slot| chunk.row(*slot).is_some_and(|row| row.is_live()));
            rows.extend(live.filter_map(|slot| chunk.handle(slot)));
        }
        rows
    }
}

fn is_worth_building(stats: &VectorStats, declined_rows: usize) -> bool {
    if stats.covered == 0 {
        return stats.live() > SCAN_ROWS.max(2 * declined_rows);
    }
    let is_stale = stats.uncovered() > MIN_UNCOVERED.max(stats.covered / 3);
    let is_rotten = stats.covered_dead as u64 * 10 > stats.covered as u64 * 3;
    is_stale || is_rotten
}

/// Runs `work` on threads of its own, which end with it.
fn in_pool<T: Send>(options: &BuildOptions, work: impl FnOnce() -> T + Send) -> Result<T, VectorError> {
    let threads =
        if options.threads > 0 { options.threads } else { available_parallelism().map_or(1, NonZeroUsize::get) };
    let thread_start = options.thread_start;
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("vector-build-{i}"))
        .start_handler(move |_| thread_start())
        .build()
        .map_err(|e| VectorError::Build { reason: e.to_string() })?;
    Ok(pool.install(work))
}

/// The right to build, given back when dropped.
struct BuildTurn<'a>(&'a AtomicBool);

impl Drop for BuildTurn<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_growing_collection_is_rebuilt_seldom() {
        let mut stats = VectorStats::default();
        let (mut builds, mut built_rows) = (0, 0);
        for rows in 1..=1_000_000 {
            stats.rows = rows;
            if is_worth_building(&stats, 0) {
                builds += 1;
                built_rows += rows;
                stats.covered = rows;
            }
        }
        assert!((10..=22).contains(&builds), "{builds} builds");
        assert!(built_rows <= 4_500_000, "{built_rows} rows built in all");
    }

    #[test]
    fn deleted_rows_call_for_a_build_and_a_declined_one_waits() {
        let mut stats = VectorStats { rows: 10_000, dead: 0, covered: 10_000, covered_dead: 0 };
        assert!(!is_worth_building(&stats, 0));
        (stats.dead, stats.covered_dead) = (3_000, 3_000);
        assert!(!is_worth_building(&stats, 0));
        let declined = VectorStats { rows: 9_999, ..VectorStats::default() };
        assert!(is_worth_building(&declined, 4_999) && !is_worth_building(&declined, 5_000));
        (stats.dead, stats.covered_dead) = (3_001, 3_001);
        assert!(is_worth_building(&stats, 0));
    }
}
