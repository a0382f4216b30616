//! Makes the server's socket, so that nobody else ever gets at it and nobody else's file is ever harmed.
//!
//! 1. The parent directory must not let everyone replace files in it: world-writable needs the sticky bit.
//! 2. `<path>.lock` is locked (flock(2)) for as long as the server lives (`path_lock`). Who holds the lock owns the path; a
//!    second server is told the first one's process. The lock file stays behind, its lock does not. A file of that name
//!    that no server of ours made is left alone, and so is the path.
//! 3. With the lock held, a socket of our own at the path is a crashed server's, unless somebody still accepts on it. Only
//!    then is it removed. Anything else at the path (a file, a symbolic link, another user's socket) is left alone.
//! 4. The new socket has mode 0600 from its first moment: on Linux, the inode that bind(2) makes takes its mode from the
//!    socket's descriptor, so `fchmod` comes before `bind`. A umask would serve too, but it belongs to all threads of the
//!    process; `chmod` afterwards would leave a moment in which others can connect.
//! 5. At the end the path is removed only if it is still the inode that was made here.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, Stat};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use toondb_engine::api::{Error, ErrorCode};
use toondb_engine::disk::to_error;
use toondb_engine::peer::own_uid;

use crate::path_lock;

/// Longest path of a Unix socket: `sun_path` less its final NUL (unix(7)).
pub const PATH_BYTES_MAX: usize = 107;
/// Connections that the kernel holds until they are accepted.
const BACKLOG: i32 = 1024;

/// Why no socket could be made. Nothing at the path was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The path cannot be the path of a socket.
    #[error("the socket path {path:?} is refused: {reason}")]
    BadPath {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Everyone could replace the socket.
    #[error("the directory {0:?} is writable by everyone and not sticky; use a private directory (mode 0700)")]
    UnsafeDirectory(PathBuf),
    /// A server lives there.
    #[error("{path:?} is already served by process {pid}; connect to it or stop it first")]
    AlreadyServed {
        /// The path.
        path: PathBuf,
        /// The process, as far as it is known.
        pid: String,
    },
    /// Something else is at the path.
    #[error("{path:?} exists and is {what}; it was left alone, choose another path or remove it yourself")]
    Occupied {
        /// The path.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// The system refused.
    #[error("{action} {path:?}: {source}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// To what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl BindError {
    /// True if no socket can be made where the path is, whoever tries: its file system holds none.
    pub fn is_for_want_of_sockets(&self) -> bool {
        let Self::Io { action: "bind", source, .. } = self else { return false };
        let errno = Errno::from_io_error(source);
        matches!(errno, Some(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::NODEV))
    }
}

impl From<BindError> for Error {
    fn from(error: BindError) -> Self {
        let code = match &error {
            BindError::BadPath { .. } => ErrorCode::InvalidArgument,
            BindError::UnsafeDirectory(_) => ErrorCode::PermissionDenied,
            BindError::AlreadyServed { .. } => ErrorCode::Locked,
            BindError::Occupied { .. } => ErrorCode::Unavailable,
            BindError::Io { source, .. } => to_error(source).code,
        };
        Error::new(code, error.to_string())
    }
}

pub(crate) fn failed(action: &'static str, path: &Path) -> impl FnOnce(Errno) -> BindError {
    let path = path.to_owned();
    move |error| BindError::Io { action, path, source: error.into() }
}

/// A listening socket that owns its path until dropped.
#[derive(Debug)]
pub struct BoundSocket {
    listener: Option<UnixListener>,
    path: PathBuf,
    inode: (u64, u64),
    /// Held for the lock on it, to be closed after everything else.
    _lock: File,
}

impl BoundSocket {
    /// Makes the socket at `path`.
    pub fn bind(path: &Path) -> Result<Self, BindError> {
        check_path(path)?;
        check_parent(path)?;
        let lock = path_lock::take(path)?;
        clear_stale(path)?;
        let listener = listen(path)?;
        let stat = rustix::fs::lstat(path).map_err(failed("look at", path))?;
        Ok(Self { listener: Some(listener), path: path.to_owned(), inode: inode(&stat), _lock: lock })
    }

    /// Hands the listening socket out, once.
    pub fn take_listener(&mut self) -> Option<UnixListener> {
        self.listener.take()
    }

    /// Removes the socket, unless something else has taken its place. The lock stays held.
    pub fn unlink(&self) {
        if rustix::fs::lstat(&self.path).is_ok_and(|stat| inode(&stat) == self.inode && is_socket(&stat)) {
            let _ = rustix::fs::unlink(&self.path);
        }
    }
}

impl Drop for BoundSocket {
    fn drop(&mut self) {
        self.unlink();
    }
}

fn inode(stat: &Stat) -> (u64, u64) {
    (stat.st_dev, stat.st_ino)
}

fn is_socket(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::Socket
}

/// Checks what every use of a path as a socket's address asks for.
pub(crate) fn check_path(path: &Path) -> Result<(), BindError> {
    let bytes = path.as_os_str().as_bytes();
    let reason = if path.file_name().is_none() {
        "it names no file".to_owned()
    } else if bytes.contains(&0) {
        "it contains a NUL byte; abstract sockets have no permissions and are not used".to_owned()
    } else if bytes.len() > PATH_BYTES_MAX {
        format!("it has {} bytes and the system allows {PATH_BYTES_MAX}; choose a shorter path", bytes.len())
    } else {
        return Ok(());
    };
    Err(BindError::BadPath { path: path.to_owned(), reason })
}

fn check_parent(path: &Path) -> Result<(), BindError> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mode = Mode::from_raw_mode(rustix::fs::stat(parent).map_err(failed("look at", parent))?.st_mode);
    if mode.contains(Mode::WOTH) && !mode.contains(Mode::SVTX) {
        return Err(BindError::UnsafeDirectory(parent.to_owned()));
    }
    Ok(())
}

