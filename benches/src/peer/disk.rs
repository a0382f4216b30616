//! The floor of a durable write: overwriting 4 KiB of a file whose blocks exist, and one `fdatasync`.
//!
//! The file is written with zeros and synced first, so that a measured sync has data to flush and neither a length nor
//! an extent to journal. No write to a file can be durable with less.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

const BLOCK_BYTES: usize = 4 << 10;
const BLOCKS: u64 = 4 << 10;

/// A preallocated file.
#[derive(Debug)]
pub struct SyncedFile {
    file: File,
    block: [u8; BLOCK_BYTES],
    writes: u64,
}

impl SyncedFile {
    /// Creates it in `dir`.
    pub fn create(dir: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().write(true).create_new(true).open(dir.join("floor.bin"))?;
        let block = [0; BLOCK_BYTES];
        for index in 0..BLOCKS {
            file.write_all_at(&block, index * BLOCK_BYTES as u64)?;
        }
        file.sync_all()?;
        Ok(Self { file, block, writes: 0 })
    }

    /// Overwrites the next block and waits until it is on the device.
    pub fn overwrite(&mut self) -> io::Result<()> {
        let index = self.writes % BLOCKS;
        self.writes += 1;
        self.block.fill(self.writes.to_le_bytes()[0]);
        self.file.write_all_at(&self.block, index * BLOCK_BYTES as u64)?;
        self.file.sync_data()
    }
}
