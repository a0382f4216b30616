//! Every operation as a method of the client.

use toondb_engine::api::{Request, Response, Result};
use toondb_engine::with_operations;

use super::asynchronous::Client;
use super::message::Prepared;

macro_rules! by_method {
    ($namespace:ident $request:ident: $($kind:ident $name:ident)+) => {
        match $request {
            $(Request::$name(operation) => Prepared::new($namespace, operation, Response::$name),)+
        }
    };
}

impl Client {
    /// Carries a request out.
    ///
    /// # Errors
    /// As the operation says; `ConnectionFailed` if no server was reached, `OutcomeUnknown` if the connection broke
    /// after a write was sent, `Timeout` if the time for it is over.
    pub async fn call(&self, namespace: &str, request: Request) -> Result<Response> {
        // What the engine would refuse need not travel, and what the contract takes for "unset" is refused as elsewhere.
        request.validate()?;
        let prepared = with_operations!(by_method namespace request);
        self.exchange(prepared).await
    }
}
