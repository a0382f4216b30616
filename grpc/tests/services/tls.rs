//! TLS and mutual TLS, with certificates made on the spot.

use std::path::PathBuf;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use toondb_engine::api::{Error, ErrorCode, Ping};
use toondb_grpc::auth::TlsOptions;
use toondb_grpc::proto::{PingRequest, PingResponse};
use toondb_grpc::{BlockingClient, ClientOptions, ClientTls, Listener, Server, ServerOptions, StartError};

use crate::harness::{TempDir, World};

/// An authority whose files lie in a directory.
struct Authority {
    name: &'static str,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new(dir: &TempDir, name: &'static str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(dir.join(&format!("{name}.pem")), issuer.pem()).unwrap();
        Self { name, issuer }
    }

    fn path(&self, dir: &TempDir) -> PathBuf {
        dir.join(&format!("{}.pem", self.name))
    }

    /// A certificate and its key.
    fn issue(&self, dir: &TempDir, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        let paths = (dir.join(&format!("{name}.cert")), dir.join(&format!("{name}.key")));
        std::fs::write(&paths.0, cert.pem()).unwrap();
        std::fs::write(&paths.1, key.serialize_pem()).unwrap();
        paths
    }
}

fn tls_world(dir: &TempDir, ours: &Authority, clients: Option<&Authority>) -> World {
    let (cert, key) = ours.issue(dir, "server");
    let tls = TlsOptions { cert, key, client_ca: clients.map(|authority| authority.path(dir)) };
    World::with(&ServerOptions { tls: Some(tls), ..ServerOptions::default() })
}

fn connect(world: &World, tls: Option<ClientTls>) -> Result<BlockingClient, Error> {
    let options = ClientOptions { tls, timeout: Some(Duration::from_secs(20)), ..ClientOptions::default() };
    let address = format!("localhost:{}", world.address().port());
    BlockingClient::connect(address.parse().unwrap(), options, None)
}

fn refused(result: Result<BlockingClient, Error>) -> bool {
    let error = result.expect_err("it must not connect");
    assert_eq!(error.code, ErrorCode::ConnectionFailed, "{error:?}");
    true
}

#[test]
fn the_right_authority_is_trusted_and_no_other() {
    let dir = TempDir::new();
    let (ours, other) = (Authority::new(&dir, "ours"), Authority::new(&dir, "other"));
    let world = tls_world(&dir, &ours, None);
    let with = |ca: &Authority| Some(ClientTls { ca: Some(ca.path(&dir)), identity: None });
    let client = connect(&world, with(&ours)).unwrap();
    client.call_op("", Ping {}).unwrap();
    assert!(refused(connect(&world, with(&other))));
    assert!(refused(connect(&world, Some(ClientTls::default()))), "the system's authorities do not know ours");
    assert!(refused(connect(&world, None)), "in the clear");
    let plain = world.peer();
    assert!(plain.ask::<_, PingResponse>("EngineService/Ping", PingRequest {}).is_err());
    client.call_op("", Ping {}).unwrap();
    drop(client);
    world.finish();
}

#[test]
fn a_client_needs_a_certificate_of_the_clients_authority() {
    let dir = TempDir::new();
    let (ours, clients) = (Authority::new(&dir, "ours"), Authority::new(&dir, "clients"));
    let world = tls_world(&dir, &ours, Some(&clients));
    let with = |identity| Some(ClientTls { ca: Some(ours.path(&dir)), identity });
    let client = connect(&world, with(Some(clients.issue(&dir, "client")))).unwrap();
    client.call_op("", Ping {}).unwrap();
    assert!(refused(connect(&world, with(None))), "no certificate");
    assert!(refused(connect(&world, with(Some(ours.issue(&dir, "foreign"))))), "one of another authority");
    assert!(refused(connect(&world, None)), "in the clear");
    client.call_op("", Ping {}).unwrap();
    drop(client);
    world.finish();
}

