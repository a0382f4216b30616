//! `<data>/lost/`: what was set aside because nobody knows its place.
//!
//! Nothing there is read or removed. It is counted, so that somebody notices.

use std::path::{Path, PathBuf};

use crate::disk::Disk;
use crate::limits;

/// The folder's name.
pub const DIR: &str = "lost";

/// What is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lost {
    /// Files and folders directly in it.
    pub entries: u64,
    /// Bytes of the files, also of those in folders, as far as they were looked at.
    pub bytes: u64,
}

impl Lost {
    /// Counts, looking at a bounded number of files and folders. What cannot be looked at counts as empty.
    pub fn count(disk: &dyn Disk, data_dir: &Path) -> Self {
        let dir = data_dir.join(DIR);
        let mut lost = Self::default();
        if !disk.exists(&dir).unwrap_or(false) {
            return lost;
        }
        let mut waiting: Vec<PathBuf> = children(disk, &dir);
        lost.entries = waiting.len() as u64;
        for _ in 0..limits::LOST_LOOKS_MAX {
            let Some(path) = waiting.pop() else { break };
            match disk.file_len(&path) {
                Ok(len) => lost.bytes = lost.bytes.saturating_add(len.unwrap_or_default()),
                // No regular file.
                Err(_) => waiting.extend(children(disk, &path)),
            }
        }
        lost
    }
}

fn children(disk: &dyn Disk, dir: &Path) -> Vec<PathBuf> {
    disk.list_dir(dir).unwrap_or_default().iter().map(|name| dir.join(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{OpenMode, SimDisk};

    #[test]
    fn files_and_folders_are_counted() {
        let (disk, data) = (SimDisk::new(), Path::new("/data"));
        assert_eq!(Lost::count(&disk, data), Lost::default());
        disk.create_dir_all(&data.join("lost/folder.1/log")).unwrap();
        for (name, len) in
            [("lost/catalog.redb.1", 10), ("lost/folder.1/store.redb", 200), ("lost/folder.1/log/a", 3_000)]
        {
            let file = disk.open(&data.join(name), OpenMode::CreateNew).unwrap();
            file.set_len(len).unwrap();
        }
        assert_eq!(Lost::count(&disk, data), Lost { entries: 2, bytes: 3_210 });
    }
}
