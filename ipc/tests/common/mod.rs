//! What the tests share: a directory that goes away, a server on a stub, and a client that sends any bytes it likes.
#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    reason = "each test file uses a part of it; failures fail the test"
)]

pub mod stub;

use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use stub::Stub;
use toondb_engine::api::{ByteBuf, Durability, Error, ErrorCode, Get, OpCode, Put, Request, Response, Result};
use toondb_ipc::{Hello, Server, ServerOptions, read_body, read_error, read_request, read_response, write_request};

/// Long enough for any machine; nothing waits that long unless it is broken.
pub const PATIENCE: Duration = Duration::from_secs(20);

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A private directory that is removed in the end.
pub struct TempDir(pub PathBuf);

impl TempDir {
    pub fn new() -> Self {
        let name = format!("toondb-ipc-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub fn socket(&self) -> PathBuf {
        self.0.join("t.sock")
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server on a stub.
pub struct Fixture {
    pub server: Server,
    pub stub: Arc<Stub>,
    pub dir: TempDir,
}

impl Fixture {
    pub fn new() -> Self {
        Self::with(ServerOptions::default())
    }

    pub fn with(options: ServerOptions) -> Self {
        Self::on(Stub::new(), options)
    }

    pub fn on(stub: Arc<Stub>, options: ServerOptions) -> Self {
        let dir = TempDir::new();
        let server = Server::bind(dir.socket(), options, stub.clone()).unwrap();
        Self { server, stub, dir }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.socket()
    }

    pub fn raw(&self) -> Raw {
        Raw::connect(&self.path())
    }

    /// A raw client after its hello.
    pub fn greeted(&self) -> Raw {
        let mut raw = self.raw();
        raw.greet();
        raw
    }
}

/// A frame around a payload.
pub fn frame(payload: &[u8]) -> Vec<u8> {
    [&u32::try_from(payload.len()).unwrap().to_be_bytes()[..], payload].concat()
}

pub fn get(key: &[u8]) -> Request {
    Request::Get(Get { key: ByteBuf::from(key), snapshot: None })
}

pub fn put(key: &[u8], value: Vec<u8>) -> Request {
    Request::Put(Put {
        key: ByteBuf::from(key),
        value: ByteBuf::from(value),
        ttl_ms: None,
        durability: Durability::Durable,
    })
}

/// The id of the next request that a server of a test gets, or nothing once the connection has ended.
pub fn next_request(socket: &mut UnixStream) -> Option<u64> {
    let mut header = [0; 4];
    socket.read_exact(&mut header).ok()?;
    let mut payload = vec![0; u32::from_be_bytes(header) as usize];
    socket.read_exact(&mut payload).ok()?;
    Some(read_request(&payload).unwrap().id)
}

/// The frame of a request.
pub fn request(id: u64, namespace: &str, request: &Request) -> Vec<u8> {
    let mut out = Vec::new();
    write_request(&mut out, id, request.code().number(), namespace, request).unwrap();
    out
}

/// The frame of a hello.
pub fn hello(id: u64, protocol: u16) -> Vec<u8> {
    let mut out = Vec::new();
    write_request(
        &mut out,
        id,
        0,
        "",
        &Hello { protocol, client: "test".to_owned(), client_id: None, successor: None },
    )
    .unwrap();
    out
}

/// A client that sends bytes.
pub struct Raw {
    pub socket: UnixStream,
}

impl Raw {
    pub fn connect(path: &Path) -> Self {
        let socket = UnixStream::connect(path).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_write_timeout(Some(PATIENCE)).unwrap();
        Self { socket }
    }

    pub fn greet(&mut self) {
        self.send(&hello(1, 1));
        assert_eq!(self.status(), (1, 0));
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).unwrap();
    }

    /// Sends to a peer that may close in the middle.
    pub fn try_send(&mut self, bytes: &[u8]) {
        let _ = self.socket.write_all(bytes);
    }

    /// The payload of the next frame, or nothing if the connection has ended.
    pub fn payload(&mut self) -> Option<Vec<u8>> {
        let mut header = [0; 4];
        match self.socket.read_exact(&mut header) {
            Ok(()) => {}
            Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => return None,
            Err(error) => panic!("{error}"),
        }
        let mut payload = vec![0; u32::from_be_bytes(header) as usize];
        self.socket.read_exact(&mut payload).unwrap();
        Some(payload)
    }

    /// Id and status of the next response.
    pub fn status(&mut self) -> (u64, u16) {
        let payload = self.payload().unwrap();
        let head = read_response(&payload).unwrap();
        (head.id, head.status)
    }

    /// Id and result of the next response.
    pub fn response(&mut self, code: OpCode) -> (u64, Result<Response>) {
        let payload = self.payload().unwrap();
        let head = read_response(&payload).unwrap();
        (head.id, read_body(code, &head))
    }

    /// Asserts that the next response is this failure, and gives its text.
    pub fn expect_error(&mut self, id: u64, code: ErrorCode) -> String {
        let payload = self.payload().unwrap_or_else(|| panic!("the connection ended instead of answering {code:?}"));
        let head = read_response(&payload).unwrap();
        let Error { code: found, message } = read_error(&head);
        assert_eq!((head.id, found), (id, code), "{message}");
        message
    }

    /// Asserts that nothing more comes and the connection has ended.
    pub fn expect_end(&mut self) {
        assert_eq!(self.payload(), None);
    }
}
