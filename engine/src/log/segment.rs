//! The segment header and the names of segment files.
//!
//! | bytes | field (little-endian) |
//! |---|---|
//! | 0..8 | magic `TOONLOG\0` |
//! | 8..12 | format version, 1 |
//! | 12..16 | capacity: length of the file |
//! | 16..32 | namespace id |
//! | 32..40 | segment number, from 1, each one more than the last |
//! | 40..48 | first seq: that of the first record, known before it is written |
//! | 48..56 | salt: random, never zero |
//! | 56..64 | xxh3-64 of bytes 0..56 |

use xxhash_rust::xxh3::xxh3_64;

use crate::head_version;
use crate::planted::{self, Planted};

/// Length of the header; the first record starts here.
pub(super) const HEADER_BYTES: u32 = 64;

/// The format this build writes, and the newest it reads.
pub(super) const VERSION: u32 = 1;

const MAGIC: [u8; 8] = *b"TOONLOG\0";
const VERSION_OFFSET: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) capacity: u32,
    pub(super) namespace_id: [u8; 16],
    pub(super) number: u64,
    pub(super) first_seq: u64,
    pub(super) salt: u64,
}

/// Why bytes are not a header this build can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderFault {
    Newer(u32),
    Damaged(&'static str),
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES as usize] {
        let mut bytes = Vec::with_capacity(HEADER_BYTES as usize);
        bytes.extend(MAGIC);
        bytes.extend(VERSION.to_le_bytes());
        bytes.extend(self.capacity.to_le_bytes());
        bytes.extend(self.namespace_id);
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(self.first_seq.to_le_bytes());
        bytes.extend(self.salt.to_le_bytes());
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        let mut header = [0; HEADER_BYTES as usize];
        header.copy_from_slice(&bytes);
        header
    }

    /// The version is looked at before the checksum, whose place a newer format may have changed; `head_version` tells a
    /// newer one from a damaged one.
    pub(super) fn decode(bytes: &[u8; HEADER_BYTES as usize]) -> Result<Self, HeaderFault> {
        let mut fields = Fields(bytes);
        if fields.take::<8>() != MAGIC {
            return Err(HeaderFault::Damaged("not a segment header"));
        }
        match u32::from_le_bytes(fields.take()) {
            VERSION => {}
            newer if newer > VERSION => {
                let ours = bytes.split_last_chunk().is_some_and(|(sealed, checksum)| {
                    head_version::is_damaged(sealed, VERSION_OFFSET, VERSION, u64::from_le_bytes(*checksum))
                });
                return Err(if ours {
                    HeaderFault::Damaged("segment header: format version")
                } else {
                    HeaderFault::Newer(newer)
                });
            }
            _ => return Err(HeaderFault::Damaged("impossible format version")),
        }
        let header = Self {
            capacity: u32::from_le_bytes(fields.take()),
            namespace_id: fields.take(),
            number: u64::from_le_bytes(fields.take()),
            first_seq: u64::from_le_bytes(fields.take()),
            salt: u64::from_le_bytes(fields.take()),
        };
        if header.encode() == *bytes || planted::is(Planted::SegmentChecksumSkipped) {
            Ok(header)
        } else {
            Err(HeaderFault::Damaged("segment header checksum"))
        }
    }
}

/// Takes fixed-size fields off the front of a slice that is known to be long enough; missing bytes read as zero.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl Fields<'_> {
    pub(super) fn take<const N: usize>(&mut self) -> [u8; N] {
        let mut field = [0; N];
        let (head, rest) = self.0.split_at(N.min(self.0.len()));
        for (to, from) in field.iter_mut().zip(head) {
            *to = *from;
        }
        self.0 = rest;
        field
    }
}

/// What a name in the log's directory means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Segment(u64),
    Spare,
    Temporary,
    Foreign,
}

pub(super) fn segment_name(number: u64) -> String {
    format!("{number:020}.log")
}

pub(super) fn spare_name(id: u64) -> String {
    format!("spare-{id:016x}")
}

pub(super) fn temporary_name(id: u64) -> String {
    format!("tmp-{id:016x}")
}

pub(super) fn classify(name: &str) -> FileKind {
    // A file that somebody else has put there is not ours to remove or to write over.
    let is_ours = |prefix, name_of: fn(u64) -> String| {
        let id = name.strip_prefix(prefix).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        id.is_some_and(|id| name_of(id) == name)
    };
    if is_ours("spare-", spare_name) {
        return FileKind::Spare;
    }
    if is_ours("tmp-", temporary_name) {
        return FileKind::Temporary;
    }
    let number = name.strip_suffix(".log").and_then(|digits| digits.parse::<u64>().ok());
    match number {
        Some(number) if segment_name(number) == name => FileKind::Segment(number),
        _ => FileKind::Foreign,
    }
}
