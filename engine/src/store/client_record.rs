//! What is kept of the answers that a client may ask for again: one row for each client, and one for each long answer.
//!
//! ```text
//! clients.v1   client (16)                 u8 version (1), i64 last used in ms, u64 answered below, u32 count,
//!                                          then each: u64 number, u64 commit, u16 operation, u8 kind, u8 length, bytes
//! answers.v1   client (16), number (u64)   the answer's body, MessagePack
//! ```
//!
//! Integers of rows are little-endian, in keys big-endian. The log says of each operation under which number it was asked for, so
//! rows of clients are written by flushes alone, and no operation logs one. A long answer does not fit there: it is a row of its own.

use super::error::{StoreError, StoreResult};
use super::key::KeyWriter;
use super::table::Table;

const VERSION: u8 = 1;
/// The longest answer that is kept beside its number.
pub const INLINE_BYTES_MAX: usize = 192;

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The commit that carried it out.
    pub seq: u64,
    /// The number of the operation.
    pub kind: u16,
    /// What it said.
    pub body: AnswerBody,
}

/// What an answer said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerBody {
    /// That it was written, and nothing else.
    Written,
    /// This, MessagePack.
    Short(Box<[u8]>),
    /// A row of [`Table::Answers`] has it.
    Long,
}

impl AnswerBody {
    fn parts(&self) -> (u8, &[u8]) {
        match self {
            Self::Written => (0, &[]),
            Self::Short(bytes) => (1, bytes),
            Self::Long => (2, &[]),
        }
    }

    fn of_parts(kind: u8, bytes: &[u8]) -> Option<Self> {
        match kind {
            0 if bytes.is_empty() => Some(Self::Written),
            1 => Some(Self::Short(bytes.into())),
            2 if bytes.is_empty() => Some(Self::Long),
            _ => None,
        }
    }
}

/// Under which number an operation was asked for, as its head in the log says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOnce {
    /// The client.
    pub client: [u8; 16],
    /// The request's number.
    pub number: u64,
    /// Requests below this were answered.
    pub answered_below: u64,
    /// What the answer says.
    pub body: AnswerBody,
}

impl LoggedOnce {
    /// The most bytes it has.
    pub const BYTES_MAX: usize = 16 + 8 + 8 + 1 + INLINE_BYTES_MAX;

    /// Appends it; it has no length of its own.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (kind, bytes) = self.body.parts();
        out.extend_from_slice(&self.client);
        out.extend_from_slice(&self.number.to_le_bytes());
        out.extend_from_slice(&self.answered_below.to_le_bytes());
        out.push(kind);
        out.extend_from_slice(bytes);
    }

    /// From all of its bytes.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (client, rest) = bytes.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let (below, rest) = rest.split_first_chunk()?;
        let (kind, body) = rest.split_first()?;
        let (number, answered_below) = (u64::from_le_bytes(*number), u64::from_le_bytes(*below));
        let body = AnswerBody::of_parts(*kind, body)?;
        (answered_below <= number).then_some(Self { client: *client, number, answered_below, body })
    }
}

/// The row of a client.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientRecord {
    /// When it last asked for a change, in ms since 1970.
    pub used_at_ms: i64,
    /// Requests below this were answered.
    pub answered_below: u64,
    /// The answers that are kept, by their numbers, in order.
    pub answers: Vec<(u64, KeptAnswer)>,
}

impl ClientRecord {
    /// As stored.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(24 + 24 * self.answers.len());
        out.push(VERSION);
        out.extend_from_slice(&self.used_at_ms.to_le_bytes());
        out.extend_from_slice(&self.answered_below.to_le_bytes());
        out.extend_from_slice(&u32::try_from(self.answers.len()).unwrap_or(u32::MAX).to_le_bytes());
        for (number, KeptAnswer { seq, kind, body }) in &self.answers {
            let (tag, bytes) = body.parts();
            out.extend_from_slice(&number.to_le_bytes());
            out.extend_from_slice(&seq.to_le_bytes());
            out.extend_from_slice(&kind.to_le_bytes());
            out.extend_from_slice(&[tag, u8::try_from(bytes.len()).unwrap_or(u8::MAX)]);
            out.extend_from_slice(bytes);
        }
        out
    }

    /// From its stored form.
    pub fn decode(bytes: &[u8]) -> StoreResult<Self> {
        Self::read(bytes).ok_or(StoreError::corrupt(Table::Clients, "the record does not decode"))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let rest = &mut &*bytes;
        let [VERSION] = take(rest)? else { return None };
        let (used_at_ms, answered_below) = (i64::from_le_bytes(take(rest)?), u64::from_le_bytes(take(rest)?));
        let count = u32::from_le_bytes(take(rest)?);
        let (mut answers, mut least) = (Vec::new(), answered_below);
        for _ in 0..count {
            let (number, seq) = (u64::from_le_bytes(take(rest)?), u64::from_le_bytes(take(rest)?));
            let (kind, [tag, len]) = (u16::from_le_bytes(take(rest)?), take(rest)?);
            let (body, tail) = rest.split_at_checked(usize::from(len))?;
            *rest = tail;
            if number < least {
                return None;
            }
            least = number.checked_add(1)?;
            answers.push((number, KeptAnswer { seq, kind, body: AnswerBody::of_parts(tag, body)? }));
        }
        rest.is_empty().then_some(Self { used_at_ms, answered_below, answers })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*taken)
}

/// The key of a long answer.
pub fn answer_key(client: &[u8; 16], number: u64) -> Vec<u8> {
    KeyWriter::new().raw(client).u64(number).finish()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "whatever fails here fails the test")]

    use super::*;

    fn record() -> ClientRecord {
        let answer = |seq, body| KeptAnswer { seq, kind: 21, body };
        let short = AnswerBody::Short(vec![7; INLINE_BYTES_MAX].into());
        let answers =
            vec![(5, answer(9, AnswerBody::Written)), (6, answer(10, short)), (9, answer(3, AnswerBody::Long))];
        ClientRecord { used_at_ms: -5, answered_below: 5, answers }
    }

    #[test]
    fn records_survive_and_nothing_shorter_or_longer_does() {
        let stored = record().encode();
        assert_eq!(ClientRecord::decode(&stored).unwrap(), record());
        assert!((0..stored.len()).all(|len| ClientRecord::decode(&stored[..len]).is_err()));
        assert!(ClientRecord::decode(&[stored.as_slice(), &[0]].concat()).is_err());
        let unordered = ClientRecord { answered_below: 6, ..record() };
        assert!(ClientRecord::decode(&unordered.encode()).is_err(), "what was answered is not kept");
        // A count that the bytes do not have takes no memory.
        let mut boundless = ClientRecord::default().encode();
        boundless[17..21].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(ClientRecord::decode(&boundless).is_err());
    }

    #[test]
    fn what_the_log_says_survives() {
        for body in [AnswerBody::Written, AnswerBody::Short((*b"abc").into()), AnswerBody::Long] {
            let once = LoggedOnce { client: [7; 16], number: 5, answered_below: 5, body };
            let mut out = Vec::new();
            once.encode(&mut out);
            assert!(out.len() <= LoggedOnce::BYTES_MAX);
            assert_eq!(LoggedOnce::decode(&out).unwrap(), once);
            assert!((0..33).all(|len| LoggedOnce::decode(&out[..len]).is_none()));
            out[24] = 6;
            assert!(LoggedOnce::decode(&out).is_none(), "answered before it was asked for");
        }
    }
}
