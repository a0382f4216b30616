//! What a group commit changed, as it stands in a log record: resolved rows only, so that replay is deterministic.
//!
//! ```text
//! batch     = counters (76 bytes), operation*
//! operation = head, effect*        the first has the record's first commit_seq, the next one more
//! head      = u8 length of the head (20 or more), u8 origin, u16 kind, i64 time in ms, u32 number of effects, u32 bytes of effects,
//!             then, if it was asked for under a number, u8 bytes of that, and it (`client_record.rs`)
//! effect    = u8 table, u32 key length, u32 value length + 1 (0 = delete), key, value          all little-endian
//! ```
//!
//! A head may become longer: readers go by its length, and skip what they do not know. Origins may become more. In log records of
//! format 1 a head is the u32 number of effects alone.

use super::client_record::LoggedOnce;
use super::origin::{Author, OperationHead, Origin};
use super::record::Counters;
use super::table::Table;

/// Length of the head of an operation without a number, and the least that is read.
const HEAD_BYTES: usize = 20;
/// The longest head.
const HEAD_BYTES_MAX: usize = HEAD_BYTES + 1 + LoggedOnce::BYTES_MAX;
const _: () = assert!(HEAD_BYTES_MAX <= u8::MAX as usize, "its length is a byte");

/// How the operations of a batch begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchFormat {
    /// With the number of effects alone.
    Counted,
    /// With a head.
    Headed,
}

/// One row written or, without a value, deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowEffect<'a> {
    /// The table.
    pub table: Table,
    /// The row's key.
    pub key: &'a [u8],
    /// The row's new value; nothing = deleted.
    pub value: Option<&'a [u8]>,
}

/// Writes a batch behind whatever the buffer already holds.
#[derive(Debug)]
pub struct BatchWriter<'a> {
    out: &'a mut Vec<u8>,
}

/// A number that fits: the API bounds every key, value and operation far below 4 GiB.
fn short(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes()
}

impl<'a> BatchWriter<'a> {
    /// Begins a batch: the counters' place is reserved until [`BatchWriter::finish`].
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        Counters::default().encode(out);
        Self { out }
    }

    /// The most bytes that a batch of `batch_bytes`, 0 if it is not begun, has with one more operation in it, of `txn_bytes`
    /// as [`super::txn::Txn::bytes`] counts them.
    pub fn bytes_with(batch_bytes: usize, txn_bytes: usize) -> usize {
        batch_bytes.max(Counters::BYTES) + HEAD_BYTES_MAX + txn_bytes
    }

    /// Goes on with a batch begun earlier in the same buffer.
    pub fn resume(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Adds one operation with so many effects, and the time its commit is stamped with.
    pub fn operation<'e>(
        &mut self,
        Author { kind, origin }: Author,
        time_ms: i64,
        once: Option<&LoggedOnce>,
        count: usize,
        effects: impl Iterator<Item = RowEffect<'e>>,
    ) {
        let head_at = self.out.len();
        self.out.push(HEAD_BYTES as u8);
        self.out.push(origin.number());
        self.out.extend_from_slice(&kind.to_le_bytes());
        self.out.extend_from_slice(&time_ms.to_le_bytes());
        self.out.extend_from_slice(&short(count));
        let length_at = self.out.len();
        self.out.extend_from_slice(&[0; 4]);
        if let Some(once) = once {
            let once_at = self.out.len();
            self.out.push(0);
            once.encode(self.out);
            let bytes = self.out.len() - once_at - 1;
            for (place, bytes) in [(once_at, bytes), (head_at, HEAD_BYTES + 1 + bytes)] {
                if let Some(place) = self.out.get_mut(place) {
                    *place = u8::try_from(bytes).unwrap_or(u8::MAX);
                }
            }
        }
        let effects_at = self.out.len();
        for RowEffect { table, key, value } in effects {
            self.out.push(table.number());
            self.out.extend_from_slice(&short(key.len()));
            self.out.extend_from_slice(&short(value.map_or(0, |value| value.len() + 1)));
            self.out.extend_from_slice(key);
            self.out.extend_from_slice(value.unwrap_or_default());
        }
        let bytes = short(self.out.len() - effects_at);
        if let Some(place) = self.out.get_mut(length_at..length_at + 4) {
            place.copy_from_slice(&bytes);
        }
    }

    /// Fills in the counters as they are after the batch; `start` is where [`BatchWriter::begin`] began.
    pub fn finish(self, start: usize, counters: &Counters) {
        let mut head = Vec::with_capacity(80);
        counters.encode(&mut head);
        if let Some(place) = self.out.get_mut(start..start + head.len()) {
            place.copy_from_slice(&head);
        }
    }
}

