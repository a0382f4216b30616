//! A door: a way to hand a request to an engine and get the answer back. All doors must give the same answers.

use toondb_engine::api::{Operation, Request, Response, Result};
use toondb_engine::{Engine, Service};
use toondb_ipc::BlockingClient;

/// A way to reach an engine.
pub trait Door: Send + Sync {
    /// Carries one request out.
    ///
    /// # Errors
    /// As the operation says.
    fn call(&self, namespace: &str, request: Request) -> Result<Response>;
}

impl Door for Engine {
    fn call(&self, namespace: &str, request: Request) -> Result<Response> {
        Service::call(self, namespace, request)
    }
}

impl Door for BlockingClient {
    fn call(&self, namespace: &str, request: Request) -> Result<Response> {
        BlockingClient::call(self, namespace, &request)
    }
}

impl Door for toondb_grpc::BlockingClient {
    fn call(&self, namespace: &str, request: Request) -> Result<Response> {
        toondb_grpc::BlockingClient::call(self, namespace, request)
    }
}

/// Carries one typed request out.
///
/// # Errors
/// As the operation says.
pub fn run<O: Operation>(door: &dyn Door, namespace: &str, operation: O) -> Result<O::Reply> {
    O::take_reply(door.call(namespace, operation.into_request())?)
}
