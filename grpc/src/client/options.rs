//! How a client reaches a server.

use std::path::PathBuf;
use std::time::Duration;

use toondb_engine::peer::servers_trusted;

/// How TLS is spoken.
#[derive(Debug, Clone, Default)]
pub struct ClientTls {
    /// The authority of the server's certificate, as PEM; nothing = those that the system trusts.
    pub ca: Option<PathBuf>,
    /// This client's own certificate and its private key, as PEM, for servers that ask for one.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// How a client reaches a server.
#[derive(Clone)]
pub struct ClientOptions {
    /// Who the client is, for the server's log.
    pub name: String,
    /// Time for a connection, and for each call, before it fails; none = wait for ever.
    pub timeout: Option<Duration>,
    /// How often a waiting blocking call looks whether it is to give up.
    pub idle_interval: Duration,
    /// Speak TLS; nothing = in the clear, unless the address says `grpcs`.
    pub tls: Option<ClientTls>,
    /// Users whose server behind a Unix socket is trusted; by default this process's own and root.
    pub server_uids: Vec<u32>,
    /// The bearer token of every call.
    pub token: Option<String>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            name: concat!("toondb-grpc/", env!("CARGO_PKG_VERSION")).to_owned(),
            timeout: Some(Duration::from_secs(30)),
            idle_interval: Duration::from_millis(50),
            tls: None,
            server_uids: servers_trusted(),
            token: None,
        }
    }
}

impl std::fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientOptions")
            .field("name", &self.name)
            .field("timeout", &self.timeout)
            .field("tls", &self.tls)
            .field("token", &self.token.as_ref().map(|_| "..."))
            .finish_non_exhaustive()
    }
}
