//! Where checkpoints are, and how their names become durable.
//!
//! ```text
//! <data>/checkpoints/<namespace>/<32 hex digits>.toondb      a checkpoint
//! <data>/checkpoints/.tmp/<16 hex digits>                    whatever is under way; removed on start, and nothing else there
//! ```
//!
//! A namespace's name never begins with a dot, so the two cannot meet. A checkpoint is written in `.tmp`, synced, renamed,
//! and both directories are synced before anybody hears of it: a crash leaves it whole or not at all.
//!
//! The digits begin with the time of creation and a number that tells checkpoints of the same millisecond apart, as in a
//! UUID of version 7 (RFC 9562, section 5.7), so that ids sort in the order of creation. 64 random bits end them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::fault::CheckpointFault;
use super::head::Head;
use super::site::Site;
use crate::api::{
    CheckpointId, CheckpointInfo, CommitSeq, Error, ErrorCode, NamespaceName, Properties, Result, TimestampMs,
};
use crate::disk::{Disk, DiskFile, OpenMode};
use crate::limits;
use crate::planted::{self, Planted};
use crate::rng::Rng;

/// The folder's name.
pub const DIR: &str = "checkpoints";
/// The name of the folder in it for what is under way.
pub const TEMPORARY_DIR: &str = ".tmp";
pub(super) const SUFFIX: &str = ".toondb";
/// The bits of a time of creation that an id shows: milliseconds until the year 10889.
const CREATED_AT_MASK: u64 = (1 << 48) - 1;

/// The folder of all checkpoints.
#[derive(Debug)]
pub struct CheckpointFolder {
    site: Site,
    rng: Arc<dyn Rng>,
    /// Held while checkpoints appear or disappear, so that the bound on their number holds.
    changing: Mutex<()>,
}

/// A file or folder under way. It is removed when this is dropped.
#[derive(Debug)]
pub struct Temporary {
    disk: Arc<dyn Disk>,
    /// Where it is.
    pub path: PathBuf,
    is_dir: bool,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed now is removed on the next start.
        let _ = match self.is_dir {
            true => self.disk.remove_dir_all(&self.path),
            false => self.disk.remove_file(&self.path),
        };
    }
}

impl CheckpointFolder {
    /// Removes what earlier processes left unfinished in a directory that is known to be a database's.
    pub fn open(site: Site, rng: Arc<dyn Rng>) -> Result<Self> {
        let folder = Self { site, rng, changing: Mutex::new(()) };
        let temporary = folder.dir().join(TEMPORARY_DIR);
        if folder.disk().exists(&temporary).map_err(Site::io)? {
            for name in folder.disk().list_dir(&temporary).map_err(Site::io)? {
                folder.remove_left(&temporary.join(&name), &name);
            }
        }
        Ok(folder)
    }

