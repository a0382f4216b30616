//! What the model knows of the world at one moment: the processes, the directory and the path of the socket. A socket's inode is
//! the server that bound it.

use crate::process::{At, Client, ClientId, Held, Phase, Server, ServerId};

/// Clients that a scenario may have.
pub const CLIENTS: usize = 3;
/// Servers that may be alive, or not yet wholly gone, at one time.
pub const SERVERS: usize = 4;

/// What is at the socket's path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Nothing.
    Nothing,
    /// The socket that this server bound.
    Socket(ServerId),
    /// A socket whose process is gone.
    Stale,
    /// A socket of another program, which answers.
    Foreign,
}

/// What the text of the directory's lock says of who wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Says {
    /// Nothing: the directory is new, or whoever had it has left.
    Nothing,
    /// A server that opens the directory, and will serve it.
    Starting,
    /// A server, at its socket.
    Serving,
    /// A server that ends.
    Ending,
    /// A program that has the directory to itself.
    Alone,
}

/// The text of the directory's lock. It is written after the lock was taken, so for a moment it is the last holder's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text {
    /// What it says.
    pub says: Says,
    /// The process that wrote it lives.
    pub author_lives: bool,
}

/// A program that opens the directory in its own process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Embedded {
    /// Has not.
    Out,
    /// Has the lock; the text is still the last holder's.
    Undescribed,
    /// Has it.
    In,
    /// Has closed it, and the text says so; about to let the lock go.
    Leaving,
}

/// How many disturbances may still happen, each at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Disturbances {
    /// `kill -9` of a server.
    pub server_kills: u8,
    /// `kill -9` of a client, or the end of its own time.
    pub client_kills: u8,
    /// SIGTERM.
    pub signals: u8,
    /// Idle ends while a client is still on its way.
    pub early_idles: u8,
    /// `toondb serve` by hand.
    pub by_hand: u8,
    /// Somebody embedded comes (and may go).
    pub embedded: u8,
    /// Another program replaces the socket by its own.
    pub usurped: u8,
    /// A server finds damage.
    pub damage: u8,
}

impl Disturbances {
    /// All of them.
    pub fn total(&self) -> u8 {
        self.server_kills
            + self.client_kills
            + self.signals
            + self.early_idles
            + self.by_hand
            + self.embedded
            + self.usurped
            + self.damage
    }
}

/// What went wrong on the way here: what a single state does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Wrong {
    /// Somebody found that the directory is locked, when nobody owned it who would have been named.
    pub told: bool,
    /// A socket was removed that was neither the remover's own nor stale under the path's lock.
    pub unlinked: bool,
    /// A server that ended by itself, or gave way, closed a connection of a client that had not asked for it.
    pub cut: bool,
    /// A starter started a server beside one that serves or starts.
    pub second: bool,
    /// After a server gave way to a newer client, an older one was started.
    pub older: bool,
    /// There was no place for one more server: the model is too small.
    pub crowded: bool,
}

/// The world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct State {
    /// The clients.
    pub clients: [Client; CLIENTS],
    /// The servers.
    pub servers: [Server; SERVERS],
    /// The socket's path.
    pub place: Place,
    /// The text of the directory's lock.
    pub text: Text,
    /// Somebody embedded.
    pub embedded: Embedded,
    /// A server gave way, and no newer one was started since.
    pub way_given: bool,
    /// What may still happen.
    pub left: Disturbances,
    /// What went wrong.
    pub wrong: Wrong,
}

impl State {
    /// A client.
    pub fn client(&self, id: ClientId) -> &Client {
        &self.clients[usize::from(id.0)]
    }

    /// A client, to be changed.
    pub fn client_mut(&mut self, id: ClientId) -> &mut Client {
        &mut self.clients[usize::from(id.0)]
    }

    /// A server.
    pub fn server(&self, id: ServerId) -> &Server {
        &self.servers[usize::from(id.0)]
    }

    /// A server, to be changed.
    pub fn server_mut(&mut self, id: ServerId) -> &mut Server {
        &mut self.servers[usize::from(id.0)]
    }

    /// All clients.
    pub fn client_ids() -> impl Iterator<Item = ClientId> {
        (0..CLIENTS as u8).map(ClientId)
    }

    /// All servers.
    pub fn server_ids() -> impl Iterator<Item = ServerId> {
        (0..SERVERS as u8).map(ServerId)
    }

    /// True if somebody has the lock of the directory.
    pub fn is_dir_held(&self) -> bool {
        self.embedded != Embedded::Out || self.servers.iter().any(|server| server.held.dir) || self.is_probed()
    }

    /// True if a starter has the lock of the directory for a moment. Only in a mutant.
    pub fn is_probed(&self) -> bool {
        self.clients.iter().any(|client| client.at == At::Probing)
    }

    /// True if somebody has the lock of the socket's path.
    pub fn is_path_held(&self) -> bool {
        self.servers.iter().any(|server| server.held.path)
    }

    /// True if somebody has the start lock.
    pub fn is_start_held(&self) -> bool {
        self.clients.iter().any(|client| client.holds_start) || self.servers.iter().any(|server| server.held.start)
    }

    /// Connections of a server, without those whose client has asked it to give way.
    pub fn connections(&self, id: ServerId, with_askers: bool) -> usize {
        let counts = |at: At| with_askers || !matches!(at, At::AskedToGiveWay(_));
        self.clients.iter().filter(|client| client.at.connected() == Some(id) && counts(client.at)).count()
    }

    /// True if no client has anything more to do.
    pub fn are_clients_gone(&self) -> bool {
        self.clients.iter().all(Client::has_ended)
    }

    /// Brings states that are the same for everybody into one form.
    pub fn tidy(&mut self, sort: bool) {
        for id in Self::server_ids() {
            let server = *self.server(id);
            if server.phase != Phase::Dead {
                continue;
            }
            if self.place == Place::Socket(id) && !server.held.listener {
                self.place = Place::Stale;
            }
            let is_known = self.clients.iter().any(|client| client.at.server() == Some(id));
            if server.held == Held::default() && !is_known {
                *self.server_mut(id) = Server::absent();
            }
        }
        if sort {
            self.clients.sort_unstable();
        }
    }
}
