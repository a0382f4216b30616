//! The one place where callers are let in: a tower layer before the router, and so before every service.
//!
//! It knows one path, that of the health service: whoever balances load or restarts servers has no token, and learns there
//! whether the server serves and nothing else. Whatever else is asked for, reflection and names that do not exist included,
//! the token is looked at first; a service that is added later cannot be reached around it. On success the request carries an `Arc<Principal>` in its
//! extensions and its `authorization` header is taken off, so that nothing behind the layer can log or forward it. On failure
//! the answer is `UNAUTHENTICATED` with `www-authenticate: Bearer`, and nothing of the body was read.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, Response};
use tonic::body::Body;
use toondb_engine::clock::Clock;
use tower::{Layer, Service};

use super::body::GuardedBody;
use super::principal::Principal;
use super::refusal::Refusal;
use super::refusal_log::RefusalLog;
use super::tokens::Tokens;
use crate::peer::Peer;

/// The paths of the health service's methods.
const HEALTH: &str = "/grpc.health.v1.Health/";

/// Puts [`Auth`] before a service. For `tonic::transport::Server::layer`.
#[derive(Debug, Clone)]
pub struct AuthLayer {
    tokens: Arc<Tokens>,
    refused: Arc<RefusalLog>,
}

impl AuthLayer {
    /// A layer that asks `tokens`.
    #[must_use]
    pub fn new(tokens: Arc<Tokens>, clock: Arc<dyn Clock>) -> Self {
        Self { tokens, refused: Arc::new(RefusalLog::new(clock)) }
    }

    /// Callers that were not let in.
    #[must_use]
    pub fn refused(&self) -> &RefusalLog {
        &self.refused
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth { inner, layer: self.clone() }
    }
}

/// A service that only callers with a valid token reach.
#[derive(Debug, Clone)]
pub struct Auth<S> {
    inner: S,
    layer: AuthLayer,
}

impl<S> Auth<S> {
    fn enter(&self, headers: &mut HeaderMap) -> Result<Arc<Principal>, Refusal> {
        let mut all = headers.get_all(AUTHORIZATION).iter();
        let first = all.next();
        if all.next().is_some() {
            return Err(Refusal::Repeated);
        }
        let principal = self.layer.tokens.authenticate(first.map(HeaderValue::as_bytes))?;
        headers.remove(AUTHORIZATION);
        Ok(principal)
    }

    fn refuse(&self, refusal: Refusal, request: &Request<Body>) -> Response<Body> {
        let address = Peer::of(request.extensions()).and_then(|peer| peer.address);
        self.layer.refused.add(refusal, address, request.uri().path());
        let mut response = refusal.status().into_http();
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        response
    }
}

impl<S> Service<Request<Body>> for Auth<S>
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

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if request.uri().path().starts_with(HEALTH) {
            // Without a principal: should a method there ever ask for the engine, it gets nothing.
            request.headers_mut().remove(AUTHORIZATION);
            return Box::pin(self.inner.call(request));
        }
        let principal = match self.enter(request.headers_mut()) {
            Ok(principal) => principal,
            Err(refusal) => {
                let response = self.refuse(refusal, &request);
                return Box::pin(std::future::ready(Ok(response)));
            }
        };
        request.extensions_mut().insert(Arc::clone(&principal));
        let tokens = Arc::clone(&self.layer.tokens);
        let guarded = (Arc::clone(&tokens), Arc::clone(&principal));
        let answer = self.inner.call(request.map(|body| GuardedBody::request(body, guarded.0, guarded.1)));
        Box::pin(async move { Ok(answer.await?.map(|body| GuardedBody::response(body, tokens, principal))) })
    }
}

#[cfg(test)]
mod tests;
