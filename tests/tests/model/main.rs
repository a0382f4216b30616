//! Random operations against the plain model, with closing, power losses and the passing of time in between.
//!
//! Each case is a fresh database on the simulated disk and a list of operations that proptest makes and, when something
//! differs, shrinks. Every answer is compared with the model's, and after each reopening everything that can be seen.
//! About a minute by default, ten times as much with `TOONDB_LONG=1`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

mod ask;
mod facts;
mod filters;
mod listing;
mod lists;
mod op;
mod play;

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use toondb_tests::{Transport, is_long, seed};

fn check(cases: u32, ops: usize, transport: Transport) {
    let seed = seed(61);
    let cases = if is_long() { cases * 10 } else { cases };
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let outcome = runner.run(&op::ops(ops), |ops| {
        play::play(&ops, transport, seed).map_err(proptest::test_runner::TestCaseError::fail)
    });
    if let Err(error) = outcome {
        panic!("seed {seed}: {error}");
    }
}

#[test]
fn short_histories() {
    check(4_000, 12, Transport::Embedded);
}

#[test]
fn long_histories() {
    check(2_500, 120, Transport::Embedded);
}

#[test]
fn histories_through_a_socket() {
    check(800, 60, Transport::Socket);
}
