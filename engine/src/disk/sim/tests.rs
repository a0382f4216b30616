//! The simulator must lose exactly what a real disk may lose: a test is only as good as the faults it sees.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::{CrashMode, SimDisk};
use crate::disk::{Disk, DiskFile, OpenMode, is_disk_full};

const PATH: &str = "/dir/file";

/// A durable empty file.
fn disk_with_file() -> (SimDisk, Arc<dyn DiskFile>) {
    let disk = SimDisk::new();
    disk.create_dir_all(Path::new("/dir")).unwrap();
    disk.sync_dir(Path::new("/")).unwrap();
    let file = disk.open(Path::new(PATH), OpenMode::CreateNew).unwrap();
    disk.sync_dir(Path::new("/dir")).unwrap();
    (disk, file)
}

fn after(disk: &SimDisk, mode: CrashMode) -> Option<Vec<u8>> {
    disk.crash_image(1, mode).bytes(Path::new(PATH))
}

#[test]
fn only_synced_bytes_are_sure_to_survive() {
    let (disk, file) = disk_with_file();
    file.write_all_at(0, b"synced").unwrap();
    file.sync_data().unwrap();
    file.write_all_at(2, b"NEW").unwrap();
    file.set_len(9).unwrap();
    assert_eq!(after(&disk, CrashMode::DropUnsynced).unwrap(), b"synced");
    assert_eq!(after(&disk, CrashMode::KeepAll).unwrap(), b"syNEWd\0\0\0");
    assert_eq!(disk.bytes(Path::new(PATH)).unwrap(), b"syNEWd\0\0\0");
}

#[test]
fn names_survive_only_with_a_directory_sync() {
    let (disk, file) = disk_with_file();
    file.write_all_at(0, b"x").unwrap();
    file.sync_all().unwrap();
    let other = Path::new("/dir/other");
    disk.rename(Path::new(PATH), other).unwrap();
    assert!(disk.exists(other).unwrap());
    let lost = disk.crash_image(1, CrashMode::DropUnsynced);
    assert_eq!(lost.list_dir(Path::new("/dir")).unwrap(), ["file"]);
    let kept = disk.crash_image(1, CrashMode::KeepAll);
    assert_eq!(
        (kept.list_dir(Path::new("/dir")).unwrap(), kept.bytes(other).unwrap()),
        (vec!["other".into()], b"x".to_vec())
    );
    disk.sync_dir(Path::new("/dir")).unwrap();
    disk.remove_file(other).unwrap();
    assert_eq!(disk.crash_image(1, CrashMode::DropUnsynced).bytes(other).unwrap(), b"x");
    disk.remove_dir_all(Path::new("/dir")).unwrap();
    assert!(!disk.exists(Path::new("/dir")).unwrap());
    assert!(disk.crash_image(1, CrashMode::DropUnsynced).exists(other).unwrap());
}

#[test]
fn random_images_are_reproducible_and_torn_in_every_way() {
    let (disk, file) = disk_with_file();
    file.write_all_at(0, &[1; 2048]).unwrap();
    file.sync_all().unwrap();
    file.write_all_at(100, &[2; 1500]).unwrap();
    let image = |seed| disk.crash_image(seed, CrashMode::Random).bytes(Path::new(PATH)).unwrap();
    assert_eq!(image(5), image(5));
    let mut shapes = BTreeSet::new();
    for seed in 0..200 {
        let bytes = image(seed);
        let new = bytes.iter().filter(|byte| **byte == 2).count();
        let prefix = bytes[100..].iter().take_while(|byte| **byte == 2).count();
        assert_eq!(bytes.len(), 2048);
        shapes.insert(match (new, prefix) {
            (0, _) => "dropped",
            (1500, _) => "whole",
            (new, prefix) if new == prefix && (100 + new).is_multiple_of(512) => "sector prefix",
            (new, prefix) if new == prefix => "byte prefix",
            _ => "sectors missing",
        });
    }
    assert_eq!(shapes.len(), 5, "{shapes:?}");
}

