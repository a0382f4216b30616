//! Takes new connections, checks who they are, and hands them to the I/O threads in turn.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{SendFlags, send};
use tokio::runtime::Handle;
use toondb_engine::Service;
use toondb_engine::api::{Error, ErrorCode};
use toondb_engine::peer::Peer;

use crate::budget::{Budget, Lease};
use crate::connection::{Connection, ConnectionLimits};
use crate::message::{self, ID_NONE};
use crate::outbox::Outbox;
use crate::registry::{Refusal, Registry};
use crate::succession::Succession;

/// Pause after the system refused a new descriptor, before the next try.
const EXHAUSTED_PAUSE: Duration = Duration::from_millis(100);

/// Everything a new connection needs.
pub struct Acceptor {
    /// Who carries requests out.
    pub service: Arc<dyn Service>,
    /// Which directory is served, and whether another server is to serve it.
    pub succession: Arc<Succession>,
    /// The live connections.
    pub registry: Arc<Registry>,
    /// The memory of half-received frames.
    pub budget: Arc<Budget>,
    /// The memory of answers that are not read yet, over all doors.
    pub answers: Arc<toondb_engine::Budget>,
    /// The bounds of each connection.
    pub limits: ConnectionLimits,
    /// The users that may connect.
    pub uids: Vec<u32>,
    /// The threads, one connection each in turn.
    pub threads: Vec<Handle>,
}

impl std::fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Acceptor").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Acceptor {
    /// Accepts for ever; the caller drops the future to stop.
    pub async fn run(&self, listener: UnixListener) -> io::Result<()> {
        let listener = tokio::net::UnixListener::from_std(listener)?;
        let mut threads = self.threads.iter().cycle();
        loop {
            match listener.accept().await.and_then(|(socket, _)| socket.into_std()) {
                Ok(socket) => {
                    if let Some(thread) = threads.next() {
                        self.admit(socket.into(), thread);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(EXHAUSTED_PAUSE).await;
                }
            }
        }
    }

    /// Decides about a connection before a byte of it is read.
    fn admit(&self, socket: OwnedFd, thread: &Handle) {
        match Peer::of(&socket) {
            Ok(peer) if self.uids.contains(&peer.uid) => {}
            Ok(peer) => {
                tracing::warn!(
                    uid = peer.uid,
                    pid = peer.pid,
                    "a connection of a user who may not connect was refused"
                );
                let text = format!("user {} may not connect to this server", peer.uid);
                return refuse(&socket, &Error::new(ErrorCode::PermissionDenied, text));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection without credentials was refused");
                return;
            }
        }
        let outbox = Arc::new(Outbox::new(self.answers.share(self.limits.outbox_bytes_max)));
        let entry = match self.registry.enter(&outbox) {
            Ok(entry) => entry,
            Err(Refusal::Full) => {
                return refuse(&socket, &Error::new(ErrorCode::Busy, "there are too many connections; retry later"));
            }
            Err(Refusal::Draining) => {
                return refuse(&socket, &Error::new(ErrorCode::ShuttingDown, "the server is shutting down"));
            }
        };
        let serves = (Arc::clone(&self.service), Arc::clone(&self.succession));
        let lease = Lease::new(Arc::clone(&self.budget));
        let limits = self.limits;
        drop(thread.spawn(async move {
            let _entry = entry;
            match Connection::new(socket, serves, outbox, lease, limits) {
                Ok(connection) => connection.await,
                Err(error) => tracing::warn!(%error, "a connection could not be served"),
            }
        }));
    }
}

/// Tells a peer why it is not served. A fresh socket has room for that; if not, closing it says enough.
fn refuse(socket: &OwnedFd, error: &Error) {
    let mut out = Vec::new();
    message::write_failure(&mut out, ID_NONE, error);
    let _ = send(socket, &out, SendFlags::NOSIGNAL | SendFlags::DONTWAIT);
}
