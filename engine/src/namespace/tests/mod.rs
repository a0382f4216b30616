//! A namespace as a whole, with housekeeping that runs when the test says so.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "whatever fails here fails the test")]

mod bench;
mod caches;
mod clocks;
mod documents;
mod durability;
mod facts;
mod formats;
mod groups;
mod indexes;
mod matching;
mod nested_fields;
mod node_types;
mod origins;
mod pins;
mod ranges;
mod readers;
mod rows;
