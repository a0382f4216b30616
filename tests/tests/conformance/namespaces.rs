//! Namespaces: made by the first write, found empty before, bounded by quotas, gone when deleted.

use toondb_engine::api::{
    CollectionName, CreateNamespace, DeleteNamespace, DescribeNamespace, DropCollection, ErrorCode, Exists, Flush,
    ListCollections, ListNamespaces, Metric, NamespaceStatsRequest, Properties, Quota, Scan, SetQuota, TimestampMs,
    Traverse,
};
use toondb_tests::requests::{
    add_documents, add_node, at, bytes, create_collection, delete_key, document, get, get_documents, get_node, put,
    query, search,
};
use toondb_tests::{CLOCK_START_MS, Script};

fn names(s: &mut Script) -> Vec<String> {
    let list = s.ok("default", ListNamespaces {}).namespaces;
    list.into_iter().map(|namespace| namespace.name.into_string()).collect()
}

fn a_write_creates_and_a_read_finds_nothing(s: &mut Script) {
    assert_eq!(names(s), ["default"], "the default namespace always exists");
    assert_eq!(s.ok("new", get("k")).found, None);
    assert!(s.ok("new", Scan::default()).entries.is_empty());
    assert!(!s.ok("new", Exists { key: bytes("k"), snapshot: None }).exists);
    assert!(s.ok("new", ListCollections {}).collections.is_empty());
    assert_eq!(s.ok("new", get_node("n")).node, None);
    assert!(s.ok("new", query("n", at(0))).edges.is_empty());
    s.fails(ErrorCode::CollectionNotFound, "new", search("c", &[1.0], 1));
    s.fails(ErrorCode::CollectionNotFound, "new", get_documents("c", &["d"]));
    assert_eq!(names(s), ["default"], "reading creates nothing");

    s.ok("new", put("k", "v"));
    assert_eq!(names(s), ["default", "new"]);
    assert_eq!(s.ok("new", get("k")).found.unwrap().value, bytes("v"));
    assert_eq!(s.ok("default", get("k")).found, None, "namespaces do not see each other");
    s.ok("default", put("k", "w"));
    assert_eq!(s.ok("default", get("k")).found.unwrap().value, bytes("w"));
}

fn management_needs_an_existing_one(s: &mut Script) {
    s.fails(ErrorCode::NamespaceNotFound, "x", DescribeNamespace {});
    s.fails(ErrorCode::NamespaceNotFound, "x", NamespaceStatsRequest {});
    s.fails(ErrorCode::NamespaceNotFound, "x", DeleteNamespace {});
    s.fails(ErrorCode::NamespaceNotFound, "x", SetQuota::default());
    s.fails(ErrorCode::NamespaceNotFound, "x", Flush {});
    assert_eq!(names(s), ["default"]);
}

fn create_describe_list(s: &mut Script) {
    s.db.clock.advance_ms(5);
    let metadata = Properties::new().with("owner", "ann").with("size", 3);
    let quota = Quota { bytes_max: Some(1_000_000), ..Quota::default() };
    let create = CreateNamespace { metadata: metadata.clone(), quota, must_be_new: true };
    let info = s.ok("b", create.clone());
    assert!(info.created);
    assert_eq!((info.name.as_str(), &info.metadata, info.quota), ("b", &metadata, quota));
    assert_eq!(info.created_at, TimestampMs(CLOCK_START_MS + 5));
    s.fails(ErrorCode::AlreadyExists, "b", create);
    let again = s.ok("b", CreateNamespace::default());
    assert!(!again.created && again.metadata == metadata, "an existing one stays as it is");
    s.ok("a", CreateNamespace::default());
    assert_eq!(names(s), ["a", "b", "default"], "ordered by name");
    s.reopen();
    let described = s.ok("b", DescribeNamespace {});
    assert_eq!((&described.metadata, described.quota, described.created), (&metadata, quota, false));
    s.lose_power();
    assert_eq!(names(s), ["a", "b", "default"]);
}

fn delete_takes_everything(s: &mut Script) {
    s.ok("gone", put("k", "v"));
    s.ok("gone", create_collection("c", 2, Metric::Cosine));
    s.ok("gone", add_documents("c", vec![document("d", &[1.0, 0.0])]));
    s.ok("gone", add_node("n"));
    assert_eq!(s.ok("gone", DeleteNamespace {}).deleted, 1);
    assert_eq!(names(s), ["default"]);
    assert_eq!(s.ok("gone", get("k")).found, None);
    assert_eq!(s.ok("gone", get_node("n")).node, None);
    s.fails(ErrorCode::NamespaceNotFound, "gone", DeleteNamespace {});
    s.fails(ErrorCode::InvalidArgument, "default", DeleteNamespace {});
    s.fails(ErrorCode::InvalidArgument, "default", DeleteNamespace {});
    // The name can be used again, for something new.
    assert_eq!(s.ok("gone", put("other", "v")).commit_seq.0, 1);
    assert_eq!(s.ok("gone", get("k")).found, None);
    s.fails(ErrorCode::CollectionNotFound, "gone", search("c", &[1.0, 0.0], 1));
    s.reopen();
    assert_eq!(s.ok("gone", get("k")).found, None);
    assert!(s.ok("gone", get("other")).found.is_some());
}

