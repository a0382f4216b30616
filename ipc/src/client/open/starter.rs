//! Starts a server and waits for what it says of itself.

use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Access, access};
use rustix::io::Errno;
use toondb_engine::api::{Error, ErrorCode, Result};
use toondb_engine::disk::to_error;
use toondb_engine::{SharedDir, limits};

use super::detached::detach;
use super::options::OpenOptions;
use super::report::Started;
use crate::client::stream::{Patience, Silence};

/// What is handed on of this process's environment; a server knows nothing else of it. Where files and programs of the user are,
/// how texts and times are written, what the loader and Python need to find the package again, and how much is logged.
const ENVIRONMENT: [&str; 15] = [
    "HOME",
    "USER",
    "LOGNAME",
    "PATH",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "LD_LIBRARY_PATH",
    "PYTHONHOME",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "TOONDB_LOG",
    "RUST_BACKTRACE",
];

/// What became of a start.
#[derive(Debug)]
pub enum Outcome {
    /// The directory is served.
    Ready,
    /// The server ended without a word; the end of its log.
    Died(String),
}

/// Starts the server of a directory; the start lock is held. Waits as long as `patience` has patience; the server then goes on starting.
pub fn start(dir: &SharedDir, options: &OpenOptions, interval: Duration, patience: &Patience<'_>) -> Result<Outcome> {
    let (log, logged) = match dir.open_log() {
        Ok(log) => {
            let logged = log.metadata().map_or(0, |found| found.size());
            (Stdio::from(log), logged)
        }
        // What is there can still be read, and deleted.
        Err(error) if error.code == ErrorCode::DiskFull => (Stdio::null(), 0),
        Err(error) => return Err(error),
    };
    let mut command = command(dir.path(), options);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    detach(&mut command);
    let refused = |error: io::Error| {
        let text = format!("the server {} cannot be started: {error}", options.server.program.display());
        Error { message: text, ..to_error(&error) }
    };
    // Looked at first: where this process ignores SIGCHLD, a program that cannot be executed is more than `spawn` can deal with.
    access(&options.server.program, Access::EXEC_OK).map_err(|errno| refused(errno.into()))?;
    let mut child = command.spawn().map_err(refused)?;
    // The process between, which has ended; or somebody else of this process has collected it.
    let _ = child.wait();
    let pipe = child.stdout.take().ok_or_else(|| Error::internal("a server without its pipe"))?;
    let report = read_report(pipe, interval, patience).map_err(|error| match error.code {
        ErrorCode::Timeout => {
            let text =
                format!("the server of {} is still starting, and goes on: {}", dir.path().display(), error.message);
            Error { message: text, ..error }
        }
        _ => error,
    })?;
    match report {
        Some(Started::Ready) => Ok(Outcome::Ready),
        Some(Started::Failed(error)) => Err(error),
        None => Ok(Outcome::Died(dir.log_tail(logged))),
    }
}

fn command(dir: &Path, options: &OpenOptions) -> Command {
    let mut command = Command::new(&options.server.program);
    let idle_ms = options.idle_exit.as_millis().max(1);
    command
        .args(&options.server.first_arguments)
        .args(["serve", "--on-demand", "--started-by-client", "--idle-exit", &format!("{idle_ms}ms"), "--data"])
        .arg(dir)
        .env_clear()
        .envs(ENVIRONMENT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
        .current_dir("/");
    command
}

/// Reads until the line has come; nothing if the pipe ends without it.
fn read_report(mut pipe: ChildStdout, interval: Duration, patience: &Patience<'_>) -> Result<Option<Started>> {
    let silence = Silence::begin();
    let mut bytes = Vec::new();
    loop {
        if !is_readable(&pipe, interval).map_err(|error| failed(&error))? {
            patience.wait_on(&silence)?;
            continue;
        }
        let mut buffer = [0; 1 << 10];
        let count = pipe.read(&mut buffer).map_err(|error| failed(&error))?;
        bytes.extend_from_slice(buffer.get(..count).unwrap_or_default());
        let found = Started::find(&String::from_utf8_lossy(&bytes));
        if count == 0 || found.is_some() || bytes.len() > limits::START_REPORT_BYTES_MAX {
            return Ok(found);
        }
    }
}

fn is_readable(pipe: &ChildStdout, interval: Duration) -> io::Result<bool> {
    let interval = Timespec::try_from(interval).unwrap_or_default();
    let mut asked = [PollFd::new(pipe, PollFlags::IN)];
    match poll(&mut asked, Some(&interval)) {
        Ok(ready) => Ok(ready > 0),
        Err(Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn failed(error: &io::Error) -> Error {
    Error::new(ErrorCode::Internal, format!("the pipe of a server that was started: {error}"))
}
