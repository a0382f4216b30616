//! One connection: it counts against the bound of connections, and it ends when its peer falls silent.
//!
//! A new connection must send its first byte soon; who only connects does not keep a place. After that the server asks a
//! silent peer for a sign of life (HTTP/2 PING), so one from whom nothing at all has come for much longer is gone or does
//! not speak the protocol. The deadline lies below TLS and HTTP/2 and so also bounds their handshakes.
//!
//! A peer may speak and yet not read: it answers pings and keeps its windows shut. So a connection with unread answers into
//! which too few bytes could be written for too long is closed, and the answers with it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};
use tonic::transport::server::Connected;
use toondb_engine::{Share, progress_bytes_min};

use crate::peer::Peer;

/// The deadline moves at most this often, so that a busy connection does not touch the timers at every read.
const RESET_INTERVAL: Duration = Duration::from_secs(1);

/// The stream under a connection.
#[derive(Debug)]
pub enum Io {
    /// From another process or machine.
    Tcp(TcpStream),
    /// From a process of this machine.
    Unix(UnixStream),
}

/// How long a connection may be silent.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Before its first byte.
    pub hello: Duration,
    /// After it.
    pub silence: Duration,
    /// Within which a peer reads some of its unread answers.
    pub unread: Duration,
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    io: Io,
    patience: Patience,
    deadline: Pin<Box<Sleep>>,
    moved_at: Option<Instant>,
    unread: Arc<Share>,
    reading: Reading,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    /// A connection that has a place among those that the server keeps.
    pub fn new(io: Io, place: OwnedSemaphorePermit, unread: Arc<Share>, patience: Patience) -> Self {
        let deadline = Box::pin(tokio::time::sleep(patience.hello));
        let reading = Reading { window: patience.unread, ends: None, written: 0, wanted: 0 };
        Self { io, patience, deadline, moved_at: None, unread, reading, _place: place }
    }

    fn heard(&mut self) {
        let now = Instant::now();
        if self.moved_at.is_none_or(|at| now.duration_since(at) >= RESET_INTERVAL) {
            self.moved_at = Some(now);
            self.deadline.as_mut().reset(now + self.patience.silence);
        }
    }
}

/// Watches whether a peer reads its answers.
#[derive(Debug)]
struct Reading {
    window: Duration,
    /// When the window ends that was begun while answers were unread.
    ends: Option<Pin<Box<Sleep>>>,
    /// Bytes written in it.
    written: usize,
    /// Bytes that must be written by its end.
    wanted: usize,
}

impl Reading {
    fn count(&mut self, written: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(bytes)) = written {
            self.written = self.written.saturating_add(*bytes);
        }
    }

    /// Ready when a window has passed in which too little was read.
    fn poll_stuck(&mut self, context: &mut Context<'_>, unread: usize) -> Poll<()> {
        if unread == 0 {
            self.ends = None;
            return Poll::Pending;
        }
        let window = self.window;
        loop {
            let ends = match &mut self.ends {
                Some(ends) => ends,
                none => {
                    (self.written, self.wanted) = (0, progress_bytes_min(unread));
                    none.insert(Box::pin(tokio::time::sleep(window)))
                }
            };
            ready!(ends.as_mut().poll(context));
            if self.written < self.wanted {
                return Poll::Ready(());
            }
            self.ends = None;
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        let address = match &self.io {
            Io::Tcp(stream) => stream.connect_info().remote_addr(),
            Io::Unix(_) => None,
        };
        Peer { address, unread: Arc::clone(&self.unread) }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = match &mut self.io {
            Io::Tcp(stream) => Pin::new(stream).poll_read(context, buffer),
            Io::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        };
        if buffer.filled().len() > before {
            self.heard();
        } else if read.is_pending() && self.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let unread = self.unread.bytes();
        if self.reading.poll_stuck(context, unread).is_ready() {
            tracing::warn!(unread, "a connection was closed: its peer does not read what it asked for");
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = match &mut self.io {
            Io::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Io::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        };
        self.reading.count(&written);
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Tcp(stream) => Pin::new(stream).poll_flush(context),
            Io::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Tcp(stream) => Pin::new(stream).poll_shutdown(context),
            Io::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = match &mut self.io {
            Io::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Io::Unix(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        };
        self.reading.count(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        match &self.io {
            Io::Tcp(stream) => stream.is_write_vectored(),
            Io::Unix(stream) => stream.is_write_vectored(),
        }
    }
}
