//! The server, from the start to the last of its files that the kernel closes.

use crate::action::{Step, Thing};
use crate::mutant::Mutant;
use crate::process::{At, ClientId, Held, Line, Phase, ServerId, Why};
use crate::protocol::{Order, Protocol};
use crate::state::{Embedded, Place, Says, State, Text};

impl Protocol {
    /// Takes a server's step; false if it is not possible now.
    pub(crate) fn server(&self, state: &mut State, id: ServerId, step: Step) -> bool {
        match step {
            Step::Next => self.next(state, id),
            Step::Judge => self.judge(state, id),
            Step::Accept(client) => accept(state, id, client),
            Step::Carry(client) => self.carry(state, id, client),
            Step::Answer(client) => answer(state, id, client),
            Step::Refuse(client) => refuse(state, id, client),
            Step::HearReplacement(client) => self.hear_replacement(state, id, client),
            Step::EndIdle => self.end_idle(state, id),
            Step::Free(thing) => free(state, id, thing),
        }
    }

    fn next(&self, state: &mut State, id: ServerId) -> bool {
        match state.server(id).phase {
            Phase::Absent | Phase::Dead => false,
            Phase::WaitingForDir => take_dir(state, id),
            Phase::Describing => {
                state.text = Text { says: Says::Starting, author_lives: true };
                let server = state.server_mut(id);
                (server.phase, server.writes) = (Phase::Recovering, true);
                true
            }
            Phase::Recovering => go(state, id, Phase::WaitingForPath),
            Phase::WaitingForPath => self.take_path(state, id),
            Phase::Probing => self.probe(state, id),
            Phase::Clearing => {
                state.wrong.unlinked |= accepts(state);
                state.place = Place::Nothing;
                go(state, id, Phase::Binding)
            }
            Phase::Binding if state.place != Place::Nothing => fail(state, id, Line::Occupied),
            Phase::Binding => {
                state.place = Place::Socket(id);
                go(state, id, Phase::Listening)
            }
            Phase::Listening => {
                let server = state.server_mut(id);
                (server.held.listener, server.held.connections, server.accepts) = (true, true, true);
                go(state, id, Phase::Serving)
            }
            Phase::Serving => announce(state, id),
            Phase::Stopping => {
                state.server_mut(id).accepts = false;
                go(state, id, Phase::Checking)
            }
            Phase::Checking => self.check(state, id),
            Phase::Comparing => self.compare(state, id),
            Phase::Unlinking => self.unlink(state, id),
            Phase::Closing => {
                let server = state.server_mut(id);
                (server.held.listener, server.accepts) = (false, false);
                let next = match self.order {
                    Order::UnlinkFirst => Phase::Renouncing,
                    Order::CloseFirst => Phase::Comparing,
                };
                go(state, id, next)
            }
            Phase::Renouncing => {
                state.text.says = Says::Ending;
                go(state, id, Phase::Draining)
            }
            Phase::Draining => drain(state, id),
            Phase::ReleasingPath => {
                state.server_mut(id).held.path = false;
                go(state, id, Phase::ReleasingDir)
            }
            Phase::ReleasingDir => self.release_dir(state, id),
        }
    }

    /// Waits no longer for a holder whose text says that it serves, if its socket accepts, or that it has the directory alone,
    /// if its process lives. Who starts or ends is waited for, and so is who has said nothing yet or is dead.
    fn judge(&self, state: &mut State, id: ServerId) -> bool {
        if state.server(id).phase != Phase::WaitingForDir || !state.is_dir_held() {
            return false;
        }
        let serves = accepts(state) || self.is(Mutant::ServedUnproved);
        let line = match state.text.says {
            Says::Serving if serves && !self.is(Mutant::ServedIsAnError) => Line::Served,
            Says::Alone if state.text.author_lives => Line::Locked,
            _ if self.is(Mutant::NoWaitForPredecessor) || self.is(Mutant::ServedIsAnError) => Line::Locked,
            Says::Nothing | Says::Starting | Says::Serving | Says::Ending | Says::Alone => return false,
        };
        state.wrong.told |= line == Line::Locked && state.embedded == Embedded::Out;
        fail(state, id, line)
    }

