//! The segment header and the names of segment files.
//!
//! | bytes | field (little-endian) |
//! |---|---|
//! | 0..8 | magic `TOONLOG\0` |
//! | 8..12 | format version, 1 or 2 |
//! | 12..16 | capacity: length of the file |
//! | 16..32 | namespace id |
//! | 32..40 | segment number, from 1, each one more than the last |
//! | 40..48 | first seq: that of the first record, known before it is written |
//! | 48..56 | salt: random, never zero |
//! | 56..64 | the epoch of what was written before the segment |
//! | 64..72 | the chain at its start |
//! | 72..80 | xxh3-64 of bytes 0..72 |
//!
//! Format 1 has its checksum, of bytes 0..56, in bytes 56..64, and nothing behind it. The version of a segment is that of its
//! records and their payloads. This build writes format 2 and reads both; a build that knows only format 1 refuses a log with a
//! segment of format 2, before it changes anything, because it looks at the version of the newest segment first.

use xxhash_rust::xxh3::xxh3_64;

use super::lineage::Lineage;
use super::record::RecordPlace;
use crate::head_version;
use crate::planted::{self, Planted};

/// Length of the longest header.
pub(super) const HEADER_BYTES: u32 = LogFormat::Two.segment_header_bytes();

const MAGIC: [u8; 8] = *b"TOONLOG\0";
const VERSION_OFFSET: usize = 8;
const CHECKSUM_BYTES: usize = 8;

/// How a segment, its records and their payloads are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Read, and never written any more.
    One,
    /// With lineages, and a head for each operation.
    Two,
}

impl LogFormat {
    /// The newest that this build reads, and the one it writes.
    pub(super) const NEWEST: Self = Self::Two;

    pub(super) const fn version(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// Length of a segment's header; the first record starts there.
    pub(super) const fn segment_header_bytes(self) -> u32 {
        match self {
            Self::One => 64,
            Self::Two => 80,
        }
    }

    /// Length of a record's header.
    pub(super) const fn record_header_bytes(self) -> u32 {
        match self {
            Self::One => 56,
            Self::Two => 72,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub(super) capacity: u32,
    pub(super) namespace_id: [u8; 16],
    pub(super) number: u64,
    pub(super) first_seq: u64,
    pub(super) salt: u64,
    /// Where it begins in the history; nothing in format 1.
    pub(super) lineage: Option<Lineage>,
}

/// Why bytes are not a header this build can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderFault {
    Newer(u32),
    Damaged(&'static str),
}

impl SegmentHeader {
    pub(super) fn format(&self) -> LogFormat {
        if self.lineage.is_some() { LogFormat::Two } else { LogFormat::One }
    }

    /// Where its first record starts.
    pub(super) fn first_offset(&self) -> u32 {
        self.format().segment_header_bytes()
    }

    /// Where a record of it would stand.
    pub(super) fn place(&self, offset: u32) -> RecordPlace {
        RecordPlace { salt: self.salt, offset, format: self.format() }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES as usize);
        bytes.extend(MAGIC);
        bytes.extend(self.format().version().to_le_bytes());
        bytes.extend(self.capacity.to_le_bytes());
        bytes.extend(self.namespace_id);
        bytes.extend(self.number.to_le_bytes());
        bytes.extend(self.first_seq.to_le_bytes());
        bytes.extend(self.salt.to_le_bytes());
        if let Some(Lineage { epoch, chain }) = self.lineage {
            bytes.extend(epoch.to_le_bytes());
            bytes.extend(chain.to_le_bytes());
        }
        bytes.extend(xxh3_64(&bytes).to_le_bytes());
        bytes
    }

    /// Reads what a segment begins with, [`HEADER_BYTES`] of it. The version is looked at before the checksum, whose place
    /// differs between formats; `head_version` tells a newer one from a damaged one.
    pub(super) fn decode(bytes: &[u8; HEADER_BYTES as usize]) -> Result<Self, HeaderFault> {
        let mut fields = Fields(bytes);
        if fields.take::<8>() != MAGIC {
            return Err(HeaderFault::Damaged("not a segment header"));
        }
        let format = match u32::from_le_bytes(fields.take()) {
            1 => LogFormat::One,
            2 => LogFormat::Two,
            newer if newer > LogFormat::NEWEST.version() => {
                let is_ours = [LogFormat::One, LogFormat::Two].into_iter().any(|format| is_ours(bytes, format));
                return Err(if is_ours {
                    HeaderFault::Damaged("segment header: format version")
                } else {
                    HeaderFault::Newer(newer)
                });
            }
            _ => return Err(HeaderFault::Damaged("impossible format version")),
        };
        let header = Self {
            capacity: u32::from_le_bytes(fields.take()),
            namespace_id: fields.take(),
            number: u64::from_le_bytes(fields.take()),
            first_seq: u64::from_le_bytes(fields.take()),
            salt: u64::from_le_bytes(fields.take()),
            lineage: match format {
                LogFormat::One => None,
                LogFormat::Two => {
                    Some(Lineage { epoch: u64::from_le_bytes(fields.take()), chain: u64::from_le_bytes(fields.take()) })
                }
            },
        };
        if bytes.starts_with(&header.encode()) || planted::is(Planted::SegmentChecksumSkipped) {
            Ok(header)
        } else {
            Err(HeaderFault::Damaged("segment header checksum"))
        }
    }
}

/// True if nothing but the version of a header of that format is damaged.
fn is_ours(bytes: &[u8], format: LogFormat) -> bool {
    let header = bytes.get(..format.segment_header_bytes() as usize);
    header.and_then(|header| header.split_last_chunk::<CHECKSUM_BYTES>()).is_some_and(|(sealed, checksum)| {
        head_version::is_damaged(sealed, VERSION_OFFSET, format.version(), u64::from_le_bytes(*checksum))
    })
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
