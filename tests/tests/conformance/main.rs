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

mod collections;
mod commits;
mod filters;
mod graph;
mod history;
mod kv;
mod limits;
mod namespaces;
mod scans;
mod server;
mod snapshots;
mod temporal;
mod vectors;

use std::collections::BTreeSet;

use toondb_engine::api::OpCode;
use toondb_tests::{Database, Script, Transport, seed};

type Scenario = fn(&mut Script);

fn play(scenario: Scenario, transport: Transport) -> (String, BTreeSet<OpCode>) {
    let mut script = Script::new(Database::new(transport, seed(1)));
    scenario(&mut script);
    script.finish()
}

/// Runs a scenario through every door and compares the transcripts.
fn through_every_door(name: &str, scenario: Scenario) {
    let (embedded, _) = play(scenario, Transport::Embedded);
    for transport in Transport::ALL {
        let (transcript, _) = play(scenario, transport);
        let differs = embedded.lines().zip(transcript.lines()).find(|(a, b)| a != b);
        assert_eq!(differs, None, "{name}: {transport:?} answers otherwise (seed {})", seed(1));
        assert_eq!(embedded.lines().count(), transcript.lines().count(), "{name}: {transport:?}");
    }
}

/// Makes a test of each scenario, and a list of all of them.
macro_rules! scenarios {
    ($($module:ident: $($name:ident),+;)+) => {
        $(mod $module {
            $(mod $name {
                #[test]
                fn same_through_every_door() {
                    crate::through_every_door(
                        concat!(stringify!($module), "::", stringify!($name)),
                        crate::scenario::$module::$name,
                    );
                }
            })+
        })+
    };
}

