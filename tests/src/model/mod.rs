//! The plain in-memory twin of one namespace: maps, lists and no cleverness. What it says is right.

mod answer;
mod cache;
mod facts;
mod graph;
mod observed;
mod state;
mod temporal;
mod vector;

pub use answer::{check_answer, commit_of};
pub use observed::{Observed, Universe};
pub use state::{Model, Outcome};
pub use vector::{exact_distance, nearest};
