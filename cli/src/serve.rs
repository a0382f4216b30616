//! `toondb serve`: one engine, one frontend or two, until a signal, or until nobody has been connected for long enough.

use std::error::Error;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use toondb_engine::clock::{Clock, SystemClock};
use toondb_engine::{Engine, EngineOptions, VERSION};
use toondb_ipc::{Server, ServerOptions};
use tracing_subscriber::EnvFilter;

use crate::activation::Inherited;
use crate::cli::Serve;
use crate::descriptors::connections_of_each;
use crate::grpc::Grpc;
use crate::on_demand;
use crate::signals::{Event, Signals};
use crate::supervisor::Supervisor;

/// Where the socket is if nothing at all is said.
const SOCKET_DEFAULT: &str = "/tmp/toondb.sock";
/// How often a server that may end by itself looks whether somebody is connected.
const IDLE_LOOK: Duration = Duration::from_secs(1);
/// How long one that gives way waits for whoever asked for it to go, and how often it looks.
const GIVE_WAY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_millis(2));

/// Serves until SIGTERM or SIGINT, then answers what was accepted and closes the engine.
pub fn serve(options: &Serve) -> Result<(), Box<dyn Error>> {
    if options.on_demand {
        return on_demand::serve(options);
    }
    start_logs(&options.log)?;
    // Before anything of this process opens a descriptor.
    let inherited = Inherited::take()?;
    let mut signals = Signals::catch_idle()?;
    let supervisor = Supervisor::of_this_process();
    let places = Places::of(options, inherited)?;
    let connections = connections_of_each(options.connections, places.count());
    let engine_options = EngineOptions { serves: true, ..EngineOptions::new(&options.data) };
    let engine = Supervisor::starting(|| Engine::open(engine_options))?;
    let mut doors = places.open(options, connections, &engine)?;
    // Before anyone hears that the server is ready, and may end it in order.
    signals.catch_ending()?;
    let addresses = doors.addresses();
    engine.announce(&addresses, doors.path())?;
    tracing::info!(
        version = VERSION,
        socket = doors.socket.as_ref().map(tracing::field::display),
        grpc = doors.grpc.as_ref().map(|grpc| tracing::field::display(grpc.address())),
        data = %std::path::absolute(&options.data)?.display(),
        pid = std::process::id(),
        "ToonDB is ready"
    );
    supervisor.ready(&addresses);
    let why = wait(&mut signals, supervisor, &mut doors, &engine, options.idle_exit);
    end(why, doors, &engine)
}

/// Answers what was accepted and closes the engine.
pub fn end(why: &'static str, doors: Doors, engine: &Engine) -> Result<(), Box<dyn Error>> {
    tracing::info!(signal = why, "stopping: answering accepted requests");
    if let Err(error) = engine.announce_end(doors.path()) {
        tracing::warn!(%error, "the lock file does not say that the server is ending");
    }
    let complete = doors.stop();
    engine.close()?;
    tracing::info!(complete, "stopped");
    Ok(())
}

/// Waits until the server has to end; gives why.
pub fn wait(
    signals: &mut Signals,
    mut supervisor: Supervisor,
    doors: &mut Doors,
    engine: &Engine,
    idle_exit: Option<Duration>,
) -> &'static str {
    let looks = idle_exit.map(|time| time.min(IDLE_LOOK));
    let at_most = looks.into_iter().chain(supervisor.interval()).min();
    let clock = SystemClock::new();
    let succession = doors.ipc.as_ref().map(Server::succession);
    let mut used_at = clock.monotonic();
    let mut gives_way_until = Duration::ZERO;
    loop {
        let gives_way = clock.monotonic() < gives_way_until;
        let at_most = if gives_way { Some(GIVE_WAY.1) } else { at_most };
        match signals.wait(at_most, succession.as_deref()) {
            Event::End(name) => {
                supervisor.stopping(name);
                return name;
            }
            Event::Reload => supervisor.reloaded(),
            Event::GiveWay => gives_way_until = clock.monotonic() + GIVE_WAY.0,
            Event::None => {}
        }
        supervisor.look_after(engine);
        let is_over = idle_exit.is_some_and(|time| clock.monotonic().saturating_sub(used_at) >= time);
        if doors.connections() > 0 {
            used_at = clock.monotonic();
        } else if gives_way || is_over {
            let why = match doors.end_if_idle() {
                Ok(true) if gives_way => "a newer version takes over",
                Ok(true) => "nobody is connected",
                Ok(false) => continue,
                Err(error) => {
                    tracing::error!(%error, "looking whether anybody is connected failed");
                    "it cannot be known whether anybody is connected"
                }
            };
            supervisor.stopping(why);
            return why;
        }
    }
}

