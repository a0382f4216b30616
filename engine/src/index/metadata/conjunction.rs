//! The plan of an "and": which parts narrow the result, which take rows away, and in what order.
//!
//! Nested "and"s are flattened, ordered predicates on one field become one interval, and `$not` becomes a difference.
//! Cheap parts go first: once no row is left the dear ones, such as a search through every text, are never evaluated.

use std::collections::BTreeMap;

use super::interval::Interval;
use super::plan::Plan;
use crate::api::FieldPath;

/// A part that rows must satisfy.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    /// The field's value lies in the interval.
    Within(&'a FieldPath, Interval<'a>),
    /// The plan matches.
    Matches(&'a Plan<'a>),
    /// The plan does not match.
    Excludes(&'a Plan<'a>),
}

/// All parts of an "and", flattened.
#[derive(Debug, Default)]
pub(super) struct Conjunction<'a> {
    intervals: BTreeMap<&'a FieldPath, Interval<'a>>,
    others: Vec<Step<'a>>,
    /// Two parts contradict each other whatever the rows.
    contradictory: bool,
}

impl<'a> Conjunction<'a> {
    /// The steps of "all of `parts`", `None` if no row can satisfy them.
    pub(super) fn steps(parts: &'a [Plan<'a>]) -> Option<Vec<Step<'a>>> {
        let mut gathered = Self::default();
        gathered.gather(parts);
        if gathered.contradictory {
            return None;
        }
        let mut steps = gathered.others;
        steps.extend(gathered.intervals.into_iter().map(|(path, interval)| Step::Within(path, interval)));
        Some(steps)
    }

    fn gather(&mut self, parts: &'a [Plan<'a>]) {
        for part in parts {
            match part {
                Plan::And(inner) => self.gather(inner),
                Plan::Not(inner) => self.others.push(Step::Excludes(inner)),
                Plan::Field(path, predicate) => match Interval::of(predicate) {
                    Some(interval) => self.narrow(path, interval),
                    None => self.others.push(Step::Matches(part)),
                },
                Plan::Or(_) | Plan::Rows(_) => self.others.push(Step::Matches(part)),
            }
        }
    }

    fn narrow(&mut self, path: &'a FieldPath, interval: Interval<'a>) {
        let narrowed = match self.intervals.get(path) {
            Some(known) => known.intersect(interval),
            None => Some(interval),
        };
        match narrowed {
            Some(narrowed) => {
                self.intervals.insert(path, narrowed);
            }
            None => self.contradictory = true,
        }
    }
}
