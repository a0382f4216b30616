//! Who is at the other end of a Unix socket, as the kernel says (`SO_PEERCRED`, unix(7)), and who may be.
//!
//! Every door on a Unix socket keeps the same rule, on both sides of it: a server lets in its own user alone, and a client
//! speaks only to a server of its own user or of root, to whom a socket belongs that the service manager made.
//!
//! The credentials are those of the process that called connect, or listen, so they cannot be forged by what is sent.

use std::os::fd::AsFd;

use rustix::net::sockopt::socket_peercred;

/// Root's user id.
const ROOT_UID: u32 = 0;

/// A peer's process and user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer {
    /// The process; for logs only, it may be gone or another one by now.
    pub pid: i32,
    /// The effective user.
    pub uid: u32,
}

impl Peer {
    /// Asks the kernel.
    ///
    /// # Errors
    /// If the socket is none, or is not connected.
    pub fn of(socket: impl AsFd) -> std::io::Result<Self> {
        let credentials = socket_peercred(socket)?;
        Ok(Self { pid: credentials.pid.as_raw_nonzero().get(), uid: credentials.uid.as_raw() })
    }
}

/// The users whose connections a server on a Unix socket accepts, unless it is told others.
#[must_use]
pub fn clients_trusted() -> Vec<u32> {
    vec![own_uid()]
}

/// The users whose server a client on a Unix socket trusts, unless it is told others.
#[must_use]
pub fn servers_trusted() -> Vec<u32> {
    vec![own_uid(), ROOT_UID]
}

/// The effective user of this process.
#[must_use]
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}
