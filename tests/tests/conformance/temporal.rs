//! Valid time: three modes, half-open periods, closing and superseding.

use toondb_engine::api::{
    CloseTemporalEdge, CommitSeq, Direction, Durability, ErrorCode, NamespaceStatsRequest, QueryTemporal,
    SupersedeTemporalEdge, TemporalEdge, TemporalFact, TemporalMode, TimestampMs,
};
use toondb_tests::requests::{add_fact, at, during, fact, query, types};
use toondb_tests::{CLOCK_START_MS, Script};

/// `to[from,until)`, so that expectations can be read.
pub fn short(edges: &[TemporalEdge]) -> Vec<String> {
    let one = |edge: &TemporalEdge| {
        let until = edge.valid_until.map_or_else(|| "-".to_owned(), |until| until.to_string());
        format!("{}[{},{until})", edge.to_id, edge.valid_from)
    };
    edges.iter().map(one).collect()
}

pub fn supersede(fact: TemporalFact) -> SupersedeTemporalEdge {
    SupersedeTemporalEdge { fact, durability: Durability::Durable }
}

pub fn close(ends: (&str, &str, &str), at: Option<i64>) -> CloseTemporalEdge {
    let (from_id, edge_type, to_id) = ends;
    CloseTemporalEdge {
        from_id: from_id.into(),
        edge_type: edge_type.into(),
        to_id: to_id.into(),
        at: at.map(TimestampMs),
        durability: Durability::Durable,
    }
}

fn ask(s: &mut Script, mode: TemporalMode) -> Vec<String> {
    short(&s.ok("default", query("a", mode)).edges)
}

fn periods_are_half_open(s: &mut Script) {
    s.ok("default", add_fact(("a", "r", "b"), 10, Some(20)));
    for (time, holds) in [(9, false), (10, true), (19, true), (20, false)] {
        assert_eq!(ask(s, at(time)).len(), usize::from(holds), "at {time}");
    }
    for (start, end, overlaps) in
        [(0, 10, false), (0, 11, true), (10, 11, true), (19, 20, true), (20, 30, false), (0, 100, true), (12, 13, true)]
    {
        assert_eq!(ask(s, during(start, end)).len(), usize::from(overlaps), "[{start},{end})");
    }
    s.ok("default", add_fact(("a", "r", "c"), -5, None));
    assert_eq!(ask(s, at(i64::MAX)), ["c[-5,-)"]);
    assert_eq!(ask(s, at(-6)), [""; 0]);
    assert_eq!(ask(s, at(-5)), ["c[-5,-)"]);
    assert_eq!(ask(s, during(20, 21)), ["c[-5,-)"]);
    s.reopen();
    assert_eq!(ask(s, at(10)), ["c[-5,-)", "b[10,20)"], "ordered by start");
}

fn current_is_now(s: &mut Script) {
    let now = CLOCK_START_MS;
    s.ok("default", add_fact(("a", "r", "past"), 0, Some(now)));
    s.ok("default", add_fact(("a", "r", "present"), now, Some(now + 10)));
    s.ok("default", add_fact(("a", "r", "future"), now + 10, None));
    let mut ask = || {
        let edges = s.ok("default", query("a", TemporalMode::Current)).edges;
        s.db.clock.advance_ms(10);
        edges.iter().map(|edge| edge.to_id.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ask(), ["present"]);
    assert_eq!(ask(), ["future"]);
}

fn clipping_and_order(s: &mut Script) {
    s.ok("default", add_fact(("a", "s", "b"), 0, None));
    s.ok("default", add_fact(("a", "r", "c"), 5, Some(50)));
    s.ok("default", add_fact(("a", "r", "b"), 5, Some(15)));
    s.ok("default", add_fact(("a", "r", "b"), 20, Some(30)));
    assert_eq!(ask(s, during(10, 25)), ["b[0,-)", "b[5,15)", "c[5,50)", "b[20,30)"], "by start, type, other end");
    let clip = TemporalMode::Range { start: Some(TimestampMs(10)), end: Some(TimestampMs(25)), clip: true };
    let clipped = s.ok("default", query("a", clip)).edges;
    let typed: Vec<String> =
        clipped.iter().zip(short(&clipped)).map(|(edge, text)| format!("{} {text}", edge.edge_type)).collect();
    assert_eq!(typed, ["r b[10,15)", "r c[10,25)", "s b[10,25)", "r b[20,25)"], "cut starts count for the order");
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).temporal_versions, 4, "the same edge twice is two facts");
}

