//! Opening the catalog: what the file says, what the folders say, and one state made of both.
//!
//! Each step may be the last one before a crash; the next start then finds less to do, and the same outcome. Folders are
//! set aside and turned before the catalog is written, and removed after it.

use std::path::Path;

use super::about::{About, Found};
use super::entry::Entries;
use super::file::{CatalogFile, FileFault, NAME};
use super::folders::{DIR, Folder, Folders, Listing, Role};
use super::lost;
use super::plan::{Known, Plan};
use crate::api::{Error, ErrorCode, Result};
use crate::disk::{Disk, to_error};
use crate::limits;
use crate::planted::{self, Planted};

/// An opened catalog.
pub struct Started {
    /// Its file.
    pub file: CatalogFile,
    /// What it says.
    pub entries: Entries,
    /// The folders.
    pub folders: Folders,
}

#[expect(clippy::needless_pass_by_value, reason = "it ends here, as in every `map_err`")]
fn io(error: std::io::Error) -> Error {
    to_error(&error)
}

/// Opens the catalog of a data directory, or makes one.
pub fn start(disk: &dyn Disk, data_dir: &Path) -> Result<Started> {
    let listing = Listing::read(disk, data_dir).map_err(io)?;
    let opened = match CatalogFile::open(disk, data_dir) {
        Ok(opened) => Some(opened),
        Err(FileFault::Failed(error)) => return Err(error),
        Err(FileFault::Damaged(why)) if listing.is_none() => return Err(foreign(data_dir, &why)),
        Err(FileFault::Damaged(why)) => {
            tracing::error!(why, "catalog.redb is damaged; it is made again from what the folders say of themselves");
            None
        }
        Err(FileFault::Missing) => {
            if listing.as_ref().is_some_and(|listing| !listing.folders.is_empty()) {
                tracing::error!("catalog.redb is missing; it is made again from what the folders say of themselves");
            }
            None
        }
    };
    // The attempt that made the catalog may have ended before this sync; nothing may be acknowledged without it.
    disk.sync_dir(data_dir).map_err(io)?;
    if listing.is_none() {
        disk.create_dir_all(&data_dir.join(DIR)).map_err(io)?;
        // The folder's name must be durable before the catalog's: a catalog promises that the folder is there.
        disk.sync_dir(data_dir).map_err(io)?;
    }
    let listing = listing.unwrap_or_default();
    let folders = Folders::new(data_dir, listing.generation);
    let generation = opened.as_ref().map_or(0, |(file, _)| file.state.generation);
    let known = Known { entries: opened.as_ref().map(|(_, entries)| entries), generation, listing: &listing };
    let plan = known.plan(disk, data_dir, &folders)?;
    set_aside(disk, data_dir, &folders, &plan)?;
    turn(disk, &folders, &plan)?;
    let is_lost = opened.is_none();
    let is_old = listing.generation.unwrap_or_default() > generation;
    let (file, entries) = match opened {
        Some((file, entries)) if plan.adopted.is_empty() && !is_old && generation > 0 => (file, entries),
        opened => {
            // The old handle writes when it closes; that must not meet the new file.
            drop(opened);
            let newest = plan.entries.values().map(|entry| entry.generation).max().unwrap_or_default();
            let generation = generation.max(listing.generation.unwrap_or_default()).max(newest).max(1);
            describe(disk, &folders, &plan.entries)?;
            keep_damaged(disk, data_dir, is_lost)?;
            (CatalogFile::create(disk, data_dir, &plan.entries, generation)?, plan.entries)
        }
    };
    for Folder { id, role } in &plan.removed {
        // No reason to refuse all others.
        if let Err(error) = folders.remove(disk, id, *role) {
            tracing::warn!(%error, "what is left of a namespace that was deleted or never made cannot be removed");
        }
    }
    Ok(Started { file, entries, folders })
}

fn foreign(data_dir: &Path, why: &str) -> Error {
    let text = format!(
        "{} is not a catalog ({why}), and there is no folder of namespaces beside it: this is not a data directory of \
         ToonDB. Nothing was changed; choose another directory, or move that file away",
        data_dir.join(NAME).display()
    );
    Error::new(ErrorCode::Corrupt, text)
}

/// A name below `lost/` that nothing has.
fn lost_path(disk: &dyn Disk, data_dir: &Path, name: &str) -> Result<std::path::PathBuf> {
    let dir = data_dir.join(lost::DIR);
    disk.create_dir_all(&dir).map_err(io)?;
    for number in 1..=limits::LOST_NAMES_MAX {
        let path = dir.join(format!("{name}.{number}"));
        if !disk.exists(&path).map_err(io)? {
            return Ok(path);
        }
    }
    Err(Error::limit(format!("{} holds too much; look into it and empty it", dir.display())))
}

fn move_to_lost(disk: &dyn Disk, data_dir: &Path, from: &Path, name: &str) -> Result<()> {
    let to = lost_path(disk, data_dir, name)?;
    tracing::error!(from = %from.display(), to = %to.display(), "set aside, not deleted: look into it, then remove it by hand");
    disk.rename(from, &to).map_err(io)?;
    // First the new name, then the old one's absence; and the folder of both.
    disk.sync_dir(&data_dir.join(lost::DIR)).map_err(io)?;
    disk.sync_dir(data_dir).map_err(io)
}

fn set_aside(disk: &dyn Disk, data_dir: &Path, folders: &Folders, plan: &Plan) -> Result<()> {
    for folder in &plan.lost {
        let path = folders.path(&folder.id, folder.role);
        if planted::is(Planted::UnknownFolderRemoved) {
            disk.remove_dir_all(&path).map_err(io)?;
            continue;
        }
        move_to_lost(disk, data_dir, &path, &folder.name())?;
    }
    if plan.lost.is_empty() { Ok(()) } else { folders.sync(disk).map_err(io) }
}

fn turn(disk: &dyn Disk, folders: &Folders, plan: &Plan) -> Result<()> {
    for Folder { id, role } in &plan.live {
        folders.turn(disk, id, *role, Role::Live).map_err(io)?;
    }
    for name in &plan.adopted {
        tracing::warn!(namespace = name, "the catalog was older than this namespace's folder, which was taken over");
    }
    if plan.live.is_empty() { Ok(()) } else { folders.sync(disk).map_err(io) }
}

/// Lets folders of version 0.4, which say nothing of themselves, do so.
fn describe(disk: &dyn Disk, folders: &Folders, entries: &Entries) -> Result<()> {
    for (name, entry) in entries {
        let folder = folders.path(&entry.id, Role::Live);
        // An entry without a folder is damage, and reported when the namespace is opened.
        if disk.exists(&folder).map_err(io)? && !matches!(About::read(disk, &folder, &entry.id)?, Found::Valid(_)) {
            About { name: name.clone(), entry: entry.clone() }.write(disk, &folder)?;
        }
    }
    Ok(())
}

fn keep_damaged(disk: &dyn Disk, data_dir: &Path, is_damaged: bool) -> Result<()> {
    let path = data_dir.join(NAME);
    if is_damaged && disk.exists(&path).map_err(io)? { move_to_lost(disk, data_dir, &path, NAME) } else { Ok(()) }
}