    fn take_path(&self, state: &mut State, id: ServerId) -> bool {
        if state.is_path_held() {
            return self.is(Mutant::NoWaitForPathLock) && fail(state, id, Line::Occupied);
        }
        state.server_mut(id).held.path = true;
        go(state, id, Phase::Probing)
    }

    fn probe(&self, state: &mut State, id: ServerId) -> bool {
        match state.place {
            Place::Nothing => go(state, id, Phase::Binding),
            Place::Foreign => fail(state, id, Line::Occupied),
            Place::Stale | Place::Socket(_) if !accepts(state) => go(state, id, Phase::Clearing),
            // The kernel has not closed it yet.
            Place::Stale | Place::Socket(_) => self.is(Mutant::NoWaitForListener) && fail(state, id, Line::Occupied),
        }
    }

    /// Nobody is accepted any more: goes on with the end, or with serving.
    fn check(&self, state: &mut State, id: ServerId) -> bool {
        let why = state.server(id).why;
        let unchecked = match why {
            Why::Idle => self.is(Mutant::IdleUnchecked),
            Why::GivesWay => self.is(Mutant::WayUnchecked),
            Why::Not | Why::Signal => false,
        };
        if state.connections(id, why == Why::Idle) == 0 || unchecked {
            state.way_given |= why == Why::GivesWay;
            return go(state, id, self.first_of_end());
        }
        for client in &mut state.clients {
            if client.at == At::AskedToGiveWay(id) {
                (client.at, client.holds_start, client.has_asked_way) = (At::Welcomed(id), false, true);
            }
        }
        let server = state.server_mut(id);
        (server.accepts, server.why) = (true, Why::Not);
        go(state, id, Phase::Serving)
    }

    /// The first phase of an end.
    pub(crate) fn first_of_end(&self) -> Phase {
        match self.order {
            Order::CloseFirst => Phase::Closing,
            Order::UnlinkFirst if self.is(Mutant::UnlinkLate) => Phase::Closing,
            Order::UnlinkFirst => Phase::Comparing,
        }
    }

    fn compare(&self, state: &mut State, id: ServerId) -> bool {
        if state.place == Place::Socket(id) || self.is(Mutant::UnlinkUnlooked) {
            return go(state, id, Phase::Unlinking);
        }
        self.after_unlink(state, id)
    }

    fn unlink(&self, state: &mut State, id: ServerId) -> bool {
        state.wrong.unlinked |= !matches!(state.place, Place::Nothing) && state.place != Place::Socket(id);
        state.place = Place::Nothing;
        self.after_unlink(state, id)
    }

    fn after_unlink(&self, state: &mut State, id: ServerId) -> bool {
        if self.is(Mutant::UnlinkLate) {
            die(state, id);
            return true;
        }
        if self.is(Mutant::LockBeforeDrain) {
            state.server_mut(id).held.dir = false;
        }
        let next = match self.order {
            Order::UnlinkFirst => Phase::Closing,
            Order::CloseFirst => Phase::Renouncing,
        };
        go(state, id, next)
    }

    fn release_dir(&self, state: &mut State, id: ServerId) -> bool {
        state.text.author_lives = false;
        let server = state.server_mut(id);
        (server.held.dir, server.writes) = (false, false);
        if self.is(Mutant::UnlinkLate) && server.line == Line::Ready {
            return go(state, id, Phase::Comparing);
        }
        die(state, id);
        true
    }

    fn carry(&self, state: &mut State, id: ServerId, client: ClientId) -> bool {
        let phase = state.server(id).phase;
        let client = state.client_mut(client);
        if client.at != At::Asked(id) || !(Phase::Serving..=Phase::Renouncing).contains(&phase) {
            return false;
        }
        // The answer to a number that is known is given again.
        if client.applied == 0 || self.is(Mutant::Unnumbered) {
            client.applied += 1;
        }
        client.at = At::Carried(id);
        true
    }

    fn hear_replacement(&self, state: &mut State, id: ServerId, client: ClientId) -> bool {
        if !state.server(id).is_ready() || state.client(client).at != At::AskedToGiveWay(id) {
            return false;
        }
        if state.connections(id, false) > 0 && !self.is(Mutant::WayUnchecked) {
            let client = state.client_mut(client);
            (client.at, client.holds_start, client.has_asked_way) = (At::Welcomed(id), false, true);
            return true;
        }
        state.client_mut(client).has_asked_way = !self.is(Mutant::WayByHello);
        state.server_mut(id).why = Why::GivesWay;
        go(state, id, Phase::Stopping)
    }

