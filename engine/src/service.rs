//! What a frontend needs of the engine: hand over a request, be told the result.

use std::sync::Arc;

use crate::api::{Request, Response, Result};
use crate::reply::Reply;
use crate::work::Budget;

/// The engine as a frontend sees it.
pub trait Service: Send + Sync + 'static {
    /// Carries a request out. It never blocks on I/O: a short read is answered before it returns, everything else later
    /// from another thread. Every request is answered exactly once.
    fn submit(&self, namespace: &str, request: Request, reply: Reply);

    /// Carries a request out on this thread and waits for the result.
    fn call(&self, namespace: &str, request: Request) -> Result<Response>;

    /// The bytes of answers that nobody has read yet, over all doors together. A door takes room in it for each answer, and
    /// for one that may be large ([`Request::answer_hint`]) before it submits the request.
    fn answer_budget(&self) -> Arc<Budget>;
}
