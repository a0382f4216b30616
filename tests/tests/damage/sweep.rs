//! Many damages, drawn from a seed.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use toondb_tests::{Dice, is_long, seed};

use crate::case::{Damage, Kind, Outcome, PANICS, attempt, draw};
use crate::sample::{Ending, Sample, sample};

/// Counts outcomes, and keeps the bad ones.
#[derive(Default)]
struct Tally {
    counts: BTreeMap<(Kind, &'static str), usize>,
    bad: Vec<String>,
}

impl Tally {
    fn note(&mut self, sample: &Sample, damage: &Damage, outcome: &Outcome) {
        let name = match outcome {
            Outcome::Exact => "exact",
            Outcome::Reported => "reported",
            Outcome::LastRecordGone => "last record gone",
            Outcome::Lied(_) => "LIED",
            Outcome::Contained => "a panic, contained",
            Outcome::Panicked => "PANICKED",
        };
        *self.counts.entry((damage.kind, name)).or_default() += 1;
        let what = format!("{:?} end, {damage:?}", sample.ending);
        match outcome {
            Outcome::Exact | Outcome::Reported | Outcome::LastRecordGone => {}
            Outcome::Lied(text) => self.bad.push(format!("{what}: a read lied: {text}")),
            Outcome::Contained => self.bad.push(format!("{what}: a panic that was caught")),
            Outcome::Panicked => self.bad.push(format!("{what}: a panic")),
        }
    }
}

/// Counts panics wherever they happen, also those that something catches.
pub fn count_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::SeqCst);
        before(info);
    }));
}

#[test]
fn every_read_of_a_damaged_database_is_exact_or_an_error() {
    count_panics();
    let seed = seed(41);
    let cases = if is_long() { 20_000 } else { 500 };
    let samples = [Ending::Orderly, Ending::Killed, Ending::PowerLost].map(sample);
    for sample in &samples {
        let unsound = sample.questions.iter().zip(&sample.right).find(|(question, right)| {
            let is_unknown = question.namespace.starts_with("restored");
            right.is_err() && !is_unknown
        });
        assert!(unsound.is_none(), "the undamaged sample does not answer: {unsound:?}");
    }
    let dice = Dice::new(seed);
    let mut tally = Tally::default();
    let mut case = 0;
    while case < cases {
        for kind in Kind::ALL {
            let sample = dice.pick(&samples);
            let Some(damage) = draw(sample, kind, &dice) else { continue };
            tally.note(sample, &damage, &attempt(sample, &damage));
            case += 1;
        }
    }
    println!("{case} damages, seed {seed}: {:?}", tally.counts);
    let shown: Vec<&String> = tally.bad.iter().take(20).collect();
    assert!(
        shown.is_empty(),
        "seed {seed}: {} of {case} cases are bad:\n{shown:#?}\n{:?}",
        tally.bad.len(),
        tally.counts
    );
}
