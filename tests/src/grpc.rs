//! A gRPC server on a free port of this machine, and a client of it.

use std::path::Path;
use std::sync::Arc;

use toondb_engine::Service;
use toondb_engine::clock::{Clock, SystemClock};
use toondb_grpc::auth::Tokens;
use toondb_grpc::{Address, Backend, BlockingClient, ClientOptions, Listener, Server, ServerOptions};

/// Serves an engine on loopback; `dir` is where tokens would be.
#[must_use]
pub fn serve(dir: &Path, engine: Arc<dyn Service>) -> Server {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let tokens = Arc::new(Tokens::open(dir, Arc::clone(&clock), false).unwrap());
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    Server::start(listener, &ServerOptions::default(), Backend { engine, tokens, clock }).unwrap()
}

/// The address of a server.
#[must_use]
pub fn address(server: &Server) -> Address {
    server.address().unwrap().to_string().parse().unwrap()
}

/// A client of a server.
#[must_use]
pub fn connect(server: &Server) -> BlockingClient {
    BlockingClient::connect(address(server), ClientOptions::default(), None).unwrap()
}