#[test]
fn a_handshake_that_never_comes_ends_the_connection() {
    use std::io::{ErrorKind, Read, Write};
    let dir = TempDir::new();
    let ours = Authority::new(&dir, "ours");
    let (cert, key) = ours.issue(&dir, "server");
    let tls = TlsOptions { cert, key, client_ca: None };
    let hello_timeout = Duration::from_millis(200);
    let world = World::with(&ServerOptions { tls: Some(tls), hello_timeout, ..ServerOptions::default() });
    // Nothing; half the head of a TLS record.
    for bytes in [&b""[..], b"\x16\x03"] {
        let mut stream = std::net::TcpStream::connect(world.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(bytes).unwrap();
        let end = stream.read(&mut [0; 64]);
        assert!(!matches!(&end, Err(error) if error.kind() == ErrorKind::WouldBlock), "it is never closed");
    }
    connect(&world, Some(ClientTls { ca: Some(ours.path(&dir)), identity: None })).unwrap();
    world.finish();
}

fn start_error(world: &World, address: &str, tls: Option<TlsOptions>) -> StartError {
    let listener = Listener::bind(address.parse().unwrap()).unwrap();
    let options = ServerOptions { tls, ..ServerOptions::default() };
    Server::start(listener, &options, world.backend()).expect_err("it must not start")
}

#[test]
fn what_is_wrong_with_the_files_is_said_at_the_start() {
    let dir = TempDir::new();
    let ours = Authority::new(&dir, "ours");
    let (cert, key) = ours.issue(&dir, "server");
    let (_, other_key) = ours.issue(&dir, "other");
    let world = World::without_server();
    let missing = dir.join("missing.pem");
    let cases = [
        (missing.clone(), key.clone(), None, "missing.pem"),
        (cert.clone(), missing.clone(), None, "missing.pem"),
        (cert.clone(), cert.clone(), None, "holds no private key"),
        (key.clone(), key.clone(), None, "holds no certificate"),
        (cert.clone(), other_key, None, "cannot be used"),
        (cert.clone(), key.clone(), Some(missing), "missing.pem"),
        (cert.clone(), key.clone(), Some(key), "holds no certificate"),
    ];
    for (cert, key, client_ca, wanted) in cases {
        let error = start_error(&world, "127.0.0.1:0", Some(TlsOptions { cert, key, client_ca }));
        assert!(matches!(error, StartError::Tls(_)) && error.to_string().contains(wanted), "{wanted}: {error}");
    }
    world.finish();
}

#[test]
fn an_open_address_needs_tls_and_a_way_to_know_the_caller() {
    let dir = TempDir::new();
    let ours = Authority::new(&dir, "ours");
    let (cert, key) = ours.issue(&dir, "server");
    let tls = TlsOptions { cert, key, client_ca: None };
    let world = World::without_server();
    let error = start_error(&world, "0.0.0.0:0", None);
    assert!(error.to_string().contains("needs TLS"), "{error}");
    let error = start_error(&world, "0.0.0.0:0", Some(tls.clone()));
    assert!(error.to_string().contains("toondb token create"), "{error}");
    world.token(&[], "read", None);
    let listener = Listener::bind("0.0.0.0:0".parse().unwrap()).unwrap();
    let options = ServerOptions { tls: Some(tls), ..ServerOptions::default() };
    assert!(Server::start(listener, &options, world.backend()).unwrap().shutdown());
    world.finish();
}

#[test]
fn a_token_does_not_travel_in_the_clear() {
    let options = || ClientOptions { token: Some("tdb_x".to_owned()), ..ClientOptions::default() };
    for address in ["10.0.0.1:1", "grpc://example.invalid:1"] {
        let error = BlockingClient::connect(address.parse().unwrap(), options(), None).unwrap_err();
        assert!(error.code == ErrorCode::InvalidArgument && error.message.contains("in the clear"), "{error:?}");
    }
}
