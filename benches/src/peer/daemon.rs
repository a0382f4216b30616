//! A server as a child process: started, waited for, and ended with the value that stands for it.

use std::io::{BufRead, BufReader, pipe};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use toondb_grpc::Address;

use crate::outcome::Outcome;

/// Time for a server to say that it is ready.
const READY_TIMEOUT: Duration = Duration::from_secs(30);

/// A running server. Dropping it kills the process: its data is temporary.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    ready_line: String,
}

impl Daemon {
    /// Starts a server and waits until it prints a line with `ready` in it, in any case.
    pub fn start(mut command: Command, ready: &str) -> Outcome<Self> {
        let ready = ready.to_ascii_lowercase();
        let program = command.get_program().to_string_lossy().into_owned();
        let (reader, writer) = pipe()?;
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let child = command.spawn().map_err(|error| format!("{program} cannot be started: {error}"))?;
        // The command holds this process's copies of the pipe's end; without them the reader sees the server's end.
        drop(command);
        let mut daemon = Self { child, ready_line: String::new() };
        let (said, hears) = mpsc::channel();
        // It reads until the server ends, so that the server never blocks on a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(reader).lines().map_while(Result::ok) {
                let _ = said.send(line);
            }
        });
        let mut output = Vec::new();
        loop {
            match hears.recv_timeout(READY_TIMEOUT) {
                Ok(line) if line.to_ascii_lowercase().contains(&ready) => {
                    daemon.ready_line = line;
                    return Ok(daemon);
                }
                Ok(line) => output.push(line),
                Err(_) => return Err(format!("{program} did not become ready:\n{}", output.join("\n")).into()),
            }
        }
    }

    /// The address that its ready line gives as `name=host:port`.
    pub fn address(&self, name: &str) -> Outcome<Address> {
        let field = |word: &str| word.strip_prefix(name)?.strip_prefix('=').map(str::to_owned);
        let address = self.ready_line.split_whitespace().find_map(field);
        let address = address.ok_or_else(|| format!("no {name} address in {:?}", self.ready_line))?;
        Ok(address.parse()?)
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end and waits until it has: it closes its files.
    pub fn stop(mut self) -> Outcome<()> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the server ended with {status}").into()) }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Either fails only if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
