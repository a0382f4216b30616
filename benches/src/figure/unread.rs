//! Memory of a server of which peers ask for large answers and read nothing, one peer and forty, and the latency of
//! somebody else's `get` meanwhile.
//!
//! Each peer sends 256 scans, each with an answer of some 8 MiB. Memory is the growth of `VmRSS` after it has settled.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use toondb_engine::api::{Get, Request, Scan};
use toondb_ipc::{BlockingClient, HELLO_CODE, Hello, write_request};

use super::memory::resident_mib;
use super::open::fill;
use crate::cli::Setup;
use crate::data::{Random, key};
use crate::measure::{Report, Samples, Stopwatch, micros, note, pause, timed};
use crate::outcome::Outcome;
use crate::peer::ToonDb;

const KEYS: u64 = 20_000;
const SCANS: u64 = 256;
const CALLS: usize = 20_000;
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
const SETTLE: Duration = Duration::from_secs(2);

/// Measures one peer and forty.
pub fn unread(setup: &Setup, report: &Report) -> Outcome<()> {
    for (peers, target) in [(1, "<= 96 MiB"), (40, "<= 1024 MiB; others' p99 <= 2 x calm")] {
        let server = ToonDb::start(setup)?;
        let client = server.client()?;
        fill(&server, 0..KEYS)?;
        let calls = setup.choose(CALLS, CALLS / 10);
        let mut calm = gets(&client, calls)?;
        let before = resident_mib(server.pid())?;
        let silent = (0..peers).map(|_| ask(&server.socket())).collect::<Outcome<Vec<_>>>()?;
        let watch = Stopwatch::start();
        let (mut flooded, mut most) = (gets(&client, calls)?, resident_mib(server.pid())?);
        while watch.elapsed() < SETTLE {
            most = most.max(resident_mib(server.pid())?);
            pause(Duration::from_millis(50));
        }
        drop(silent);
        let (calm, flooded) = (micros(calm.percentile(0.99)), micros(flooded.percentile(0.99)));
        note(&format!("{peers}: p99 calm {calm:.1} us, meanwhile {flooded:.1} us"));
        let figure = format!("memory taken by {peers} connections with {SCANS} unread scans each");
        let measured = format!("+{:.0} MiB; others' p99 {:.2} x calm ({flooded:.0} us)", most - before, flooded / calm);
        report.row(&figure, target, &measured);
    }
    Ok(())
}

/// Says hello, asks, and reads nothing more.
fn ask(socket: &Path) -> Outcome<UnixStream> {
    let mut stream = UnixStream::connect(socket)?;
    let mut hello = Vec::new();
    write_request(&mut hello, 1, HELLO_CODE, "", &Hello::new("toondb-bench"))?;
    stream.write_all(&hello)?;
    let mut header = [0; 4];
    stream.read_exact(&mut header)?;
    stream.read_exact(&mut vec![0; u32::from_be_bytes(header) as usize])?;
    let mut bytes = Vec::new();
    for id in 1..=SCANS {
        let request = Request::Scan(Scan { limit: Some(10_000), ..Scan::default() });
        write_request(&mut bytes, id, request.code().number(), "default", &request)?;
    }
    // They fit in the buffers of the socket, whether the server takes them or not.
    stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
    stream.write_all(&bytes)?;
    Ok(stream)
}

fn gets(client: &BlockingClient, calls: usize) -> Outcome<Samples> {
    let (mut samples, mut random) = (Samples::default(), Random::new(3));
    for _ in 0..calls {
        let key = key(random.below(KEYS));
        let (time, found) = timed(|| client.call_op("default", Get { key, snapshot: None }));
        found?.found.ok_or("a key is missing")?;
        samples.push(time);
    }
    Ok(samples)
}
