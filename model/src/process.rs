//! The processes: clients, and the servers that they start.
//!
//! Locks are flags of their holders, so the kernel's part (a lock goes with its process) is `Server::held` and
//! `Client::holds_start`.

/// Which client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(pub u8);

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(pub u8);

/// How a client's call of open, and its one write, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    /// The write was acknowledged.
    Answered,
    /// Somebody has the directory open in their own process.
    Locked,
    /// The server could not open the directory.
    Damaged,
    /// A program that is no server of this directory answers at the path.
    Foreign,
    /// "The server is gone", and nothing better. Only mutants say it.
    Gone,
    /// `kill -9`, or the caller's own time was over.
    Killed,
    /// The scenario has no such client.
    Absent,
}

/// What a client does next, or waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum At {
    /// Has to connect: at the beginning, and after each end of a connection.
    Connecting,
    /// In the backlog, with its hello sent; waits for the welcome.
    Queued(ServerId),
    /// Nobody answered: waits for the start lock.
    WaitingForStart,
    /// Has the start lock, and nobody answered: about to start a server.
    Judging,
    /// Has taken the directory's lock to see whether it is free. Only in a mutant.
    Probing,
    /// Has started a server and reads its pipe.
    Starting(ServerId),
    /// Connected.
    Welcomed(ServerId),
    /// Connected to an older server; waits for the start lock to ask it to give way.
    WaitingToReplace(ServerId),
    /// Has the start lock and has asked the older server to give way.
    AskedToGiveWay(ServerId),
    /// Its write is on the way.
    Asked(ServerId),
    /// Its write is durable, and not answered.
    Carried(ServerId),
    /// Its write is answered; the connection is open.
    Answered(ServerId),
    /// Has ended.
    Ended(Outcome),
}

/// A client. Each makes one numbered write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Client {
    /// Where it is.
    pub at: At,
    /// It has the newer binary.
    pub newer: bool,
    /// It holds the lock on `start.lock`.
    pub holds_start: bool,
    /// It has asked an older server to give way once.
    pub has_asked_way: bool,
    /// How often it went back to connecting.
    pub rounds: u8,
    /// How often its write was carried out.
    pub applied: u8,
}

/// What a server does next, or waits for. The order is that of its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Phase {
    /// The place is free.
    Absent,
    /// Waits for the lock of the directory, for a bounded time.
    WaitingForDir,
    /// Has the lock; its text is still the last holder's.
    Describing,
    /// Opens the engine.
    Recovering,
    /// Waits for the lock of the socket's path.
    WaitingForPath,
    /// Looks what is at the path.
    Probing,
    /// Found a stale socket: about to remove what is there.
    Clearing,
    /// About to bind.
    Binding,
    /// Bound; connecting is refused until it listens.
    Listening,
    /// Accepts and answers; at first it has to announce itself and to say that it is ready.
    Serving,
    /// Wants to end: stops accepting, which takes effect a little later.
    Stopping,
    /// Accepts nobody any more, keeps the listener, and looks once more who is connected.
    Checking,
    /// Ends: about to compare the socket at the path with its own.
    Comparing,
    /// It was its own: about to remove it.
    Unlinking,
    /// About to close the listener, and with it the backlog.
    Closing,
    /// Can be reached no more: about to say so in the text of the directory's lock.
    Renouncing,
    /// Answers what it has begun, refuses the rest.
    Draining,
    /// The connections are closed; about to let the path go.
    ReleasingPath,
    /// The engine is closed; about to let the directory go.
    ReleasingDir,
    /// The process is gone; the kernel may not have closed all of its files yet.
    Dead,
}

/// The line that a server writes to its starter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Line {
    /// None yet.
    None,
    /// It serves.
    Ready,
    /// Another one serves: look there.
    Served,
    /// Somebody embedded has the directory.
    Locked,
    /// It could not open the directory.
    Damaged,
    /// The path belongs to another program.
    Occupied,
}

/// Why a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// It does not.
    Not,
    /// Nobody is connected.
    Idle,
    /// A newer client asked.
    GivesWay,
    /// SIGTERM.
    Signal,
}

/// What a process has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Held {
    /// The lock of the directory.
    pub dir: bool,
    /// The lock of the socket's path.
    pub path: bool,
    /// The listening socket.
    pub listener: bool,
    /// The accepted connections.
    pub connections: bool,
    /// The pipe to the starter.
    pub pipe: bool,
    /// The start lock, by a descriptor that should not have come down. Only in a mutant.
    pub start: bool,
}

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Server {
    /// Where it is.
    pub phase: Phase,
    /// It is the newer binary.
    pub newer: bool,
    /// What it has open.
    pub held: Held,
    /// It takes connections from the backlog.
    pub accepts: bool,
    /// Its engine is open: it may write.
    pub writes: bool,
    /// What it has told its starter.
    pub line: Line,
    /// Why it ends.
    pub why: Why,
}

impl At {
    /// The server whose accepted connection a client has.
    pub fn connected(self) -> Option<ServerId> {
        match self {
            Self::Welcomed(id)
            | Self::WaitingToReplace(id)
            | Self::AskedToGiveWay(id)
            | Self::Asked(id)
            | Self::Carried(id)
            | Self::Answered(id) => Some(id),
            Self::Connecting
            | Self::Queued(_)
            | Self::WaitingForStart
            | Self::Judging
            | Self::Probing
            | Self::Starting(_)
            | Self::Ended(_) => None,
        }
    }

    /// The server that a client has anything to do with.
    pub fn server(self) -> Option<ServerId> {
        match self {
            Self::Queued(id) | Self::Starting(id) => Some(id),
            other => other.connected(),
        }
    }
}

impl Client {
    /// One that has not connected yet.
    pub fn new(newer: bool) -> Self {
        Self { at: At::Connecting, newer, holds_start: false, has_asked_way: false, rounds: 0, applied: 0 }
    }

    /// A place without a client.
    pub fn absent() -> Self {
        Self { at: At::Ended(Outcome::Absent), ..Self::new(false) }
    }

    /// True if nothing more comes of it.
    pub fn has_ended(&self) -> bool {
        matches!(self.at, At::Ended(_))
    }

    /// Ends; all its locks and descriptors go.
    pub fn end(&mut self, outcome: Outcome) {
        self.at = At::Ended(outcome);
        self.holds_start = false;
    }

    /// Goes back to connecting.
    pub fn again(&mut self) {
        self.at = At::Connecting;
        self.rounds = self.rounds.saturating_add(1);
    }
}

impl Server {
    /// A free place.
    pub fn absent() -> Self {
        Self {
            phase: Phase::Absent,
            newer: false,
            held: Held::default(),
            accepts: false,
            writes: false,
            line: Line::None,
            why: Why::Not,
        }
    }

    /// A process that was just started.
    pub fn started(newer: bool, pipe: bool) -> Self {
        Self { phase: Phase::WaitingForDir, newer, held: Held { pipe, ..Held::default() }, ..Self::absent() }
    }

    /// True from the moment at which it tells its starter, until it begins to end.
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Serving && self.line == Line::Ready
    }

    /// True if its process lives.
    pub fn is_alive(&self) -> bool {
        !matches!(self.phase, Phase::Absent | Phase::Dead)
    }
}
