//! Where results go.
//!
//! A request's reply travels outside the request, so that requests stay plain data. One sink serves a whole connection;
//! the token says which of its requests is answered. That costs no allocation and no channel for each request, and lets
//! the sink collect the answers of a group commit before it wakes anyone.

use std::sync::Arc;

use crate::api::{Response, Result};

/// Takes results, from any thread, in any order, each token once. It must not block and must not panic.
pub trait Completion: Send + Sync {
    /// The request with this token has its result.
    fn complete(&self, token: u64, result: Result<Response>);

    /// False once nobody waits for the result of the request with this token any more: its connection has gone, or the time
    /// that its caller allowed is over. It is then not begun, or given up if it changes nothing, and its result is an error.
    /// Asked often, from any thread; it must not block.
    fn is_wanted(&self, token: u64) -> bool;

    /// No further result of the current group will follow soon: wake whoever waits. Called after one or more
    /// [`Completion::complete`] calls, by the same thread.
    fn flush(&self) {}
}

/// Where one request's result goes.
#[derive(Clone)]
pub struct Reply {
    sink: Arc<dyn Completion>,
    token: u64,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reply").field("token", &self.token).finish_non_exhaustive()
    }
}

impl Reply {
    /// A reply to `sink` under `token`.
    pub fn new(sink: Arc<dyn Completion>, token: u64) -> Self {
        Self { sink, token }
    }

    /// Gives the result. The sink is to be flushed later; [`Reply::send`] does both.
    pub fn complete(&self, result: Result<Response>) {
        self.sink.complete(self.token, result);
    }

    /// Wakes whoever waits on the sink.
    pub fn flush(&self) {
        self.sink.flush();
    }

    /// Gives the result and wakes whoever waits.
    pub fn send(&self, result: Result<Response>) {
        self.complete(result);
        self.flush();
    }

    /// False once nobody waits for the result any more.
    pub fn is_wanted(&self) -> bool {
        self.sink.is_wanted(self.token)
    }

    /// True if both go to the same sink, so that one flush serves both.
    pub fn same_sink(&self, other: &Reply) -> bool {
        Arc::ptr_eq(&self.sink, &other.sink)
    }
}
