//! Bounds the memory of requests that are arriving or being answered, over all connections.
//!
//! Message limits bound one request and stream limits bound one connection; together they would still allow gigabytes. So
//! every request takes from one budget what has arrived of its body, up to the largest message, and gives it back when it
//! is answered. One for which too little is left is answered `RESOURCE_EXHAUSTED`, and nothing of it is carried out.
//!
//! A request that stands still while it arrives would keep its part of the budget for ever: its peer may well answer pings.
//! So one of which nothing comes for the stall timeout is answered `DEADLINE_EXCEEDED`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Request, Response};
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};
use tonic::Status;
use tonic::body::Body;
use toondb_engine::api::{Error, ErrorCode};
use toondb_engine::limits;
use tower::{Layer, Service};

use super::options::ServerOptions;
use crate::status::to_status;

/// How the messages of a request are compressed, where they are.
const ENCODING: &str = "grpc-encoding";
/// They are not, and the request says so.
const IDENTITY: &str = "identity";

/// Puts [`Meter`] before a service.
#[derive(Debug, Clone)]
pub struct MeterLayer {
    budget: Arc<Semaphore>,
    message_bytes_max: usize,
    stall_timeout: Duration,
}

impl MeterLayer {
    /// A budget of `inflight_bytes_max` for all requests, of which one takes at most `message_bytes_max`.
    pub fn new(options: &ServerOptions) -> Self {
        let inflight_bytes_max = options.inflight_bytes_max.min(Semaphore::MAX_PERMITS);
        Self {
            budget: Arc::new(Semaphore::new(inflight_bytes_max)),
            message_bytes_max: options.message_bytes_max,
            stall_timeout: options.stall_timeout,
        }
    }
}

impl<S> Layer<S> for MeterLayer {
    type Service = Meter<S>;

    fn layer(&self, inner: S) -> Meter<S> {
        Meter { inner, layer: self.clone() }
    }
}

/// A service whose requests' bodies are counted.
#[derive(Debug, Clone)]
pub struct Meter<S> {
    inner: S,
    layer: MeterLayer,
}

/// What one request holds of the budget: shared by its body and its answer, whichever lives longer.
#[derive(Debug)]
struct Lease {
    budget: Arc<Semaphore>,
    bytes_max: usize,
    held: Mutex<(usize, Option<OwnedSemaphorePermit>)>,
}

impl Lease {
    /// Takes `bytes` more, if they are there; beyond the bound of one request nothing more is taken.
    fn grow(&self, bytes: usize) -> bool {
        let mut held = self.held.lock();
        let bytes = bytes.min(self.bytes_max.saturating_sub(held.0));
        let Ok(count) = u32::try_from(bytes) else { return false };
        let Ok(more) = Arc::clone(&self.budget).try_acquire_many_owned(count) else { return false };
        held.0 += bytes;
        match &mut held.1 {
            Some(permit) => permit.merge(more),
            none => *none = Some(more),
        }
        true
    }
}

impl<S> Service<Request<Body>> for Meter<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let lease = Arc::new(Lease {
            budget: Arc::clone(&self.layer.budget),
            bytes_max: self.layer.message_bytes_max,
            held: Mutex::default(),
        });
        // Of what is compressed, only the bytes that come are seen here: they count as what they may become.
        let is_compressed = request.headers().get(ENCODING).is_some_and(|encoding| encoding != IDENTITY);
        let inflation = if is_compressed { limits::INFLATION_MAX } else { 1 };
        let stall = Stall { timeout: self.layer.stall_timeout, sleep: None, waits: false };
        let metered = Arc::clone(&lease);
        let answer =
            self.inner.call(request.map(|inner| Body::new(MeteredBody { inner, lease: metered, stall, inflation })));
        Box::pin(async move {
            let answer = answer.await;
            drop(lease);
            answer
        })
    }
}

/// How long nothing has come.
#[derive(Debug)]
struct Stall {
    timeout: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    waits: bool,
}

impl Stall {
    /// Asked whenever nothing is there; ready when that has been so for too long.
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let begins = !std::mem::replace(&mut self.waits, true);
        let timeout = self.timeout;
        match &mut self.sleep {
            Some(sleep) if begins => sleep.as_mut().reset(Instant::now() + timeout),
            Some(_) => {}
            None => self.sleep = Some(Box::pin(sleep(timeout))),
        }
        self.sleep.as_mut().map_or(Poll::Pending, |sleep| sleep.as_mut().poll(context))
    }
}

struct MeteredBody {
    inner: Body,
    lease: Arc<Lease>,
    stall: Stall,
    inflation: usize,
}

impl http_body::Body for MeteredBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) else {
            ready!(self.stall.poll(context));
            let text = format!("nothing of the request came for {:?}; it was given up", self.stall.timeout);
            return Poll::Ready(Some(Err(to_status(&Error::new(ErrorCode::Timeout, text)))));
        };
        self.stall.waits = false;
        let arrived = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, |data| data.len().saturating_mul(self.inflation)),
            Some(Err(_)) | None => 0,
        };
        if arrived > 0 && !self.lease.grow(arrived) {
            let text = "the server is receiving as much as it has room for; nothing was carried out, try again";
            return Poll::Ready(Some(Err(to_status(&Error::new(ErrorCode::Busy, text)))));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    #[test]
    fn leases_stay_within_the_budget_and_give_it_back() {
        let budget = Arc::new(Semaphore::new(100));
        let lease = || Lease { budget: Arc::clone(&budget), bytes_max: 60, held: Mutex::default() };
        let (first, second) = (lease(), lease());
        assert!(first.grow(50) && first.grow(50), "one request takes 60 at most");
        assert_eq!(budget.available_permits(), 40);
        assert!(second.grow(40) && !second.grow(1));
        drop(first);
        assert!(second.grow(20) && second.grow(1_000));
        drop(second);
        assert_eq!(budget.available_permits(), 100);
    }
}
