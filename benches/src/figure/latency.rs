//! Latency of a single `get` and of a single durable `put` over the socket, by the blocking client of the Rust library.
//!
//! - `get` is measured against an echo of as many bytes over a Unix socket, in and out: what the kernel takes for two
//!   switches between processes.
//! - `put` is measured against the same echo and one `fdatasync` of 4 KiB overwritten in place: what any server must do
//!   before it may call a write durable.
//!
//! Each call is followed by one of its peer (`round`).

use std::time::Duration;

use toondb_engine::api::{Durability, Flush, Get, Put, Request, Response};
use toondb_ipc::{BlockingClient, write_request, write_success};

use super::round::{interleave, show};
use crate::cli::Setup;
use crate::data::{KEYS, Random, entries, key, value};
use crate::measure::{Report, timed};
use crate::outcome::Outcome;
use crate::peer::{EchoPeer, Exchange, SyncedFile, ToonDb};

const WARM_UP_CALLS: u64 = 1_000;

/// `get` against an echo.
pub fn get(setup: &Setup, report: &Report) -> Outcome<()> {
    let server = ToonDb::start(setup)?;
    let client = loaded_client(&server)?;
    let exchange = exchange_of(&client, &Request::Get(Get { key: key(0), snapshot: None }))?;
    let mut echo = EchoPeer::start(server.dir(), exchange)?;
    let calls = setup.choose(40_000, 4_000);
    let mut random = Random::new(1);
    let mut get = || -> Outcome<Duration> {
        let key = key(random.below(KEYS));
        let (time, found) = timed(|| client.call_op("default", Get { key, snapshot: None }));
        found?.found.ok_or("a key is missing")?;
        Ok(time)
    };
    for _ in 0..WARM_UP_CALLS {
        get()?;
        echo.round_trip()?;
    }
    let mut rounds = Vec::new();
    for _ in 0..setup.rounds() {
        rounds.push(interleave(calls, &mut get, || {
            let (time, done) = timed(|| echo.round_trip());
            Ok(done.map(|()| time)?)
        })?);
    }
    show(report, "`get` over the socket, p50 / echo of the same bytes", "<= 1.4", &rounds, "get", "echo");
    Ok(())
}

/// A durable `put` against a sync and an echo.
pub fn put(setup: &Setup, report: &Report) -> Outcome<()> {
    let server = ToonDb::start(setup)?;
    let client = loaded_client(&server)?;
    let put_of = |number| Put { key: key(number), value: value(), ttl_ms: None, durability: Durability::Durable };
    let exchange = exchange_of(&client, &Request::Put(put_of(0)))?;
    let mut echo = EchoPeer::start(server.dir(), exchange)?;
    let mut file = SyncedFile::create(server.dir())?;
    let calls = setup.choose(3_000, 300);
    let mut random = Random::new(2);
    let mut put = || -> Outcome<Duration> {
        let put = put_of(random.below(KEYS));
        let (time, written) = timed(|| client.call_op("default", put));
        written?;
        Ok(time)
    };
    // The first of these meet a server that is still preparing files for its log.
    for _ in 0..WARM_UP_CALLS {
        put()?;
        file.overwrite()?;
        echo.round_trip()?;
    }
    let mut rounds = Vec::new();
    for _ in 0..setup.rounds() {
        rounds.push(interleave(calls, &mut put, || {
            let (time, done) = timed(|| file.overwrite().and_then(|()| echo.round_trip()));
            Ok(done.map(|()| time)?)
        })?);
    }
    let figure = "durable `put` over the socket, p50 / `fdatasync` of a 4 KiB overwrite and that echo";
    show(report, figure, "<= 1.5", &rounds, "put", "fdatasync and echo");
    Ok(())
}

fn loaded_client(server: &ToonDb) -> Outcome<BlockingClient> {
    let client = server.client()?;
    client.call_op("default", entries(0..KEYS))?;
    // Into the store, where nearly all data of a server is at any time.
    client.call_op("default", Flush {})?;
    Ok(client)
}

/// The bytes of a request and of its answer, as the client library sends and the server answers them.
fn exchange_of(client: &BlockingClient, request: &Request) -> Outcome<Exchange> {
    let (mut sent, mut received) = (Vec::new(), Vec::new());
    write_request(&mut sent, 1, request.code().number(), "default", request)?;
    let response: Response = client.call("default", request)?;
    write_success(&mut received, 1, &response)?;
    Ok(Exchange { request_bytes: sent.len(), response_bytes: received.len() })
}
