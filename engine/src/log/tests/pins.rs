//! Pins keep what they say, within bounds, and say when they do not any more.

use super::*;
use crate::log::{PinEnd, PinState};

fn publish(log: &mut SegmentedLog, count: usize) {
    for _ in 0..count {
        append(log, &[3; 200], Sync::Now).unwrap();
        log.publish(log.last_seq());
    }
}

/// What a cursor reads after a seq.
fn count_after(log: &SegmentedLog, after: u64) -> Result<u64, LogError> {
    let mut cursor = log.reader()?.cursor(after)?;
    let mut count = 0;
    while cursor.next_batch()?.is_some() {
        count += 1;
    }
    Ok(count)
}

fn new_log(disk: &SimDisk) -> SegmentedLog {
    let small = LogOptions { max_segment_bytes: 512, ..options(disk, 1) };
    open(small, 0, &mut |_| Ok(())).unwrap().0
}

#[test]
fn a_pin_keeps_what_comes_after_it_until_it_is_let_go() {
    let disk = new_disk();
    let mut log = new_log(&disk);
    publish(&mut log, 3);
    let pin = log.reader().unwrap().pin(2).unwrap();
    publish(&mut log, 17);
    log.truncate(20).unwrap();
    assert_eq!(log.bytes_used(), 0, "recovery reads none of it");
    assert_eq!(count_after(&log, 2).unwrap(), 18);
    pin.advance(10);
    pin.advance(5);
    assert_eq!(pin.state(), PinState::Held { after: 10 });
    log.truncate(20).unwrap();
    assert!(matches!(count_after(&log, 2), Err(LogError::FallenBehind { after: 2, .. })));
    assert_eq!(count_after(&log, 10).unwrap(), 10);
    assert!(matches!(log.reader().unwrap().pin(2), Err(LogError::FallenBehind { after: 2, .. })));
    drop(pin);
    log.truncate(20).unwrap();
    assert!(matches!(count_after(&log, 10), Err(LogError::FallenBehind { .. })));
    assert_eq!(log.bytes_pinned(), 0);
}

#[test]
fn what_pins_keep_is_bounded_and_the_oldest_is_broken_first() {
    let disk = new_disk();
    let small = LogOptions { max_segment_bytes: 512, pinned_bytes_max: 5 * 512, ..options(&disk, 1) };
    let (mut log, _) = open(small, 0, &mut |_| Ok(())).unwrap();
    let old = log.reader().unwrap().pin(0).unwrap();
    publish(&mut log, 6);
    log.truncate(6).unwrap();
    let young = log.reader().unwrap().pin(6).unwrap();
    assert_eq!(old.state(), PinState::Held { after: 0 });
    publish(&mut log, 4);
    assert_eq!(old.state(), PinState::Held { after: 0 }, "what the store lacks is not kept by pins");
    log.truncate(10).unwrap();
    assert_eq!(old.state(), PinState::Broken(PinEnd::HeldTooMuch));
    assert_eq!(young.state(), PinState::Held { after: 6 });
    old.advance(8);
    assert_eq!(old.state(), PinState::Broken(PinEnd::HeldTooMuch), "nothing mends it");
    assert!(matches!(count_after(&log, 0), Err(LogError::FallenBehind { after: 0, .. })));
    assert_eq!(count_after(&log, 6).unwrap(), 4);
    assert!(log.bytes_pinned() <= 5 * 512);
}

#[test]
fn a_full_disk_breaks_pins_before_it_refuses_a_batch() {
    let disk = new_disk();
    let mut log = new_log(&disk);
    let pin = log.reader().unwrap().pin(0).unwrap();
    publish(&mut log, 8);
    log.truncate(8).unwrap();
    assert!(log.bytes_pinned() > 0);
    disk.set_free_bytes(Some(0));
    publish(&mut log, 3);
    assert_eq!(pin.state(), PinState::Broken(PinEnd::DiskFull));
    assert_eq!(log.bytes_pinned(), 0);
    // Now there is nothing left to be given back.
    let refused = (0..20).find_map(|_| append(&mut log, &[3; 200], Sync::Now).err());
    assert!(matches!(refused, Some(LogError::DiskFull { .. })), "{refused:?}");
    assert!(!log.break_pins().unwrap());
}

#[test]
fn a_log_that_is_begun_anew_or_closed_breaks_its_pins() {
    let disk = new_disk();
    let mut log = new_log(&disk);
    publish(&mut log, 3);
    let reader = log.reader().unwrap();
    let (old, new) = (reader.pin(1).unwrap(), reader.pin(3).unwrap());
    log.begin_anew().unwrap();
    assert_eq!(old.state(), PinState::Broken(PinEnd::BegunAnew));
    assert_eq!(new.state(), PinState::Held { after: 3 });
    publish(&mut log, 2);
    log.truncate(5).unwrap();
    assert_eq!(count_after(&log, 3).unwrap(), 2);
    drop(log);
    assert_eq!(new.state(), PinState::Broken(PinEnd::Closed));
    assert!(matches!(reader.pin(3), Err(LogError::Closed)));
}

#[test]
fn there_are_so_many_pins_and_broken_ones_count() {
    let disk = new_disk();
    let mut log = new_log(&disk);
    let reader = log.reader().unwrap();
    let mut pins: Vec<_> = (0..crate::limits::LOG_PINS_MAX).map(|_| reader.pin(0).unwrap()).collect();
    publish(&mut log, 1);
    log.begin_anew().unwrap();
    assert!(matches!(reader.pin(1), Err(LogError::TooMany { what: "pins", .. })));
    pins.pop();
    reader.pin(1).unwrap();
}
