//! The rules of the writes, one by one.

use super::super::harness::{Harness, fact};
use crate::api::{
    Direction, EraseTemporal, ErrorCode, ListFacts, NodeId, Properties, QueryTemporal, Result, TemporalEdge,
    TemporalEdges, TemporalFact, TemporalHistory, TemporalMode, TimestampMs, TraverseTemporal, Value,
};
use crate::namespace::exec::temporal as exec;
use crate::namespace::query::reader::Reader;
use crate::namespace::query::temporal as read;
use crate::namespace::query::wants::Wants;
use crate::store::Table;

fn job(to: &str, from: i64, until: Option<i64>) -> TemporalFact {
    fact("ann", "works_at", to, from, until)
}

fn range(start: i64, end: i64, clip: bool) -> TemporalMode {
    TemporalMode::Range { start: Some(TimestampMs(start)), end: Some(TimestampMs(end)), clip }
}

fn ask(harness: &Harness, node: &str, direction: Direction, mode: TemporalMode, limit: Option<u32>) -> TemporalEdges {
    let request =
        QueryTemporal { node_id: node.into(), mode, edge_types: None, direction, as_of: None, limit, snapshot: None };
    read::query(&harness.state, &Reader::of(harness.snapshot()), request, Wants::ALL).unwrap()
}

/// Other end, start and end of each edge.
fn brief(edges: &[TemporalEdge]) -> Vec<(&str, i64, Option<i64>)> {
    edges.iter().map(|e| (e.to_id.as_str(), e.valid_from.0, e.valid_until.map(|until| until.0))).collect()
}

fn jobs(harness: &Harness) -> Vec<(String, i64, Option<i64>)> {
    let found = ask(harness, "ann", Direction::Outgoing, range(i64::MIN, i64::MAX, false), None);
    brief(&found.edges).into_iter().map(|(to, from, until)| (to.to_owned(), from, until)).collect()
}

fn expect(harness: &Harness, expected: &[(&str, i64, Option<i64>)]) {
    let expected: Vec<_> = expected.iter().map(|(to, from, until)| ((*to).to_owned(), *from, *until)).collect();
    assert_eq!(jobs(harness), expected);
}

fn supersede(harness: &mut Harness, fact: TemporalFact) -> (TemporalEdge, Vec<TemporalEdge>) {
    let stated = harness.run(|ctx| exec::supersede(ctx, fact)).unwrap();
    (stated.asserted, stated.closed)
}

#[test]
fn the_next_fact_closes_the_one_before() {
    let mut harness = Harness::new();
    supersede(&mut harness, job("acme", 10, None));
    let (asserted, closed) = supersede(&mut harness, job("bolt", 20, None));
    assert_eq!(brief(&[asserted]), [("bolt", 20, None)]);
    assert_eq!(brief(&closed), [("acme", 10, Some(20))]);
    expect(&harness, &[("acme", 10, Some(20)), ("bolt", 20, None)]);
}

#[test]
fn a_late_fact_is_stored_closed() {
    let mut harness = Harness::new();
    supersede(&mut harness, job("bolt", 20, None));
    let (asserted, closed) = supersede(&mut harness, job("acme", 10, None));
    assert_eq!(brief(&[asserted]), [("acme", 10, Some(20))]);
    assert!(closed.is_empty());
    supersede(&mut harness, job("crux", 5, Some(30)));
    expect(&harness, &[("crux", 5, Some(10)), ("acme", 10, Some(20)), ("bolt", 20, None)]);
}

#[test]
fn a_fact_with_an_end_leaves_the_rest_of_the_older_one() {
    let mut harness = Harness::new();
    supersede(&mut harness, job("acme", 10, None));
    let (_, closed) = supersede(&mut harness, job("bolt", 20, Some(30)));
    assert_eq!(brief(&closed), [("acme", 10, Some(20))]);
    expect(&harness, &[("acme", 10, Some(20)), ("bolt", 20, Some(30)), ("acme", 30, None)]);
}

#[test]
fn a_fact_with_the_same_start_is_a_correction() {
    let mut harness = Harness::new();
    supersede(&mut harness, job("acme", 10, None));
    let (_, closed) = supersede(&mut harness, job("bolt", 10, None));
    assert!(closed.is_empty());
    expect(&harness, &[("bolt", 10, None)]);
    let before = harness.seq;
    let (asserted, _) = supersede(&mut harness, job("bolt", 10, None));
    assert_eq!((harness.seq, asserted.asserted_seq.0), (before, before), "nothing was written");
}

