//! Who is at the other end of a connection, and how much of what was answered they have not read yet.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::Extensions;
use tonic::transport::server::TlsConnectInfo;

/// The other end of a connection; every request carries it.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its TCP address; nothing for a process behind a Unix socket.
    pub address: Option<SocketAddr>,
    /// Answers that it has not read yet.
    pub unread: Arc<Unread>,
}

impl Peer {
    /// The peer that sent a request.
    pub fn of(request: &Extensions) -> Option<&Self> {
        request.get::<Self>().or_else(|| request.get::<TlsConnectInfo<Self>>().map(TlsConnectInfo::get_ref))
    }
}

/// Bytes of answers that are on their way, over all connections.
#[derive(Debug)]
pub struct UnreadTotal {
    bytes: AtomicUsize,
    bytes_max: usize,
}

impl UnreadTotal {
    /// Nothing yet, and at most so much.
    pub fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { bytes: AtomicUsize::new(0), bytes_max })
    }
}

/// Bytes of answers that are on their way on one connection.
#[derive(Debug)]
pub struct Unread {
    total: Arc<UnreadTotal>,
    bytes: AtomicUsize,
}

impl Unread {
    /// Nothing yet, on a new connection.
    pub fn new(total: Arc<UnreadTotal>) -> Arc<Self> {
        Arc::new(Self { total, bytes: AtomicUsize::new(0) })
    }

    /// How much there is.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Adds an answer. Nothing if there is no room: one connection may take half of all of it, but for a single answer.
    pub fn take(self: &Arc<Self>, bytes: usize) -> Option<UnreadLease> {
        let all = |used: usize| used.checked_add(bytes).filter(|sum| used == 0 || *sum <= self.total.bytes_max);
        let own_max = self.total.bytes_max / 2;
        let own = |used: usize| used.checked_add(bytes).filter(|sum| used == 0 || *sum <= own_max);
        self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, own).ok()?;
        if self.total.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, all).is_err() {
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
            return None;
        }
        Some(UnreadLease { unread: Arc::clone(self), bytes })
    }

    /// Adds an answer, room or not.
    pub fn force(self: &Arc<Self>, bytes: usize) -> UnreadLease {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.total.bytes.fetch_add(bytes, Ordering::Relaxed);
        UnreadLease { unread: Arc::clone(self), bytes }
    }
}

/// Room for one answer, until it is dropped.
#[derive(Debug)]
pub struct UnreadLease {
    unread: Arc<Unread>,
    bytes: usize,
}

impl Drop for UnreadLease {
    fn drop(&mut self) {
        self.unread.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        self.unread.total.bytes.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    #[test]
    fn one_connection_takes_half_and_all_of_them_the_whole() {
        let total = UnreadTotal::new(100);
        let [a, b, c] = std::array::from_fn(|_| Unread::new(Arc::clone(&total)));
        let first = a.take(30).unwrap();
        assert!(a.take(21).is_none() && a.take(20).is_some(), "half of it for one");
        let large = b.take(69).unwrap();
        assert!(b.take(1).is_none(), "more than half only by itself");
        assert_eq!((a.bytes(), b.bytes()), (30, 69));
        assert!(c.take(2).is_none(), "one is left");
        let last = c.take(1).unwrap();
        assert!(c.take(1).is_none(), "nothing is left");
        let told = c.force(50);
        assert_eq!(c.bytes(), 51, "what must be told is told");
        drop((first, large, last, told));
        assert!([a, b, c].iter().all(|unread| unread.bytes() == 0));
        assert_eq!(total.bytes.load(Ordering::Relaxed), 0);
    }
}
