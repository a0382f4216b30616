//! The tests are tested: each fault that can be planted is found by the test that the table of faults names.

use toondb_engine::planted::{Binary, Planted, is_planted, missed};
use toondb_tests::is_long;

/// These try many lives each; hunting with them takes minutes.
fn is_sweep(test: &str) -> bool {
    test.starts_with("power::") || test.starts_with("killed::")
}

#[test]
fn every_planted_fault_is_found() {
    assert!(!is_planted(), "this test plants the faults itself");
    assert!(Planted::ALL.len() >= 40, "a fault is not taken out of the table because no test finds it");
    let missed = missed(Binary::Crash, |test| !is_sweep(test));
    assert!(missed.is_empty(), "faults that no test finds: {missed:#?}");
}

#[test]
fn every_planted_fault_that_a_sweep_finds_is_found() {
    if !is_long() {
        println!("skipped: TOONDB_LONG=1 hunts with the sweeps, too");
        return;
    }
    let missed = missed(Binary::Crash, is_sweep);
    assert!(missed.is_empty(), "faults that no test finds: {missed:#?}");
}
