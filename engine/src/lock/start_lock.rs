//! `start.lock`: who holds it may start the server of a data directory.
//!
//! The file stays empty and is never removed; the lock on it (flock(2)) goes with its process. A fork does not keep it: see
//! [`super::fork`]. It is taken for ours only if it is an empty, ordinary file of this user with one name; anything else of that name
//! is left as it is, and nothing is started.

use std::fs::{File, TryLockError};
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;

use rustix::fs::{FileType, Mode, OFlags, fstat, openat};
use rustix::io::{Errno, retry_on_intr};

use super::dir_lock::cannot;
use super::fork::NotInherited;
use crate::api::{Error, ErrorCode, Result};
use crate::disk::to_error;
use crate::peer::own_uid;

/// Its name in the data directory.
pub const START_FILE: &str = "start.lock";

/// The right to start a server; dropping it gives it back.
#[derive(Debug)]
pub struct StartLock {
    file: File,
    not_inherited: Option<NotInherited>,
    pid: u32,
}

impl StartLock {
    /// Takes the lock, if nobody has it.
    pub(crate) fn try_take(dir: impl AsFd, shown: &Path) -> Result<Option<Self>> {
        let path = shown.join(START_FILE);
        let file = open_private(dir, START_FILE, OFlags::RDWR, &path)?;
        if file.metadata().map_err(|error| to_error(&error))?.len() > 0 {
            return Err(foreign(&path));
        }
        match file.try_lock() {
            Ok(()) => {
                let not_inherited = NotInherited::register(file.as_raw_fd());
                Ok(Some(Self { file, not_inherited, pid: std::process::id() }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(cannot(&path, error)),
        }
    }
}

impl Drop for StartLock {
    fn drop(&mut self) {
        drop(self.not_inherited.take());
        if std::process::id() == self.pid {
            // A fork that is just being made may have the descriptor still.
            let _ = self.file.unlock();
        }
    }
}

/// Opens a file of ours, or makes it, and refuses whatever else has its name: a link, another user's, one with a second name.
pub(crate) fn open_private(dir: impl AsFd, name: &str, access: OFlags, path: &Path) -> Result<File> {
    let flags = access | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = match retry_on_intr(|| openat(dir.as_fd(), name, flags, Mode::RUSR | Mode::WUSR)) {
        Ok(file) => File::from(file),
        Err(Errno::LOOP | Errno::ISDIR | Errno::NXIO) => return Err(foreign(path)),
        Err(errno) => {
            let error = std::io::Error::from(errno);
            return Err(Error { message: format!("open {}: {error}", path.display()), ..to_error(&error) });
        }
    };
    let stat = fstat(&file).map_err(|errno| to_error(&errno.into()))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_uid != own_uid() || stat.st_nlink != 1
    {
        return Err(foreign(path));
    }
    Ok(file)
}

fn foreign(path: &Path) -> Error {
    let text = format!("{} is no file that ToonDB made; it was left alone: move it elsewhere", path.display());
    Error::new(ErrorCode::Unavailable, text)
}
