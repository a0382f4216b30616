//! Questions about the whole: a sign of life, what this build can do, counters, flushing.

use toondb_engine::api::{
    CapabilitiesRequest, CommitSeq, Flush, NamespaceStatsRequest, OpCode, Ping, ServerStatsRequest,
};
use toondb_tests::Script;
use toondb_tests::requests::{get, put};

fn sign_of_life(s: &mut Script) {
    assert_eq!(s.ok("", Ping {}).version, toondb_engine::VERSION);
    assert_eq!(s.ok("any", Ping {}).version, toondb_engine::VERSION, "it needs no namespace");
}

fn capabilities(s: &mut Script) {
    let able = s.ok("", CapabilitiesRequest {});
    assert_eq!(able.operations, OpCode::ALL.iter().map(|code| code.name()).collect::<Vec<_>>());
    assert_eq!(able.metrics, ["cosine", "euclidean", "dot"]);
    assert_eq!(able.durability, ["durable", "volatile"]);
    for guarantee in ["acknowledged_is_durable", "no_holes_in_commit_order", "snapshot_reads"] {
        assert!(able.guarantees.iter().any(|name| name == guarantee), "{guarantee}");
    }
}

fn counters(s: &mut Script) {
    let before = s.ok("", ServerStatsRequest {});
    assert_eq!((before.namespaces, before.errors, before.panics), (1, 0, 0));
    assert_eq!(before.pid, std::process::id());
    s.ok("", put("k", "v"));
    s.ok("other", put("k", "v"));
    s.ok("", get("k"));
    s.fails(toondb_engine::api::ErrorCode::CollectionNotFound, "", toondb_tests::requests::search("c", &[1.0], 1));
    s.db.clock.advance_ms(1_500);
    let after = s.ok("", ServerStatsRequest {});
    assert_eq!((after.namespaces, after.open_namespaces), (2, 2));
    assert_eq!((after.writes - before.writes, after.reads - before.reads, after.errors), (2, 2, 1));
    assert_eq!(after.uptime_ms - before.uptime_ms, 1_500);
    assert_eq!(after.panics, 0);
}

fn flushing(s: &mut Script) {
    for i in 0..10 {
        s.ok("", put(&format!("k{i}"), "v"));
    }
    assert_eq!(s.ok("", NamespaceStatsRequest {}).checkpoint_seq, CommitSeq(0));
    assert_eq!(s.ok("", Flush {}).checkpoint_seq, CommitSeq(10));
    let stats = s.ok("", NamespaceStatsRequest {});
    assert_eq!((stats.checkpoint_seq, stats.commit_seq, stats.keys), (CommitSeq(10), CommitSeq(10), 10));
    assert_eq!(s.ok("", Flush {}).checkpoint_seq, CommitSeq(10), "flushing nothing is no error");
    s.ok("", put("k0", "w"));
    s.lose_power();
    let stats = s.ok("", NamespaceStatsRequest {});
    assert_eq!((stats.checkpoint_seq, stats.commit_seq, stats.keys), (CommitSeq(10), CommitSeq(11), 10));
    assert_eq!(s.ok("", Flush {}).checkpoint_seq, CommitSeq(11));
}

scenarios!(sign_of_life, capabilities, counters, flushing);
