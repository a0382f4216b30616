//! One writer, several readers and a builder at once. The first test is small enough to run under Valgrind's memcheck
//! (test filter `stress`, option `--fair-sched=yes` so that the threads take turns).

use std::sync::atomic::Ordering;
use std::thread;

use parking_lot::Mutex;

use super::support::Random;
use crate::api::Metric;
use crate::index::vector::{BuildOptions, BuildOutcome, SearchParams, VectorIndex, VectorParams};

/// Every component of a row is its number plus one, so a half-written row would show.
fn vector_of(row: u32) -> [f32; 16] {
    [row as f32 + 1.0; 16]
}

/// The sequence numbers in use: the latest published one, and one per reader (`u64::MAX` while it has none).
struct Clock {
    latest: u64,
    readers: [u64; 2],
}

/// Gives a reader's sequence number back, also when the reader fails: the writer waits for it.
struct Reading<'a> {
    clock: &'a Mutex<Clock>,
    reader: usize,
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.clock.lock().readers[self.reader] = u64::MAX;
    }
}

#[test]
fn stress_readers_see_whole_rows_of_their_sequence_number() {
    const ROWS: u32 = 3_000;
    let index = VectorIndex::new(VectorParams::new(16, Metric::Euclidean));
    // Row r is created at r + 1 and deleted at r + 101.
    let clock = Mutex::new(Clock { latest: 0, readers: [u64::MAX; 2] });
    thread::scope(|scope| {
        scope.spawn(|| {
            for row in 0..ROWS {
                let seq = u64::from(row) + 1;
                index.insert(row, &u64::from(row).to_be_bytes(), &vector_of(row), seq).unwrap();
                if row >= 100 {
                    assert!(index.delete(row - 100, seq));
                }
                clock.lock().latest = seq;
                if row % 100 == 99 {
                    index.reclaim(oldest_in_use(&clock, seq));
                }
            }
        });
        for reader in 0..2 {
            let (index, clock) = (&index, &clock);
            scope.spawn(move || read_until(index, clock, reader, u64::from(ROWS)));
        }
    });
    assert_eq!(index.live_count(), 100);
    assert!(index.stats().rows < ROWS as usize, "nothing was reclaimed");
}

/// The oldest sequence number a reader uses or may take: a new reader looks back at most 200 numbers. Waits for a reader
/// that fell further behind than that, for it would keep every row from being reclaimed.
fn oldest_in_use(clock: &Mutex<Clock>, seq: u64) -> u64 {
    loop {
        let oldest = clock.lock().readers.iter().fold(seq.saturating_sub(200), |oldest, seq| oldest.min(*seq));
        if oldest + 400 >= seq {
            return oldest;
        }
        thread::yield_now();
    }
}

fn read_until(index: &VectorIndex, clock: &Mutex<Clock>, reader: usize, last: u64) {
    let mut random = Random::new(reader as u64);
    loop {
        let seq = {
            let mut clock = clock.lock();
            if clock.latest == last {
                return;
            }
            let seq = clock.latest.saturating_sub(random.below(200));
            clock.readers[reader] = seq;
            seq
        };
        let _reading = Reading { clock, reader };
        let hits = index.search(&[seq as f32; 16], &SearchParams::new(200, seq)).unwrap();
        assert_eq!(hits.len() as u64, seq.min(100), "reader {reader} at {seq}");
        for hit in hits {
            let row = u64::from(hit.row);
            assert!(row < seq && seq < row + 101, "row {row} at {seq}");
            assert_eq!(&*hit.id, &row.to_be_bytes());
            assert_eq!(index.vector(hit.row).unwrap(), vector_of(hit.row));
        }
    }
}

#[test]
fn inserts_deletes_and_searches_go_on_during_a_build() {
    let index = VectorIndex::new(VectorParams::new(16, Metric::Euclidean));
    let mut random = Random::new(21);
    for row in 0..4_000u32 {
        index.insert(row, &u64::from(row).to_be_bytes(), &random.vector(16), 1).unwrap();
    }
    let options = BuildOptions::default();
    thread::scope(|scope| {
        let build = scope.spawn(|| index.build(&options).unwrap());
        let mut row = 4_000;
        while !build.is_finished() || row < 4_200 {
            let seq = u64::from(row);
            let fresh = random.vector(16);
            index.insert(row, &seq.to_be_bytes(), &fresh, seq).unwrap();
            assert!(index.delete(row - 4_000, seq));
            let hits = index.search(&fresh, &SearchParams::new(5, seq)).unwrap();
            assert_eq!((hits[0].row, hits[0].distance, hits.len()), (row, 0.0, 5));
            assert!(hits.iter().all(|hit| hit.row > row - 4_000), "a deleted row was returned");
            index.reclaim(seq - 1);
            row += 1;
        }
        let BuildOutcome::Built { rows } = build.join().unwrap() else { panic!("not built") };
        let stats = index.stats();
        assert_eq!((stats.live(), stats.covered), (4_000, rows));
        let (oldest, last) = (row - 4_000, u64::from(row) - 1);
        let hits = index.search(&random.vector(16), &SearchParams::new(50, last)).unwrap();
        assert!(hits.len() == 50 && hits.iter().all(|hit| hit.row >= oldest));
        assert!((oldest..row).all(|row| index.delete(row, last + 1)));
        assert_eq!((index.stats().covered_dead, index.stats().uncovered()), (rows, 0));
    });
}

#[test]
fn a_build_can_be_cancelled_while_it_runs_and_excludes_another() {
    let index = VectorIndex::new(VectorParams::new(16, Metric::Cosine));
    let mut random = Random::new(22);
    for row in 0..5_000u32 {
        index.insert(row, &u64::from(row).to_be_bytes(), &random.vector(16), 1).unwrap();
    }
    let options = BuildOptions { threads: 1, ..BuildOptions::default() };
    thread::scope(|scope| {
        let build = scope.spawn(|| index.build(&options).unwrap());
        while index.build_wanted() {
            thread::yield_now();
        }
        assert_eq!(index.build(&BuildOptions::default()).unwrap(), BuildOutcome::Busy);
        options.cancel.store(true, Ordering::Relaxed);
        assert_eq!(build.join().unwrap(), BuildOutcome::Cancelled);
    });
    assert!(index.build_wanted());
    assert_eq!(index.search(&random.vector(16), &SearchParams::new(10, 1)).unwrap().len(), 10);
}
