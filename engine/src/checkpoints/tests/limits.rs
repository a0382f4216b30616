//! Quotas, bounds, sessions that end.

use super::support::{Db, answers, fill, put};
use crate::api::{
    ByteBuf, CheckpointId, CheckpointInfo, CreateCheckpoint, CreateNamespace, ErrorCode, ExportCheckpoint,
    ExportFormat, ImportCheckpoint, Imported, Properties, Quota, Result,
};
use crate::limits;

fn part(db: &Db, ns: &str, data: &[u8], continues: Option<u64>, more: bool) -> Result<Imported> {
    let (format, name) = (ExportFormat::Binary, "given".to_owned());
    db.engine.run(ns, ImportCheckpoint { format, name, data: ByteBuf::from(data.to_vec()), continues, more })
}

fn exported(db: &Db) -> (CheckpointInfo, Vec<u8>) {
    fill(db, "n");
    let info = db.checkpoint("n");
    let bytes = db.export("n", &info.id, ExportFormat::Binary, 1 << 20);
    (info, bytes)
}

#[test]
fn parts_make_a_whole_and_belong_to_one_namespace() {
    let db = Db::new();
    let (info, bytes) = exported(&db);
    let mut continues = None;
    for chunk in bytes.chunks(500) {
        continues = part(&db, "m", chunk, continues, true).unwrap().continues;
        let elsewhere = part(&db, "other", b"x", continues, true).unwrap_err();
        assert_eq!(elsewhere.code, ErrorCode::InvalidArgument);
    }
    let imported = part(&db, "m", b"", continues, false).unwrap().checkpoint.unwrap();
    assert_eq!((imported.name.as_str(), imported.keys), ("given", info.keys));
    assert_eq!(imported.metadata, info.metadata);
    let over = part(&db, "m", b"", continues, false).unwrap_err();
    assert_eq!(over.code, ErrorCode::InvalidArgument, "an import ends with its last part");
    db.restore("m", &imported.id, false).unwrap();
    assert_eq!(answers(&db, "m"), answers(&db, "n"));
    db.check_no_leftovers("importing in parts");
}

#[test]
fn imports_are_bounded_and_forgotten() {
    let db = Db::new();
    let (_, bytes) = exported(&db);
    let first = part(&db, "m", &bytes[..10], None, true).unwrap().continues;
    for _ in 1..limits::IMPORTS_EACH_MAX {
        part(&db, "m", b"x", None, true).unwrap();
    }
    assert_eq!(part(&db, "m", b"x", None, true).unwrap_err().code, ErrorCode::Busy);
    db.clock.advance_ms(u64::try_from(limits::IMPORT_IDLE_MAX.as_millis()).unwrap());
    let first = part(&db, "m", &bytes[10..20], first, true).unwrap().continues;
    db.clock.advance_ms(1);
    part(&db, "m", b"x", None, true).unwrap();
    assert!(part(&db, "m", &bytes[20..], first, false).unwrap().checkpoint.is_some(), "this one had gone on");
    db.clock.advance_ms(u64::try_from(limits::IMPORT_IDLE_MAX.as_millis()).unwrap() + 1);
    assert!(part(&db, "m", &bytes, None, false).unwrap().checkpoint.is_some());
    db.check_no_leftovers("forgetting");
}

/// Whoever begins imports and leaves them keeps nobody out, and nobody's import that goes on is taken from them by equals.
#[test]
fn half_begun_imports_of_others_refuse_nobody() {
    let db = Db::new();
    let (_, bytes) = exported(&db);
    let greedy = ["a", "b", "c", "d"];
    let begun: Vec<_> = (0..limits::IMPORTS_MAX)
        .map(|number| {
            db.clock.advance_ms(1);
            part(&db, greedy[number / limits::IMPORTS_EACH_MAX], b"x", None, true).unwrap().continues
        })
        .collect();
    let mine = part(&db, "m", &bytes[..10], None, true).unwrap().continues;
    let gone = begun.iter().zip(greedy.iter().flat_map(|name| [name; limits::IMPORTS_EACH_MAX]));
    let gone = gone.filter(|(id, name)| part(&db, name, b"x", **id, true).is_err()).count();
    assert_eq!(gone, 1, "one of sixteen gave way");
    assert!(part(&db, "m", &bytes[10..], mine, false).unwrap().checkpoint.is_some());
    // What was left behind gives way after a while to the next of its own.
    part(&db, "b", b"x", None, true).unwrap_err();
    db.clock.advance_ms(u64::try_from(limits::IMPORT_SPARED.as_millis()).unwrap());
    part(&db, "b", b"x", None, true).unwrap();
}

