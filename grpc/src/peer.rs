//! Who is at the other end of a connection, and how much of what was answered they have not read yet.

use std::net::SocketAddr;
use std::sync::Arc;

use http::Extensions;
use tonic::transport::server::TlsConnectInfo;
use toondb_engine::Share;

/// The other end of a connection; every request carries it.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its TCP address; nothing for a process behind a Unix socket.
    pub address: Option<SocketAddr>,
    /// Answers that it has not read yet.
    pub unread: Arc<Share>,
}

impl Peer {
    /// The peer that sent a request.
    pub fn of(request: &Extensions) -> Option<&Self> {
        request.get::<Self>().or_else(|| request.get::<TlsConnectInfo<Self>>().map(TlsConnectInfo::get_ref))
    }
}