#[test]
fn writes_of_one_commit_see_each_other_and_leave_no_trace_of_what_never_was() {
    let mut harness = Harness::new();
    let all = harness.run(|ctx| {
        for n in 0..100 {
            exec::supersede(ctx, job(&format!("job{n}"), n, None))?;
        }
        exec::supersede(ctx, job("typo", 100, None))?;
        exec::supersede(ctx, job("last", 100, None))?;
        exec::close(ctx, &"ann".into(), &"works_at".into(), &"last".into(), Some(TimestampMs(200)))
    });
    assert_eq!(brief(&all.unwrap()), [("last", 100, Some(200))]);
    assert_eq!(harness.counters.temporal_versions, 101);
    let found = jobs(&harness);
    assert_eq!(found.len(), 101);
    assert!(found.iter().enumerate().all(|(n, (_, from, _))| *from == n as i64));
}

#[test]
fn a_failed_operation_changes_nothing() {
    let mut harness = Harness::new();
    supersede(&mut harness, job("acme", 10, None));
    expect(&harness, &[("acme", 10, None)]);
    let failed: Result<()> = harness.run(|ctx| {
        let all = EraseTemporal { from_id: Some("ann".into()), ..EraseTemporal::default() };
        exec::erase(ctx, all, usize::MAX)?;
        exec::close(ctx, &"ann".into(), &"works_at".into(), &"acme".into(), None)?;
        Ok(())
    });
    assert_eq!(failed.unwrap_err().code, ErrorCode::EdgeNotFound);
    expect(&harness, &[("acme", 10, None)]);
}

#[test]
fn closing_needs_an_open_period_that_began_before() {
    let mut harness = Harness::new();
    let mut close = |at: Option<i64>| {
        let (from, edge_type, to) = (NodeId::new("ann"), "works_at".into(), NodeId::new("acme"));
        harness.run(|ctx| {
            if at.is_some() {
                exec::add(ctx, job("acme", 10, None))?;
            }
            exec::close(ctx, &from, &edge_type, &to, at.map(TimestampMs))
        })
    };
    assert_eq!(close(None).unwrap_err().code, ErrorCode::EdgeNotFound);
    assert_eq!(close(Some(10)).unwrap_err().code, ErrorCode::InvalidArgument);
    assert_eq!(brief(&close(Some(11)).unwrap()), [("acme", 10, Some(11))]);
}

#[test]
fn a_whole_number_is_not_the_float_of_the_same_value() {
    let mut harness = Harness::new();
    let mut with = |value: Value| {
        let fact = TemporalFact { properties: Properties::new().with("n", value), ..job("acme", 10, None) };
        harness.run(|ctx| exec::add(ctx, fact)).unwrap()
    };
    assert!(with(Value::Int(1)));
    assert!(!with(Value::Int(1)));
    assert!(with(Value::Float(1.0)));
}

#[test]
fn too_large_fields_are_refused() {
    let mut harness = Harness::new();
    let large = Value::Bytes(vec![0; crate::limits::PROPERTIES_BYTES_MAX]);
    let fact = TemporalFact { properties: Properties::new().with("blob", large), ..job("acme", 10, None) };
    assert_eq!(harness.run(|ctx| exec::add(ctx, fact)).unwrap_err().code, ErrorCode::LimitExceeded);
}

#[test]
fn clipping_and_limits() {
    let mut harness = Harness::new();
    supersede(&mut harness, job("zeta", 0, None));
    supersede(&mut harness, job("acme", 10, None));
    harness.run(|ctx| exec::add(ctx, fact("bob", "knows", "ann", 5, Some(12)))).unwrap();
    harness.run(|ctx| exec::add(ctx, fact("ann", "knows", "ann", 6, None))).unwrap();
    let both = ask(&harness, "ann", Direction::Both, range(8, 11, true), None);
    let cut = [("ann", 8, Some(11)), ("ann", 8, Some(11)), ("zeta", 8, Some(10)), ("acme", 10, Some(11))];
    assert_eq!(brief(&both.edges), cut);
    for limit in 0..5 {
        let whole = ask(&harness, "ann", Direction::Both, range(8, 11, false), None).edges;
        let some = ask(&harness, "ann", Direction::Both, range(8, 11, false), Some(limit));
        assert_eq!(some.edges, whole[..limit as usize]);
        assert_eq!(some.truncated, limit < 4);
    }
}

