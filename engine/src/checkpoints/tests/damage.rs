//! A damaged file is refused, and nothing is changed by it.

use std::path::Path;

use super::support::{DATA_DIR, Db, answers, file_of, fill, put};
use crate::api::{CheckpointId, DeleteCheckpoint, ErrorCode, ExportFormat};
use crate::disk::{Disk, OpenMode, SimDisk};

#[test]
fn a_flipped_byte_anywhere_is_refused() {
    let db = Db::new();
    db.engine.run("n", put(b"key", b"value", None)).unwrap();
    db.engine.run("n", put(b"other", b"1", Some(1_000))).unwrap();
    let info = db.checkpoint("n");
    let path = file_of(&info.id);
    for offset in 0..info.size_bytes {
        for flip in [1, 0x80] {
            db.disk.corrupt(&path, offset, flip).unwrap();
            let error = db.restore("n", &info.id, true).unwrap_err();
            assert_eq!(error.code, ErrorCode::Corrupt, "byte {offset}: {error:?}");
            db.disk.corrupt(&path, offset, flip).unwrap();
        }
    }
    assert_eq!(db.restore("n", &info.id, true).unwrap().keys, 2);
}

#[test]
fn a_cut_file_is_refused_and_a_damaged_head_is_listed_as_such() {
    let db = Db::new();
    fill(&db, "n");
    let before = answers(&db, "n");
    let info = db.checkpoint("n");
    let bytes = db.export("n", &info.id, ExportFormat::Binary, 1 << 20);
    for len in (0..bytes.len()).step_by(13) {
        let error = db.import("n", ExportFormat::Binary, &bytes[..len]).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidArgument, "cut to {len}");
    }
    db.disk.cut(&file_of(&info.id), info.size_bytes - 1).unwrap();
    assert_eq!(db.restore("n", &info.id, true).unwrap_err().code, ErrorCode::Corrupt);
    let listed = db.list("n");
    assert_eq!(listed.iter().map(|info| &info.id).collect::<Vec<_>>(), [&info.id]);
    assert!(listed[0].damaged.is_some() && listed[0].size_bytes == info.size_bytes - 1, "{listed:?}");
    assert_eq!(answers(&db, "n"), before);
    db.check_no_leftovers("refusing");
    let delete = DeleteCheckpoint { checkpoint_id: info.id.clone() };
    assert!(db.engine.run("n", delete).unwrap().deleted);
    assert!(db.list("n").is_empty());
}

/// Whatever byte of a head is damaged, the checkpoint stays in the list, and the others do.
#[test]
fn a_flipped_byte_in_a_head_never_hides_a_checkpoint() {
    let db = Db::new();
    db.engine.run("n", put(b"key", b"value", None)).unwrap();
    let (info, other) = (db.checkpoint("n"), db.checkpoint("n"));
    for offset in 0..info.size_bytes {
        db.disk.corrupt(&file_of(&info.id), offset, 1 << (offset % 8)).unwrap();
        let listed = db.list("n");
        let mut ids: Vec<_> = listed.iter().map(|info| info.id.clone()).collect();
        ids.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        let mut wanted = vec![info.id.clone(), other.id.clone()];
        wanted.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        assert_eq!(ids, wanted, "byte {offset}");
        assert!(listed.iter().all(|listed| listed.damaged.is_some() || [&info, &other].contains(&listed)));
        db.disk.corrupt(&file_of(&info.id), offset, 1 << (offset % 8)).unwrap();
    }
}

/// A directory in the place of a checkpoint, as any file that cannot even be opened.
#[test]
fn what_cannot_be_opened_hides_no_checkpoint() {
    let db = Db::new();
    db.engine.run("n", put(b"key", b"value", None)).unwrap();
    let info = db.checkpoint("n");
    let other = CheckpointId::new(format!("n/{:032x}", 7));
    db.disk.create_dir_all(&file_of(&other)).unwrap();
    let listed = db.list("n");
    assert_eq!(listed.iter().map(|info| &info.id).collect::<Vec<_>>(), [&other, &info.id]);
    assert!(listed[0].damaged.is_some() && listed[0].size_bytes == 0 && listed[1] == info, "{listed:?}");
}

#[test]
fn only_leftovers_of_our_own_are_removed_and_only_in_a_directory_of_ours() {
    let disk = SimDisk::new();
    let (dir, catalog) = (Path::new(DATA_DIR).join("checkpoints/.tmp"), Path::new(DATA_DIR).join("catalog.redb"));
    disk.create_dir_all(&dir.join("fedcba9876543210/inner")).unwrap();
    for name in ["precious", "0123456789abcdef"] {
        disk.open(&dir.join(name), OpenMode::CreateNew).unwrap();
    }
    disk.open(&catalog, OpenMode::CreateNew).unwrap().write_all_at(0, b"of another program").unwrap();
    assert_eq!(Db::on(&disk).map(drop).unwrap_err().code, ErrorCode::Corrupt);
    assert_eq!(disk.list_dir(&dir).unwrap(), ["0123456789abcdef", "fedcba9876543210", "precious"]);
    disk.remove_file(&catalog).unwrap();
    Db::on(&disk).unwrap();
    assert_eq!(disk.list_dir(&dir).unwrap(), ["precious"]);
}
