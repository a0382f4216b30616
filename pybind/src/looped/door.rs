//! The ways to an engine, for event loops.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{OnceCell, oneshot};
use tokio::task::AbortHandle;
use toondb_engine::Completion;
use toondb_engine::api::{Error, ErrorCode, Request, Response, Result};
use toondb_grpc::{Address, Client};
use toondb_ipc::ClientOptions;

use super::mail::Mail;
use crate::embedded::Embedded;
use crate::grpc::{GrpcArguments, reach};
use crate::transport::{Transport, closed_error};

/// Where calls go.
#[derive(Clone)]
pub enum Door {
    /// A server's Unix socket.
    Socket { path: PathBuf, options: ClientOptions },
    /// The server of a directory, which is started if nobody answers.
    Directory(Arc<toondb_ipc::Opened>),
    /// The engine in this process.
    Embedded(Arc<Opening>),
    /// A server behind gRPC.
    Grpc(Arc<Remote>),
}

/// A data directory, opened by the first call.
pub struct Opening {
    path: PathBuf,
    is_of_parent: bool,
    /// Held while it is opened, which may take seconds. Locked before `state`.
    turn: Mutex<()>,
    state: Mutex<Opened>,
}

/// How far an opening has come: its owner says when it is over.
enum Opened {
    Not,
    Open(Arc<Embedded>),
    Closed,
}

/// A server behind gRPC, connected to by the first call.
pub struct Remote {
    address: Address,
    options: toondb_grpc::ClientOptions,
    client: OnceCell<Client>,
    thread: OnceLock<Driver>,
    closed: OnceLock<()>,
}

/// The thread on which the connection lives. It ends with this.
struct Driver {
    handle: Handle,
    _end: oneshot::Sender<()>,
}

impl Door {
    pub fn embedded(path: PathBuf) -> Self {
        Self::Embedded(Arc::new(Opening::new(path, false)))
    }

    pub fn grpc(py: Python<'_>, arguments: GrpcArguments) -> PyResult<Self> {
        let (address, options) = reach(py, arguments)?;
        Ok(Self::Grpc(Arc::new(Remote::new(address, options))))
    }

    /// The way of a forked child, which has nothing of its parent's.
    pub fn of_child(&self) -> Self {
        match self {
            Self::Socket { path, options } => Self::Socket { path: path.clone(), options: options.clone() },
            Self::Directory(opened) => Self::Directory(Arc::clone(opened)),
            Self::Embedded(opening) => Self::Embedded(Arc::new(Opening::new(opening.path.clone(), true))),
            Self::Grpc(remote) => Self::Grpc(Arc::new(Remote::new(remote.address.clone(), remote.options.clone()))),
        }
    }

    /// Gives back what the loops do not own.
    pub fn close(&self) -> Result<()> {
        match self {
            Self::Socket { .. } | Self::Directory(_) => Ok(()),
            Self::Embedded(opening) => opening.close(),
            Self::Grpc(remote) => {
                let _ = remote.closed.set(());
                Ok(())
            }
        }
    }
}

impl Opening {
    fn new(path: PathBuf, is_of_parent: bool) -> Self {
        Self { path, is_of_parent, turn: Mutex::default(), state: Mutex::new(Opened::Not) }
    }

    fn lock(&self) -> MutexGuard<'_, Opened> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The engine if it is open.
    pub fn opened(&self) -> Option<Arc<Embedded>> {
        match &*self.lock() {
            Opened::Open(embedded) => Some(Arc::clone(embedded)),
            Opened::Not | Opened::Closed => None,
        }
    }

    /// The engine, opened if need be: that may take seconds.
    pub fn open(&self) -> Result<Arc<Embedded>> {
        if self.is_of_parent {
            let text = "this process is a fork of the one that opened the database; open one of its own";
            return Err(Error::new(ErrorCode::Forked, text));
        }
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        match &*self.lock() {
            Opened::Open(embedded) => return Ok(Arc::clone(embedded)),
            Opened::Closed => return Err(closed_error()),
            Opened::Not => {}
        }
        let embedded = Arc::new(Embedded::open(self.path.clone())?);
        let mut state = self.lock();
        if matches!(*state, Opened::Closed) {
            // Closed while it was being opened: whoever did so has been told that it is.
            drop(state);
            embedded.close()?;
            return Err(closed_error());
        }
        *state = Opened::Open(Arc::clone(&embedded));
        Ok(embedded)
    }

    fn close(&self) -> Result<()> {
        let before = std::mem::replace(&mut *self.lock(), Opened::Closed);
        // One that is being opened closes itself; then it has been.
        drop(self.turn.lock().unwrap_or_else(PoisonError::into_inner));
        match before {
            Opened::Open(embedded) => embedded.close(),
            Opened::Not | Opened::Closed => Ok(()),
        }
    }
}

impl Remote {
    fn new(address: Address, options: toondb_grpc::ClientOptions) -> Self {
        let (client, thread, closed) = (OnceCell::new(), OnceLock::new(), OnceLock::new());
        Self { address, options, client, thread, closed }
    }

    /// Carries a request out; its answer goes into the mailbox, whatever it is.
    pub fn submit(
        self: &Arc<Self>,
        mail: &Arc<Mail>,
        token: u64,
        namespace: String,
        request: Request,
    ) -> Result<AbortHandle> {
        let handle = self.handle()?;
        let (remote, mail) = (Arc::clone(self), Arc::clone(mail));
        let task = handle.spawn(async move {
            let result = remote.call(&namespace, request).await;
            mail.complete(token, result);
        });
        Ok(task.abort_handle())
    }

    async fn call(&self, namespace: &str, request: Request) -> Result<Response> {
        if self.closed.get().is_some() {
            return Err(closed_error());
        }
        let client = self.client.get_or_try_init(|| Client::connect(self.address.clone(), &self.options)).await?;
        client.call(namespace, request).await
    }

    fn handle(&self) -> Result<Handle> {
        if let Some(driver) = self.thread.get() {
            return Ok(driver.handle.clone());
        }
        let driver = Driver::start()
            .map_err(|error| Error::internal(format!("the thread for gRPC could not be started: {error}")))?;
        // Another loop's thread may have been quicker; its driver stays, and this one ends.
        Ok(self.thread.get_or_init(|| driver).handle.clone())
    }
}

impl Driver {
    fn start() -> std::io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (handle, (end, ended)) = (runtime.handle().clone(), oneshot::channel::<()>());
        std::thread::Builder::new().name("toondb-grpc".to_owned()).spawn(move || {
            // An error is the end of the sender, which is what is waited for.
            let _ = runtime.block_on(ended);
            runtime.shutdown_background();
        })?;
        Ok(Self { handle, _end: end })
    }
}