    /// Only names of our own form are ours. What cannot be removed waits for the next start.
    fn remove_left(&self, path: &Path, name: &str) {
        if name.len() != 16 || name.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            tracing::warn!(path = %path.display(), "not a file of ToonDB; it is left alone");
            return;
        }
        let removed = match self.disk().file_len(path) {
            Ok(_) => self.disk().remove_file(path),
            // A folder: the scratch store of an import.
            Err(_) => self.disk().remove_dir_all(path),
        };
        if let Err(error) = removed {
            tracing::warn!(%error, path = %path.display(), "what is left of a checkpoint cannot be removed");
        }
    }

    fn disk(&self) -> &dyn Disk {
        &*self.site.disk
    }

    fn dir(&self) -> PathBuf {
        self.site.data_dir.join(DIR)
    }

    fn path(&self, id: &CheckpointId) -> Result<PathBuf> {
        let (namespace, number) = id.parts()?;
        Ok(self.dir().join(namespace.as_str()).join(format!("{number}{SUFFIX}")))
    }

    fn temporary_path(&self) -> Result<PathBuf> {
        let dir = self.dir().join(TEMPORARY_DIR);
        self.disk().create_dir_all(&dir).map_err(Site::io)?;
        Ok(dir.join(format!("{:016x}", self.rng.next_u64())))
    }

    /// A new, empty file.
    pub fn temporary(&self) -> Result<(Temporary, Arc<dyn DiskFile>)> {
        let path = self.temporary_path()?;
        let file = self.disk().open(&path, OpenMode::CreateNew).map_err(Site::io)?;
        Ok((Temporary { disk: Arc::clone(&self.site.disk), path, is_dir: false }, file))
    }

    /// A new, empty folder.
    pub fn temporary_dir(&self) -> Result<Temporary> {
        let path = self.temporary_path()?;
        self.disk().create_dir_all(&path).map_err(Site::io)?;
        Ok(Temporary { disk: Arc::clone(&self.site.disk), path, is_dir: true })
    }

    /// Makes a finished, synced file a checkpoint of the namespace in its head.
    pub fn publish(&self, file: &Temporary, head: &Head) -> Result<CheckpointInfo> {
        let namespace = &head.texts.namespace;
        let dir = self.dir().join(namespace.as_str());
        let _changing = self.changing.lock();
        let others = self.names(namespace)?;
        check_room(namespace, &others)?;
        let id = next_id(head, &others, self.rng.next_u64());
        let path = self.path(&id)?;
        self.disk().create_dir_all(&dir).map_err(Site::io)?;
        // The attempt that made these directories may have ended before it synced them.
        self.disk().sync_dir(&self.site.data_dir).map_err(Site::io)?;
        self.disk().sync_dir(&self.dir()).map_err(Site::io)?;
        self.disk().rename(&file.path, &path).map_err(Site::io)?;
        if planted::is(Planted::CheckpointNameUnsynced) {
            return Ok(head.info(id));
        }
        if let Err(error) = self.disk().sync_dir(&dir) {
            let text = format!("the checkpoint {id} may or may not be there after a power loss: {error}");
            return Err(Error::new(ErrorCode::OutcomeUnknown, text));
        }
        Ok(head.info(id))
    }

    /// Refuses a namespace that has as many checkpoints as it may.
    pub fn check_room(&self, namespace: &NamespaceName) -> Result<()> {
        check_room(namespace, &self.names(namespace)?)
    }

    /// The ids of a namespace's checkpoints.
    fn names(&self, namespace: &NamespaceName) -> Result<Vec<CheckpointId>> {
        let dir = self.dir().join(namespace.as_str());
        if !self.disk().exists(&dir).map_err(Site::io)? {
            return Ok(Vec::new());
        }
        let files = self.disk().list_dir(&dir).map_err(Site::io)?;
        let ids = files.iter().filter_map(|name| Some(format!("{namespace}/{}", name.strip_suffix(SUFFIX)?)));
        Ok(ids.map(CheckpointId::new).filter(|id| id.parts().is_ok()).collect())
    }

    /// The namespace's checkpoints, oldest first. One whose head cannot be read, for whatever reason, is listed with its id,
    /// its size and what is wrong with it, before all others.
    pub fn list(&self, namespace: &NamespaceName) -> Result<Vec<CheckpointInfo>> {
        let mut infos = Vec::new();
        for id in self.names(namespace)? {
            match self.look(&id) {
                Ok(info) => infos.push(info),
                // It was deleted meanwhile.
                Err(error) if error.code == ErrorCode::CheckpointNotFound => {}
                Err(error) => return Err(error),
            }
        }
        infos.sort_by(|a, b| (a.created_at, a.id.as_str()).cmp(&(b.created_at, b.id.as_str())));
        Ok(infos)
    }

    /// What the API tells of one checkpoint.
    fn look(&self, id: &CheckpointId) -> Result<CheckpointInfo> {
        let (what, size_bytes) = match self.open_file(id) {
            Ok(file) => match Head::read(&*file) {
                Ok((head, _)) => return Ok(head.info(id.clone())),
                Err(CheckpointFault::Content(what)) => (what, file.len().unwrap_or_default()),
                Err(CheckpointFault::Failed(error)) => (of_one_file(error)?, file.len().unwrap_or_default()),
            },
            Err(error) => (of_one_file(error)?, 0),
        };
        let (namespace, _) = id.parts()?;
        Ok(CheckpointInfo {
            id: id.clone(),
            name: String::new(),
            namespace,
            created_at: TimestampMs(0),
            size_bytes,
            keys: 0,
            commit_seq: CommitSeq(0),
            metadata: Properties::new(),
            damaged: Some(what),
        })
    }

    /// The file of a checkpoint. It can be read as long as it is open, also if the checkpoint is deleted meanwhile.
    pub fn open_file(&self, id: &CheckpointId) -> Result<Arc<dyn DiskFile>> {
        let path = self.path(id)?;
        if self.disk().file_len(&path).map_err(Site::io)?.is_none() {
            let text = format!("there is no checkpoint {id}; ListCheckpoints tells which there are");
            return Err(Error::new(ErrorCode::CheckpointNotFound, text));
        }
        self.disk().open(&path, OpenMode::Existing).map_err(Site::io)
    }

    /// Deletes a checkpoint, durably. True if it existed.
    pub fn delete(&self, id: &CheckpointId) -> Result<bool> {
        let path = self.path(id)?;
        let _changing = self.changing.lock();
        let existed = self.disk().file_len(&path).map_err(Site::io)?.is_some();
        if existed {
            self.disk().remove_file(&path).map_err(Site::io)?;
        }
        // Also of one that is gone: whoever removed it may not have come to this sync, and a power loss would bring it back.
        let dir = path.parent().filter(|dir| existed || self.disk().exists(dir).unwrap_or(true));
        match dir.map_or(Ok(()), |dir| self.disk().sync_dir(dir)) {
            Ok(()) => Ok(existed),
            Err(error) if existed => {
                let text = format!("the checkpoint {id} is deleted, and may be back after a power loss: {error}");
                Err(Error::new(ErrorCode::OutcomeUnknown, text))
            }
            Err(error) => Err(Site::io(error)),
        }
    }
}

fn check_room(namespace: &NamespaceName, others: &[CheckpointId]) -> Result<()> {
    if others.len() < limits::CHECKPOINTS_MAX {
        return Ok(());
    }
    let text = format!("{namespace:?} has {} checkpoints already; delete some", limits::CHECKPOINTS_MAX);
    Err(Error::limit(text))
}

/// An id behind those of all `others` that were created at the same time or before.
fn next_id(head: &Head, others: &[CheckpointId], random: u64) -> CheckpointId {
    let namespace = &head.texts.namespace;
    let created_at = u64::try_from(head.created_at).unwrap_or(0) & CREATED_AT_MASK;
    let prefix = format!("{namespace}/{created_at:012x}");
    let of_the_same_time = others.iter().filter_map(|id| id.as_str().strip_prefix(&prefix)?.get(..4));
    let latest = of_the_same_time.filter_map(|digits| u16::from_str_radix(digits, 16).ok()).max();
    let number = latest.map_or(0, |latest| latest.saturating_add(1));
    CheckpointId::new(format!("{prefix}{number:04x}{random:016x}"))
}

/// What is wrong with one file. An error that is none of the file's, as where no descriptors are left, stays one.
fn of_one_file(error: Error) -> Result<String> {
    let is_of_file = !matches!(error.code, ErrorCode::Busy | ErrorCode::Fenced | ErrorCode::CheckpointNotFound);
    if is_of_file { Ok(error.message) } else { Err(error) }
}
