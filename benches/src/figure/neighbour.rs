//! Latency in a quiet namespace while another is flooded with searches, with writes, with imports and with vectors of which
//! graphs are built: p99 of a durable `put` and a `get` every few milliseconds, against that of the calm before.
//!
//! Eight connections flood, as fast as they are answered; what is refused (`Busy`) is asked again. With two cores and
//! nine busy clients most of the wait may be the processor's. So an echo by a process of its own, which does nothing but
//! wake up and answer, is asked after each `get`: it shows what the flood costs anybody on this machine.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use toondb_engine::api::{
    ByteBuf, CollectionName, CreateIndex, Durability, EmbeddingBatch, ErrorCode, ExportFormat, Get, IdBatch,
    ImportCheckpoint, InsertVectors, Metric, Put, Request, SearchBatchVectors,
};
use toondb_ipc::BlockingClient;

use crate::cli::Setup;
use crate::data::{Random, entries, key, value};
use crate::measure::{Report, Samples, Stopwatch, millis, note, pause, timed};
use crate::outcome::Outcome;
use crate::peer::{EchoPeer, Exchange, ToonDb};

const FLOODERS: u64 = 8;
const LOUD: &str = "loud";
const QUIET: &str = "quiet";
const KEYS: u64 = 1_000;
const DIMENSION: usize = 128;
const VECTORS: usize = 20_000;
const QUERIES: usize = 200;
const PAUSE: Duration = Duration::from_millis(2);

/// What the flood consists of.
#[derive(Debug, Clone, Copy)]
enum Flood {
    Searches,
    Writes,
    Builds,
    Imports,
}

/// The waits of the quiet client.
#[derive(Debug, Default)]
struct Waits {
    gets: Samples,
    echoes: Samples,
    puts: Samples,
}

/// Measures each flood against the calm before it.
pub fn neighbour(setup: &Setup, report: &Report) -> Outcome<()> {
    let floods = [
        (Flood::Searches, "batch searches"),
        (Flood::Writes, "batches of writes"),
        (Flood::Builds, "inserts and graph builds"),
        (Flood::Imports, "half-begun imports"),
    ];
    for (flood, name) in floods {
        let server = ToonDb::start(setup)?;
        prepare(&server)?;
        let time = setup.choose(Duration::from_secs(10), Duration::from_secs(2));
        let mut echo = EchoPeer::start(server.dir(), Exchange { request_bytes: 64, response_bytes: 128 })?;
        let mut calm = quiet(&server.client()?, &mut echo, time)?;
        let mut loud = during(&server, flood, || quiet(&server.client()?, &mut echo, time))?;
        for (kind, target, calm, loud) in [
            ("get", "<= 3", &mut calm.gets, &mut loud.gets),
            ("durable put", "<= 3", &mut calm.puts, &mut loud.puts),
            ("echo", "none: the machine's", &mut calm.echoes, &mut loud.echoes),
        ] {
            let (before, meanwhile) = (millis(calm.percentile(0.99)), millis(loud.percentile(0.99)));
            let figure = format!("p99 of a {kind} beside a namespace flooded with {name} / calm");
            let middle = millis(loud.percentile(0.5));
            let measured = format!("{:.2} ({meanwhile:.2} ms, {before:.2} ms; p50 {middle:.2} ms)", meanwhile / before);
            report.row(&figure, target, &measured);
        }
    }
    Ok(())
}

fn prepare(server: &ToonDb) -> Outcome<()> {
    let client = server.client()?;
    client.call_op(QUIET, entries(0..KEYS))?;
    let create = CreateIndex { index: index(), dimension: u32::try_from(DIMENSION)?, metric: Metric::Cosine };
    client.call_op(LOUD, create)?;
    client.call(LOUD, &vectors(0, VECTORS, 1))?;
    Ok(())
}

fn index() -> CollectionName {
    CollectionName::from("vectors")
}

