//! Requests per second of 32 connections, against one connection and against Redis, with one and with 16 requests in
//! flight on each.
//!
//! Keys and values are those of `redis-benchmark -d 100 -r 10000`; both servers sync each write before they answer it
//! (ToonDB's default, Redis's `appendfsync always`), both are loaded by one thread over a Unix socket, both keep their
//! data on the same disk. The sides take turns, and a figure is the ratio of the medians over the rounds.

use std::time::Duration;

use crate::cli::Setup;
use crate::data::{KEYS, entries};
use crate::load::{self, Ask, Load};
use crate::measure::{Report, median, note};
use crate::outcome::Outcome;
use crate::peer::{Redis, RedisLoad, ToonDb};

const CONNECTIONS: usize = 32;
const PIPELINE: usize = 16;
/// Requests of the run that tells how many Redis needs for one side of a round.
const PROBE_REQUESTS: u64 = 20_000;

/// The rates of one side over the rounds.
#[derive(Debug, Default)]
struct Rates(Vec<f64>);

impl Rates {
    fn median(&self) -> f64 {
        median(&self.0)
    }
}

/// Durable puts without pipelining.
pub fn load(setup: &Setup, report: &Report) -> Outcome<()> {
    let (server, redis) = start_both(setup)?;
    let (mut many, mut one, mut theirs) = (Rates::default(), Rates::default(), Rates::default());
    let time = setup.round_time();
    let load = Load { ask: Ask::Put, connections: CONNECTIONS, pipeline: 1, time };
    let redis_load = RedisLoad { test: "set", connections: CONNECTIONS, pipeline: 1 };
    let requests = requests_for(&redis, redis_load, time)?;
    load::run(&server.socket(), Load { time: time / 4, ..load })?;
    for _ in 0..setup.rounds() {
        many.0.push(load::run(&server.socket(), load)?);
        theirs.0.push(redis.run(redis_load, requests)?);
        one.0.push(load::run(&server.socket(), Load { connections: 1, ..load })?);
        note(&format!("32 connections {}/s, Redis {}/s, one connection {}/s", last(&many), last(&theirs), last(&one)));
    }
    let (many, one, theirs) = (many.median(), one.median(), theirs.median());
    report.row(
        "durable puts, 32 connections / one connection, requests per second",
        ">= 8",
        &format!("{:.1} ({many:.0}/s, {one:.0}/s)", many / one),
    );
    report.row(
        "durable puts, 32 connections / Redis with `appendfsync always`",
        ">= 1.3",
        &format!("{:.2} ({many:.0}/s, Redis {theirs:.0}/s)", many / theirs),
    );
    Ok(())
}

/// Durable puts and gets with 16 requests in flight on each connection.
pub fn pipeline(setup: &Setup, report: &Report) -> Outcome<()> {
    let (server, redis) = start_both(setup)?;
    let asks = [(Ask::Put, "set", "durable puts", ">= 1"), (Ask::Get, "get", "gets", ">= 0.7")];
    for (ask, test, name, target) in asks {
        let (mut ours, mut theirs) = (Rates::default(), Rates::default());
        let time = setup.round_time();
        let load = Load { ask, connections: CONNECTIONS, pipeline: PIPELINE, time };
        let redis_load = RedisLoad { test, connections: CONNECTIONS, pipeline: PIPELINE };
        let requests = requests_for(&redis, redis_load, time)?;
        load::run(&server.socket(), Load { time: time / 4, ..load })?;
        for _ in 0..setup.rounds() {
            ours.0.push(load::run(&server.socket(), load)?);
            theirs.0.push(redis.run(redis_load, requests)?);
            note(&format!("{name}: {}/s, Redis {}/s", last(&ours), last(&theirs)));
        }
        let (ours, theirs) = (ours.median(), theirs.median());
        report.row(
            &format!("{name}, 32 connections, 16 in flight on each / Redis"),
            target,
            &format!("{:.2} ({ours:.0}/s, Redis {theirs:.0}/s)", ours / theirs),
        );
    }
    Ok(())
}

/// Both servers, each with all the keys.
fn start_both(setup: &Setup) -> Outcome<(ToonDb, Redis)> {
    let server = ToonDb::start(setup)?;
    server.client()?.call_op("default", entries(0..KEYS))?;
    let redis = Redis::start(setup)?;
    // Random keys: of 10,000 about one in 22,000 stays out after ten draws for each.
    redis.run(RedisLoad { test: "set", connections: CONNECTIONS, pipeline: PIPELINE }, 10 * KEYS)?;
    Ok((server, redis))
}

/// How many requests Redis answers in `time`, by a short run.
fn requests_for(redis: &Redis, load: RedisLoad, time: Duration) -> Outcome<u64> {
    let rate = redis.run(load, PROBE_REQUESTS)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of requests is small")]
    let requests = (rate * time.as_secs_f64()) as u64;
    Ok(requests.max(PROBE_REQUESTS))
}

fn last(rates: &Rates) -> String {
    rates.0.last().map_or_else(String::new, |rate| format!("{rate:.0}"))
}
