//! Measuring a finished graph before it is trusted.
//!
//! How well a walk finds the nearest rows depends on the data far more than on the parameters: sentence embeddings are
//! easy, Euclidean vectors of widely differing norms need more links, independent random components defeat any graph.
//! So a build holds some rows back, asks for each of them the graph's nearest and the true nearest, and counts.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::arena::RowHandle;
use super::graph::Graph;
use super::kernel::PreparedQuery;
use crate::api::Metric;

/// Rows held back, which searches scan like any row a graph does not cover.
pub(super) const HELD_OUT_ROWS: usize = 100;
/// A graph that finds less than this of the ten nearest is not used.
pub(super) const MIN_RECALL: f64 = 0.975;
/// Neighbours asked for.
const NEIGHBOURS: usize = 10;

/// Takes evenly spread rows out of `rows`.
pub(super) fn hold_out(rows: &mut Vec<RowHandle>) -> Vec<RowHandle> {
    let stride = (rows.len() / HELD_OUT_ROWS).max(1);
    let mut position = 0;
    rows.extract_if(.., |_| {
        position += 1;
        position % stride == 0
    })
    .take(HELD_OUT_ROWS)
    .collect()
}

/// The share of the ten nearest of `rows` that walks of `graph` find, over all `queries`. Meaningless once cancelled.
pub(super) fn recall(
    graph: &Graph,
    metric: Metric,
    rows: &[RowHandle],
    queries: &[RowHandle],
    cancel: &AtomicBool,
) -> f64 {
    let found = |query: &RowHandle| {
        if cancel.load(Ordering::Relaxed) {
            return 0;
        }
        let query = query.vector();
        let prepared = PreparedQuery::new(metric, query);
        let mut distances: Vec<f32> =
            rows.iter().filter_map(RowHandle::row).map(|row| prepared.distance(row.vector(), row.factor())).collect();
        if distances.len() < NEIGHBOURS {
            return 0;
        }
        // Comparing distances and not rows counts a tie as found.
        let bound = *distances.select_nth_unstable_by(NEIGHBOURS - 1, f32::total_cmp).1;
        let walked = graph.walk(query);
        let near = walked.iter().filter(|row| prepared.distance(row.vector(), row.factor()) <= bound);
        near.take(NEIGHBOURS).count()
    };
    let found: usize = queries.par_iter().map(found).sum();
    found as f64 / (NEIGHBOURS * queries.len().max(1)) as f64
}
