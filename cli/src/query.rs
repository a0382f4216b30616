//! `toondb ping`, and how every command finds a running server.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use toondb_engine::api::{ErrorCode, Ping};
use toondb_ipc::{BlockingClient, ClientOptions, OpenOptions, ServerCommand};

use crate::cli;
use crate::program::{Program, UNKNOWN};

const PINGS: usize = 5;

/// A directory whose server is asked, and the program that serves it if nobody does.
pub struct Directory<'a> {
    /// The directory.
    pub path: &'a Path,
    /// This very command.
    pub program: &'a Program,
}

/// A connection to the server on a socket, or to that of a directory; without one, the error says how to start it.
pub fn connect(socket: &Path, data: Option<&Directory<'_>>) -> Result<BlockingClient, Box<dyn Error>> {
    if let Some(data) = data {
        return open(data);
    }
    let options = ClientOptions { timeout: Some(Duration::from_secs(5)), ..ClientOptions::default() };
    BlockingClient::connect(socket, options).map_err(|error| {
        let socket = socket.display();
        match error.code {
            ErrorCode::ConnectionFailed => format!("no ToonDB server answers on {socket}: {error}").into(),
            // There is one, and it says why, or is slow.
            _ => format!("the server on {socket} does not serve this call: {error}").into(),
        }
    })
}

/// Opens a directory.
fn open(data: &Directory<'_>) -> Result<BlockingClient, Box<dyn Error>> {
    let mut words = data.program.words();
    let program = words.next().ok_or(UNKNOWN)?;
    let first_arguments = words.map(Into::into).collect();
    let server = ServerCommand { first_arguments, ..ServerCommand::new(program) };
    Ok(BlockingClient::open(data.path, OpenOptions::new(server))?)
}

/// Asks for signs of life and shows how long they took.
#[expect(clippy::disallowed_methods, reason = "the command measures real time for its user")]
pub fn ping(server: &cli::Server, data: Option<&Directory<'_>>) -> Result<(), Box<dyn Error>> {
    let client = connect(&server.socket, data)?;
    for _ in 0..PINGS {
        let start = std::time::Instant::now();
        let pong = client.call_op("", Ping {})?;
        println!("ToonDB {} answered in {:.1} us", pong.version, start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(())
}
