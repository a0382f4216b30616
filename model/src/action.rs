//! Everything that can happen next. One action is one call of the system, or less.

use crate::process::{At, ClientId, Phase, ServerId};
use crate::state::State;

/// A client's next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// `connect`.
    Connect,
    /// Reads the end of its connection, or of the backlog.
    SeeEnd,
    /// Gets the start lock.
    TakeStart,
    /// Forks and executes the server, or says who has the directory.
    Start,
    /// Reads the pipe: a line, or its end.
    ReadPipe,
    /// Finds that the server is older.
    WantReplacement,
    /// Sends its write.
    Ask,
    /// Closes the connection.
    Close,
}

/// A server's next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The one that its phase names.
    Next,
    /// Reads who has the directory's lock, and is told that waiting is no use.
    Judge,
    /// Takes a client from the backlog and welcomes it.
    Accept(ClientId),
    /// Makes a client's write durable.
    Carry(ClientId),
    /// Answers it.
    Answer(ClientId),
    /// Refuses it, as the server ends.
    Refuse(ClientId),
    /// Hears that a client wants it to give way.
    HearReplacement(ClientId),
    /// Finds that nobody has been connected for long enough.
    EndIdle,
    /// The kernel closes one thing that a dead process had.
    Free(Thing),
}

/// What a process has open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// The lock of the directory.
    Dir,
    /// The lock of the path.
    Path,
    /// The listening socket.
    Listener,
    /// The connections.
    Connections,
    /// The pipe.
    Pipe,
}

/// What happens to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// `kill -9`.
    KillServer(ServerId),
    /// `kill -9`, or its own time is over.
    KillClient(ClientId),
    /// SIGTERM.
    Signal(ServerId),
    /// `toondb serve`.
    ServeByHand,
    /// Somebody embedded tries to take the lock.
    Enter,
    /// Somebody embedded closes the database, and lives on.
    Leave,
    /// Somebody embedded is killed.
    KillEmbedded,
    /// Another program replaces the socket.
    Usurp,
    /// Opening finds damage.
    Damage(ServerId),
}

/// An action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A client does it.
    Client(ClientId, Move),
    /// A server does it.
    Server(ServerId, Step),
    /// Somebody embedded writes the text of the lock that they have, or lets it go.
    Embedded,
    /// It happens.
    World(Event),
}

impl Action {
    /// True if it comes by itself, sooner or later, whatever the rest of the world does. A server alone with clients that have
    /// not gone is not sure to be idle long enough.
    pub fn is_sure(self, state: &State) -> bool {
        match self {
            Self::Client(..) | Self::Embedded => true,
            Self::Server(_, Step::EndIdle) => state.are_clients_gone(),
            Self::Server(..) => true,
            Self::World(_) => false,
        }
    }

    /// What may be possible in a state; whether it is, trying it says.
    pub fn candidates(state: &State, actions: &mut Vec<Self>) {
        for id in State::client_ids() {
            for &step in moves(state.client(id).at) {
                actions.push(Self::Client(id, step));
            }
        }
        for id in State::server_ids() {
            server_candidates(state, id, actions);
        }
        actions.push(Self::Embedded);
        actions.extend(
            [Event::ServeByHand, Event::Enter, Event::Leave, Event::KillEmbedded, Event::Usurp].map(Self::World),
        );
        actions.extend(State::client_ids().map(|id| Self::World(Event::KillClient(id))));
    }
}

fn moves(at: At) -> &'static [Move] {
    match at {
        At::Connecting => &[Move::Connect],
        At::Queued(_) | At::Asked(_) | At::Carried(_) | At::AskedToGiveWay(_) => &[Move::SeeEnd],
        At::WaitingForStart => &[Move::TakeStart, Move::Connect],
        At::WaitingToReplace(_) => &[Move::TakeStart, Move::SeeEnd],
        At::Judging | At::Probing => &[Move::Start],
        At::Starting(_) => &[Move::ReadPipe],
        At::Welcomed(_) => &[Move::SeeEnd, Move::WantReplacement, Move::Ask],
        At::Answered(_) => &[Move::Close],
        At::Ended(_) => &[],
    }
}

fn server_candidates(state: &State, id: ServerId, actions: &mut Vec<Action>) {
    let server = state.server(id);
    let mut push = |step| actions.push(Action::Server(id, step));
    match server.phase {
        Phase::Absent => return,
        Phase::Dead => {
            return [Thing::Dir, Thing::Path, Thing::Listener, Thing::Connections, Thing::Pipe]
                .into_iter()
                .for_each(|thing| push(Step::Free(thing)));
        }
        Phase::WaitingForDir => push(Step::Judge),
        Phase::Serving => push(Step::EndIdle),
        _ => {}
    }
    push(Step::Next);
    for client in State::client_ids() {
        match state.client(client).at {
            At::Queued(of) if of == id => push(Step::Accept(client)),
            At::Asked(of) if of == id => [Step::Carry(client), Step::Refuse(client)].into_iter().for_each(&mut push),
            At::Carried(of) if of == id => push(Step::Answer(client)),
            At::AskedToGiveWay(of) if of == id => push(Step::HearReplacement(client)),
            _ => {}
        }
    }
    actions.extend([Event::KillServer(id), Event::Signal(id), Event::Damage(id)].map(Action::World));
}
