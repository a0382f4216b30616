//! What the folders found on start mean.
//!
//! The catalog says which namespaces exist, if it can be read. It is *old* if a change was begun that it does not know:
//! somebody restored it from a copy, or a crash came in the middle of the last change. Then what the folders say of
//! themselves counts where it is newer than the catalog: where its generation is greater than the catalog's, which knows
//! every change up to its own. Without a catalog it is all there is.
//!
//! | Folder | In the catalog | Not in it |
//! |---|---|---|
//! | live | is the namespace; of an old catalog, what its own file says if that is newer | its own file is newer than the catalog: adopted, and the older namespace of that name set aside; else set aside |
//! | `.new` | made live: its creation was committed | removed: nobody was told of it |
//! | `.deleted` | made live: its deletion was not committed | removed; of an old or lost catalog: as a live one |
//!
//! A folder that does not say what it is, and that no catalog names, stops the start if the catalog was lost, since then
//! nobody can tell what it holds; else it is set aside. Setting aside is a rename into `<data>/lost/`.
//!
//! Everything is decided before anything is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::about::{About, Found};
use super::entry::Entries;
use super::folders::{Folder, Folders, Listing, Role};
use crate::api::{Error, ErrorCode, Result};
use crate::disk::Disk;
use crate::planted::{self, Planted};

/// What to do with the folders.
#[derive(Debug, Default)]
pub struct Plan {
    /// The entries that then hold.
    pub entries: Entries,
    /// Folders that become live.
    pub live: Vec<Folder>,
    /// Folders that are set aside.
    pub lost: Vec<Folder>,
    /// Folders that are removed.
    pub removed: Vec<Folder>,
    /// Names whose entry is not the catalog's.
    pub adopted: BTreeSet<String>,
}

/// What is known before the folders are looked into.
pub struct Known<'a> {
    /// The catalog's entries; none if it was lost.
    pub entries: Option<&'a Entries>,
    /// Its generation.
    pub generation: u64,
    /// The names in `ns/`.
    pub listing: &'a Listing,
}

/// A folder that says what it is and that no entry names.
struct UnnamedFolder {
    folder: Folder,
    about: About,
}

impl Known<'_> {
    fn is_old(&self) -> bool {
        let is_behind = self.listing.generation.unwrap_or_default() > self.generation;
        self.entries.is_none() || (is_behind && !planted::is(Planted::OldCatalogTrusted))
    }

    /// Decides, reading what folders say of themselves where it matters.
    pub fn plan(&self, disk: &dyn Disk, data_dir: &Path, folders: &Folders) -> Result<Plan> {
        let mut plan = Plan { entries: self.entries.cloned().unwrap_or_default(), ..Plan::default() };
        let owners: BTreeMap<[u8; 16], String> =
            plan.entries.iter().map(|(name, entry)| (entry.id, name.clone())).collect();
        let all: BTreeSet<Folder> = self.listing.folders.iter().copied().collect();
        let mut candidates = Vec::new();
        for folder in all.iter().copied() {
            let known = owners.get(&folder.id);
            let has_live = all.contains(&Folder { role: Role::Live, ..folder });
            match (folder.role, known) {
                (Role::Live, Some(name)) if self.is_old() => self.heal(disk, folders, folder, name, &mut plan)?,
                (Role::Live, Some(_)) => {}
                // Two folders of one id: no step of ours leaves that.
                (Role::New | Role::Deleted, _) if has_live => plan.lost.push(folder),
                (Role::New | Role::Deleted, Some(_)) => plan.live.push(folder),
                (Role::New, None) => plan.removed.push(folder),
                (Role::Deleted, None) if !self.is_old() => plan.removed.push(folder),
                (Role::Live | Role::Deleted, None) => {
                    match About::read(disk, &folders.path(&folder.id, folder.role), &folder.id)? {
                        Found::Valid(about) if about.entry.generation > self.generation || self.entries.is_none() => {
                            candidates.push(UnnamedFolder { folder, about });
                        }
                        // The catalog is newer than the folder, so it knew it, and its deletion was committed.
                        Found::Valid(_) if folder.role == Role::Deleted => plan.removed.push(folder),
                        Found::Missing | Found::Damaged(_) if self.entries.is_none() => {
                            return Err(unreadable(data_dir, folder));
                        }
                        Found::Valid(_) | Found::Missing | Found::Damaged(_) => plan.lost.push(folder),
                    }
                }
            }
        }
        // The newest of one name is the namespace; one whose deletion was begun yields to one that is live.
        candidates.sort_by_key(|UnnamedFolder { folder, about }| match folder.role {
            // The first one of a name is taken over.
            Role::Deleted => (0, u64::MAX - about.entry.generation),
            // The last one is.
            Role::Live | Role::New => (1, about.entry.generation),
        });
        let mut brought_back = BTreeSet::new();
        for candidate in candidates {
            adopt(candidate, &all, &mut brought_back, &mut plan);
        }
        Ok(plan)
    }

    /// The catalog is old: what the folder of one of its entries says of itself may be newer.
    fn heal(&self, disk: &dyn Disk, folders: &Folders, folder: Folder, name: &str, plan: &mut Plan) -> Result<()> {
        let found = About::read(disk, &folders.path(&folder.id, folder.role), &folder.id)?;
        if let (Found::Valid(about), Some(entry)) = (found, plan.entries.get_mut(name))
            && about.name == name
            && about.entry.generation > self.generation
        {
            *entry = about.entry;
            plan.adopted.insert(name.to_owned());
        }
        Ok(())
    }
}

/// Gives a folder's namespace its entry, unless a newer one has the name. `brought_back` are names whose folder was being
/// deleted.
fn adopt(candidate: UnnamedFolder, all: &BTreeSet<Folder>, brought_back: &mut BTreeSet<String>, plan: &mut Plan) {
    let UnnamedFolder { folder, about: About { name, entry } } = candidate;
    let was_deleted = folder.role == Role::Deleted;
    if let Some(present) = plan.entries.get(&name) {
        if was_deleted || (present.generation >= entry.generation && !brought_back.contains(&name)) {
            plan.lost.push(folder);
            return;
        }
        let id = present.id;
        plan.live.retain(|other| other.id != id);
        plan.lost.extend(all.iter().filter(|other| other.id == id));
    }
    if was_deleted {
        plan.live.push(folder);
        brought_back.insert(name.clone());
    } else {
        brought_back.remove(&name);
    }
    plan.entries.insert(name.clone(), entry);
    plan.adopted.insert(name);
}

fn unreadable(data_dir: &Path, folder: Folder) -> Error {
    let path = data_dir.join(super::folders::DIR).join(folder.name());
    let text = format!(
        "the catalog is lost or damaged, and {} does not say which namespace it is. Nothing was changed. Put a copy of \
         catalog.redb in its place, however old: namespaces made since are found by their folders. Or move that folder \
         out of {}: the others are then opened",
        path.display(),
        super::folders::DIR
    );
    Error::new(ErrorCode::Corrupt, text)
}
