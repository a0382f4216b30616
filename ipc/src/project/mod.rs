//! The memory of a project: a directory `.toondb`, which is found from any directory below it, as git finds `.git`.
//!
//! ```text
//! .toondb/            of its user, whom alone it may be written by
//!   config            what it is, and whether linked worktrees of git share it
//!   .gitignore        keeps all of it out of git
//!   data/             the data directory, made when it is first opened
//! ```
//!
//! `marker` is the file `config`, `worktree` reads what git says of a linked worktree, `find` looks for the directory and `init`
//! makes it.

mod find;
mod init;
mod marker;
mod worktree;

pub use find::{Memory, Surroundings, find};
pub use init::init;
pub use marker::Worktrees;

use std::path::Path;

use toondb_engine::api::{Error, ErrorCode};

/// The directory's name.
pub const DIR: &str = ".toondb";
/// The data directory inside it.
const DATA_DIR: &str = "data";

fn refused(code: ErrorCode, path: &Path, what: &str) -> Error {
    Error::new(code, format!("{}: {what}", path.display()))
}

fn failed(path: &Path, error: impl std::fmt::Display) -> Error {
    refused(ErrorCode::Unavailable, path, &error.to_string())
}
