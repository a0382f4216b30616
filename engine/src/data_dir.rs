//! The data directory: found once, made durable, checked, and locked.
//!
//! Its path is resolved when the engine is opened and never again: afterwards every file is reached from an open
//! descriptor (see [`RealDisk`]), so that neither a change of the working directory nor a renamed parent matters.
//!
//! Who else could write into it could change what others trust. So it must belong to this process's user, and nobody else
//! may have write permission: a directory that is empty or holds a database is made so (`chmod go-w`), any other is refused,
//! since it may have been meant for something else.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Mode, fchmod, fstat};

use crate::api::{Error, ErrorCode, Result};
use crate::disk::{Disk, RealDisk, to_error};
use crate::lock::{self, DirLock, HolderState};
use crate::{catalog, checkpoints};

/// An opened data directory.
#[derive(Debug)]
pub struct DataDir {
    /// Where it is, absolutely.
    pub path: PathBuf,
    /// Its files.
    pub disk: Arc<dyn Disk>,
    /// Nothing on a disk that no second process can see.
    pub lock: Option<DirLock>,
}

impl DataDir {
    /// Opens a directory of the file system, making it if it is missing.
    pub fn open(path: &Path, state: HolderState) -> Result<Self> {
        let (path, disk) = prepare(path)?;
        let lock = Some(DirLock::acquire(&disk, &path, state)?);
        Ok(Self { path, disk: Arc::new(disk), lock })
    }

    /// Locks a directory that exists and changes nothing in it, be it only its mode.
    pub fn look(path: &Path) -> Result<Self> {
        let told = |error: std::io::Error| {
            let text = format!("the data directory {}: {error}", path.display());
            to_error(&std::io::Error::new(error.kind(), text))
        };
        let path = path.canonicalize().map_err(told)?;
        let disk = RealDisk::open(&path).map_err(|error| to_error(&error))?;
        let lock = Some(DirLock::look(&disk, &path)?);
        Ok(Self { path, disk: Arc::new(disk), lock })
    }

    /// A directory of a disk that a test simulates.
    pub fn on(disk: Arc<dyn Disk>, path: &Path) -> Result<Self> {
        make(&*disk, path)?;
        Ok(Self { path: path.to_owned(), disk, lock: None })
    }
}

/// Finds or makes the directory, and sees to it that nobody else may write into it. It is not locked.
pub fn prepare(path: &Path) -> Result<(PathBuf, RealDisk)> {
    let path = resolve(path).map_err(|error| to_error(&error))?;
    let machine = RealDisk::open(Path::new("/")).map_err(|error| to_error(&error))?;
    make(&machine, &path)?;
    let path = path.canonicalize().map_err(|error| to_error(&error))?;
    let disk = RealDisk::open(&path).map_err(|error| to_error(&error))?;
    check_owner(&disk, &path)?;
    Ok((path, disk))
}

/// What has a name of ours and is not of its kind, a symbolic link included: the name, and what is wrong. What cannot be looked
/// at is left to whoever needs it.
pub fn odd_names(disk: &dyn Disk, data_dir: &Path) -> Vec<(PathBuf, &'static str)> {
    let unfinished = Path::new(checkpoints::DIR).join(checkpoints::TEMPORARY_DIR);
    let directories = [catalog::DIR.into(), catalog::LOST_DIR.into(), checkpoints::DIR.into(), unfinished];
    let files = [PathBuf::from(lock::FILE)];
    let is_no_directory = |name: &PathBuf| {
        let listed = disk.list_dir(&data_dir.join(name));
        listed.is_err_and(|error| error.kind() == std::io::ErrorKind::NotADirectory)
    };
    let is_no_file = |name: &PathBuf| {
        let len = disk.file_len(&data_dir.join(name));
        len.is_err_and(|error| error.kind() == std::io::ErrorKind::InvalidInput)
    };
    let directories = directories.into_iter().filter(is_no_directory);
    let files = files.into_iter().filter(is_no_file);
    directories
        .map(|name| (name, "it must be a directory, and is something else"))
        .chain(files.map(|name| (name, "it must be a regular file, and is something else")))
        .collect()
}

/// Refuses a data directory in which names have something else than they must, before anything but `LOCK` in it is changed.
pub fn refuse_odd_names(disk: &dyn Disk, data_dir: &Path) -> Result<()> {
    let Some((name, what)) = odd_names(disk, data_dir).into_iter().next() else { return Ok(()) };
    let text = format!("{}: {what}. No data was changed: move it elsewhere", data_dir.join(name).display());
    Err(Error::new(ErrorCode::Unavailable, text))
}

/// The path with everything resolved that exists.
fn resolve(path: &Path) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    for existing in path.ancestors() {
        match existing.canonicalize() {
            Ok(found) => {
                let rest = path.strip_prefix(existing).unwrap_or(Path::new(""));
                return Ok(if rest.as_os_str().is_empty() { found } else { found.join(rest) });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(std::io::Error::new(error.kind(), format!("{}: {error}", existing.display()))),
        }
    }
    Ok(path)
}

/// Makes the data directory and makes its name, and those of the directories above it, durable: a name that a power loss
/// takes back would take every acknowledged write below it along. A directory with a catalog has been through this; one
/// without may stem from an attempt that ended before its syncs, so existing directories are synced too.
fn make(disk: &dyn Disk, path: &Path) -> Result<()> {
    let made = || -> std::io::Result<()> {
        let existed = path.ancestors().find(|dir| disk.exists(dir).unwrap_or(false)).map(Path::to_owned);
        disk.create_dir_all(path)?;
        if catalog::exists(disk, path)? {
            return Ok(());
        }
        for parent in path.ancestors().skip(1) {
            let is_old = existed.as_ref().is_some_and(|existed| existed.starts_with(parent) && existed != parent);
            match disk.sync_dir(parent) {
                // Directories that this user may not even read were not made by an earlier attempt of this user.
                Err(error) if is_old && error.kind() == std::io::ErrorKind::PermissionDenied => break,
                result => result?,
            }
        }
        Ok(())
    };
    made().map_err(|error| to_error(&error))
}

fn check_owner(disk: &RealDisk, path: &Path) -> Result<()> {
    let failed = |errno: rustix::io::Errno| to_error(&errno.into());
    let stat = fstat(disk.dir()).map_err(failed)?;
    let user = rustix::process::geteuid().as_raw();
    if stat.st_uid != user {
        let text = format!(
            "the data directory {} belongs to user {}, and this process runs as user {user}: run it as that user, or give \
             the directory to this one",
            path.display(),
            stat.st_uid
        );
        return Err(Error::new(ErrorCode::PermissionDenied, text));
    }
    let mode = Mode::from_raw_mode(stat.st_mode);
    let others = mode & (Mode::WGRP | Mode::WOTH);
    if others.is_empty() {
        return Ok(());
    }
    let is_ours = disk.list_dir(path).map_err(|error| to_error(&error))?.is_empty()
        || catalog::exists(disk, path).map_err(|error| to_error(&error))?;
    if !is_ours {
        let text = format!(
            "other users may write into {}, which is neither empty nor a ToonDB data directory: choose another one, or make \
             it private with chmod go-w",
            path.display()
        );
        return Err(Error::new(ErrorCode::PermissionDenied, text));
    }
    tracing::warn!(path = %path.display(), "other users could write into the data directory; it is private to its owner now");
    fchmod(disk.dir(), mode.difference(others)).map_err(failed)
}
