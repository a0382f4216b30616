//! Every fuzz target over its corpus and seeded changes of it.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "whatever fails here fails the test")]

use std::fs;
use std::path::Path;

use toondb_tests::fuzz::TARGETS;
use toondb_tests::{Dice, is_long, seed};

/// The bytes with a few of them changed, removed or repeated.
fn mutated(bytes: &[u8], dice: &Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=dice.below(4) {
        let place = usize::try_from(dice.below(bytes.len() as u64 + 1)).unwrap();
        let byte = u8::try_from(dice.below(256)).unwrap();
        match dice.below(4) {
            0 => bytes.insert(place, byte),
            1 if place < bytes.len() => drop(bytes.remove(place)),
            2 => bytes.extend_from_within(place..),
            _ if place < bytes.len() => bytes[place] ^= byte,
            _ => bytes.push(byte),
        }
    }
    bytes
}

#[test]
fn every_target_bears_its_corpus_and_changes_of_it() {
    let seed = seed(51);
    let dice = Dice::new(seed);
    for (name, target) in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
        let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        assert!(!files.is_empty(), "{} is empty", folder.display());
        let slow = matches!(name, "log" | "pages" | "checkpoints");
        let (all, share) = (if is_long() { 2_000 } else { 200 }, if slow { 20 } else { 1 });
        for file in files {
            let bytes = fs::read(&file).unwrap();
            println!("{name}: {}, seed {seed}", file.display());
            target(&bytes);
            (0..all / share).for_each(|_| target(&mutated(&bytes, &dice)));
        }
    }
}
