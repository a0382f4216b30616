//! Sockets that were made before the server and are handed to it: systemd's protocol (sd_listen_fds(3)).
//!
//! Descriptors from 3 on are meant for the process that `LISTEN_PID` names. Each has a name: `socket` is served as the socket, `grpc` as
//! gRPC; one without a name is what its family says. Whatever is not understood is refused: a server that ignored it would
//! leave connections waiting for ever. The path of such a socket belongs to whoever made it and is never removed.

use std::error::Error;
use std::os::fd::{AsFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixListener;

use rustix::net::{AddressFamily, SocketType, sockopt};
use toondb_engine::limits;
use toondb_grpc::Listener;

/// What was handed over.
#[derive(Debug, Default)]
pub struct Inherited {
    /// Where the socket is served.
    pub socket: Option<UnixListener>,
    /// Where gRPC is served.
    pub grpc: Option<Listener>,
}

/// What a descriptor is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Socket,
    Grpc,
    /// Not said: a Unix socket is the socket, an address is gRPC's.
    ByFamily,
}

impl Use {
    /// By its name; without `FileDescriptorName=` systemd gives that of the unit, and other starters give none.
    fn of(name: &str) -> Option<Self> {
        match name {
            "socket" | "toondb.socket" => Some(Self::Socket),
            "grpc" | "toondb-grpc.socket" => Some(Self::Grpc),
            "" | "unknown" => Some(Self::ByFamily),
            _ => None,
        }
    }
}

impl Inherited {
    /// Takes what this process was given; nothing if it was started in another way.
    pub fn take() -> Result<Self, Box<dyn Error>> {
        // What is meant for another process has come down to this one by accident.
        if std::env::var("LISTEN_PID").ok() != Some(std::process::id().to_string()) {
            return Ok(Self::default());
        }
        let given = sd_notify::listen_fds_with_names();
        let given: Vec<(RawFd, String)> = given.map_err(|error| format!("the sockets handed over: {error}"))?.collect();
        if given.len() > limits::HANDED_SOCKETS_MAX {
            return Err(format!("{} sockets were handed over; two are served", given.len()).into());
        }
        let mut inherited = Self::default();
        for (number, name) in given {
            inherited.add(number, &name).map_err(|error| format!("descriptor {number} ({name:?}): {error}"))?;
        }
        Ok(inherited)
    }

    fn add(&mut self, number: RawFd, name: &str) -> Result<(), Box<dyn Error>> {
        let meant = Use::of(name).ok_or("it has a name that means nothing: FileDescriptorName is socket or grpc")?;
        // SAFETY: LISTEN_PID names this process, so its starter has opened the descriptor for it and nothing else here owns
        // it; each number occurs once, and `take` is called once, before anything else of the process opens or closes one.
        #[expect(unsafe_code, reason = "a number from the environment becomes a descriptor")]
        let socket = unsafe { OwnedFd::from_raw_fd(number) };
        let family = listening_family(&socket)?;
        let taken = match (meant, family) {
            (Use::Socket | Use::ByFamily, AddressFamily::UNIX) => self.socket.replace(socket.into()).is_some(),
            (Use::Grpc, AddressFamily::UNIX) => self.grpc.replace(Listener::Unix(socket.into())).is_some(),
            (Use::Grpc | Use::ByFamily, AddressFamily::INET | AddressFamily::INET6) => {
                self.grpc.replace(Listener::Tcp(socket.into())).is_some()
            }
            (Use::Socket, _) => return Err("the socket is served on a Unix socket alone".into()),
            (Use::Grpc | Use::ByFamily, _) => return Err("it is neither a Unix socket nor of TCP".into()),
        };
        if taken { Err("there are two for the same".into()) } else { Ok(()) }
    }
}

/// The family of a listening stream socket; anything else is refused.
fn listening_family(socket: &impl AsFd) -> Result<AddressFamily, Box<dyn Error>> {
    let kind = sockopt::socket_type(socket).map_err(|_| "it is no socket")?;
    if kind != SocketType::STREAM || !sockopt::socket_acceptconn(socket)? {
        return Err("it is not a stream socket that listens (ListenStream=, Accept=no)".into());
    }
    Ok(sockopt::socket_domain(socket)?)
}
