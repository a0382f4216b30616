//! The index with a graph: what a walk may leave to chance (which of the near rows it finds), and what it may not.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use roaring::RoaringBitmap;

use super::support::{METRICS, Pair, Random};
use crate::api::Metric;
use crate::index::vector::{BuildOptions, BuildOutcome, SearchParams, VectorIndex, VectorParams};

const DIMENSION: usize = 8;
/// Rows a build leaves out to measure its graph with.
const HELD_OUT: usize = 100;

fn built(metric: Metric, seed: u64, rows: u32) -> (Pair, Random) {
    let mut random = Random::new(seed);
    let mut pair = Pair::new(VectorParams::new(DIMENSION, metric));
    pair.fill(&mut random, 0, rows, 1);
    assert!(pair.index.build_wanted());
    let outcome = pair.index.build(&BuildOptions::default()).unwrap();
    assert_eq!(outcome, BuildOutcome::Built { rows: rows as usize - HELD_OUT });
    assert!(!pair.index.build_wanted());
    (pair, random)
}

/// The share of the exact answer that the search found, after checking that what it found is exact in itself.
fn recall(pair: &Pair, query: &[f32], params: &SearchParams<'_>) -> f64 {
    let want = pair.index.search_exact(query, params).unwrap();
    let got = pair.index.search(query, params).unwrap();
    assert_eq!(got.len(), want.len());
    for hit in &got {
        let twin = SearchParams { allowed: Some(&RoaringBitmap::from_iter([hit.row])), ..*params };
        assert_eq!(
            pair.index.search_exact(query, &twin).unwrap(),
            vec![hit.clone()],
            "a hit is visible, its distance exact"
        );
    }
    assert!(got.is_sorted_by(|a, b| (a.distance, &a.id) < (b.distance, &b.id)));
    let found = got.iter().filter(|hit| want.contains(hit)).count();
    if want.is_empty() { 1.0 } else { found as f64 / want.len() as f64 }
}

fn mean_recall(pair: &Pair, random: &mut Random, params: &SearchParams<'_>) -> f64 {
    let queries = 40;
    (0..queries).map(|_| recall(pair, &random.vector(DIMENSION), params)).sum::<f64>() / f64::from(queries)
}

#[test]
fn a_walk_finds_nearly_all_under_every_metric() {
    for metric in METRICS {
        let (pair, mut random) = built(metric, 1, 4_000);
        for k in [1, 10, 30] {
            let found = mean_recall(&pair, &mut random, &SearchParams::new(k, 1));
            assert!(found >= 0.97, "{metric:?}: recall@{k} {found}");
        }
    }
}

#[test]
fn what_the_graph_cannot_honour_is_answered_exactly() {
    let (pair, mut random) = built(Metric::Euclidean, 2, 3_500);
    for _ in 0..20 {
        let query = random.vector(DIMENSION);
        for (k, ef) in [(10, Some(129)), (65, None), (200, None), (5_000, None), (10, Some(usize::MAX))] {
            let params = SearchParams { ef, ..SearchParams::new(k, 1) };
            let hits = pair.index.search(&query, &params).unwrap();
            assert_eq!(hits, pair.index.search_exact(&query, &params).unwrap());
        }
    }
}

#[test]
fn fresh_rows_deletes_and_overwrites_take_effect_at_once() {
    for metric in METRICS {
        let (mut pair, mut random) = built(metric, 3, 3_200);
        let query = random.vector(DIMENSION);
        let nearest = pair.index.search(&query, &SearchParams::new(5, 1)).unwrap();
        pair.delete(nearest[0].row, 2);
        pair.delete(nearest[1].row, 3);
        let best: Vec<f32> = query.iter().map(|x| x * if metric == Metric::Dot { 100.0 } else { 1.0 }).collect();
        pair.insert(5_000, &nearest[1].id, best, 3);
        assert_eq!(
            pair.index.search(&query, &SearchParams::new(5, 1)).unwrap(),
            nearest,
            "the old reader's view stays"
        );
        let now = pair.index.search(&query, &SearchParams::new(4, 3)).unwrap();
        assert_eq!(now[0].row, 5_000);
        assert_eq!(now[1..4], nearest[2..5]);
        let stats = pair.index.stats();
        assert_eq!((stats.live(), stats.dead, stats.covered), (3_199, 2, 3_200 - HELD_OUT));
        assert_eq!(stats.uncovered(), 3_199 - (stats.covered - stats.covered_dead));
    }
}

