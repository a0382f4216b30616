//! Semantic caches: what expires, what is swept, and what a restart brings back.

use super::bench::Bench;
use crate::api::{
    CacheGet, CacheHit, CacheInvalidate, CachePut, CacheStats, CacheStatsRequest, Durability, Embedding, ErrorCode,
    Quota,
};
use crate::limits;
use crate::rng::{Rng, SeededRng};

fn put(key: &str, embedding: &[f32], ttl_ms: Option<u64>) -> CachePut {
    let (cache, key, value) = ("c".into(), key.to_owned(), format!("answer to {key}"));
    CachePut { cache, key, value, embedding: Embedding(embedding.to_vec()), ttl_ms, durability: Durability::Durable }
}

fn get(bench: &Bench, embedding: &[f32]) -> Option<CacheHit> {
    let embedding = Some(Embedding(embedding.to_vec()));
    bench.run(CacheGet { cache: "c".into(), key: None, embedding, threshold: Some(-1.0) }).unwrap().hit
}

fn nearest(bench: &Bench, embedding: &[f32]) -> String {
    get(bench, embedding).unwrap().key
}

fn has(bench: &Bench, key: &str) -> bool {
    let asked = CacheGet { cache: "c".into(), key: Some(key.to_owned()), embedding: None, threshold: None };
    bench.run(asked).unwrap().hit.is_some()
}

fn stats(bench: &Bench) -> CacheStats {
    bench.run(CacheStatsRequest { cache: "c".into() }).unwrap()
}

fn invalidate(bench: &Bench, pattern: &str) -> u64 {
    let (cache, pattern) = ("c".into(), pattern.to_owned());
    bench.run(CacheInvalidate { cache, pattern, durability: Durability::Durable }).unwrap().deleted
}

/// A direction in a plane; neighbouring angles are neighbours by cosine.
fn direction(degrees: u16) -> [f32; 2] {
    let angle = f32::from(degrees).to_radians();
    [angle.cos(), angle.sin()]
}

#[test]
fn what_has_expired_hides_nothing_that_has_not() {
    let bench = Bench::new();
    for degrees in 0..80_u16 {
        let ttl_ms = (degrees % 4 != 3).then(|| 10 + u64::from(degrees));
        bench.run(put(&degrees.to_string(), &direction(degrees), ttl_ms)).unwrap();
    }
    assert_eq!(nearest(&bench, &direction(0)), "0");
    bench.clock.advance_ms(10 + 41);
    // 0 to 41 have expired but for every fourth; nothing has been swept.
    assert_eq!(bench.stats().vectors, 80);
    assert_eq!(nearest(&bench, &direction(0)), "3");
    assert_eq!(nearest(&bench, &direction(40)), "39");
    assert_eq!(nearest(&bench, &direction(42)), "42");
    assert!(has(&bench, "3") && !has(&bench, "4") && !has(&bench, "41") && has(&bench, "42"));
    assert_eq!(stats(&bench).entries, 80 - 42 + 10);
    bench.clock.advance_ms(1_000);
    assert_eq!(stats(&bench).entries, 20);
    assert_eq!(invalidate(&bench, "[!7]*"), 16, "expired entries are deleted too, but were not there to be counted");
    assert_eq!((bench.stats().vectors, stats(&bench).entries), (11, 4));
}

#[test]
fn expired_entries_are_swept_a_part_at_a_time_and_stay_away() {
    let mut bench = Bench::new();
    let expiring = limits::SWEEP_ITEMS_MAX as u64 * 2 + 500;
    for i in 0..expiring {
        bench
            .run(CachePut { durability: Durability::Volatile, ..put(&format!("t{i}"), &[1.0, 0.0], Some(100)) })
            .unwrap();
    }
    for i in 0..10 {
        bench.run(put(&format!("stays{i}"), &[0.0, 1.0], None)).unwrap();
    }
    bench.clock.advance_ms(99);
    bench.tick();
    assert_eq!((bench.stats().vectors, stats(&bench).entries), (expiring + 10, expiring + 10));
    bench.clock.advance_ms(1);
    assert_eq!((bench.stats().vectors, stats(&bench).entries), (expiring + 10, 10));
    let before = bench.stats().commit_seq.0;
    bench.tick();
    assert_eq!((bench.stats().vectors, stats(&bench).entries), (10, 10), "one tick begins, and it goes on by itself");
    assert_eq!(bench.stats().commit_seq.0 - before, 3, "in steps of bounded size");
    let swept = bench.stats();
    bench.tick();
    assert_eq!(bench.stats().commit_seq, swept.commit_seq, "a sweep that finds nothing takes no commit");
    assert_eq!(swept.documents, 0, "entries are no documents");

    bench.clock.set_ms(1_000);
    for _ in 0..2 {
        bench.reopen();
        assert_eq!((bench.stats().vectors, stats(&bench).entries), (10, 10), "even if the clock goes back");
        assert_eq!(nearest(&bench, &[1.0, 0.01]), "stays0");
        bench.lose_power();
    }
}

