//! The index against its exact twin, and the number of nodes it looks at.

use std::sync::Arc;

use super::{ExactTimeline, Period, Timeline, Version, Versions};

type Key = u64;
type Row = Version<Key, Arc<str>>;
/// Start of the i-th version asserted.
type Start = fn(u64) -> u64;

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// An instant in `-span..span`, now and then an extreme of the type.
    fn instant(&mut self, span: i64) -> i64 {
        match self.below(40) {
            0 => i64::MIN,
            1 => i64::MAX,
            2 => i64::MAX - 1,
            _ => (self.next() % (2 * span.unsigned_abs())) as i64 - span,
        }
    }

    fn period(&mut self, span: i64) -> Period {
        let from = self.instant(span);
        let until = match self.below(4) {
            0 => None,
            1 => Some(self.instant(span)),
            _ => from.checked_add(1 + self.below(20) as i64),
        };
        Period::new(from, until).unwrap_or_else(|_| Period::instant(from))
    }
}

fn row(key: Key, valid: Period, tx_from: u64, tx_until: Option<u64>) -> Row {
    Version { key, valid, tx_from, tx_until, payload: Arc::from(format!("edge {key}")) }
}

fn period(from: i64, until: Option<i64>) -> Period {
    Period::new(from, until).unwrap()
}

fn keys<'a>(found: impl Iterator<Item = &'a Row>) -> Vec<Key> {
    found.map(|version| version.key).collect()
}

/// Runs the query to its end: number of results and of nodes looked at.
fn cost(mut found: Versions<'_, Key, Arc<str>>) -> (usize, usize) {
    let results = found.by_ref().count();
    (results, found.visited())
}

fn assert_same(index: &Timeline<Key, Arc<str>>, exact: &ExactTimeline<Key, Arc<str>>, t: i64, range: Period, seq: u64) {
    assert!(index.at(t, seq).eq(exact.at(t, seq)), "at {t} seq {seq}");
    assert!(index.overlapping(range, seq).eq(exact.overlapping(range, seq)), "overlapping {range:?} seq {seq}");
    assert!(index.open(seq).eq(exact.open(seq)), "open at seq {seq}");
}

/// One run of random operations; `span` sets how crowded the starts are.
fn run(seed: u64, operations: usize, span: i64) {
    let mut random = Random(seed);
    let (mut index, mut exact) = (Timeline::new(), ExactTimeline::new());
    let mut issued: Vec<Key> = vec![0];
    let mut seq = 0;
    for step in 0..operations {
        seq += random.below(2);
        let known = issued[random.below(issued.len() as u64) as usize];
        match random.below(10) {
            0..5 => {
                // Keys in no order, sometimes one seen before; sometimes a version arrives already retracted.
                let key = if random.below(20) == 0 { known } else { random.next() };
                let tx_until = (random.below(8) == 0).then(|| seq + random.below(3));
                let version = row(key, random.period(span), seq, tx_until);
                issued.push(key);
                assert_eq!(index.assert(version.clone()).unwrap(), exact.assert(version).unwrap(), "step {step}");
            }
            5..8 => assert_eq!(index.retract(&known, seq), exact.retract(&known, seq), "step {step}"),
            8 => assert_eq!(index.erase(&known), exact.erase(&known), "step {step}"),
            _ => assert_eq!(index.get(&known), exact.get(&known), "step {step}"),
        }
        assert_eq!((index.len(), index.is_empty()), (exact.len(), exact.is_empty()), "step {step}");
        let past = if random.below(3) == 0 { u64::MAX } else { random.below(seq + 2) };
        assert_same(&index, &exact, random.instant(span), random.period(span), past);
        if step % 64 == 0 {
            index.check();
            assert!(index.history(None).eq(exact.history(None)), "history at step {step}");
            assert!(index.history(Some(past)).eq(exact.history(Some(past))), "history of {past} at step {step}");
        }
    }
    index.check();
    let rebuilt = Timeline::from_versions(index.history(None).cloned().collect()).unwrap();
    rebuilt.check();
    assert!(rebuilt.history(None).eq(index.history(None)));
    for _ in 0..200 {
        let past = random.below(seq + 2);
        assert_same(&rebuilt, &exact, random.instant(span), random.period(span), past);
    }
    while let Some(key) =
        index.history(None).map(|version| version.key).nth(random.below(index.len().max(1) as u64) as usize)
    {
        assert!(index.erase(&key).is_some());
    }
    assert!(index.is_empty());
    index.check();
}

