//! Clocks that jump: what expires is told by the clock as it is, for every reader and writer alike; commits are stamped in
//! their order.

use std::sync::atomic::Ordering;

use serde_bytes::ByteBuf;

use super::bench::{Bench, Workers};
use crate::api::{
    AddTemporalEdge, CacheGet, CachePut, CloseTemporalEdge, CollectionName, CompareAndSet, Durability, Embedding, Get,
    Properties, Put, TemporalFact, TimestampMs,
};
use crate::limits;

const DURABLE: Durability = Durability::Durable;
const HOUR_MS: i64 = 3_600_000;

fn key(name: &str) -> ByteBuf {
    ByteBuf::from(name.as_bytes().to_vec())
}

fn put(bench: &Bench, name: &str, ttl_ms: Option<u64>) {
    bench.run(Put { key: key(name), value: key("v"), ttl_ms, durability: DURABLE }).unwrap();
}

fn get(bench: &Bench, name: &str) -> Option<ByteBuf> {
    bench.run(Get { key: key(name), snapshot: None }).unwrap().found.map(|found| found.value)
}

/// What a compare-and-set sees, without changing anything.
fn seen(bench: &Bench, name: &str) -> Option<ByteBuf> {
    let (expected, value) = (Some(key("no such value")), None);
    let swap = CompareAndSet { key: key(name), expected, value, ttl_ms: None, durability: DURABLE };
    bench.run(swap).unwrap().previous
}

/// The clock shows an hour too much while one commit is made, and is then set right.
fn jumped() -> Bench {
    let bench = Bench::new();
    bench.clock.set_ms(1_000 + HOUR_MS);
    put(&bench, "while ahead", None);
    bench.clock.set_ms(1_000);
    bench
}

#[test]
fn after_a_jump_keys_live_as_long_as_they_were_given() {
    let mut bench = jumped();
    put(&bench, "short", Some(1_000));
    bench.clock.advance_ms(999);
    assert!(get(&bench, "short").is_some() && seen(&bench, "short").is_some());
    bench.clock.advance_ms(1);
    assert!(get(&bench, "short").is_none() && seen(&bench, "short").is_none());
    bench.tick();
    assert_eq!(bench.stats().keys, 1, "and it is swept");
    bench.reopen();
    put(&bench, "short", Some(1_000));
    bench.clock.advance_ms(1_000);
    assert!(get(&bench, "short").is_none(), "what an opening remembers of commit times keeps nothing alive");
}

#[test]
fn readers_and_writers_agree_on_what_has_expired() {
    let bench = jumped();
    put(&bench, "k", Some(50));
    for _ in 0..60 {
        assert_eq!(get(&bench, "k"), seen(&bench, "k"));
        bench.clock.advance_ms(1);
    }
}

#[test]
fn after_a_jump_closing_now_means_now() {
    let bench = jumped();
    let fact = TemporalFact {
        from_id: "a".into(),
        edge_type: "r".into(),
        to_id: "b".into(),
        valid_from: TimestampMs(0),
        valid_until: None,
        properties: Properties::new(),
    };
    bench.run(AddTemporalEdge { fact, durability: DURABLE }).unwrap();
    bench.clock.advance_ms(10);
    let (from_id, edge_type, to_id) = ("a".into(), "r".into(), "b".into());
    let close = CloseTemporalEdge { from_id, edge_type, to_id, at: None, durability: DURABLE };
    let closed = bench.run(close).unwrap().edges;
    assert_eq!(closed[0].valid_until, Some(TimestampMs(1_010)));
    assert_eq!(closed[0].asserted_at, TimestampMs(1_000 + HOUR_MS), "commits keep their order");
}

#[test]
fn a_clock_beyond_all_calendars_stamps_the_last_moment() {
    let bench = Bench::new();
    bench.clock.set_ms(i64::MAX);
    put(&bench, "k", Some(1));
    assert_eq!(bench.handle.hold().unwrap().last_commit_at, limits::TIME_MS_MAX);
}

fn expired(many: u64) -> Bench {
    let bench = Bench::new();
    for i in 0..many {
        let (key, value) = (key(&format!("k{i}")), key("v"));
        bench.run(Put { key, value, ttl_ms: Some(10), durability: Durability::Volatile }).unwrap();
    }
    bench.clock.advance_ms(10);
    bench
}

#[test]
fn one_tick_sweeps_however_much_has_expired() {
    let many = 3 * limits::SWEEP_ITEMS_MAX as u64 + 1;
    let bench = expired(many);
    let before = bench.stats();
    bench.tick();
    let after = bench.stats();
    assert_eq!((before.keys, after.keys), (many, 0));
    assert_eq!(after.commit_seq.0 - before.commit_seq.0, 4, "in steps of bounded size");
}

/// Each step asks for the next one. However many there are, they take no more of the stack than the first.
#[test]
fn a_sweep_that_no_pool_takes_on_goes_on_in_a_loop() {
    let bench = expired(3 * limits::SWEEP_ITEMS_MAX as u64 + 1);
    *bench.workers.lock() = Workers::Closed(Vec::new());
    bench.tick();
    assert_eq!(bench.stats().keys, 0);
    let Workers::Closed(places) = &*bench.workers.lock() else { panic!("nobody has changed it") };
    let (_, steps) = places.split_first().unwrap();
    assert!(steps.len() == 3 && steps.iter().all(|place| *place == steps[0]), "{places:?}");
}

#[test]
fn nothing_is_swept_while_the_engine_closes() {
    let many = 2 * limits::SWEEP_ITEMS_MAX as u64;
    let bench = expired(many);
    bench.closing.store(true, Ordering::Release);
    bench.tick();
    assert_eq!(bench.stats().keys, many, "closing does not wait for it; the next opening does it");
    bench.closing.store(false, Ordering::Release);
    bench.tick();
    assert_eq!(bench.stats().keys, 0);
}

/// Whoever looks while the clock is ahead must not end what the clock, set right, says is there.
#[test]
fn a_cache_that_is_asked_during_a_jump_ends_nothing_early() {
    let bench = Bench::new();
    let (cache, embedding) = (CollectionName::new("c"), Embedding(vec![1.0, 0.0]));
    let put = |key: &str, ttl_ms| {
        let (cache, key, value, embedding) = (cache.clone(), key.to_owned(), "v".to_owned(), embedding.clone());
        bench.run(CachePut { cache, key, value, embedding, ttl_ms: Some(ttl_ms), durability: DURABLE }).unwrap();
    };
    let has = |key: &str| {
        let (cache, key) = (cache.clone(), Some(key.to_owned()));
        bench.run(CacheGet { cache, key, embedding: None, threshold: None }).unwrap().hit.is_some()
    };
    put("short", 1_000);
    put("long", 3_000);
    bench.clock.set_ms(1_000 + HOUR_MS);
    assert!(!has("short") && !has("long"));
    bench.clock.set_ms(1_000 + 2_000);
    assert!(!has("short") && has("long"));
    bench.tick();
    assert!(has("long"), "the sweep goes by the same clock");
    bench.clock.advance_ms(1_000);
    assert!(!has("long"));
}
