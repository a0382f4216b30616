//! Bounds the memory of answers that nobody reads.
//!
//! HTTP/2 lets a peer ask for much and then read nothing: each answer lies in memory until its stream's window opens. So an
//! answer that is not small takes its bytes from the engine's budget, of which its connection has a [`Share`], and gives them
//! back when the last of them went into the socket. One that is foreseen to be large waits for that room before its request is
//! carried out ([`SetAside`]). Another one for which there is no room is dropped and answered
//! `RESOURCE_EXHAUSTED` instead, unless it tells of a change ([`Changed`]): that must be told, and its request was as large
//! and had room. A connection whose answers do not move is closed (`super::connection`).
//!
//! The HTTP/2 library takes the first piece of a body out as soon as there is one, also where nothing may be sent yet, so an
//! answer is counted from its beginning; a test holds it to that.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use parking_lot::Mutex;
use prost::bytes::Bytes;
use tonic::Status;
use tonic::body::Body;
use toondb_engine::api::Error;
use toondb_engine::{Permit, Share, limits};
use tower::{Layer, Service};

use crate::peer::Peer;
use crate::status::{complete, to_status};

/// In the extensions of an answer: it tells of something that has happened.
#[derive(Debug, Clone, Copy)]
pub struct Changed;

/// In the extensions of an answer: the room that was set aside for it.
#[derive(Debug, Clone)]
pub struct SetAside(Arc<Mutex<Option<Permit>>>);

impl SetAside {
    /// This room.
    pub fn of(room: Permit) -> Self {
        Self(Arc::new(Mutex::new(Some(room))))
    }
}

/// Puts [`Answers`] before a service.
#[derive(Debug, Clone, Copy)]
pub struct AnswersLayer;

impl<S> Layer<S> for AnswersLayer {
    type Service = Answers<S>;

    fn layer(&self, inner: S) -> Answers<S> {
        Answers { inner }
    }
}

/// A service whose answers are counted until they are read.
#[derive(Debug, Clone)]
pub struct Answers<S> {
    inner: S,
}

impl<S> Service<Request<Body>> for Answers<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Some(unread) = Peer::of(request.extensions()).map(|peer| Arc::clone(&peer.unread)) else {
            let status = Status::internal("the request came by no connection of this server");
            return Box::pin(std::future::ready(Ok(status.into_http())));
        };
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut answer = answer.await?;
            complete(answer.headers_mut());
            let must_be_told = answer.extensions().get::<Changed>().is_some();
            let room = answer.extensions().get::<SetAside>().and_then(|room| room.0.lock().take());
            Ok(answer.map(|inner| Body::new(AnswerBody { inner, unread, room, must_be_told, ended: false })))
        })
    }
}

struct AnswerBody {
    inner: Body,
    unread: Arc<Share>,
    room: Option<Permit>,
    must_be_told: bool,
    ended: bool,
}

/// Bytes that give their room back when the last reference to them is gone.
struct Held {
    bytes: Bytes,
    _room: Permit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AnswerBody {
    fn room(&mut self, bytes: usize) -> Option<Permit> {
        if let Some(mut room) = self.room.take()
            && room.try_settle(bytes)
        {
            return Some(room);
        }
        match self.must_be_told {
            true => Some(self.unread.force(bytes)),
            false => self.unread.take(bytes),
        }
    }

    fn refuse(&mut self) -> Option<Result<Frame<Bytes>, Status>> {
        (self.ended, self.inner) = (true, Body::empty());
        let mut trailers = HeaderMap::new();
        let status = to_status(&Error::no_room());
        Some(status.add_header(&mut trailers).map(|()| Frame::trailers(trailers)))
    }
}

impl http_body::Body for AnswerBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let frame = match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
            Some(Ok(frame)) => frame,
            other => return Poll::Ready(other),
        };
        Poll::Ready(match frame.into_data() {
            Ok(bytes) if bytes.len() > limits::ANSWER_SMALL_BYTES_MAX => match self.room(bytes.len()) {
                Some(room) => Some(Ok(Frame::data(Bytes::from_owner(Held { bytes, _room: room })))),
                None => self.refuse(),
            },
            Ok(bytes) => Some(Ok(Frame::data(bytes))),
            Err(mut frame) => {
                frame.trailers_mut().map(complete);
                Some(Ok(frame))
            }
        })
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
