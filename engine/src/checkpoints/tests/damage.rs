//! A damaged file is refused, and nothing is changed by it.

use super::support::{Db, answers, file_of, fill, put};
use crate::api::{ErrorCode, ExportFormat};

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
            assert!(
                matches!(error.code, ErrorCode::Corrupt | ErrorCode::UnsupportedVersion),
                "byte {offset}: {error:?}"
            );
            db.disk.corrupt(&path, offset, flip).unwrap();
        }
    }
    assert_eq!(db.restore("n", &info.id, true).unwrap().keys, 2);
}

#[test]
fn a_cut_file_is_refused_and_a_damaged_head_is_not_listed() {
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
    assert!(db.list("n").is_empty());
    assert_eq!(answers(&db, "n"), before);
    db.check_no_leftovers("refusing");
}
