//! Where checkpoints are, and how their names become durable.
//!
//! ```text
//! <data>/checkpoints/<namespace>/<32 hex digits>.toondb      a checkpoint
//! <data>/checkpoints/.tmp/<16 hex digits>                    whatever is under way; removed on start
//! ```
//!
//! A namespace's name never begins with a dot, so the two cannot meet. A checkpoint is written in `.tmp`, synced, renamed,
//! and both directories are synced before anybody hears of it: a crash leaves it whole or not at all.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;

use super::fault::Fault;
use super::head::Head;
use super::site::Site;
use crate::api::{CheckpointId, CheckpointInfo, Error, ErrorCode, NamespaceName, Result};
use crate::disk::{Disk, DiskFile, OpenMode};
use crate::limits;
use crate::rng::Rng;

const DIR: &str = "checkpoints";
const TEMPORARY_DIR: &str = ".tmp";
const SUFFIX: &str = ".toondb";

/// The folder of all checkpoints.
#[derive(Debug)]
pub struct Folder {
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

impl Folder {
    /// Removes what earlier processes left unfinished.
    pub fn open(site: Site, rng: Arc<dyn Rng>) -> Result<Self> {
        let folder = Self { site, rng, changing: Mutex::new(()) };
        let temporary = folder.dir().join(TEMPORARY_DIR);
        if folder.disk().exists(&temporary).map_err(Site::io)? {
            folder.disk().remove_dir_all(&temporary).map_err(Site::io)?;
        }
        Ok(folder)
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
        let number = u128::from(self.rng.next_u64()) << 64 | u128::from(self.rng.next_u64());
        let id = CheckpointId::new(format!("{namespace}/{number:032x}"));
        let path = self.path(&id)?;
        let dir = self.dir().join(namespace.as_str());
        let _changing = self.changing.lock();
        self.check_room(namespace)?;
        self.disk().create_dir_all(&dir).map_err(Site::io)?;
        // The attempt that made these directories may have ended before it synced them.
        self.disk().sync_dir(&self.site.data_dir).map_err(Site::io)?;
        self.disk().sync_dir(&self.dir()).map_err(Site::io)?;
        self.disk().rename(&file.path, &path).map_err(Site::io)?;
        if let Err(error) = self.disk().sync_dir(&dir) {
            let text = format!("the checkpoint {id} may or may not be there after a power loss: {error}");
            return Err(Error::new(ErrorCode::OutcomeUnknown, text));
        }
        Ok(head.info(id))
    }

    /// Refuses a namespace that has as many checkpoints as it may.
    pub fn check_room(&self, namespace: &NamespaceName) -> Result<()> {
        if self.names(namespace)?.len() < limits::CHECKPOINTS_MAX {
            return Ok(());
        }
        let text = format!("{namespace:?} has {} checkpoints already; delete some", limits::CHECKPOINTS_MAX);
        Err(Error::limit(text))
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

    /// The namespace's checkpoints, oldest first. One whose head is damaged has nothing to be listed by; it is left out,
    /// and the log tells its name.
    pub fn list(&self, namespace: &NamespaceName) -> Result<Vec<CheckpointInfo>> {
        let mut infos = Vec::new();
        for id in self.names(namespace)? {
            match self.open_file(&id).map_err(Fault::from).and_then(|file| Head::read(&*file)) {
                Ok((head, _)) => infos.push(head.info(id)),
                Err(error) => tracing::warn!(%id, %error, "a checkpoint cannot be read and is not listed"),
            }
        }
        infos.sort_by(|a, b| (a.created_at, a.id.as_str()).cmp(&(b.created_at, b.id.as_str())));
        Ok(infos)
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
        if self.disk().file_len(&path).map_err(Site::io)?.is_none() {
            return Ok(false);
        }
        self.disk().remove_file(&path).map_err(Site::io)?;
        if let Some(dir) = path.parent() {
            self.disk().sync_dir(dir).map_err(Site::io)?;
        }
        Ok(true)
    }
}
