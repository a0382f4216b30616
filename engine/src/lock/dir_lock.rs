//! The lock of a data directory.
//!
//! An exclusive lock (flock(2)) on the directory itself, and another on `<data>/LOCK`, are held as long as the engine is open; the
//! kernel frees them when the process ends, however it ends. The directory's is the one that counts: it cannot be removed
//! from under its holder, as a file can. `LOCK` is locked too because its text, the holder's pid and socket, is what a
//! second process shows, and because processes of earlier versions know only that. A fork holds neither: see
//! [`super::fork`].

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::path::Path;

use parking_lot::Mutex;
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::{Errno, retry_on_intr};
use rustix::process::{Pid, test_kill_process};

use super::fork::NotInherited;
use crate::api::{Error, ErrorCode, Result};
use crate::disk::{RealDisk, to_error};
use crate::planted::{self, Planted};

/// The name of the lock file.
pub const FILE: &str = "LOCK";

/// Bytes of the lock file that are shown to a second process.
const HOLDER_BYTES_MAX: u64 = 4096;

/// A locked file that only the process which locked it ever touches or closes.
#[derive(Debug)]
struct Locked {
    /// There until this is dropped.
    file: Option<File>,
    not_inherited: Option<NotInherited>,
    pid: u32,
}

impl Locked {
    fn new(file: File) -> Self {
        let not_inherited = NotInherited::register(file.as_raw_fd());
        Self { file: Some(file), not_inherited, pid: std::process::id() }
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        let (not_inherited, file) = (self.not_inherited.take(), self.file.take());
        if std::process::id() == self.pid {
            drop(not_inherited);
            drop(file);
        } else {
            // In a fork the numbers are closed already, and may be other files by now.
            std::mem::forget((not_inherited, file));
        }
    }
}

/// The lock of a data directory; dropping it frees the directory.
#[derive(Debug)]
pub struct DirLock {
    /// Goes before the directory's: who sees the directory free finds `LOCK` free.
    text: Mutex<Locked>,
    _dir: Locked,
}

impl DirLock {
    /// Takes the lock, or says who holds it.
    pub fn acquire(disk: &RealDisk, data_dir: &Path) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // A description of its own: a lock on the disk's would end with a fork's copy of it.
        let dir = retry_on_intr(|| openat(disk.dir(), ".", flags, Mode::empty()));
        let dir = File::from(dir.map_err(|errno| cannot(data_dir, errno))?);
        let dir_taken = take(&dir);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let text = retry_on_intr(|| openat(disk.dir(), FILE, flags, Mode::RUSR | Mode::WUSR));
        let text = File::from(text.map_err(|errno| cannot(&data_dir.join(FILE), errno))?);
        match dir_taken.and_then(|()| take(&text)) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(data_dir, &holder(&text))),
            Err(TryLockError::Error(error)) => return Err(cannot(data_dir, error)),
        }
        let lock = Self { text: Mutex::new(Locked::new(text)), _dir: Locked::new(dir) };
        // The text is for messages only; a disk too full for it must not keep the database from being opened.
        if let Err(error) = lock.describe(&format!("pid {}", std::process::id())) {
            tracing::warn!(%error, "the lock file does not say who holds the data directory");
        }
        Ok(lock)
    }

    /// As [`DirLock::acquire`], and leaves no trace: `LOCK` is neither made nor written.
    pub fn look(disk: &RealDisk, data_dir: &Path) -> Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir = File::from(openat(disk.dir(), ".", flags, Mode::empty()).map_err(|errno| cannot(data_dir, errno))?);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let text = openat(disk.dir(), FILE, flags, Mode::empty());
        let text = match text {
            Ok(text) => Some(File::from(text)),
            Err(Errno::NOENT) => None,
            Err(errno) => return Err(cannot(&data_dir.join(FILE), errno)),
        };
        match take(&dir).and_then(|()| text.as_ref().map_or(Ok(()), take)) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(held(data_dir, &text.as_ref().map(holder).unwrap_or_default()));
            }
            Err(TryLockError::Error(error)) => return Err(cannot(data_dir, error)),
        }
        // Where there is no file, a second descriptor of the directory takes its place.
        let text = match text {
            Some(text) => text,
            None => dir.try_clone().map_err(|error| to_error(&error))?,
        };
        Ok(Self { text: Mutex::new(Locked::new(text)), _dir: Locked::new(dir) })
    }

    /// Replaces the text that a second process is shown.
    pub fn describe(&self, holder: &str) -> Result<()> {
        let mut text = self.text.lock();
        let (true, Some(file)) = (std::process::id() == text.pid, &mut text.file) else { return Ok(()) };
        let written = file
            .set_len(0)
            .and_then(|()| file.seek(SeekFrom::Start(0)))
            .and_then(|_| file.write_all(holder.as_bytes()));
        written.map_err(|error| to_error(&io::Error::new(error.kind(), format!("the lock file: {error}"))))
    }
}

