//! `toondb ping`, and how every command finds a running server.

use std::error::Error;
use std::time::Duration;

use toondb_engine::api::Ping;
use toondb_ipc::{BlockingClient, ClientOptions};

use crate::cli;

const PINGS: usize = 5;

/// A connection to the server; the error says how to start one.
pub fn connect(server: &cli::Server) -> Result<BlockingClient, Box<dyn Error>> {
    let options = ClientOptions { timeout: Some(Duration::from_secs(5)), ..ClientOptions::default() };
    BlockingClient::connect(&server.socket, options).map_err(|error| {
        let socket = server.socket.display();
        format!("no ToonDB server answers on {socket}: {error}. Start one with: toondb serve --socket {socket}").into()
    })
}

/// Asks for signs of life and shows how long they took.
#[expect(clippy::disallowed_methods, reason = "the command measures real time for its user")]
pub fn ping(server: &cli::Server) -> Result<(), Box<dyn Error>> {
    let client = connect(server)?;
    for _ in 0..PINGS {
        let start = std::time::Instant::now();
        let pong = client.call_op("", Ping {})?;
        println!("ToonDB {} answered in {:.1} us", pong.version, start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(())
}
