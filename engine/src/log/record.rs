//! The record: one atomic batch, 8-aligned, in one segment.
//!
//! | bytes | field (little-endian) |
//! |---|---|
//! | 0..8 | checksum: xxh3-64 of the payload's hash, seeded with the header hash |
//! | 8..12 | mark: low half of the segment's salt |
//! | 12..16 | header check: low half of the header hash |
//! | 16..20 | payload length |
//! | 20..24 | synced through: offset in this segment up to which it was durable when this record was written |
//! | 24..32 | first seq |
//! | 32..40 | last seq |
//! | 40..48 | checksum of the record before in this segment, 0 in the first |
//! | 48..56 | opening: random number of the opening that wrote the record |
//! | 56..64 | epoch |
//! | 64..72 | the chain in front of the record |
//! | 72.. | payload, then zeros up to a multiple of 8 |
//!
//! The header hash is xxh3-64 of bytes 16..72, seeded with the salt and the record's own offset, so that neither a record
//! of the file's earlier life nor a copy at another place verifies. The mark makes looking for records cheap, and neither
//! it nor the hash can be forged by a payload whose author does not know the salt. Segments before this one are durable
//! whole, so `synced through` needs no segment number.
//!
//! The payload's hash is the xxh3-64 of the payload, seeded with the chain in front of it; the chain behind the record is made of
//! it, see [`super::lineage`]. So a payload is gone through once, and its hash is the same wherever the record stands.
//!
//! The checksum of the record before and the chain are not the same: the one ties a record to the very bytes before it, so that
//! what another opening wrote is never taken for this one's, the other to what these bytes say.
//!
//! In format 1 the payload begins at 56, the header hash covers bytes 16..56, and the checksum is xxh3-64 of the payload, seeded
//! with the header hash.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::lineage::Lineage;
use super::position::SeqRange;
use super::segment::{Fields, LogFormat};
use crate::planted::{self, Planted};

/// Length of the longest header.
pub(super) const RECORD_HEADER_BYTES: usize = LogFormat::Two.record_header_bytes() as usize;
pub(super) const RECORD_ALIGN: u32 = 8;

/// Bytes of a header that its hash does not cover.
const OUTER_BYTES: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordHeader {
    pub(super) synced_through: u32,
    pub(super) seqs: SeqRange,
    /// Checksum of the record before.
    pub(super) previous: u64,
    pub(super) opening: u64,
    /// Its own epoch, and the chain in front of it; nothing in format 1.
    pub(super) lineage: Option<Lineage>,
}

/// Where a record stands: what its hashes depend on besides its content.
#[derive(Clone, Copy, Debug)]
pub(super) struct RecordPlace {
    pub(super) salt: u64,
    pub(super) offset: u32,
    pub(super) format: LogFormat,
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
    /// Behind it; nothing in format 1.
    pub(super) lineage: Option<Lineage>,
    pub(super) end: u32,
}

/// A header that verifies: what is said of a payload that has not been looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RecordHead {
    pub(super) header: RecordHeader,
    pub(super) checksum: u64,
    pub(super) payload_bytes: u32,
    hash: u64,
}

/// A record as it is written, but for its payload.
pub(super) struct EncodedRecord {
    header: [u8; RECORD_HEADER_BYTES],
    format: LogFormat,
    pub(super) checksum: u64,
    /// Behind it; nothing in format 1.
    pub(super) lineage: Option<Lineage>,
}

impl EncodedRecord {
    pub(super) fn header(&self) -> &[u8] {
        self.header.get(..self.format.record_header_bytes() as usize).unwrap_or(&self.header)
    }
}

impl RecordHeader {
    /// The header as it is written in front of the payload.
    pub(super) fn encode(&self, place: RecordPlace, payload: &[u8]) -> EncodedRecord {
        let Self { synced_through, seqs, previous, opening, lineage } = *self;
        let mut header = [0; RECORD_HEADER_BYTES];
        let (outer, fields) = header.split_at_mut(OUTER_BYTES);
        let (fields, _) = fields.split_at_mut(place.format.record_header_bytes() as usize - OUTER_BYTES);
        let Lineage { epoch, chain } = lineage.unwrap_or(Lineage { epoch: 0, chain: 0 });
        let shorts = [payload.len() as u32, synced_through].map(u32::to_le_bytes);
        let longs = [seqs.first, seqs.last, previous, opening, epoch, chain].map(u64::to_le_bytes);
        put(fields, shorts.as_flattened().iter().chain(longs.as_flattened()));
        let hash = header_hash(place, fields);
        let (checksum, lineage) = self.seal(hash, payload);
        put(outer, checksum.to_le_bytes().iter().chain(&mark(place.salt)).chain(&low_half(hash)));
        EncodedRecord { header, format: place.format, checksum, lineage }
    }

