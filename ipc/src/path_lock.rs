//! `<socket>.lock`: says who serves a socket's path, for as long as its process holds the lock on it (flock(2)).
//!
//! ```text
//! toondb socket lock, pid 4711
//! ```
//!
//! The name is one that other programs use too, for lock files and for other things, so a file that is there is taken for ours
//! only if it looks like nothing else: an ordinary file of this user, with one name, and inside the line above, or nothing at
//! all, which is what a power loss leaves of a file that was just made. Versions before this line wrote the number alone; so do
//! others, and therefore such a file is ours only if nobody else may read it and no process has that number. Whatever else is
//! there is left as it is, and the server does not start. Nothing is written before all of that was looked at.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use toondb_engine::peer::own_uid;

use crate::listener::{BindError, failed};

const MAGIC: &str = "toondb socket lock, pid ";
/// More than any text that a server of ours wrote.
const TEXT_BYTES_MAX: usize = 64;

/// What a lock file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    /// Nothing yet.
    Empty,
    /// Our line, with the process that wrote it.
    Ours(u32),
    /// A number alone.
    Number(u32),
    /// Something else.
    Foreign,
}

impl Text {
    fn parse(bytes: &[u8]) -> Self {
        let number = |text: &str| {
            let digits = text.strip_suffix('\n').unwrap_or(text);
            digits.parse().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()))
        };
        match std::str::from_utf8(bytes) {
            Ok("") => Text::Empty,
            Ok(text) => match text.strip_prefix(MAGIC) {
                Some(rest) => number(rest).map_or(Text::Foreign, Text::Ours),
                None => number(text).map_or(Text::Foreign, Text::Number),
            },
            Err(_) => Text::Foreign,
        }
    }
}

/// Locks `<path>.lock` and leaves this process's id in it.
pub fn take(path: &Path) -> Result<File, BindError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock_path = PathBuf::from(name);
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = match rustix::fs::open(&lock_path, flags, Mode::RUSR | Mode::WUSR) {
        Ok(file) => File::from(file),
        Err(Errno::LOOP | Errno::ISDIR | Errno::NXIO) => return Err(foreign(lock_path)),
        Err(error) => return Err(failed("open", &lock_path)(error)),
    };
    let stat = rustix::fs::fstat(&file).map_err(failed("look at", &lock_path))?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_uid != own_uid() || stat.st_nlink != 1
    {
        return Err(foreign(lock_path));
    }
    let text = read(&file, &lock_path)?;
    if text == Text::Foreign {
        return Err(foreign(lock_path));
    }
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let pid = match text {
                Text::Ours(pid) | Text::Number(pid) => pid.to_string(),
                Text::Empty | Text::Foreign => "unknown".to_owned(),
            };
            return Err(BindError::AlreadyServed { path: path.to_owned(), pid });
        }
        Err(TryLockError::Error(error)) => {
            return Err(failed("lock", &lock_path)(Errno::from_io_error(&error).unwrap_or(Errno::IO)));
        }
    }
    // Who held the lock until now may have written since.
    match read(&file, &lock_path)? {
        Text::Empty | Text::Ours(_) => {}
        Text::Number(pid) if is_private(&stat) && !is_alive(pid) => {}
        Text::Number(_) | Text::Foreign => return Err(foreign(lock_path)),
    }
    let line = format!("{MAGIC}{}\n", std::process::id());
    // Emptied first: whenever this process is killed, what is there is ours. A new line over a longer old one would not be.
    rustix::fs::ftruncate(&file, 0).map_err(failed("write", &lock_path))?;
    rustix::io::pwrite(&file, line.as_bytes(), 0).map_err(failed("write", &lock_path))?;
    Ok(file)
}

fn foreign(path: PathBuf) -> BindError {
    BindError::Occupied { path, what: "no lock file that ToonDB made" }
}

fn read(file: &File, path: &Path) -> Result<Text, BindError> {
    let mut bytes = [0; TEXT_BYTES_MAX];
    let count = rustix::io::pread(file, &mut bytes, 0).map_err(failed("read", path))?;
    Ok(match count {
        TEXT_BYTES_MAX => Text::Foreign,
        count => Text::parse(bytes.get(..count).unwrap_or_default()),
    })
}

fn is_private(stat: &Stat) -> bool {
    stat.st_mode & 0o077 == 0
}

fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // One of another user exists as well.
    pid.is_some_and(|pid| !matches!(test_kill_process(pid), Err(Errno::SRCH)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_ours_or_it_is_not() {
        let cases: [(&[u8], Text); 9] = [
            (b"", Text::Empty),
            (b"toondb socket lock, pid 7\n", Text::Ours(7)),
            (b"toondb socket lock, pid 7", Text::Ours(7)),
            (b"7\n", Text::Number(7)),
            (b"+7\n", Text::Foreign),
            (b"7\n\n", Text::Foreign),
            (b"toondb socket lock, pid ", Text::Foreign),
            (b"somebody's notes", Text::Foreign),
            (b"\xff", Text::Foreign),
        ];
        for (bytes, text) in cases {
            assert_eq!(Text::parse(bytes), text, "{bytes:?}");
        }
    }
}
