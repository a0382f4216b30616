//! Whether a directory is a linked worktree of git, and of which main one; see gitrepository-layout(5).
//!
//! In a linked worktree `.git` is a file, which names a directory of the repository: `<main>/.git/worktrees/<name>`. That has a
//! file `commondir`, which names the repository, and a file `gitdir`, which names the worktree's `.git`. The last one is
//! compared, and the directory must be the repository's own: somebody else's `.git` file, whatever comes with it, cannot have a
//! directory taken for a worktree of a repository that knows nothing of it.
//! A submodule's `.git` is a file too, but there is no `commondir` behind it; it is a project of its own.

use std::path::{Path, PathBuf};

use toondb_engine::api::Result;

use super::marker::read_text;

const GIT: &str = ".git";

/// The main worktree, if this directory is a linked one. A repository without files of its own (bare) has none.
pub fn main_of(dir: &Path) -> Result<Option<PathBuf>> {
    let own = dir.join(GIT);
    if !own.is_file() {
        return Ok(None);
    }
    let Some(text) = read_text(&own)? else { return Ok(None) };
    let Some(named) = text.strip_prefix("gitdir:").map(str::trim).filter(|named| !named.is_empty()) else {
        return Ok(None);
    };
    let private = dir.join(named);
    let (Some(common), Some(back)) = (read_text(&private.join("commondir"))?, read_text(&private.join("gitdir"))?)
    else {
        return Ok(None);
    };
    // It may be relative, to the file that says it.
    if !is_same(&private.join(back.trim()), &own) {
        return Ok(None);
    }
    let (Ok(common), Ok(private)) = (private.join(common.trim()).canonicalize(), private.canonicalize()) else {
        return Ok(None);
    };
    if private.parent() != Some(&common.join("worktrees")) {
        return Ok(None);
    }
    let is_beside_files = common.file_name().is_some_and(|name| name == GIT);
    Ok(common.parent().filter(|_| is_beside_files).map(Path::to_owned))
}

fn is_same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        (Err(_), _) | (_, Err(_)) => false,
    }
}
