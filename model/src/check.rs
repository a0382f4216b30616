//! Explores a protocol's states, all of them or up to what was looked for, and tells a run as one reads it.
//!
//! The explorer is stateright's. What it lacks is a check that no run goes in circles, so that is here: depth first, a state that is met
//! again while the way on from it is still being walked closes a circle.

use std::collections::{BTreeSet, HashMap};

use stateright::{Checker, HasDiscoveries, Model};

use crate::action::{Action, Step};
use crate::protocol::{GOAL, Goal, Protocol};
use crate::state::State;

/// What exploring has shown.
#[derive(Debug)]
pub struct Report {
    /// Different states.
    pub states: usize,
    /// Actions of the longest of all shortest ways to a state.
    pub depth: usize,
    /// The properties that do not hold, each with a run that shows it.
    pub broken: Vec<(&'static str, String)>,
}

/// Explores everything.
pub fn explore(protocol: Protocol) -> Report {
    let checker = protocol.checker().spawn_bfs().join();
    let mut broken: Vec<_> = checker.discoveries().into_keys().filter(|&name| name != GOAL).collect();
    broken.sort_unstable();
    let run = |name| (name, find(protocol, name).unwrap_or_default());
    Report {
        states: checker.unique_state_count(),
        depth: checker.max_depth(),
        broken: broken.into_iter().map(run).collect(),
    }
}

/// A short run that breaks a property; nothing if none does.
pub fn find(protocol: Protocol, property: &'static str) -> Option<String> {
    let readable = Protocol { sorts: false, ..protocol };
    let found = HasDiscoveries::AnyOf(BTreeSet::from([property]));
    let checker = readable.checker().finish_when(found).spawn_bfs().join();
    let mut run = checker.discovery(property)?.into_vec();
    // The explorer goes on for a while after what it has found, and keeps the last.
    let condition = readable.property(property).condition;
    let end = run.iter().position(|(state, _)| condition(&readable, state) == (property == GOAL));
    run.truncate(end.map_or(run.len(), |end| end + 1));
    Some(tell(&run))
}

/// A short run to a goal; nothing if it cannot be reached.
pub fn reach(protocol: Protocol, goal: Goal) -> Option<String> {
    find(Protocol { goal: Some(goal), ..protocol }, GOAL)
}

/// True if some run comes back to a state that it has left.
pub fn goes_in_circles(protocol: Protocol) -> bool {
    // Of each state that was met, whether the way on from it has been walked to its end.
    let mut ended: HashMap<State, bool> = HashMap::new();
    let mut way: Vec<(State, Vec<State>)> = Vec::new();
    let mut next = protocol.init_states();
    loop {
        if let Some(state) = next.pop() {
            match ended.insert(state, false) {
                None => {
                    way.push((state, next));
                    next = protocol.next_states(&state);
                }
                Some(false) => return true,
                Some(true) => drop(ended.insert(state, true)),
            }
        } else if let Some((state, rest)) = way.pop() {
            ended.insert(state, true);
            next = rest;
        } else {
            return false;
        }
    }
}

fn tell(run: &[(State, Option<Action>)]) -> String {
    let Some(((state, _), before)) = run.split_last() else { return String::new() };
    let mut lines: Vec<String> =
        before.iter().filter_map(|(state, action)| action.map(|action| line(state, action))).collect();
    let clients: Vec<_> = state.clients.iter().map(|client| client.at).collect();
    let servers: Vec<_> = state.servers.iter().map(|server| (server.phase, server.held)).collect();
    lines.push(format!("then {clients:?}; {servers:?}; {:?}; {:?}; {:?}", state.place, state.text, state.wrong));
    lines.join("\n")
}

fn line(state: &State, action: Action) -> String {
    match action {
        Action::Client(id, step) => format!("client {}: {step:?}", id.0),
        Action::Server(id, Step::Next) => format!("server {}: {:?}", id.0, state.server(id).phase),
        Action::Server(id, step) => format!("server {}: {step:?}", id.0),
        Action::Embedded => format!("embedded: {:?}", state.embedded),
        Action::World(event) => format!("! {event:?}"),
    }
}
