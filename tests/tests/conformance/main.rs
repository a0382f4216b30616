//! One suite for every door.
//!
//! Each scenario is written once, against a [`Script`]. It runs unchanged through every transport, each time on a fresh
//! database with the same clock and the same seed, and the transcripts must be equal letter for letter: the doors do not
//! only all work, they say the same. A last test sees to it that every operation of the table is exercised.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

/// Makes a test of each scenario of a file, and a list of all of them.
macro_rules! scenarios {
    ($($name:ident),+ $(,)?) => {
        pub const ALL: &[crate::Scenario] = &[$($name),+];

        mod through_every_door {
            $(#[test]
            fn $name() {
                crate::through_every_door(super::$name);
            })+
        }
    };
}

mod cache;
mod changed_documents;
mod checkpoints;
mod collections;
mod commits;
mod context;
mod documents;
mod facts;
mod filters;
mod graph;
mod graph_changes;
mod graph_lists;
mod history;
mod keys;
mod kv;
mod large_values;
mod limits;
mod listing;
mod listing_pages;
mod logs;
mod namespaces;
mod projection;
mod render;
mod scans;
mod search_windows;
mod server;
mod snapshots;
mod temporal;
mod vectors;
mod walks;

use std::collections::BTreeSet;

use toondb_engine::api::OpCode;
use toondb_tests::{Database, Script, Transport, seed};

/// A conversation with assertions.
type Scenario = fn(&mut Script);

fn play(scenario: Scenario, transport: Transport) -> (String, BTreeSet<OpCode>) {
    let mut script = Script::new(Database::new(transport, seed(1)));
    scenario(&mut script);
    script.finish()
}

/// Runs a scenario through every door and compares the transcripts.
fn through_every_door(scenario: Scenario) {
    let mut transcripts = Transport::ALL.map(|transport| (transport, play(scenario, transport).0)).into_iter();
    let (_, first) = transcripts.next().expect("there is a door");
    for (transport, transcript) in transcripts {
        let differing = first.lines().zip(transcript.lines()).find(|(a, b)| a != b);
        assert_eq!(differing, None, "{transport:?} answers otherwise (seed {})", seed(1));
        assert_eq!(first.lines().count(), transcript.lines().count(), "{transport:?}");
    }
}

#[test]
fn every_operation_is_exercised() {
    let all = [
        cache::ALL,
        changed_documents::ALL,
        checkpoints::ALL,
        collections::ALL,
        commits::ALL,
        context::ALL,
        documents::ALL,
        facts::ALL,
        filters::ALL,
        graph::ALL,
        graph_changes::ALL,
        graph_lists::ALL,
        history::ALL,
        keys::ALL,
        kv::ALL,
        large_values::ALL,
        limits::ALL,
        listing::ALL,
        listing_pages::ALL,
        logs::ALL,
        namespaces::ALL,
        projection::ALL,
        render::ALL,
        scans::ALL,
        search_windows::ALL,
        server::ALL,
        snapshots::ALL,
        temporal::ALL,
        vectors::ALL,
        walks::ALL,
    ];
    let mut exercised = BTreeSet::new();
    for scenario in all.into_iter().flatten() {
        exercised.extend(play(*scenario, Transport::Embedded).1);
    }
    let missing: Vec<&str> =
        OpCode::ALL.iter().filter(|code| !exercised.contains(*code)).map(|code| code.name()).collect();
    assert!(missing.is_empty(), "no scenario succeeds in {missing:?}");
}
