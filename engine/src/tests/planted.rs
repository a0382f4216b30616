//! The tests of this crate are tested.

use crate::planted::{Binary, is_planted, missed};

#[test]
fn every_fault_planted_in_the_engine_is_found() {
    assert!(!is_planted(), "this test plants the faults itself");
    let missed = missed(Binary::Engine);
    assert!(missed.is_empty(), "faults that no test finds: {missed:#?}");
}
