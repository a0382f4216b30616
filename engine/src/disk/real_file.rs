//! An open file of the operating system's file system.

use std::fs::File;
use std::io::{self, IoSlice};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;

use rustix::fs::{Advice, AtFlags, StatxFlags, statx};
use rustix::io::{Errno, retry_on_intr};

use super::fault::{removed, with_path};
use super::file::DiskFile;
use crate::planted::{self, Planted};

/// A file, with the path it was opened by for messages.
#[derive(Debug)]
pub(super) struct RealFile {
    pub(super) file: File,
    pub(super) path: PathBuf,
}

impl RealFile {
    fn named<T>(&self, operation: &'static str, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| with_path(operation, &self.path, error))
    }

    /// One `pwritev`; returns how many bytes the kernel took.
    fn write_vectored_at(&self, offset: u64, parts: &[&[u8]]) -> io::Result<usize> {
        let slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
        Ok(retry_on_intr(|| rustix::io::pwritev(&self.file, &slices, offset))?)
    }

    /// Asked after each sync: the file may have been removed while it was under way, and nobody must then be told that
    /// anything is durable. One `statx` beside a flush of the device.
    fn still_linked(&self) -> io::Result<()> {
        if self.is_linked()? || planted::is(Planted::RemovedFileSynced) {
            Ok(())
        } else {
            Err(removed(&self.path.display().to_string()))
        }
    }
}

impl DiskFile for RealFile {
    fn len(&self) -> io::Result<u64> {
        self.named("stat", self.file.metadata().map(|metadata| metadata.len()))
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.named("read", self.file.read_exact_at(out, offset))
    }

    fn write_all_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.named("write", self.file.write_all_at(data, offset))
    }

    /// A short write is rare enough that the rest goes out part by part.
    fn write_parts_at(&self, offset: u64, parts: &[&[u8]]) -> io::Result<()> {
        let mut taken = self.named("write", self.write_vectored_at(offset, parts))?;
        let mut position = offset;
        for part in parts {
            let done = taken.min(part.len());
            taken -= done;
            let rest = part.get(done..).unwrap_or_default();
            if !rest.is_empty() {
                self.write_all_at(position + done as u64, rest)?;
            }
            position += part.len() as u64;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.named("set length of", self.file.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.named("fdatasync", self.file.sync_data())?;
        self.still_linked()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.named("fsync", self.file.sync_all())?;
        self.still_linked()
    }

    /// Asks for the number of names and nothing else. A file that was asked for its times, as `fstat` asks, gets new ones with
    /// its next write, however soon (multigrain timestamps, Linux 6.13), and on ext4 without a journal the next `fdatasync`
    /// then writes the block with the inode too: 40 us of a durable `put`, measured.
    fn is_linked(&self) -> io::Result<bool> {
        let asked = retry_on_intr(|| statx(&self.file, "", AtFlags::EMPTY_PATH, StatxFlags::NLINK));
        match asked {
            Ok(found) if StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::NLINK) => {
                Ok(found.stx_nlink > 0)
            }
            // A file system that does not tell it alone; a kernel or a sandbox that does not know the call.
            Ok(_) | Err(Errno::NOSYS | Errno::PERM) => {
                self.named("stat", self.file.metadata().map(|metadata| metadata.nlink() > 0))
            }
            Err(errno) => self.named("stat", Err(errno.into())),
        }
    }

    /// `POSIX_FADV_DONTNEED` makes Linux start writing the dirty pages of the range without waiting; pages under
    /// writeback stay cached.
    fn start_writeback(&self, offset: u64, len: u64) {
        if let Some(len) = std::num::NonZeroU64::new(len)
            && let Err(errno) = rustix::fs::fadvise(&self.file, offset, Some(len), Advice::DontNeed)
        {
            tracing::debug!(path = %self.path.display(), %errno, "writeback hint refused");
        }
    }
}
