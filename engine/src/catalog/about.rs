//! What a folder says of itself: `<data>/ns/<32 hex digits>/namespace.meta`.
//!
//! | Bytes | Field |
//! |---|---|
//! | 0..8 | magic `TOONNS\0\0` |
//! | 8..12 | version u32 = 1 |
//! | 12..16 | length u32 of the body |
//! | 16.. | body: a MessagePack array of the name and the catalog's entry |
//! | then 8 | xxh3-64 of everything before |
//!
//! It is written under another name, synced, renamed, and its folder synced: a crash leaves the old one or the new one.

use std::path::Path;

use crate::api::{Error, ErrorCode, NamespaceName, Result};
use crate::disk::{Disk, OpenMode, to_error};
use crate::limits;
use crate::planted::{self, Planted};

use super::entry::Entry;

const NAME: &str = "namespace.meta";
const NEW_NAME: &str = "namespace.meta.new";
const MAGIC: &[u8; 8] = b"TOONNS\0\0";
const VERSION: u32 = 1;
const HEAD_BYTES: usize = 16;
const CHECKSUM_BYTES: usize = 8;

/// A folder's own account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// The namespace's name.
    pub name: String,
    /// What the catalog knows of it.
    pub entry: Entry,
}

/// What is found in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It says what it is.
    Valid(About),
    /// It has no such file.
    Missing,
    /// The file cannot be understood.
    Damaged(&'static str),
}

/// The kind of an error for a link that leads to itself, which has no stable name.
fn looping() -> std::io::ErrorKind {
    std::io::Error::from(rustix::io::Errno::LOOP).kind()
}

impl About {
    /// The file's name.
    pub const FILE: &str = NAME;

    fn encode(&self) -> Result<Vec<u8>> {
        let body = rmp_serde::to_vec(&(&self.name, &self.entry)).map_err(|error| Error::internal(error.to_string()))?;
        let len = u32::try_from(body.len()).map_err(|_| Error::limit("the metadata of a namespace is too large"))?;
        let mut bytes = Vec::with_capacity(HEAD_BYTES + body.len() + CHECKSUM_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&len.to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes.extend_from_slice(&xxhash_rust::xxh3::xxh3_64(&bytes).to_le_bytes());
        if bytes.len() as u64 > limits::NAMESPACE_META_BYTES_MAX {
            return Err(Error::limit("the metadata of a namespace is too large to be read again"));
        }
        Ok(bytes)
    }

    fn decode(bytes: &[u8]) -> std::result::Result<Self, &'static str> {
        let (sealed, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or("it is cut")?;
        if !sealed.starts_with(MAGIC) {
            return Err("it does not begin as such a file does");
        }
        let is_sound = xxhash_rust::xxh3::xxh3_64(sealed) == u64::from_le_bytes(*checksum);
        if !is_sound && !planted::is(Planted::AccountChecksumSkipped) {
            return Err("its checksum is wrong");
        }
        let number = |at: usize| sealed.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        if number(8) != Some(VERSION) {
            return Err("it has a version that this build does not know");
        }
        let body = sealed.get(HEAD_BYTES..).ok_or("it is cut")?;
        if number(12).map(|len| len as usize) != Some(body.len()) {
            return Err("its length is wrong");
        }
        let (name, entry): (String, Entry) = rmp_serde::from_slice(body).map_err(|_| "it does not decode")?;
        NamespaceName::parse(&name).map_err(|_| "its name is none of a namespace")?;
        Ok(Self { name, entry })
    }

    /// Writes it into its folder, durably.
    pub fn write(&self, disk: &dyn Disk, folder: &Path) -> Result<()> {
        let bytes = self.encode()?;
        let (path, fresh) = (folder.join(NAME), folder.join(NEW_NAME));
        let written = || {
            // What an earlier attempt left.
            if disk.exists(&fresh)? {
                disk.remove_file(&fresh)?;
            }
            let file = disk.open(&fresh, OpenMode::CreateNew)?;
            file.write_all_at(0, &bytes)?;
            if !planted::is(Planted::AccountUnsynced) {
                file.sync_data()?;
            }
            disk.rename(&fresh, &path)?;
            if planted::is(Planted::FolderUnsynced) { Ok(()) } else { disk.sync_dir(folder) }
        };
        written().map_err(|error: std::io::Error| match error.kind() {
            std::io::ErrorKind::NotFound if matches!(disk.exists(folder), Ok(false)) => {
                let text = format!("{} is missing: the namespace's files are lost", folder.display());
                Error::new(ErrorCode::Corrupt, text)
            }
            _ => to_error(&error),
        })
    }

    /// Reads what a folder says of itself. An error only if the disk fails.
    pub fn read(disk: &dyn Disk, folder: &Path, id: &[u8; 16]) -> Result<Found> {
        let path = folder.join(NAME);
        let len = match disk.file_len(&path) {
            Ok(Some(len)) => len,
            Ok(None) => return Ok(Found::Missing),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidInput => {
                return Ok(Found::Damaged("it is not a regular file"));
            }
            // What has a folder's name is none, or a link that leads nowhere.
            Err(error) if error.kind() == std::io::ErrorKind::NotADirectory || error.kind() == looping() => {
                return Ok(Found::Missing);
            }
            Err(error) => return Err(to_error(&error)),
        };
        if len > limits::NAMESPACE_META_BYTES_MAX {
            return Ok(Found::Damaged("it is too long"));
        }
        let mut bytes = vec![0; usize::try_from(len).unwrap_or_default()];
        let file = disk.open(&path, OpenMode::Existing).map_err(|error| to_error(&error))?;
        file.read_exact_at(0, &mut bytes).map_err(|error| to_error(&error))?;
        Ok(match Self::decode(&bytes) {
            Ok(about) if about.entry.id == *id => Found::Valid(about),
            Ok(_) => Found::Damaged("it belongs to another folder"),
            Err(why) => Found::Damaged(why),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Properties, Quota};

    #[test]
    fn every_flipped_bit_and_every_cut_is_seen() {
        let entry = Entry {
            id: [7; 16],
            metadata: Properties::new(),
            quota: Quota { bytes_max: Some(9), ..Quota::default() },
            created_at: -5,
            floor_seq: 3,
            generation: 4,
        };
        let about = About { name: "tenant-1".to_owned(), entry };
        let bytes = about.encode().unwrap();
        assert_eq!(About::decode(&bytes), Ok(about));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(About::decode(&flipped).is_err(), "bit {bit}");
        }
        for len in 0..bytes.len() {
            assert!(About::decode(&bytes[..len]).is_err(), "cut to {len}");
        }
    }
}
