//! One connection: it counts against the bound of connections, and it ends when its peer falls silent.
//!
//! A new connection must send its first byte soon; who only connects does not keep a place. After that the server asks a
//! silent peer for a sign of life (HTTP/2 PING), so one from whom nothing at all has come for much longer is gone or does
//! not speak the protocol. The deadline lies below TLS and HTTP/2 and so also bounds their handshakes.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Sleep};
use tonic::transport::server::{Connected, TcpConnectInfo};

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
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    io: Io,
    patience: Patience,
    deadline: Pin<Box<Sleep>>,
    moved_at: Option<Instant>,
    _place: OwnedSemaphorePermit,
}

impl Connection {
    /// A connection that has a place among those that the server keeps.
    pub fn new(io: Io, place: OwnedSemaphorePermit, patience: Patience) -> Self {
        let deadline = Box::pin(tokio::time::sleep(patience.hello));
        Self { io, patience, deadline, moved_at: None, _place: place }
    }

    fn heard(&mut self) {
        let now = Instant::now();
        if self.moved_at.is_none_or(|at| now.duration_since(at) >= RESET_INTERVAL) {
            self.moved_at = Some(now);
            self.deadline.as_mut().reset(now + self.patience.silence);
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        match &self.io {
            Io::Tcp(stream) => stream.connect_info(),
            Io::Unix(_) => TcpConnectInfo { local_addr: None, remote_addr: None },
        }
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
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.io {
            Io::Tcp(stream) => Pin::new(stream).poll_write(context, bytes),
            Io::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
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
        match &mut self.io {
            Io::Tcp(stream) => Pin::new(stream).poll_write_vectored(context, slices),
            Io::Unix(stream) => Pin::new(stream).poll_write_vectored(context, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.io {
            Io::Tcp(stream) => stream.is_write_vectored(),
            Io::Unix(stream) => stream.is_write_vectored(),
        }
    }
}
