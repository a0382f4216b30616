//! Where one data directory is, and what belongs to it.

use std::fs;
use std::path::{Path, PathBuf};

use toondb_tests::TempDir;

/// A data directory, and the socket of whoever serves it.
#[derive(Debug)]
pub struct Places {
    _dir: TempDir,
    pub socket: PathBuf,
    pub data: PathBuf,
    /// A list of system calls.
    pub list: PathBuf,
}

impl Places {
    /// Nothing is there yet.
    pub fn new() -> Self {
        let dir = TempDir::in_memory();
        Self { socket: dir.join("s"), data: dir.join("data"), list: dir.join("calls"), _dir: dir }
    }

    /// The same data once more, which nobody may be changing.
    pub fn copy(&self) -> Self {
        let copy = Self::new();
        copy_tree(&self.data, &copy.data);
        copy
    }
}

fn copy_tree(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else { return };
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in entries.map(Result::unwrap) {
        let copy = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_tree(&entry.path(), &copy),
            false => drop(fs::copy(entry.path(), copy).unwrap()),
        }
    }
}
