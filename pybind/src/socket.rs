//! A server behind a Unix socket.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyo3::prelude::*;
use toondb_engine::api::{Request, Response, Result};
use toondb_ipc::{BlockingClient, CallOptions, ClientOptions, OpenOptions, ServerCommand};

use crate::error::invalid;
use crate::transport::{IDLE_INTERVAL_MS, Idle, Transport, closed_error, with_on_idle, with_on_idle_unless_closed};
use crate::{gate, time};

/// Connections to a server; the client below keeps as many as threads call at once, and anew in a forked child.
pub struct Socket {
    client: BlockingClient,
    closed: AtomicBool,
}

/// How a client behaves. `timeout` is in seconds; nothing = the client's default.
pub fn socket_options(py: Python<'_>, timeout: Option<f64>) -> PyResult<ClientOptions> {
    let mut options = ClientOptions {
        name: concat!("toondb-python ", env!("CARGO_PKG_VERSION")).to_owned(),
        idle_interval: Duration::from_millis(IDLE_INTERVAL_MS),
        ..ClientOptions::default()
    };
    if let Some(wait) = time::timeout(py, timeout)? {
        options.timeout = Some(wait);
    }
    Ok(options)
}

impl Socket {
    /// Connects. Ctrl-C ends the wait.
    pub fn connect(py: Python<'_>, path: PathBuf, timeout: Option<f64>) -> PyResult<Self> {
        let options = socket_options(py, timeout)?;
        let client = gate::wait(py, |idle| {
            with_on_idle(idle, |on_idle| {
                let call = CallOptions { on_idle: Some(on_idle), ..CallOptions::default() };
                BlockingClient::connect_with(path, options, &call)
            })
        })?;
        Ok(Self { client, closed: AtomicBool::new(false) })
    }
}

/// What `toondb.open` says of how a directory is opened.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct OpenArguments {
    path: PathBuf,
    /// The words that start this package's command.
    program: Vec<OsString>,
    /// In seconds, for opening and for each call; nothing = the client's default.
    timeout: Option<f64>,
    /// In seconds; nothing = the default.
    idle_exit: Option<f64>,
}

impl OpenArguments {
    /// As Rust has them.
    pub fn options(self, py: Python<'_>) -> PyResult<(PathBuf, OpenOptions)> {
        let Self { path, program, timeout, idle_exit } = self;
        let mut words = program.into_iter();
        let program = words.next().ok_or_else(|| {
            invalid(py, "sys.executable is empty, so it is not known which interpreter would serve the directory")
        })?;
        let server = ServerCommand { first_arguments: words.collect(), ..ServerCommand::new(program) };
        let mut options = OpenOptions { client: socket_options(py, timeout)?, ..OpenOptions::new(server) };
        if let Some(idle_exit) = time::timeout(py, idle_exit)? {
            options.idle_exit = idle_exit;
        }
        Ok((path, options))
    }
}

impl Socket {
    /// Opens a directory: connects to its server, which is started if nobody answers. Ctrl-C ends the wait.
    pub fn open(py: Python<'_>, arguments: OpenArguments) -> PyResult<Self> {
        let (path, options) = arguments.options(py)?;
        let client = gate::wait(py, |idle| {
            with_on_idle(idle, |on_idle| {
                let call = CallOptions { on_idle: Some(on_idle), ..CallOptions::default() };
                BlockingClient::open_with(path, options, &call)
            })
        })?;
        Ok(Self { client, closed: AtomicBool::new(false) })
    }
}

impl Transport for Socket {
    fn call(&self, namespace: &str, request: Request, idle: Idle<'_>) -> Option<Result<Response>> {
        if self.closed.load(Ordering::Acquire) {
            return Some(Err(closed_error()));
        }
        with_on_idle_unless_closed(idle, &self.closed, request.code(), |on_idle| {
            let options = CallOptions { on_idle: Some(on_idle), ..CallOptions::default() };
            self.client.call_with(namespace, &request, &options)
        })
    }

    fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Release);
        self.client.disconnect();
        Ok(())
    }
}
