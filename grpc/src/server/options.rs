//! How a server is to serve.

use std::time::Duration;

use toondb_engine::limits;
use toondb_engine::peer::clients_trusted;

use crate::auth::TlsOptions;

/// Most threads; the engine's threads need the other cores.
const THREADS_MAX: usize = 4;

/// How a server is to serve. [`ServerOptions::default`] holds the values of [`limits`].
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The server's certificate, and the authority of its clients'; nothing = in the clear.
    pub tls: Option<TlsOptions>,
    /// Threads that read, convert and write.
    pub threads: usize,
    /// The users that may connect to a Unix socket; by default this process's own.
    pub uids: Vec<u32>,
    /// Connections at one time; one more is closed at once.
    pub connections_max: usize,
    /// Requests of one connection at one time; HTTP/2 makes the client hold back further ones.
    pub streams_max: u32,
    /// Largest message, either way.
    pub message_bytes_max: usize,
    /// Largest headers of a request.
    pub header_bytes_max: u32,
    /// Bytes of requests that are arriving or being answered, over all connections.
    pub inflight_bytes_max: usize,
    /// Time for the first byte of a connection, and for a TLS handshake.
    pub hello_timeout: Duration,
    /// How often a silent connection is asked for a sign of life; without one for three times as long it is closed.
    pub keepalive_interval: Duration,
    /// How long a stream may stand still, and a connection with unread answers.
    pub stall_timeout: Duration,
    /// Time to answer accepted requests at the end.
    pub drain_timeout: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            tls: None,
            threads: std::thread::available_parallelism().map_or(1, |cores| cores.get().min(THREADS_MAX)),
            uids: clients_trusted(),
            connections_max: limits::CONNECTIONS_MAX,
            streams_max: limits::PIPELINE_MAX as u32,
            message_bytes_max: limits::FRAME_BYTES_MAX,
            header_bytes_max: limits::HEADER_BYTES_MAX,
            inflight_bytes_max: limits::INFLIGHT_BYTES_MAX,
            hello_timeout: limits::HELLO_TIMEOUT,
            keepalive_interval: limits::KEEPALIVE_INTERVAL,
            stall_timeout: limits::FRAME_TIMEOUT,
            drain_timeout: limits::DRAIN_TIMEOUT,
        }
    }
}
