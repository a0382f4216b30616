//! `toondb serve --on-demand`: the server of a directory for those who open it, most often started by one of them.
//!
//! What it does, and what of it others rely on, is in `docs/design.md`, "Open". Whoever started it is told one line: that the directory
//! is served, by this server or by another, or why it cannot be.

use std::error::Error as StdError;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use toondb_engine::api::{Error, ErrorCode, Result};
use toondb_engine::clock::{Clock, SystemClock};
use toondb_engine::{Engine, EngineOptions, Holder, HolderState, SharedDir, VERSION, limits};
use toondb_ipc::{BindError, Report, Server, ServerOptions, socket_places};
use tracing_subscriber::EnvFilter;

use crate::cli::Serve;
use crate::descriptors::connections_of_each;
use crate::log_file::LogFile;
use crate::serve::{Doors, end, start_logs, wait};
use crate::signals::Signals;
use crate::supervisor::Supervisor;

/// How often a server looks whether the directory is free.
const LOOK: Duration = Duration::from_millis(3);
/// For so long a text may say that somebody has the directory for himself before it is believed: it may be older than the lock.
const BELIEVED_AFTER: Duration = Duration::from_millis(50);

/// A server that is ready.
struct Ready {
    engine: Engine,
    doors: Doors,
    signals: Signals,
}

/// Serves until nobody has been connected for long enough, until a newer version takes over, or until a signal.
pub fn serve(options: &Serve) -> std::result::Result<(), Box<dyn StdError>> {
    let report = if options.started_by_client { Report::on_stdout()? } else { Report::none() };
    let ready = match begin(options) {
        Ok(Some(ready)) => ready,
        Ok(None) => {
            tracing::info!("another server has come first");
            report.ready();
            return Ok(());
        }
        Err(error) => {
            report.failed(error.clone());
            return Err(error.into());
        }
    };
    report.ready();
    let Ready { engine, mut doors, mut signals } = ready;
    let idle_exit = Some(options.idle_exit.unwrap_or(limits::OPEN_IDLE_EXIT));
    let why = wait(&mut signals, Supervisor::of_this_process(), &mut doors, &engine, idle_exit);
    end(why, doors, &engine)
}

/// Makes everything ready; nothing if another server answers.
fn begin(options: &Serve) -> Result<Option<Ready>> {
    if options.socket.is_some() || options.grpc.is_some() {
        let text = "--on-demand serves the directory's own socket alone: leave --socket and --grpc out, and TOONDB_SOCKET and TOONDB_GRPC";
        return Err(Error::invalid(text));
    }
    let dir = Arc::new(SharedDir::open(&options.data)?);
    let owns = Arc::new(AtomicBool::new(false));
    match options.started_by_client {
        true => start_log_file(&options.log, LogFile::new(Arc::clone(&dir), Arc::clone(&owns))),
        false => start_logs(&options.log),
    }
    .map_err(|error| Error::invalid(error.to_string()))?;
    let mut signals = Signals::catch_idle().map_err(|error| Error::internal(format!("signals: {error}")))?;
    let Some(engine) = own(&dir)? else { return Ok(None) };
    owns.store(true, Ordering::Relaxed);
    let doors = bind(&dir, options, &engine)?;
    signals.catch_ending().map_err(|error| Error::internal(format!("signals: {error}")))?;
    // Clients look in the usual places first; a disk too full for the text must not keep them from being served.
    if let Err(error) = engine.announce(&doors.addresses(), doors.path()) {
        tracing::warn!(%error, "the lock file does not say where the directory is served");
    }
    tracing::info!(
        version = VERSION,
        socket = doors.path().map(|path| tracing::field::display(path.display())),
        data = %dir.path().display(),
        pid = std::process::id(),
        "ToonDB is ready"
    );
    Ok(Some(Ready { engine, doors, signals }))
}

/// Opens the engine once the directory is free; nothing if whoever has it answers.
fn own(dir: &SharedDir) -> Result<Option<Engine>> {
    let clock = SystemClock::new();
    loop {
        let options = EngineOptions { serves: true, ..EngineOptions::new(dir.path()) };
        let locked = match Engine::open(options) {
            Ok(engine) => return Ok(Some(engine)),
            Err(error) if error.code == ErrorCode::Locked => error,
            Err(error) => return Err(error),
        };
        let holder = dir.holder();
        if holder.state == HolderState::Serving && !holder.is_gone() && accepts(&holder) {
            return Ok(None);
        }
        if clock.monotonic() >= patience(&holder) {
            return Err(locked);
        }
        pause_for(LOOK);
    }
}

/// How long a holder is waited for, since the first look.
fn patience(holder: &Holder) -> Duration {
    match holder.state {
        _ if holder.is_gone() => limits::UNSEEN_WAIT_MAX,
        HolderState::Alone => BELIEVED_AFTER,
        // It serves, but no socket, or none that this version understands.
        HolderState::Serving if holder.socket.is_none() => BELIEVED_AFTER,
        HolderState::Unsaid | HolderState::Starting | HolderState::Serving | HolderState::Ending => {
            limits::PREDECESSOR_WAIT_MAX
        }
    }
}

fn accepts(holder: &Holder) -> bool {
    holder.socket.as_ref().is_some_and(|path| UnixStream::connect(path).is_ok())
}

/// Makes the socket in the first place that can have one.
fn bind(dir: &SharedDir, options: &Serve, engine: &Engine) -> Result<Doors> {
    let server_options = || ServerOptions {
        connections_max: connections_of_each(options.connections, 1),
        directory: engine.directory(),
        gives_way: true,
        ..ServerOptions::default()
    };
    let text = format!(
        "{} is too long for a socket, and XDG_RUNTIME_DIR names no private directory; set that, or choose a shorter path",
        dir.socket().display()
    );
    let mut refused = Error::invalid(text);
    let bind = |path: &Path| Server::bind(path, server_options(), Arc::new(engine.clone()));
    for path in socket_places(dir) {
        match once_free(|| bind(&path)) {
            Ok(server) => return Ok(Doors::of_socket(server, path)),
            Err(error) if error.is_for_want_of_sockets() => refused = error.into(),
            Err(error) => return Err(error.into()),
        }
    }
    Err(refused)
}

/// The files of a process that was killed are closed one after another: the directory may be free while its socket still has an owner.
fn once_free<T>(bind: impl Fn() -> std::result::Result<T, BindError>) -> std::result::Result<T, BindError> {
    let clock = SystemClock::new();
    loop {
        match bind() {
            Err(BindError::AlreadyServed { .. }) if clock.monotonic() < limits::UNSEEN_WAIT_MAX => pause_for(LOOK),
            bound => return bound,
        }
    }
}

fn start_log_file(filter: &str, log: LogFile) -> std::result::Result<(), Box<dyn StdError>> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| format!("the log filter {filter:?} is refused: {error}"))?;
    let writer = std::sync::Mutex::new(log);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false).init();
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "whoever frees a directory tells nobody who waits for it")]
fn pause_for(pause: Duration) {
    std::thread::sleep(pause);
}
