//! Honours the deadline of a call, `grpc-timeout`, over its whole length: until the answer begins, and while it streams.
//!
//! The library drops a call whose time is over, but says `CANCELLED` and looks no further than the head of an answer. This
//! layer answers `DEADLINE_EXCEEDED` with ToonDB's own code, and ends a stream with that status. It lies inside the library's
//! own timer, whose deadline is never before this one, and looks at the clock whenever it is asked.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};
use tonic::Status;
use tonic::body::Body;
use toondb_engine::api::{Error, ErrorCode};
use tower::{Layer, Service};

use crate::status::to_status;

const HEADER: &str = "grpc-timeout";

/// Puts [`Deadlines`] before a service.
#[derive(Debug, Clone, Copy)]
pub struct DeadlineLayer;

impl<S> Layer<S> for DeadlineLayer {
    type Service = Deadlines<S>;

    fn layer(&self, inner: S) -> Deadlines<S> {
        Deadlines(inner)
    }
}

/// A service whose calls end at their deadline.
#[derive(Debug, Clone)]
pub struct Deadlines<S>(S);

impl<S> Service<Request<Body>> for Deadlines<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Unpin,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Bounded<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let deadline = allowed(request.headers()).and_then(Deadline::after);
        Bounded { inner: self.0.call(request), deadline }
    }
}

/// Until when, and what wakes the task then.
#[derive(Debug)]
struct Deadline {
    at: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// None if it lies beyond all times: then there is none.
    fn after(span: Duration) -> Option<Self> {
        Some(Self { at: Instant::now().checked_add(span)?, sleep: None })
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.is_over() {
            return Poll::Ready(());
        }
        self.sleep.get_or_insert_with(|| Box::pin(sleep_until(self.at))).as_mut().poll(context)
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.at
    }
}

/// A call on its way.
#[derive(Debug)]
pub struct Bounded<F> {
    inner: F,
    deadline: Option<Deadline>,
}

impl<F, E> Future for Bounded<F>
where
    F: Future<Output = Result<Response<Body>, E>> + Unpin,
{
    type Output = Result<Response<Body>, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Poll::Ready(answer) = Pin::new(&mut this.inner).poll(context) {
            return Poll::Ready(match this.deadline.take() {
                Some(deadline) => answer.map(|answer| answer.map(|inner| BoundedBody::wrap(inner, deadline))),
                None => answer,
            });
        }
        match &mut this.deadline {
            Some(deadline) => deadline.poll(context).map(|()| Ok(over().into_http())),
            None => Poll::Pending,
        }
    }
}

#[derive(Debug)]
struct BoundedBody {
    inner: Body,
    deadline: Deadline,
    ended: bool,
}

impl BoundedBody {
    fn wrap(inner: Body, deadline: Deadline) -> Body {
        Body::new(Self { inner, deadline, ended: false })
    }

    fn end(&mut self) -> Poll<Option<Result<Frame<<Body as http_body::Body>::Data>, Status>>> {
        self.ended = true;
        self.inner = Body::empty();
        let mut trailers = HeaderMap::new();
        Poll::Ready(Some(over().add_header(&mut trailers).map(|()| Frame::trailers(trailers))))
    }
}

impl http_body::Body for BoundedBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match Pin::new(&mut self.inner).poll_frame(context) {
            // What ends the stream anyway tells more than that it is late.
            Poll::Ready(Some(Ok(frame))) if frame.is_data() && self.deadline.is_over() => self.end(),
            Poll::Ready(frame) => Poll::Ready(frame),
            Poll::Pending => match self.deadline.poll(context) {
                Poll::Ready(()) => self.end(),
                Poll::Pending => Poll::Pending,
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

fn over() -> Status {
    // What that means for whoever asked depends on the operation, and its client says it (`Error::answer_lost`).
    to_status(&Error::new(ErrorCode::Timeout, "the time that the caller gave this call is over"))
}

/// Up to eight digits and a unit (gRPC over HTTP/2, "Timeout"). Anything else is no deadline.
fn allowed(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(number * 3_600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    #[test]
    fn every_unit_is_read_and_nothing_else() {
        let read = |text: &str| allowed(&HeaderMap::from_iter([(HEADER.parse().unwrap(), text.parse().unwrap())]));
        let cases = [("2H", 7_200_000_000_000), ("2M", 120_000_000_000), ("2S", 2_000_000_000), ("2m", 2_000_000)];
        for (text, nanos) in cases.into_iter().chain([("2u", 2_000), ("2n", 2), ("0n", 0), ("99999999n", 99_999_999)]) {
            assert_eq!(read(text), Some(Duration::from_nanos(nanos)), "{text}");
        }
        assert!(read("99999999H").is_some());
        for wrong in ["", "5", "S", "-1S", "+1S", "1.5S", "1s", "100000000S", "1 S", "1Sx"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
        assert_eq!(allowed(&HeaderMap::new()), None);
    }
}
