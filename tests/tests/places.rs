//! In how many hand-written files an operation is spelled, from the table to Python. `docs/ARCHITECTURE.md` names them.
#![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

use std::fs;
use std::path::{Path, PathBuf};

/// Where the product's own files are; what is generated from others is left out.
const ROOTS: [&str; 6] = ["engine/src", "ipc/src", "grpc/src", "grpc/proto", "pybind/src", "pybind/python"];
const GENERATED: &str = "_generated";

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_test = name == "tests" || name == "tests.rs";
        if path.is_dir() && !is_test && name != GENERATED {
            files(&path, found);
        } else if path.is_file() && !is_test {
            found.push(path);
        }
    }
}

/// True if the text has the word, with whatever prefix or ending the layers give it.
fn mentions(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..).unwrap_or_default();
        let after = ["Request", "Response"].iter().find_map(|ending| after.strip_prefix(ending)).unwrap_or(after);
        !before.is_some_and(is_part) && !after.starts_with(|c: char| is_part(c) || c == '_')
    })
}

/// The files that spell an operation, by its name in Rust or in Python.
fn places(rust: &str, python: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    ROOTS.iter().for_each(|dir| files(&root.join(dir), &mut all));
    let mut found: Vec<String> = all
        .iter()
        .filter(|path| fs::read_to_string(path).is_ok_and(|text| mentions(&text, rust) || mentions(&text, python)))
        .map(|path| path.strip_prefix(&root).unwrap().display().to_string())
        .collect();
    found.sort();
    found
}

/// What stands in `docs/ARCHITECTURE.md`, "Adding an operation": in the same order, by folder.
const FOLDERS: [&str; 8] = [
    "engine/src/api/",
    "engine/src/api/",
    "engine/src/api/",
    "engine/src/namespace/",
    "grpc/proto/",
    "grpc/src/convert/",
    "grpc/src/server/",
    "pybind/python/",
];

#[test]
fn an_operation_is_spelled_in_eight_files() {
    for (rust, python) in [("CountVectors", "count_vectors"), ("CreateIndex", "create_index")] {
        let found = places(rust, python);
        let folders: Vec<&str> =
            found.iter().filter_map(|path| FOLDERS.iter().copied().find(|dir| path.starts_with(dir))).collect();
        assert_eq!(folders, FOLDERS, "{rust}: {found:#?}");
        assert_eq!(found.len(), FOLDERS.len(), "{rust}: {found:#?}");
    }
}
