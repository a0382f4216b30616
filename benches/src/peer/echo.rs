//! The floor of a request over a Unix socket: a blocking server in a process of its own that reads as many bytes as the
//! request has and writes as many as the answer has, and does nothing else.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::daemon::Daemon;
use crate::outcome::Outcome;

const READY: &str = "echo is ready";
const TIMEOUT: Duration = Duration::from_secs(10);

/// The bytes of a request and of its answer.
#[derive(Debug, Clone, Copy)]
pub struct Exchange {
    /// Bytes to the server.
    pub request_bytes: usize,
    /// Bytes back.
    pub response_bytes: usize,
}

/// Serves until the process is killed: one thread for each connection.
pub fn serve_echo(socket: &Path, exchange: Exchange) -> Outcome<()> {
    let listener = UnixListener::bind(socket)?;
    println!("{READY}");
    for stream in listener.incoming() {
        let stream = stream?;
        // The peer's end of the connection ends the thread.
        std::thread::spawn(move || answer(stream, exchange));
    }
    Ok(())
}

fn answer(mut stream: UnixStream, exchange: Exchange) -> std::io::Result<()> {
    let (mut request, response) = (vec![0; exchange.request_bytes], vec![7; exchange.response_bytes]);
    loop {
        stream.read_exact(&mut request)?;
        stream.write_all(&response)?;
    }
}

/// An echo server and a connection to it.
#[derive(Debug)]
pub struct EchoPeer {
    stream: UnixStream,
    request: Vec<u8>,
    response: Vec<u8>,
    _server: Daemon,
}

impl EchoPeer {
    /// Starts this very program as an echo server on a socket in `dir`.
    pub fn start(dir: &Path, exchange: Exchange) -> Outcome<Self> {
        let socket = dir.join("echo.sock");
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("echo-server").arg("--socket").arg(&socket);
        command.args(["--request-bytes", &exchange.request_bytes.to_string()]);
        command.args(["--response-bytes", &exchange.response_bytes.to_string()]);
        let server = Daemon::start(command, READY)?;
        let stream = UnixStream::connect(&socket)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        let (request, response) = (vec![3; exchange.request_bytes], vec![0; exchange.response_bytes]);
        Ok(Self { stream, request, response, _server: server })
    }

    /// One request and its answer.
    pub fn round_trip(&mut self) -> std::io::Result<()> {
        self.stream.write_all(&self.request)?;
        self.stream.read_exact(&mut self.response)
    }
}
