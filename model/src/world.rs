//! What happens to clients and servers from outside.

use crate::action::Event;
use crate::mutant::Mutant;
use crate::process::{At, ClientId, Line, Outcome, Phase, Server, ServerId, Why};
use crate::protocol::Protocol;
use crate::server::die;
use crate::state::{Embedded, Place, Says, State, Text};

impl Protocol {
    /// Lets it happen; false if it cannot happen now.
    pub(crate) fn world(&self, state: &mut State, event: Event) -> bool {
        match event {
            Event::KillServer(id) => kill_server(state, id),
            Event::KillClient(id) => kill_client(state, id),
            Event::Signal(id) => self.signal(state, id),
            Event::ServeByHand => serve_by_hand(state),
            Event::Enter => enter(state),
            Event::Leave => self.leave(state),
            Event::KillEmbedded => kill_embedded(state),
            Event::Usurp => usurp(state),
            Event::Damage(id) => damage(state, id),
        }
    }

    /// The text goes before the lock, since its author lives on.
    fn leave(&self, state: &mut State) -> bool {
        if state.embedded != Embedded::In {
            return false;
        }
        state.embedded = Embedded::Leaving;
        if !self.is(Mutant::TextStays) {
            state.text.says = Says::Nothing;
        }
        true
    }

    /// Before it serves, a signal is a kill.
    fn signal(&self, state: &mut State, id: ServerId) -> bool {
        if state.server(id).phase != Phase::Serving || !spend(&mut state.left.signals) {
            return false;
        }
        let server = state.server_mut(id);
        (server.phase, server.why) = (self.first_of_end(), Why::Signal);
        true
    }
}

/// Somebody embedded goes on: writes the text of the lock that they have, or lets it go.
pub(crate) fn embedded(state: &mut State) -> bool {
    match state.embedded {
        Embedded::Out | Embedded::In => return false,
        Embedded::Undescribed => {
            (state.embedded, state.text) = (Embedded::In, Text { says: Says::Alone, author_lives: true });
        }
        Embedded::Leaving => state.embedded = Embedded::Out,
    }
    true
}

fn kill_embedded(state: &mut State) -> bool {
    let was = std::mem::replace(&mut state.embedded, Embedded::Out);
    if was == Embedded::In {
        state.text.author_lives = false;
    }
    was != Embedded::Out
}

/// Takes one of what is left.
fn spend(left: &mut u8) -> bool {
    let is_left = *left > 0;
    *left = left.saturating_sub(1);
    is_left
}

fn kill_server(state: &mut State, id: ServerId) -> bool {
    if !state.server(id).is_alive() || !spend(&mut state.left.server_kills) {
        return false;
    }
    die(state, id);
    true
}

fn kill_client(state: &mut State, id: ClientId) -> bool {
    let client = state.client(id);
    // After the answer a kill is a close.
    if matches!(client.at, At::Ended(_) | At::Answered(_)) || !spend(&mut state.left.client_kills) {
        return false;
    }
    state.client_mut(id).end(Outcome::Killed);
    true
}

fn serve_by_hand(state: &mut State) -> bool {
    let place = State::server_ids().find(|&id| state.server(id).phase == Phase::Absent);
    let Some(place) = place.filter(|_| spend(&mut state.left.by_hand)) else { return false };
    *state.server_mut(place) = Server::started(false, false);
    true
}

fn enter(state: &mut State) -> bool {
    // Whoever opens embedded does not wait: a lock that nobody owns the directory by is an error to them.
    let is_refused = state.is_dir_held();
    if (is_refused && !state.is_probed()) || !spend(&mut state.left.embedded) {
        return false;
    }
    state.wrong.told |= is_refused;
    if !is_refused {
        state.embedded = Embedded::Undescribed;
    }
    true
}

/// Only while the socket is served: between a look at a path and its removal nothing can protect what other programs put there.
fn usurp(state: &mut State) -> bool {
    let is_served = matches!(state.place, Place::Socket(id) if state.server(id).phase == Phase::Serving);
    if !is_served || !spend(&mut state.left.usurped) {
        return false;
    }
    state.place = Place::Foreign;
    true
}

fn damage(state: &mut State, id: ServerId) -> bool {
    if state.server(id).phase != Phase::Recovering || !spend(&mut state.left.damage) {
        return false;
    }
    crate::server::fail(state, id, Line::Damaged)
}
