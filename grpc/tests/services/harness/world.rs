//! An engine, a server and the time, all of one test.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use tonic::transport::{Channel, Endpoint};
use toondb_engine::api::{Operation, Result, ServerStatsRequest, TimestampMs};
use toondb_engine::clock::{Clock, ManualClock};
use toondb_engine::disk::SimDisk;
use toondb_engine::rng::{OsRng, SeededRng};
use toondb_engine::{Engine, EngineOptions, Service, limits};
use toondb_grpc::auth::{Namespaces, NewToken, Token, Tokens, create};
use toondb_grpc::{Backend, BlockingClient, ClientOptions, Listener, Server, ServerOptions};

use super::{Peer, TempDir};

/// Where the clock begins.
pub const CLOCK_START_MS: i64 = 1_000_000;

/// A server on loopback. Its clock stands still until it is moved.
pub struct World {
    // In the order in which they must go.
    pub server: Option<Server>,
    pub engine: Engine,
    pub clock: Arc<ManualClock>,
    pub dir: TempDir,
    pub runtime: Arc<Runtime>,
}

impl World {
    pub fn new() -> Self {
        Self::with(&ServerOptions::default())
    }

    pub fn with(options: &ServerOptions) -> Self {
        Self::with_room(options, limits::UNREAD_BYTES_MAX)
    }

    /// A server whose engine has room for so many bytes of unread answers.
    pub fn with_room(options: &ServerOptions, answer_bytes_max: usize) -> Self {
        let mut world = Self::with_engine(answer_bytes_max);
        world.server = Some(world.serve(options));
        world
    }

    /// An engine that nothing serves yet.
    pub fn without_server() -> Self {
        Self::with_engine(limits::UNREAD_BYTES_MAX)
    }

    fn with_engine(answer_bytes_max: usize) -> Self {
        let clock = Arc::new(ManualClock::new(CLOCK_START_MS));
        let mut options = EngineOptions::new("/db").on_disk(Arc::new(SimDisk::new()));
        options.answer_bytes_max = answer_bytes_max;
        options.clock = Arc::clone(&clock) as _;
        options.rng = Some(Arc::new(SeededRng::new(1)));
        let engine = Engine::open(options).unwrap();
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = Arc::new(builder.worker_threads(2).enable_all().build().unwrap());
        Self { server: None, engine, clock, dir: TempDir::new(), runtime }
    }

    pub fn serve(&self, options: &ServerOptions) -> Server {
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Server::start(listener, options, self.backend()).unwrap()
    }

    pub fn backend(&self) -> Backend {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let tokens = Arc::new(Tokens::open(self.dir.path(), Arc::clone(&clock), false).unwrap());
        Backend { engine: Arc::new(self.engine.clone()), tokens, clock }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.as_ref().unwrap().address().unwrap()
    }

    /// A new connection.
    pub fn peer(&self) -> Peer {
        let _inside = self.runtime.enter();
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address())).unwrap();
        self.peer_on(endpoint.http2_max_header_list_size(1 << 20).connect_lazy())
    }

    pub fn peer_on(&self, channel: Channel) -> Peer {
        Peer { runtime: Arc::clone(&self.runtime), channel, headers: Vec::new() }
    }

    /// The client of this crate.
    pub fn client(&self, options: ClientOptions) -> Result<BlockingClient> {
        BlockingClient::connect(self.address().to_string().parse()?, options, None)
    }

    /// Runs an operation beside the server.
    pub fn embedded<O: Operation>(&self, namespace: &str, operation: O) -> Result<O::Reply> {
        O::take_reply(self.engine.call(namespace, operation.into_request())?)
    }

    /// A new token; `namespaces` empty = for all.
    pub fn token(&self, namespaces: &[&str], rights: &str, lives_ms: Option<i64>) -> Token {
        let names = namespaces.iter().map(|name| (*name).into()).collect();
        let new = NewToken {
            name: "test".to_owned(),
            namespaces: if namespaces.is_empty() { Namespaces::All } else { Namespaces::These(names) },
            rights: rights.parse().unwrap(),
            expires_at: lives_ms.map(|span| TimestampMs(self.clock.now_ms() + span)),
        };
        create(self.dir.path(), &new, &*self.clock, &OsRng::open().unwrap()).unwrap()
    }

    /// Lets the server look at its tokens again at the next request.
    pub fn pass_token_poll(&self) {
        self.clock.advance_ms(u64::try_from(limits::TOKEN_POLL.as_millis()).unwrap());
    }

    /// Ends the test: nothing has panicked, and the server and the engine end in order.
    pub fn finish(mut self) {
        let stats = self.embedded("", ServerStatsRequest {}).unwrap();
        assert_eq!(stats.panics, 0, "something panicked");
        assert!(self.server.take().is_none_or(Server::shutdown), "the server answers what it accepted");
        self.engine.close().unwrap();
    }
}

/// Waits for a condition that comes about by itself.
#[track_caller]
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..6_000 {
        if condition() {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("never came about: {what}");
}
