//! Checkpoints: taken, listed, restored here and elsewhere, exported, imported, deleted.

use toondb_engine::api::{
    ByteBuf, CheckpointId, CreateCheckpoint, CreateNamespace, DeleteCheckpoint, DeleteNamespace, DescribeNamespace,
    ErrorCode, ExportCheckpoint, ExportFormat, ImportCheckpoint, ListCheckpoints, Metric, NamespaceStatsRequest,
    Properties, Quota, RestoreCheckpoint, Scan, TakeSnapshot, TimestampMs,
};
use toondb_tests::requests::{
    add_documents, add_edge, add_fact, add_node, at, create_collection, document, fact, get, put, put_ttl, query,
    search,
};
use toondb_tests::{CLOCK_START_MS, Script};

/// Ids are random: what names one is checked but not compared between the doors.
fn create(s: &mut Script, namespace: &str, request: CreateCheckpoint) -> CheckpointId {
    s.unrecorded(namespace, request).id
}

fn restore(id: &CheckpointId, overwrite: bool) -> RestoreCheckpoint {
    RestoreCheckpoint { checkpoint_id: id.clone(), overwrite }
}

fn unknown(namespace: &str) -> CheckpointId {
    CheckpointId::new(format!("{namespace}/{:032x}", 7))
}

fn export(s: &mut Script, namespace: &str, id: &CheckpointId, format: ExportFormat) -> Vec<u8> {
    let (mut bytes, mut offset) = (Vec::new(), Some(0));
    while let Some(at) = offset {
        let request = ExportCheckpoint { checkpoint_id: id.clone(), format, offset: at, bytes_max: Some(333) };
        let part = s.ok(namespace, request);
        assert!(part.data.len() <= 333);
        bytes.extend_from_slice(&part.data);
        offset = part.next_offset;
    }
    bytes
}

fn import(format: ExportFormat, data: &[u8], continues: Option<u64>, more: bool) -> ImportCheckpoint {
    ImportCheckpoint { format, name: String::new(), data: ByteBuf::from(data.to_vec()), continues, more }
}

fn fill(s: &mut Script, namespace: &str) {
    s.ok(namespace, put("a", "1"));
    s.ok(namespace, put_ttl("b", "2", 5_000));
    s.ok(namespace, create_collection("c", 2, Metric::Cosine));
    s.ok(namespace, add_documents("c", vec![document("d", &[0.1, 0.7]), document("e", &[-0.5, 0.25])]));
    s.ok(namespace, add_node("ann"));
    s.ok(namespace, add_node("bob"));
    s.ok(namespace, add_edge("ann", "knows", "bob"));
    s.ok(namespace, add_fact(("ann", "lives_in", "rome"), 10, None));
    s.ok(namespace, add_fact(("ann", "lives_in", "rome"), 10, Some(20)));
}

/// Asks the same of two namespaces, which must answer the same.
fn same(s: &mut Script, one: &str, other: &str) {
    assert_eq!(s.ok(one, Scan::default()), s.ok(other, Scan::default()));
    assert_eq!(s.ok(one, search("c", &[1.0, 0.0], 5)), s.ok(other, search("c", &[1.0, 0.0], 5)));
    for time in [5, 15, 25] {
        assert_eq!(s.ok(one, query("ann", at(time))), s.ok(other, query("ann", at(time))));
    }
    let stats = |s: &mut Script, namespace: &str| {
        let stats = s.ok(namespace, NamespaceStatsRequest {});
        (stats.keys, stats.vectors, stats.nodes, stats.edges, stats.temporal_versions, stats.live_bytes)
    };
    assert_eq!(stats(s, one), stats(s, other));
}

