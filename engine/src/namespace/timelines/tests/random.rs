//! Random writes, alone and several in a commit, against the model: every answer at every commit must agree.

use super::super::harness::{Harness, fact};
use super::super::{Timelines, all_are_listed};
use super::lists;
use super::model::Model;
use crate::api::{
    AsOf, CommitSeq, Direction, EraseTemporal, Error, Filter, NodeId, Predicate, Properties, QueryTemporal, StatedFact,
    TemporalEdge, TemporalFact, TemporalHistory, TemporalMode, TimestampMs, Value,
};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::{graph, temporal as exec};
use crate::namespace::query::reader::Reader;
use crate::namespace::query::temporal as read;
use crate::namespace::query::wants::Wants;
use crate::rng::{Rng, SeededRng};
use crate::store::{KeyRange, Read, RowSnapshot, Table};

const NODES: [&str; 4] = ["a", "b", "c", "d"];
const TYPES: [&str; 2] = ["likes", "works_at"];

pub struct Dice(pub SeededRng);

impl Dice {
    pub fn below(&self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    pub fn node(&self) -> &'static str {
        NODES[self.below(4) as usize]
    }

    pub fn edge_type(&self) -> &'static str {
        TYPES[self.below(2) as usize]
    }

    pub fn time(&self) -> i64 {
        self.below(24) as i64 - 4
    }

    pub fn direction(&self) -> Direction {
        [Direction::Outgoing, Direction::Incoming, Direction::Both][self.below(3) as usize]
    }

    fn fact(&self) -> TemporalFact {
        let start = self.time();
        let end = (self.below(2) == 0).then(|| start + 1 + self.below(10) as i64);
        let mut fact = fact(["a", "b"][self.below(2) as usize], self.edge_type(), self.node(), start, end);
        fact.properties = Properties::new().with("n", self.below(2) as i64);
        fact
    }
}

/// One random write to both. False = the operation is refused.
fn write(dice: &Dice, ctx: &mut WriteContext<'_>, model: &mut Model) -> Result<bool, Error> {
    let fact = dice.fact();
    match dice.below(22) {
        0..6 => assert_eq!(exec::add(ctx, fact.clone())?, model.add(fact)),
        6..11 => {
            let done = exec::supersede(ctx, fact.clone())?;
            assert_eq!((done.asserted, done.closed, done.changed), model.supersede(fact));
        }
        11..14 => {
            let done = exec::state(ctx, stated(&fact))?;
            assert_eq!((done.asserted, done.closed, done.changed), model.state(fact));
        }
        14..18 => {
            let at = (dice.below(3) > 0).then(|| TimestampMs(dice.time() + 6));
            let closed = exec::close(ctx, &fact.from_id, &fact.edge_type, &fact.to_id, at).ok();
            assert_eq!(closed, model.close(&fact, at));
            return Ok(closed.is_some());
        }
        18 => erase(dice, ctx, model, &fact)?,
        19 => {
            assert_eq!(graph::delete_node(ctx, &fact.to_id)?, None, "the nodes were never added");
            let erased = model.erase(|v| v.from_id == fact.to_id || v.to_id == fact.to_id);
            assert_eq!(exec::erase_node(ctx, &fact.to_id)?, erased);
        }
        _ => {
            let target = NodeId::new(dice.node());
            if target != fact.to_id {
                assert_eq!(exec::move_facts(ctx, &fact.to_id, &target)?, model.move_facts(&fact.to_id, &target));
            }
        }
    }
    Ok(true)
}

fn stated(fact: &TemporalFact) -> StatedFact {
    let TemporalFact { from_id, edge_type, to_id, valid_from, valid_until, properties } = fact.clone();
    StatedFact { from_id, edge_type, to_id, valid_from: Some(valid_from), valid_until, properties }
}

