//! What `LOCK` says of whoever holds a data directory: for people, and for whoever starts servers.
//!
//! ```text
//! pid 4711, serving socket /home/u/memory/toondb.sock, gRPC 127.0.0.1:50051
//! socket /home/u/memory/toondb.sock
//! ```
//!
//! The first line is shown as it is; what follows `pid N` in it says how the holder has the directory. The second, which may be missing,
//! names its socket. The text decides nothing about who owns a directory, that is the lock's: it may be older than the lock, or half
//! written. A text without a word behind the number is what every version writes that has a directory for itself.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// Bytes of the lock file that are looked at.
const TEXT_BYTES_MAX: u64 = 8192;
/// Longest name of a program that is shown.
const PROGRAM_BYTES_MAX: u64 = 64;

const STARTING: &str = "starting to serve";
const SERVING: &str = "serving ";
const ENDING: &str = "ending";
const SOCKET: &str = "socket ";

/// How a process has a data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HolderState {
    /// Nothing was written yet.
    Unsaid,
    /// For itself: no other process reaches it there.
    Alone,
    /// It opens the directory and will serve it.
    Starting,
    /// It serves.
    Serving,
    /// It serves no more, and is about to free the directory.
    Ending,
}

/// What the text says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The process, by its number where it runs.
    pub pid: Option<i32>,
    /// How it has the directory.
    pub state: HolderState,
    /// Where it serves the socket, or did.
    pub socket: Option<PathBuf>,
    /// The first line, for people.
    pub told: String,
}

impl Holder {
    /// Reads a text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut lines = text.lines();
        let told = lines.next().unwrap_or_default().trim().to_owned();
        let socket = lines.next().and_then(|line| line.strip_prefix(SOCKET)).map(PathBuf::from);
        let socket = socket.filter(|path| path.is_absolute());
        let (pid, how) = match told.strip_prefix("pid ").map(|rest| rest.split_once(", ").unwrap_or((rest, ""))) {
            Some((pid, how)) => (pid.parse().ok().filter(|pid| *pid > 0), how),
            None => (None, ""),
        };
        let state = match how {
            _ if told.is_empty() => HolderState::Unsaid,
            STARTING => HolderState::Starting,
            ENDING => HolderState::Ending,
            how if how.starts_with(SERVING) => HolderState::Serving,
            _ => HolderState::Alone,
        };
        Self { pid, state, socket, told }
    }

    /// What the lock file says.
    pub(crate) fn read(mut file: &File) -> Self {
        let mut text = Vec::new();
        let _ = file
            .seek(SeekFrom::Start(0))
            .and_then(|_| Read::by_ref(&mut file).take(TEXT_BYTES_MAX).read_to_end(&mut text));
        Self::parse(&String::from_utf8_lossy(&text))
    }

    /// True if no process that is seen from here has the number. One in another container may.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.pid.and_then(Pid::from_raw).is_some_and(|pid| test_kill_process(pid) == Err(Errno::SRCH))
    }

    /// The first line with the program's name, as far as the system tells it.
    #[must_use]
    pub fn named(&self) -> String {
        let name = self.pid.filter(|_| !self.is_gone()).and_then(program);
        match (name, self.told.split_once(", ")) {
            (None, _) => self.told.clone(),
            (Some(name), None) => format!("{} ({name})", self.told),
            (Some(name), Some((pid, how))) => format!("{pid} ({name}), {how}"),
        }
    }
}

/// The name of a process's program, for messages.
fn program(pid: i32) -> Option<String> {
    let mut name = String::new();
    let file = File::open(format!("/proc/{pid}/comm")).ok()?;
    file.take(PROGRAM_BYTES_MAX).read_to_string(&mut name).ok()?;
    let name = name.trim_end().replace(char::is_control, " ");
    (!name.is_empty()).then_some(name)
}

/// The text of this process.
pub(crate) fn text(state: HolderState, addresses: &str, socket: Option<&Path>) -> String {
    let pid = std::process::id();
    let mut text = match state {
        HolderState::Unsaid => String::new(),
        HolderState::Alone => format!("pid {pid}"),
        HolderState::Starting => format!("pid {pid}, {STARTING}"),
        HolderState::Serving => format!("pid {pid}, {SERVING}{addresses}"),
        HolderState::Ending => format!("pid {pid}, {ENDING}"),
    };
    // A path that is no line of text is left out: whoever needs it looks where sockets usually are.
    let line = socket.filter(|path| !path.as_os_str().as_bytes().contains(&b'\n')).and_then(Path::to_str);
    if let Some(path) = line {
        text.push_str(&format!("\n{SOCKET}{path}"));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let socket = Path::new("/home/u/my, memory/s");
        for state in [HolderState::Alone, HolderState::Starting, HolderState::Serving, HolderState::Ending] {
            for socket in [None, Some(socket)] {
                let read = Holder::parse(&text(state, "socket /a, gRPC b:1", socket));
                assert_eq!((read.state, read.socket.as_deref()), (state, socket));
                assert_eq!(read.pid, i32::try_from(std::process::id()).ok());
                assert!(!read.is_gone() && !read.told.contains('\n'));
                assert!(read.named().starts_with(&format!("pid {} (", std::process::id())), "{}", read.named());
            }
        }
    }

    #[test]
    fn texts_of_others_are_read_too() {
        let read = |text: &str| (Holder::parse(text).state, Holder::parse(text).pid);
        assert_eq!(read(""), (HolderState::Unsaid, None));
        assert_eq!(read("pid 7\n"), (HolderState::Alone, Some(7)));
        assert_eq!(read("pid 7, serving socket /s"), (HolderState::Serving, Some(7)));
        assert_eq!(read("pid 7, dreaming"), (HolderState::Alone, Some(7)));
        assert_eq!(read("pid -7"), (HolderState::Alone, None));
        assert_eq!(read("pid 99999999999, ending"), (HolderState::Ending, None));
        assert_eq!(read("notes"), (HolderState::Alone, None));
        assert_eq!(Holder::parse("pid 7, ending\nsocket relative").socket, None);
        // No process has a number as large as this: the kernel's largest is 2^22.
        assert!(Holder::parse("pid 2000000000").is_gone());
    }
}
