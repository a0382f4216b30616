//! The longest wait for a durable put while the server writes its log into its store, with 1,000,000 keys in it.
//!
//! One connection, then eight, put random keys for half a minute each; a flush begins after 32 MiB or 5 s of log.
//! The wait of each put is recorded, none is left out. The disk alone is measured for a few seconds first, because no
//! put can be faster than the slowest sync of the device.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use toondb_engine::api::{Durability, Flush, NamespaceStatsRequest, Put};
use toondb_ipc::BlockingClient;

use crate::cli::Setup;
use crate::data::{Random, entries, key, value};
use crate::measure::{Report, Samples, Stopwatch, millis, note, pause, timed};
use crate::outcome::Outcome;
use crate::peer::{SyncedFile, ToonDb};

const BATCH_KEYS: u64 = 10_000;
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// Measures with one connection and with eight.
pub fn stall(setup: &Setup, report: &Report) -> Outcome<()> {
    let server = ToonDb::start(setup)?;
    let keys = setup.choose(1_000_000, 50_000);
    preload(&server, keys)?;
    let mut disk = disk_alone(&server, setup.choose(Duration::from_secs(5), Duration::from_secs(1)))?;
    note(&format!("the disk alone: {}", describe(&mut disk)));
    for connections in [1, 8] {
        let time = setup.choose(Duration::from_secs(30), Duration::from_secs(6));
        let (mut waits, flushes) = run(&server, connections, keys, time)?;
        let figure = format!(
            "longest wait for a durable put during flushes, {keys} keys, {connections} connection{}",
            if connections == 1 { "" } else { "s" },
        );
        let measured = format!(
            "{:.1} ms (p50 {:.2}, p99 {:.2}, p99.9 {:.2} ms; {} puts, {flushes} flushes; longest of {} syncs of the \
             disk alone {:.1} ms)",
            millis(waits.max()),
            millis(waits.p50()),
            millis(waits.percentile(0.99)),
            millis(waits.percentile(0.999)),
            waits.len(),
            disk.len(),
            millis(disk.max()),
        );
        report.row(&figure, "<= 50 ms", &measured);
    }
    Ok(())
}

fn preload(server: &ToonDb, keys: u64) -> Outcome<()> {
    let client = server.client()?;
    for start in (0..keys).step_by(usize::try_from(BATCH_KEYS)?) {
        client.call_op("default", entries(start..(start + BATCH_KEYS).min(keys)))?;
    }
    client.call_op("default", Flush {})?;
    Ok(())
}

fn disk_alone(server: &ToonDb, time: Duration) -> Outcome<Samples> {
    let mut file = SyncedFile::create(server.dir())?;
    let mut samples = Samples::default();
    let watch = Stopwatch::start();
    while watch.elapsed() < time {
        let (wait, done) = timed(|| file.overwrite());
        done?;
        samples.push(wait);
    }
    Ok(samples)
}

/// Puts on some connections and counts the flushes meanwhile.
fn run(server: &ToonDb, connections: u64, keys: u64, time: Duration) -> Outcome<(Samples, usize)> {
    let clients = (0..=connections).map(|_| server.client()).collect::<Outcome<Vec<_>>>()?;
    let (watcher, writers) = clients.split_last().ok_or("no client")?;
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let counting = scope.spawn(|| count_flushes(watcher, &stop));
        let writing: Vec<_> = writers
            .iter()
            .zip(1..)
            .map(|(client, seed)| scope.spawn(move || put_for(client, seed, keys, time)))
            .collect();
        let mut waits: Outcome<Samples> = Ok(Samples::default());
        for writer in writing {
            let samples = writer.join().unwrap_or_else(|_| Err("a writer panicked".into()));
            waits = waits.and_then(|mut all| {
                all.extend(samples?);
                Ok(all)
            });
        }
        stop.store(true, Ordering::Relaxed);
        let flushes = counting.join().unwrap_or_else(|_| Err("the watcher panicked".into()))?;
        Ok((waits?, flushes))
    })
}

fn put_for(client: &BlockingClient, seed: u64, keys: u64, time: Duration) -> Outcome<Samples> {
    let mut random = Random::new(seed);
    let mut samples = Samples::default();
    let watch = Stopwatch::start();
    while watch.elapsed() < time {
        let put = Put { key: key(random.below(keys)), value: value(), ttl_ms: None, durability: Durability::Durable };
        let (wait, written) = timed(|| client.call_op("default", put));
        written?;
        samples.push(wait);
    }
    Ok(samples)
}

/// How often the newest flushed commit moves until the writers are done.
fn count_flushes(client: &BlockingClient, stop: &AtomicBool) -> Outcome<usize> {
    let flushed = || client.call_op("default", NamespaceStatsRequest {}).map(|stats| stats.flushed_seq);
    let mut newest = flushed()?;
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        pause(LOOK_INTERVAL);
        let now = flushed()?;
        count += usize::from(now != newest);
        newest = now;
    }
    Ok(count)
}

fn describe(samples: &mut Samples) -> String {
    let (p50, p99, max) = (samples.p50(), samples.percentile(0.99), samples.max());
    format!("p50 {:.2}, p99 {:.2}, longest {:.2} ms of {} syncs", millis(p50), millis(p99), millis(max), samples.len())
}
