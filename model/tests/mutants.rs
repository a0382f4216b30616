//! Each protocol with one thing wrong is found out: that is how the check is checked.

use toondb_model::{
    FEW_ROUNDS, Mutant, NEWER_FOLLOWS, NOBODY_CUT, NOBODY_WAITS, ONCE, ONE_OWNER, ONE_START, OWN_SOCKET, Protocol,
    Scenario, TRUE_ERRORS, find,
};

#[track_caller]
fn breaks(mutant: Mutant, scenario: Scenario, property: &'static str) {
    let run = find(Protocol::wrong(scenario, mutant), property);
    let shown = format!("{mutant:?}, {}: {property}", scenario.name);
    assert!(run.is_some(), "it passes for sound: {shown}");
    println!("{shown}\n{}\n", run.unwrap_or_default());
}

#[test]
fn a_starter_that_does_not_look_again_starts_a_second_server() {
    breaks(Mutant::NoSecondLook, Scenario::CROWD, ONE_START);
}

#[test]
fn a_starter_cannot_tell_a_server_that_starts_from_an_embedded_holder() {
    breaks(Mutant::StarterJudges, Scenario::BY_HAND, TRUE_ERRORS);
    breaks(Mutant::StarterJudges, Scenario::KILLS, TRUE_ERRORS);
}

#[test]
fn a_starter_that_tries_the_lock_of_the_directory_is_taken_for_its_owner() {
    breaks(Mutant::StarterProbes, Scenario::EMBEDDED, TRUE_ERRORS);
}

#[test]
fn a_server_that_does_not_wait_for_its_predecessor_reports_a_lock() {
    breaks(Mutant::NoWaitForPredecessor, Scenario::ENDS, TRUE_ERRORS);
}

#[test]
fn a_text_that_outlives_its_lock_is_believed() {
    breaks(Mutant::TextStays, Scenario::EMBEDDED, TRUE_ERRORS);
}

#[test]
fn a_server_that_is_believed_to_serve_sends_starters_in_circles() {
    breaks(Mutant::ServedUnproved, Scenario::CROWD, FEW_ROUNDS);
}

#[test]
fn what_a_killed_server_still_has_is_no_server() {
    breaks(Mutant::NoWaitForPathLock, Scenario::KILLS, TRUE_ERRORS);
    breaks(Mutant::NoWaitForListener, Scenario::KILLS, TRUE_ERRORS);
}

#[test]
fn a_server_beside_another_one_is_no_error() {
    breaks(Mutant::ServedIsAnError, Scenario::BY_HAND, TRUE_ERRORS);
}

#[test]
fn a_client_that_does_not_try_again_tells_errors_that_are_none() {
    breaks(Mutant::DeathIsTold, Scenario::KILLS, TRUE_ERRORS);
    breaks(Mutant::RefusalIsTold, Scenario::CROWD, TRUE_ERRORS);
    breaks(Mutant::ReadyIsBelieved, Scenario::CROWD, TRUE_ERRORS);
}

#[test]
fn a_start_lock_that_comes_down_to_the_server_hangs_who_wants_it_replaced() {
    breaks(Mutant::StartLockInherited, Scenario::VERSIONS, NOBODY_WAITS);
}

#[test]
fn a_socket_that_is_removed_without_a_look_was_somebody_elses() {
    breaks(Mutant::UnlinkUnlooked, Scenario::USURPED, OWN_SOCKET);
}

#[test]
fn a_socket_that_is_removed_without_the_locks_was_the_successors() {
    breaks(Mutant::UnlinkLate, Scenario::CROWD, OWN_SOCKET);
}

#[test]
fn a_lock_that_goes_before_the_work_has_ended_lets_two_write() {
    breaks(Mutant::LockBeforeDrain, Scenario::CROWD, ONE_OWNER);
}

#[test]
fn an_end_without_a_second_look_cuts_clients() {
    breaks(Mutant::IdleUnchecked, Scenario::CROWD, NOBODY_CUT);
    breaks(Mutant::WayUnchecked, Scenario::VERSIONS, NOBODY_CUT);
}

#[test]
fn a_replacement_without_the_start_lock_may_replace_nothing() {
    breaks(Mutant::WayWithoutStartLock, Scenario::VERSIONS, NEWER_FOLLOWS);
}

#[test]
fn a_replacement_by_hello_takes_servers_from_their_starters_for_ever() {
    breaks(Mutant::WayByHello, Scenario::VERSIONS, FEW_ROUNDS);
}

#[test]
fn a_write_that_is_repeated_without_its_number_happens_twice() {
    breaks(Mutant::Unnumbered, Scenario::ENDS, ONCE);
}
