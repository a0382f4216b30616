//! The client, and the starter that it becomes when nobody answers.

use crate::action::Move;
use crate::mutant::Mutant;
use crate::process::{At, Client, ClientId, Line, Outcome, Phase, Server};
use crate::protocol::Protocol;
use crate::server::accepts;
use crate::state::{Embedded, Place, Says, State};

impl Protocol {
    /// Takes a client's step; false if it is not possible now.
    pub(crate) fn client(&self, state: &mut State, id: ClientId, step: Move) -> bool {
        match step {
            Move::Connect => return connect(state, id),
            Move::SeeEnd => return self.see_end(state, id),
            Move::TakeStart => return self.take_start(state, id),
            Move::Start => return self.start(state, id),
            Move::ReadPipe => return self.read_pipe(state, id),
            Move::WantReplacement => return self.want_replacement(state, id),
            Move::Ask => return self.ask(state, id),
            Move::Close => state.client_mut(id).end(Outcome::Answered),
        }
        true
    }

    fn see_end(&self, state: &mut State, id: ClientId) -> bool {
        let at = state.client(id).at;
        let Some(server) = at.server().map(|server| *state.server(server)) else { return false };
        if let At::Queued(_) = at {
            if server.held.listener {
                return false;
            }
            if self.is(Mutant::RefusalIsTold) {
                state.client_mut(id).end(Outcome::Gone);
            } else {
                nobody(state, id);
            }
            return true;
        }
        if server.held.connections {
            return false;
        }
        // Who asked the server to give way keeps the start lock: the next server is theirs to start.
        state.client_mut(id).again();
        true
    }

    fn take_start(&self, state: &mut State, id: ClientId) -> bool {
        let at = state.client(id).at;
        let lost = at.connected().is_some_and(|server| !state.server(server).held.connections);
        let asks_unlocked = self.is(Mutant::WayWithoutStartLock) && matches!(at, At::WaitingToReplace(_));
        if lost || (state.is_start_held() && !asks_unlocked) {
            return false;
        }
        let skips_look = self.is(Mutant::NoSecondLook);
        let client = state.client_mut(id);
        client.holds_start = !asks_unlocked;
        client.at = match at {
            At::WaitingToReplace(server) => At::AskedToGiveWay(server),
            _ if skips_look => At::Judging,
            _ => At::Connecting,
        };
        true
    }

    fn start(&self, state: &mut State, id: ClientId) -> bool {
        let says_no_socket = matches!(state.text.says, Says::Nothing | Says::Starting | Says::Alone);
        if self.is(Mutant::StarterJudges) && state.is_dir_held() && says_no_socket {
            state.wrong.told |= state.embedded == Embedded::Out;
            state.client_mut(id).end(Outcome::Locked);
            return true;
        }
        if self.is(Mutant::StarterProbes) && state.client(id).at == At::Judging && !state.is_dir_held() {
            state.client_mut(id).at = At::Probing;
            return true;
        }
        self.spawn(state, id);
        true
    }

    fn spawn(&self, state: &mut State, id: ClientId) {
        let newer = state.client(id).newer;
        let Some(place) = State::server_ids().find(|&server| state.server(server).phase == Phase::Absent) else {
            state.wrong.crowded = true;
            return;
        };
        // Only a server whose starter was killed, or that was called by hand, may be there without its starter's lock.
        let used = self.scenario.disturbances;
        let none_is_orphaned = used.client_kills == state.left.client_kills && used.by_hand == state.left.by_hand;
        state.wrong.second |= none_is_orphaned
            && state.servers.iter().any(|server| (Phase::WaitingForDir..=Phase::Serving).contains(&server.phase));
        state.wrong.older |= state.way_given && !newer && used.client_kills == state.left.client_kills;
        state.way_given &= !newer;
        *state.server_mut(place) = Server::started(newer, true);
        state.server_mut(place).held.start = self.is(Mutant::StartLockInherited);
        state.client_mut(id).at = At::Starting(place);
    }

    fn read_pipe(&self, state: &mut State, id: ClientId) -> bool {
        let At::Starting(server) = state.client(id).at else { return false };
        let server = *state.server(server);
        let client = state.client_mut(id);
        match server.line {
            Line::None if server.held.pipe => return false,
            Line::None if self.is(Mutant::DeathIsTold) => client.end(Outcome::Gone),
            // Killed, and that is no error of the server's own: again.
            Line::None | Line::Ready | Line::Served => client.again(),
            Line::Locked => client.end(Outcome::Locked),
            Line::Damaged => client.end(Outcome::Damaged),
            Line::Occupied => client.end(Outcome::Foreign),
        }
        client.holds_start = false;
        if self.is(Mutant::ReadyIsBelieved) && server.line == Line::Ready && server.phase > Phase::Closing {
            client.end(Outcome::Gone);
        }
        true
    }

    fn want_replacement(&self, state: &mut State, id: ClientId) -> bool {
        let client = *state.client(id);
        let At::Welcomed(server) = client.at else { return false };
        if !state.server(server).held.connections || !wants(&client, state.server(server)) {
            return false;
        }
        state.client_mut(id).at =
            if self.is(Mutant::WayByHello) { At::AskedToGiveWay(server) } else { At::WaitingToReplace(server) };
        true
    }

    fn ask(&self, state: &mut State, id: ClientId) -> bool {
        let client = *state.client(id);
        let At::Welcomed(server) = client.at else { return false };
        if !state.server(server).held.connections || wants(&client, state.server(server)) {
            return false;
        }
        state.client_mut(id).at = At::Asked(server);
        true
    }
}

/// Who waits for the start lock looks again and again; a look that finds nobody changes nothing.
fn connect(state: &mut State, id: ClientId) -> bool {
    let waits = state.client(id).at == At::WaitingForStart;
    match state.place {
        Place::Foreign => state.client_mut(id).end(Outcome::Foreign),
        Place::Socket(server) if accepts(state) => state.client_mut(id).at = At::Queued(server),
        Place::Nothing | Place::Stale | Place::Socket(_) if waits => return false,
        Place::Nothing | Place::Stale | Place::Socket(_) => nobody(state, id),
    }
    true
}

/// Nobody answers: the start lock is next, or what it was taken for.
fn nobody(state: &mut State, id: ClientId) {
    let client = state.client_mut(id);
    client.at = if client.holds_start { At::Judging } else { At::WaitingForStart };
}

/// A newer client asks an older server to give way, once.
fn wants(client: &Client, server: &Server) -> bool {
    client.newer && !server.newer && !client.has_asked_way
}
