//! Pins and cursors of a namespace in service: flushes, ticks and a short disk meet them.

use serde_bytes::ByteBuf;

use super::bench::Bench;
use crate::api::{CommitSeq, Durability, ErrorCode, Put};
use crate::limits;
use crate::{PinEnd, PinState};

fn put(bench: &Bench, count: usize) {
    for i in 0..count {
        let (key, value) = (ByteBuf::from(format!("k{i}").into_bytes()), ByteBuf::from(vec![7; 20 << 10]));
        bench.run(Put { key, value, ttl_ms: None, durability: Durability::Durable }).unwrap();
    }
}

/// A memtable is flushed when it is old.
fn flush(bench: &Bench) {
    bench.clock.advance_ms(1 + limits::MEMTABLE_AGE_MAX.as_millis() as u64);
    bench.tick();
    assert_eq!(bench.stats().flushed_seq, bench.stats().commit_seq);
}

/// How many groups can be read after a commit.
fn count_after(bench: &Bench, after: u64) -> Result<usize, ErrorCode> {
    let mut cursor = bench.handle.commit_log().unwrap().cursor(CommitSeq(after)).unwrap();
    let mut count = 0;
    while cursor.next_group().map_err(|error| error.code)?.is_some() {
        count += 1;
    }
    Ok(count)
}

#[test]
fn a_flush_releases_what_no_pin_keeps_and_a_tick_what_one_has_let_go() {
    let bench = Bench::new();
    let pin = bench.handle.commit_log().unwrap().pin(CommitSeq(0)).unwrap();
    put(&bench, 20);
    flush(&bench);
    assert_eq!(count_after(&bench, 0), Ok(20));
    pin.advance(15);
    bench.tick();
    assert_eq!(count_after(&bench, 0), Err(ErrorCode::SnapshotExpired));
    assert_eq!(count_after(&bench, 15), Ok(5));
    assert_eq!(pin.state(), PinState::Held { after: 15 });
    drop(pin);
    put(&bench, 10);
    flush(&bench);
    assert_eq!(count_after(&bench, 15), Err(ErrorCode::SnapshotExpired));
}

#[test]
fn where_space_is_short_pins_go_before_writes_are_refused() {
    let bench = Bench::new();
    let pin = bench.handle.commit_log().unwrap().pin(CommitSeq(0)).unwrap();
    put(&bench, 300);
    flush(&bench);
    let pinned = bench.handle.opening.lock().as_ref().unwrap().actor.log.bytes_on_disk();
    assert!(pinned > 4 << 20, "{pinned}");
    // As short as the pin makes it: whoever needs another segment sees that, and no write is refused.
    bench.disk.set_free_bytes(Some(limits::DISK_FREE_BYTES_MIN - (100 << 10)));
    while pin.state() == (PinState::Held { after: 0 }) {
        put(&bench, 1);
    }
    put(&bench, 3);
    assert_eq!(pin.state(), PinState::Broken(PinEnd::DiskFull));
}

#[test]
fn whoever_follows_asks_anew_after_the_namespace_was_closed() {
    let mut bench = Bench::new();
    let log = bench.handle.commit_log().unwrap();
    let (pin, mut cursor) = (log.pin(CommitSeq(0)).unwrap(), log.cursor(CommitSeq(0)).unwrap());
    put(&bench, 2);
    assert_eq!(cursor.next_group().unwrap().unwrap().seqs().1, CommitSeq(1));
    bench.reopen();
    assert_eq!(cursor.next_group().unwrap_err().code, ErrorCode::SnapshotExpired);
    assert_eq!(pin.state(), PinState::Broken(PinEnd::Closed));
    assert_eq!(log.cursor(CommitSeq(1)).unwrap_err().code, ErrorCode::SnapshotExpired);
    put(&bench, 1);
    assert_eq!(count_after(&bench, 2), Ok(1));
}
