//! What comes back is what was there, in every way a checkpoint can travel.

use super::support::{Db, answers, fill, put};
use crate::api::{
    ByteBuf, Commit, CommitSeq, Condition, CreateCheckpoint, DeleteCheckpoint, ErrorCode, ExportFormat, Flush, Get,
    NamespaceStatsRequest, Precondition, PutEntry, Target, Write,
};

#[test]
fn another_namespace_answers_as_the_source_did() {
    let db = Db::new();
    fill(&db, "source");
    let expected = answers(&db, "source");
    let info = db.checkpoint("source");
    db.engine.run("source", put(b"later", b"x", None)).unwrap();
    let restored = db.restore("target", &info.id, false).unwrap();
    assert_eq!((restored.keys, restored.commit_seq), (info.keys, info.commit_seq));
    assert_eq!(answers(&db, "target"), expected);
    // Also after a restart, with what was flushed before, and when written to.
    db.engine.run("target", put(b"new", b"y", None)).unwrap();
    db.engine.run("target", Flush {}).unwrap();
    db.engine.close().unwrap();
    let db = Db::with_seed(&db.disk, 2).unwrap();
    let again = db.restore("third", &info.id, false).unwrap();
    assert_eq!(again.commit_seq, info.commit_seq);
    assert_eq!(answers(&db, "third"), expected);
    let stats = db.engine.run("target", NamespaceStatsRequest {}).unwrap();
    assert_eq!(stats.commit_seq.0, info.commit_seq.0 + 1, "commits go on after the checkpoint's");
    db.check_no_leftovers("restoring");
}

#[test]
fn both_exports_import_to_the_same_answers() {
    let db = Db::new();
    fill(&db, "source");
    let expected = answers(&db, "source");
    let info = db.checkpoint("source");
    for (format, part_bytes) in [
        (ExportFormat::Binary, 100_000),
        (ExportFormat::Binary, 97),
        (ExportFormat::Json, 100_000),
        (ExportFormat::Json, 1009),
    ] {
        let bytes = db.export("source", &info.id, format, part_bytes);
        let elsewhere = Db::new();
        let imported = elsewhere.import("inbox", format, &bytes).unwrap();
        assert_eq!((imported.keys, imported.commit_seq), (info.keys, info.commit_seq), "{format:?}");
        assert_eq!(imported.namespace.as_str(), "inbox");
        elsewhere.restore("target", &imported.id, false).unwrap();
        assert_eq!(answers(&elsewhere, "target"), expected, "{format:?}");
        elsewhere.check_no_leftovers("importing");
        assert_eq!(elsewhere.export("inbox", &imported.id, ExportFormat::Json, 1 << 20).len(), {
            let original = db.export("source", &info.id, ExportFormat::Json, 1 << 20).len();
            original - "source".len() + "inbox".len()
        });
    }
    db.check_no_leftovers("exporting");
}

#[test]
fn an_overwritten_namespace_goes_on_after_its_own_commits() {
    let db = Db::new();
    db.engine.run("n", put(b"a", b"old", None)).unwrap();
    let info = db.checkpoint("n");
    for _ in 0..5 {
        db.engine.run("n", put(b"a", b"newer", None)).unwrap();
    }
    let newest = db.engine.run("n", NamespaceStatsRequest {}).unwrap().commit_seq;
    let refused = db.restore("n", &info.id, false).unwrap_err();
    assert_eq!(refused.code, ErrorCode::AlreadyExists);
    let restored = db.restore("n", &info.id, true).unwrap();
    assert_eq!(restored.commit_seq.0, newest.0 + 1);
    let found = db.engine.run("n", Get { key: ByteBuf::from("a"), snapshot: None }).unwrap().found.unwrap();
    assert_eq!((found.value.as_slice(), found.version), (b"old".as_slice(), restored.commit_seq));
    // Who read before the restore must not take what it brought for unchanged, though it was written long before.
    let guarded = |seq| Commit {
        preconditions: vec![Precondition {
            target: Target::Key { key: ByteBuf::from("a") },
            condition: Condition::UnchangedSince { seq, count: 0 },
        }],
        writes: vec![Write::Put(PutEntry { key: ByteBuf::from("b"), value: ByteBuf::from("1"), ttl_ms: None })],
        snapshot: None,
        durability: super::support::DURABLE,
    };
    assert_eq!(db.engine.run("n", guarded(newest)).unwrap_err().code, ErrorCode::Conflict);
    assert_eq!(db.engine.run("n", guarded(found.version)).unwrap().commit_seq.0, newest.0 + 2);
    db.engine.close().unwrap();
    let db = Db::with_seed(&db.disk, 2).unwrap();
    let found = db.engine.run("n", Get { key: ByteBuf::from("a"), snapshot: None }).unwrap().found.unwrap();
    assert_eq!(found.version, restored.commit_seq, "also after a restart");
    assert_eq!(db.engine.run("n", put(b"c", b"", None)).unwrap().commit_seq, CommitSeq(newest.0 + 3));
    assert_eq!(db.restore("n", &info.id, true).unwrap().commit_seq, CommitSeq(newest.0 + 4));
    db.engine.close().unwrap();
    let db = Db::with_seed(&db.disk, 3).unwrap();
    let stats = db.engine.run("n", NamespaceStatsRequest {}).unwrap();
    assert_eq!(stats.commit_seq, CommitSeq(newest.0 + 4), "also if nothing was written in between");
}

