//! Durable puts per second over gRPC: 32 clients against one client, each with its own connection and one request in
//! flight, all on one thread, as the load generator of the socket is one.
//!
//! What grows with the clients is the group that one sync makes durable. Keys and values are those of the other figures;
//! the two sides take turns, and the figure is the ratio of the medians over the rounds.

use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use toondb_engine::api::{Durability, Operation as _, Put};
use toondb_grpc::{Address, Client, ClientOptions};

use crate::cli::Setup;
use crate::data::{KEYS, Random, entries, key, value};
use crate::measure::{Report, Stopwatch, median, note};
use crate::outcome::Outcome;
use crate::peer::ToonDb;

const CLIENTS: u64 = 32;

/// Durable puts of 32 clients and of one.
pub fn grpc_load(setup: &Setup, report: &Report) -> Outcome<()> {
    let server = ToonDb::start_grpc(setup)?;
    server.client()?.call_op("default", entries(0..KEYS))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let address = server.grpc_address()?;
    let clients = runtime.block_on(connect(&address))?;
    let one = clients.get(..1).unwrap_or_default();
    let time = setup.round_time();
    rate(&runtime, &clients, time / 4)?;
    let (mut many_rates, mut one_rates) = (Vec::new(), Vec::new());
    for _ in 0..setup.rounds() {
        let (of_many, of_one) = (rate(&runtime, &clients, time)?, rate(&runtime, one, time)?);
        note(&format!("{CLIENTS} clients {of_many:.0}/s, one client {of_one:.0}/s"));
        many_rates.push(of_many);
        one_rates.push(of_one);
    }
    let (many, one) = (median(&many_rates), median(&one_rates));
    report.row(
        "durable `Put` over gRPC, 32 clients / one client, requests per second",
        ">= 8",
        &format!("{:.1} ({many:.0}/s, {one:.0}/s)", many / one),
    );
    Ok(())
}

async fn connect(address: &Address) -> Outcome<Vec<Client>> {
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        clients.push(Client::connect(address.clone(), &ClientOptions::default()).await?);
    }
    Ok(clients)
}

/// The answers per second that all `clients` together get. When it returns, nothing is in flight.
fn rate(runtime: &Runtime, clients: &[Client], time: Duration) -> Outcome<f64> {
    let watch = Stopwatch::start();
    let answers = runtime.block_on(async {
        let mut tasks: JoinSet<Outcome<u64>> = JoinSet::new();
        for (client, seed) in clients.iter().cloned().zip(0..) {
            tasks.spawn(async move {
                let mut random = Random::new(seed);
                let mut answers = 0;
                while watch.elapsed() < time {
                    let durability = Durability::Durable;
                    let put = Put { key: key(random.below(KEYS)), value: value(), ttl_ms: None, durability };
                    client.call("default", put.into_request()).await?;
                    answers += 1;
                }
                Ok(answers)
            });
        }
        let mut sum = 0;
        while let Some(answers) = tasks.join_next().await {
            sum += answers??;
        }
        Outcome::Ok(sum)
    })?;
    Ok(answers as f64 / watch.elapsed().as_secs_f64())
}
