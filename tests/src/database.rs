//! A database on a simulated disk, with a clock moved by hand, behind a door of choice.

use std::sync::Arc;

use toondb_engine::api::{Operation, Result};
use toondb_engine::clock::ManualClock;
use toondb_engine::disk::{CrashMode, SimDisk};
use toondb_engine::rng::SeededRng;
use toondb_engine::{Engine, EngineOptions};
use toondb_ipc::{BlockingClient, ClientOptions, Server, ServerOptions};

use crate::{Door, TempDir, grpc, run};

/// Where the clock of every test database begins.
pub const CLOCK_START_MS: i64 = 1_000_000;

/// How the database is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// In this process.
    Embedded,
    /// Through a Unix socket.
    Socket,
    /// Over gRPC.
    Grpc,
}

impl Transport {
    /// Every way there is.
    pub const ALL: [Transport; 3] = [Transport::Embedded, Transport::Socket, Transport::Grpc];
}

/// What serves the engine to the door.
enum Frontend {
    None,
    Socket(Server),
    Grpc(toondb_grpc::Server),
}

impl Frontend {
    /// True if everything that was accepted was answered.
    fn shutdown(self) -> bool {
        match self {
            Frontend::None => true,
            Frontend::Socket(server) => server.shutdown(),
            Frontend::Grpc(server) => server.shutdown(),
        }
    }
}

struct Open {
    // In the order in which they must go.
    door: Arc<dyn Door>,
    server: Frontend,
    engine: Engine,
}

/// An open database that can be closed, crashed and opened again.
pub struct Database {
    /// The disk under it; faults are armed here.
    pub disk: SimDisk,
    /// Its time.
    pub clock: Arc<ManualClock>,
    transport: Transport,
    seed: u64,
    dir: TempDir,
    open: Option<Open>,
}

impl Database {
    /// The data directory on the simulated disk.
    pub const PATH: &'static str = "/db";

    /// A new, empty database.
    #[must_use]
    pub fn new(transport: Transport, seed: u64) -> Self {
        Self::on(SimDisk::new(), transport, seed).expect("an empty disk opens")
    }

    /// A database on a disk that may hold one already.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn on(disk: SimDisk, transport: Transport, seed: u64) -> Result<Self> {
        let clock = Arc::new(ManualClock::new(CLOCK_START_MS));
        let mut database = Self { disk, clock, transport, seed, dir: TempDir::new(), open: None };
        database.start()?;
        Ok(database)
    }

    fn start(&mut self) -> Result<()> {
        self.seed = self.seed.wrapping_add(1);
        let mut options = EngineOptions::new(Self::PATH).on_disk(Arc::new(self.disk.clone()));
        options.clock = Arc::clone(&self.clock) as _;
        options.rng = Some(Arc::new(SeededRng::new(self.seed)));
        let engine = Engine::open(options)?;
        let (door, server): (Arc<dyn Door>, _) = match self.transport {
            Transport::Embedded => (Arc::new(engine.clone()), Frontend::None),
            Transport::Socket => {
                let socket = self.dir.join("s");
                let server = Server::bind(&socket, ServerOptions::default(), Arc::new(engine.clone())).unwrap();
                let client = BlockingClient::connect(&socket, ClientOptions::default()).unwrap();
                (Arc::new(client), Frontend::Socket(server))
            }
            Transport::Grpc => {
                let server = grpc::serve(self.dir.path(), Arc::new(engine.clone()));
                let client = grpc::connect(&server);
                (Arc::new(client), Frontend::Grpc(server))
            }
        };
        self.open = Some(Open { door, server, engine });
        Ok(())
    }

    fn stop(&mut self) {
        let Some(Open { door, server, engine }) = self.open.take() else { return };
        drop(door);
        assert!(server.shutdown(), "the server answers what it accepted");
        engine.close().expect("the engine closes");
    }

    /// The door. Let it go before the database is closed or crashed.
    #[must_use]
    pub fn door(&self) -> Arc<dyn Door> {
        Arc::clone(&self.open.as_ref().expect("the database is open").door)
    }

    /// Carries one request out.
    ///
    /// # Errors
    /// As the operation says.
    pub fn run<O: Operation>(&self, namespace: &str, operation: O) -> Result<O::Reply> {
        run(&*self.door(), namespace, operation)
    }

    /// Closes the database in order and opens it again.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn reopen(&mut self) -> Result<()> {
        self.stop();
        self.start()
    }

    /// Cuts the power and opens what is left: what was synced, and of the rest what `mode` and `seed` choose.
    ///
    /// # Errors
    /// If it cannot be opened.
    pub fn crash(&mut self, seed: u64, mode: CrashMode) -> Result<()> {
        let left = self.disk.crash_image(seed, mode);
        // What the old engine still writes while it closes goes to a disk that nobody looks at any more.
        self.stop();
        self.disk = left;
        self.start()
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stop();
        }
    }
}
