//! The time from starting the server to its first answer out of a large store, after a kill and after a clean stop.
//!
//! The store holds a million values of a thousand bytes; 10,000 more lie in the log alone when the server is killed. The
//! page cache is warm, as it is after the end of a process. A start of the same server on an empty directory stands
//! beside the figures: what is above it is the store's.

use std::time::Duration;

use toondb_engine::api::{BatchPut, ByteBuf, Durability, ErrorCode, Flush, Get, PutEntry};

use crate::cli::Setup;
use crate::data::key;
use crate::measure::{Report, median, millis, note, pause, timed};
use crate::outcome::Outcome;
use crate::peer::{End, ToonDb};

const VALUE_BYTES: usize = 1_000;
const BATCH_KEYS: u64 = 5_000;
const LOGGED_KEYS: u64 = 10_000;

/// Measures both ends.
pub fn open(setup: &Setup, report: &Report) -> Outcome<()> {
    let keys = setup.choose(1_000_000, 20_000);
    let mut server = ToonDb::start(setup)?;
    fill(&server, 0..keys)?;
    server.client()?.call_op("default", Flush {})?;
    for (end, name, target) in [(End::Killed, "kill -9", "<= 300 ms"), (End::Stopped, "a clean stop", "<= 100 ms")] {
        let (mut starts, mut empty) = (Vec::new(), Vec::new());
        for round in 0..setup.rounds() {
            let logged = LOGGED_KEYS.min(keys);
            fill(&server, keys - logged..keys)?;
            // What an orderly end still has to write is not the start's.
            let ended = server.end(end)?;
            let (time, restarted) = timed(|| -> Outcome<ToonDb> {
                let server = ended.start(setup)?;
                first_answer(&server, keys / 2)?;
                Ok(server)
            });
            server = restarted?;
            starts.push(millis(time));
            let fresh = ToonDb::start(setup)?.end(End::Killed)?;
            let (time, fresh) = timed(|| fresh.start(setup));
            drop(fresh?);
            empty.push(millis(time));
            let [start, empty] = [&starts, &empty].map(|times| times.last().copied().unwrap_or_default());
            note(&format!("round {round}: first answer after {name}: {start:.1} ms, of an empty server {empty:.1} ms"));
        }
        let figure = format!("start to first answer out of {keys} values of {VALUE_BYTES} bytes, after {name}");
        let measured = format!("{:.0} ms (an empty server starts in {:.0} ms)", median(&starts), median(&empty));
        report.row(&figure, target, &measured);
    }
    Ok(())
}

/// Puts values of a thousand bytes; they are durable when it returns.
pub fn fill(server: &ToonDb, numbers: std::ops::Range<u64>) -> Outcome<()> {
    let client = server.client()?;
    let mut start = numbers.start;
    while start < numbers.end {
        let end = (start + BATCH_KEYS).min(numbers.end);
        let value = ByteBuf::from(vec![b'x'; VALUE_BYTES]);
        let entry = |number| PutEntry { key: key(number), value: value.clone(), ttl_ms: None };
        // The last batch waits for the disk, and with it all before it.
        let durability = if end == numbers.end { Durability::Durable } else { Durability::Volatile };
        match client.call_op("default", BatchPut { entries: (start..end).map(entry).collect(), durability }) {
            Ok(_) => start = end,
            // The disk catches up.
            Err(error) if error.code == ErrorCode::Busy => pause(Duration::from_millis(10)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

fn first_answer(server: &ToonDb, number: u64) -> Outcome<()> {
    let found = server.client()?.call_op("default", Get { key: key(number), snapshot: None })?.found;
    found.ok_or("a key is missing")?;
    Ok(())
}