#[test]
fn rows_dead_before_a_build_are_still_seen_by_old_readers() {
    let (mut pair, mut random) = built(Metric::Cosine, 4, 3_600);
    (0..400).for_each(|row| pair.delete(row * 2, 5));
    assert_eq!(pair.index.build(&BuildOptions::default()).unwrap(), BuildOutcome::Built { rows: 3_200 - HELD_OUT });
    for seq in [1, 4, 5] {
        assert!(mean_recall(&pair, &mut random, &SearchParams::new(10, seq)) >= 0.97, "seq {seq}");
    }
    pair.index.reclaim(5);
    assert!(mean_recall(&pair, &mut random, &SearchParams::new(10, 5)) >= 0.97);
}

#[test]
fn filters_of_every_selectivity_return_all_they_can() {
    let (mut pair, mut random) = built(Metric::Euclidean, 5, 11_000);
    pair.fill(&mut random, 11_000, 11_300, 2);
    for one_in in [1, 2, 100, 3_000, 20_000] {
        let mut allowed = RoaringBitmap::new();
        (0..11_300).filter(|_| random.below(one_in) == 0).for_each(|row| _ = allowed.insert(row));
        for k in [1, 10, 40] {
            let params = SearchParams { allowed: Some(&allowed), ..SearchParams::new(k, 2) };
            let found = mean_recall(&pair, &mut random, &params);
            assert!(found >= 0.97, "one in {one_in}, k {k}: recall {found}");
        }
    }
    // A filter may shun just the neighbourhood of the query: the walk finds nothing usable, and the scan answers.
    let query = random.vector(DIMENSION);
    let near = pair.index.search_exact(&query, &SearchParams::new(900, 2)).unwrap();
    let allowed: RoaringBitmap =
        RoaringBitmap::from_iter(0..11_300) - near.iter().map(|hit| hit.row).collect::<RoaringBitmap>();
    let params = SearchParams { allowed: Some(&allowed), ..SearchParams::new(10, 2) };
    assert_eq!(pair.index.search(&query, &params).unwrap(), pair.index.search_exact(&query, &params).unwrap());
}

#[test]
fn many_deleted_rows_do_not_starve_a_walk() {
    let (mut pair, mut random) = built(Metric::Cosine, 7, 4_000);
    for row in (0..4_000).filter(|row| row % 10 != 0) {
        pair.delete(row, 2);
        assert_eq!(pair.index.build_wanted(), pair.index.stats().covered_dead * 10 > (4_000 - HELD_OUT) * 3);
    }
    assert!(mean_recall(&pair, &mut random, &SearchParams::new(10, 2)) >= 0.97);
    assert!(mean_recall(&pair, &mut random, &SearchParams::new(500, 2)) >= 1.0);
    assert_eq!(pair.index.reclaim(2), 0, "the graph still refers to every chunk");
    assert_eq!(pair.index.build(&BuildOptions::default()).unwrap(), BuildOutcome::Dropped);
    assert_eq!((pair.index.stats().covered, pair.index.build_wanted()), (0, false));
    (0..256).step_by(10).for_each(|row| pair.delete(row, 3));
    assert_eq!(pair.index.reclaim(3), 1);
    assert_eq!(mean_recall(&pair, &mut random, &SearchParams::new(10, 3)), 1.0);
}

