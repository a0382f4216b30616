//! What a group commit changed, as it stands in a log record: resolved rows only, so that replay is deterministic.
//!
//! ```text
//! batch     = counters (76 bytes), operation*
//! operation = u32 number of effects, effect*          the first has the record's first commit_seq, the next one more
//! effect    = u8 table, u32 key length, u32 value length + 1 (0 = delete), key, value          all little-endian
//! ```

use super::record::Counters;
use super::table::Table;

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

impl<'a> BatchWriter<'a> {
    /// Begins a batch: the counters' place is reserved until [`BatchWriter::finish`].
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        Counters::default().encode(out);
        Self { out }
    }

    /// The most bytes that a batch of `batch_bytes`, 0 if it is not begun, has with one more operation in it, of `txn_bytes`
    /// as [`super::txn::Txn::bytes`] counts them.
    pub fn bytes_with(batch_bytes: usize, txn_bytes: usize) -> usize {
        const OPERATION_HEAD_BYTES: usize = 4;
        batch_bytes.max(Counters::BYTES) + OPERATION_HEAD_BYTES + txn_bytes
    }

    /// Goes on with a batch begun earlier in the same buffer.
    pub fn resume(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Adds one operation.
    pub fn operation<'e>(&mut self, count: usize, effects: impl Iterator<Item = RowEffect<'e>>) {
        self.number(count);
        for RowEffect { table, key, value } in effects {
            self.out.push(table.number());
            self.number(key.len());
            self.number(value.map_or(0, |value| value.len() + 1));
            self.out.extend_from_slice(key);
            self.out.extend_from_slice(value.unwrap_or_default());
        }
    }

    // Lengths fit: the API bounds every key and value far below 4 GiB.
    fn number(&mut self, number: usize) {
        self.out.extend_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
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
    rest: &'a [u8],
    /// The counters after the batch.
    pub counters: Counters,
}

impl<'a> BatchReader<'a> {
    /// Begins to read.
    pub fn new(payload: &'a [u8]) -> Option<Self> {
        let (counters, rest) = Counters::decode(payload)?;
        Some(Self { rest, counters })
    }

    /// True when everything has been read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn number(&mut self) -> Option<usize> {
        let (head, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        usize::try_from(u32::from_le_bytes(*head)).ok()
    }

    /// The number of effects of the next operation.
    pub fn operation(&mut self) -> Option<usize> {
        self.number()
    }

    /// The next effect of the operation.
    pub fn effect(&mut self) -> Option<RowEffect<'a>> {
        let (table, rest) = self.rest.split_first()?;
        self.rest = rest;
        let table = Table::from_number(*table)?;
        let (key_len, value_len) = (self.number()?, self.number()?);
        let (key, rest) = self.rest.split_at_checked(key_len)?;
        let (value, rest) = rest.split_at_checked(value_len.saturating_sub(1))?;
        self.rest = rest;
        Some(RowEffect { table, key, value: (value_len > 0).then_some(value) })
    }
}