#[test]
fn random_operations_agree_with_the_exact_twin() {
    for (seed, operations, span) in
        [(1, 3000, 1_000), (2, 3000, 8), (3, 2000, 1), (4, 2000, i64::MAX / 4), (5, 500, 50), (6, 500, 3)]
    {
        let outcome = std::panic::catch_unwind(|| run(seed, operations, span));
        assert!(outcome.is_ok(), "seed {seed}, {operations} operations, span {span}");
    }
}

#[test]
fn an_empty_timeline_answers_nothing() {
    for mut timeline in [Timeline::new(), Timeline::default(), Timeline::from_versions(Vec::new()).unwrap()] {
        timeline.check();
        assert_eq!(cost(timeline.at(i64::MIN, 0)), (0, 0));
        assert_eq!(cost(timeline.overlapping(Period::ALL, u64::MAX)), (0, 0));
        assert_eq!(cost(timeline.open(1)), (0, 0));
        assert_eq!(cost(timeline.history(None)), (0, 0));
        assert!(timeline.is_empty() && timeline.get(&1).is_none());
        assert!(!timeline.retract(&1, 5));
        assert_eq!(timeline.erase(&1), None::<Row>);
        let bytes = timeline.memory_bytes();
        assert!(timeline.assert(row(1, Period::ALL, 1, None)).unwrap());
        assert!(timeline.memory_bytes() > bytes);
    }
}

#[test]
fn readers_see_their_own_seq() {
    let mut timeline = Timeline::new();
    timeline.assert(row(1, period(0, None), 3, None)).unwrap();
    assert!(timeline.retract(&1, 5));
    // The same fact asserted again is a version of its own.
    timeline.assert(row(2, period(0, None), 8, None)).unwrap();
    let seen: Vec<_> = (2..10).map(|seq| keys(timeline.at(0, seq))).collect();
    assert_eq!(seen, [vec![], vec![1], vec![1], vec![], vec![], vec![], vec![2], vec![2]]);
    assert_eq!(keys(timeline.history(None)), [1, 2]);
    assert_eq!(keys(timeline.history(Some(4))), [1]);
}

#[test]
fn assert_and_retract_are_idempotent() {
    let mut timeline = Timeline::new();
    assert!(timeline.assert(row(1, period(0, Some(9)), 1, None)).unwrap());
    assert!(!timeline.assert(row(1, period(50, None), 2, None)).unwrap());
    assert_eq!(timeline.get(&1).unwrap().valid, period(0, Some(9)));
    assert!(timeline.retract(&1, 4));
    assert!(!timeline.retract(&1, 7));
    assert!(!timeline.assert(row(1, period(0, Some(9)), 1, None)).unwrap());
    assert_eq!(timeline.get(&1).unwrap().tx_until, Some(4));
    assert_eq!(timeline.erase(&1).map(|version| version.key), Some(1));
    assert_eq!(timeline.erase(&1), None);
    timeline.check();

    let twice = vec![row(1, period(7, None), 1, None), row(1, period(3, None), 1, None)];
    let built = Timeline::from_versions(twice).unwrap();
    assert_eq!((built.len(), built.get(&1).unwrap().valid.from()), (1, 7));
}