    fn end_idle(&self, state: &mut State, id: ServerId) -> bool {
        if !state.server(id).is_ready() || state.connections(id, true) > 0 {
            return false;
        }
        if !state.are_clients_gone() {
            if state.left.early_idles == 0 {
                return false;
            }
            state.left.early_idles -= 1;
        }
        state.server_mut(id).why = Why::Idle;
        go(state, id, Phase::Stopping)
    }
}

fn go(state: &mut State, id: ServerId, phase: Phase) -> bool {
    state.server_mut(id).phase = phase;
    true
}

/// Says why it cannot serve, lets go of what it has in the order of an end, and is gone.
pub(crate) fn fail(state: &mut State, id: ServerId, line: Line) -> bool {
    let server = state.server_mut(id);
    (server.line, server.held.pipe) = (line, false);
    if server.held.path {
        return go(state, id, Phase::ReleasingPath);
    }
    if server.held.dir {
        return go(state, id, Phase::ReleasingDir);
    }
    die(state, id);
    true
}

/// The process is gone; what it has open stays so until the kernel closes it.
pub(crate) fn die(state: &mut State, id: ServerId) {
    let is_author = state.server(id).held.dir && state.server(id).phase > Phase::Describing;
    state.text.author_lives &= !is_author;
    let server = state.server_mut(id);
    (server.phase, server.accepts, server.writes, server.held.start) = (Phase::Dead, false, false, false);
}

/// True if connecting is not refused.
pub(crate) fn accepts(state: &State) -> bool {
    match state.place {
        Place::Nothing | Place::Stale => false,
        Place::Socket(server) => state.server(server).held.listener,
        Place::Foreign => true,
    }
}

fn take_dir(state: &mut State, id: ServerId) -> bool {
    if state.is_dir_held() {
        return false;
    }
    state.server_mut(id).held.dir = true;
    go(state, id, Phase::Describing)
}

/// First the text of the directory's lock, then the line to the starter.
fn announce(state: &mut State, id: ServerId) -> bool {
    if state.text.says != Says::Serving {
        state.text.says = Says::Serving;
        return true;
    }
    let server = state.server_mut(id);
    let is_new = server.line == Line::None;
    (server.line, server.held.pipe) = (Line::Ready, false);
    is_new
}

fn drain(state: &mut State, id: ServerId) -> bool {
    let is_busy = |at| matches!(at, At::Asked(of) | At::Carried(of) if of == id);
    if state.clients.iter().any(|client| is_busy(client.at)) {
        return false;
    }
    state.wrong.cut |= state.server(id).why != Why::Signal && state.connections(id, false) > 0;
    state.server_mut(id).held.connections = false;
    go(state, id, Phase::ReleasingPath)
}

fn accept(state: &mut State, id: ServerId, client: ClientId) -> bool {
    let accepts = state.server(id).accepts;
    let client = state.client_mut(client);
    if !accepts || client.at != At::Queued(id) {
        return false;
    }
    (client.at, client.holds_start) = (At::Welcomed(id), false);
    true
}

fn answer(state: &mut State, id: ServerId, client: ClientId) -> bool {
    if !state.server(id).is_alive() || state.client(client).at != At::Carried(id) {
        return false;
    }
    state.client_mut(client).at = At::Answered(id);
    true
}

fn refuse(state: &mut State, id: ServerId, client: ClientId) -> bool {
    let server = *state.server(id);
    if server.phase != Phase::Draining || state.client(client).at != At::Asked(id) {
        return false;
    }
    state.wrong.cut |= server.why != Why::Signal;
    state.client_mut(client).again();
    true
}

fn free(state: &mut State, id: ServerId, thing: Thing) -> bool {
    let Held { dir, path, listener, connections, pipe, start: _ } = &mut state.server_mut(id).held;
    let held = match thing {
        Thing::Dir => dir,
        Thing::Path => path,
        Thing::Listener => listener,
        Thing::Connections => connections,
        Thing::Pipe => pipe,
    };
    std::mem::replace(held, false)
}
