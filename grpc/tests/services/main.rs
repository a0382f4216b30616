//! The gRPC frontend as its peers meet it: bytes and messages over real connections to a server in this process.
//!
//! `contract` compares the descriptors with the numbers that clients were built with; `methods` walks all of them;
//! `old_clients` and `old_graphs` speak as clients of the original contract do; `hostile`, `garbage`, `streams` and
//! `amplification` as nobody should, `unread` as who does not listen; `deadlines`, `access`, `tls` and `lifecycle` are about when, who, how and how long.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

mod access;
mod amplification;
mod contract;
mod deadlines;
mod garbage;
mod harness;
mod hostile;
mod lifecycle;
mod methods;
mod old_clients;
mod old_graphs;
mod revocation;
mod streams;
mod tls;
mod unread;
