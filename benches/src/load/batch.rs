//! The bytes of the requests that a connection has in flight, encoded once by the client library.
//!
//! All ids lie above 32 bits, so that requests and answers have one length and the status is always at the same place:
//! `length(4) array(1) id(9) status(1) body`.

use std::ops::Range;

use toondb_engine::api::{Durability, Get, Put, Request};
use toondb_ipc::write_request;

use crate::data::{KEY_DIGITS, KEY_PREFIX, Random, VALUE_BYTES, key, value, write_digits};
use crate::outcome::Outcome;

const ID_FIRST: u64 = 1 << 32;
const LENGTH_BYTES: usize = 4;
/// Where the status is in an answer's payload.
const STATUS_AT: usize = 10;

/// What the load asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask {
    /// Durable puts of 100 bytes.
    Put,
    /// Gets of keys that exist.
    Get,
}

/// The requests of one connection.
#[derive(Debug)]
pub struct Batch {
    bytes: Vec<u8>,
    digits: Vec<Range<usize>>,
    answer_bytes_min: usize,
}

impl Batch {
    /// As many requests as a connection has in flight.
    pub fn new(ask: Ask, pipeline: usize) -> Outcome<Self> {
        let (request, answer_bytes_min) = match ask {
            Ask::Put => {
                let put = Put { key: key(0), value: value(), ttl_ms: None, durability: Durability::Durable };
                (Request::Put(put), STATUS_AT + 1)
            }
            // An absent key has a much shorter answer; it would make a get look cheaper than it is.
            Ask::Get => (Request::Get(Get { key: key(0), snapshot: None }), STATUS_AT + 1 + VALUE_BYTES),
        };
        let mut batch = Self { bytes: Vec::new(), digits: Vec::new(), answer_bytes_min };
        for id in (ID_FIRST..).take(pipeline) {
            let start = batch.bytes.len();
            write_request(&mut batch.bytes, id, request.code().number(), "default", &request)?;
            let frame = batch.bytes.get(start..).unwrap_or_default();
            let found = frame.windows(KEY_PREFIX.len()).position(|window| window == KEY_PREFIX.as_bytes());
            let at = start + found.ok_or("a request does not contain its key")? + KEY_PREFIX.len();
            batch.digits.push(at..at + KEY_DIGITS);
        }
        Ok(batch)
    }

    /// How many requests these are.
    pub fn len(&self) -> usize {
        self.digits.len()
    }

    /// Their bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives each request a random key.
    pub fn draw(&mut self, random: &mut Random, keys: u64) {
        for range in &self.digits {
            if let Some(digits) = self.bytes.get_mut(range.clone()) {
                write_digits(digits, random.below(keys));
            }
        }
    }

    /// Counts the whole answers at the front of `input` and their bytes; one that is no success is an error.
    pub fn count_answers(&self, input: &[u8]) -> Outcome<(usize, usize)> {
        let (mut answers, mut bytes) = (0, 0);
        while let Some((header, rest)) = input.get(bytes..).and_then(|rest| rest.split_first_chunk::<LENGTH_BYTES>()) {
            let length = u32::from_be_bytes(*header) as usize;
            let Some(payload) = rest.get(..length) else { break };
            if length < self.answer_bytes_min || payload.get(STATUS_AT) != Some(&0) {
                return Err(format!("the server refused a request: {}", String::from_utf8_lossy(payload)).into());
            }
            answers += 1;
            bytes += LENGTH_BYTES + length;
        }
        Ok((answers, bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use toondb_engine::api::{CommitSeq, Error, ErrorCode, KvValue, MaybeValue, Response, Written};
    use toondb_ipc::{read_args, read_request, write_failure, write_success};

    #[test]
    fn drawn_requests_are_what_the_server_reads() {
        let mut batch = Batch::new(Ask::Put, 3).unwrap();
        batch.draw(&mut Random::new(5), 10_000);
        let mut random = Random::new(5);
        let frame_bytes = batch.bytes().len() / 3;
        for (frame, id) in batch.bytes().chunks(frame_bytes).zip(ID_FIRST..) {
            let head = read_request(&frame[LENGTH_BYTES..]).unwrap();
            assert_eq!(head.id, id);
            let Request::Put(put) = read_args(&head).unwrap() else { panic!("not a put") };
            assert_eq!((put.key, put.value, put.durability), (key(random.below(10_000)), value(), Durability::Durable));
        }
    }

    #[test]
    fn only_whole_successes_are_counted() {
        let batch = Batch::new(Ask::Put, 1).unwrap();
        let mut input = Vec::new();
        let written = Written { commit_seq: CommitSeq(70_000), durability: Durability::Durable };
        for id in [ID_FIRST, ID_FIRST + 1] {
            write_success(&mut input, id, &Response::Put(written)).unwrap();
        }
        let whole = input.len();
        for cut in 0..=whole {
            let (answers, bytes) = batch.count_answers(&input[..cut]).unwrap();
            assert_eq!((answers, bytes), (cut / (whole / 2), cut / (whole / 2) * (whole / 2)), "cut at {cut}");
        }
        write_failure(&mut input, ID_FIRST, &Error::new(ErrorCode::Busy, "too many requests are waiting"));
        assert!(batch.count_answers(&input).is_err());
    }

    #[test]
    fn a_get_must_find_its_key() {
        let batch = Batch::new(Ask::Get, 1).unwrap();
        let found = KvValue { value: value(), version: CommitSeq(3) };
        for (found, is_counted) in [(Some(found), true), (None, false)] {
            let mut input = Vec::new();
            write_success(&mut input, ID_FIRST, &Response::Get(MaybeValue { found })).unwrap();
            assert_eq!(batch.count_answers(&input).is_ok(), is_counted);
        }
    }
}
