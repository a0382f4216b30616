//! The server: a socket, some I/O threads, and a way to end without losing an answer.
//!
//! An end goes in this order: the path disappears and nobody is accepted any more; each connection answers the requests
//! that have arrived but not begun with `ShuttingDown`, and waits for the answers of those that have; when everything
//! is written, or the time for it is over, the connections close and the threads end. The lock on the path is let go
//! last, so the next server begins after this one has ended.
//!
//! A socket that somebody else has made and keeps is served as well, and its path left alone. Connections wait in it while nobody
//! serves it, so a server that nobody is connected to may end without refusing whoever connects at that moment
//! ([`Server::end_if_idle`]).

use std::io;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::sync::Notify;
use toondb_engine::peer::clients_trusted;
use toondb_engine::{DirectoryIdentity, Service, limits};

use crate::acceptor::Acceptor;
use crate::budget::Budget;
use crate::connection::ConnectionLimits;
use crate::io_thread::IoThread;
use crate::listener::{BindError, BoundSocket};
use crate::outbox::Outbox;
use crate::registry::Registry;
use crate::succession::Succession;

/// Most I/O threads; the engine's threads need the other cores.
const IO_THREADS_MAX: usize = 4;

/// How a server is to serve. [`ServerOptions::default`] holds the values of [`limits`].
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The users that may connect; by default this process's own.
    pub uids: Vec<u32>,
    /// Threads that read and write.
    pub io_threads: usize,
    /// Connections at one time.
    pub connections_max: usize,
    /// Unanswered requests of one connection before it is not read from any more.
    pub pipeline_max: usize,
    /// Bytes of answers that a connection may leave unread; it is not read from while half of it are.
    pub outbox_bytes_max: usize,
    /// Bytes of half-received frames over all connections.
    pub inflight_bytes_max: usize,
    /// Time for a connection's hello.
    pub hello_timeout: Duration,
    /// Time for the rest of a frame.
    pub frame_timeout: Duration,
    /// Time for a peer to take any byte of a waiting answer.
    pub write_stall_timeout: Duration,
    /// Time to answer accepted requests at the end.
    pub drain_timeout: Duration,
    /// Which data directory is served, for clients that have opened it.
    pub directory: Option<DirectoryIdentity>,
    /// True if clients may ask it to end in favour of a newer version: they would start that.
    pub gives_way: bool,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self {
            uids: clients_trusted(),
            io_threads: std::thread::available_parallelism().map_or(1, |cores| cores.get().min(IO_THREADS_MAX)),
            connections_max: limits::CONNECTIONS_MAX,
            pipeline_max: limits::PIPELINE_MAX,
            outbox_bytes_max: limits::OUTBOX_BYTES_MAX,
            inflight_bytes_max: limits::INFLIGHT_BYTES_MAX,
            hello_timeout: limits::HELLO_TIMEOUT,
            frame_timeout: limits::FRAME_TIMEOUT,
            write_stall_timeout: limits::WRITE_STALL_TIMEOUT,
            drain_timeout: limits::DRAIN_TIMEOUT,
            directory: None,
            gives_way: false,
        }
    }
}

/// Where a server listens, and its path, if it owns one.
struct Listening {
    listener: UnixListener,
    bound: Option<BoundSocket>,
}

/// A running server. Dropping it shuts it down.
#[derive(Debug)]
pub struct Server {
    registry: Arc<Registry>,
    budget: Arc<Budget>,
    answers: Arc<toondb_engine::Budget>,
    drain_timeout: Duration,
    acceptor: Arc<Acceptor>,
    stop_accepting: Arc<Notify>,
    accepting_ended: Arc<Registry>,
    threads: Vec<IoThread>,
    /// The listening socket once more, so that nobody who waits in it is refused before the server has decided to end.
    kept: Option<UnixListener>,
    /// Dropped last, so that the path's lock outlives the threads.
    bound: Option<BoundSocket>,
    ended: bool,
}

impl Server {
    /// Makes the socket at `path` and serves it from threads of its own until [`Server::shutdown`].
    pub fn bind(
        path: impl Into<PathBuf>,
        options: ServerOptions,
        service: Arc<dyn Service>,
    ) -> Result<Self, BindError> {
        let path = path.into();
        let mut bound = BoundSocket::bind(&path)?;
        let failed = |source| BindError::Io { action: "serve", path, source };
        match bound.take_listener() {
            Some(listener) => Self::start(Listening { listener, bound: Some(bound) }, options, service).map_err(failed),
            None => Err(failed(io::Error::other("the listening socket is gone"))),
        }
    }

    /// Serves a listening socket that somebody else has made, and keeps.
    pub fn adopt(listener: UnixListener, options: ServerOptions, service: Arc<dyn Service>) -> io::Result<Self> {
        // Whoever made it may have left it blocking, and then one connection that goes again would stop all others.
        listener.set_nonblocking(true)?;
        Self::start(Listening { listener, bound: None }, options, service)
    }

