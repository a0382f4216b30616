//! The rows of ordered logs.
//!
//! Entries of a log have consecutive positions, so its head tells which there are. Each entry also says how many bytes all
//! entries before it took, ever: what any run of entries takes is a difference of two such sums, and so the oldest can be
//! deleted, however many, without reading them.

use super::error::{StoreError, StoreResult};
use super::key::{KeyReader, KeyWriter};
use super::table::Table;

fn numbers<const N: usize>(table: Table, bytes: &[u8]) -> StoreResult<[u64; N]> {
    let (numbers, rest) = bytes.as_chunks::<8>();
    match <[[u8; 8]; N]>::try_from(numbers) {
        Ok(numbers) if rest.is_empty() => Ok(numbers.map(u64::from_le_bytes)),
        Ok(_) | Err(_) => Err(StoreError::corrupt(table, "the record has another length")),
    }
}

fn encoded(numbers: &[u64]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// A log: five u64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogHead {
    /// Its number in the keys of its entries, never given to another log.
    pub number: u64,
    /// The position of the oldest entry, or `next`.
    pub first: u64,
    /// The position of the next entry.
    pub next: u64,
    /// Bytes of all entries that were ever appended.
    pub total: u64,
    /// Bytes of those that are gone.
    pub gone: u64,
}

impl LogHead {
    /// Bytes of a head as the quota counts them, beside the name.
    pub const BYTES: u64 = 40;

    /// As stored.
    pub fn encode(&self) -> Vec<u8> {
        let Self { number, first, next, total, gone } = *self;
        encoded(&[number, first, next, total, gone])
    }

    /// From its stored form.
    pub fn decode(bytes: &[u8]) -> StoreResult<Self> {
        let [number, first, next, total, gone] = numbers(Table::Logs, bytes)?;
        let head = Self { number, first, next, total, gone };
        match first <= next && gone <= total {
            true => Ok(head),
            false => Err(StoreError::corrupt(Table::Logs, "a log ends before it begins")),
        }
    }

    /// How many entries there are.
    pub fn length(&self) -> u64 {
        self.next - self.first
    }

    /// Bytes of the entries there are.
    pub fn bytes(&self) -> u64 {
        self.total - self.gone
    }

    /// The key of the entry at a position.
    pub fn entry_key(&self, position: u64) -> Vec<u8> {
        KeyWriter::new().u64(self.number).u64(position).finish()
    }
}

/// What the next new log gets: two u64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogMark {
    /// Its number.
    pub next_number: u64,
    /// The position of its first entry: behind those of every log that was deleted.
    pub first: u64,
}

impl Default for LogMark {
    fn default() -> Self {
        Self { next_number: 1, first: 1 }
    }
}

impl LogMark {
    /// Its key: no name of a log is empty.
    pub const KEY: &[u8] = b"";

    /// As stored.
    pub fn encode(&self) -> Vec<u8> {
        encoded(&[self.next_number, self.first])
    }

    /// From its stored form.
    pub fn decode(bytes: &[u8]) -> StoreResult<Self> {
        let [next_number, first] = numbers(Table::Logs, bytes)?;
        Ok(Self { next_number, first })
    }
}

/// An entry: the bytes of all entries before it (u64), then the user's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEntryRow<'a> {
    /// Bytes of all entries that were ever appended before it.
    pub before: u64,
    /// The user's bytes.
    pub value: &'a [u8],
}

impl<'a> LogEntryRow<'a> {
    /// Bytes of an entry as the quota counts them: its key, its head, its value.
    pub fn bytes_of(value_len: usize) -> u64 {
        24 + value_len as u64
    }

    /// As stored.
    pub fn encode(&self) -> Vec<u8> {
        [&self.before.to_le_bytes()[..], self.value].concat()
    }

    /// From its stored form.
    pub fn decode(bytes: &'a [u8]) -> StoreResult<Self> {
        let short = || StoreError::corrupt(Table::LogEntries, "the record is too short");
        let (before, value) = bytes.split_first_chunk().ok_or_else(short)?;
        Ok(Self { before: u64::from_le_bytes(*before), value })
    }

    /// The number of the log and the position that a key names.
    pub fn place(key: &[u8]) -> StoreResult<(u64, u64)> {
        let mut parts = KeyReader::new(key);
        match (parts.u64(), parts.u64(), parts.rest().is_empty()) {
            (Some(number), Some(position), true) => Ok((number, position)),
            _ => Err(StoreError::corrupt(Table::LogEntries, "the key does not decode")),
        }
    }
}
