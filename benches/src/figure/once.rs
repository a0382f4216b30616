//! What it costs to ask for a change under a number: a put with one against a put without, over two connections to one server, in turns.
//!
//! With a number the request has about 5 bytes more, the log about 35, the server remembers the answer until the next request says
//! that it has come, and a flush writes one row more for each client.

use std::time::Duration;

use toondb_engine::api::{Durability, Put, Request};
use toondb_ipc::{ClientOptions, Numbers, Pipeline};

use super::round::{interleave, show};
use crate::cli::Setup;
use crate::data::{KEYS, Random, entries, key, value};
use crate::measure::{Report, timed};
use crate::outcome::Outcome;
use crate::peer::ToonDb;

const WARM_UP_CALLS: u64 = 1_000;

/// Durable and volatile puts under numbers.
pub fn once(setup: &Setup, report: &Report) -> Outcome<()> {
    let server = ToonDb::start(setup)?;
    server.client()?.call_op("default", entries(0..KEYS))?;
    let numbers = Numbers::new()?;
    let mut numbered = Pipeline::connect_as(server.socket(), ClientOptions::default(), numbers.client())?;
    let mut plain = Pipeline::connect(server.socket(), ClientOptions::default())?;
    for (durability, name, calls) in [
        (Durability::Durable, "durable", setup.choose(3_000, 300)),
        (Durability::Volatile, "volatile", setup.choose(40_000, 4_000)),
    ] {
        let mut random = Random::new(3);
        let mut request = || {
            let (key, value) = (key(random.below(KEYS)), value());
            Request::Put(Put { key, value, ttl_ms: None, durability })
        };
        let requests: Vec<Request> = (0..1_000).map(|_| request()).collect();
        let (mut with, mut without) = (requests.iter().cycle(), requests.iter().cycle());
        let mut put = || -> Outcome<Duration> {
            let request = with.next().ok_or("no request")?;
            let (time, result) = timed(|| {
                let number = numbers.begin();
                numbered.queue_under(Some(number.once()), "default", request)?;
                numbered.receive()
            });
            result?.result?;
            Ok(time)
        };
        let mut put_plain = || -> Outcome<Duration> {
            let request = without.next().ok_or("no request")?;
            let (time, result) = timed(|| {
                plain.queue("default", request)?;
                plain.receive()
            });
            result?.result?;
            Ok(time)
        };
        for _ in 0..WARM_UP_CALLS {
            put()?;
            put_plain()?;
        }
        let mut rounds = Vec::new();
        for _ in 0..setup.rounds() {
            rounds.push(interleave(calls, &mut put, &mut put_plain)?);
        }
        let figure = format!("{name} `put` under a number, p50 / without one");
        show(report, &figure, "<= 1.03", &rounds, "with", "without");
    }
    Ok(())
}
