//! A server behind a Unix socket.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyo3::prelude::*;
use toondb_engine::api::{Request, Response, Result};
use toondb_ipc::{BlockingClient, CallOptions, ClientOptions};

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