fn directions_and_types(s: &mut Script) {
    s.ok("default", add_fact(("a", "r", "b"), 0, None));
    s.ok("default", add_fact(("c", "r", "a"), 1, None));
    s.ok("default", add_fact(("a", "s", "a"), 2, None));
    let mut of = |direction, edge_types| {
        let edges = s.ok("default", QueryTemporal { direction, edge_types, ..query("a", at(5)) }).edges;
        edges.iter().map(|edge| format!("{}{}", edge.from_id, edge.to_id)).collect::<Vec<_>>()
    };
    assert_eq!(of(Direction::Outgoing, None), ["ab", "aa"]);
    assert_eq!(of(Direction::Incoming, None), ["ca", "aa"]);
    assert_eq!(of(Direction::Both, None), ["ab", "ca", "aa"], "a loop comes once");
    assert_eq!(of(Direction::Both, types(&["s"])), ["aa"]);
    assert_eq!(of(Direction::Both, types(&["none"])), [""; 0]);
    let limited = s.ok("default", QueryTemporal { direction: Direction::Both, limit: Some(2), ..query("a", at(5)) });
    assert_eq!((limited.edges.len(), limited.truncated), (2, true));
    assert_eq!(limited.edges[1].from_id.as_str(), "c", "a limit cuts after the order");
}

fn asserting_again(s: &mut Script) {
    assert!(s.ok("default", add_fact(("a", "r", "b"), 10, Some(20))).created);
    let again = s.ok("default", add_fact(("a", "r", "b"), 10, Some(20)));
    assert_eq!((again.created, again.commit_seq), (false, CommitSeq(1)), "saying it again changes nothing");
    s.ok("default", add_fact(("a", "r", "b"), 10, Some(30)));
    assert_eq!(ask(s, during(0, 100)), ["b[10,30)"], "the same start: a correction");
    s.ok("default", add_fact(("a", "r", "b"), 40, Some(50)));
    assert_eq!(ask(s, during(0, 100)), ["b[10,30)", "b[40,50)"]);
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).temporal_versions, 3, "the first belief stays in the history");
}

fn closing(s: &mut Script) {
    s.fails(ErrorCode::EdgeNotFound, "default", close(("a", "r", "b"), Some(5)));
    s.ok("default", add_fact(("a", "r", "b"), 10, None));
    s.ok("default", add_fact(("a", "r", "c"), 10, None));
    s.fails(ErrorCode::InvalidArgument, "default", close(("a", "r", "b"), Some(10)));
    s.fails(ErrorCode::InvalidArgument, "default", close(("a", "r", "b"), Some(9)));
    let closed = s.ok("default", close(("a", "r", "b"), Some(20)));
    assert_eq!((short(&closed.edges), closed.commit_seq), (vec!["b[10,20)".to_owned()], CommitSeq(3)));
    assert_eq!(closed.edges[0].asserted_seq, CommitSeq(3));
    assert_eq!(ask(s, at(19)), ["b[10,20)", "c[10,-)"]);
    assert_eq!(ask(s, at(20)), ["c[10,-)"]);
    s.fails(ErrorCode::EdgeNotFound, "default", close(("a", "r", "b"), Some(30)));
    // Without a time it ends now.
    s.db.clock.advance_ms(7);
    let now = s.ok("default", close(("a", "r", "c"), None)).edges;
    assert_eq!(now[0].valid_until, Some(TimestampMs(CLOCK_START_MS + 7)));
    // Several open periods of one edge end together.
    s.ok("default", add_fact(("d", "r", "e"), 1, None));
    s.ok("default", add_fact(("d", "r", "e"), 2, None));
    let both = s.ok("default", close(("d", "r", "e"), Some(9))).edges;
    assert_eq!(short(&both), ["e[1,9)", "e[2,9)"]);
    s.lose_power();
    assert!(s.ok("default", query("d", at(9))).edges.is_empty());
}

