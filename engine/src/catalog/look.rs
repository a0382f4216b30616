//! What the catalog and the folders say, nothing being changed: what a start would find, and what it would make of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::about::{About, Found};
use super::entry::{Entries, Entry};
use super::file::{CatalogFile, FileFault, NAME};
use super::folders::{DIR, Folder, Folders, Listing, Role};
use super::plan::{Known, Plan};
use crate::api::{Error, ErrorCode, Finding, FindingKind, FindingPart, Result};
use crate::disk::{Disk, to_error};

/// A namespace, and where it is.
#[derive(Debug)]
pub struct NamespacePlace {
    /// Its name.
    pub name: String,
    /// What the next start would know of it.
    pub entry: Entry,
    /// Its folder; nothing if that is missing.
    pub dir: Option<PathBuf>,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Look {
    /// The namespaces that the next start would have.
    pub places: Vec<NamespacePlace>,
    /// What is to be told.
    pub findings: Vec<Finding>,
}

/// Looks at the catalog of a data directory and at its folders.
///
/// # Errors
/// If it is no data directory, or the disk fails.
pub fn look(disk: &dyn Disk, data_dir: &Path) -> Result<Look> {
    let mut found = Look::default();
    let listing = Listing::read(disk, data_dir).map_err(|error| to_error(&error))?;
    let opened = match CatalogFile::look(disk, data_dir) {
        Ok(opened) => Some(opened),
        Err(FileFault::Missing) if listing.is_none() => {
            let text = format!("{} has neither a catalog nor namespaces: it is no data directory", data_dir.display());
            return Err(Error::new(ErrorCode::InvalidArgument, text));
        }
        Err(FileFault::Missing) if listing.as_ref().is_some_and(|listing| listing.folders.is_empty()) => {
            found.tell(
                FindingKind::Notice,
                FindingPart::Catalog,
                NAME,
                "there is none yet: the first start was cut off",
            );
            None
        }
        Err(FileFault::Missing) => {
            found.tell(FindingKind::Damaged, FindingPart::Catalog, NAME, "it is missing");
            None
        }
        Err(FileFault::Damaged(why)) => {
            found.tell(FindingKind::Damaged, FindingPart::Catalog, NAME, why);
            None
        }
        Err(FileFault::Failed(error)) => {
            found.tell(FindingKind::Unreadable, FindingPart::Catalog, NAME, error.message);
            None
        }
    };
    let listing = listing.unwrap_or_default();
    let (entries, generation) = match opened {
        Some((entries, state, bad)) => {
            found.free_pages(&bad);
            (Some(entries), state.generation)
        }
        None => (None, 0),
    };
    let folders = Folders::new(data_dir, listing.generation);
    let plan = Known { entries: entries.as_ref(), generation, listing: &listing }.plan(disk, data_dir, &folders);
    match plan {
        Ok(plan) => found.plan(disk, &folders, &listing, plan)?,
        // Nobody can tell what some folder is; what the catalog names can be looked at all the same.
        Err(error) => {
            found.tell(FindingKind::Damaged, FindingPart::Folder, DIR, error.message);
            let plan = Plan { entries: entries.unwrap_or_default(), ..Plan::default() };
            found.plan(disk, &folders, &listing, plan)?;
        }
    }
    Ok(found)
}

impl Look {
    fn tell(&mut self, kind: FindingKind, part: FindingPart, place: &str, what: impl Into<String>) {
        self.findings.push(Finding::new(kind, part, place, what));
    }

    fn free_pages(&mut self, bad: &[u64]) {
        for page in bad {
            let what = match page {
                0 => "one of the two copies of its head does not verify; the other does",
                _ => "a page that nothing leads to does not verify, as after a crash",
            };
            self.tell(FindingKind::Notice, FindingPart::Catalog, &format!("{NAME}, page {page}"), what);
        }
    }

    fn plan(&mut self, disk: &dyn Disk, folders: &Folders, listing: &Listing, plan: Plan) -> Result<()> {
        let place = |folder: &Folder| format!("{DIR}/{}", folder.name());
        let Plan { entries, live, lost, removed, adopted } = plan;
        for folder in &lost {
            let what = "neither the catalog nor the folder itself says that it is a namespace's";
            self.tell(FindingKind::Contradiction, FindingPart::Folder, &place(folder), what);
        }
        for folder in &removed {
            let what = "left by a change that was not finished; the next start removes it";
            self.tell(FindingKind::Notice, FindingPart::Folder, &place(folder), what);
        }
        for folder in &live {
            let what = "its namespace was being changed when the process ended; the next start puts it in place";
            self.tell(FindingKind::Notice, FindingPart::Folder, &place(folder), what);
        }
        let live: BTreeMap<[u8; 16], Folder> = live.into_iter().map(|folder| (folder.id, folder)).collect();
        let whole: BTreeSet<Folder> = listing.folders.iter().copied().collect();
        self.places(disk, folders, entries, &adopted, &|id| {
            let folder = Folder { id: *id, role: Role::Live };
            live.get(id).copied().or_else(|| whole.contains(&folder).then_some(folder))
        })
    }

    fn places(
        &mut self,
        disk: &dyn Disk,
        folders: &Folders,
        entries: Entries,
        adopted: &BTreeSet<String>,
        find: &dyn Fn(&[u8; 16]) -> Option<Folder>,
    ) -> Result<()> {
        for (name, entry) in entries {
            let Some(folder) = find(&entry.id) else {
                let place = format!("{DIR}/{}", Folder { id: entry.id, role: Role::Live }.name());
                let what = format!("the folder of namespace {name:?} is missing");
                self.tell(FindingKind::Damaged, FindingPart::Folder, &place, what);
                self.places.push(NamespacePlace { name, entry, dir: None });
                continue;
            };
            let dir = folders.path(&entry.id, folder.role);
            let place = format!("{DIR}/{}/{}", folder.name(), About::FILE);
            let about = About::read(disk, &dir, &entry.id);
            match about {
                Ok(Found::Valid(about)) if about.name == name && about.entry == entry => {
                    if adopted.contains(&name) {
                        let what = "it is newer than the catalog, and counts";
                        self.tell(FindingKind::Notice, FindingPart::About, &place, what);
                    }
                }
                Ok(Found::Valid(_)) => {
                    let what = "the catalog says something else of this namespace";
                    self.tell(FindingKind::Contradiction, FindingPart::About, &place, what);
                }
                // A folder of version 0.4: the first start writes the file.
                Ok(Found::Missing) if entry.generation == 0 => {}
                Ok(Found::Missing) => self.tell(FindingKind::Damaged, FindingPart::About, &place, "it is missing"),
                Ok(Found::Damaged(why)) => self.tell(FindingKind::Damaged, FindingPart::About, &place, why),
                Err(error) => self.tell(FindingKind::Unreadable, FindingPart::About, &place, error.message),
            }
            self.places.push(NamespacePlace { name, entry, dir: Some(dir) });
        }
        Ok(())
    }
}