#[test]
fn a_version_asserted_and_retracted_by_one_commit_is_seen_by_nobody() {
    for seq in [0, 1, 6] {
        let mut timeline = Timeline::new();
        timeline.assert(row(1, period(0, None), seq, None)).unwrap();
        timeline.retract(&1, seq);
        timeline.check();
        for reader in [0, 1, 5, 6, 7, u64::MAX] {
            assert_eq!(keys(timeline.at(0, reader)), [0_u64; 0], "retracted at {seq}, read at {reader}");
        }
        assert_eq!(keys(timeline.history(None)), [1]);
        timeline.erase(&1);
        assert!(timeline.is_empty());
    }
}

#[test]
fn the_extremes_of_time_are_instants_like_others() {
    let versions = vec![
        row(1, period(i64::MIN, Some(i64::MAX)), 1, None),
        row(2, period(i64::MAX, None), 1, None),
        row(3, Period::ALL, 1, None),
        row(4, Period::instant(i64::MIN), 1, None),
    ];
    let timeline = Timeline::from_versions(versions).unwrap();
    assert_eq!(keys(timeline.at(i64::MIN, 1)), [1, 3, 4]);
    assert_eq!(keys(timeline.at(0, u64::MAX)), [1, 3]);
    assert_eq!(keys(timeline.at(i64::MAX - 1, 1)), [1, 3]);
    assert_eq!(keys(timeline.at(i64::MAX, 1)), [3, 2]);
    assert_eq!(keys(timeline.open(1)), [3, 2]);
    assert_eq!(keys(timeline.overlapping(Period::ALL, 1)), [1, 3, 4, 2]);
    assert_eq!(keys(timeline.at(0, 0)), [0_u64; 0]);
}

#[test]
fn equal_starts_come_in_order_of_key_across_both_trees() {
    let mut timeline = Timeline::new();
    for (key, tx_from) in [(5, 1), (2, 3), (4, 2), (1, 3), (3, 1)] {
        timeline.assert(row(key, period(10, None), tx_from, None)).unwrap();
    }
    for key in [1, 3, 5] {
        timeline.retract(&key, 9);
    }
    assert_eq!(keys(timeline.at(10, 8)), [1, 2, 3, 4, 5]);
    assert_eq!(keys(timeline.at(10, 9)), [2, 4]);
    assert_eq!(keys(timeline.at(10, 1)), [3, 5]);
    assert_eq!(keys(timeline.history(None)), [1, 2, 3, 4, 5]);
}

#[test]
fn any_order_of_insertion_stays_balanced() {
    const COUNT: u64 = 2000;
    let orders: [(&str, Start); 3] = [
        ("ascending", |i| i),
        ("descending", |i| COUNT - i),
        ("from both ends", |i| if i % 2 == 0 { i } else { 2 * COUNT - i }),
    ];
    for (name, order) in orders {
        for has_equal_starts in [false, true] {
            let mut timeline = Timeline::new();
            for i in 0..COUNT {
                let start = if has_equal_starts { 7 } else { 10 * order(i) as i64 };
                timeline.assert(row(order(i), period(start, Some(start + 10)), i, None)).unwrap();
            }
            timeline.check();
            if !has_equal_starts {
                let (results, visited) = cost(timeline.at(10 * order(COUNT / 2) as i64, u64::MAX));
                assert_eq!(results, 1, "{name}");
                assert!(visited <= 40, "{name} looked at {visited} nodes");
            }
            for i in 0..COUNT {
                if i % 3 == 0 {
                    assert!(timeline.retract(&order(i), COUNT + i));
                } else {
                    assert!(timeline.erase(&order(i)).is_some());
                }
                if i % 97 == 0 {
                    timeline.check();
                }
            }
            timeline.check();
            assert_eq!(timeline.len() as u64, COUNT.div_ceil(3), "{name}");
        }
    }
}

