//! The seam under the Python API: one call, one response, whatever lies in between.
//!
//! The methods of [`crate::core::Core`] are written once over this trait; the embedded engine and the socket client
//! differ only here. A transport is called without the interpreter lock. While it waits, it asks `idle` now and then
//! whether to go on, which is how Ctrl-C ends a wait.

use toondb_engine::api::{Request, Response, Result};

/// How often a waiting call looks for signals.
pub const IDLE_INTERVAL_MS: u64 = 50;

/// Asked while a call waits; false = the caller gives up waiting. The request itself may still be carried out.
pub type Idle<'a> = &'a mut (dyn FnMut() -> bool + Send);

/// Carries requests to an engine.
pub trait Transport: Send + Sync {
    /// Carries a request out and waits for its result; `None` if `idle` ended the wait.
    fn call(&self, namespace: &str, request: Request, idle: Idle<'_>) -> Option<Result<Response>>;

    /// Ends the use of the engine. Closing again is no error; later calls fail.
    fn close(&self) -> Result<()>;
}
