//! Questions about the whole: a sign of life, what this build can do, counters, flushing, checking.

use toondb_engine::api::{
    CapabilitiesRequest, Check, CheckReport, CommitSeq, CreateCheckpoint, ErrorCode, FindingKind, Flush, Metric,
    NamespaceStatsRequest, OpCode, Ping, Properties, ServerStatsRequest,
};
use toondb_engine::limits;
use toondb_tests::Script;
use toondb_tests::requests::{add_documents, add_node, create_collection, document, get, put, put_ttl};

fn sign_of_life(s: &mut Script) {
    assert_eq!(s.ok("default", Ping {}).version, toondb_engine::VERSION);
    assert_eq!(s.ok("any", Ping {}).version, toondb_engine::VERSION, "it needs no namespace");
}

fn capabilities(s: &mut Script) {
    let able = s.ok("default", CapabilitiesRequest {});
    assert_eq!(able.operations, OpCode::ALL.iter().map(|code| code.name()).collect::<Vec<_>>());
    assert_eq!(able.metrics, ["cosine", "euclidean", "dot"]);
    assert_eq!(able.durability, ["durable", "volatile"]);
    for guarantee in ["acknowledged_is_durable", "no_holes_in_commit_order", "snapshot_reads"] {
        assert!(able.guarantees.iter().any(|name| name == guarantee), "{guarantee}");
    }
}

fn counters(s: &mut Script) {
    let before = s.ok("default", ServerStatsRequest {});
    assert_eq!((before.namespaces, before.errors, before.panics), (1, 0, 0));
    assert_eq!(before.pid, std::process::id());
    s.ok("default", put("k", "v"));
    s.ok("other", put("k", "v"));
    s.ok("default", get("k"));
    s.fails(
        toondb_engine::api::ErrorCode::CollectionNotFound,
        "default",
        toondb_tests::requests::search("c", &[1.0], 1),
    );
    s.db.clock.advance_ms(1_500);
    let after = s.ok("default", ServerStatsRequest {});
    assert_eq!((after.namespaces, after.open_namespaces), (2, 2));
    assert_eq!((after.writes - before.writes, after.reads - before.reads, after.errors), (2, 2, 1));
    assert_eq!(after.uptime_ms - before.uptime_ms, 1_500);
    assert_eq!(after.panics, 0);
}

fn flushing(s: &mut Script) {
    for i in 0..10 {
        s.ok("default", put(&format!("k{i}"), "v"));
    }
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).flushed_seq, CommitSeq(0));
    assert_eq!(s.ok("default", Flush {}).flushed_seq, CommitSeq(10));
    let stats = s.ok("default", NamespaceStatsRequest {});
    assert_eq!((stats.flushed_seq, stats.commit_seq, stats.keys), (CommitSeq(10), CommitSeq(10), 10));
    assert_eq!(s.ok("default", Flush {}).flushed_seq, CommitSeq(10), "flushing nothing is no error");
    s.ok("default", put("k0", "w"));
    s.lose_power();
    let stats = s.ok("default", NamespaceStatsRequest {});
    assert_eq!((stats.flushed_seq, stats.commit_seq, stats.keys), (CommitSeq(10), CommitSeq(11), 10));
    assert_eq!(s.ok("default", Flush {}).flushed_seq, CommitSeq(11));
}

fn check_of(namespaces: &[&str]) -> Check {
    Check { namespaces: namespaces.iter().map(|name| (*name).into()).collect(), repair: false }
}

/// A check that finds nothing wrong: the names that were verified.
fn sound(s: &mut Script, namespaces: &[&str]) -> (Vec<String>, CheckReport) {
    let report = s.ok("default", check_of(namespaces));
    assert_eq!(report.gravest(), FindingKind::Notice, "{:?}", report.findings);
    assert_eq!((report.more, report.repaired.len()), (0, 0), "a check of what is in use repairs nothing");
    (report.namespaces.iter().map(|checked| checked.name.as_str().to_owned()).collect(), report)
}

fn checking(s: &mut Script) {
    assert_eq!(sound(s, &[]).0, ["default"], "nothing was ever written");
    for name in ["b", "a"] {
        s.ok(name, put("k", "v"));
        s.ok(name, put_ttl("short", "v", 60_000));
        s.ok(name, create_collection("c", 2, Metric::Cosine));
        s.ok(name, add_documents("c", vec![document("d", &[1.0, 0.0])]));
        s.ok(name, add_node("n"));
    }
    let flushed = s.ok("a", Flush {}).flushed_seq;
    s.ok("a", put("later", "v"));
    // Its id is random.
    let create = CreateCheckpoint { name: "c".to_owned(), include_patterns: Vec::new(), metadata: Properties::new() };
    s.unrecorded("a", create);

    let (names, report) = sound(s, &[]);
    assert_eq!(names, ["a", "b", "default"], "ordered by name");
    assert_eq!(report.checkpoints, 1);
    let a = &report.namespaces[0];
    assert!(a.rows > 0 && a.pages > 0 && a.commit_seq > flushed, "{a:?}, flushed {flushed:?}");
    assert_eq!(s.ok("a", get("k")).found.unwrap().version, CommitSeq(1), "everything goes on");

    let (names, report) = sound(s, &["b", "a", "b"]);
    assert_eq!((names, report.checkpoints), (vec!["a".to_owned(), "b".to_owned()], 0), "each once, and nothing else");
    let report = s.ok("default", Check { repair: true, ..check_of(&[]) });
    assert_eq!((report.gravest(), report.repaired.len()), (FindingKind::Notice, 0), "there is nothing to repair");
    s.reopen();
    assert_eq!(sound(s, &["a"]).0, ["a"], "one that nobody has used since");
    s.lose_power();
    // What else a crash has left may be told, and depends on how far background work had come.
    let report = s.unrecorded("default", check_of(&[]));
    assert_eq!((report.namespaces.len(), report.gravest()), (3, FindingKind::Notice), "{:?}", report.findings);
}

fn wrong_names_of_what_is_to_be_checked(s: &mut Script) {
    s.ok("a", put("k", "v"));
    s.fails(ErrorCode::NamespaceNotFound, "default", check_of(&["a", "missing"]));
    s.fails(ErrorCode::InvalidArgument, "default", check_of(&["a", ""]));
    s.fails(ErrorCode::InvalidArgument, "default", check_of(&["../a"]));
    s.fails(ErrorCode::LimitExceeded, "default", check_of(&vec!["a"; limits::CHECK_NAMESPACES_MAX + 1]));
    assert_eq!(sound(s, &["a"]).0, ["a"]);
}

scenarios!(sign_of_life, capabilities, counters, flushing, checking, wrong_names_of_what_is_to_be_checked);