#[test]
fn patterns_choose_keys_and_leave_everything_else_out() {
    let db = Db::new();
    fill(&db, "n");
    let include_patterns = vec!["text-1*".to_owned(), "text-[3-4]".to_owned()];
    let info = db.engine.run("n", CreateCheckpoint { include_patterns, ..CreateCheckpoint::default() }).unwrap();
    assert_eq!(info.keys, 11 + 2);
    db.restore("m", &info.id, false).unwrap();
    let stats = db.engine.run("m", NamespaceStatsRequest {}).unwrap();
    assert_eq!((stats.keys, stats.collections, stats.nodes, stats.temporal_versions), (13, 0, 0, 0));
}

#[test]
fn a_damaged_namespace_is_overwritten_and_only_that() {
    let db = Db::new();
    fill(&db, "n");
    let expected = answers(&db, "n");
    let info = db.checkpoint("n");
    db.engine.run("n", Flush {}).unwrap();
    db.engine.close().unwrap();
    for folder in db.folders() {
        let store = folder.join("store.redb");
        // Both copies of its head: one alone is harmless.
        db.disk.corrupt(&store, 0, 0xff).unwrap();
        db.disk.corrupt(&store, 4096, 0xff).unwrap();
    }
    let db = Db::with_seed(&db.disk, 2).unwrap();
    assert_eq!(db.engine.run("n", NamespaceStatsRequest {}).unwrap_err().code, ErrorCode::Corrupt);
    assert_eq!(db.restore("n", &info.id, false).unwrap_err().code, ErrorCode::Corrupt);
    let restored = db.restore("n", &info.id, true).unwrap();
    assert!(restored.commit_seq.0 > 1 << 40, "nobody knows how many commits it had");
    let versionless = |text: &str| text.lines().skip(1).collect::<Vec<_>>().join("\n");
    assert_eq!(versionless(&answers(&db, "n")), versionless(&expected));
}

#[test]
fn deleting_takes_one_and_twice_takes_none() {
    let db = Db::new();
    db.engine.run("n", put(b"a", b"1", None)).unwrap();
    let (first, second) = (db.checkpoint("n"), db.checkpoint("n"));
    assert_eq!(db.list("n").len(), 2);
    let delete = DeleteCheckpoint { checkpoint_id: first.id.clone() };
    assert_eq!(db.engine.run("m", delete.clone()).unwrap_err().code, ErrorCode::InvalidArgument);
    assert!(db.engine.run("n", delete.clone()).unwrap().deleted);
    assert!(!db.engine.run("n", delete).unwrap().deleted);
    assert_eq!(db.list("n").iter().map(|info| &info.id).collect::<Vec<_>>(), [&second.id]);
    assert_eq!(db.restore("m", &first.id, false).unwrap_err().code, ErrorCode::CheckpointNotFound);
}

/// As files were before there were documents without an embedding, and before there were large values.
#[test]
fn files_of_versions_1_and_2_are_read() {
    let db = Db::new();
    fill(&db, "source");
    let info = db.checkpoint("source");
    let mut bytes = db.export("source", &info.id, ExportFormat::Binary, 1 << 20);
    assert_eq!(bytes[8..12], 3_u32.to_le_bytes());
    for version in 1..3_u32 {
        bytes[8..12].copy_from_slice(&version.to_le_bytes());
        let end = 72 + u32::from_le_bytes(bytes[12..16].try_into().unwrap()) as usize;
        let checksum = xxhash_rust::xxh3::xxh3_64(&bytes[..end]);
        bytes[end..end + 8].copy_from_slice(&checksum.to_le_bytes());
        let imported = db.import("old", ExportFormat::Binary, &bytes).unwrap();
        let target = format!("target{version}");
        db.restore(&target, &imported.id, false).unwrap();
        assert_eq!(answers(&db, &target), answers(&db, "source"));
    }
    let json = db.export("source", &info.id, ExportFormat::Json, 1 << 20);
    let json = String::from_utf8(json).unwrap();
    let old = json.replacen("\"version\":2", "\"version\":1", 1);
    assert_ne!(old, json);
    db.import("json", ExportFormat::Json, old.as_bytes()).unwrap();
}
