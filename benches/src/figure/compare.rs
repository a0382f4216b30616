//! `get` and durable `put` of this server against another build of it, by turns (`round`): what a change costs or gains.
//!
//! Keys lie in the store, where nearly all data of a server is at any time. Pinned to one core (`taskset -c 0`), the
//! wake-ups of sleeping processors have no part in it.

use std::path::Path;
use std::time::Duration;

use toondb_engine::api::{Durability, Flush, Get, Put};
use toondb_ipc::BlockingClient;

use super::round::{interleave, show};
use crate::cli::Setup;
use crate::data::{KEYS, Random, entries, key, value};
use crate::measure::{Report, timed};
use crate::outcome::Outcome;
use crate::peer::ToonDb;

/// Measures both.
pub fn compare(setup: &Setup, against: &Path, report: &Report) -> Outcome<()> {
    let theirs = Setup { server: against.canonicalize()?, ..setup.clone() };
    let (server, other) = (ToonDb::start(setup)?, ToonDb::start(&theirs)?);
    let clients = [loaded(&server)?, loaded(&other)?];
    let [ours, others] = &clients;
    let (calls, mut random) = (setup.choose(40_000, 4_000), [Random::new(1), Random::new(1)]);
    let [our_random, other_random] = &mut random;
    let mut rounds = Vec::new();
    for _ in 0..setup.rounds() {
        rounds.push(interleave(calls, || get(ours, our_random), || get(others, other_random))?);
    }
    show(report, "`get` over the socket, p50 / that of the other build", "<= 1.03", &rounds, "this", "other");
    let mut rounds = Vec::new();
    for _ in 0..setup.rounds() {
        rounds.push(interleave(calls / 10, || put(ours, our_random), || put(others, other_random))?);
    }
    show(report, "durable `put` over the socket, p50 / that of the other build", "<= 1.03", &rounds, "this", "other");
    Ok(())
}

fn loaded(server: &ToonDb) -> Outcome<BlockingClient> {
    let client = server.client()?;
    client.call_op("default", entries(0..KEYS))?;
    client.call_op("default", Flush {})?;
    Ok(client)
}

fn get(client: &BlockingClient, random: &mut Random) -> Outcome<Duration> {
    let key = key(random.below(KEYS));
    let (time, found) = timed(|| client.call_op("default", Get { key, snapshot: None }));
    found?.found.ok_or("a key is missing")?;
    Ok(time)
}

fn put(client: &BlockingClient, random: &mut Random) -> Outcome<Duration> {
    let key = key(random.below(KEYS));
    let put = Put { key, value: value(), ttl_ms: None, durability: Durability::Durable };
    let (time, written) = timed(|| client.call_op("default", put));
    written?;
    Ok(time)
}
