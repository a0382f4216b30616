//! Readers beside the actor: each sees exactly its own commit, whatever is written, erased or forgotten meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::Timelines;
use super::super::harness::{Harness, fact};
use crate::api::{Direction, EraseTemporal, QueryTemporal, Result, TemporalEdge, TemporalMode, TimestampMs};
use crate::namespace::context::WriteContext;
use crate::namespace::exec::temporal as exec;
use crate::namespace::query::reader::Reader;
use crate::namespace::query::temporal as read;
use crate::namespace::query::wants::Wants;
use crate::namespace::state::State;
use crate::store::RowSnapshot;

fn open(state: &State, snapshot: &RowSnapshot, node: &str, direction: Direction) -> Vec<TemporalEdge> {
    let mode = TemporalMode::PointInTime { at: TimestampMs(i64::MAX) };
    let request = QueryTemporal {
        node_id: node.into(),
        mode,
        edge_types: None,
        direction,
        as_of: None,
        limit: None,
        snapshot: None,
    };
    read::query(state, &Reader::of(snapshot.clone()), request, Wants::ALL).unwrap().edges
}

/// Commit n says that `ann` is at node n. Every 50th commit erases everything instead. The cache keeps one timeline at
/// a time, so that it is built over and over while the actor writes.
#[test]
fn readers_see_their_commit() {
    let mut harness = Harness::with_timelines(Timelines::with_limit(1));
    let done = AtomicBool::new(false);
    let state = Arc::clone(&harness.state);
    let reader = |offset: usize| {
        let (state, done) = (&state, &done);
        move || {
            let mut looks = offset;
            while !done.load(Ordering::Acquire) || looks < 200 {
                looks += 1;
                let snapshot = state.snapshot(None).unwrap();
                let found = open(state, &snapshot, "ann", Direction::Outgoing);
                if snapshot.seq() == 0 || snapshot.seq().is_multiple_of(50) {
                    assert_eq!(found, [], "at {}", snapshot.seq());
                } else {
                    assert_eq!(found.len(), 1, "at {}", snapshot.seq());
                    assert_eq!(found[0].asserted_seq.0, snapshot.seq());
                    let to = found[0].to_id.as_str();
                    let back = open(state, &snapshot, to, Direction::Incoming);
                    assert_eq!(back, found, "at {}", snapshot.seq());
                }
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(reader(0));
        scope.spawn(reader(1));
        let _finish = Finish(&done);
        for n in 1..=1500_u64 {
            if n.is_multiple_of(50) {
                harness.run(erase_ann).unwrap();
            } else {
                let to = format!("n{}", n % 7);
                harness.run(|ctx| exec::supersede(ctx, fact("ann", "at", &to, n as i64, None))).unwrap();
            }
        }
    });
}

fn erase_ann(ctx: &mut WriteContext<'_>) -> Result<u64> {
    let request = EraseTemporal { from_id: Some("ann".into()), ..EraseTemporal::default() };
    exec::erase(ctx, request, usize::MAX).map(|(erased, _)| erased)
}

/// Lets the readers go even if the writer fails.
struct Finish<'a>(&'a AtomicBool);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn an_erase_is_seen_once_it_is_published_and_not_before() {
    let mut harness = Harness::new();
    harness.run(|ctx| exec::add(ctx, fact("ann", "at", "x", 0, None))).unwrap();
    let before = harness.snapshot();
    harness.run(erase_ann).unwrap();
    let after = harness.snapshot();
    for _ in 0..2 {
        assert_eq!(open(&harness.state, &before, "ann", Direction::Outgoing).len(), 1);
        assert_eq!(open(&harness.state, &after, "ann", Direction::Outgoing).len(), 0);
        assert_eq!(open(&harness.state, &before, "x", Direction::Incoming).len(), 1);
        assert_eq!(open(&harness.state, &after, "x", Direction::Incoming).len(), 0);
    }
}

#[test]
fn timelines_stay_within_their_bytes() {
    let mut harness = Harness::with_timelines(Timelines::with_limit(100_000));
    for n in 0..2000 {
        harness.run(|ctx| exec::supersede(ctx, fact(&format!("n{n}"), "at", "x", 0, None))).unwrap();
        assert!(harness.state.timelines.memory_bytes() <= 102_000);
    }
    assert!(harness.state.timelines.memory_bytes() > 50_000);
}
