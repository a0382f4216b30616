//! Who is at the other end of a Unix socket, as the kernel says (`SO_PEERCRED`, unix(7)).
//!
//! The credentials are those of the process that called connect, or listen, so they cannot be forged by what is sent.

use std::os::fd::AsFd;

use rustix::net::sockopt::socket_peercred;

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
    pub fn of(socket: impl AsFd) -> std::io::Result<Self> {
        let credentials = socket_peercred(socket)?;
        Ok(Self { pid: credentials.pid.as_raw_nonzero().get(), uid: credentials.uid.as_raw() })
    }
}

/// The effective user of this process.
pub fn own_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}
