//! Which memory belongs to a working directory.
//!
//! From the working directory upward, the first directory that has a `.toondb` decides. As git does, the way up ends at the border of
//! a file system, and below the directories that `TOONDB_CEILING_DIRECTORIES` names; the working directory itself is always
//! looked at. Where the way comes to the root of a linked worktree without having found any, the memory of the main worktree
//! decides, if there is one: it is shared, or it says that this worktree has its own, in its root, made by whoever opens it first.
//! Whatever else lies above a linked worktree decides only if the main one has none.
//!
//! If there is no project's memory, it is the user's own: `$XDG_DATA_HOME/toondb`, which is a data directory itself.
//!
//! A `.toondb` that belongs to somebody else, or that others may write into, is an error, and is not passed over: what is meant
//! for the one memory must not land in another one.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use toondb_engine::api::{Error, ErrorCode, Result};
use toondb_engine::peer::own_uid;

use super::marker::{self, Worktrees};
use super::{DATA_DIR, DIR, failed, init, refused, worktree};

/// Directories that are not looked into, nor those above them, separated as in `PATH`.
const CEILINGS: &str = "TOONDB_CEILING_DIRECTORIES";
/// Permission to write, for a group and for everybody.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// What the answer depends on, beside the files.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Where to begin, absolutely.
    pub working_dir: PathBuf,
    /// Where to end: neither these are looked into nor what is above them.
    pub ceilings: Vec<PathBuf>,
    /// Where this user's data is.
    pub data_home: Option<PathBuf>,
}

impl Surroundings {
    /// Those of this process.
    ///
    /// # Errors
    /// `Unavailable` if its working directory is gone.
    pub fn of_this_process() -> Result<Self> {
        let working_dir = std::env::current_dir().map_err(|error| failed(Path::new("the working directory"), error))?;
        let ceilings = std::env::var_os(CEILINGS).unwrap_or_default();
        let ceilings = std::env::split_paths(&ceilings).filter(|path| path.is_absolute());
        let absolute = |path: &PathBuf| path.is_absolute();
        let said = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(absolute);
        let usual = || std::env::home_dir().filter(absolute).map(|home| home.join(".local/share"));
        Ok(Self {
            working_dir,
            // Working directories are told with symbolic links resolved.
            ceilings: ceilings.map(|path| path.canonicalize().unwrap_or(path)).collect(),
            data_home: said.or_else(usual),
        })
    }
}

/// A memory that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Memory {
    /// That of a project.
    Project {
        /// Its data directory.
        data_dir: PathBuf,
    },
    /// The own one of a linked worktree, which is still to be made.
    Worktree {
        /// The worktree's root.
        root: PathBuf,
    },
    /// The user's own.
    User {
        /// Its data directory.
        data_dir: PathBuf,
    },
}

impl Memory {
    /// The data directory; what must be there around it is made.
    ///
    /// # Errors
    /// As those of [`init()`].
    pub fn data_dir(self) -> Result<PathBuf> {
        match self {
            Self::Project { data_dir } | Self::User { data_dir } => Ok(data_dir),
            Self::Worktree { root } => Ok(init(&root, Worktrees::Isolated)?.join(DATA_DIR)),
        }
    }
}

/// Finds the memory that belongs to a working directory.
///
/// # Errors
/// `PermissionDenied` if it is somebody else's, `UnsupportedVersion` if a newer version made it, `Unavailable` if it is no memory or
/// cannot be looked at, `InvalidArgument` if there is none and no place for the user's own.
pub fn find(surroundings: &Surroundings) -> Result<Memory> {
    let Surroundings { working_dir, ceilings, data_home } = surroundings;
    let device = |dir: &Path| fs::metadata(dir).map(|found| found.dev()).map_err(|error| failed(dir, error));
    let begun_on = device(working_dir)?;
    for (steps, dir) in working_dir.ancestors().enumerate() {
        let is_over = ceilings.iter().any(|ceiling| ceiling == dir) || device(dir)? != begun_on;
        if steps > 0 && is_over {
            break;
        }
        if let Some((memory, _)) = in_dir(dir)? {
            return Ok(Memory::Project { data_dir: memory.join(DATA_DIR) });
        }
        let Some(main) = worktree::main_of(dir)? else { continue };
        match in_dir(&main)? {
            Some((memory, Worktrees::Shared)) => return Ok(Memory::Project { data_dir: memory.join(DATA_DIR) }),
            Some((_, Worktrees::Isolated)) => return Ok(Memory::Worktree { root: dir.to_owned() }),
            None => {}
        }
    }
    match data_home {
        Some(home) => Ok(Memory::User { data_dir: home.join("toondb") }),
        None => Err(Error::invalid(
            "no project's memory was found, and neither XDG_DATA_HOME nor HOME says where the user's own is: run toondb init in \
             the project, or name a data directory",
        )),
    }
}

/// The memory in this very directory, and who shares it.
pub fn in_dir(dir: &Path) -> Result<Option<(PathBuf, Worktrees)>> {
    let memory = dir.join(DIR);
    let found = match fs::symlink_metadata(&memory) {
        Ok(found) => found,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
        // A directory above, which this user may not look into.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => return Ok(None),
        Err(error) => return Err(failed(&memory, error)),
    };
    if !found.is_dir() {
        return Err(refused(ErrorCode::Unavailable, &memory, "must be a directory, and is something else"));
    }
    let user = own_uid();
    if found.uid() != user {
        let what = format!("belongs to user {}, and this process runs as user {user}; it is not used", found.uid());
        return Err(refused(ErrorCode::PermissionDenied, &memory, &what));
    }
    if found.mode() & WRITABLE_BY_OTHERS != 0 {
        let what = "other users may write into it; it is not used. If its content is to be trusted: chmod go-w";
        return Err(refused(ErrorCode::PermissionDenied, &memory, what));
    }
    let worktrees = marker::read(&memory)?;
    Ok(Some((memory, worktrees)))
}
