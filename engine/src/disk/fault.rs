//! What a failed call of the file system means for whoever asked: one table for every file the engine keeps.
//!
//! An error of a [`super::Disk`] carries the operation, the path and the system's own error. Here the system's error becomes
//! one of the API's codes, so that a full disk is `DiskFull` wherever it is met, and a removed directory is never taken for
//! damage.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::file::Disk;
use crate::api::{Error, ErrorCode};

/// A system's error with what was attempted on which path.
#[derive(Debug)]
struct PathError {
    operation: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.operation, self.path.display(), self.source)
    }
}

impl std::error::Error for PathError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// The same error with what was attempted on which path in front of its message; keeps the kind and the system's number.
pub(super) fn with_path(operation: &'static str, path: &Path, source: io::Error) -> io::Error {
    io::Error::new(source.kind(), PathError { operation, path: path.to_owned(), source })
}

fn errno(error: &io::Error) -> Option<Errno> {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<PathError>());
    let number = error.raw_os_error().or_else(|| inner.and_then(|inner| inner.source.raw_os_error()));
    number.map(Errno::from_raw_os_error)
}

/// The error of a file or directory that no name leads to any more: what is made durable in it is durable nowhere.
pub(super) fn removed(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::StaleNetworkFileHandle, format!("{what} was removed while it was in use"))
}

/// Refuses a directory that was made or found on opening and has been removed since: whoever goes on would make it again, and
/// would take what was in it for lost.
///
/// # Errors
/// One that [`is_removed`] knows, or why the disk does not tell.
pub fn check_dir(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    disk.check_root()?;
    if disk.exists(dir)? { Ok(()) } else { Err(removed(&dir.display().to_string())) }
}

/// Whether the error says that no space, or no quota, is left, or that the process may not make a file as large (the limit of
/// `ulimit -f`, whose signal a server and Python ignore).
#[must_use]
pub fn is_disk_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

/// Whether the error says that the file or directory was removed from under the engine.
#[must_use]
pub fn is_removed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::StaleNetworkFileHandle
}

/// The code of a file system's error, where it has a better one than a failed disk.
#[must_use]
pub fn code_of(error: &io::Error) -> Option<ErrorCode> {
    if is_disk_full(error) {
        return Some(ErrorCode::DiskFull);
    }
    if is_removed(error) {
        return Some(ErrorCode::Fenced);
    }
    matches!(errno(error), Some(Errno::MFILE | Errno::NFILE)).then_some(ErrorCode::Busy)
}

/// How a file system's error reaches a caller.
#[must_use]
pub fn to_error(error: &io::Error) -> Error {
    match code_of(error) {
        Some(ErrorCode::DiskFull) => Error::new(ErrorCode::DiskFull, format!("the disk is full ({error}); free space")),
        Some(ErrorCode::Fenced) => {
            let text = format!(
                "{error}: the data directory, or this part of it, is gone; close the database (restart the server) and open \
                 it again"
            );
            Error::new(ErrorCode::Fenced, text)
        }
        Some(ErrorCode::Busy) => {
            let text = format!("no file descriptors are left ({error}); retry later, or raise the limit of open files");
            Error::new(ErrorCode::Busy, text)
        }
        _ => Error::new(ErrorCode::Unavailable, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_front_keeps_what_the_system_said() {
        let codes = [
            (Errno::NOSPC, ErrorCode::DiskFull),
            (Errno::DQUOT, ErrorCode::DiskFull),
            (Errno::MFILE, ErrorCode::Busy),
            (Errno::NFILE, ErrorCode::Busy),
            (Errno::STALE, ErrorCode::Fenced),
            (Errno::IO, ErrorCode::Unavailable),
        ];
        for (errno, code) in codes {
            let bare = io::Error::from_raw_os_error(errno.raw_os_error());
            assert_eq!(to_error(&bare).code, code, "{errno}");
            let named = with_path("open", Path::new("/db/x"), bare);
            let error = to_error(&named);
            assert_eq!(error.code, code, "{errno}");
            assert!(error.message.contains("/db/x"), "{error}");
        }
    }
}
