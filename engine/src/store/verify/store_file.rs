//! Which file is to be verified.

use std::path::Path;

use crate::disk::Disk;

/// Where the file of a store is, and whose it is.
#[derive(Debug, Clone, Copy)]
pub struct StoreFile<'a> {
    /// The disk.
    pub disk: &'a dyn Disk,
    /// The file.
    pub path: &'a Path,
    /// The random id that it was created with.
    pub id: [u8; 16],
}
