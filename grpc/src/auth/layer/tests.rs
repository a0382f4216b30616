//! The layer before a service that counts who reaches it and answers with a stream.

use std::sync::atomic::{AtomicUsize, Ordering};

use http_body::{Body as _, Frame};
use tonic::{Code, Status};
use tonic_types::StatusExt;
use toondb_engine::api::{NamespaceName, TimestampMs};
use toondb_engine::clock::ManualClock;
use toondb_engine::rng::{Rng, SeededRng};

use super::super::principal::Namespaces;
use super::super::testing::TempDir;
use super::super::token::Token;
use super::super::token_file;
use super::super::token_record::NewToken;
use super::*;

/// Three pieces of data, then trailers.
#[derive(Debug, Default)]
struct Pieces(usize);

impl http_body::Body for Pieces {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        self.0 += 1;
        Poll::Ready(match self.0 {
            1..=3 => Some(Ok(Frame::data(Self::Data::from_static(b"piece")))),
            4 => Some(Ok(Frame::trailers(HeaderMap::from_iter([(Status::GRPC_STATUS, HeaderValue::from(0))])))),
            _ => None,
        })
    }
}

/// A body that fails the test when it is read.
#[derive(Debug)]
struct Untouched;

impl http_body::Body for Untouched {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        panic!("the body of a refused request was read");
    }
}

/// Counts requests, checks what the layer has done to them and answers with [`Pieces`].
#[derive(Debug, Clone, Default)]
struct Inner {
    reached: Arc<AtomicUsize>,
    body: Arc<parking_lot::Mutex<Option<Body>>>,
}

impl Service<Request<Body>> for Inner {
    type Response = Response<Body>;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Self::Error>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let has_principal = request.extensions().get::<Arc<Principal>>().is_some();
        assert_eq!(has_principal, !request.uri().path().starts_with(HEALTH), "everything but health has a principal");
        assert!(request.headers().get(AUTHORIZATION).is_none(), "the token goes on");
        self.reached.fetch_add(1, Ordering::Relaxed);
        *self.body.lock() = Some(request.into_body());
        std::future::ready(Ok(Response::new(Body::new(Pieces::default()))))
    }
}

struct Fixture {
    dir: TempDir,
    clock: Arc<ManualClock>,
    inner: Inner,
    auth: Auth<Inner>,
    valid: Token,
    expiring: Token,
    revoked: Token,
    rng: SeededRng,
}

impl Fixture {
    fn new() -> Self {
        let (dir, clock, rng) = (TempDir::new(), Arc::new(ManualClock::new(1_000)), SeededRng::new(11));
        let create = |expires_at: Option<i64>| {
            let new = NewToken {
                name: "agent".to_owned(),
                namespaces: Namespaces::These([NamespaceName::new("a")].into()),
                rights: "read".parse().unwrap(),
                expires_at: expires_at.map(TimestampMs),
            };
            token_file::create(dir.path(), &new, &*clock, &rng).unwrap()
        };
        let (valid, expiring, revoked) = (create(None), create(Some(2_000)), create(None));
        token_file::revoke(dir.path(), revoked.id(), &*clock).unwrap();
        let tokens = Tokens::open(dir.path(), Arc::clone(&clock) as Arc<dyn Clock>, false).unwrap();
        let inner = Inner::default();
        let layer = AuthLayer::new(Arc::new(tokens), Arc::clone(&clock) as Arc<dyn Clock>);
        let auth = layer.layer(inner.clone());
        Self { dir, clock, inner, auth, valid, expiring, revoked, rng }
    }

    fn send(&mut self, path: &str, headers: &[&[u8]], body: Body) -> Response<Body> {
        let mut request = Request::builder().method("POST").uri(path).body(body).unwrap();
        for header in headers {
            request.headers_mut().append(AUTHORIZATION, HeaderValue::from_bytes(header).unwrap());
        }
        now(self.auth.call(request)).unwrap()
    }