fn take(file: &File) -> std::result::Result<(), TryLockError> {
    if planted::is(Planted::DirectoryUnlocked) {
        return Ok(());
    }
    loop {
        match file.try_lock() {
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            taken => return taken,
        }
    }
}

/// What the lock file says of its holder. It may say nothing for a moment while the holder starts.
fn holder(mut text: &File) -> String {
    let mut holder = String::new();
    let _ = Read::by_ref(&mut text).take(HOLDER_BYTES_MAX).read_to_string(&mut holder);
    holder.trim().to_owned()
}

fn held(data_dir: &Path, holder: &str) -> Error {
    let pid = holder.strip_prefix("pid ").and_then(|rest| rest.split(',').next()).and_then(|pid| pid.parse().ok());
    let gone = pid.and_then(Pid::from_raw).is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH));
    let text = if gone {
        // A pid counts within its own container, so this process may simply not see the holder.
        format!(
            "locked by {holder}, which is not among the processes seen from here: it runs in another container, or has \
             left its open files to another process; stop that one first"
        )
    } else if holder.is_empty() {
        "in use by another process; connect to its socket instead, or stop it first".to_owned()
    } else {
        format!("in use by {holder}; connect to its socket instead, or stop it first")
    };
    Error::new(ErrorCode::Locked, format!("{} is {text}", data_dir.display()))
}

fn cannot(path: &Path, error: impl Into<io::Error>) -> Error {
    let error = error.into();
    let text = match Errno::from_io_error(&error) {
        Some(Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS | Errno::BADF | Errno::INVAL) => format!(
            "{} cannot be locked ({error}): its file system does not support it; keep the data directory on a local one",
            path.display()
        ),
        _ => format!("{} cannot be locked: {error}", path.display()),
    };
    Error { message: text, ..to_error(&error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_lock_that_is_taken_is_in_use() {
        for errno in [Errno::NOLCK, Errno::IO, Errno::OPNOTSUPP] {
            let error = cannot(Path::new("/db"), errno);
            assert_ne!(error.code, ErrorCode::Locked, "{errno}");
            assert!(error.message.contains("/db"), "{error}");
        }
        assert!(held(Path::new("/db"), "pid 1").message.contains("in use by pid 1;"));
        assert!(held(Path::new("/db"), "").message.contains("another process"));
        // No process has a number as large as this: the kernel's largest is 2^22.
        assert!(held(Path::new("/db"), "pid 2000000000, serving /s").message.contains("not among the processes"));
    }

    #[test]
    fn a_directory_is_locked_once() {
        let dir = std::env::temp_dir().join(format!("toondb-lock-{}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        let disk = RealDisk::open(&dir).unwrap();
        let lock = DirLock::acquire(&disk, &dir).unwrap();
        let second = DirLock::acquire(&disk, &dir).map(drop);
        // Whoever removes the text removes no lock.
        std::fs::remove_file(dir.join("LOCK")).unwrap();
        let third = DirLock::acquire(&disk, &dir).map(drop);
        drop(lock);
        let later = DirLock::acquire(&disk, &dir).map(drop);
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(second.unwrap_err().code, ErrorCode::Locked);
        assert_eq!(third.unwrap_err().code, ErrorCode::Locked);
        later.unwrap();
    }
}
