//! How a directory is opened: which program serves it, and how its clients connect.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use toondb_engine::api::{Error, Result};
use toondb_engine::{VERSION, limits};

use crate::client::options::ClientOptions;

/// The program that is started where nobody serves the directory. It is never looked for: its path is absolute.
///
/// It is called with `first_arguments`, then `serve --on-demand` and what belongs to it. So a program that carries the command in another
/// way says how here, for example `python3` with `-m toondb`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerCommand {
    /// The program's absolute path.
    pub program: PathBuf,
    /// What stands between the program and `serve`.
    pub first_arguments: Vec<OsString>,
    /// The program's version: an older server that is idle gives way to it.
    pub version: String,
}

impl ServerCommand {
    /// A program of this build's version that is the `toondb` command itself.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), first_arguments: Vec::new(), version: VERSION.to_owned() }
    }

    /// The same, with these arguments in front of `serve`.
    #[must_use]
    pub fn with_first_arguments(self, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self { first_arguments: arguments.into_iter().map(Into::into).collect(), ..self }
    }

    /// Refuses what would be looked for somewhere.
    pub(super) fn check(&self) -> Result<()> {
        if self.program.is_absolute() {
            return Ok(());
        }
        let text = format!("the server's program must have an absolute path, and {:?} has none", self.program);
        Err(Error::invalid(text))
    }
}

/// How a directory is opened.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// What serves it if nobody does.
    pub server: ServerCommand,
    /// How long a server that is started goes on when nobody is connected.
    pub idle_exit: Duration,
    /// How the client connects. A call is made again for as long as its timeout ([`ClientOptions::timeout`]), in which a server is
    /// started anew if need be; [`ClientOptions::retry_for`] means nothing here.
    pub client: ClientOptions,
}

impl OpenOptions {
    /// The usual options, with this program for a server.
    pub fn new(server: ServerCommand) -> Self {
        Self { server, idle_exit: limits::OPEN_IDLE_EXIT, client: ClientOptions::default() }
    }
}
