//! `toondb serve`: one engine, one frontend or two, until a signal.

use std::error::Error;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toondb_engine::{Engine, EngineOptions, VERSION};
use toondb_ipc::{Server, ServerOptions};
use tracing_subscriber::EnvFilter;

use crate::cli::Serve;
use crate::descriptors::connections_of_each;
use crate::grpc::Grpc;
use crate::signals::Signals;

/// Where the socket is if nothing at all is said.
const SOCKET_DEFAULT: &str = "/tmp/toondb.sock";

/// Serves until SIGTERM or SIGINT, then answers what was accepted and closes the engine.
pub fn serve(options: &Serve) -> Result<(), Box<dyn Error>> {
    start_logs(&options.log)?;
    let mut signals = Signals::catch_idle()?;
    let socket = socket_path(options)?;
    let doors = usize::from(socket.is_some()) + usize::from(options.grpc.is_some());
    let connections = connections_of_each(options.connections, doors);
    let engine = Engine::open(EngineOptions::new(&options.data))?;
    let ipc = match &socket {
        Some(path) => Some(bind(path, connections, &engine)?),
        None => None,
    };
    let grpc = match &options.grpc {
        Some(address) => Some(Grpc::start(address, options, connections, &engine)?),
        None => None,
    };
    let addresses: Vec<String> = socket
        .iter()
        .map(|path| format!("socket {}", path.display()))
        .chain(grpc.iter().map(|grpc| format!("gRPC {}", grpc.address())))
        .collect();
    // Before anyone hears that the server is ready, and may end it in order.
    signals.catch_ending()?;
    engine.announce(&addresses.join(", "))?;
    tracing::info!(
        version = VERSION,
        socket = socket.as_ref().map(|path| tracing::field::display(path.display())),
        grpc = grpc.as_ref().map(|grpc| tracing::field::display(grpc.address())),
        data = %std::path::absolute(&options.data)?.display(),
        pid = std::process::id(),
        "ToonDB is ready"
    );
    let name = signals.wait();
    tracing::info!(signal = name, "stopping: answering accepted requests");
    let complete = stop(ipc, grpc);
    engine.close()?;
    tracing::info!(complete, "stopped");
    Ok(())
}

/// Stops both frontends at once: each has its own time for it, and a client of one may wait for a client of the other.
fn stop(ipc: Option<Server>, grpc: Option<Grpc>) -> bool {
    std::thread::scope(|scope| {
        let grpc = scope.spawn(|| grpc.is_none_or(Grpc::shutdown));
        let ipc = ipc.is_none_or(Server::shutdown);
        grpc.join().unwrap_or(false) && ipc
    })
}

fn socket_path(options: &Serve) -> std::io::Result<Option<PathBuf>> {
    match (&options.socket, &options.grpc) {
        (Some(path), _) => std::path::absolute(path).map(Some),
        (None, None) => Ok(Some(SOCKET_DEFAULT.into())),
        (None, Some(_)) => Ok(None),
    }
}

fn bind(path: &Path, connections: usize, engine: &Engine) -> Result<Server, Box<dyn Error>> {
    let options = ServerOptions { connections_max: connections, ..ServerOptions::default() };
    Ok(Server::bind(path, options, Arc::new(engine.clone()))?)
}

fn start_logs(filter: &str) -> Result<(), Box<dyn Error>> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| format!("the log filter {filter:?} is refused: {error}"))?;
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    Ok(())
}