fn superseding(s: &mut Script) {
    let first = s.ok("default", supersede(fact(("a", "lives", "rome"), 10, None)));
    assert_eq!((short(&[first.asserted]), first.closed.len()), (vec!["rome[10,-)".to_owned()], 0));
    let next = s.ok("default", supersede(fact(("a", "lives", "paris"), 20, None)));
    assert_eq!(short(&[next.asserted]), ["paris[20,-)"]);
    assert_eq!(short(&next.closed), ["rome[10,20)"]);
    assert_eq!(ask(s, at(15)), ["rome[10,20)"]);
    assert_eq!(ask(s, at(20)), ["paris[20,-)"]);
    // Late news: it held before what is known already, and must not touch it.
    let late = s.ok("default", supersede(fact(("a", "lives", "oslo"), 5, None)));
    assert_eq!((short(&[late.asserted]), late.closed.len()), (vec!["oslo[5,10)".to_owned()], 0));
    // Late, and inside an older period.
    let inside = s.ok("default", supersede(fact(("a", "lives", "bern"), 15, None)));
    assert_eq!(
        (short(&[inside.asserted]), short(&inside.closed)),
        (vec!["bern[15,20)".to_owned()], vec!["rome[10,15)".to_owned()])
    );
    assert_eq!(ask(s, during(0, 100)), ["oslo[5,10)", "rome[10,15)", "bern[15,20)", "paris[20,-)"]);
    // Another type and another node are another relation.
    s.ok("default", supersede(fact(("a", "works", "rome"), 12, None)));
    s.ok("default", supersede(fact(("b", "lives", "rome"), 12, None)));
    assert_eq!(ask(s, at(30)), ["rome[12,-)", "paris[20,-)"]);
    s.reopen();
    assert_eq!(ask(s, at(30)), ["rome[12,-)", "paris[20,-)"]);
}

fn superseding_with_an_end_and_at_the_same_start(s: &mut Script) {
    s.ok("default", supersede(fact(("a", "r", "x"), 0, None)));
    let part = s.ok("default", supersede(fact(("a", "r", "y"), 10, Some(20))));
    assert_eq!(short(&part.closed), ["x[0,10)"]);
    assert_eq!(
        ask(s, during(0, 100)),
        ["x[0,10)", "y[10,20)", "x[20,-)"],
        "what lies behind a stated end stands again"
    );
    let same = s.ok("default", supersede(fact(("a", "r", "y"), 10, Some(20))));
    assert_eq!(same.commit_seq, part.commit_seq, "saying it again changes nothing");
    let corrected = s.ok("default", supersede(fact(("a", "r", "z"), 10, Some(20))));
    assert!(corrected.closed.is_empty(), "the same start: a correction, not an end");
    assert_eq!(ask(s, during(0, 100)), ["x[0,10)", "z[10,20)", "x[20,-)"]);
    let cut = s.ok("default", supersede(fact(("a", "r", "w"), 5, Some(15))));
    assert_eq!(short(&[cut.asserted]), ["w[5,10)"], "never beyond the next start");
}

scenarios!(
    periods_are_half_open,
    current_is_now,
    clipping_and_order,
    directions_and_types,
    asserting_again,
    closing,
    superseding,
    superseding_with_an_end_and_at_the_same_start,
);
