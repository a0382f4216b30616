//! What a frontend needs of the engine: hand over a request, be told the result.

use std::sync::Arc;

use crate::api::{Once, Request, Response, Result};
use crate::reply::Reply;
use crate::work::Budget;

/// The engine as a frontend sees it.
pub trait Service: Send + Sync + 'static {
    /// Carries a request out. It never blocks on I/O: a short read is answered before it returns, everything else later
    /// from another thread. Every request is answered exactly once. A write that is asked for under a number is carried out once,
    /// however often it is asked for; for other operations a number means nothing.
    fn submit(&self, namespace: &str, request: Request, once: Option<Once>, reply: Reply);

    /// Carries a request out on this thread and waits for the result.
    fn call(&self, namespace: &str, request: Request) -> Result<Response>;

    /// About how many bytes the answer to a request may have; 0 for a small one, which is counted when it is there. It never
    /// blocks.
    fn answer_hint(&self, namespace: &str, request: &Request) -> usize;

    /// The bytes of answers that nobody has read yet, over all doors together. A door takes room in it for each answer, and
    /// for one that may be large ([`Self::answer_hint`]) before it submits the request.
    fn answer_budget(&self) -> Arc<Budget>;
}
