//! Takes connections, as many as there are places for.

use std::io;
use std::net::SocketAddr;
use std::os::unix::net::UnixListener as StdUnixListener;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::Semaphore;
use tokio::time::Sleep;
use tokio_stream::Stream;
use toondb_engine::Budget;
use toondb_engine::peer::Peer;

use super::connection::{Connection, Io, Patience};
use super::options::ServerOptions;

/// After a failed accept (no file descriptors are left, say) the next one waits this long, instead of spinning.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where a server listens.
#[derive(Debug)]
pub enum Listener {
    /// A TCP address.
    Tcp(std::net::TcpListener),
    /// A Unix socket that its maker made safely.
    Unix(StdUnixListener),
}

impl Listener {
    /// Listens on a TCP address; port 0 = any free one.
    ///
    /// # Errors
    /// If the address is taken or not of this machine.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        std::net::TcpListener::bind(address).map(Listener::Tcp)
    }

    /// The TCP address, if it is one.
    #[must_use]
    pub fn tcp_address(&self) -> Option<SocketAddr> {
        match self {
            Listener::Tcp(listener) => listener.local_addr().ok(),
            Listener::Unix(_) => None,
        }
    }
}

enum Accepting {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// The connections that come in.
pub struct Incoming {
    listener: Accepting,
    uids: Vec<u32>,
    places: Arc<Semaphore>,
    unread: Arc<Budget>,
    patience: Patience,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Incoming {
    /// Takes over a listener, inside a runtime.
    pub fn new(
        listener: Listener,
        options: &ServerOptions,
        unread: Arc<Budget>,
        patience: Patience,
    ) -> io::Result<Self> {
        let listener = match listener {
            Listener::Tcp(listener) => {
                listener.set_nonblocking(true)?;
                Accepting::Tcp(TcpListener::from_std(listener)?)
            }
            Listener::Unix(listener) => {
                listener.set_nonblocking(true)?;
                Accepting::Unix(UnixListener::from_std(listener)?)
            }
        };
        let places = Arc::new(Semaphore::new(options.connections_max));
        let uids = options.uids.clone();
        Ok(Self { listener, uids, places, unread, patience, pause: None })
    }

    /// The places for connections: those that are free are not taken.
    pub fn places(&self) -> Arc<Semaphore> {
        Arc::clone(&self.places)
    }

    /// The next connection; nothing if it is of a user who may not connect.
    fn poll_accept(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<Io>>> {
        match &self.listener {
            Accepting::Tcp(listener) => {
                let (stream, _) = ready!(listener.poll_accept(context))?;
                // Answers are whole messages; waiting for more of them only adds time.
                stream.set_nodelay(true)?;
                Poll::Ready(Ok(Some(Io::Tcp(stream))))
            }
            Accepting::Unix(listener) => {
                let (stream, _) = ready!(listener.poll_accept(context))?;
                let peer = Peer::of(&stream)?;
                if !self.uids.contains(&peer.uid) {
                    let (uid, pid) = (peer.uid, peer.pid);
                    tracing::warn!(uid, pid, "a connection of a user who may not connect was refused");
                    return Poll::Ready(Ok(None));
                }
                Poll::Ready(Ok(Some(Io::Unix(stream))))
            }
        }
    }
}

impl Stream for Incoming {
    type Item = io::Result<Connection>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            match ready!(self.poll_accept(context)) {
                Ok(None) => {}
                Ok(Some(io)) => match Arc::clone(&self.places).try_acquire_owned() {
                    Ok(place) => {
                        // No one connection takes the room of all others.
                        let unread = self.unread.share(self.unread.bytes_max() / 2);
                        return Poll::Ready(Some(Ok(Connection::new(io, place, unread, self.patience))));
                    }
                    Err(_) => tracing::warn!("a connection was closed: the server has as many as it may keep"),
                },
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    self.pause = Some(Box::pin(tokio::time::sleep(ACCEPT_PAUSE)));
                }
            }
        }
    }
}
