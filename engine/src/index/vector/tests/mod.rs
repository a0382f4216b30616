//! Tests of the whole index: against a naive model, against its own exact twin, under threads, on real embeddings.

mod concurrent;
mod exact;
mod graph;
mod recall;
mod support;
