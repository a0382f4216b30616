//! The `toondb` command, which the wheel carries; see `python/toondb/__main__.py`.

use std::ffi::OsString;
use std::panic::catch_unwind;

use pyo3::prelude::*;
use toondb_cli::Program;

/// What a program of Rust's own ends with when its main thread panics.
const PANICKED: u8 = 101;

/// Carries the command out that the arguments say, with the interpreter lock released; gives the code that the process is to end
/// with. `program` are the words that start it anew.
///
/// The process is the command's own: a server takes its signals, all of which end it or mean nothing to it. It must not have
/// Python's handler of SIGINT, which would be called as well, and would raise KeyboardInterrupt once the server has ended.
#[pyfunction]
pub fn run_command(py: Python<'_>, program: Vec<OsString>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| {
        // What was wrong has been written to standard error by then.
        catch_unwind(move || toondb_cli::run(&Program::of(program), arguments)).unwrap_or(PANICKED)
    })
}
