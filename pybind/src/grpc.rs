//! A server behind gRPC: on this machine or another one.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pyo3::prelude::*;
use toondb_engine::api::{Request, Response, Result};
use toondb_grpc::{Address, BlockingClient, ClientOptions, ClientTls};

use crate::error::{invalid, to_python};
use crate::transport::{IDLE_INTERVAL_MS, Idle, Transport, closed_error, with_on_idle, with_on_idle_unless_closed};
use crate::{gate, time};

/// How a server is reached, as Python names it.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct GrpcArguments {
    /// `host:port`, `grpc://host:port`, `grpcs://host:port` or `unix:/path`.
    address: String,
    /// True = speak TLS, which certificates ask for by themselves.
    secure: bool,
    /// The bearer token of every call.
    token: Option<String>,
    /// Who signed the server's certificate; nothing = those that the system trusts.
    ca_cert: Option<PathBuf>,
    /// This client's own certificate.
    client_cert: Option<PathBuf>,
    /// The private key of that certificate.
    client_key: Option<PathBuf>,
    /// Seconds for the connection and for each call; nothing = the client's default.
    timeout: Option<f64>,
}

/// A connection to a server, for any number of threads; a forked child makes its own.
pub struct Grpc {
    client: BlockingClient,
    closed: AtomicBool,
}

impl Grpc {
    /// Connects, and sees to it that the server lets this client in. Ctrl-C ends the wait.
    pub fn connect(py: Python<'_>, arguments: GrpcArguments) -> PyResult<Self> {
        let (address, options) = reach(py, arguments)?;
        let client = gate::wait(py, |idle| {
            with_on_idle(idle, |on_idle| BlockingClient::connect(address, options, Some(on_idle)))
        })?;
        Ok(Self { client, closed: AtomicBool::new(false) })
    }
}

/// Where the server is, and how a client behaves.
pub fn reach(py: Python<'_>, arguments: GrpcArguments) -> PyResult<(Address, ClientOptions)> {
    let address: Address = arguments.address.parse().map_err(|error| to_python(py, &error))?;
    Ok((address, client_options(py, arguments)?))
}

fn client_options(py: Python<'_>, arguments: GrpcArguments) -> PyResult<ClientOptions> {
    let GrpcArguments { secure, token, ca_cert, client_cert, client_key, timeout, .. } = arguments;
    let identity = match (client_cert, client_key) {
        (Some(cert), Some(key)) => Some((cert, key)),
        (None, None) => None,
        _ => return Err(invalid(py, "client_cert and client_key belong together; give both or neither")),
    };
    let wants_tls = secure || ca_cert.is_some() || identity.is_some();
    let mut options = ClientOptions {
        name: concat!("toondb-python/", env!("CARGO_PKG_VERSION")).to_owned(),
        idle_interval: Duration::from_millis(IDLE_INTERVAL_MS),
        tls: wants_tls.then_some(ClientTls { ca: ca_cert, identity }),
        token,
        ..ClientOptions::default()
    };
    if let Some(wait) = time::timeout(py, timeout)? {
        options.timeout = Some(wait);
    }
    Ok(options)
}

impl Transport for Grpc {
    fn call(&self, namespace: &str, request: Request, idle: Idle<'_>) -> Option<Result<Response>> {
        if self.closed.load(Ordering::Acquire) {
            return Some(Err(closed_error()));
        }
        let code = request.code();
        with_on_idle_unless_closed(idle, &self.closed, code, |on_idle| {
            self.client.call_with(namespace, request, Some(on_idle))
        })
    }

    fn close(&self) -> Result<()> {
        self.closed.store(true, Ordering::Release);
        self.client.disconnect();
        Ok(())
    }
}
