//! How a client connects.

use std::time::Duration;

use toondb_engine::peer::servers_trusted;

/// How a client connects and how long it waits.
#[derive(Debug, Clone)]
pub struct ClientOptions {
    /// Who the client is, for the server's log.
    pub name: String,
    /// Time without any byte from the server before a call fails; none = wait for ever.
    pub timeout: Option<Duration>,
    /// How long after its beginning a call whose connection broke is made again, where that is harmless: reads, requests that did
    /// not arrive, and changes, which the server makes once however often they arrive. A server that is started anew is found
    /// within it, and nobody notices.
    pub retry_for: Duration,
    /// How often a waiting call looks whether it is to give up.
    pub idle_interval: Duration,
    /// Sockets that a blocking client opens at most; each carries one call at a time.
    pub sockets_max: usize,
    /// Users whose server is trusted; by default this process's own and root.
    pub server_uids: Vec<u32>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            name: concat!("toondb-ipc ", env!("CARGO_PKG_VERSION")).to_owned(),
            timeout: Some(Duration::from_secs(30)),
            retry_for: Duration::from_secs(5),
            idle_interval: Duration::from_millis(50),
            sockets_max: 16,
            server_uids: servers_trusted(),
        }
    }
}
