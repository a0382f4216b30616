//! Brings a file of the first layout, a plain redb file without checksums of pages, to the present one.
//!
//! Its pages are copied one by one into a new file beside it; redb then verifies the copy by its own checksums, as it does
//! in recovery, the caller changes what else has changed, and the copy takes the file's name:
//!
//! ```text
//! store.redb (plain) -> store.redb.upgrade: copy, verify, change, sync -> rename -> sync of the directory
//! ```
//!
//! A crash before the rename leaves the old file as it was and a copy that the next opening throws away and makes again;
//! after it, the new file. Damage to the old file ends the upgrade with an error and leaves the file untouched.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::backend::Backend;
use super::database::GuardedDatabase;
use super::error::{StoreError, StoreResult};
use super::pages::{PAGE_BYTES, PagedFile};
use super::superblock::{REDB_HEADER_BYTES, Superblock};
use crate::disk::{Disk, DiskFile, OpenMode};

const REDB_MAGIC: &[u8] = b"redb\x1A\x0A\xA9\x0D\x0A";
const PAGES_AT_ONCE: usize = 256;
const CACHE_BYTES: usize = 16 << 20;

/// Upgrades the file if it is of the first layout; leaves every other one to [`Backend::open`]. `change` is run on the
/// verified copy before it takes the file's place.
pub fn upgrade(
    disk: &dyn Disk,
    path: &Path,
    id: [u8; 16],
    change: impl FnOnce(&redb::Database) -> StoreResult<()>,
) -> StoreResult<()> {
    let copy = copy_path(path);
    if disk.file_len(path).map_err(StoreError::io)?.is_none() {
        return Ok(());
    }
    let old = disk.open(path, OpenMode::Existing).map_err(StoreError::io)?;
    if !is_plain(&*old).map_err(StoreError::io)? {
        return Ok(());
    }
    tracing::info!(file = %path.display(), "bringing a store of the first layout to the present one");
    remove(disk, &copy)?;
    let made = fill(disk, &*old, &copy, id).and_then(|()| finish(disk, &copy, id, change));
    if let Err(error) = made {
        let _ = remove(disk, &copy);
        return Err(error);
    }
    disk.rename(&copy, path).map_err(StoreError::io)?;
    match path.parent() {
        Some(parent) => disk.sync_dir(parent).map_err(StoreError::io),
        None => Ok(()),
    }
}

/// True if a file is of the first layout, which [`upgrade`] brings to the present one.
pub fn is_of_first_layout(disk: &dyn Disk, path: &Path) -> io::Result<bool> {
    is_plain(&*disk.open(path, OpenMode::ReadOnly)?)
}

/// The name under which the copy grows.
fn copy_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(".upgrade");
    PathBuf::from(name)
}

fn remove(disk: &dyn Disk, path: &Path) -> StoreResult<()> {
    match disk.exists(path).map_err(StoreError::io)? {
        true => disk.remove_file(path).map_err(StoreError::io),
        false => Ok(()),
    }
}

/// A file that is ours in one of its heads never counts as plain, whatever its first bytes became.
fn is_plain(file: &dyn DiskFile) -> io::Result<bool> {
    let mut magic = [0_u8; REDB_MAGIC.len()];
    if file.len()? < 2 * PAGE_BYTES as u64 || Superblock::is_ours(file)? {
        return Ok(false);
    }
    file.read_exact_at(0, &mut magic)?;
    Ok(magic == REDB_MAGIC)
}

/// Copies every page, those of free space too: nothing here knows which they are.
fn fill(disk: &dyn Disk, old: &dyn DiskFile, copy: &Path, id: [u8; 16]) -> StoreResult<()> {
    let len = old.len().map_err(StoreError::io)?;
    if !len.is_multiple_of(PAGE_BYTES as u64) {
        return Err(StoreError::NotAStore("it ends within a page"));
    }
    let new = PagedFile::new(disk.open(copy, OpenMode::CreateNew).map_err(StoreError::io)?, id);
    let mut header = [0; REDB_HEADER_BYTES];
    old.read_exact_at(0, &mut header).map_err(StoreError::io)?;
    let mut buffer = vec![0; PAGE_BYTES * PAGES_AT_ONCE];
    let mut copy_pages = || {
        new.set_len(len)?;
        new.write(0, &header)?;
        let mut offset = PAGE_BYTES as u64;
        while offset < len {
            let part = usize::try_from(len - offset).unwrap_or(usize::MAX).min(buffer.len());
            let pages = buffer.get_mut(..part).unwrap_or_default();
            old.read_exact_at(offset, pages)?;
            new.write(offset, pages)?;
            offset += part as u64;
        }
        new.sync()
    };
    copy_pages().map_err(StoreError::io)
}

fn finish(
    disk: &dyn Disk,
    copy: &Path,
    id: [u8; 16],
    change: impl FnOnce(&redb::Database) -> StoreResult<()>,
) -> StoreResult<()> {
    let backend = Backend::open(disk, copy, id)?;
    backend.accept().map_err(StoreError::io)?;
    let db = GuardedDatabase::open_verifying(backend, CACHE_BYTES)?;
    change(&db)?;
    db.close()
}
