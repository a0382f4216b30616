//! The file of a checkpoint, and its head.
//!
//! ```text
//! head    0..8    magic "TOONCKP\0"
//!         8..12   version u32 = 3: 1 had no documents without an embedding, and none that expire; 2 no blocks above 16 MiB
//!        12..16   length of the texts u32, at most a few KiB
//!        16..24   content checksum u64: the checksum of the last block, 0 without blocks
//!        24..32   length of the file u64
//!        32..40   rows u64
//!        40..48   key-value pairs u64
//!        48..56   commit u64
//!        56..64   time of that commit i64
//!        64..72   creation time i64
//!        72..     texts: MessagePack array of name, namespace, metadata
//!        ..       xxh3-64 of everything before
//! block*          u32 length of the rows, u32 number of rows
//!                 rows: u8 table, u32 key length, u32 value length, key, value
//!                 xxh3-64 of everything before in the block, seeded with the checksum of the block before (0)
//! ```
//!
//! All integers are little-endian. The chain of seeds fixes each block's place, and the head names the chain's end, the
//! number of rows and the file's length: no block can be changed, moved, left out or cut off unnoticed. The head is
//! written last, in room left for it, so a file that was not finished has no magic. Checksums are against accidents; what
//! bytes from elsewhere may do is settled by looking at every row.

use rmp_serde::Deserializer;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::fault::{Checked, CheckpointFault};
use super::site::Site;
use crate::api::{
    CheckpointId, CheckpointInfo, CommitSeq, Error, ErrorCode, NamespaceName, Properties, Result, TimestampMs,
};
use crate::disk::DiskFile;
use crate::head_version;
use crate::limits;
use crate::planted::{self, Planted};

const MAGIC: [u8; 8] = *b"TOONCKP\0";
const VERSION: u32 = 3;
const VERSION_OFFSET: usize = 8;
const FIXED_BYTES: usize = 72;
const CHECKSUM_BYTES: usize = 8;
/// Most bytes of the texts: metadata and two names.
const TEXTS_BYTES_MAX: usize = limits::CHECKPOINT_METADATA_BYTES_MAX + limits::NAME_BYTES_MAX + 256;

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Names and metadata.
    pub texts: Texts,
    /// The checksum of the last block.
    pub content_checksum: u64,
    /// The length of the file.
    pub file_bytes: u64,
    /// All rows.
    pub rows: u64,
    /// Rows of the key-value table.
    pub keys: u64,
    /// The commit it was taken at.
    pub commit_seq: u64,
    /// The time of that commit.
    pub last_commit_at: i64,
    /// When it was taken or imported.
    pub created_at: i64,
}

/// The part of a head that has no fixed size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// A name for people.
    pub name: String,
    /// The namespace it was taken of, or imported for.
    pub namespace: NamespaceName,
    /// Whatever the owner wants to remember about it.
    pub metadata: Properties,
}

impl Texts {
    fn encode(&self) -> Result<Vec<u8>> {
        rmp_serde::to_vec(self).map_err(|error| Error::internal(format!("a checkpoint's head: {error}")))
    }

    /// Refuses what a request would not have been allowed to say.
    pub fn check(&self) -> Result<()> {
        if self.name.len() > limits::NAME_BYTES_MAX {
            let (given, max) = (self.name.len(), limits::NAME_BYTES_MAX);
            return Err(Error::limit(format!("the name of a checkpoint has {given} bytes; the limit is {max}")));
        }
        NamespaceName::parse(self.namespace.as_str())?;
        self.metadata.validate()?;
        let given = rmp_serde::to_vec(&self.metadata).map_or(usize::MAX, |bytes| bytes.len());
        let max = limits::CHECKPOINT_METADATA_BYTES_MAX;
        if given > max {
            return Err(Error::limit(format!("a checkpoint's metadata takes {given} bytes; the limit is {max}")));
        }
        Ok(())
    }
}

impl Head {
    /// A head whose content is still to come.
    pub fn new(texts: Texts, created_at: i64) -> Self {
        let (content_checksum, file_bytes, rows, keys, commit_seq, last_commit_at) = (0, 0, 0, 0, 0, 0);
        Self { texts, content_checksum, file_bytes, rows, keys, commit_seq, last_commit_at, created_at }
    }

