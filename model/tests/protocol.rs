//! The protocol holds in every scenario, whatever happens when; and what the scenarios are about does happen in them.

use toondb_model::{
    At, Embedded, Goal, Line, Order, Outcome, Phase, Protocol, Scenario, State, Why, explore, goes_in_circles, reach,
};

#[track_caller]
fn holds(scenario: Scenario, orders: &[Order]) {
    for &order in orders {
        let report = explore(Protocol::sound(scenario, order));
        println!("{}, {order:?}: {} states, up to {} actions away", scenario.name, report.states, report.depth);
        for (property, run) in &report.broken {
            println!("broken: {property}\n{run}\n");
        }
        assert!(report.broken.is_empty(), "{}", scenario.name);
    }
}

const BOTH: [Order; 2] = [Order::UnlinkFirst, Order::CloseFirst];

#[test]
fn a_crowd_gets_one_server() {
    holds(Scenario::CROWD, &[Order::UnlinkFirst]);
}

#[test]
fn kills_of_servers_and_starters_are_survived() {
    holds(Scenario::KILLS, &[Order::UnlinkFirst]);
}

#[test]
fn ends_of_every_sort_are_survived() {
    holds(Scenario::ENDS, &BOTH);
}

#[test]
fn an_older_server_gives_way_when_it_is_alone() {
    holds(Scenario::VERSIONS, &BOTH);
    holds(Scenario::TWO_NEWER, &[Order::UnlinkFirst]);
    holds(Scenario::REPLACEMENT, &[Order::UnlinkFirst]);
}

#[test]
fn an_embedded_holder_is_told_and_nobody_else() {
    holds(Scenario::EMBEDDED, &BOTH);
}

#[test]
fn a_server_started_by_hand_is_found() {
    holds(Scenario::BY_HAND, &BOTH);
}

#[test]
fn a_foreign_socket_is_left_alone() {
    holds(Scenario::USURPED, &BOTH);
}

#[test]
fn damage_is_told_as_what_it_is() {
    holds(Scenario::DAMAGE, &BOTH);
}

/// What makes "somebody can always go on" say that everybody comes to an end.
#[test]
fn no_run_goes_in_circles() {
    for scenario in [Scenario::KILLS, Scenario::VERSIONS, Scenario::EMBEDDED, Scenario::USURPED] {
        assert!(!goes_in_circles(Protocol::sound(scenario, Order::UnlinkFirst)), "{}", scenario.name);
    }
}

fn any_server(state: &State, is: impl Fn(&toondb_model::Server) -> bool) -> bool {
    state.servers.iter().any(is)
}

fn any_client(state: &State, is: impl Fn(&toondb_model::Client) -> bool) -> bool {
    state.clients.iter().any(is)
}

fn all_answered(state: &State) -> bool {
    state.clients.iter().all(|client| matches!(client.at, At::Ended(Outcome::Answered | Outcome::Absent)))
}

/// A model in which nothing happens would be sound as well.
#[test]
fn what_the_scenarios_are_about_happens() {
    let goals: [(&str, Scenario, Goal); 16] = [
        ("three clients have one server at one time", Scenario::CROWD, |state| {
            state.clients.iter().all(|client| matches!(client.at, At::Answered(_)))
        }),
        ("a stale socket is removed", Scenario::CROWD, |state| {
            any_server(state, |server| server.phase == Phase::Clearing)
        }),
        ("a server that wants to end finds a client", Scenario::CROWD, |state| {
            any_server(state, |server| server.phase == Phase::Checking && server.why == Why::Idle)
                && any_client(state, |client| client.at.connected().is_some())
        }),
        ("a durable write loses its answer, and gets it from the next server", Scenario::KILLS, |state| {
            all_answered(state) && state.left.server_kills == 0 && any_client(state, |client| client.rounds >= 4)
        }),
        ("a killed server has its path's lock when its successor has the directory", Scenario::KILLS, |state| {
            any_server(state, |server| server.phase == Phase::Dead && server.held.path)
                && any_server(state, |server| server.phase == Phase::WaitingForPath)
        }),
        ("a killed server has its listener when its successor looks", Scenario::KILLS, |state| {
            any_server(state, |server| server.phase == Phase::Dead && server.held.listener)
                && any_server(state, |server| server.phase == Phase::Probing)
        }),
        ("a second server sends its starter to the first", Scenario::KILLS, |state| {
            any_server(state, |server| server.line == Line::Served)
        }),
        ("a server that drains refuses a write, and the next one takes it", Scenario::ENDS, |state| {
            all_answered(state) && state.left.signals == 0 && any_client(state, |client| client.rounds >= 2)
        }),
        ("a server starts while its predecessor drains", Scenario::ENDS, |state| {
            any_server(state, |server| server.phase == Phase::Draining)
                && any_server(state, |server| server.phase == Phase::WaitingForDir)
        }),
        ("a newer client has the older server replaced, and all are answered", Scenario::VERSIONS, |state| {
            all_answered(state) && any_server(state, |server| server.newer)
        }),
        ("an older server with other clients stays, and serves the newer one", Scenario::VERSIONS, |state| {
            any_client(state, |client| client.has_asked_way && matches!(client.at, At::Answered(_)))
                && any_server(state, |server| !server.newer && server.is_ready())
        }),
        ("an embedded holder is told", Scenario::EMBEDDED, |state| {
            any_client(state, |client| client.at == At::Ended(Outcome::Locked))
        }),
        ("an embedded holder leaves in time", Scenario::EMBEDDED, |state| {
            all_answered(state) && state.left.embedded == 0 && state.embedded == Embedded::Out
        }),
        ("a server by hand is found by everybody", Scenario::BY_HAND, |state| {
            all_answered(state) && state.left.by_hand == 0 && state.clients.iter().all(|client| client.rounds == 0)
        }),
        ("a foreign socket is found", Scenario::USURPED, |state| {
            any_client(state, |client| client.at == At::Ended(Outcome::Foreign))
        }),
        ("damage is told", Scenario::DAMAGE, |state| {
            any_client(state, |client| client.at == At::Ended(Outcome::Damaged))
        }),
    ];
    for (name, scenario, goal) in goals {
        assert!(
            reach(Protocol::sound(scenario, Order::UnlinkFirst), goal).is_some(),
            "{}: never {name}",
            scenario.name
        );
    }
}
