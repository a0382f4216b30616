//! `.toondb/config`: says that the directory is a project's memory, in which version, and who shares it.
//!
//! ```text
//! toondb project 1
//! worktrees = shared
//! ```
//!
//! Both lines are there, and no others: a later version that says more has a higher number, and is refused by this one, which
//! cannot know what the rest means. The file is made with its directory, in one step, and never changed by ToonDB.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use toondb_engine::api::{ErrorCode, Result};
use toondb_engine::limits;

use super::{failed, refused};

/// The file's name.
pub const FILE: &str = "config";
const MAGIC: &str = "toondb project ";
const VERSION: &str = "1";
const WORKTREES: &str = "worktrees = ";

/// What linked worktrees of git have to do with the memory of the main one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worktrees {
    /// It is theirs too.
    Shared,
    /// Each has a memory of its own.
    Isolated,
}

impl Worktrees {
    const ALL: [Self; 2] = [Self::Shared, Self::Isolated];

    /// As the file says it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Isolated => "isolated",
        }
    }
}

/// The file's text.
pub fn text(worktrees: Worktrees) -> String {
    format!("{MAGIC}{VERSION}\n{WORKTREES}{}\n", worktrees.name())
}

/// What the file in this directory says.
pub fn read(dir: &Path) -> Result<Worktrees> {
    let path = dir.join(FILE);
    let Some(text) = read_text(&path)? else {
        let what = "is missing, so the directory beside it is not known to be a memory; nothing was changed. If it may go, move it \
                    away and run: toondb init";
        return Err(refused(ErrorCode::Unavailable, &path, what));
    };
    parse(&text).map_err(|(code, what)| refused(code, &path, what))
}

fn parse(text: &str) -> Result<Worktrees, (ErrorCode, &'static str)> {
    let foreign = (ErrorCode::Unavailable, "is not the file of a project's memory; nothing was changed");
    let (first, rest) = text.split_once('\n').ok_or(foreign)?;
    if first.strip_prefix(MAGIC).ok_or(foreign)? != VERSION {
        return Err((ErrorCode::UnsupportedVersion, "was written by a newer version of ToonDB; use that one"));
    }
    let name = rest.strip_prefix(WORKTREES).and_then(|rest| rest.strip_suffix('\n'));
    let named = Worktrees::ALL.into_iter().find(|worktrees| Some(worktrees.name()) == name);
    named.ok_or((ErrorCode::Unavailable, "its second line must be `worktrees = shared` or `worktrees = isolated`"))
}

/// A short text, or nothing if there is no such file. Whatever is no ordinary file is refused: opening a pipe would wait.
pub fn read_text(path: &Path) -> Result<Option<String>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(error) => return Err(failed(path, error)),
    };
    let metadata = file.metadata().map_err(|error| failed(path, error))?;
    if !metadata.is_file() {
        return Err(refused(ErrorCode::Unavailable, path, "must be a regular file, and is something else"));
    }
    let mut text = String::new();
    let most = limits::PROJECT_FILE_BYTES_MAX as u64;
    let read = file.take(most + 1).read_to_string(&mut text).map_err(|error| failed(path, error))?;
    if read as u64 > most {
        return Err(refused(ErrorCode::LimitExceeded, path, "is longer than such a file ever is"));
    }
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_what_was_written_and_any_other_is_refused() {
        for worktrees in Worktrees::ALL {
            assert_eq!(parse(&text(worktrees)), Ok(worktrees));
        }
        let newer = parse("toondb project 2\nworktrees = shared\n").map_err(|(code, _)| code);
        assert_eq!(newer, Err(ErrorCode::UnsupportedVersion));
        for wrong in [
            "",
            "toondb project 1",
            "toondb project 1\n",
            "toondb project 1\nworktrees = shared",
            "toondb project 1\nworktrees = both\n",
            "toondb project 1\nworktrees = shared\nmore = 1\n",
            "[core]\n",
        ] {
            assert_eq!(parse(wrong).map_err(|(code, _)| code), Err(ErrorCode::Unavailable), "{wrong:?}");
        }
    }
}
