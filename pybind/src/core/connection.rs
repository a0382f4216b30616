//! The connection to an engine, and the class whose methods use it.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use toondb_engine::api::{ErrorCode, NamespaceName, Operation};

use crate::embedded::Embedded;
use crate::error::{invalid, to_python};
use crate::gate;
use crate::grpc::{Grpc, GrpcArguments};
use crate::socket::Socket;
use crate::transport::Transport;

/// A way to an engine, made by `open_embedded`, `connect_socket` or `connect_grpc`.
#[pyclass(frozen, module = "toondb._toondb")]
pub struct Connection {
    transport: Arc<dyn Transport>,
}

/// Opens a data directory in this process.
#[pyfunction]
pub fn open_embedded(py: Python<'_>, path: PathBuf) -> PyResult<Connection> {
    let embedded = py.detach(|| Embedded::open(path)).map_err(|error| to_python(py, &error))?;
    Ok(Connection { transport: Arc::new(embedded) })
}

/// Connects to a server's Unix socket. `timeout` is in seconds, for the connection and for each request.
#[pyfunction]
#[pyo3(signature = (path, timeout=None))]
pub fn connect_socket(py: Python<'_>, path: PathBuf, timeout: Option<f64>) -> PyResult<Connection> {
    Ok(Connection { transport: Arc::new(Socket::connect(py, path, timeout)?) })
}

/// Connects to a server by gRPC. `options` has an item for each argument of `ToonDBClient`.
#[pyfunction]
pub fn connect_grpc(py: Python<'_>, options: GrpcArguments) -> PyResult<Connection> {
    Ok(Connection { transport: Arc::new(Grpc::connect(py, options)?) })
}

/// The operations over one connection, for the Python classes to inherit.
#[pyclass(frozen, subclass, module = "toondb._toondb")]
pub struct Core {
    transport: Arc<dyn Transport>,
}

impl Core {
    /// Carries an operation on a namespace out; see [`gate::call`]. To the engine an empty name is that of the default
    /// namespace; to a caller in Python it is an id that came out empty, which would mix tenants.
    pub fn call<O: Operation>(&self, py: Python<'_>, namespace: &str, operation: O) -> PyResult<O::Reply> {
        if namespace.is_empty() {
            return Err(invalid(py, "the name of a namespace is empty; the common one is 'default'"));
        }
        gate::call(py, self.transport.as_ref(), namespace, operation)
    }

    /// Carries out an operation that is on no namespace.
    pub fn call_engine<O: Operation>(&self, py: Python<'_>, operation: O) -> PyResult<O::Reply> {
        let namespace = NamespaceName::DEFAULT;
        gate::call(py, self.transport.as_ref(), namespace, operation)
    }
}

#[pymethods]
impl Core {
    #[new]
    fn new(connection: &Connection) -> Self {
        Self { transport: connection.transport.clone() }
    }

    /// End the use of the engine. Closing again does nothing; other methods raise ShuttingDownError from then on.
    ///
    /// Everything acknowledged is durable without it: closing gives the data directory or the connection free. In a
    /// forked child it does nothing: what the parent opened is the parent's to close.
    #[pyo3(text_signature = "($self)")]
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        match py.detach(|| self.transport.close()) {
            Err(error) if error.code == ErrorCode::Forked => Ok(()),
            closed => closed.map_err(|error| to_python(py, &error)),
        }
    }
}
