//! A body that asks again, while it is on its way, whether its caller is still let in.
//!
//! The layer lets a request in once, at its headers. A stream can outlive a token, so each further piece of either body is
//! let through only if the token would still be accepted. A request body then ends with `UNAUTHENTICATED` as its error, and a
//! response body with the trailers of that status. The first piece of an answer passes without a question: it may tell of a
//! write that has happened, and the caller was allowed that. Trailers of the service pass for the same reason.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::HeaderMap;
use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;

use super::principal::Principal;
use super::tokens::Tokens;

/// Which way a body goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Request,
    Response,
}

/// A body of a caller that was let in.
#[derive(Debug)]
pub(super) struct GuardedBody {
    inner: Body,
    tokens: Arc<Tokens>,
    principal: Arc<Principal>,
    way: Way,
    begun: bool,
    ended: bool,
}

impl GuardedBody {
    /// What a caller sends.
    pub fn request(inner: Body, tokens: Arc<Tokens>, principal: Arc<Principal>) -> Body {
        Self::wrap(inner, tokens, principal, Way::Request)
    }

    /// What a caller is answered.
    pub fn response(inner: Body, tokens: Arc<Tokens>, principal: Arc<Principal>) -> Body {
        Self::wrap(inner, tokens, principal, Way::Response)
    }

    fn wrap(inner: Body, tokens: Arc<Tokens>, principal: Arc<Principal>, way: Way) -> Body {
        Body::new(Self { inner, tokens, principal, way, begun: false, ended: false })
    }

    fn end(&mut self, status: &Status) -> Option<Result<Frame<<Body as http_body::Body>::Data>, Status>> {
        self.ended = true;
        self.inner = Body::empty();
        if self.way == Way::Request {
            return Some(Err(status.clone()));
        }
        let mut trailers = HeaderMap::new();
        Some(status.add_header(&mut trailers).map(|()| Frame::trailers(trailers)))
    }
}

impl http_body::Body for GuardedBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(context));
        let is_data = matches!(&frame, Some(Ok(frame)) if frame.is_data());
        let first = !std::mem::replace(&mut self.begun, true);
        if is_data
            && !(first && self.way == Way::Response)
            && let Err(refusal) = self.tokens.recheck(&self.principal)
        {
            return Poll::Ready(self.end(&refusal.status()));
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
