//! How the command that runs is started anew: a program of its own, or Python with its package. It is said by whoever calls, and
//! never looked up on `PATH`, where something else may stand.

use std::ffi::{OsStr, OsString};
use std::process::Command;

/// The words that start this very command; its arguments follow them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    words: Vec<OsString>,
}

impl Program {
    /// The executable file of this process.
    #[must_use]
    pub fn of_this_process() -> Self {
        // Without /proc the words are empty, and whoever needs them says so.
        Self { words: std::env::current_exe().map(|path| vec![path.into_os_string()]).unwrap_or_default() }
    }

    /// These words: the absolute path of an executable file, and what stands between it and the arguments.
    #[must_use]
    pub fn of(words: Vec<OsString>) -> Self {
        Self { words }
    }

    /// The words.
    pub fn words(&self) -> impl Iterator<Item = &OsStr> {
        self.words.iter().map(OsString::as_os_str)
    }

    /// The command without arguments.
    ///
    /// # Errors
    /// If it is not known how this command was started.
    pub fn command(&self) -> Result<Command, &'static str> {
        let (executable, words) = self.words.split_first().ok_or(UNKNOWN)?;
        let mut command = Command::new(executable);
        command.args(words);
        Ok(command)
    }
}

/// Where /proc is missing.
pub const UNKNOWN: &str = "the path of this program is not known (/proc is missing)";