fn numbers(count: usize, seed: u64) -> EmbeddingBatch {
    let mut random = Random::new(seed);
    EmbeddingBatch(std::iter::repeat_with(|| random.signed_unit()).take(count * DIMENSION).collect())
}

fn vectors(first: u64, count: usize, seed: u64) -> Request {
    let ids = IdBatch((first..).take(count).collect());
    Request::InsertVectors(InsertVectors {
        index: index(),
        ids,
        vectors: numbers(count, seed),
        durability: Durability::Volatile,
    })
}

/// One `get`, one echo and one durable `put` after each pause.
fn quiet(client: &BlockingClient, echo: &mut EchoPeer, time: Duration) -> Outcome<Waits> {
    let (mut waits, mut random, watch) = (Waits::default(), Random::new(7), Stopwatch::start());
    while watch.elapsed() < time {
        pause(PAUSE);
        let (wait, found) = timed(|| client.call_op(QUIET, Get { key: key(random.below(KEYS)), snapshot: None }));
        found?;
        waits.gets.push(wait);
        // It has slept as long as the server had before the `get`.
        pause(PAUSE);
        let (wait, answered) = timed(|| echo.round_trip());
        answered?;
        waits.echoes.push(wait);
        let key = key(random.below(KEYS));
        let put = Put { key, value: value(), ttl_ms: None, durability: Durability::Durable };
        let (wait, written) = timed(|| client.call_op(QUIET, put));
        written?;
        waits.puts.push(wait);
    }
    Ok(waits)
}

/// Does `work` while the flood runs.
fn during<R: Send>(server: &ToonDb, flood: Flood, work: impl FnOnce() -> Outcome<R>) -> Outcome<R> {
    let clients = (0..FLOODERS).map(|_| server.client()).collect::<Outcome<Vec<_>>>()?;
    let stop = &AtomicBool::new(false);
    std::thread::scope(|scope| {
        let flooders: Vec<_> = clients
            .iter()
            .zip(0_u64..)
            .map(|(client, number)| scope.spawn(move || pour(client, flood, number, stop).map_err(|e| e.to_string())))
            .collect();
        let result = work();
        stop.store(true, Ordering::Relaxed);
        let mut asked = 0;
        for flooder in flooders {
            asked += flooder.join().unwrap_or_else(|_| Err("a flooder panicked".to_owned()))?;
        }
        note(&format!("{flood:?}: {asked} requests meanwhile"));
        result
    })
}

/// Asks without a pause until told to stop, and gives the number of requests.
fn pour(client: &BlockingClient, flood: Flood, number: u64, stop: &AtomicBool) -> Outcome<u64> {
    let mut asked = 0;
    let requests: Vec<Request> = (0..16).map(|round| request(flood, number, round)).collect();
    while !stop.load(Ordering::Relaxed) {
        let Some(request) = requests.get(usize::try_from(asked)? % requests.len()) else { break };
        asked += 1;
        match client.call(LOUD, request) {
            Ok(_) => {}
            Err(error) if error.code == ErrorCode::Busy => pause(Duration::from_millis(1)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(asked)
}

fn request(flood: Flood, number: u64, round: u64) -> Request {
    match flood {
        Flood::Searches => Request::SearchBatchVectors(SearchBatchVectors {
            index: index(),
            queries: numbers(QUERIES, number * 100 + round),
            k: Some(10),
            ef: None,
            include_embedding: false,
            snapshot: None,
            ..SearchBatchVectors::default()
        }),
        Flood::Writes => {
            let mut batch = entries(number * 100_000..number * 100_000 + 1_000);
            batch.durability = Durability::Durable;
            Request::BatchPut(batch)
        }
        Flood::Builds => vectors(1_000_000 * (number + 1) + round * 1_000, 1_000, number * 100 + round),
        Flood::Imports => Request::ImportCheckpoint(ImportCheckpoint {
            format: ExportFormat::Json,
            name: String::new(),
            data: ByteBuf::from(vec![b' '; 64 << 10]),
            continues: None,
            more: true,
        }),
    }
}
