//! Ordered logs: a list each, with the position of its first entry.

use std::collections::VecDeque;

use toondb_engine::api::{ByteBuf, PopLog, ReadLog, TrimLog};

use super::state::{Model, Outcome, counted};

/// A log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedLog {
    /// The position of the first entry, or of the next.
    pub first: u64,
    /// The entries.
    pub entries: VecDeque<Vec<u8>>,
}

impl OrderedLog {
    /// The position of the next entry.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The entries with their positions.
    pub fn rows(&self) -> impl Iterator<Item = (u64, &Vec<u8>)> {
        (self.first..).zip(&self.entries)
    }
}

impl Model {
    /// The entries of a log that a read of everything would give.
    #[must_use]
    pub fn read_log(&self, read: &ReadLog) -> Vec<(u64, Vec<u8>)> {
        let inside = |position: u64| {
            read.after.is_none_or(|after| position > after) && read.before.is_none_or(|before| position < before)
        };
        let log = self.logs.get(read.log.as_str());
        let rows = log.into_iter().flat_map(OrderedLog::rows).filter(|(position, _)| inside(*position));
        let mut rows: Vec<_> = rows.map(|(position, value)| (position, value.clone())).collect();
        let spare = read.last.map_or(0, |last| rows.len().saturating_sub(usize::try_from(last).unwrap_or(usize::MAX)));
        rows.drain(..spare);
        rows
    }

    pub(super) fn append(&mut self, log: &str, values: &[ByteBuf]) -> Outcome {
        let begin = self.log_floor.max(1);
        if values.is_empty() {
            let number = self.logs.get(log).map_or(begin, OrderedLog::next);
            return Outcome { number, ..Outcome::default() };
        }
        let fresh = || OrderedLog { first: begin, entries: VecDeque::new() };
        let log = self.logs.entry(log.to_owned()).or_insert_with(fresh);
        let number = log.next();
        log.entries.extend(values.iter().map(|value| value.to_vec()));
        Outcome { wrote: true, number, ..Outcome::default() }
    }

    pub(super) fn pop(&mut self, pop: &PopLog) -> Outcome {
        let mut taken = Vec::new();
        if let Some(log) = self.logs.get_mut(pop.log.as_str()) {
            for _ in 0..pop.count.unwrap_or(1) {
                let Some(value) = log.entries.pop_front() else { break };
                taken.push((log.first, value));
                log.first += 1;
            }
        }
        Outcome { wrote: !taken.is_empty(), entries: taken, ..Outcome::default() }
    }

    pub(super) fn trim(&mut self, trim: &TrimLog) -> Outcome {
        let Some(log) = self.logs.get_mut(trim.log.as_str()) else { return Outcome::default() };
        let kept = trim.keep.map_or(0, |keep| log.next().saturating_sub(keep));
        let until = kept.max(trim.before.unwrap_or(0)).clamp(log.first, log.next());
        let gone = until - log.first;
        log.entries.drain(..usize::try_from(gone).expect("it fits in memory"));
        log.first = until;
        counted(gone)
    }

    pub(super) fn delete_log(&mut self, log: &str) -> Outcome {
        let Some(gone) = self.logs.remove(log) else { return Outcome::default() };
        self.log_floor = self.log_floor.max(gone.next());
        counted(1)
    }
}
