//! How many connections a server can take without taking the engine's file descriptors.
//!
//! A process that has no descriptor left can open no namespace, rotate no log and accept no connection, whoever used them up.
//! So the server raises its limit at start as far as the system lets it, keeps a part for the engine, and takes no more
//! connections over all its doors than the rest has room for. One more is told so, and the others go on.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use toondb_engine::limits;

/// The most connections of each of so many doors: `wanted`, or fewer if the system's limit is too low for that.
pub fn connections_of_each(wanted: usize, doors: usize) -> usize {
    let descriptors = raise();
    let possible = limits::connections_within(descriptors, doors);
    if possible < wanted {
        tracing::warn!(
            descriptors,
            connections = possible,
            wanted,
            "the system allows few open files, so fewer connections are taken; raise the limit (ulimit -n, LimitNOFILE)"
        );
    }
    wanted.min(possible)
}

/// Raises the soft limit of open files to the hard one, within reason, and gives what holds then.
fn raise() -> u64 {
    let present = getrlimit(Resource::Nofile);
    let hard = present.maximum.unwrap_or(limits::DESCRIPTORS_MAX).min(limits::DESCRIPTORS_MAX);
    let soft = present.current.unwrap_or(limits::DESCRIPTORS_MAX);
    if soft >= hard {
        return soft;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(hard), maximum: present.maximum }) {
        Ok(()) => hard,
        Err(error) => {
            tracing::warn!(%error, soft, hard, "the limit of open files could not be raised");
            soft
        }
    }
}