/// Removes what a crashed server of ours left at the path; the lock is held.
fn clear_stale(path: &Path) -> Result<(), BindError> {
    let occupied = |what| Err(BindError::Occupied { path: path.to_owned(), what });
    let stat = match rustix::fs::lstat(path) {
        Ok(stat) => stat,
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(failed("look at", path)(error)),
    };
    if !is_socket(&stat) {
        return occupied("not a socket");
    }
    if stat.st_uid != own_uid() {
        return occupied("another user's socket");
    }
    if someone_accepts(path)? {
        return Err(BindError::AlreadyServed { path: path.to_owned(), pid: "unknown".to_owned() });
    }
    rustix::fs::unlink(path).map_err(failed("remove the stale socket", path))
}

/// True if a connection is accepted: somebody serves the path without our lock.
fn someone_accepts(path: &Path) -> Result<bool, BindError> {
    let socket = new_socket(path)?;
    let address = SocketAddrUnix::new(path).map_err(failed("use", path))?;
    match rustix::net::connect(&socket, &address) {
        Ok(()) | Err(Errno::AGAIN) => Ok(true),
        Err(Errno::CONNREFUSED | Errno::NOENT) => Ok(false),
        Err(error) => Err(failed("probe", path)(error)),
    }
}

fn new_socket(path: &Path) -> Result<OwnedFd, BindError> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
        .map_err(failed("make a socket for", path))
}

fn listen(path: &Path) -> Result<UnixListener, BindError> {
    let socket = new_socket(path)?;
    rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR).map_err(failed("restrict", path))?;
    let address = SocketAddrUnix::new(path).map_err(failed("use", path))?;
    rustix::net::bind(&socket, &address).map_err(failed("bind", path))?;
    let mode = rustix::fs::lstat(path).map_err(failed("look at", path))?.st_mode;
    if mode & 0o077 != 0 {
        // A system where the descriptor's mode does not carry over. Nobody can connect yet: listen has not been called.
        let _ = rustix::fs::unlink(path);
        return Err(BindError::BadPath {
            path: path.to_owned(),
            reason: "its mode cannot be restricted here".to_owned(),
        });
    }
    rustix::net::listen(&socket, BACKLOG).map_err(failed("listen on", path))?;
    Ok(UnixListener::from(socket))
}