/// Erases whatever some conditions mean, in several steps.
fn erase(dice: &Dice, ctx: &mut WriteContext<'_>, model: &mut Model, like: &TemporalFact) -> Result<(), Error> {
    let some = |yes: bool, id: &NodeId| yes.then(|| id.clone());
    let window = dice.below(3) == 0;
    let mut request = EraseTemporal {
        from_id: some(dice.below(2) == 0, &like.from_id),
        edge_type: (dice.below(3) > 0).then(|| like.edge_type.clone()),
        to_id: some(dice.below(3) == 0, &like.to_id),
        node_id: some(dice.below(3) == 0, &like.to_id),
        filter: (dice.below(3) == 0).then(|| n_is(dice.below(2) as i64)),
        start: (window && dice.below(2) == 0).then(|| TimestampMs(dice.time())),
        end: window.then(|| TimestampMs(dice.time() + 8)),
        ..EraseTemporal::default()
    };
    let meant = model.meant(&request);
    let expected = model.erase(|version| meant.contains(version));
    let mut erased = 0;
    loop {
        let (part, place) = exec::erase(ctx, request.clone(), 1 + dice.below(4) as usize)?;
        erased += part;
        request.cursor = place.map(|place| place.encode());
        if request.cursor.is_none() {
            break;
        }
    }
    assert_eq!(erased, expected, "{request:?}");
    Ok(())
}

pub fn n_is(n: i64) -> Filter {
    Filter::on("n", Predicate::Eq(Value::Int(n))).unwrap()
}

fn query(
    harness: &Harness,
    snapshot: &RowSnapshot,
    node: &str,
    direction: Direction,
    mode: TemporalMode,
    edge_type: Option<&str>,
    as_of: Option<AsOf>,
) -> Vec<TemporalEdge> {
    let request = QueryTemporal {
        node_id: node.into(),
        mode,
        edge_types: edge_type.map(|edge_type| vec![edge_type.into()]),
        direction,
        as_of,
        limit: None,
        snapshot: None,
    };
    let answer = read::query(&harness.state, &Reader::of(snapshot.clone()), request, Wants::ALL).unwrap();
    assert!(!answer.truncated);
    answer.edges
}

fn history(
    harness: &Harness,
    snapshot: &RowSnapshot,
    node: &str,
    direction: Direction,
    limit: u32,
) -> Vec<TemporalEdge> {
    let mut request = TemporalHistory {
        node_id: node.into(),
        edge_type: None,
        other_id: None,
        direction,
        start: None,
        end: None,
        as_of: None,
        newest_first: false,
        limit: Some(limit),
        cursor: None,
        snapshot: None,
    };
    let mut edges = Vec::new();
    loop {
        let page = read::history(&harness.state, &Reader::of(snapshot.clone()), &request, Wants::ALL).unwrap();
        assert!(page.edges.len() <= limit as usize);
        assert_eq!(page.truncated, page.cursor.is_some());
        edges.extend(page.edges);
        request.cursor = page.cursor;
        if request.cursor.is_none() {
            return edges;
        }
    }
}

fn compare(dice: &Dice, harness: &Harness, snapshot: &RowSnapshot, model: &Model) {
    let (node, direction) = (dice.node(), dice.direction());
    let edge_type = (dice.below(2) == 0).then(|| dice.edge_type());
    let as_of = match dice.below(4) {
        0 => Some(AsOf::Seq(CommitSeq(dice.below(model.seq + 2)))),
        1 => Some(AsOf::Time(TimestampMs(dice.time()))),
        _ => None,
    };
    let start = dice.time();
    let (mode, end) = match dice.below(3) {
        0 => (TemporalMode::PointInTime { at: TimestampMs(start) }, start + 1),
        1 => {
            let end = start + 1 + dice.below(6) as i64;
            (TemporalMode::Range { start: Some(TimestampMs(start)), end: Some(TimestampMs(end)), clip: false }, end)
        }
        _ => (TemporalMode::Current, 0),
    };
    let now = crate::clock::Clock::now_ms(&*harness.clock);
    let (start, end) = if mode == TemporalMode::Current { (now, now + 1) } else { (start, end) };
    let found = query(harness, snapshot, node, direction, mode, edge_type, as_of);
    let expected = model.query(node, direction, (start, end), edge_type, as_of);
    assert_eq!(found, expected, "{node} {direction:?} {mode:?} {edge_type:?} {as_of:?} at {}", snapshot.seq());
    if dice.below(2) == 0 {
        lists::compare(dice, harness, snapshot, model);
    }
    if dice.below(4) == 0 {
        let found = history(harness, snapshot, node, direction, 1 + dice.below(5) as u32);
        assert_eq!(found, model.history(node, direction));
    }
}

