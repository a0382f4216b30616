//! The plain in-memory twin of one namespace: maps, lists and no cleverness. What it says is right.

mod answer;
mod cache;
mod documents;
mod facts;
mod graph;
mod keys;
mod listing;
mod merge;
mod observed;
mod ordered_log;
mod state;
mod temporal;
mod vector;

pub use answer::{check_answer, commit_of};
pub use listing::{bounds, facets, grouped, listed};
pub use observed::{Observed, Universe};
pub use state::{Collection, Model, Outcome};
pub use vector::{document_row, exact_distance, nearest};