    fn send_with(&mut self, token: &str) -> Response<Body> {
        self.send("/toondb.v1.KvService/Get", &[format!("Bearer {token}").as_bytes()], Body::empty())
    }
}

/// A future that has its result at once.
fn now<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here waits"),
    }
}

fn next(body: &mut Body) -> Option<Result<Frame<<Body as http_body::Body>::Data>, Status>> {
    now(std::future::poll_fn(|context| Pin::new(&mut *body).poll_frame(context)))
}

fn assert_refused(response: &Response<Body>, message: &str) {
    let status = Status::from_header_map(response.headers()).unwrap();
    assert_eq!((status.code(), status.message()), (Code::Unauthenticated, message));
    assert_eq!(response.headers().get(WWW_AUTHENTICATE).unwrap(), "Bearer");
    assert_eq!(response.headers().get("content-type").unwrap(), "application/grpc");
    let info = status.get_details_error_info().unwrap();
    assert_eq!((info.domain.as_str(), info.reason.as_str()), ("toondb", "PermissionDenied"));
    assert_eq!(info.metadata.get("code").map(String::as_str), Some("53"));
    assert!(response.body().is_end_stream());
}

const PATHS: [&str; 7] = [
    "/toondb.v1.KvService/Get",
    "/toondb.v1.EngineService/Ping",
    "/grpc.health.v1.Healthy/Check",
    "/grpc.health.v1.Health",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/no.such.Service/Method",
    "/",
];

#[test]
fn no_form_of_header_but_a_valid_token_gets_through_on_any_path() {
    let mut f = Fixture::new();
    let (valid, expired, revoked) = (f.valid.reveal(), f.expiring.reveal(), f.revoked.reveal());
    f.clock.set_ms(2_000);
    let bearer = |text: &str| format!("Bearer {text}").into_bytes();
    let good = bearer(&valid);
    let huge = vec![b'x'; 1 << 20];
    let invalid = "the token is not valid";
    let several = "the request has more than one authorization header; send one";
    let cases: Vec<(Vec<&[u8]>, &str)> = vec![
        (vec![], "a token is required: send it as authorization: Bearer tdb_..."),
        (vec![b""], invalid),
        (vec![valid.as_bytes()], invalid),
        (vec![b"Basic dXNlcjpwYXNz"], invalid),
        (vec![&good[..good.len() - 1]], invalid),
        (vec![b"Bearer t\xc3\xb6ken"], invalid),
        (vec![b"Bearer \xff\xfe"], invalid),
        (vec![&huge], invalid),
        (vec![&good, &good], several),
        (vec![&good, b""], several),
        (vec![b"", &good], several),
    ];
    let mut sent = 0;
    for path in PATHS {
        for (headers, message) in &cases {
            assert_refused(&f.send(path, headers, Body::new(Untouched)), message);
            sent += 1;
        }
        for (text, message) in [
            (Token::generate(&f.rng).reveal(), invalid),
            (expired.clone(), "the token has expired; ask for a new one"),
            (revoked.clone(), "the token was revoked; ask for a new one"),
        ] {
            assert_refused(&f.send(path, &[&bearer(&text)], Body::new(Untouched)), message);
            sent += 1;
        }
    }
    assert_eq!(f.inner.reached.load(Ordering::Relaxed), 0);
    assert_eq!(f.auth.layer.refused().count(), sent);
    for path in PATHS {
        assert_eq!(f.send(path, &[&good], Body::empty()).status(), 200);
        assert_eq!(f.send(path, &[format!("bearer {valid}").as_bytes()], Body::empty()).status(), 200);
    }
    assert_eq!(f.inner.reached.load(Ordering::Relaxed), 2 * PATHS.len());
}

/// Whoever restarts servers has no token. What is behind the layer learns nothing of the caller, a good token included.
#[test]
fn health_needs_no_token_and_has_no_principal() {
    let mut f = Fixture::new();
    let good = format!("Bearer {}", f.valid.reveal()).into_bytes();
    for headers in [vec![], vec![&b"Bearer no"[..]], vec![&good[..]]] {
        for path in ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"] {
            assert_eq!(f.send(path, &headers, Body::empty()).status(), 200, "{path}");
        }
    }
    assert_eq!(f.inner.reached.load(Ordering::Relaxed), 6);
}

