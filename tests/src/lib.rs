//! What the tests of this crate share: doors, models, processes and faults.
//!
//! The engine is tested here as its users meet it: through [`Door`]s. A [`Database`] is an engine on a simulated disk with a
//! clock moved by hand, reached embedded, through a socket or over gRPC; a [`Script`] talks to one and keeps the transcript; a
//! [`Model`] is the plain in-memory twin that says what every answer must be; a [`Served`] is a real `toondb serve`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "this crate is test code: whatever fails fails the test"
)]

mod database;
mod dir;
mod door;
pub mod fuzz;
pub mod grpc;
mod killable;
mod model;
mod opening;
mod process;
pub mod requests;
mod script;
mod strace;
mod tuning;
mod wordnet;

pub use database::{CLOCK_START_MS, Database, Transport};
pub use dir::TempDir;
pub use door::{Door, run};
pub use killable::Killable;
pub use model::{
    Collection, Model, Observed, Outcome, Universe, bounds, check_answer, commit_of, document_row, exact_distance,
    facets, grouped, listed, nearest,
};
pub use opening::{Started, increment, open_options};
pub use process::{Served, asks_once, server_binary, worker_binary};
pub use script::Script;
pub use strace::{Joined, Watch, can_watch};
pub use tuning::{Dice, is_long, seed};
pub use wordnet::{Synset, WordNet};
