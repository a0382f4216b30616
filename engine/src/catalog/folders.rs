//! The names in `<data>/ns/`, each of which says what it is.
//!
//! ```text
//! <32 hex digits>             a live namespace
//! <32 hex digits>.new         one being created or restored; nobody was told of it
//! <32 hex digits>.deleted     one whose deletion was begun
//! <20 digits>.generation      an empty file: the newest change of the catalog that was begun
//! ```
//!
//! The generation's name changes before each change of the catalog is committed, so a catalog that has a smaller one is an
//! old copy, or was interrupted in its last change.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{Disk, OpenMode};
use crate::planted::{self, Planted};

/// The directory of all folders.
pub const DIR: &str = "ns";
const GENERATION_SUFFIX: &str = ".generation";

/// What a folder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A namespace.
    Live,
    /// Being made.
    New,
    /// Being removed.
    Deleted,
}

impl Role {
    const fn suffix(self) -> &'static str {
        match self {
            Role::Live => "",
            Role::New => ".new",
            Role::Deleted => ".deleted",
        }
    }
}

/// A folder of `ns/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Folder {
    /// The namespace's id.
    pub id: [u8; 16],
    /// What it is for.
    pub role: Role,
}

impl Folder {
    /// Its name.
    pub fn name(self) -> String {
        let digits: String = self.id.iter().map(|byte| format!("{byte:02x}")).collect();
        digits + self.role.suffix()
    }

    /// Only names of our own form are folders of ours.
    fn parse(name: &str) -> Option<Self> {
        let (digits, rest) = name.split_at_checked(32)?;
        let role = [Role::Live, Role::New, Role::Deleted].into_iter().find(|role| role.suffix() == rest)?;
        if digits.bytes().any(|byte| !matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        Some(Self { id: u128::from_str_radix(digits, 16).ok()?.to_be_bytes(), role })
    }
}

fn generation_name(generation: u64) -> String {
    format!("{generation:020}{GENERATION_SUFFIX}")
}

/// Only names of our own form, so that the file that is found can be renamed.
fn parse_generation(name: &str) -> Option<u64> {
    let generation = name.strip_suffix(GENERATION_SUFFIX)?.parse().ok()?;
    (generation_name(generation) == name).then_some(generation)
}

/// The names in `ns/`.
#[derive(Debug, Default)]
pub struct Listing {
    /// The folders.
    pub folders: Vec<Folder>,
    /// The newest change that was begun.
    pub generation: Option<u64>,
}

impl Listing {
    /// Reads the names. Nothing if there is no such directory.
    pub fn read(disk: &dyn Disk, data_dir: &Path) -> io::Result<Option<Self>> {
        let dir = data_dir.join(DIR);
        if !disk.exists(&dir)? {
            return Ok(None);
        }
        let names = disk.list_dir(&dir)?;
        let (folders, generation) = (
            names.iter().filter_map(|name| Folder::parse(name)).collect(),
            names.iter().filter_map(|name| parse_generation(name)).max(),
        );
        Ok(Some(Self { folders, generation }))
    }
}

/// Writes names in `ns/`.
#[derive(Debug)]
pub struct Folders {
    dir: PathBuf,
    generation: Option<u64>,
}

impl Folders {
    /// Goes on from what was found.
    pub fn new(data_dir: &Path, generation: Option<u64>) -> Self {
        Self { dir: data_dir.join(DIR), generation }
    }

    /// Where a folder is.
    pub fn path(&self, id: &[u8; 16], role: Role) -> PathBuf {
        self.dir.join(Folder { id: *id, role }.name())
    }

    /// Says that a change is begun. Durable after [`Folders::sync`].
    pub fn begin(&mut self, disk: &dyn Disk, generation: u64) -> io::Result<()> {
        let next = self.dir.join(generation_name(generation));
        match self.generation {
            Some(before) if before == generation => return Ok(()),
            Some(before) => disk.rename(&self.dir.join(generation_name(before)), &next)?,
            None => drop(disk.open(&next, OpenMode::CreateNew)?),
        }
        self.generation = Some(generation);
        Ok(())
    }

    /// The newest change that was begun.
    pub fn generation(&self) -> u64 {
        self.generation.unwrap_or_default()
    }

    /// Makes the names durable.
    pub fn sync(&self, disk: &dyn Disk) -> io::Result<()> {
        if planted::is(Planted::RolesUnsynced) { Ok(()) } else { disk.sync_dir(&self.dir) }
    }

    /// Gives a folder another role. False if there is none.
    pub fn turn(&self, disk: &dyn Disk, id: &[u8; 16], from: Role, to: Role) -> io::Result<bool> {
        let from = self.path(id, from);
        if !disk.exists(&from)? {
            return Ok(false);
        }
        disk.rename(&from, &self.path(id, to))?;
        Ok(true)
    }

    /// Removes a folder that is not live, with everything in it.
    pub fn remove(&self, disk: &dyn Disk, id: &[u8; 16], role: Role) -> io::Result<()> {
        let path = self.path(id, role);
        if role == Role::Live || !disk.exists(&path)? {
            return Ok(());
        }
        disk.remove_dir_all(&path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_generation_of_our_form_counts() {
        assert_eq!(parse_generation(&generation_name(7)), Some(7));
        for name in ["7.generation", "+0000000000000000007.generation", "00000000000000000007", ".generation"] {
            assert_eq!(parse_generation(name), None, "{name}");
        }
    }

    #[test]
    fn names_say_what_a_folder_is() {
        let id = [0xab; 16];
        for role in [Role::Live, Role::New, Role::Deleted] {
            let folder = Folder { id, role };
            assert_eq!(Folder::parse(&folder.name()), Some(folder));
        }
        let foreign = ["", "ab", "backup", &"AB".repeat(16), &format!("{}.old", "ab".repeat(16)), &"é".repeat(16)];
        for name in foreign {
            assert_eq!(Folder::parse(name), None, "{name}");
        }
    }
}
