//! The seam under the Python API: one call, one response, whatever lies in between.
//!
//! [`crate::core::Core`] carries every operation out over this trait; the embedded engine and the clients of
//! servers differ only here. A transport is called without the interpreter lock. While it waits, it asks `idle` now and then
//! whether to go on, which is how Ctrl-C ends a wait.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};

use toondb_engine::api::{Error, ErrorCode, OpCode, Request, Response, Result};

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

/// Runs a client's call with `idle` in the form in which clients ask; `None` if `idle` ended the wait.
pub fn with_on_idle<T>(idle: Idle<'_>, call: impl FnOnce(&dyn Fn() -> Result<()>) -> Result<T>) -> Option<Result<T>> {
    let idle = RefCell::new(idle);
    let gave_up = Cell::new(false);
    let on_idle = || {
        if (idle.borrow_mut())() {
            return Ok(());
        }
        gave_up.set(true);
        Err(Error::new(ErrorCode::Timeout, "the wait was interrupted"))
    };
    let result = call(&on_idle);
    (!gave_up.get()).then_some(result)
}

/// As [`with_on_idle`], for the call of a client that may be closed meanwhile: that ends the wait as well. Whether the operation
/// was carried out by then is not known.
pub fn with_on_idle_unless_closed<T>(
    idle: Idle<'_>,
    closed: &AtomicBool,
    code: OpCode,
    call: impl FnOnce(&dyn Fn() -> Result<()>) -> Result<T>,
) -> Option<Result<T>> {
    let is_closed = || closed.load(Ordering::Acquire);
    let result = with_on_idle(idle, |on_idle| call(&|| if is_closed() { Err(closed_error()) } else { on_idle() }));
    let outcome = |error: Error| match error.code {
        ErrorCode::ShuttingDown if is_closed() => Error::answer_lost(code, error),
        _ => error,
    };
    result.map(|result| result.map_err(outcome))
}

/// What calls of a closed client fail with.
pub fn closed_error() -> Error {
    Error::new(ErrorCode::ShuttingDown, "this client is closed; connect another one")
}
