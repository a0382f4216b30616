//! The plan of an "and": which parts narrow the result, which take rows away, and in what order.
//!
//! Nested "and"s are flattened, ordered predicates on one field become one interval, and `$not` becomes a difference.
//! Cheap parts go first: once no row is left the dear ones, such as a search through every text, are never evaluated.

use std::collections::BTreeMap;

use super::interval::Interval;
use crate::api::Filter;

/// A part that rows must satisfy.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    /// The field's value lies in the interval.
    Within(&'a str, Interval<'a>),
    /// The filter matches.
    Matches(&'a Filter),
    /// The filter does not match.
    Excludes(&'a Filter),
}

/// All parts of an "and", flattened.
#[derive(Debug, Default)]
pub(super) struct Conjunction<'a> {
    intervals: BTreeMap<&'a str, Interval<'a>>,
    others: Vec<Step<'a>>,
    /// Two parts contradict each other whatever the rows.
    contradictory: bool,
}

impl<'a> Conjunction<'a> {
    /// The steps of "all of `parts`", `None` if no row can satisfy them.
    pub(super) fn steps(parts: &'a [Filter]) -> Option<Vec<Step<'a>>> {
        let mut gathered = Self::default();
        gathered.gather(parts);
        if gathered.contradictory {
            return None;
        }
        let mut steps = gathered.others;
        steps.extend(gathered.intervals.into_iter().map(|(name, interval)| Step::Within(name, interval)));
        Some(steps)
    }

    fn gather(&mut self, parts: &'a [Filter]) {
        for part in parts {
            match part {
                Filter::And(inner) => self.gather(inner),
                Filter::Not(inner) => self.others.push(Step::Excludes(inner)),
                Filter::Field(name, predicate) => match Interval::of(predicate) {
                    Some(interval) => self.narrow(name, interval),
                    None => self.others.push(Step::Matches(part)),
                },
                Filter::Or(_) => self.others.push(Step::Matches(part)),
            }
        }
    }

    fn narrow(&mut self, name: &'a str, interval: Interval<'a>) {
        let narrowed = match self.intervals.get(name) {
            Some(known) => known.intersect(interval),
            None => Some(interval),
        };
        match narrowed {
            Some(narrowed) => {
                self.intervals.insert(name, narrowed);
            }
            None => self.contradictory = true,
        }
    }
}
