//! The record: one atomic batch, 8-aligned, in one segment.
//!
//! | bytes | field (little-endian) |
//! |---|---|
//! | 0..8 | checksum: xxh3-64 of the payload, seeded with the header hash |
//! | 8..12 | mark: low half of the segment's salt |
//! | 12..16 | header check: low half of the header hash |
//! | 16..20 | payload length |
//! | 20..24 | synced through: offset in this segment up to which it was durable when this record was written |
//! | 24..32 | first seq |
//! | 32..40 | last seq |
//! | 40..48 | checksum of the record before in this segment, 0 in the first |
//! | 48..56 | opening: random number of the opening that wrote the record |
//! | 56.. | payload, then zeros up to a multiple of 8 |
//!
//! The header hash is xxh3-64 of bytes 16..56, seeded with the salt and the record's own offset, so that neither a record
//! of the file's earlier life nor a copy at another place verifies. The mark makes looking for records cheap, and neither
//! it nor the hash can be forged by a payload whose author does not know the salt. Segments before this one are durable
//! whole, so `synced through` needs no segment number.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::position::SeqRange;
use super::segment::Fields;
use crate::planted::{self, Planted};

pub(super) const RECORD_HEADER_BYTES: u32 = 56;
pub(super) const RECORD_ALIGN: u32 = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordHeader {
    pub(super) synced_through: u32,
    pub(super) seqs: SeqRange,
    /// Checksum of the record before.
    pub(super) previous: u64,
    pub(super) opening: u64,
}

/// Where a record stands: what its hashes depend on besides its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordPlace {
    pub(super) salt: u64,
    pub(super) offset: u32,
}

/// What stands at an offset of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FoundRecord<'a> {
    /// A whole record.
    Record(LogRecord<'a>),
    /// A record of this segment of which a part is missing; it would have ended at `end`, as far as that is known.
    Torn { end: u64 },
    /// Nothing written by this segment.
    Nothing,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct LogRecord<'a> {
    pub(super) header: RecordHeader,
    pub(super) checksum: u64,
    pub(super) payload: &'a [u8],
    pub(super) end: u32,
}

impl RecordHeader {
    /// The encoded header and the record's checksum.
    pub(super) fn encode(&self, place: RecordPlace, payload: &[u8]) -> ([u8; RECORD_HEADER_BYTES as usize], u64) {
        let mut fields = Vec::with_capacity(RECORD_HEADER_BYTES as usize);
        fields.extend((payload.len() as u32).to_le_bytes());
        fields.extend(self.synced_through.to_le_bytes());
        fields.extend(self.seqs.first.to_le_bytes());
        fields.extend(self.seqs.last.to_le_bytes());
        fields.extend(self.previous.to_le_bytes());
        fields.extend(self.opening.to_le_bytes());
        let hash = header_hash(place, &fields);
        let checksum = xxh3_64_with_seed(payload, hash);
        let mut bytes = [0; RECORD_HEADER_BYTES as usize];
        let parts = [&checksum.to_le_bytes()[..], &mark(place.salt), &low_half(hash), &fields];
        for (to, from) in bytes.iter_mut().zip(parts.into_iter().flatten()) {
            *to = *from;
        }
        (bytes, checksum)
    }
}

/// Length of a record with its padding.
pub(super) fn record_bytes(payload_bytes: usize) -> u64 {
    (u64::from(RECORD_HEADER_BYTES) + payload_bytes as u64).next_multiple_of(u64::from(RECORD_ALIGN))
}

/// Reads what stands at `place` in the segment's bytes.
pub(super) fn find(segment: &[u8], place: RecordPlace) -> FoundRecord<'_> {
    let start = place.offset as usize;
    let Some(rest) = segment.get(start..).filter(|rest| rest.get(8..12) == Some(&mark(place.salt)[..])) else {
        return FoundRecord::Nothing;
    };
    let Some((head, body)) = rest.split_at_checked(RECORD_HEADER_BYTES as usize) else {
        return FoundRecord::Torn { end: segment.len() as u64 };
    };
    let mut outer = Fields(head);
    let checksum = u64::from_le_bytes(outer.take());
    let (_mark, check): ([u8; 4], [u8; 4]) = (outer.take(), outer.take());
    let hash = header_hash(place, outer.0);
    if check != low_half(hash) {
        return FoundRecord::Torn { end: (start + head.len()) as u64 };
    }
    let payload_bytes = u32::from_le_bytes(outer.take()) as usize;
    let header = RecordHeader {
        synced_through: u32::from_le_bytes(outer.take()),
        seqs: SeqRange { first: u64::from_le_bytes(outer.take()), last: u64::from_le_bytes(outer.take()) },
        previous: u64::from_le_bytes(outer.take()),
        opening: u64::from_le_bytes(outer.take()),
    };
    let end = start as u64 + record_bytes(payload_bytes);
    let fits = end <= segment.len() as u64;
    match (body.get(..payload_bytes), u32::try_from(end)) {
        (Some(payload), Ok(end))
            if fits
                && (xxh3_64_with_seed(payload, hash) == checksum || planted::is(Planted::RecordChecksumSkipped)) =>
        {
            FoundRecord::Record(LogRecord { header, checksum, payload, end })
        }
        _ => FoundRecord::Torn { end: end.min(segment.len() as u64) },
    }
}

fn header_hash(place: RecordPlace, fields: &[u8]) -> u64 {
    xxh3_64_with_seed(fields, place.salt ^ (u64::from(place.offset) << 32))
}

fn mark(salt: u64) -> [u8; 4] {
    low_half(salt)
}

fn low_half(hash: u64) -> [u8; 4] {
    let [a, b, c, d, ..] = hash.to_le_bytes();
    [a, b, c, d]
}
