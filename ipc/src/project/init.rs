//! Makes a project's memory: all of it under another name, made durable, then renamed in one step that replaces nothing.
//!
//! A crash leaves either nothing, or a directory `.toondb.new-<pid>-<number>`, which nobody looks at and anybody may remove, or the
//! whole. Of several who make it at once, one does; the others find it there.

use std::fs::{self, DirBuilder, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;
use toondb_engine::api::{ErrorCode, Result};

use super::find::in_dir;
use super::marker::{self, Worktrees};
use super::{DIR, failed, refused};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Everything in it stays out of git, this file included.
const GITIGNORE: (&str, &str) = (".gitignore", "*\n");

/// Makes the memory of the project in this directory, unless it is there; gives where it is.
///
/// # Errors
/// `AlreadyExists` if it is there and linked worktrees have another share in it, `PermissionDenied` if it is somebody else's,
/// `Unavailable` if the file system refuses, or something else has its name. Nothing is changed then.
pub fn init(project: &Path, worktrees: Worktrees) -> Result<PathBuf> {
    if let Some(there) = there(project, worktrees)? {
        return Ok(there);
    }
    let memory = project.join(DIR);
    let made = make(project, worktrees)
        .and_then(|new| renameat_with(CWD, &new, CWD, &memory, RenameFlags::NOREPLACE).inspect_err(|_| remove(&new)));
    if let Err(error) = made {
        // Somebody else was faster.
        return match there(project, worktrees)? {
            Some(there) if error == Errno::EXIST => Ok(there),
            Some(_) | None => Err(failed(&memory, error)),
        };
    }
    File::open(project).and_then(|dir| dir.sync_all()).map_err(|error| failed(project, error))?;
    Ok(memory)
}

fn there(project: &Path, wanted: Worktrees) -> Result<Option<PathBuf>> {
    match in_dir(project)? {
        Some((memory, worktrees)) if worktrees == wanted => Ok(Some(memory)),
        Some((memory, worktrees)) => {
            let what = format!(
                "is there already, and is {} among worktrees; to have it otherwise, change the file {} in it",
                worktrees.name(),
                marker::FILE
            );
            Err(refused(ErrorCode::AlreadyExists, &memory, &what))
        }
        None => Ok(None),
    }
}

/// Makes it under a name that nobody else has; gives the path.
fn make(project: &Path, worktrees: Worktrees) -> Result<PathBuf, Errno> {
    let new = loop {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let new = project.join(format!("{DIR}.new-{}-{number}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&new) {
            Ok(()) => break new,
            // Of a process that had this number and ended in between.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(errno_of(&error)),
        }
    };
    let filled = || -> std::io::Result<()> {
        for (name, text) in [(marker::FILE, marker::text(worktrees)), (GITIGNORE.0, GITIGNORE.1.to_owned())] {
            let mut file = File::create_new(new.join(name))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
        }
        File::open(&new)?.sync_all()
    };
    match filled() {
        Ok(()) => Ok(new),
        Err(error) => {
            remove(&new);
            Err(errno_of(&error))
        }
    }
}

fn errno_of(error: &std::io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

/// Removes what [`make`] has made, and nothing else: a directory with more in it stays.
fn remove(new: &Path) {
    for name in [marker::FILE, GITIGNORE.0] {
        let _ = fs::remove_file(new.join(name));
    }
    let _ = fs::remove_dir(new);
}
