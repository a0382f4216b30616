//! Who takes part, and how much may happen to them. Each scenario is small enough to be explored whole.

use crate::process::{Client, Server};
use crate::state::{CLIENTS, Disturbances, Embedded, Place, SERVERS, Says, State, Text, Wrong};

/// A scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its name.
    pub name: &'static str,
    /// Clients with the older binary.
    pub older: usize,
    /// Clients with the newer binary.
    pub newer: usize,
    /// At the beginning a killed server's socket is there.
    pub is_stale: bool,
    /// What may happen.
    pub disturbances: Disturbances,
}

const NONE: Disturbances = Disturbances {
    server_kills: 0,
    client_kills: 0,
    signals: 0,
    early_idles: 0,
    by_hand: 0,
    embedded: 0,
    usurped: 0,
    damage: 0,
};

impl Scenario {
    /// Three clients at once, a server that finds itself idle too early, and one that is killed.
    pub const CROWD: Self = Self {
        name: "crowd",
        older: 3,
        newer: 0,
        is_stale: true,
        disturbances: Disturbances { early_idles: 1, server_kills: 1, ..NONE },
    };
    /// Servers and starters are killed at any step.
    pub const KILLS: Self = Self {
        name: "kills",
        older: 2,
        newer: 0,
        is_stale: false,
        disturbances: Disturbances { server_kills: 2, client_kills: 1, ..NONE },
    };
    /// SIGTERM, an early idle end and a kill, in any order.
    pub const ENDS: Self = Self {
        name: "ends",
        older: 2,
        newer: 0,
        is_stale: false,
        disturbances: Disturbances { signals: 1, early_idles: 1, server_kills: 1, ..NONE },
    };
    /// Two older clients and a newer one that wants the older server replaced.
    pub const VERSIONS: Self = Self {
        name: "versions",
        older: 2,
        newer: 1,
        is_stale: false,
        disturbances: Disturbances { early_idles: 1, ..NONE },
    };
    /// Two newer clients that want the same older server replaced, and one that keeps it busy.
    pub const TWO_NEWER: Self = Self {
        name: "two newer",
        older: 1,
        newer: 2,
        is_stale: false,
        disturbances: Disturbances { server_kills: 1, ..NONE },
    };
    /// A replacement in which clients and servers are killed.
    pub const REPLACEMENT: Self = Self {
        name: "replacement",
        older: 1,
        newer: 1,
        is_stale: false,
        disturbances: Disturbances { server_kills: 1, client_kills: 1, early_idles: 1, ..NONE },
    };
    /// Somebody opens the directory in their own process, and may leave it.
    pub const EMBEDDED: Self = Self {
        name: "embedded",
        older: 2,
        newer: 0,
        is_stale: true,
        disturbances: Disturbances { embedded: 1, client_kills: 1, server_kills: 1, early_idles: 1, ..NONE },
    };
    /// `toondb serve` is called by hand, and a client is killed.
    pub const BY_HAND: Self = Self {
        name: "by hand",
        older: 2,
        newer: 0,
        is_stale: false,
        disturbances: Disturbances { by_hand: 1, client_kills: 1, early_idles: 1, ..NONE },
    };
    /// Another program puts its socket in the place of the server's.
    pub const USURPED: Self = Self {
        name: "usurped",
        older: 2,
        newer: 0,
        is_stale: false,
        disturbances: Disturbances { usurped: 1, signals: 1, server_kills: 1, ..NONE },
    };
    /// The server finds damage, and a client is killed.
    pub const DAMAGE: Self = Self {
        name: "damage",
        older: 2,
        newer: 0,
        is_stale: true,
        disturbances: Disturbances { damage: 1, client_kills: 1, server_kills: 1, ..NONE },
    };
    /// The world before anything has happened.
    pub fn begin(&self) -> State {
        let mut clients = [Client::absent(); CLIENTS];
        let kinds = std::iter::repeat_n(false, self.older).chain(std::iter::repeat_n(true, self.newer));
        for (client, newer) in clients.iter_mut().zip(kinds) {
            *client = Client::new(newer);
        }
        State {
            clients,
            servers: [Server::absent(); SERVERS],
            place: if self.is_stale { Place::Stale } else { Place::Nothing },
            text: Text { says: if self.is_stale { Says::Serving } else { Says::Nothing }, author_lives: false },
            embedded: Embedded::Out,
            way_given: false,
            left: self.disturbances,
            wrong: Wrong::default(),
        }
    }
}
