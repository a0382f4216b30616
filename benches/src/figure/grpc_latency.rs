//! Latency of a single `Get` over gRPC on loopback, by the client of the Rust library, against a bare tonic echo.
//!
//! Both servers are processes of their own, answer the same message, and are asked by the same client code on one runtime
//! of one thread, so that what differs is the server alone. Each call is followed by one of the echo (`round`).

use std::time::Duration;

use tokio::runtime::Runtime;
use toondb_engine::api::{Flush, Get, KvValue, Operation as _};
use toondb_grpc::{Client, ClientOptions};

use super::round::{interleave, show};
use crate::cli::Setup;
use crate::data::{KEYS, Random, entries, key};
use crate::measure::{Report, timed};
use crate::outcome::Outcome;
use crate::peer::{GrpcEcho, ToonDb};

const WARM_UP_CALLS: usize = 1_000;

/// A client and the runtime that carries its calls.
struct Caller<'a> {
    runtime: &'a Runtime,
    client: Client,
}

impl Caller<'_> {
    fn get(&self, number: u64) -> Outcome<(Duration, KvValue)> {
        let request = Get { key: key(number), snapshot: None }.into_request();
        let (time, response) = timed(|| self.runtime.block_on(self.client.call("default", request)));
        let found = Get::take_reply(response?)?.found.ok_or("a key is missing")?;
        Ok((time, found))
    }
}

/// `Get` against an echo.
pub fn grpc_get(setup: &Setup, report: &Report) -> Outcome<()> {
    let server = ToonDb::start_grpc(setup)?;
    let echo = GrpcEcho::start()?;
    let loader = server.client()?;
    loader.call_op("default", entries(0..KEYS))?;
    // Into the store, where nearly all data of a server is at any time.
    loader.call_op("default", Flush {})?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let caller = |address| {
        let _inside = runtime.enter();
        Outcome::Ok(Caller { runtime: &runtime, client: Client::new(address, &ClientOptions::default())? })
    };
    let (ours, peer) = (caller(server.grpc_address()?)?, caller(echo.address()?)?);
    if ours.get(0)?.1 != peer.get(0)?.1 {
        return Err("the echo answers another message than the server".into());
    }
    let mut random = Random::new(8);
    let mut get = || ours.get(random.below(KEYS)).map(|(time, _)| time);
    let mut drawn = Random::new(8);
    let mut get_echo = || peer.get(drawn.below(KEYS)).map(|(time, _)| time);
    let calls = setup.choose(15_000, 1_500);
    interleave(WARM_UP_CALLS, &mut get, &mut get_echo)?;
    let mut rounds = Vec::new();
    for _ in 0..setup.rounds() {
        rounds.push(interleave(calls, &mut get, &mut get_echo)?);
    }
    let figure = "`Get` over gRPC on loopback, p50 / a bare tonic echo of the same messages";
    show(report, figure, "<= 1.3", &rounds, "Get", "echo");
    Ok(())
}