#[test]
fn history_is_filtered_and_bad_cursors_are_refused() {
    let mut harness = Harness::new();
    for n in 0..5 {
        supersede(&mut harness, job(["acme", "bolt"][n % 2], n as i64, None));
    }
    let mut request = TemporalHistory {
        node_id: "ann".into(),
        edge_type: Some("works_at".into()),
        other_id: Some("bolt".into()),
        direction: Direction::Both,
        start: None,
        end: None,
        as_of: None,
        newest_first: false,
        limit: None,
        cursor: None,
        snapshot: None,
    };
    let page = read::history(&harness.state, &Reader::of(harness.snapshot()), &request, Wants::ALL).unwrap();
    assert_eq!(brief(&page.edges), [("bolt", 1, None), ("bolt", 1, Some(2)), ("bolt", 3, None), ("bolt", 3, Some(4))]);
    assert_eq!(page.edges[0].retracted_seq, Some(page.edges[1].asserted_seq));
    assert!(page.cursor.is_none());
    for bad in [&b""[..], b"\x02", b"\x00junk", b"\x01works_at\x00short"] {
        request.cursor = Some(serde_bytes::ByteBuf::from(bad));
        let refused = read::history(&harness.state, &Reader::of(harness.snapshot()), &request, Wants::ALL).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidArgument);
    }
}

#[test]
fn a_walk_stays_at_its_instant() {
    let mut harness = Harness::new();
    harness.add_nodes(&["ann"]);
    for (from, to, start, end) in [("ann", "bob", 0, 10), ("bob", "cyd", 5, 15), ("cyd", "ann", 0, 20)] {
        harness.run(|ctx| exec::add(ctx, fact(from, "knows", to, start, Some(end)))).unwrap();
    }
    let walk = |at: i64| {
        let request = TraverseTemporal {
            start: "ann".into(),
            at: Some(TimestampMs(at)),
            as_of: None,
            order: Default::default(),
            max_depth: None,
            edge_types: None,
            direction: Direction::Outgoing,
            limit: None,
            snapshot: None,
        };
        let seen = read::traverse(&harness.state, &Reader::of(harness.snapshot()), request, Wants::ALL).unwrap();
        let nodes: Vec<_> = seen.nodes.iter().map(|node| format!("{}:{}", node.id, node.node_type)).collect();
        (nodes.join(" "), seen.edges.len())
    };
    assert_eq!(walk(3), ("ann:thing bob:".to_owned(), 1));
    assert_eq!(walk(7), ("ann:thing bob: cyd:".to_owned(), 3));
    assert_eq!(walk(12), ("ann:thing".to_owned(), 0));
}

/// What an erasure has begun in a directory of before the lists it goes on with once they are complete.
#[test]
fn an_erasure_by_type_goes_on_when_the_lists_are_complete() {
    for upto in 1..12 {
        let mut harness = Harness::new();
        for (node, edge_type) in ["a", "b", "c"].into_iter().flat_map(|node| ["p", "q", "r", "s"].map(|of| (node, of)))
        {
            harness.run(|ctx| exec::add(ctx, fact(node, edge_type, "z", 1, None))).unwrap();
        }
        harness.forget(&[Table::TemporalTypes, Table::TemporalChanges]);
        let of_type = EraseTemporal { edge_type: Some("q".into()), ..EraseTemporal::default() };
        let (first, place) = harness.run(|ctx| exec::erase(ctx, of_type.clone(), upto)).unwrap();
        while harness.run(|ctx| exec::list_facts(ctx, 2)).unwrap() {}
        let rest = EraseTemporal { cursor: Some(place.unwrap().encode()), ..of_type.clone() };
        let (second, place) = harness.run(|ctx| exec::erase(ctx, rest, usize::MAX)).unwrap();
        assert_eq!((first + second, place), (3, None), "after {upto}");
        assert_eq!(harness.counters.temporal_versions, 9);
    }
}

#[test]
fn a_cursor_of_another_walk_is_refused() {
    let mut harness = Harness::new();
    for node in ["a", "b", "c"] {
        harness.run(|ctx| exec::add(ctx, fact(node, "r", "z", 1, None))).unwrap();
    }
    let of_node = EraseTemporal { node_id: Some("z".into()), ..EraseTemporal::default() };
    let (erased, place) = harness.run(|ctx| exec::erase(ctx, of_node, 1)).unwrap();
    let place = place.unwrap();
    assert_eq!((erased, place.walk), (1, 1));
    let all = EraseTemporal { edge_type: Some("r".into()), cursor: Some(place.encode()), ..EraseTemporal::default() };
    let refused = harness.run(|ctx| exec::erase(ctx, all, 9)).unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvalidArgument);
    let list = ListFacts { cursor: Some(place.encode()), ..ListFacts::default() };
    let refused = read::list(&harness.state, &Reader::of(harness.snapshot()), list, Wants::ALL).unwrap_err();
    assert_eq!(refused.code, ErrorCode::InvalidArgument);
    assert_eq!(harness.counters.temporal_versions, 2);
}
