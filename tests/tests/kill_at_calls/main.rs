//! `kill -9` of the real server at each of its system calls: instead of a write, a rename, a sync and whatever else it does to
//! its data directory, while it starts, appends, flushes, turns segments over, changes the catalog, makes, deletes and restores
//! namespaces, takes and imports checkpoints, ends, and recovers from such a death.
//!
//! One script (`step.rs`) is played over the socket, one step after the other. A run of it under `strace` tells which calls
//! there are (`survey.rs`). Each of them is a case: the server dies there, and the next one has to show every acknowledged step
//! in full, the one that was under way in full or not at all, and nothing else (`life.rs`, `world.rs`); a check of its files finds
//! nothing, and the script goes on to its end. In other cases whoever recovers dies too, at one of the calls that this
//! very recovery makes.
//!
//! A kill takes nothing from the page cache, so a sync that is missing is not seen here: that is for `tests/crash`. What is
//! seen is whether the order of changes is right, and whether each can be taken up again from any point.
//! `TOONDB_LONG=1` tries all calls instead of a sample.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

mod life;
mod places;
mod step;
mod survey;
mod tally;
mod world;

use toondb_tests::{Dice, can_watch, is_long, seed};

use crate::life::Life;
use crate::step::steps;
use crate::survey::{Death, Survey};
use crate::tally::{Tally, share_out};

/// Deaths of the usual run.
const DEATHS: u64 = 150;
/// Deaths of the usual run after which recoveries are tried, and how many of each.
const RECOVERED: u64 = 16;
const RECOVERIES: u64 = 4;

fn can_be_skipped() -> bool {
    let is_skipped = !can_watch();
    if is_skipped {
        println!("skipped: strace is missing, or this process may not trace others");
    }
    is_skipped
}

/// One death of each group.
fn one_of_each(dice: &Dice, groups: &[Vec<Death>]) -> Vec<Death> {
    groups.iter().map(|group| dice.pick(group).clone()).collect()
}

/// As many as are asked for.
fn some<T>(dice: &Dice, mut all: Vec<T>, number: u64) -> Vec<T> {
    let draw = |all: &mut Vec<T>| all.swap_remove(usize::try_from(dice.below(all.len() as u64)).unwrap());
    (0..number.min(all.len() as u64)).map(|_| draw(&mut all)).collect()
}

#[test]
fn a_server_killed_at_any_call_keeps_what_it_acknowledged() {
    if can_be_skipped() {
        return;
    }
    let (seed, steps) = (seed(47), steps());
    let dice = Dice::new(seed);
    let survey = Survey::of_script(&steps);
    let groups = survey.groups();
    // From different groups, so that what makes many calls does not take them all.
    let deaths = if is_long() { groups.concat() } else { some(&dice, one_of_each(&dice, &groups), DEATHS) };
    let tally = Tally::default();
    share_out(&deaths, |_, death| {
        tally.attempt(std::slice::from_ref(death), || {
            let mut life = Life::new(&steps);
            let fate = life.begin(death);
            life.end();
            vec![fate]
        });
    });
    tally.end(&format!("seed {seed}, {} deaths at {:?}", deaths.len(), survey.calls()));
}

/// What a first death leaves has its own recovery: each change of a name leaves another one.
fn first_deaths(dice: &Dice, survey: &Survey) -> Vec<Death> {
    let (renames, rest): (Vec<_>, Vec<_>) =
        survey.groups().into_iter().partition(|group| group[0].call.starts_with("rename"));
    let mut deaths: Vec<Death> = renames.concat();
    for scene in rest.chunk_by(|one, other| one[0].scene == other[0].scene) {
        deaths.push(dice.pick(&scene.concat()).clone());
    }
    deaths
}

#[test]
fn a_server_killed_while_it_recovers_keeps_what_was_acknowledged() {
    if can_be_skipped() {
        return;
    }
    let (seed, steps) = (seed(48), steps());
    let dice = Dice::new(seed);
    let firsts = first_deaths(&dice, &Survey::of_script(&steps));
    let firsts = if is_long() { firsts } else { some(&dice, firsts, RECOVERED) };
    let tally = Tally::default();
    share_out(&firsts, |number, first| {
        let dice = Dice::new(seed ^ (number as u64) << 32);
        tally.attempt(std::slice::from_ref(first), || {
            let mut life = Life::new(&steps);
            let fate = life.begin(first);
            let mut groups = life.survey().groups();
            groups.iter_mut().for_each(|group| group.retain(|death| death.is_change));
            groups.retain(|group| !group.is_empty());
            let seconds =
                if is_long() { groups.concat() } else { some(&dice, one_of_each(&dice, &groups), RECOVERIES) };
            for (number, second) in seconds.into_iter().enumerate() {
                let mut case = vec![first.clone(), second];
                // And whoever recovers from that may die, too.
                case.extend(some(&dice, groups.concat(), u64::from(number % 3 == 0)));
                tally.attempt(&case, || {
                    let mut life = life.copy();
                    let fates = case[1..].iter().map(|death| life.go_on(death)).collect();
                    life.end();
                    fates
                });
            }
            vec![fate]
        });
    });
    tally.end(&format!("seed {seed}, recoveries of {} deaths", firsts.len()));
}