/// Reads a batch. Every method gives `None` where the bytes are not a batch.
#[derive(Debug)]
pub struct BatchReader<'a> {
    format: BatchFormat,
    rest: Bytes<'a>,
    /// The counters after the batch.
    pub counters: Counters,
}

/// An operation of a batch.
#[derive(Debug, Clone)]
pub struct LoggedOperation<'a> {
    /// What is said of it; nothing where only its effects are counted.
    pub head: Option<OperationHead>,
    /// Under which number it was asked for, if it was.
    pub once: Option<LoggedOnce>,
    /// Its effects.
    pub effects: Effects<'a>,
}

/// The effects of an operation, each `None` where the bytes are not one: nothing comes behind that.
#[derive(Debug, Clone)]
pub struct Effects<'a> {
    left: usize,
    rest: Bytes<'a>,
}

/// Bytes that are taken from the front.
#[derive(Debug, Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.array()?)).ok()
    }

    fn effect(&mut self) -> Option<RowEffect<'a>> {
        let [table] = self.array()?;
        let table = Table::from_number(table).filter(|table| table.is_logged())?;
        let (key_len, value_len) = (self.number()?, self.number()?);
        let key = self.take(key_len)?;
        let value = self.take(value_len.saturating_sub(1))?;
        Some(RowEffect { table, key, value: (value_len > 0).then_some(value) })
    }
}

impl<'a> BatchReader<'a> {
    /// Begins to read.
    pub fn new(format: BatchFormat, payload: &'a [u8]) -> Option<Self> {
        let (counters, rest) = Counters::decode(payload)?;
        Some(Self { format, rest: Bytes(rest), counters })
    }

    /// True when everything has been read.
    pub fn is_empty(&self) -> bool {
        self.rest.0.is_empty()
    }

    /// The next operation.
    pub fn operation(&mut self) -> Option<LoggedOperation<'a>> {
        match self.format {
            BatchFormat::Counted => {
                let left = self.rest.number()?;
                let begin = self.rest;
                for _ in 0..left {
                    self.rest.effect()?;
                }
                let rest = Bytes(begin.0.get(..begin.0.len() - self.rest.0.len())?);
                Some(LoggedOperation { head: None, once: None, effects: Effects { left, rest } })
            }
            BatchFormat::Headed => self.headed(),
        }
    }

    fn headed(&mut self) -> Option<LoggedOperation<'a>> {
        let length = usize::from(*self.rest.0.first()?);
        let mut head = Bytes(self.rest.take(length)?);
        let [_length, origin] = head.array()?;
        let (kind, time_ms) = (u16::from_le_bytes(head.array()?), i64::from_le_bytes(head.array()?));
        let (left, bytes) = (head.number()?, head.number()?);
        let once = match head.array() {
            Some([bytes]) if bytes > 0 => Some(LoggedOnce::decode(head.take(usize::from(bytes))?)?),
            Some(_) | None => None,
        };
        let head = OperationHead { kind, origin: Origin::from_number(origin), time_ms };
        Some(LoggedOperation { head: Some(head), once, effects: Effects { left, rest: Bytes(self.rest.take(bytes)?) } })
    }
}

impl<'a> Iterator for Effects<'a> {
    type Item = Option<RowEffect<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        let effect = match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                self.rest.effect()
            }
            // Their number and their bytes must end together.
            None if self.rest.0.is_empty() => return None,
            None => None,
        };
        if effect.is_none() {
            *self = Self { left: 0, rest: Bytes(&[]) };
        }
        Some(effect)
    }
}
