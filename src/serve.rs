//! `toondb serve`: one engine, one socket, until a signal.

use std::error::Error;
use std::io::IsTerminal;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};
use toondb_engine::{Engine, EngineOptions, VERSION};
use toondb_ipc::{Server, ServerOptions};
use tracing_subscriber::EnvFilter;

use crate::cli::Serve;

/// Serves until SIGTERM or SIGINT, then answers what was accepted and closes the engine.
pub fn serve(options: &Serve) -> Result<(), Box<dyn Error>> {
    start_logs(&options.log)?;
    let engine = Engine::open(EngineOptions::new(&options.data))?;
    let ipc = ServerOptions { connections_max: options.connections, ..ServerOptions::default() };
    let server = Server::bind(&options.socket, ipc, Arc::new(engine.clone()))?;
    let socket = std::path::absolute(&options.socket)?;
    engine.announce(&format!("socket {}", socket.display()))?;
    tracing::info!(
        version = VERSION,
        socket = %socket.display(),
        data = %std::path::absolute(&options.data)?.display(),
        pid = std::process::id(),
        "ToonDB is ready"
    );
    let name = wait_for_signal()?;
    tracing::info!(signal = name, "stopping: answering accepted requests");
    let complete = server.shutdown();
    engine.close()?;
    tracing::info!(complete, "stopped");
    Ok(())
}

fn start_logs(filter: &str) -> Result<(), Box<dyn Error>> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| format!("the log filter {filter:?} is refused: {error}"))?;
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    Ok(())
}

fn wait_for_signal() -> std::io::Result<&'static str> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        Ok(tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "SIGINT",
        })
    })
}