#[test]
fn power_goes_at_the_chosen_operation_and_stays_away() {
    let (disk, file) = disk_with_file();
    disk.crash_at(disk.op_count() + 2);
    file.write_all_at(0, b"a").unwrap();
    assert!(file.write_all_at(1, b"b").is_err());
    assert!(file.sync_all().is_err());
    assert!(file.read_exact_at(0, &mut [0]).is_err());
    assert!(disk.list_dir(Path::new("/dir")).is_err());
    assert_eq!(after(&disk, CrashMode::DropUnsynced).unwrap(), b"");
    assert_eq!(after(&disk, CrashMode::KeepAll).unwrap(), b"ab", "the interrupted write may have happened");
}

#[test]
fn a_failed_sync_shows_bytes_that_are_never_durable() {
    let (disk, file) = disk_with_file();
    file.write_all_at(0, b"gone").unwrap();
    disk.fail_sync_at(disk.sync_count() + 1);
    assert!(file.sync_data().is_err());
    file.sync_data().unwrap();
    assert_eq!(disk.bytes(Path::new(PATH)).unwrap(), b"gone");
    assert_eq!(after(&disk, CrashMode::KeepAll).unwrap(), b"");
    file.write_all_at(0, b"gone").unwrap();
    file.sync_data().unwrap();
    assert_eq!(after(&disk, CrashMode::DropUnsynced).unwrap(), b"gone");
}

#[test]
fn a_chosen_operation_fails_once() {
    let (disk, file) = disk_with_file();
    disk.fail_at(disk.op_count() + 1);
    let error = file.write_all_at(0, b"x").unwrap_err();
    assert!(error.to_string().contains(PATH), "{error}");
    assert!(file.is_empty().unwrap());
    file.write_all_at(0, b"y").unwrap();
    assert_eq!(file.len().unwrap(), 1);
}

#[test]
fn space_runs_out_and_comes_back() {
    let (disk, file) = disk_with_file();
    disk.set_free_bytes(Some(10));
    file.write_all_at(0, &[1; 8]).unwrap();
    file.write_all_at(0, &[2; 8]).unwrap();
    assert_eq!(disk.free_bytes(Path::new("/")).unwrap(), 2);
    assert!(is_disk_full(&file.write_all_at(4, &[3; 8]).unwrap_err()));
    assert_eq!(file.len().unwrap(), 10, "a short write");
    assert!(is_disk_full(&file.set_len(11).unwrap_err()));
    disk.remove_file(Path::new(PATH)).unwrap();
    assert_eq!(disk.free_bytes(Path::new("/")).unwrap(), 10);
}

#[test]
fn damage_reaches_the_medium() {
    let (disk, file) = disk_with_file();
    file.write_all_at(0, b"abcd").unwrap();
    file.sync_all().unwrap();
    disk.corrupt(Path::new(PATH), 1, 0x20).unwrap();
    disk.cut(Path::new(PATH), 3).unwrap();
    assert_eq!(after(&disk, CrashMode::DropUnsynced).unwrap(), b"aBc");
    assert!(disk.corrupt(Path::new(PATH), 3, 1).is_err());
    assert_eq!(file.read_exact_at(0, &mut [0; 4]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[test]
fn opening_follows_the_mode() {
    let (disk, _file) = disk_with_file();
    let kind = |path: &str, mode| disk.open(Path::new(path), mode).unwrap_err().kind();
    assert_eq!(kind(PATH, OpenMode::CreateNew), io::ErrorKind::AlreadyExists);
    assert_eq!(kind("/dir/none", OpenMode::Existing), io::ErrorKind::NotFound);
    assert_eq!(kind("/none/file", OpenMode::CreateNew), io::ErrorKind::NotFound);
    assert_eq!(disk.file_len(Path::new("/dir")).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    assert_eq!(disk.file_len(Path::new("/dir/none")).unwrap(), None);
}