#[test]
fn quotas_hold_and_settings_stay() {
    let db = Db::new();
    let (info, _) = exported(&db);
    let before = Properties::new().with("owner", "ann");
    for quota in [
        Quota { bytes_max: Some(100), ..Quota::default() },
        Quota { vectors_max: Some(2), ..Quota::default() },
        Quota { collections_max: Some(1), ..Quota::default() },
    ] {
        let name = format!("small-{:?}", quota.bytes_max.or(quota.vectors_max).or(quota.collections_max).unwrap());
        db.engine.run(&name, CreateNamespace { metadata: before.clone(), quota, must_be_new: true }).unwrap();
        assert_eq!(db.restore(&name, &info.id, true).unwrap_err().code, ErrorCode::QuotaExceeded);
        db.engine.run(&name, put(b"k", b"v", None)).unwrap();
    }
    let quota = Quota { vectors_max: Some(1_000), ..Quota::default() };
    let create = CreateNamespace { metadata: before.clone(), quota, must_be_new: true };
    let created = db.engine.run("large", create).unwrap();
    db.restore("large", &info.id, false).unwrap();
    let described = db.engine.run("large", crate::api::DescribeNamespace {}).unwrap();
    assert_eq!((described.metadata, described.quota), (before, quota));
    assert_eq!(described.created_at, created.created_at);
    assert_eq!(db.folders().len(), 6, "what was refused is removed");
}

#[test]
fn numbers_and_sizes_are_bounded() {
    let db = Db::new();
    assert_eq!(db.engine.run("none", CreateCheckpoint::default()).unwrap_err().code, ErrorCode::NamespaceNotFound);
    let metadata = Properties::new().with("much", "x".repeat(limits::CHECKPOINT_METADATA_BYTES_MAX).as_str());
    let large = CreateCheckpoint { metadata, ..CreateCheckpoint::default() };
    assert_eq!(db.engine.run("", large).unwrap_err().code, ErrorCode::LimitExceeded);
    for _ in 0..limits::CHECKPOINTS_MAX {
        db.checkpoint("");
    }
    assert_eq!(db.engine.run("", CreateCheckpoint::default()).unwrap_err().code, ErrorCode::LimitExceeded);
    assert_eq!(db.list("").len(), limits::CHECKPOINTS_MAX);
    db.check_no_leftovers("too many");
}

#[test]
fn exports_name_their_own_namespace_and_end_at_the_end() {
    let db = Db::new();
    let (info, bytes) = exported(&db);
    let export = |ns: &str, id: &CheckpointId, offset| {
        let (format, bytes_max) = (ExportFormat::Binary, Some(u64::MAX));
        db.engine.run(ns, ExportCheckpoint { checkpoint_id: id.clone(), format, offset, bytes_max })
    };
    assert_eq!(export("other", &info.id, 0).unwrap_err().code, ErrorCode::InvalidArgument);
    let end = export("n", &info.id, bytes.len() as u64).unwrap();
    assert!(end.data.is_empty() && end.next_offset.is_none());
    assert_eq!(export("n", &info.id, bytes.len() as u64 + 1).unwrap_err().code, ErrorCode::InvalidArgument);
    let missing = CheckpointId::new(format!("n/{:032x}", 1));
    assert_eq!(export("n", &missing, 0).unwrap_err().code, ErrorCode::CheckpointNotFound);
    for id in ["n", "n/../n", "../n/00000000000000000000000000000001", "n/0000000000000000000000000000000G"] {
        assert_eq!(export("n", &CheckpointId::new(id), 0).unwrap_err().code, ErrorCode::InvalidArgument);
    }
}
