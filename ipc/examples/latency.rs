//! Measures a get over the socket against a plain blocking echo of the same number of bytes, turn by turn in one run, and
//! the rate of pipelined gets and puts. Run with `cargo run --release --example latency`.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    dead_code,
    reason = "a measuring program takes the time, stops at any failure, and uses part of the tests' stub"
)]

#[path = "../tests/common/stub.rs"]
mod stub;

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use toondb_engine::api::{ByteBuf, Durability, Get, Put, Request};
use toondb_ipc::{BlockingClient, ClientOptions, Pipeline, Server, ServerOptions};

const ROUNDS: usize = 200;
const CALLS: usize = 200;
const PIPELINED: usize = 500_000;
const WINDOW: usize = 200;

fn echo() -> UnixStream {
    let (client, mut server) = UnixStream::pair().unwrap();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = server.read(&mut buffer) {
            server.write_all(&buffer[..count]).unwrap();
        }
    });
    client
}

fn timed(times: &mut Vec<Duration>, mut call: impl FnMut()) {
    for _ in 0..CALLS {
        let start = Instant::now();
        call();
        times.push(start.elapsed());
    }
}

fn percentile(times: &mut [Duration], percent: usize) -> f64 {
    times.sort_unstable();
    times[times.len() * percent / 100].as_nanos() as f64 / 1000.0
}

fn pipelined(pipeline: &mut Pipeline, request: impl Fn(usize) -> Request) -> f64 {
    let start = Instant::now();
    for index in 0..PIPELINED {
        if pipeline.in_flight() >= WINDOW {
            for _ in 0..WINDOW / 2 {
                pipeline.receive().unwrap().result.unwrap();
            }
        }
        pipeline.send("default", &request(index)).unwrap();
    }
    while pipeline.in_flight() > 0 {
        pipeline.receive().unwrap().result.unwrap();
    }
    PIPELINED as f64 / start.elapsed().as_secs_f64()
}

fn main() {
    let path = std::env::temp_dir().join(format!("toondb-latency-{}.sock", std::process::id()));
    let service = stub::Stub::new();
    service.insert(b"user:1234", vec![7; 100]);
    let options = ServerOptions { io_threads: 1, ..ServerOptions::default() };
    let server = Server::bind(&path, options, service).unwrap();
    let client = BlockingClient::connect(&path, ClientOptions::default()).unwrap();
    let get = Request::Get(Get { key: ByteBuf::from(*b"user:1234"), snapshot: None });
    let mut echo = echo();
    let mut message = vec![0; 150];
    let (mut gets, mut echoes) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS + 20 {
        if round == 20 {
            gets.clear();
            echoes.clear();
        }
        timed(&mut gets, || drop(client.call("default", &get).unwrap()));
        timed(&mut echoes, || {
            echo.write_all(&message).unwrap();
            let count = echo.read(&mut message).unwrap();
            assert_eq!(count, message.len());
        });
    }
    for percent in [50, 90, 99] {
        let (get, echo) = (percentile(&mut gets, percent), percentile(&mut echoes, percent));
        println!("p{percent}: get {get:.2} us, echo {echo:.2} us, ratio {:.2}", get / echo);
    }
    let mut pipeline = Pipeline::connect(&path, ClientOptions::default()).unwrap();
    println!("pipelined gets: {:.0} /s", pipelined(&mut pipeline, |_| get.clone()));
    let put = |index: usize| {
        let (key, value) = (ByteBuf::from(format!("user:{}", index % 1000)), ByteBuf::from(vec![7; 100]));
        Request::Put(Put { key, value, ttl_ms: None, durability: Durability::Durable })
    };
    println!("pipelined puts: {:.0} /s", pipelined(&mut pipeline, put));
    assert!(server.shutdown());
}