#[test]
fn a_flood_of_equal_vectors_still_ties_by_identifier() {
    let index = VectorIndex::new(VectorParams::new(DIMENSION, Metric::Euclidean));
    let mut random = Random::new(8);
    for row in 0..4_000u32 {
        let vector = if row % 2 == 0 { vec![0.5; DIMENSION] } else { random.vector(DIMENSION) };
        // Identifiers fall while rows rise, so the order of insertion does not help.
        index.insert(row, &u64::from(4_000 - row).to_be_bytes(), &vector, 1).unwrap();
    }
    index.build(&BuildOptions::default()).unwrap();
    let params = SearchParams::new(10, 1);
    let hits = index.search(&[0.5; DIMENSION], &params).unwrap();
    assert_eq!(hits, index.search_exact(&[0.5; DIMENSION], &params).unwrap());
    assert_eq!(hits[0].row, 3_998);
}

#[test]
fn zero_vectors_and_wide_norms_do_not_upset_the_graph() {
    for metric in [Metric::Euclidean, Metric::Dot] {
        let mut random = Random::new(9);
        let mut pair = Pair::new(VectorParams::new(DIMENSION, metric));
        for row in 0..3_500u32 {
            let scale = 10f32.powi((row % 40) as i32 - 20);
            let vector = if row % 50 == 0 { vec![0.0; DIMENSION] } else { random.vector(DIMENSION) };
            pair.insert(row, &u64::from(row).to_be_bytes(), vector.iter().map(|x| x * scale).collect(), 1);
        }
        let outcome = pair.index.build(&BuildOptions::default()).unwrap();
        assert_eq!(pair.index.stats().covered > 0, outcome != BuildOutcome::Dropped);
        let found = mean_recall(&pair, &mut random, &SearchParams::new(10, 1));
        assert!(found >= 0.9, "{metric:?}: recall {found}");
        assert_eq!(pair.index.search(&[0.0; DIMENSION], &SearchParams::new(10, 1)).unwrap().len(), 10);
    }
}

#[test]
fn a_cancelled_build_changes_nothing() {
    let (mut pair, mut random) = built(Metric::Cosine, 10, 3_100);
    pair.fill(&mut random, 3_100, 5_500, 1);
    let options = BuildOptions { cancel: Arc::new(AtomicBool::new(true)), ..BuildOptions::default() };
    assert_eq!(pair.index.build(&options).unwrap(), BuildOutcome::Cancelled);
    assert_eq!((pair.index.stats().covered, pair.index.build_wanted()), (3_100 - HELD_OUT, true));
    assert_eq!(pair.index.build(&BuildOptions::default()).unwrap(), BuildOutcome::Built { rows: 5_500 - HELD_OUT });
    assert!(mean_recall(&pair, &mut random, &SearchParams::new(10, 1)) >= 0.97);
}

#[test]
fn one_build_thread_gives_the_same_answers_every_time() {
    let answers = || {
        let mut random = Random::new(12);
        let mut pair = Pair::new(VectorParams::new(DIMENSION, Metric::Cosine));
        pair.fill(&mut random, 0, 3_300, 1);
        pair.index.build(&BuildOptions { threads: 1, ..BuildOptions::default() }).unwrap();
        let mut ask = || pair.index.search(&random.vector(DIMENSION), &SearchParams::new(40, 1)).unwrap();
        (0..30).map(|_| ask()).collect::<Vec<_>>()
    };
    assert_eq!(answers(), answers());
}

#[test]
fn data_that_defeats_a_graph_is_scanned_until_it_has_doubled() {
    let mut random = Random::new(13);
    let mut pair =
        Pair::new(VectorParams { ef_search: 12, ef_construction: 4, ..VectorParams::new(64, Metric::Cosine) });
    pair.fill(&mut random, 0, 3_500, 1);
    assert_eq!(pair.index.build(&BuildOptions::default()).unwrap(), BuildOutcome::Dropped);
    assert!(!pair.index.build_wanted());
    let (query, params) = (random.vector(64), SearchParams::new(5, 1));
    let hits = pair.index.search(&query, &params).unwrap();
    pair.check_exact(&query, &params, &hits, "without a graph");
    pair.fill(&mut random, 3_500, 7_001, 1);
    assert!(pair.index.build_wanted());
}
