//! The one line that a server which was started writes to its standard output, a pipe: what became of it.
//!
//! ```text
//! toondb: ready
//! toondb: error 33 /home/u/memory is in use by pid 4711 (python3), which has it for itself
//! ```
//!
//! The number is the error's stable code. Other lines, of whatever the program prints before, are passed over. No line means that the
//! server died.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::AsFd;

use toondb_engine::api::{Error, ErrorCode};
use toondb_engine::limits;

const READY: &str = "toondb: ready";
const FAILED: &str = "toondb: error ";

/// What a server says of its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// The directory is served, by it or by another one.
    Ready,
    /// It cannot be.
    Failed(Error),
}

impl Started {
    /// Finds the line in what was read.
    pub fn find(text: &str) -> Option<Self> {
        text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n')).find_map(Self::read)
    }

    fn read(line: &str) -> Option<Self> {
        if line == READY {
            return Some(Self::Ready);
        }
        let (number, message) = line.strip_prefix(FAILED)?.split_once(' ')?;
        // A newer server may know more codes than this client.
        let code = number.parse::<u16>().ok().and_then(|number| ErrorCode::try_from(number).ok());
        Some(Self::Failed(Error::new(code.unwrap_or(ErrorCode::Internal), message)))
    }

    fn line(&self) -> String {
        match self {
            Self::Ready => format!("{READY}\n"),
            Self::Failed(error) => {
                let message = error.message.replace(char::is_control, " ");
                let end = message.floor_char_boundary(limits::START_REPORT_BYTES_MAX / 2);
                let message = message.get(..end).unwrap_or_default();
                format!("{FAILED}{} {message}\n", u16::from(error.code))
            }
        }
    }
}

/// The server's end of the pipe. Once the line is written, or this is dropped, nobody listens.
#[derive(Debug)]
pub struct Report(Option<File>);

impl Report {
    /// Takes standard output for the line; what is printed from now on goes nowhere.
    ///
    /// # Errors
    /// What the system says.
    pub fn on_stdout() -> std::io::Result<Self> {
        let pipe = std::io::stdout().as_fd().try_clone_to_owned()?;
        rustix::stdio::dup2_stdout(OpenOptions::new().write(true).open("/dev/null")?)?;
        Ok(Self(Some(pipe.into())))
    }

    /// To nobody.
    pub fn none() -> Self {
        Self(None)
    }

    /// The directory is served.
    pub fn ready(self) {
        self.tell(&Started::Ready);
    }

    /// It cannot be served.
    pub fn failed(self, error: Error) {
        self.tell(&Started::Failed(error));
    }

    fn tell(self, started: &Started) {
        if let Some(mut pipe) = self.0 {
            // A starter that is gone needs no answer.
            let _ = pipe.write_all(started.line().as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_found() {
        let error = Error::new(ErrorCode::DiskFull, "no space\nat all");
        let told = Started::Failed(Error::new(ErrorCode::DiskFull, "no space at all"));
        assert_eq!(Started::find(&Started::Failed(error).line()), Some(told));
        assert_eq!(Started::find(&format!("hello\n{}", Started::Ready.line())), Some(Started::Ready));
        for nothing in ["", "toondb: ready", "hello\n", "toondb: error \n", "toondb: error x\n"] {
            assert_eq!(Started::find(nothing), None, "{nothing:?}");
        }
        let long = Error::internal("\u{e9}".repeat(limits::START_REPORT_BYTES_MAX));
        assert!(Started::Failed(long).line().len() <= limits::START_REPORT_BYTES_MAX);
        let unknown = Started::find("toondb: error 9999 of the future\n");
        assert_eq!(unknown, Some(Started::Failed(Error::internal("of the future"))));
    }
}
