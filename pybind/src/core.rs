//! The class under every kind of client: carries operations out, at once or for an event loop.

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use toondb_engine::api::{
    ByteBuf, Commit, CommitSeq, Durability, ErrorCode, Get, NamespaceName, OpCode, Operation, Put, Request, Response,
    Scope,
};
use toondb_ipc::{Opened, project};

use crate::answer;
use crate::arguments::{self, bytes_of};
use crate::batch::WriteBatch;
use crate::embedded::Embedded;
use crate::error::{invalid, to_python, wrong_type};
use crate::gate;
use crate::grpc::{Grpc, GrpcArguments};
use crate::looped::{Door, Looped};
use crate::record::Object;
use crate::socket::{OpenArguments, Socket, socket_options};
use crate::transport::Transport;

/// How calls reach the engine.
#[derive(Clone)]
enum Link {
    /// The caller's thread waits.
    Blocking(Arc<dyn Transport>),
    /// The caller gets a future of its event loop.
    Looped(Arc<Looped>),
}

/// A way to an engine.
#[pyclass(frozen, module = "toondb._toondb")]
pub struct Connection {
    link: Link,
}

impl Connection {
    fn blocking(transport: impl Transport + 'static) -> Self {
        Self { link: Link::Blocking(Arc::new(transport)) }
    }

    fn looped(py: Python<'_>, door: Door, concurrency: usize) -> PyResult<Self> {
        if concurrency == 0 {
            return Err(invalid(py, "concurrency is 0; give at least 1"));
        }
        Ok(Self { link: Link::Looped(Arc::new(Looped::new(door, concurrency))) })
    }
}

/// Opens a data directory in this process, or joins those of this process that have it open.
#[pyfunction]
pub fn open_embedded(py: Python<'_>, path: PathBuf) -> PyResult<Connection> {
    let embedded = py.detach(|| Embedded::open(path)).map_err(|error| to_python(py, &error))?;
    Ok(Connection::blocking(embedded))
}

/// Connects to a server's Unix socket. `timeout` is in seconds, for the connection and for each request.
#[pyfunction]
#[pyo3(signature = (path, timeout=None))]
pub fn connect_socket(py: Python<'_>, path: PathBuf, timeout: Option<f64>) -> PyResult<Connection> {
    Ok(Connection::blocking(Socket::connect(py, path, timeout)?))
}

/// Opens a directory through its server, which is started if nobody answers. `options` has an item for each argument of `toondb.open`,
/// and `program`: the words that start this package's command.
#[pyfunction]
pub fn open_directory(py: Python<'_>, options: OpenArguments) -> PyResult<Connection> {
    Ok(Connection::blocking(Socket::open(py, options)?))
}

/// The directory of the project's memory, or of the user's own.
#[pyfunction]
pub fn find_directory(py: Python<'_>) -> PyResult<PathBuf> {
    let found = py.detach(|| project::find(&project::Surroundings::of_this_process()?)?.data_dir());
    found.map_err(|error| to_python(py, &error))
}

/// Connects to a server by gRPC. `options` has an item for each argument of `ToonDBClient`.
#[pyfunction]
pub fn connect_grpc(py: Python<'_>, options: GrpcArguments) -> PyResult<Connection> {
    Ok(Connection::blocking(Grpc::connect(py, options)?))
}

/// As `open_embedded`, for event loops; the first call opens it.
#[pyfunction]
pub fn looped_embedded(py: Python<'_>, path: PathBuf, concurrency: usize) -> PyResult<Connection> {
    Connection::looped(py, Door::embedded(path), concurrency)
}

/// As `connect_socket`, for event loops; the first call connects.
#[pyfunction]
#[pyo3(signature = (path, timeout, concurrency))]
pub fn looped_socket(py: Python<'_>, path: PathBuf, timeout: Option<f64>, concurrency: usize) -> PyResult<Connection> {
    Connection::looped(py, Door::Socket { path, options: socket_options(py, timeout)? }, concurrency)
}

/// As `open_directory`, for event loops; the directory is looked at now, and the first call connects.
#[pyfunction]
pub fn looped_directory(py: Python<'_>, options: OpenArguments, concurrency: usize) -> PyResult<Connection> {
    let (path, options) = options.options(py)?;
    let opened = Opened::new(&path, options).map_err(|error| to_python(py, &error))?;
    Connection::looped(py, Door::Directory(Arc::new(opened)), concurrency)
}

/// As `connect_grpc`, for event loops; the first call connects.
#[pyfunction]
pub fn looped_grpc(py: Python<'_>, options: GrpcArguments, concurrency: usize) -> PyResult<Connection> {
    Connection::looped(py, Door::grpc(py, options)?, concurrency)
}

/// The operations over one connection, for the Python classes to inherit.
#[pyclass(frozen, subclass, module = "toondb._toondb")]
pub struct Core {
    link: Link,
}

/// True of an operation that takes a `snapshot` to read at.
#[pyfunction]
pub fn reads_at_snapshot(operation: &str) -> bool {
    OpCode::ALL.iter().any(|code| code.name() == operation && code.reads_at_snapshot())
}

