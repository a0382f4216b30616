//! Whether the files of a namespace can be written to.

use std::path::Path;

use crate::disk::Disk;

/// What an opening may do with its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read and write.
    Full,
    /// The file system can only be read: what an opening would write stays in memory.
    ReadOnly,
}

impl Access {
    /// What the file system allows. Where it does not say, opening will tell.
    pub fn of(disk: &dyn Disk, dir: &Path) -> Self {
        if disk.is_read_only(dir).unwrap_or(false) { Self::ReadOnly } else { Self::Full }
    }
}
