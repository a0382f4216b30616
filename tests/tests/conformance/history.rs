//! Transaction time: what was believed when, the whole history, forgetting, and walks through the past.

use toondb_engine::api::{
    AsOf, CommitSeq, Direction, EraseTemporal, ErrorCode, NamespaceStatsRequest, QueryTemporal, TemporalHistory,
    TemporalPath, TimestampMs, TraversalOrder, TraverseTemporal,
};
use toondb_tests::requests::{add_fact, add_node, at, bytes, fact, get, history, put, query};
use toondb_tests::{CLOCK_START_MS, Script};

use crate::temporal::{close, short, supersede};

fn believed(s: &mut Script, time: i64, as_of: AsOf) -> Vec<String> {
    short(&s.ok("default", QueryTemporal { as_of: Some(as_of), ..query("a", at(time)) }).edges)
}

fn seq(seq: u64) -> AsOf {
    AsOf::Seq(CommitSeq(seq))
}

fn time(after_start: i64) -> AsOf {
    AsOf::Time(TimestampMs(CLOCK_START_MS + after_start))
}

/// Commit 1 at 0: rome from 10. Commit 2 at +100: a key. Commit 3 at +200: paris from 20. Commit 4 at +300: paris ends at 30.
fn fill(s: &mut Script) {
    s.ok("default", supersede(fact(("a", "lives", "rome"), 10, None)));
    s.db.clock.advance_ms(100);
    s.ok("default", put("k", "v"));
    s.db.clock.advance_ms(100);
    s.ok("default", supersede(fact(("a", "lives", "paris"), 20, None)));
    s.db.clock.advance_ms(100);
    s.ok("default", close(("a", "lives", "paris"), Some(30)));
}

fn as_of_a_commit_and_a_time(s: &mut Script) {
    fill(s);
    for round in 0..3 {
        assert_eq!(believed(s, 25, seq(0)), [""; 0], "round {round}");
        assert_eq!(believed(s, 25, seq(1)), ["rome[10,-)"]);
        assert_eq!(believed(s, 25, seq(2)), ["rome[10,-)"]);
        assert_eq!(believed(s, 25, seq(3)), ["paris[20,-)"]);
        assert_eq!(believed(s, 25, seq(4)), ["paris[20,30)"]);
        assert_eq!(believed(s, 25, seq(u64::MAX)), ["paris[20,30)"], "the future is not known yet");
        assert_eq!(believed(s, 25, time(-1)), [""; 0]);
        for (then, expected) in
            [(0, "rome[10,-)"), (199, "rome[10,-)"), (200, "paris[20,-)"), (299, "paris[20,-)"), (300, "paris[20,30)")]
        {
            assert_eq!(believed(s, 25, time(then)), [expected], "as of +{then}");
        }
        if round == 0 { s.reopen() } else { s.lose_power() }
    }
}

fn history_keeps_every_belief(s: &mut Script) {
    fill(s);
    let all = s.ok("default", history("a")).edges;
    let lines: Vec<String> = all
        .iter()
        .zip(short(&all))
        .map(|(edge, text)| format!("{text} {}..{}", edge.asserted_seq, edge.retracted_seq.map_or(0, |seq| seq.0)))
        .collect();
    assert_eq!(lines, ["rome[10,-) 1..3", "rome[10,20) 3..0", "paris[20,-) 3..4", "paris[20,30) 4..0"]);
    assert_eq!(all[0].asserted_at, TimestampMs(CLOCK_START_MS));
    assert_eq!(all[0].retracted_at, Some(TimestampMs(CLOCK_START_MS + 200)));
    let of_paris = TemporalHistory { other_id: Some("paris".into()), ..history("a") };
    assert_eq!(s.ok("default", of_paris).edges.len(), 2);
    let incoming = TemporalHistory { direction: Direction::Incoming, ..history("paris") };
    assert_eq!(s.ok("default", incoming).edges, all[2..]);
    assert!(s.ok("default", TemporalHistory { edge_type: Some("other".into()), ..history("a") }).edges.is_empty());
    for limit in [1, 3, 4] {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = s.ok("default", TemporalHistory { limit: Some(limit), cursor, ..history("a") });
            found.extend(page.edges);
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, all, "limit {limit}");
    }
    s.fails(ErrorCode::InvalidArgument, "default", TemporalHistory { cursor: Some(bytes("\u{9}")), ..history("a") });
}

