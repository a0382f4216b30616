//! The ways to an engine, for event loops.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use tokio::runtime::{Builder, Handle};
use tokio::sync::OnceCell;
use tokio::task::AbortHandle;
use toondb_engine::Completion;
use toondb_engine::api::{Error, Request, Response, Result};
use toondb_grpc::{Address, Client};
use toondb_ipc::ClientOptions;

use super::mail::Mail;
use crate::embedded::Embedded;
use crate::grpc::{GrpcArguments, reach};
use crate::transport::Transport;

/// Where calls go.
#[derive(Clone)]
pub enum Door {
    /// A server's Unix socket.
    Socket { path: PathBuf, options: ClientOptions },
    /// The engine in this process.
    Embedded(Arc<Opening>),
    /// A server behind gRPC.
    Grpc(Arc<Remote>),
}

/// A data directory, opened by the first call.
pub struct Opening {
    path: PathBuf,
    opened: Mutex<Option<Arc<Embedded>>>,
}

/// A server behind gRPC, connected to by the first call.
pub struct Remote {
    address: Address,
    options: toondb_grpc::ClientOptions,
    connected: Mutex<Connected>,
}

/// A forked child has none of its parent's threads: what belongs to another process is not used.
struct Connected {
    pid: u32,
    client: Arc<OnceCell<Client>>,
}

impl Connected {
    fn new() -> Self {
        Self { pid: std::process::id(), client: Arc::new(OnceCell::new()) }
    }
}

impl Door {
    pub fn embedded(path: PathBuf) -> Self {
        Self::Embedded(Arc::new(Opening { path, opened: Mutex::new(None) }))
    }

    pub fn grpc(py: Python<'_>, arguments: GrpcArguments) -> PyResult<Self> {
        let (address, options) = reach(py, arguments)?;
        Ok(Self::Grpc(Arc::new(Remote { address, options, connected: Mutex::new(Connected::new()) })))
    }

    /// Gives back what the loops do not own.
    pub fn close(&self) -> Result<()> {
        match self {
            Self::Socket { .. } => Ok(()),
            Self::Embedded(opening) => {
                let opened = opening.opened.lock().unwrap_or_else(PoisonError::into_inner).take();
                opened.map_or(Ok(()), |embedded| embedded.close())
            }
            Self::Grpc(remote) => {
                *remote.connected.lock().unwrap_or_else(PoisonError::into_inner) = Connected::new();
                Ok(())
            }
        }
    }
}

impl Opening {
    /// The engine if it is open.
    pub fn opened(&self) -> Option<Arc<Embedded>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The engine, opened if need be: that may take seconds.
    pub fn open(&self) -> Result<Arc<Embedded>> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(embedded) = &*opened {
            return Ok(Arc::clone(embedded));
        }
        let embedded = Arc::new(Embedded::open(self.path.clone())?);
        *opened = Some(Arc::clone(&embedded));
        Ok(embedded)
    }
}

impl Remote {
    /// Carries a request out; its answer goes into the mailbox, whatever it is.
    pub fn submit(
        self: &Arc<Self>,
        mail: &Arc<Mail>,
        token: u64,
        namespace: String,
        request: Request,
    ) -> Result<AbortHandle> {
        let (remote, mail) = (Arc::clone(self), Arc::clone(mail));
        let task = runtime()?.spawn(async move {
            let result = remote.call(&namespace, request).await;
            mail.complete(token, result);
        });
        Ok(task.abort_handle())
    }

    async fn call(&self, namespace: &str, request: Request) -> Result<Response> {
        let cell = {
            let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
            if connected.pid != std::process::id() {
                *connected = Connected::new();
            }
            Arc::clone(&connected.client)
        };
        let client = cell.get_or_try_init(|| Client::connect(self.address.clone(), &self.options)).await?;
        client.call(namespace, request).await
    }
}

/// The runtime on whose one thread all connections of this process to gRPC servers live.
fn runtime() -> Result<Handle> {
    static RUNTIME: Mutex<Option<(u32, Handle)>> = Mutex::new(None);
    let mut known = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((pid, handle)) = &*known
        && *pid == std::process::id()
    {
        return Ok(handle.clone());
    }
    let failed = |error: std::io::Error| Error::internal(format!("the thread for gRPC could not be started: {error}"));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("toondb-grpc".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))
        .map_err(failed)?;
    *known = Some((std::process::id(), handle.clone()));
    Ok(handle)
}