fn a_checkpoint_is_restored_elsewhere_and_here(s: &mut Script) {
    fill(s, "n");
    let metadata = Properties::new().with("why", "before the migration");
    let request = CreateCheckpoint { name: "first".to_owned(), metadata: metadata.clone(), ..Default::default() };
    let info = s.unrecorded("n", request);
    assert_eq!((info.name.as_str(), info.namespace.as_str(), info.keys), ("first", "n", 2));
    assert_eq!((info.created_at, &info.metadata), (TimestampMs(CLOCK_START_MS), &metadata));
    assert!(info.id.as_str().starts_with("n/"));
    let restored = s.ok("copy", restore(&info.id, false));
    assert_eq!((restored.keys, restored.commit_seq), (2, info.commit_seq));
    same(s, "n", "copy");

    s.ok("n", put("a", "changed"));
    s.ok("n", put("new", "1"));
    s.fails(ErrorCode::AlreadyExists, "n", restore(&info.id, false));
    assert_eq!(s.ok("n", get("new")).found.unwrap().value.as_slice(), b"1", "what is refused changes nothing");
    s.ok("n", restore(&info.id, true));
    assert_eq!(s.ok("n", get("a")).found.unwrap().value.as_slice(), b"1");
    assert_eq!(s.ok("n", get("new")).found, None);
    s.ok("n", put("new", "2"));
    s.reopen();
    assert_eq!(s.ok("n", get("new")).found.unwrap().value.as_slice(), b"2", "writing goes on in what was restored");
    s.lose_power();
    assert_eq!(s.ok("n", get("new")).found.unwrap().value.as_slice(), b"2");
    assert_eq!(s.unrecorded("n", ListCheckpoints {}).checkpoints, [info]);
    // The default namespace can be restored too, also from another one.
    let id = create(s, "default", CreateCheckpoint::default());
    s.ok("default", put("k", "v"));
    s.ok("default", restore(&id, true));
    assert_eq!(s.ok("default", get("k")).found, None);
}

fn snapshots_end_with_what_they_saw(s: &mut Script) {
    s.ok("n", put("a", "1"));
    let id = create(s, "n", CreateCheckpoint::default());
    s.ok("n", put("a", "2"));
    let held = s.ok("n", TakeSnapshot::default()).seq;
    s.ok("n", restore(&id, true));
    s.fails(ErrorCode::SnapshotExpired, "n", toondb_engine::api::Get { snapshot: Some(held), ..get("a") });
    let now = s.ok("n", TakeSnapshot::default()).seq;
    assert!(now > held, "commit numbers do not go back");
}

fn a_checkpoint_outlives_its_namespace(s: &mut Script) {
    s.ok("n", put("a", "1"));
    let id = create(s, "n", CreateCheckpoint::default());
    s.ok("n", DeleteNamespace {});
    assert_eq!(s.unrecorded("n", ListCheckpoints {}).checkpoints.len(), 1);
    s.ok("n", restore(&id, false));
    assert_eq!(s.ok("n", get("a")).found.unwrap().value.as_slice(), b"1");
    assert!(s.ok("n", DeleteCheckpoint { checkpoint_id: id.clone() }).deleted);
    assert!(!s.ok("n", DeleteCheckpoint { checkpoint_id: id }).deleted);
    assert!(s.ok("n", ListCheckpoints {}).checkpoints.is_empty());
}

fn exports_are_imported_and_expire_as_before(s: &mut Script) {
    s.expect_housekeeping();
    fill(s, "n");
    let id = create(s, "n", CreateCheckpoint { name: "kept".to_owned(), ..Default::default() });
    for (format, target) in [(ExportFormat::Binary, "from-binary"), (ExportFormat::Json, "from-json")] {
        let bytes = export(s, "n", &id, format);
        if format == ExportFormat::Json {
            let text = std::str::from_utf8(&bytes).unwrap();
            assert!(text.starts_with("{\"format\":\"toondb-checkpoint\",\"version\":2,"), "{text}");
            assert!(text.contains("{\"type\":\"kv\",\"key\":\"a\",\"value\":\"1\",\"commit_seq\":1}"), "{text}");
        }
        let (first, second) = bytes.split_at(bytes.len() / 3);
        let continues = s.unrecorded(target, import(format, first, None, true)).continues;
        assert!(continues.is_some());
        let imported = s.unrecorded(target, import(format, second, continues, false)).checkpoint.unwrap();
        assert_eq!((imported.name.as_str(), imported.namespace.as_str()), ("kept", target));
        assert!(imported.id.as_str().starts_with(target));
        s.ok(target, restore(&imported.id, false));
        same(s, "n", target);
    }
    s.db.clock.advance_ms(5_000);
    for namespace in ["n", "from-binary", "from-json"] {
        assert_eq!(s.ok(namespace, get("b")).found, None, "a time to live goes on");
        assert!(s.ok(namespace, get("a")).found.is_some());
    }
}