    /// The checksum of the record with such a payload, and what stands behind it in the history.
    fn seal(&self, header_hash: u64, payload: &[u8]) -> (u64, Option<Lineage>) {
        let Some(lineage) = self.lineage else { return (xxh3_64_with_seed(payload, header_hash), None) };
        let payload_hash = lineage.payload_hash(payload);
        let checksum = xxh3_64_with_seed(&payload_hash.to_le_bytes(), header_hash);
        (checksum, Some(lineage.behind(self.seqs, payload_hash)))
    }
}

/// What does not fit is left out: format 1 has no lineage.
fn put<'a>(out: &mut [u8], bytes: impl Iterator<Item = &'a u8>) {
    for (to, from) in out.iter_mut().zip(bytes) {
        *to = *from;
    }
}

impl RecordHead {
    /// Reads the header of a record at `place`, from the bytes that begin there; nothing if it does not verify.
    pub(super) fn decode(bytes: &[u8], place: RecordPlace) -> Option<Self> {
        let mut outer = Fields(bytes.get(..place.format.record_header_bytes() as usize)?);
        let checksum = u64::from_le_bytes(outer.take());
        let (found_mark, check): ([u8; 4], [u8; 4]) = (outer.take(), outer.take());
        let hash = header_hash(place, outer.0);
        if found_mark != mark(place.salt) || check != low_half(hash) {
            return None;
        }
        let payload_bytes = u32::from_le_bytes(outer.take());
        let synced_through = u32::from_le_bytes(outer.take());
        let [first, last, previous, opening] = std::array::from_fn(|_| u64::from_le_bytes(outer.take()));
        let lineage = match place.format {
            LogFormat::One => None,
            LogFormat::Two => {
                Some(Lineage { epoch: u64::from_le_bytes(outer.take()), chain: u64::from_le_bytes(outer.take()) })
            }
        };
        let header = RecordHeader { synced_through, seqs: SeqRange { first, last }, previous, opening, lineage };
        Some(Self { header, checksum, payload_bytes, hash })
    }

    /// Where the record ends that begins at `offset`.
    pub(super) fn end(&self, offset: u32, format: LogFormat) -> u64 {
        u64::from(offset) + record_bytes(format, self.payload_bytes as usize)
    }

    /// What is known of the history behind the record, if the payload is the record's.
    pub(super) fn verify(&self, payload: &[u8]) -> Option<Option<Lineage>> {
        let (checksum, lineage) = self.header.seal(self.hash, payload);
        (checksum == self.checksum || planted::is(Planted::RecordChecksumSkipped)).then_some(lineage)
    }
}

/// Length of a record with its padding.
pub(super) fn record_bytes(format: LogFormat, payload_bytes: usize) -> u64 {
    (u64::from(format.record_header_bytes()) + payload_bytes as u64).next_multiple_of(u64::from(RECORD_ALIGN))
}

/// Reads what stands at `place` in the segment's bytes.
pub(super) fn find(segment: &[u8], place: RecordPlace) -> FoundRecord<'_> {
    let start = place.offset as usize;
    let Some(rest) = segment.get(start..).filter(|rest| rest.get(8..12) == Some(&mark(place.salt)[..])) else {
        return FoundRecord::Nothing;
    };
    let Some((header, body)) = rest.split_at_checked(place.format.record_header_bytes() as usize) else {
        return FoundRecord::Torn { end: segment.len() as u64 };
    };
    let Some(head) = RecordHead::decode(header, place) else {
        return FoundRecord::Torn { end: (start + header.len()) as u64 };
    };
    let end = head.end(place.offset, place.format);
    let whole = u32::try_from(end).ok().filter(|_| end <= segment.len() as u64);
    let payload = body.get(..head.payload_bytes as usize);
    let found = whole.zip(payload).and_then(|(end, payload)| Some((end, payload, head.verify(payload)?)));
    match found {
        Some((end, payload, lineage)) => {
            let RecordHead { header, checksum, .. } = head;
            FoundRecord::Record(LogRecord { header, checksum, payload, lineage, end })
        }
        None => FoundRecord::Torn { end: end.min(segment.len() as u64) },
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