/// To the engine an empty name is that of the default namespace; to a caller in Python it is an id that came out empty, which
/// would mix tenants.
fn check_namespace(py: Python<'_>, namespace: &str) -> PyResult<()> {
    if namespace.is_empty() {
        return Err(invalid(py, "the name of a namespace is empty; the common one is 'default'"));
    }
    Ok(())
}

impl Core {
    /// Carries a request out and gives what `convert` makes of its answer, or a future of that.
    fn run<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        request: Request,
        convert: impl FnOnce(Python<'_>, &Response) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> PyResult<Object<'py>> {
        match &self.link {
            Link::Blocking(transport) => {
                let response = gate::call(py, transport.as_ref(), namespace, request)?;
                convert(py, &response).map(|object| object.into_bound(py))
            }
            Link::Looped(looped) => looped.begin(py, namespace, request, Box::new(convert)),
        }
    }
}

fn as_it_is(py: Python<'_>, response: &Response) -> PyResult<Py<PyAny>> {
    answer::to_object(py, response).map(Bound::unbind)
}

#[pymethods]
impl Core {
    #[new]
    fn new(connection: &Connection) -> Self {
        Self { link: connection.link.clone() }
    }

    /// Carries an operation of the table out. A namespace of None is for operations on none. `then`, if given, is called with
    /// the answer and gives the result. For an event loop the result is a future.
    #[pyo3(signature = (operation, namespace, arguments, then=None))]
    fn _call<'py>(
        &self,
        py: Python<'py>,
        operation: &str,
        namespace: Option<&str>,
        arguments: &Bound<'py, PyDict>,
        then: Option<Py<PyAny>>,
    ) -> PyResult<Object<'py>> {
        if let Some(namespace) = namespace {
            check_namespace(py, namespace)?;
        }
        let request = arguments::request(py, operation, arguments)?;
        if namespace.is_none() && request.code().scope() == Scope::Namespace {
            return Err(wrong_type(py, "namespace is a str, not None; the common one is 'default'"));
        }
        let namespace = namespace.unwrap_or(NamespaceName::DEFAULT);
        match then {
            None => self.run(py, namespace, request, as_it_is),
            Some(then) => self
                .run(py, namespace, request, move |py, response| then.call1(py, (answer::to_object(py, response)?,))),
        }
    }

    /// `Get`, by the shortest way.
    fn _get<'py>(&self, py: Python<'py>, key: &Bound<'py, PyAny>, namespace: &str) -> PyResult<Object<'py>> {
        check_namespace(py, namespace)?;
        let key = bytes_of(key).map_err(|failure| failure.within(|| "key".to_owned()).into_error(py))?;
        self.run(py, namespace, Get { key: ByteBuf::from(key), snapshot: None }.into_request(), as_it_is)
    }

    /// `Put`, by the shortest way; True.
    #[pyo3(signature = (key, value, namespace, ttl_ms, durability))]
    fn _put<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
        value: &Bound<'py, PyAny>,
        namespace: &str,
        ttl_ms: Option<u64>,
        durability: &str,
    ) -> PyResult<Object<'py>> {
        check_namespace(py, namespace)?;
        let refused =
            |name: &'static str| move |failure: arguments::Failure| failure.within(|| name.to_owned()).into_error(py);
        let key = ByteBuf::from(bytes_of(key).map_err(refused("key"))?);
        let value = ByteBuf::from(bytes_of(value).map_err(refused("value"))?);
        let put = Put { key, value, ttl_ms, durability: durability_from(py, durability)? };
        self.run(py, namespace, put.into_request(), |py, _| Ok(true.into_pyobject(py)?.to_owned().into_any().unbind()))
    }

    /// The connection, for another class over it.
    fn _connection(&self) -> Connection {
        Connection { link: self.link.clone() }
    }

    #[pyo3(signature = (namespace, batch, snapshot, durability))]
    fn _commit<'py>(
        &self,
        py: Python<'py>,
        namespace: &str,
        batch: &Bound<'py, WriteBatch>,
        snapshot: Option<u64>,
        durability: &str,
    ) -> PyResult<Object<'py>> {
        check_namespace(py, namespace)?;
        let (preconditions, writes) = batch.get().contents();
        let (snapshot, durability) = (snapshot.map(CommitSeq), durability_from(py, durability)?);
        self.run(py, namespace, Commit { preconditions, writes, snapshot, durability }.into_request(), as_it_is)
    }

    /// End the use of the engine. Closing again does nothing; other methods raise ShuttingDownError from then on.
    ///
    /// Everything acknowledged is durable without it: closing gives the data directory or the connection free. In a
    /// forked child it does nothing: what the parent opened is the parent's to close.
    #[pyo3(text_signature = "($self)")]
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let closed = match &self.link {
            Link::Blocking(transport) => py.detach(|| transport.close()),
            Link::Looped(looped) => looped.close(py),
        };
        match closed {
            Err(error) if error.code == ErrorCode::Forked => Ok(()),
            closed => closed.map_err(|error| to_python(py, &error)),
        }
    }
}

fn durability_from(py: Python<'_>, name: &str) -> PyResult<Durability> {
    match name {
        "durable" => Ok(Durability::Durable),
        "volatile" => Ok(Durability::Volatile),
        other => Err(invalid(py, format!("durability {other:?} is unknown; choose one of durable volatile"))),
    }
}