fn check_rows(harness: &Harness, model: &Model) {
    let snapshot = harness.snapshot();
    let count = |table| snapshot.scan(table, &KeyRange::all(), false).unwrap().count();
    assert_eq!(count(Table::TemporalOut), model.versions.len());
    assert_eq!(count(Table::TemporalIn), model.versions.len());
    assert_eq!(harness.counters.temporal_versions as usize, model.versions.len());
    if all_are_listed(&snapshot).unwrap() {
        let retracted = model.versions.iter().filter(|version| version.retracted_seq.is_some()).count();
        assert_eq!(count(Table::TemporalTypes), model.versions.len() + 1);
        assert_eq!(count(Table::TemporalChanges), model.versions.len() + retracted);
    }
    let rows = snapshot.scan(Table::TemporalOut, &KeyRange::all(), false).unwrap().map(Result::unwrap);
    let bytes: usize = rows.map(|row| row.key.len() + row.value.len()).sum();
    assert_eq!(harness.counters.live_bytes as usize, bytes);
}

/// `is_old`: now and then the lists of facts are lost, as though what is stored were older than they are.
fn run(seed: u64, commits: usize, cache_bytes: usize, is_old: bool) {
    let dice = Dice(SeededRng::new(seed));
    let mut harness = Harness::with_timelines(Timelines::with_limit(cache_bytes));
    // Old snapshots with what must be found in each, even after an erase.
    let mut past: Vec<(RowSnapshot, Model)> = vec![(harness.snapshot(), Model::default())];
    for _ in 0..commits {
        harness.clock.advance_ms(dice.below(2));
        let mut model = past.last().unwrap().1.clone();
        model.seq = harness.seq + 1;
        model.now_ms = crate::clock::Clock::now_ms(&*harness.clock);
        let writes = if dice.below(2) == 0 { 1 } else { 1 + dice.below(5) };
        let done = harness.run(|ctx| {
            for _ in 0..writes {
                if !write(&dice, ctx, &mut model)? {
                    return Err(Error::invalid("refused"));
                }
            }
            Ok(())
        });
        if done.is_ok() && model.seq == harness.seq {
            past.push((harness.snapshot(), model));
        }
        if is_old {
            if dice.below(20) == 0 {
                harness.forget(&[Table::TemporalTypes, Table::TemporalChanges]);
            }
            harness.run(|ctx| exec::list_facts(ctx, 1 + dice.below(3) as usize)).unwrap();
            let mut model = past.last().unwrap().1.clone();
            model.seq = harness.seq;
            past.push((harness.snapshot(), model));
        }
        let (snapshot, model) = past.last().unwrap();
        (0..3).for_each(|_| compare(&dice, &harness, snapshot, model));
        let (snapshot, model) = &past[dice.below(past.len() as u64) as usize];
        compare(&dice, &harness, snapshot, model);
        check_rows(&harness, &past.last().unwrap().1);
    }
    assert!(past.len() > commits / 3, "too few of the operations did anything");
}

#[test]
fn every_answer_agrees_with_the_model() {
    for seed in 0..40 {
        println!("seed {seed}");
        run(seed, 120, usize::MAX, false);
    }
}

#[test]
fn forgetting_timelines_changes_no_answer() {
    for seed in 100..120 {
        println!("seed {seed}");
        run(seed, 120, 1500, false);
    }
}

#[test]
fn facts_of_before_the_lists_are_listed_all_the_same() {
    for seed in 200..230 {
        println!("seed {seed}");
        run(seed, 120, usize::MAX, true);
    }
}

#[test]
fn a_node_deleted_leaves_no_fact() {
    let mut harness = Harness::new();
    for n in 0..3000 {
        harness.run(|ctx| exec::add(ctx, fact("hub", "likes", &format!("x{n}"), 0, None))).unwrap();
        harness.run(|ctx| exec::add(ctx, fact(&format!("x{n}"), "likes", "hub", 0, None))).unwrap();
    }
    harness.run(|ctx| exec::add(ctx, fact("hub", "likes", "hub", 0, None))).unwrap();
    harness.run(|ctx| exec::add(ctx, fact("x1", "likes", "x2", 0, None))).unwrap();
    let hub = NodeId::new("hub");
    assert_eq!(harness.run(|ctx| graph::delete_node(ctx, &hub)).unwrap(), None);
    assert_eq!(harness.counters.temporal_versions, 6002, "facts of a node that was never added stay");
    harness.add_nodes(&["hub"]);
    let gone = harness.run(|ctx| graph::delete_node(ctx, &hub)).unwrap().unwrap();
    assert_eq!((gone.edges, gone.facts), (0, 6001));
    assert_eq!(harness.counters.temporal_versions, 1);
    let snapshot = harness.snapshot();
    assert_eq!(snapshot.scan(Table::TemporalIn, &KeyRange::all(), false).unwrap().count(), 1);
}
