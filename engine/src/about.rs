//! What this build says of itself: its version, its operations, and the guarantees that it gives.

use crate::api::{Capabilities, OpCode, Pong, Response};

/// The version of this build.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Guarantees that this build gives; `docs/design.md` says what each means and which test backs it.
const GUARANTEES: &[&str] = &[
    "acknowledged_is_durable",
    "atomic_commit_per_namespace",
    "no_holes_in_commit_order",
    "read_your_writes",
    "snapshot_reads",
    "one_writer_process",
    "bounded_memory",
    "checksummed_rows",
    "damage_is_reported",
];

/// The answer to a sign of life.
pub fn ping() -> Response {
    Response::Ping(Pong { version: VERSION.to_owned() })
}

/// What this build can do.
pub fn capabilities() -> Capabilities {
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Capabilities {
        version: VERSION.to_owned(),
        operations: OpCode::ALL.iter().map(|code| code.name().to_owned()).collect(),
        guarantees: own(GUARANTEES),
        metrics: own(&["cosine", "euclidean", "dot"]),
        durability: own(&["durable", "volatile"]),
    }
}
