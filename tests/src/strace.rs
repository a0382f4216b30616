//! Servers watched, and killed, at their system calls: by strace, where it is installed and allowed.
//!
//! A watch begins with the program ([`Served::start_watched`](crate::Served::start_watched)) or joins it while it runs
//! ([`Joined`]). strace counts the calls of each thread for itself, from the beginning of the watch: a process is killed by
//! the first thread that comes to its `nth` call. The kill comes instead of the call, which is not carried out.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::process::worker_binary;

/// What happens at system calls.
#[derive(Debug, Clone, Copy)]
pub enum Watch<'a> {
    /// Those of these names are listed in a file, a line each, with the paths behind descriptors.
    List {
        /// Names, with commas; one that begins with `?` need not exist on this machine.
        calls: &'a str,
        /// The file.
        file: &'a Path,
    },
    /// The process is killed.
    Kill {
        /// The name of the call.
        call: &'a str,
        /// Which of a thread's calls it is, counted from 1.
        nth: u64,
    },
}

impl Watch<'_> {
    /// What strace is called with, but for the process.
    fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = ["-f", "-e", "signal=none", "-e"].map(OsString::from).into();
        match self {
            Self::List { calls, file } => {
                arguments.push(format!("trace={calls}").into());
                arguments.extend(["-y".into(), "-o".into(), file.as_os_str().to_owned()]);
            }
            Self::Kill { call, nth } => {
                arguments.push(format!("trace={call}").into());
                arguments.extend(["-e".into(), format!("inject={call}:signal=KILL:when={nth}").into()]);
                arguments.extend(["-o", "/dev/null"].map(OsString::from));
            }
        }
        arguments
    }
}

/// A command that becomes `program`, which this process may join.
pub(crate) fn watchable(program: &Path) -> Command {
    let mut command = Command::new(worker_binary());
    command.arg("watchable").arg(program);
    command
}

/// Lets a [`watchable`] process, which waits for its input to end before it becomes the program, go on under a watch. Its input
/// and its output must be pipes.
pub(crate) fn release(child: &mut Child, watch: &Watch<'_>) -> Result<Joined, String> {
    let output = child.stdout.as_mut().expect("it is piped");
    output.read_exact(&mut [0; 1]).map_err(|error| format!("it does not say that it waits: {error}"))?;
    let joined = Joined::join(child.id(), watch)?;
    drop(child.stdin.take());
    Ok(joined)
}

/// True if this process may watch others, and strace kills at a call.
#[must_use]
pub fn can_watch() -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    let mut command = watchable(Path::new("/bin/true"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the worker starts");
    // The first call of any program that is linked dynamically.
    let joined = release(&mut child, &Watch::Kill { call: "openat", nth: 1 });
    drop(child.stdin.take());
    let status = child.wait().expect("a child can be waited for");
    joined.is_ok() && status.signal() == Some(Signal::KILL.as_raw())
}

/// A watch over a process; ends when dropped, or with the process.
#[derive(Debug)]
pub struct Joined {
    strace: Child,
    /// Kept open, as strace tells of each thread that it sees begin. A pipe takes the lines of a thousand.
    _told: BufReader<ChildStderr>,
}

impl Joined {
    /// Begins to watch the process, and waits until every further call of any of its threads is seen.
    ///
    /// # Errors
    /// With what strace says, if it cannot.
    pub fn join(pid: u32, watch: &Watch<'_>) -> Result<Self, String> {
        let mut command = Command::new("strace");
        command.args(watch.arguments()).arg("-p").arg(pid.to_string());
        let piped = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut strace = piped.spawn().map_err(|error| error.to_string())?;
        let mut told = BufReader::new(strace.stderr.take().expect("it is piped"));
        let mut line = String::new();
        told.read_line(&mut line).map_err(|error| error.to_string())?;
        let joined = Self { strace, _told: told };
        if line.contains(" attached") { Ok(joined) } else { Err(line) }
    }

    /// Ends the watch; the process goes on. What was to be written is in the file then.
    pub fn leave(self) {}
}

impl Drop for Joined {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.strace.id()).ok().and_then(Pid::from_raw) {
            // One that ended with the process needs no signal.
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = self.strace.wait();
    }
}