/// A fact superseded `count` times: each version open when asserted, then replaced by itself closed.
fn supersede_chain(count: u64, start: impl Fn(u64) -> i64) -> Timeline<Key, Arc<str>> {
    let mut timeline = Timeline::new();
    for i in 0..count {
        let seq = i + 1;
        if let Some(before) = i.checked_sub(1) {
            assert!(timeline.retract(&(2 * before), seq));
            if start(before) < start(i) {
                let closed = period(start(before), Some(start(i)));
                timeline.assert(row(2 * before + 1, closed, seq, None)).unwrap();
            }
        }
        timeline.assert(row(2 * i, period(start(i), None), seq, None)).unwrap();
    }
    timeline.check();
    timeline
}

#[test]
fn a_long_chain_of_superseded_states_costs_little() {
    const COUNT: u64 = 10_000;
    let timeline = supersede_chain(COUNT, |i| 100 * i as i64);
    assert_eq!(timeline.len() as u64, 2 * COUNT - 1);
    let now = 100 * COUNT as i64;

    let (results, visited) = cost(timeline.at(now, COUNT));
    assert_eq!(results, 1);
    assert!(visited <= 40, "now: {visited} nodes");
    for i in [0, 1, 17, 5_000, 9_998] {
        let (results, visited) = cost(timeline.at(100 * i + 50, COUNT));
        assert_eq!(results, 1, "state {i}");
        assert!(visited <= 40, "state {i} as believed now: {visited} nodes");
    }
    for seq in [1, 2, 777, 5_000, 9_999] {
        // What was believed to hold now, and what was believed of the past, after that many commits.
        let found = keys(timeline.at(now, seq));
        assert_eq!(found, [2 * (seq - 1)], "seq {seq}");
        let (_, visited) = cost(timeline.at(now, seq));
        assert!(visited <= 120, "as of {seq}: {visited} nodes");
        let (results, visited) = cost(timeline.at(50, seq));
        assert_eq!(results, 1, "seq {seq}");
        assert!(visited <= 120, "past as of {seq}: {visited} nodes");
    }
}

#[test]
fn a_fact_corrected_in_place_costs_little() {
    const COUNT: u64 = 10_000;
    let timeline = supersede_chain(COUNT, |_| 0);
    for seq in [1, 4_321, 9_999, COUNT] {
        assert_eq!(keys(timeline.at(5, seq)), [2 * (seq - 1)]);
        let (_, visited) = cost(timeline.at(5, seq));
        assert!(visited <= 60, "as of {seq}: {visited} nodes");
    }
}

#[test]
fn a_correction_in_place_prunes_whatever_its_keys() {
    const COUNT: u64 = 10_000;
    let mut random = Random(11);
    let mut timeline = Timeline::new();
    for seq in 1..=COUNT {
        let version = row(random.next(), period(0, None), seq, (seq < COUNT).then_some(seq + 1));
        timeline.assert(version).unwrap();
    }
    for seq in [1, 4_321, 9_999, COUNT] {
        let (results, visited) = cost(timeline.at(5, seq));
        assert_eq!(results, 1);
        assert!(visited <= 60, "as of {seq}: {visited} nodes");
    }
}

#[test]
fn nodes_looked_at_grow_with_the_results_not_with_the_versions() {
    let mut random = Random(12);
    for count in [100, 10_000] {
        let versions = (0..count).map(|i| {
            let start = 10 * random.below(count) as i64;
            row(i, period(start, Some(start + 15)), 1 + i, None)
        });
        let timeline = Timeline::from_versions(versions.collect()).unwrap();
        for _ in 0..200 {
            let t = random.below(10 * count) as i64;
            let (results, visited) = cost(timeline.at(t, u64::MAX));
            assert!(visited <= 20 * (results + 2), "{count} versions, {results} results: {visited} nodes");
        }
    }
}

#[test]
fn results_are_lazy() {
    let versions = (0..10_000).map(|i| row(i, period(0, None), 1, None)).collect();
    let timeline = Timeline::from_versions(versions).unwrap();
    let mut found = timeline.at(0, 1);
    assert_eq!(keys(found.by_ref().take(3)), [0, 1, 2]);
    assert!(found.visited() <= 40, "{} nodes", found.visited());
}
