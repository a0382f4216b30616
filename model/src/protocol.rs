//! The protocol as stateright explores it, and what must hold.

use stateright::{Model, Property};

use crate::action::Action;
use crate::mutant::Mutant;
use crate::process::{At, Client, Outcome};
use crate::scenario::Scenario;
use crate::state::{Embedded, State};
use crate::world;

/// In which order a server that ends gives up its socket. Both are sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The path goes, then the listener: what `Server::end` does.
    UnlinkFirst,
    /// The listener goes, then the path.
    CloseFirst,
}

/// The protocol in one scenario.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// Who takes part.
    pub scenario: Scenario,
    /// How servers end.
    pub order: Order,
    /// What is wrong with it, if anything is.
    pub mutant: Option<Mutant>,
    /// What is to happen in some run.
    pub goal: Option<Goal>,
    /// Clients of a kind count as interchangeable. A counterexample reads better if each keeps its number.
    pub(crate) sorts: bool,
}

/// Something that a state can be.
pub type Goal = fn(&State) -> bool;

/// Never two owners.
pub const ONE_OWNER: &str = "at most one process has the directory, and only that one writes";
/// Nothing of others is removed.
pub const OWN_SOCKET: &str = "a socket is removed by its owner, or when it is stale by whoever has the path's lock";
/// Clients keep their connections.
pub const NOBODY_CUT: &str = "no server that ends by itself or gives way has other clients";
/// Numbered writes.
pub const ONCE: &str = "an acknowledged write is carried out exactly once, an unacknowledged one at most once";
/// No lost start.
pub const TRUE_ERRORS: &str = "an error that a client is told is so";
/// No hang.
pub const NOBODY_WAITS: &str = "as long as somebody is there, somebody can go on; then all have ended";
/// No livelock.
pub const FEW_ROUNDS: &str = "nobody connects anew more often than something has happened";
/// 100 callers start one.
pub const ONE_START: &str = "no starter starts a server beside another one";
/// A replacement is one.
pub const NEWER_FOLLOWS: &str = "the server after one that gave way is the newer one";
/// The model is large enough.
pub const ROOM: &str = "there is a place for each server";
/// [`Protocol::goal`].
pub const GOAL: &str = "what is to happen can happen";

impl Protocol {
    /// The protocol as it is meant.
    pub fn sound(scenario: Scenario, order: Order) -> Self {
        Self { scenario, order, mutant: None, goal: None, sorts: true }
    }

    /// The protocol with something wrong.
    pub fn wrong(scenario: Scenario, mutant: Mutant) -> Self {
        Self { mutant: Some(mutant), ..Self::sound(scenario, Order::UnlinkFirst) }
    }

    pub(crate) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Once a client goes back when it has started its server. Each disturbance can send it back twice more, as can a replacement: by
    /// the end of its connection, and when it has started the next server.
    fn rounds_max(&self, state: &State) -> u8 {
        let happened = self.scenario.disturbances.total() - state.left.total();
        let replaces = u8::from(self.scenario.newer > 0);
        1 + 2 * (happened + replaces)
    }
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let mut state = self.scenario.begin();
        state.tidy(self.sorts);
        vec![state]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        Action::candidates(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        let is_possible = match action {
            Action::Client(id, step) => self.client(&mut state, id, step),
            Action::Server(id, step) => self.server(&mut state, id, step),
            Action::Embedded => world::embedded(&mut state),
            Action::World(event) => self.world(&mut state, event),
        };
        state.tidy(self.sorts);
        is_possible.then_some(state)
    }

    /// What goes in circles is shown by one round too many.
    fn within_boundary(&self, state: &State) -> bool {
        state.clients.iter().all(|client| client.rounds <= self.rounds_max(state) + 1)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(ONE_OWNER, |_, state: &State| has_one_owner(state)),
            Property::always(OWN_SOCKET, |_, state: &State| !state.wrong.unlinked),
            Property::always(NOBODY_CUT, |_, state: &State| !state.wrong.cut),
            Property::always(ONCE, |_, state: &State| state.clients.iter().all(is_once)),
            Property::always(TRUE_ERRORS, |protocol: &Self, state: &State| protocol.tells_truth(state)),
            Property::always(NOBODY_WAITS, |protocol: &Self, state: &State| protocol.goes_on(state)),
            Property::always(FEW_ROUNDS, |protocol: &Self, state: &State| {
                state.clients.iter().all(|client| client.rounds <= protocol.rounds_max(state))
            }),
            Property::always(ONE_START, |_, state: &State| !state.wrong.second),
            Property::always(NEWER_FOLLOWS, |_, state: &State| !state.wrong.older),
            Property::always(ROOM, |_, state: &State| !state.wrong.crowded),
            Property::sometimes(GOAL, |protocol: &Self, state: &State| protocol.goal.is_some_and(|goal| goal(state))),
        ]
    }
}

fn has_one_owner(state: &State) -> bool {
    let embedded = usize::from(state.embedded != Embedded::Out);
    let holders = state.servers.iter().filter(|server| server.held.dir).count() + embedded;
    let writers = state.servers.iter().filter(|server| server.writes).count() + embedded;
    holders <= 1 && writers <= 1 && state.servers.iter().all(|server| server.held.dir || !server.writes)
}

fn is_once(client: &Client) -> bool {
    let is_acknowledged = matches!(client.at, At::Answered(_) | At::Ended(Outcome::Answered));
    client.applied <= 1 && (!is_acknowledged || client.applied == 1)
}

impl Protocol {
    /// True if each error has a cause, and had it when it was found.
    fn tells_truth(&self, state: &State) -> bool {
        let (could, left) = (self.scenario.disturbances, state.left);
        let is_caused = |client: &Client| match client.at {
            At::Ended(Outcome::Locked) => left.embedded < could.embedded,
            At::Ended(Outcome::Damaged) => left.damage < could.damage,
            At::Ended(Outcome::Foreign) => left.usurped < could.usurped,
            At::Ended(Outcome::Gone) => false,
            _ => true,
        };
        !state.wrong.told && state.clients.iter().all(is_caused)
    }

    /// True if something is sure to happen, or everything has ended. No run goes in circles, so this says that each run ends well once
    /// nothing disturbs it any more.
    fn goes_on(&self, state: &State) -> bool {
        let has_ended = state.are_clients_gone() && state.servers.iter().all(|server| !server.is_alive());
        if has_ended {
            return true;
        }
        let mut actions = Vec::new();
        Action::candidates(state, &mut actions);
        actions.into_iter().any(|action| action.is_sure(state) && self.next_state(state, action).is_some())
    }
}
