//! Answering a query: which rows are scanned, when the graph is walked, and when its answer is good enough.
//!
//! A search without a graph, with few allowed rows, or asking for more than the graph can honour, scans. Otherwise it
//! walks the graph, keeps the rows that are visible and allowed, and scans the rows the graph does not cover. The walk
//! returns the nearest `ef` points in order; they are reliable near the front and less so towards the end, so the
//! answer stands only if the `k`-th usable row lies in the front half (quarter, for products). This one test covers
//! selective filters, many deleted rows and large `k`; where it fails the query is scanned. So are queries whose `k`-th
//! row ties with the last point of the walk (there may be more such rows than the walk could hold, and ties are broken
//! by identifier), and those whose `k`-th product is not positive: a graph of products leads to rows of large norm,
//! which are then the wrong ones.

use std::convert::Infallible;

use roaring::RoaringBitmap;

use super::arena::ArenaRow;
use super::directory::{Coverage, Directory};
use super::error::VectorError;
use super::graph::Graph;
use super::hit::Hit;
use super::index::VectorIndex;
use super::kernel::PreparedQuery;
use super::params::{SearchParams, validate};
use super::top::Top;
use crate::api::Metric;

/// With at most so many allowed rows a scan of them is as fast as a walk, and exact.
const FILTER_SCAN_ROWS: u64 = 10_000;

impl VectorIndex {
    /// The `k` nearest rows visible at `params.seq` and allowed, by distance, then by identifier: exactly `k` whenever
    /// there are so many. Above a few thousand rows some of the nearest may be missed, as `ef` allows; the distances of
    /// those returned are always exact.
    pub fn search(&self, query: &[f32], params: &SearchParams<'_>) -> Result<Vec<Hit>, VectorError> {
        self.search_while(query, params, &mut || Ok(()))
    }

    /// As [`Self::search`]; `step` is asked every few hundred rows whether to go on, and its error ends the search.
    pub fn search_while<E: From<VectorError>>(
        &self,
        query: &[f32],
        params: &SearchParams<'_>,
        step: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<Vec<Hit>, E> {
        validate(&self.params(), query)?;
        if params.k == 0 {
            return Ok(Vec::new());
        }
        // The graph is loaded first: every row is then either in it or in the directory loaded after it.
        let graph = self.graph();
        let directory = self.directory();
        if let Some(graph) = &*graph
            && is_walkable(graph, self.params().metric, params)
            && let Some(top) = self.search_graph(graph, &directory, query, params, step)?
        {
            return Ok(top.into_hits());
        }
        Ok(self.scan(&directory, query, params, step)?.into_hits())
    }

    /// The exact answer to the same question, from a scan of every row.
    pub fn search_exact(&self, query: &[f32], params: &SearchParams<'_>) -> Result<Vec<Hit>, VectorError> {
        validate(&self.params(), query)?;
        if params.k == 0 {
            return Ok(Vec::new());
        }
        Ok(self.scan(&self.directory(), query, params, &mut || Ok::<_, VectorError>(()))?.into_hits())
    }

    /// Calls `visit` with number and identifier of every row that is visible at `seq` and, if any are named, allowed.
    pub fn for_each(&self, seq: u64, allowed: Option<&RoaringBitmap>, visit: impl FnMut(u32, &[u8])) {
        let Ok(()) = self.for_each_while(seq, allowed, &mut || Ok::<_, Infallible>(()), visit);
    }

    /// As [`Self::for_each`]; `step` as in [`Self::search_while`].
    pub fn for_each_while<E>(
        &self,
        seq: u64,
        allowed: Option<&RoaringBitmap>,
        step: &mut impl FnMut() -> Result<(), E>,
        mut visit: impl FnMut(u32, &[u8]),
    ) -> Result<(), E> {
        let directory = self.directory();
        let visit = |row: ArenaRow<'_>| {
            if row.is_visible(seq) {
                visit(row.number(), row.id());
            }
        };
        match allowed {
            Some(allowed) => directory.scan_allowed(allowed, step, visit),
            None => directory.scan(&Coverage::default(), step, visit),
        }
    }

    fn scan<'a, E>(
        &self,
        directory: &'a Directory,
        query: &[f32],
        params: &SearchParams<'_>,
        step: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<Top<'a>, E> {
        let query = PreparedQuery::new(self.params().metric, query);
        let mut top = Top::new(params.k);
        let visit = |row: ArenaRow<'a>| {
            if row.is_visible(params.seq) {
                top.offer(query.distance(row.vector(), row.factor()), row);
            }
        };
        match params.allowed {
            Some(allowed) => directory.scan_allowed(allowed, step, visit)?,
            None => directory.scan(&Coverage::default(), step, visit)?,
        }
        Ok(top)
    }

    /// The answer from the graph and the rows outside it; `None` if the walk is not good enough.
    fn search_graph<'a, E>(
        &self,
        graph: &'a Graph,
        directory: &'a Directory,
        query: &[f32],
        params: &SearchParams<'_>,
        step: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<Option<Top<'a>>, E> {
        let walked = graph.walk(query);
        let query = PreparedQuery::new(self.params().metric, query);
        let usable = |row: &ArenaRow<'_>| {
            row.is_visible(params.seq) && params.allowed.is_none_or(|allowed| allowed.contains(row.number()))
        };
        let Some(front) = walked.get(..reliable(graph, self.params().metric)) else { return Ok(None) };
        if front.iter().filter(|row| usable(row)).count() < params.k {
            return Ok(None);
        }
        let mut top = Top::new(params.k);
        for row in walked.iter().filter(|row| usable(row)) {
            top.offer(query.distance(row.vector(), row.factor()), *row);
        }
        let (Some(last), Some(bound)) = (walked.last(), top.bound()) else { return Ok(None) };
        let is_tied = query.distance(last.vector(), last.factor()) <= bound;
        let is_lost = self.params().metric == Metric::Dot && bound >= 0.0;
        if is_tied || is_lost {
            return Ok(None);
        }
        directory.scan(graph.coverage(), step, |row| {
            if usable(&row) {
                top.offer(query.distance(row.vector(), row.factor()), row);
            }
        })?;
        Ok(Some(top))
    }
}

/// How many of the points a walk returns are taken to be the true nearest.
///
/// A graph of products is less even than one of distances, so less of its walks is trusted.
fn reliable(graph: &Graph, metric: Metric) -> usize {
    match metric {
        Metric::Cosine | Metric::Euclidean => graph.ef() / 2,
        Metric::Dot => graph.ef() / 4,
    }
}

/// Whether a walk may be good enough; the walk itself decides the rest.
fn is_walkable(graph: &Graph, metric: Metric, params: &SearchParams<'_>) -> bool {
    let reliable = reliable(graph, metric);
    if params.ef.is_some_and(|ef| ef > graph.ef()) || params.k > reliable {
        return false;
    }
    let Some(allowed) = params.allowed.map(RoaringBitmap::len) else { return true };
    let expected_depth = (params.k as u64).saturating_mul(graph.rows() as u64) / allowed.max(1);
    allowed > FILTER_SCAN_ROWS && expected_depth <= reliable as u64
}