    /// As stored. Its length depends on the texts only.
    pub fn encode(&self) -> Result<Vec<u8>> {
        let texts = self.texts.encode()?;
        let length = u32::try_from(texts.len()).map_err(|_| Error::limit("a checkpoint's metadata is too large"))?;
        let mut out = Vec::with_capacity(FIXED_BYTES + texts.len() + CHECKSUM_BYTES);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&VERSION.to_le_bytes());
        out.extend_from_slice(&length.to_le_bytes());
        for number in [self.content_checksum, self.file_bytes, self.rows, self.keys, self.commit_seq] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for time in [self.last_commit_at, self.created_at] {
            out.extend_from_slice(&time.to_le_bytes());
        }
        out.extend_from_slice(&texts);
        out.extend_from_slice(&xxh3_64(&out).to_le_bytes());
        Ok(out)
    }

    /// Reads the head of a file; gives also where the first block begins.
    pub fn read(file: &dyn DiskFile) -> Checked<(Self, u64)> {
        let len = file.len().map_err(Site::io)?;
        let mut fixed = [0_u8; FIXED_BYTES];
        if len < (FIXED_BYTES + CHECKSUM_BYTES) as u64 {
            return Err(CheckpointFault::content("it is shorter than its head"));
        }
        file.read_exact_at(0, &mut fixed).map_err(Site::io)?;
        let mut fields = HeadFields(&fixed);
        if fields.take::<8>()? != MAGIC {
            return Err(CheckpointFault::content("it does not begin as a checkpoint does"));
        }
        let version = u32::from_le_bytes(fields.take()?);
        let texts_len = usize::try_from(u32::from_le_bytes(fields.take()?)).unwrap_or(usize::MAX);
        let whole = FIXED_BYTES.saturating_add(texts_len).saturating_add(CHECKSUM_BYTES);
        let is_possible = texts_len <= TEXTS_BYTES_MAX && whole as u64 <= len;
        let mut bytes = vec![0; if is_possible { whole } else { 0 }];
        file.read_exact_at(0, &mut bytes).map_err(Site::io)?;
        if version > VERSION {
            return Err(Self::refusal_of(version, &bytes));
        }
        if !is_possible {
            return Err(CheckpointFault::content("the length of its head is impossible"));
        }
        let cut = || CheckpointFault::content("its head is cut");
        let (covered, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or_else(cut)?;
        if u64::from_le_bytes(*checksum) != xxh3_64(covered) && !planted::is(Planted::HeadChecksumSkipped) {
            return Err(CheckpointFault::content("the checksum of its head is wrong"));
        }
        let mut reader = Deserializer::from_read_ref(covered.get(FIXED_BYTES..).ok_or_else(cut)?);
        reader.set_max_depth(limits::FRAME_DEPTH_MAX);
        let texts =
            Texts::deserialize(&mut reader).map_err(|_| CheckpointFault::content("its head does not decode"))?;
        texts.check().map_err(CheckpointFault::content)?;
        let head = Self {
            texts,
            content_checksum: u64::from_le_bytes(fields.take()?),
            file_bytes: u64::from_le_bytes(fields.take()?),
            rows: u64::from_le_bytes(fields.take()?),
            keys: u64::from_le_bytes(fields.take()?),
            commit_seq: u64::from_le_bytes(fields.take()?),
            last_commit_at: i64::from_le_bytes(fields.take()?),
            created_at: i64::from_le_bytes(fields.take()?),
        };
        if version == 0 || head.file_bytes != len {
            return Err(CheckpointFault::content("it is cut, or something was added to it"));
        }
        Ok((head, whole as u64))
    }

    /// Why a head that claims a newer version is refused. It is empty if it cannot be one of ours.
    fn refusal_of(version: u32, bytes: &[u8]) -> CheckpointFault {
        let ours = bytes.split_last_chunk::<CHECKSUM_BYTES>().is_some_and(|(sealed, checksum)| {
            head_version::is_damaged(sealed, VERSION_OFFSET, VERSION, u64::from_le_bytes(*checksum))
        });
        if ours {
            return CheckpointFault::content("the format version in its head is damaged");
        }
        let text = format!("the checkpoint has format version {version}; this build knows up to {VERSION}");
        Error::new(ErrorCode::UnsupportedVersion, text).into()
    }

    /// What the API tells of it.
    pub fn info(&self, id: CheckpointId) -> CheckpointInfo {
        CheckpointInfo {
            id,
            name: self.texts.name.clone(),
            namespace: self.texts.namespace.clone(),
            created_at: TimestampMs(self.created_at),
            size_bytes: self.file_bytes,
            keys: self.keys,
            commit_seq: CommitSeq(self.commit_seq),
            metadata: self.texts.metadata.clone(),
            damaged: None,
        }
    }
}

/// The fixed fields, one after the other.
struct HeadFields<'a>(&'a [u8]);

impl HeadFields<'_> {
    fn take<const N: usize>(&mut self) -> Checked<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk().ok_or_else(|| CheckpointFault::content("its head is cut"))?;
        self.0 = rest;
        Ok(*field)
    }
}