fn patterns_choose_keys(s: &mut Script) {
    fill(s, "n");
    s.ok("n", put("user:1", "x"));
    let include_patterns = vec!["user:*".to_owned(), "[b-c]".to_owned()];
    let id = create(s, "n", CreateCheckpoint { include_patterns, ..Default::default() });
    s.ok("m", restore(&id, false));
    let stats = s.ok("m", NamespaceStatsRequest {});
    assert_eq!((stats.keys, stats.collections, stats.nodes), (2, 0, 0));
    let broken = vec!["[".to_owned()];
    s.fails(ErrorCode::InvalidArgument, "n", CreateCheckpoint { include_patterns: broken, ..Default::default() });
}

fn what_cannot_be_is_refused(s: &mut Script) {
    s.fails(ErrorCode::NamespaceNotFound, "none", CreateCheckpoint::default());
    s.ok("n", put("a", "1"));
    s.fails(ErrorCode::CheckpointNotFound, "n", restore(&unknown("n"), true));
    s.fails(ErrorCode::InvalidArgument, "n", restore(&CheckpointId::new("n/../x"), true));
    s.fails(ErrorCode::InvalidArgument, "n", DeleteCheckpoint { checkpoint_id: unknown("m") });
    let (format, offset, bytes_max) = (ExportFormat::Binary, 0, None);
    s.fails(
        ErrorCode::InvalidArgument,
        "n",
        ExportCheckpoint { checkpoint_id: unknown("m"), format, offset, bytes_max },
    );
    s.fails(ErrorCode::InvalidArgument, "n", import(ExportFormat::Binary, b"no checkpoint", None, false));
    s.fails(ErrorCode::InvalidArgument, "n", import(ExportFormat::Json, b"{\"rows\": []}", None, false));
    s.fails(ErrorCode::InvalidArgument, "n", import(ExportFormat::Json, b"", Some(7), false));
    let name = "x".repeat(1_000);
    s.fails(ErrorCode::LimitExceeded, "n", CreateCheckpoint { name, ..Default::default() });
    assert!(s.ok("n", ListCheckpoints {}).checkpoints.is_empty());
}

fn a_quota_holds_for_what_is_restored(s: &mut Script) {
    fill(s, "n");
    let id = create(s, "n", CreateCheckpoint::default());
    let quota = Quota { vectors_max: Some(1), ..Quota::default() };
    let metadata = Properties::new().with("owner", "ann");
    s.ok("small", CreateNamespace { metadata: metadata.clone(), quota, must_be_new: true });
    s.ok("small", put("mine", "1"));
    s.fails(ErrorCode::QuotaExceeded, "small", restore(&id, true));
    assert_eq!(s.ok("small", get("mine")).found.unwrap().value.as_slice(), b"1");
    s.ok("small", toondb_engine::api::SetQuota { quota: Quota { vectors_max: Some(2), ..quota } });
    s.ok("small", restore(&id, true));
    let described = s.ok("small", DescribeNamespace {});
    assert_eq!((described.metadata, described.quota.vectors_max), (metadata, Some(2)));
    let more = add_documents("c", vec![document("f", &[1.0, 1.0])]);
    s.fails(ErrorCode::QuotaExceeded, "small", more);
    let belief = fact(("ann", "lives_in", "rome"), 10, Some(20));
    assert_eq!(s.ok("small", query("ann", at(15))).edges[0].valid_until, belief.valid_until);
}

scenarios!(
    a_checkpoint_is_restored_elsewhere_and_here,
    snapshots_end_with_what_they_saw,
    a_checkpoint_outlives_its_namespace,
    exports_are_imported_and_expire_as_before,
    patterns_choose_keys,
    what_cannot_be_is_refused,
    a_quota_holds_for_what_is_restored,
);