fn erasing_leaves_no_trace(s: &mut Script) {
    fill(s);
    s.ok("default", add_fact(("a", "likes", "rome"), 0, None));
    s.ok("default", add_fact(("b", "likes", "a"), 0, None));
    let erase = |edge_type: Option<&str>, to: Option<&str>| EraseTemporal {
        from_id: Some("a".into()),
        edge_type: edge_type.map(Into::into),
        to_id: to.map(Into::into),
        ..EraseTemporal::default()
    };
    assert_eq!(s.ok("default", erase(Some("lives"), Some("rome"))).erased, 2);
    assert_eq!(believed(s, 15, seq(1)), [""; 0], "not even in the past");
    assert_eq!(short(&s.ok("default", history("a")).edges), ["rome[0,-)", "paris[20,-)", "paris[20,30)"]);
    let incoming = TemporalHistory { direction: Direction::Incoming, ..history("rome") };
    assert_eq!(s.ok("default", incoming).edges.len(), 1);
    assert_eq!(s.ok("default", erase(None, None)).erased, 3);
    assert_eq!(s.ok("default", erase(None, None)).erased, 0);
    s.lose_power();
    assert!(s.ok("default", history("a")).edges.is_empty());
    assert_eq!(s.ok("default", history("b")).edges.len(), 1, "what others say about the node is theirs");
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).temporal_versions, 1);
    assert!(s.ok("default", get("k")).found.is_some());
}

fn walks_through_time(s: &mut Script) {
    s.ok("default", add_node("a"));
    s.ok("default", add_fact(("a", "r", "b"), 0, Some(50)));
    s.ok("default", add_fact(("b", "r", "c"), 0, None));
    s.ok("default", add_fact(("a", "r", "d"), 50, None));
    let before = s.ok("default", add_fact(("d", "r", "e"), 0, None)).commit_seq;
    s.ok("default", add_fact(("c", "r", "f"), 0, None));
    let walk = TraverseTemporal {
        start: "a".into(),
        at: Some(TimestampMs(10)),
        as_of: None,
        order: TraversalOrder::Bfs,
        max_depth: None,
        edge_types: None,
        direction: Direction::Outgoing,
        limit: None,
        snapshot: None,
    };
    let visited = |found: &TemporalPath| found.nodes.iter().map(|node| node.id.as_str()).collect::<String>();
    let found = s.ok("default", walk.clone());
    assert_eq!(visited(&found), "abcf");
    assert_eq!((found.nodes[0].node_type.as_str(), found.nodes[1].node_type.as_str()), ("thing", ""));
    assert_eq!(short(&found.edges), ["b[0,50)", "c[0,-)", "f[0,-)"]);
    assert_eq!(visited(&s.ok("default", TraverseTemporal { at: Some(TimestampMs(50)), ..walk.clone() })), "ade");
    assert_eq!(visited(&s.ok("default", TraverseTemporal { at: None, ..walk.clone() })), "ade", "now, by the clock");
    let as_of = Some(AsOf::Seq(before));
    assert_eq!(visited(&s.ok("default", TraverseTemporal { as_of, ..walk.clone() })), "abc");
    assert_eq!(visited(&s.ok("default", TraverseTemporal { max_depth: Some(1), ..walk.clone() })), "ab");
    let back = TraverseTemporal { start: "c".into(), direction: Direction::Incoming, ..walk.clone() };
    assert_eq!(visited(&s.ok("default", back)), "cba");
    let limited = s.ok("default", TraverseTemporal { limit: Some(2), ..walk });
    assert_eq!((visited(&limited).as_str(), limited.truncated), ("ab", true));
}

fn commit_times_never_go_back(s: &mut Script) {
    s.ok("default", add_fact(("a", "r", "b"), 0, None));
    s.db.clock.set_ms(CLOCK_START_MS - 5_000);
    s.ok("default", add_fact(("a", "r", "c"), 0, None));
    let all = s.ok("default", history("a")).edges;
    assert_eq!(all[1].asserted_at, TimestampMs(CLOCK_START_MS), "a clock set back does not rewrite the order");
    assert_eq!(believed(s, 0, time(-1)), [""; 0]);
    assert_eq!(believed(s, 0, time(0)), ["b[0,-)", "c[0,-)"]);
    s.reopen();
    s.ok("default", add_fact(("a", "r", "d"), 0, None));
    assert_eq!(s.ok("default", history("a")).edges[2].asserted_at, TimestampMs(CLOCK_START_MS));
}

scenarios!(
    as_of_a_commit_and_a_time,
    history_keeps_every_belief,
    erasing_leaves_no_trace,
    walks_through_time,
    commit_times_never_go_back,
);