#[test]
fn an_entry_outlives_the_expiry_of_its_predecessor() {
    let mut bench = Bench::new();
    for (key, ttl_ms) in [("for ever", None), ("longer", Some(1_000)), ("shorter", Some(150))] {
        bench.run(put(key, &[1.0, 0.0], Some(200))).unwrap();
        bench.run(put(key, &[0.0, 1.0], ttl_ms)).unwrap();
    }
    assert_eq!(stats(&bench).entries, 3);
    bench.clock.advance_ms(150);
    bench.tick();
    assert!(!has(&bench, "shorter"));
    bench.clock.advance_ms(50);
    bench.tick();
    assert!(has(&bench, "for ever") && has(&bench, "longer"));
    assert_eq!((bench.stats().vectors, stats(&bench).entries), (2, 2));
    bench.reopen();
    bench.tick();
    assert!(has(&bench, "for ever") && has(&bench, "longer") && !has(&bench, "shorter"));
    bench.clock.advance_ms(800);
    bench.tick();
    assert_eq!((bench.stats().vectors, nearest(&bench, &[1.0, 1.0])), (1, "for ever".to_owned()));
}

/// Times to live are kept as times, so they pass while the database is closed.
#[test]
fn times_to_live_pass_over_power_losses() {
    let mut bench = Bench::new();
    bench.run(put("short", &[1.0, 0.0], Some(100))).unwrap();
    bench.run(put("long", &[0.0, 1.0], Some(200))).unwrap();
    bench.lose_power();
    assert_eq!(nearest(&bench, &[1.0, 0.1]), "short");
    bench.clock.advance_ms(100);
    bench.lose_power();
    assert_eq!((nearest(&bench, &[1.0, 0.1]), stats(&bench).entries), ("long".to_owned(), 1));
    assert_eq!(bench.stats().vectors, 2);
    bench.tick();
    assert_eq!(bench.stats().vectors, 1);
    bench.reopen();
    bench.clock.advance_ms(100);
    assert_eq!((get(&bench, &[1.0, 0.1]), stats(&bench).entries), (None, 0));
    bench.tick();
    assert_eq!((bench.stats().vectors, bench.stats().live_bytes), (0, 0));
}

/// Rows that expired long ago are freed once no reader can see them, and searches go on being right.
#[test]
fn expired_rows_are_forgotten() {
    let bench = Bench::new();
    bench.run(put("stays", &[1.0, 1.0], None)).unwrap();
    for round in 0..40 {
        bench.run(put(&format!("e{round}"), &[1.0, 0.0], Some(1))).unwrap();
        bench.run(put("replaced", &[0.0, 1.0], Some(1_000_000))).unwrap();
        bench.clock.advance_ms(10_000);
        bench.tick();
        assert_eq!(stats(&bench).entries, 2);
        assert_eq!(nearest(&bench, &[1.0, 0.0]), "stays");
    }
    assert_eq!(invalidate(&bench, "repl?ced"), 1);
    assert_eq!((invalidate(&bench, "*"), stats(&bench).entries), (1, 0));
    bench.run(put("again", &[1.0, 1.0], None)).unwrap();
    assert_eq!(nearest(&bench, &[1.0, 0.0]), "again");
}

/// More entries than a scan takes: the graph is walked, and what has expired is still left out.
#[test]
fn large_caches_are_searched_by_graph() {
    let bench = Bench::new();
    let embedding = |i: u32| {
        let rng = SeededRng::new(u64::from(i));
        std::array::from_fn::<f32, 8, _>(|_| f32::from((rng.next_u64() >> 48) as u16) - 32_768.0)
    };
    for i in 0..16_000_u32 {
        let ttl_ms = (i % 8 == 0).then_some(100);
        bench.run(CachePut { durability: Durability::Volatile, ..put(&i.to_string(), &embedding(i), ttl_ms) }).unwrap();
    }
    bench.tick();
    bench.tick();
    bench.clock.advance_ms(100);
    let mut missed = 0;
    for i in (0..16_000).step_by(80) {
        let near = get(&bench, &embedding(i)).unwrap();
        assert!(near.key.parse::<u32>().unwrap() % 8 != 0, "{near:?} has expired");
        assert!(near.similarity > 0.6, "{near:?}");
        let same = get(&bench, &embedding(i + 1)).unwrap();
        missed += u32::from(same.key != (i + 1).to_string());
    }
    assert!(missed <= 10, "{missed} of 200 nearest entries were not found");
    assert_eq!(stats(&bench).entries, 14_000);
}

#[test]
fn caches_count_towards_the_quota() {
    let bench = Bench::new();
    let refused = |quota: Quota, key: &str| {
        bench.set_quota(quota);
        let code = bench.run(put(key, &[1.0, 0.0], None)).map(drop).map_err(|error| error.code);
        bench.set_quota(Quota::default());
        code == Err(ErrorCode::QuotaExceeded)
    };
    assert!(refused(Quota { collections_max: Some(0), ..Quota::default() }, "a"));
    assert_eq!((stats(&bench), bench.stats().collections), (CacheStats::default(), 0), "nothing was created");
    bench.run(put("a", &[1.0, 0.0], None)).unwrap();
    assert_eq!((bench.stats().collections, bench.stats().vectors), (1, 1));
    assert!(refused(Quota { vectors_max: Some(1), ..Quota::default() }, "b"));
    assert!(!refused(Quota { vectors_max: Some(1), ..Quota::default() }, "a"), "a replacement is no growth");
    assert!(refused(Quota { bytes_max: Some(10), ..Quota::default() }, "b"));
    assert_eq!(stats(&bench).entries, 1);
}
