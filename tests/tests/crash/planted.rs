//! The tests are tested: each fault that can be planted is found by the test that the table of faults names.

use toondb_engine::planted::{Binary, Planted, is_planted, missed};

#[test]
fn every_planted_fault_is_found() {
    assert!(!is_planted(), "this test plants the faults itself");
    assert!(Planted::ALL.len() >= 46, "a fault is not taken out of the table because no test finds it");
    let missed = missed(Binary::Crash);
    assert!(missed.is_empty(), "faults that no test finds: {missed:#?}");
}
