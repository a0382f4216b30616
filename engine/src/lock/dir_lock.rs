//! The lock of a data directory.
//!
//! An exclusive lock (flock(2)) on the directory itself, and another on `<data>/LOCK`, are held as long as the engine is open; the
//! kernel frees them when the process ends, however it ends. The directory's is the one that counts: it cannot be removed
//! from under its holder, as a file can. `LOCK` is locked too because its text, the holder's pid and socket, is what a
//! second process shows, and because processes of earlier versions know only that. A fork holds neither: see
//! [`super::fork`].

use std::fs::{File, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::path::Path;

use parking_lot::Mutex;
use rustix::fs::{Mode, OFlags, fstat, openat};
use rustix::io::{Errno, retry_on_intr};

use super::file_system::prove;
use super::fork::NotInherited;
use super::holder::{self, Holder, HolderState};
use crate::api::{Error, ErrorCode, Result};
use crate::disk::{RealDisk, to_error};
use crate::planted::{self, Planted};
use crate::shared_dir::DirectoryIdentity;

/// The name of the lock file.
pub const FILE: &str = "LOCK";

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
    identity: DirectoryIdentity,
}

impl DirLock {
    /// Takes the lock and says how, or says who holds it.
    pub fn acquire(disk: &RealDisk, data_dir: &Path, state: HolderState) -> Result<Self> {
        let open_dir = || {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let dir = retry_on_intr(|| openat(disk.dir(), ".", flags, Mode::empty()));
            dir.map(File::from).map_err(|errno| cannot(data_dir, errno))
        };
        let open_text = |flags: OFlags| {
            let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | flags;
            let text = retry_on_intr(|| openat(disk.dir(), FILE, flags, Mode::RUSR | Mode::WUSR));
            text.map(File::from).map_err(|errno| cannot(&data_dir.join(FILE), errno))
        };
        // A description of its own: a lock on the disk's would end with a fork's copy of it.
        let dir = open_dir()?;
        let dir_taken = take(&dir);
        let text = open_text(OFlags::CREATE)?;
        match dir_taken.and_then(|()| take(&text)) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(data_dir, &Holder::read(&text))),
            Err(TryLockError::Error(error)) => return Err(cannot(data_dir, error)),
        }
        let identity = DirectoryIdentity::of(&fstat(&dir).map_err(|errno| to_error(&errno.into()))?);
        let lock = Self { text: Mutex::new(Locked::new(text)), _dir: Locked::new(dir), identity };
        if !planted::is(Planted::DirectoryUnlocked) {
            lock.prove_both(&open_dir()?, &open_text(OFlags::empty())?, data_dir)?;
        }
        // The text is for messages only; a disk too full for it must not keep the database from being opened.
        if let Err(error) = lock.describe(&holder::text(state, "", None)) {
            tracing::warn!(%error, "the lock file does not say who holds the data directory");
        }
        Ok(lock)
    }

    fn prove_both(&self, dir: &File, text: &File, data_dir: &Path) -> Result<()> {
        let held = self.text.lock();
        let both = [(&self._dir.file, dir, data_dir), (&held.file, text, &data_dir.join(FILE))];
        both.into_iter()
            .try_for_each(|(held, second, path)| held.as_ref().map_or(Ok(()), |held| prove(held, second, path)))
    }

    /// Which directory it is.
    pub fn identity(&self) -> DirectoryIdentity {
        self.identity
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
                return Err(held(data_dir, &text.as_ref().map_or_else(|| Holder::parse(""), Holder::read)));
            }
            Err(TryLockError::Error(error)) => return Err(cannot(data_dir, error)),
        }
        // Where there is no file, a second descriptor of the directory takes its place.
        let text = match text {
            Some(text) => text,
            None => dir.try_clone().map_err(|error| to_error(&error))?,
        };
        let identity = DirectoryIdentity::of(&fstat(&dir).map_err(|errno| to_error(&errno.into()))?);
        Ok(Self { text: Mutex::new(Locked::new(text)), _dir: Locked::new(dir), identity })
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

impl Drop for DirLock {
    /// Who had the directory for itself and lives on says so no more: whoever takes the lock next has not written anything yet when
    /// others read the text. What a server wrote stays, since it names a socket that may outlive it.
    fn drop(&mut self) {
        let text = self.text.get_mut();
        let is_ours = std::process::id() == text.pid;
        let is_told = |holder: &Holder| {
            holder.state == HolderState::Alone && holder.pid == i32::try_from(std::process::id()).ok()
        };
        if let Some(file) = &text.file
            && is_ours
            && is_told(&Holder::read(file))
            && let Err(error) = file.set_len(0)
        {
            tracing::debug!(%error, "the lock file names a process that has the directory no more");
        }
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

fn held(data_dir: &Path, holder: &Holder) -> Error {
    let (shown, named) = (data_dir.display(), holder.named());
    let text = if holder.is_gone() {
        // A pid counts within its own container, so this process may simply not see the holder.
        format!(
            "locked by {named}, which is not among the processes seen from here: it runs in another container, or has \
             left its open files to another process; stop that one first"
        )
    } else {
        match holder.state {
            HolderState::Unsaid => {
                "in use by another process; connect to its server with toondb.open(), or stop it first".to_owned()
            }
            HolderState::Alone => format!(
                "in use by {named}, which has it for itself; close it there first. Processes that all open it with \
                 toondb.open() share one server"
            ),
            HolderState::Starting | HolderState::Serving => {
                format!("in use by {named}; connect to its server with toondb.open(), or stop it first")
            }
            HolderState::Ending => format!("in use by {named}; toondb.open() waits for that, or try again"),
        }
    };
    Error::new(ErrorCode::Locked, format!("{shown} is {text}"))
}

pub(super) fn cannot(path: &Path, error: impl Into<io::Error>) -> Error {
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
        let told = |holder: &str| held(Path::new("/db"), &Holder::parse(holder)).message;
        assert!(told("pid 1").contains("in use by pid 1") && told("pid 1, serving socket /s").contains("/s; "));
        for text in ["", "pid 1", "pid 1, starting to serve", "pid 1, serving socket /s", "pid 1, ending"] {
            assert!(told(text).contains("toondb.open()"), "{text}");
        }
        // No process has a number as large as this: the kernel's largest is 2^22.
        assert!(told("pid 2000000000, serving /s").contains("not among the processes"));
    }

    #[test]
    fn a_directory_is_locked_once() {
        let dir = std::env::temp_dir().join(format!("toondb-lock-{}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        let disk = RealDisk::open(&dir).unwrap();
        let lock = DirLock::acquire(&disk, &dir, HolderState::Alone).unwrap();
        let second = DirLock::acquire(&disk, &dir, HolderState::Alone).map(drop);
        // Whoever removes the text removes no lock.
        std::fs::remove_file(dir.join("LOCK")).unwrap();
        let third = DirLock::acquire(&disk, &dir, HolderState::Alone).map(drop);
        drop(lock);
        let later = DirLock::acquire(&disk, &dir, HolderState::Alone).map(drop);
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(second.unwrap_err().code, ErrorCode::Locked);
        assert_eq!(third.unwrap_err().code, ErrorCode::Locked);
        later.unwrap();
    }
}