/// Where the server is to be reached.
#[derive(Debug)]
struct Places {
    inherited: Inherited,
    socket: Option<PathBuf>,
    grpc: Option<String>,
}

impl Places {
    fn of(options: &Serve, inherited: Inherited) -> Result<Self, Box<dyn Error>> {
        if inherited.socket.is_some() && options.socket.is_some() {
            return Err("a socket was handed over: leave --socket and TOONDB_SOCKET out".into());
        }
        if inherited.grpc.is_some() && options.grpc.is_some() {
            return Err("a socket for gRPC was handed over: leave --grpc and TOONDB_GRPC out".into());
        }
        let nothing_said = inherited.socket.is_none() && inherited.grpc.is_none() && options.grpc.is_none();
        let socket = match &options.socket {
            Some(path) => Some(std::path::absolute(path)?),
            None => nothing_said.then(|| SOCKET_DEFAULT.into()),
        };
        let places = Self { inherited, socket, grpc: options.grpc.clone() };
        if options.idle_exit.is_some() && (places.socket.is_some() || places.grpc.is_some()) {
            let text = "--idle-exit is for sockets that outlive the server and start it again: those that systemd hands over \
                        (toondb install-units). A socket of the server's own would be gone; with --on-demand, those who open the directory start it again";
            return Err(text.into());
        }
        Ok(places)
    }

    fn count(&self) -> usize {
        usize::from(self.socket.is_some() || self.inherited.socket.is_some())
            + usize::from(self.grpc.is_some() || self.inherited.grpc.is_some())
    }

    fn open(self, options: &Serve, connections: usize, engine: &Engine) -> Result<Doors, Box<dyn Error>> {
        let directory = engine.directory();
        let ipc_options = ServerOptions { connections_max: connections, directory, ..ServerOptions::default() };
        let service = || Arc::new(engine.clone());
        let (ipc, path) = match (self.inherited.socket, self.socket) {
            (Some(listener), _) => {
                let path = listener.local_addr()?.as_pathname().map(Path::to_owned);
                (Some(Server::adopt(listener, ipc_options, service())?), path)
            }
            (None, Some(path)) => (Some(Server::bind(&path, ipc_options, service())?), Some(path)),
            (None, None) => (None, None),
        };
        let shown = path.as_ref().map_or_else(|| "handed over".to_owned(), |path| path.display().to_string());
        let socket = ipc.is_some().then_some(shown);
        let grpc = match (self.inherited.grpc, self.grpc) {
            (Some(listener), _) => Some(Grpc::adopt(listener, options, connections, engine)?),
            (None, Some(address)) => Some(Grpc::start(&address, options, connections, engine)?),
            (None, None) => None,
        };
        Ok(Doors { ipc, socket, path, grpc })
    }
}

/// The frontends.
pub struct Doors {
    ipc: Option<Server>,
    socket: Option<String>,
    path: Option<PathBuf>,
    grpc: Option<Grpc>,
}

impl Doors {
    /// A socket alone.
    pub fn of_socket(server: Server, path: PathBuf) -> Self {
        Self { ipc: Some(server), socket: Some(path.display().to_string()), path: Some(path), grpc: None }
    }

    /// Where the socket is.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Where they are, for people.
    pub fn addresses(&self) -> String {
        let socket = self.socket.iter().map(|path| format!("socket {path}"));
        let grpc = self.grpc.iter().map(|grpc| format!("gRPC {}", grpc.address()));
        socket.chain(grpc).collect::<Vec<_>>().join(", ")
    }

    fn connections(&self) -> usize {
        self.ipc.as_ref().map_or(0, Server::connections) + self.grpc.as_ref().map_or(0, Grpc::connections)
    }

    /// Ends the socket if nobody is connected; then the rest is to be stopped. Who reaches gRPC meanwhile is told to connect
    /// again, as the protocol has a word for it.
    fn end_if_idle(&mut self) -> std::io::Result<bool> {
        match &mut self.ipc {
            Some(ipc) => ipc.end_if_idle(),
            None => Ok(true),
        }
    }

    /// Stops both frontends at once: each has its own time for it, and a client of one may wait for a client of the other.
    fn stop(self) -> bool {
        std::thread::scope(|scope| {
            let grpc = scope.spawn(|| self.grpc.is_none_or(Grpc::shutdown));
            let ipc = self.ipc.is_none_or(Server::shutdown);
            grpc.join().unwrap_or(false) && ipc
        })
    }
}

/// Writes the log to standard error.
pub fn start_logs(filter: &str) -> Result<(), Box<dyn Error>> {
    let filter =
        EnvFilter::try_new(filter).map_err(|error| format!("the log filter {filter:?} is refused: {error}"))?;
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colours).init();
    Ok(())
}
