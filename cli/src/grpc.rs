//! The gRPC frontend of `toondb serve`: where it listens, and who may call.

use std::error::Error;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use toondb_engine::Engine;
use toondb_engine::clock::{Clock, SystemClock};
use toondb_grpc::auth::{TlsOptions, Tokens, check_address, describe_access, requires_tokens};
use toondb_grpc::{Backend, Listener, Server, ServerOptions};
use toondb_ipc::BoundSocket;

use crate::cli::Serve;
use crate::paths;

/// Where the server listens.
enum Place {
    Tcp(SocketAddr),
    /// Owns the path for as long as the server lives.
    Unix(BoundSocket, String),
    /// Somebody else's Unix socket.
    Inherited,
}

/// What is the same wherever it listens.
struct Setup<'a> {
    options: &'a Serve,
    connections: usize,
    engine: &'a Engine,
    tls: Option<TlsOptions>,
    clock: Arc<dyn Clock>,
}

impl<'a> Setup<'a> {
    fn of(options: &'a Serve, connections: usize, engine: &'a Engine) -> Self {
        Self { options, connections, engine, tls: tls(options), clock: Arc::new(SystemClock::new()) }
    }

    /// The tokens of whoever may call at an address; nothing = a Unix socket. Refuses what is not protected enough.
    fn tokens(&self, address: Option<&SocketAddr>) -> Result<Arc<Tokens>, Box<dyn Error>> {
        if address.is_none() && self.tls.is_some() {
            return Err("a Unix socket is served without TLS; leave --grpc-cert out".into());
        }
        let required = address.is_some_and(|address| requires_tokens(address, self.tls.as_ref()));
        let tokens = Arc::new(Tokens::open(&self.options.data, Arc::clone(&self.clock), required)?);
        if let Some(address) = address {
            check_address(address, self.tls.as_ref(), tokens.exist())?;
        }
        Ok(tokens)
    }

    fn serve(self, listener: Listener, place: Place, tokens: Arc<Tokens>) -> Result<Grpc, Box<dyn Error>> {
        let Self { options: _, connections, engine, tls, clock } = self;
        if let Place::Tcp(address) = &place {
            let callers = describe_access(address, tls.as_ref(), tokens.exist());
            tracing::info!(%address, callers, "gRPC lets in");
        }
        let server_options = ServerOptions { tls, connections_max: connections, ..ServerOptions::default() };
        let backend = Backend { engine: Arc::new(engine.clone()), tokens, clock };
        Ok(Grpc { server: Server::start(listener, &server_options, backend)?, place })
    }
}

/// A running gRPC frontend.
pub struct Grpc {
    // In the order in which they must go.
    server: Server,
    place: Place,
}

impl Grpc {
    /// Serves an engine at an address, `host:port` or `unix:/path`.
    pub fn start(address: &str, options: &Serve, connections: usize, engine: &Engine) -> Result<Self, Box<dyn Error>> {
        let setup = Setup::of(options, connections, engine);
        match address.strip_prefix("unix:") {
            Some(path) => {
                let tokens = setup.tokens(None)?;
                let Ok(path) = paths::path(path.strip_prefix("//").unwrap_or(path));
                let path = std::path::absolute(path)?;
                let mut bound = BoundSocket::bind(&path)?;
                let listener = bound.take_listener().ok_or("the socket has no listener")?;
                let place = Place::Unix(bound, format!("unix:{}", path.display()));
                setup.serve(Listener::Unix(listener), place, tokens)
            }
            None => {
                let address = resolve(address)?;
                let tokens = setup.tokens(Some(&address))?;
                let listener =
                    Listener::bind(address).map_err(|error| format!("gRPC cannot listen on {address}: {error}"))?;
                let bound = listener.tcp_address().unwrap_or(address);
                setup.serve(listener, Place::Tcp(bound), tokens)
            }
        }
    }

    /// Serves an engine on a socket that was handed over.
    pub fn adopt(
        listener: Listener,
        options: &Serve,
        connections: usize,
        engine: &Engine,
    ) -> Result<Self, Box<dyn Error>> {
        let setup = Setup::of(options, connections, engine);
        let address = listener.tcp_address();
        let tokens = setup.tokens(address.as_ref())?;
        setup.serve(listener, address.map_or(Place::Inherited, Place::Tcp), tokens)
    }

    /// Connections now.
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        match &self.place {
            Place::Tcp(address) => address.to_string(),
            Place::Unix(_, text) => text.clone(),
            Place::Inherited => "a socket that was handed over".to_owned(),
        }
    }

    /// Answers what was accepted and ends. True if everything was answered.
    pub fn shutdown(self) -> bool {
        if let Place::Unix(bound, _) = &self.place {
            bound.unlink();
        }
        self.server.shutdown()
    }
}

fn tls(options: &Serve) -> Option<TlsOptions> {
    let (cert, key) = (options.grpc_cert.clone()?, options.grpc_key.clone()?);
    Some(TlsOptions { cert, key, client_ca: options.grpc_client_ca.clone() })
}

/// The first address of a name; `localhost` is IPv4 first, which every client tries.
fn resolve(address: &str) -> Result<SocketAddr, Box<dyn Error>> {
    let unusable =
        |error| format!("{address:?} is no address to serve gRPC on ({error}); give host:port or unix:/path");
    let mut all: Vec<SocketAddr> = address.to_socket_addrs().map_err(unusable)?.collect();
    all.sort_by_key(SocketAddr::is_ipv6);
    Ok(all.into_iter().next().ok_or("the name has no address")?)
}