fn a_quota_of_bytes_is_enforced_and_returned(s: &mut Script) {
    let quota = Quota { bytes_max: Some(1_000), ..Quota::default() };
    s.ok("q", CreateNamespace { quota, ..CreateNamespace::default() });
    let value = "x".repeat(400);
    s.ok("q", put("a", &value));
    s.ok("q", put("b", &value));
    s.fails(ErrorCode::QuotaExceeded, "q", put("c", &value));
    assert_eq!(s.ok("q", get("c")).found, None);
    s.ok("q", put("a", &value));
    assert_eq!(s.ok("q", NamespaceStatsRequest {}).live_bytes, 802, "a value replaced is not counted twice");
    s.fails(ErrorCode::QuotaExceeded, "q", add_node(&"n".repeat(300)));
    s.ok("q", delete_key("a"));
    s.ok("q", put("c", &value));
    s.fails(ErrorCode::QuotaExceeded, "q", put("a", &value));
    s.reopen();
    s.fails(ErrorCode::QuotaExceeded, "q", put("a", &value));
    let raised = s.ok("q", SetQuota { quota: Quota { bytes_max: Some(1_300), ..Quota::default() } });
    assert_eq!(raised.quota.bytes_max, Some(1_300));
    s.ok("q", put("a", &value));
    // A bound below what is there refuses growth only.
    s.ok("q", SetQuota { quota: Quota { bytes_max: Some(10), ..Quota::default() } });
    s.fails(ErrorCode::QuotaExceeded, "q", put("d", ""));
    assert_eq!(s.ok("q", delete_key("a")).deleted, 1);
    assert!(s.ok("q", get("b")).found.is_some());
    for key in ["b", "c"] {
        s.ok("q", delete_key(key));
    }
    let stats = s.ok("q", NamespaceStatsRequest {});
    assert_eq!((stats.live_bytes, stats.keys), (0, 0), "everything was given back");
}

fn quotas_of_vectors_and_collections(s: &mut Script) {
    let quota = Quota { vectors_max: Some(3), collections_max: Some(1), ..Quota::default() };
    s.ok("q", CreateNamespace { quota, ..CreateNamespace::default() });
    s.ok("q", create_collection("c", 1, Metric::Dot));
    s.fails(ErrorCode::QuotaExceeded, "q", create_collection("d", 1, Metric::Dot));
    let docs = |ids: &[&str]| add_documents("c", ids.iter().map(|id| document(id, &[1.0])).collect());
    s.ok("q", docs(&["1", "2"]));
    s.fails(ErrorCode::QuotaExceeded, "q", docs(&["3", "4"]));
    assert_eq!(s.ok("q", NamespaceStatsRequest {}).documents, 2, "all or none");
    s.ok("q", docs(&["2", "3"]));
    s.fails(ErrorCode::QuotaExceeded, "q", docs(&["4"]));
    s.expect_housekeeping();
    s.ok("q", DropCollection { collection: CollectionName::from("c") });
    s.ok("q", create_collection("d", 1, Metric::Dot));
    let stats = s.ok("q", NamespaceStatsRequest {});
    assert_eq!((stats.collections, stats.vectors, stats.documents, stats.live_bytes), (1, 0, 0, 0));
}

fn many_come_and_go(s: &mut Script) {
    for i in 0..20 {
        let name = format!("n{}", i % 4);
        s.ok(&name, put("k", &i.to_string()));
        assert_eq!(s.ok(&name, get("k")).found.unwrap().value, bytes(&i.to_string()));
        if i % 3 == 0 {
            s.ok(&name, DeleteNamespace {});
        }
    }
    let left = names(s);
    s.reopen();
    assert_eq!(names(s), left);
    let walk = Traverse {
        start: "a".into(),
        order: toondb_engine::api::TraversalOrder::Bfs,
        max_depth: None,
        edge_types: None,
        direction: toondb_engine::api::Direction::Outgoing,
        filter: Default::default(),
        limit: None,
        snapshot: None,
    };
    assert!(s.ok("unknown", walk).nodes.is_empty());
}

scenarios!(
    a_write_creates_and_a_read_finds_nothing,
    management_needs_an_existing_one,
    create_describe_list,
    delete_takes_everything,
    a_quota_of_bytes_is_enforced_and_returned,
    quotas_of_vectors_and_collections,
    many_come_and_go,
);
