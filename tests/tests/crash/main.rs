//! Power loss, failing syncs, full disks and torn logs, on the simulated disk.
//!
//! A scripted workload runs against an oracle that keeps the model after every commit. After each fault the database is
//! opened again and must show exactly the state after some commit: at least the newest acknowledged one, at most the one
//! that was under way. That is at once "no acknowledged write is lost", "no batch is applied in part" and "commits have no
//! holes". Fault points are drawn; `TOONDB_LONG=1` tries every one, and many more
//! random images of each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

mod durable;
mod errors;
mod images;
mod kept;
mod killed;
mod life;
mod oracle;
mod planted;
mod power;
mod promises;
mod space;
mod tail;
mod workload;