    fn start(listening: Listening, options: ServerOptions, service: Arc<dyn Service>) -> io::Result<Self> {
        let threads = (0..options.io_threads.max(1))
            .map(|index| IoThread::start(format!("toondb-io-{index}")))
            .collect::<io::Result<Vec<_>>>()?;
        let registry = Registry::new(options.connections_max);
        let budget = Budget::new(options.inflight_bytes_max);
        let answers = service.answer_budget();
        let Listening { listener, bound } = listening;
        let directory = options.directory.map(|identity| identity.to_string());
        let acceptor = Arc::new(Acceptor {
            service,
            succession: Arc::new(Succession::new(directory, options.gives_way, Arc::clone(&registry))),
            registry: Arc::clone(&registry),
            budget: Arc::clone(&budget),
            answers: Arc::clone(&answers),
            limits: ConnectionLimits {
                pipeline_max: options.pipeline_max.max(1),
                outbox_bytes_max: options.outbox_bytes_max.max(1),
                hello_timeout: options.hello_timeout,
                frame_timeout: options.frame_timeout,
                write_stall_timeout: options.write_stall_timeout,
            },
            uids: options.uids,
            threads: threads.iter().map(IoThread::handle).collect(),
        });
        let kept = Some(listener.try_clone()?);
        let (stop_accepting, accepting_ended) = (Arc::new(Notify::new()), Registry::new(1));
        let drain_timeout = options.drain_timeout;
        let server = Self {
            registry,
            budget,
            answers,
            drain_timeout,
            acceptor,
            stop_accepting,
            accepting_ended,
            threads,
            kept,
            bound,
            ended: false,
        };
        server.accept_from(listener);
        Ok(server)
    }

    fn accept_from(&self, listener: UnixListener) {
        let (acceptor, stopped) = (Arc::clone(&self.acceptor), Arc::clone(&self.stop_accepting));
        // The accepting task is an entry of a registry of its own, whose emptiness says that the listener is closed.
        let entry = self.accepting_ended.enter(&Arc::new(Outbox::new(toondb_engine::Budget::new(0).share(0))));
        if let Some(first) = self.threads.first() {
            first.spawn(async move {
                let _entry = entry;
                tokio::select! {
                    outcome = acceptor.run(listener) => {
                        if let Err(error) = outcome {
                            tracing::error!(%error, "no more connections can be accepted");
                        }
                    }
                    () = stopped.notified() => {}
                }
            });
        }
    }

    /// Ends the server if nobody is connected, and gives whether it has ended; otherwise it goes on. Whoever connects at that
    /// moment is served, or waits in the socket for the next server. With a socket of the server's own nobody waits for long: in the
    /// moment in which it disappears a connection may end before the welcome, so this is for servers whose clients start the next
    /// one. After an error the server is to be shut down.
    pub fn end_if_idle(&mut self) -> io::Result<bool> {
        let Some(kept) = self.kept.as_ref().filter(|_| self.connections() == 0) else { return Ok(false) };
        let again = kept.try_clone()?;
        self.stop_accepting.notify_one();
        if !self.accepting_ended.wait_until_empty(self.drain_timeout) {
            return Err(io::Error::other("accepting connections does not end"));
        }
        let is_wanted = self.bound.is_some() && is_waited_in(&again)?;
        if self.connections() == 0 && !is_wanted {
            self.end();
            return Ok(true);
        }
        self.accept_from(again);
        Ok(false)
    }

    /// Whether a client has asked it to give way to a newer version.
    pub fn succession(&self) -> Arc<Succession> {
        Arc::clone(&self.acceptor.succession)
    }

    /// Connections now.
    pub fn connections(&self) -> usize {
        self.registry.len()
    }

    /// Bytes of memory that half-received frames take now.
    pub fn inflight_bytes(&self) -> usize {
        self.budget.used()
    }

    /// Bytes of memory that answers take now which are not read yet or still to come, over all doors of the engine.
    pub fn unread_bytes(&self) -> usize {
        self.answers.used()
    }

    /// Ends the server and waits until it has ended; true if every accepted request was answered in time. Must not be
    /// called from one of the server's own threads.
    pub fn shutdown(mut self) -> bool {
        self.end()
    }

    fn end(&mut self) -> bool {
        if std::mem::replace(&mut self.ended, true) {
            return true;
        }
        if let Some(bound) = &self.bound {
            bound.unlink();
        }
        self.stop_accepting.notify_one();
        self.accepting_ended.wait_until_empty(self.drain_timeout);
        if self.bound.is_some() {
            // Whoever waits in it still learns that nobody comes.
            self.kept = None;
        }
        self.registry.drain();
        let complete = self.registry.wait_until_empty(self.drain_timeout);
        if !complete {
            tracing::warn!(connections = self.registry.len(), "the drain took too long; the rest is cut off");
        }
        self.threads.clear();
        self.bound = None;
        complete
    }
}

/// True if a connection waits to be accepted.
fn is_waited_in(listener: &UnixListener) -> io::Result<bool> {
    let mut asked = [PollFd::new(listener, PollFlags::IN)];
    loop {
        match poll(&mut asked, Some(&Timespec::default())) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}
