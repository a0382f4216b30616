//! Callers on a real connection: what the layer and TLS let in, seen from the other end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::body::Body;
use tonic::metadata::MetadataValue;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity, Server, ServerTlsConfig};
use tonic::{Code, Request};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::server::HealthReporter;
use tonic_types::StatusExt;
use toondb_engine::api::{NamespaceName, TimestampMs};
use toondb_engine::clock::{Clock, ManualClock};
use toondb_engine::rng::SeededRng;
use toondb_grpc::auth::{self, AuthLayer, Namespaces, NewToken, TlsOptions, Token, Tokens};
use tower::util::MapRequestLayer;

struct TempDir(PathBuf);

impl TempDir {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("toondb-access-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

const HEALTH: &str = "/grpc.health.v1.Health/";
const GUARDED: &str = "/guarded.Health/";

fn rename(mut request: http::Request<Body>, from: &str, to: &str) -> http::Request<Body> {
    let path = request.uri().path().replace(from, to);
    *request.uri_mut() = path.parse().unwrap();
    request
}

/// The layer lets everybody ask for health, so what it is to guard here has another name while it passes.
fn hide(request: http::Request<Body>) -> http::Request<Body> {
    rename(request, HEALTH, GUARDED)
}

fn show(request: http::Request<Body>) -> http::Request<Body> {
    rename(request, GUARDED, HEALTH)
}

/// A server with nothing but a service like health behind the layer; its port, and the way to change its health.
async fn serve(data: &Path, clock: Arc<ManualClock>, tls: Option<ServerTlsConfig>) -> (u16, HealthReporter) {
    let clock: Arc<dyn Clock> = clock;
    let tokens = Arc::new(Tokens::open(data, Arc::clone(&clock), false).unwrap());
    let (reporter, health) = tonic_health::server::health_reporter();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut server = Server::builder();
    if let Some(tls) = tls {
        server = server.tls_config(tls).unwrap();
    }
    let server = server
        .layer(MapRequestLayer::new(hide))
        .layer(AuthLayer::new(tokens, clock))
        .layer(MapRequestLayer::new(show))
        .add_service(health);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    (port, reporter)
}

fn create(data: &Path, clock: &ManualClock, expires_at: Option<i64>) -> Token {
    let new = NewToken {
        name: "agent".to_owned(),
        namespaces: Namespaces::These([NamespaceName::new("a")].into()),
        rights: "read".parse().unwrap(),
        expires_at: expires_at.map(TimestampMs),
    };
    auth::create(data, &new, clock, &SeededRng::new(clock.now_ms().unsigned_abs())).unwrap()
}

fn with(token: Option<&Token>) -> Request<HealthCheckRequest> {
    let mut request = Request::new(HealthCheckRequest::default());
    if let Some(token) = token {
        let value: MetadataValue<_> = format!("Bearer {}", token.reveal()).parse().unwrap();
        request.metadata_mut().insert("authorization", value);
    }
    request
}

#[test]
fn a_caller_without_a_valid_token_gets_an_answer_that_programs_understand() {
    let dir = TempDir::new("answer");
    let clock = Arc::new(ManualClock::new(1_000));
    runtime().block_on(async {
        let (port, _reporter) = serve(&dir.0, Arc::clone(&clock), None).await;
        let channel = Channel::from_shared(format!("http://127.0.0.1:{port}")).unwrap().connect().await.unwrap();
        let mut client = HealthClient::new(channel);
        assert!(client.check(with(None)).await.is_ok(), "no token was ever created");
        let valid = create(&dir.0, &clock, None);
        clock.advance_ms(250);
        let expired = create(&dir.0, &clock, Some(1_400));
        clock.advance_ms(250);
        let unknown = Token::generate(&SeededRng::new(99));
        assert!(client.check(with(Some(&valid))).await.is_ok());
        for (token, message) in [(None, "required"), (Some(&unknown), "not valid"), (Some(&expired), "expired")] {
            let status = client.check(with(token)).await.unwrap_err();
            assert_eq!(status.code(), Code::Unauthenticated);
            assert!(status.message().contains(message), "{status:?}");
            assert_eq!(status.metadata().get("www-authenticate").unwrap(), "Bearer");
            let info = status.get_details_error_info().unwrap();
            assert_eq!((info.domain.as_str(), info.metadata["code"].as_str()), ("toondb", "53"));
        }
    });
}

#[test]
fn a_stream_that_is_open_ends_when_its_token_is_revoked() {
    let dir = TempDir::new("stream");
    let clock = Arc::new(ManualClock::new(1_000));
    let token = create(&dir.0, &clock, None);
    runtime().block_on(async {
        let (port, reporter) = serve(&dir.0, Arc::clone(&clock), None).await;
        let channel = Channel::from_shared(format!("http://127.0.0.1:{port}")).unwrap().connect().await.unwrap();
        let mut stream = HealthClient::new(channel).watch(with(Some(&token))).await.unwrap().into_inner();
        assert!(stream.message().await.unwrap().is_some());
        reporter.set_service_status("", ServingStatus::NotServing).await;
        assert!(stream.message().await.unwrap().is_some());
        auth::revoke(&dir.0, token.id(), &*clock).unwrap();
        clock.advance_ms(250);
        reporter.set_service_status("", ServingStatus::Serving).await;
        let status = stream.message().await.unwrap_err();
        assert_eq!(
            (status.code(), status.message()),
            (Code::Unauthenticated, "the token was revoked; ask for a new one")
        );
    });
}

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for localhost and its key.
    fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }
}

#[test]
fn mutual_tls_lets_in_the_bearers_of_a_certificate_alone() {
    let dir = TempDir::new("tls");
    let (servers, clients, strangers) = (Authority::new(), Authority::new(), Authority::new());
    let (cert, key) = servers.issue();
    let path = |name: &str| dir.0.join(name);
    for (name, text) in [("cert.pem", cert), ("key.pem", key), ("ca.pem", clients.pem())] {
        std::fs::write(path(name), text).unwrap();
    }
    let options = TlsOptions { cert: path("cert.pem"), key: path("key.pem"), client_ca: Some(path("ca.pem")) };
    let check = |port: u16, root: &Authority, identity: Option<(String, String)>| {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(root.pem())).domain_name("localhost");
        if let Some((cert, key)) = identity {
            tls = tls.identity(Identity::from_pem(cert, key));
        }
        let endpoint: Endpoint = Channel::from_shared(format!("https://localhost:{port}")).unwrap();
        let endpoint = endpoint.tls_config(tls).unwrap();
        async move {
            let channel = endpoint.connect().await.map_err(|error| error.to_string())?;
            HealthClient::new(channel).check(with(None)).await.map(drop).map_err(|status| status.to_string())
        }
    };
    runtime().block_on(async {
        let (port, _reporter) = serve(&dir.0, Arc::new(ManualClock::new(0)), Some(options.load().unwrap())).await;
        assert_eq!(check(port, &servers, Some(clients.issue())).await, Ok(()));
        assert!(check(port, &servers, None).await.is_err(), "no certificate");
        assert!(check(port, &servers, Some(strangers.issue())).await.is_err(), "a stranger's certificate");
        assert!(check(port, &strangers, Some(clients.issue())).await.is_err(), "the client trusts another authority");
        let plain = Channel::from_shared(format!("http://127.0.0.1:{port}")).unwrap().connect().await;
        let plain = match plain {
            Ok(channel) => HealthClient::new(channel).check(with(None)).await.is_ok(),
            Err(_) => false,
        };
        assert!(!plain, "without TLS");
    });
}