#[test]
fn ten_thousand_wrong_tokens_reach_nothing() {
    let mut f = Fixture::new();
    let seed = 0xBAD;
    let rng = SeededRng::new(seed);
    let valid = format!("Bearer {}", f.valid.reveal()).into_bytes();
    for round in 0..10_000 {
        let mut header = valid.clone();
        // The case of the scheme does not matter, so damage begins behind it.
        let place = 7 + usize::try_from(rng.next_u64()).unwrap() % (header.len() - 7);
        let byte = b"AZaz09-_ "[usize::try_from(rng.next_u64() % 9).unwrap()];
        if std::mem::replace(&mut header[place], byte) == byte {
            header.truncate(place);
        }
        let path = PATHS[round % PATHS.len()];
        let response = f.send(path, &[&header], Body::new(Untouched));
        let status = Status::from_header_map(response.headers()).map(|status| status.code());
        assert_eq!(status, Some(Code::Unauthenticated), "seed {seed}, round {round}");
    }
    assert_eq!(f.inner.reached.load(Ordering::Relaxed), 0);
}

#[test]
fn a_stream_ends_when_its_token_is_revoked() {
    let mut f = Fixture::new();
    let header = format!("Bearer {}", f.valid.reveal());
    let path = "/toondb.v1.VectorIndexService/InsertStream";
    let mut answer = f.send(path, &[header.as_bytes()], Body::new(Pieces::default())).into_body();
    let mut sent = f.inner.body.lock().take().unwrap();
    assert!(next(&mut answer).unwrap().unwrap().is_data());
    assert!(next(&mut sent).unwrap().unwrap().is_data());
    assert!(next(&mut answer).unwrap().unwrap().is_data());

    token_file::revoke(f.dir.path(), f.valid.id(), &*f.clock).unwrap();
    f.clock.advance_ms(250);
    let trailers = next(&mut answer).unwrap().unwrap().into_trailers().unwrap();
    let status = Status::from_header_map(&trailers).unwrap();
    assert_eq!((status.code(), status.message()), (Code::Unauthenticated, "the token was revoked; ask for a new one"));
    assert!(next(&mut answer).is_none() && answer.is_end_stream());
    assert_eq!(next(&mut sent).unwrap().unwrap_err().code(), Code::Unauthenticated);
    assert!(next(&mut sent).is_none());
}

#[test]
fn an_answer_that_is_ready_is_given_though_the_token_was_just_revoked() {
    let mut f = Fixture::new();
    let token = f.valid.reveal();
    let mut answer = f.send_with(&token).into_body();
    token_file::revoke(f.dir.path(), f.valid.id(), &*f.clock).unwrap();
    f.clock.advance_ms(250);
    assert!(next(&mut answer).unwrap().unwrap().is_data());
    assert_refused(&f.send_with(&token), "the token was revoked; ask for a new one");
}

#[test]
fn bodies_pass_unchanged() {
    let mut f = Fixture::new();
    let token = f.valid.reveal();
    let mut answer = f.send_with(&token).into_body();
    for _ in 0..3 {
        assert_eq!(next(&mut answer).unwrap().unwrap().into_data().unwrap().as_ref(), b"piece");
    }
    assert!(next(&mut answer).unwrap().unwrap().is_trailers());
    assert!(next(&mut answer).is_none());
    assert!(f.inner.body.lock().take().unwrap().is_end_stream());
}

#[test]
fn no_log_line_holds_a_token() {
    let f = Fixture::new();
    let secret = &f.valid.reveal()[21..];
    let shown = format!("{:?} {:?} {:?}", f.auth, f.valid, f.auth.layer.tokens);
    assert!(!shown.contains(secret) && !shown.contains(&f.valid.hash().to_hex()), "{shown}");
}
