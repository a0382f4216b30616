//! One bit or one byte of one file changes, in every kind of file, after an orderly end, a kill and a power loss: each read
//! is exact or an error.
//!
//! A database with a bit of everything is made once and asked a fixed list of questions. Each case damages a copy of its disk
//! in one place, opens it and asks the same again. *Wrong* is an answer that differs; *missing* is one that leaves something out;
//! neither may happen, however the other questions are answered. Nothing may panic, redb's own code included: it is never shown
//! a page that does not verify.
//!
//! The last record of a log that a power loss left is a case of its own: whether it was damaged or never finished can not be told
//! from bytes alone. There the state before it is allowed too, and how often that was the answer is counted and printed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

mod case;
mod questions;
mod sample;
mod sweep;
mod tokens;
