//! What the engine asks of a file system, and what it may rely on.
//!
//! The durability contract is the one POSIX gives and no more. Written bytes are durable after [`DiskFile::sync_data`] of
//! that file returned `Ok`; a new, renamed or removed name is durable after [`Disk::sync_dir`] of its directory returned
//! `Ok`; before that, a power loss keeps any subset of either, and any part of a write. A failed sync is final: the bytes
//! may be gone while the next sync reports success (Rebello et al., "Can Applications Recover from fsync Failures?",
//! USENIX ATC 2020), so a caller that sees one abandons the handle. Assumed, and not provided: single bytes are written
//! atomically, and overwriting one byte range does not damage its neighbours.

use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// How [`Disk::open`] treats the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenMode {
    /// The file must exist.
    Existing,
    /// The file must not exist; it is created empty.
    CreateNew,
    /// The file must exist, and every write to it fails.
    ReadOnly,
}

/// An open file for positioned reads and writes. Shared between threads without a cursor.
///
/// What answers a question has no default: a wrapper that forgot to pass it on would hide what the disk below knows.
pub trait DiskFile: Send + Sync + Debug {
    /// Current length in bytes.
    ///
    /// # Errors
    /// Any I/O error.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file has no bytes.
    ///
    /// # Errors
    /// Any I/O error.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `out` from `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` when the file ends before `out` is full; any I/O error.
    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()>;

    /// Writes `data` at `offset`, growing the file when it must.
    ///
    /// # Errors
    /// Any I/O error; part of `data` may have been written.
    fn write_all_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Writes `parts` one after the other from `offset` on, as one write when the system can do that.
    ///
    /// # Errors
    /// Any I/O error; part of the data may have been written.
    fn write_parts_at(&self, offset: u64, parts: &[&[u8]]) -> io::Result<()> {
        self.write_all_at(offset, &parts.concat())
    }

    /// Sets the length; new bytes read as zero.
    ///
    /// # Errors
    /// Any I/O error.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes written bytes, and the length needed to read them, durable.
    ///
    /// # Errors
    /// Any I/O error, after which the handle must not be trusted; one that [`super::is_removed`] tells if no name leads to
    /// the file any more.
    fn sync_data(&self) -> io::Result<()>;

    /// Makes written bytes and all metadata durable.
    ///
    /// # Errors
    /// Any I/O error, after which the handle must not be trusted.
    fn sync_all(&self) -> io::Result<()>;

    /// Whether a name still leads to the file. Bytes of a file that was removed are durable nowhere, so syncs fail then.
    ///
    /// # Errors
    /// Any I/O error.
    fn is_linked(&self) -> io::Result<bool>;

    /// Hints that the range will be synced soon, so that the system may start writing. Promises nothing.
    fn start_writeback(&self, offset: u64, len: u64) {
        let _ = (offset, len);
    }
}

/// A file system. Paths are used as given; nothing follows a symbolic link in the last component.
pub trait Disk: Send + Sync + Debug {
    /// Creates the directory and its missing parents. Durable only after [`Disk::sync_dir`] of each parent.
    ///
    /// # Errors
    /// Any I/O error.
    fn create_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Whether anything has this name.
    ///
    /// # Errors
    /// Any I/O error other than absence.
    fn exists(&self, path: &Path) -> io::Result<bool>;

    /// Length of the regular file, or `None` when nothing has this name.
    ///
    /// # Errors
    /// `InvalidInput` when the name is not a regular file; any I/O error.
    fn file_len(&self, path: &Path) -> io::Result<Option<u64>>;

    /// Opens a regular file, for reading and writing unless the mode says otherwise. Never truncates.
    ///
    /// # Errors
    /// `NotFound` or `AlreadyExists` according to `mode`; any I/O error.
    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>>;

    /// Renames, replacing a file of the new name.
    ///
    /// # Errors
    /// Any I/O error.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file's name.
    ///
    /// # Errors
    /// Any I/O error.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes a directory with everything in it.
    ///
    /// # Errors
    /// Any I/O error; part of it may have been removed.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;

    /// The names in the directory, in byte order. Names that are not UTF-8 are left out: the engine never makes one.
    ///
    /// # Errors
    /// Any I/O error.
    fn list_dir(&self, path: &Path) -> io::Result<Vec<String>>;

    /// Makes the directory's names durable.
    ///
    /// # Errors
    /// Any I/O error.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Fails if the directory that everything is in was removed: with an error that [`super::is_removed`] tells.
    ///
    /// # Errors
    /// That, or any I/O error.
    fn check_root(&self) -> io::Result<()>;

    /// Bytes an unprivileged process may still write on the file system that holds `path`.
    ///
    /// # Errors
    /// Any I/O error.
    fn free_bytes(&self, path: &Path) -> io::Result<u64>;

    /// Whether the file system that holds `path` can only be read.
    ///
    /// # Errors
    /// Any I/O error.
    fn is_read_only(&self, path: &Path) -> io::Result<bool>;
}
