//! A script's conversation with a database, and its transcript.
//!
//! The same script run through two doors on two fresh databases must leave the same transcript, letter for letter: the
//! debug form tells an integer from a float and zero from minus zero, which equality of values does not. What depends on
//! timing or on the file system is blanked out.

use std::collections::BTreeSet;
use std::fmt::Write;

use toondb_engine::api::{Error, ErrorCode, OpCode, Operation, Request, Response, Result};
use toondb_engine::disk::CrashMode;

use crate::Database;

/// Fields whose numbers depend on how far background work has come.
const BLANKED: &[&str] = &[
    "disk_bytes: ",
    "log_bytes: ",
    "vector_memory_bytes: ",
    "memory_bytes: ",
    "pages: ",
    "scrub_rounds: ",
    "scrubbed_bytes: ",
];
/// What housekeeping moves: it takes commits of its own, whenever it comes to it.
const HOUSEKEEPING: &[&str] = &["CommitSeq(", "keys: "];

/// A conversation.
pub struct Script {
    /// The database talked to.
    pub db: Database,
    transcript: String,
    codes: BTreeSet<OpCode>,
    housekeeping: bool,
}

impl Script {
    /// A conversation with a database.
    #[must_use]
    pub fn new(db: Database) -> Self {
        Self { db, transcript: String::new(), codes: BTreeSet::new(), housekeeping: false }
    }

    /// From here on the engine may take commits by itself: keys expire, or a collection was dropped.
    pub fn expect_housekeeping(&mut self) {
        self.housekeeping = true;
    }

    fn note(&mut self, result: &Result<Response>) {
        let mut text = format!("{result:?}");
        let sometimes = if self.housekeeping { HOUSEKEEPING } else { &[] };
        for marker in BLANKED.iter().chain(sometimes) {
            text = blank_numbers(&text, marker);
        }
        let _ = writeln!(self.transcript, "{text}");
    }

    fn call(&mut self, namespace: &str, request: Request) -> Result<Response> {
        let code = request.code();
        let result = self.db.door().call(namespace, request);
        if let Ok(response) = &result {
            assert_eq!(response.code(), code, "an answer is of the operation that was asked for");
            self.codes.insert(code);
        }
        result
    }

    fn recorded(&mut self, namespace: &str, request: Request) -> Result<Response> {
        let result = self.call(namespace, request);
        self.note(&result);
        result
    }

    /// Carries out what must succeed.
    #[track_caller]
    pub fn ok<O: Operation>(&mut self, namespace: &str, operation: O) -> O::Reply {
        Self::succeeded::<O>(self.recorded(namespace, operation.into_request()))
    }

    #[track_caller]
    fn succeeded<O: Operation>(result: Result<Response>) -> O::Reply {
        match result {
            Ok(response) => O::take_reply(response).expect("the answer is of the right kind"),
            Err(error) => panic!("{} failed: {error:?}", O::CODE.name()),
        }
    }

    /// Carries out what must fail in a certain way; gives the error.
    #[track_caller]
    pub fn fails<O: Operation>(&mut self, code: ErrorCode, namespace: &str, operation: O) -> Error {
        match self.recorded(namespace, operation.into_request()) {
            Ok(response) => panic!("{} must fail with {code:?} but gave {response:?}", O::CODE.name()),
            Err(error) => {
                assert_eq!(error.code, code, "{}: {}", O::CODE.name(), error.message);
                assert!(error.message.len() > 10, "an error says what to do: {:?}", error.message);
                error
            }
        }
    }

    /// Carries out something whose answer is random, or too large to be written down; it is checked but not compared.
    #[track_caller]
    pub fn unrecorded<O: Operation>(&mut self, namespace: &str, operation: O) -> O::Reply {
        Self::succeeded::<O>(self.call(namespace, operation.into_request()))
    }

    /// Closes and opens the database.
    pub fn reopen(&mut self) {
        self.db.reopen().expect("a closed database opens again");
    }

    /// Cuts the power, keeping only what was synced, and opens the database.
    pub fn lose_power(&mut self) {
        self.db.crash(0, CrashMode::DropUnsynced).expect("a database opens after a power loss");
    }

    /// What was answered, and the operations that have succeeded at least once.
    #[must_use]
    pub fn finish(self) -> (String, BTreeSet<OpCode>) {
        (self.transcript, self.codes)
    }
}

/// Replaces the digits after each `marker` by an underscore.
fn blank_numbers(text: &str, marker: &str) -> String {
    let mut parts = text.split(marker);
    let mut blanked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        blanked.push_str(marker);
        blanked.push('_');
        blanked.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    blanked
}
