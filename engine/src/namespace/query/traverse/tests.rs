//! Walks and paths on random graphs against plain searches over a list of edges; and the reads of one node.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::{
    Direction, Edge, ErrorCode, GetEdges, GetNode, Neighbors, NodeId, Path, Properties, ShortestPath, Subgraph,
    TraversalOrder, Traverse,
};
use crate::namespace::exec::graph as exec;
use crate::namespace::query::Query as _;
use crate::namespace::query::graph::{get_edges, neighbors};
use crate::namespace::query::reader::Reader;
use crate::namespace::query::traverse::traverse;
use crate::namespace::query::wants::Wants;
use crate::namespace::timelines::harness::Harness;
use crate::rng::{Rng, SeededRng};

const NAMES: [&str; 9] = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
const DIRECTIONS: [Direction; 3] = [Direction::Outgoing, Direction::Incoming, Direction::Both];

type Plain = BTreeSet<(&'static str, &'static str, &'static str)>;

fn edge(from: &str, edge_type: &str, to: &str) -> Edge {
    Edge { from_id: from.into(), edge_type: edge_type.into(), to_id: to.into(), properties: Properties::new() }
}

fn triple(edge: &Edge) -> (&str, &str, &str) {
    (edge.from_id.as_str(), edge.edge_type.as_str(), edge.to_id.as_str())
}

/// A random graph, both as stored and as a list; some of what is written is deleted again.
fn random(seed: u64, edges: u64) -> (Harness, Plain) {
    let rng = SeededRng::new(seed);
    let pick = |end: usize| (rng.next_u64() % end as u64) as usize;
    let mut harness = Harness::new();
    harness.add_nodes(&NAMES);
    let mut plain = Plain::new();
    for _ in 0..edges {
        let (from, edge_type, to) = (NAMES[pick(9)], ["x", "y"][pick(2)], NAMES[pick(9)]);
        if pick(5) == 0 {
            let deleted = harness.run(|ctx| exec::delete_edge(ctx, &from.into(), &edge_type.into(), &to.into()));
            assert_eq!(deleted.unwrap(), plain.remove(&(from, edge_type, to)));
        } else {
            let created = harness.run(|ctx| exec::add_edge(ctx, edge(from, edge_type, to))).unwrap();
            assert_eq!(created, plain.insert((from, edge_type, to)));
        }
    }
    assert_eq!(harness.counters.edges as usize, plain.len());
    (harness, plain)
}

/// The steps from a node: side, type, other end.
fn steps(plain: &Plain, node: &str, direction: Direction) -> BTreeSet<(bool, &'static str, &'static str)> {
    let outgoing = plain.iter().filter(|(from, ..)| direction != Direction::Incoming && *from == node);
    let outgoing = outgoing.map(|(_, edge_type, to)| (false, *edge_type, *to));
    let is_given = |from: &str| direction == Direction::Both && from == node;
    let incoming = plain.iter().filter(|(_, _, to)| direction != Direction::Outgoing && *to == node);
    let incoming = incoming.filter(|(from, ..)| !is_given(from)).map(|(from, edge_type, _)| (true, *edge_type, *from));
    outgoing.chain(incoming).collect()
}

fn distances(plain: &Plain, start: &'static str, direction: Direction) -> BTreeMap<&'static str, u32> {
    let mut found = BTreeMap::from([(start, 0)]);
    let mut level = vec![start];
    for depth in 1.. {
        let next = level.iter().flat_map(|node| steps(plain, node, direction)).map(|(_, _, other)| other);
        level = next.filter(|other| !found.contains_key(other)).collect::<BTreeSet<_>>().into_iter().collect();
        found.extend(level.iter().map(|node| (*node, depth)));
        if level.is_empty() {
            break;
        }
    }
    found
}

fn walk(
    harness: &Harness,
    order: TraversalOrder,
    max_depth: u32,
    direction: Direction,
    limit: Option<u32>,
) -> Subgraph {
    let request = Traverse {
        start: "a".into(),
        order,
        max_depth: Some(max_depth),
        edge_types: None,
        direction,
        filter: Default::default(),
        limit,
        snapshot: None,
    };
    traverse(&harness.state, &Reader::of(harness.snapshot()), request, Wants::ALL).unwrap()
}

/// Depth first as a recursion: a node is gone on from again if it is met on a shorter path.
fn depth_first(
    plain: &Plain,
    node: &'static str,
    (depth, max_depth): (u32, u32),
    direction: Direction,
    seen: &mut BTreeMap<&'static str, u32>,
    order: &mut Vec<&'static str>,
) {
    if !seen.contains_key(node) {
        order.push(node);
    }
    seen.insert(node, depth);
    if depth == max_depth {
        return;
    }
    for (_, _, other) in steps(plain, node, direction) {
        if seen.get(other).is_none_or(|known| depth + 1 < *known) {
            depth_first(plain, other, (depth + 1, max_depth), direction, seen, order);
        }
    }
}

#[test]
fn walks_visit_what_is_within_reach_in_order() {
    for seed in 0..60 {
        println!("seed {seed}");
        let (harness, plain) = random(seed, 4 + seed % 30);
        for direction in DIRECTIONS {
            let distances = distances(&plain, "a", direction);
            for max_depth in 0..6 {
                let breadth = walk(&harness, TraversalOrder::Bfs, max_depth, direction, None);
                let depth = walk(&harness, TraversalOrder::Dfs, max_depth, direction, None);
                let within: BTreeSet<_> = distances.iter().filter(|(_, d)| **d <= max_depth).map(|(n, _)| *n).collect();
                let seen: Plain = plain
                    .iter()
                    .filter(|(from, _, to)| {
                        let is_near = |node: &str| distances.get(node).is_some_and(|depth| *depth < max_depth);
                        (direction != Direction::Incoming && is_near(from))
                            || (direction != Direction::Outgoing && is_near(to))
                    })
                    .copied()
                    .collect();
                for found in [&breadth, &depth] {
                    assert!(!found.truncated);
                    assert_eq!(found.nodes.len(), within.len(), "each node once");
                    assert_eq!(found.edges.len(), seen.len(), "each edge once");
                    assert!(found.nodes.iter().all(|node| within.contains(node.id.as_str())));
                    assert!(found.edges.iter().all(|edge| seen.contains(&triple(edge))));
                }
                assert!(breadth.nodes.is_sorted_by_key(|node| distances[node.id.as_str()]));
                let mut order = Vec::new();
                depth_first(&plain, "a", (0, max_depth), direction, &mut BTreeMap::new(), &mut order);
                assert!(depth.nodes.iter().map(|node| node.id.as_str()).eq(order));
            }
        }
    }
}

#[test]
fn a_limit_cuts_a_walk_and_says_so() {
    for seed in 0..20 {
        println!("seed {seed}");
        let (harness, _) = random(seed, 25);
        for (order, direction) in [(TraversalOrder::Bfs, Direction::Outgoing), (TraversalOrder::Dfs, Direction::Both)] {
            let whole = walk(&harness, order, 5, direction, None);
            for limit in 0..=whole.nodes.len() {
                let part = walk(&harness, order, 5, direction, Some(limit as u32));
                assert_eq!(part.nodes, whole.nodes[..limit]);
                assert_eq!(part.truncated, limit < whole.nodes.len());
                let visited: BTreeSet<_> = part.nodes.iter().map(|node| &node.id).collect();
                assert!(part.edges.iter().all(|e| visited.contains(&e.from_id) && visited.contains(&e.to_id)));
            }
        }
    }
}

/// Every shortest path, as its types and nodes; the first in order is the one to give.
fn paths(plain: &Plain, from: &'static str, to: &str, direction: Direction) -> Vec<Vec<(&'static str, &'static str)>> {
    let mut found: Vec<Vec<(&str, &str)>> = vec![vec![("", from)]];
    for _ in 0..NAMES.len() {
        let arrived = |path: &&Vec<(&str, &str)>| path.last().unwrap().1 == to;
        if found.iter().any(|path| arrived(&path)) {
            found.retain(|path| arrived(&path));
            found.sort();
            return found;
        }
        let longer = |path: &Vec<(&'static str, &'static str)>| {
            let on = steps(plain, path.last().unwrap().1, direction);
            on.into_iter()
                .map(|(_, edge_type, other)| [path.as_slice(), &[(edge_type, other)]].concat())
                .collect::<Vec<_>>()
        };
        // Of two paths to one node the first in order stays the first however they go on.
        let mut next: Vec<_> = found.iter().flat_map(longer).collect();
        next.sort();
        let mut ends = BTreeSet::new();
        next.retain(|path| ends.insert(path.last().unwrap().1));
        found = next;
    }
    Vec::new()
}

fn shortest(harness: &Harness, from: &str, to: &str, direction: Direction, max_depth: Option<u32>) -> Path {
    let request = ShortestPath {
        from_id: from.into(),
        to_id: to.into(),
        max_depth,
        edge_types: None,
        direction,
        filter: Default::default(),
        snapshot: None,
    };
    request.answer(&harness.state, &Reader::of(harness.snapshot())).unwrap()
}

#[test]
fn the_first_of_the_shortest_paths_is_found() {
    for seed in 0..40 {
        println!("seed {seed}");
        let (harness, plain) = random(seed, 5 + seed % 25);
        for (direction, to) in DIRECTIONS.into_iter().flat_map(|direction| NAMES.map(|to| (direction, to))) {
            let found = shortest(&harness, "a", to, direction, None);
            let expected = paths(&plain, "a", to, direction);
            let Some(first) = expected.first() else {
                assert!(!found.found && found.nodes.is_empty() && found.edges.is_empty());
                continue;
            };
            assert!(found.found);
            assert!(found.nodes.iter().map(NodeId::as_str).eq(first.iter().map(|(_, node)| *node)));
            assert!(found.edges.iter().map(|e| e.edge_type.as_str()).eq(first[1..].iter().map(|(t, _)| *t)));
            assert!(found.edges.iter().all(|edge| plain.contains(&triple(edge))));
            let hops = found.edges.len() as u32;
            assert!(shortest(&harness, "a", to, direction, Some(hops)).found);
            assert!(hops == 0 || !shortest(&harness, "a", to, direction, Some(hops - 1)).found);
        }
        assert!(!shortest(&harness, "a", "nobody", Direction::Both, None).found);
        assert!(!shortest(&harness, "nobody", "nobody", Direction::Both, None).found);
    }
}

#[test]
fn pages_of_edges_join_into_all_of_them() {
    for seed in 0..30 {
        println!("seed {seed}");
        let (harness, plain) = random(seed, 40);
        for (direction, types) in DIRECTIONS.into_iter().flat_map(|d| [(d, None), (d, Some("y"))]) {
            let edge_types = types.map(|t| vec![t.into(), "absent".into(), t.into()]);
            let (node_id, limit) = (NodeId::new("a"), Some(1 + (seed % 3) as u32));
            let mut request = GetEdges {
                node_id,
                edge_types,
                direction,
                filter: Default::default(),
                limit,
                cursor: None,
                snapshot: None,
            };
            let mut found = Vec::new();
            loop {
                let page =
                    get_edges(&harness.state, &Reader::of(harness.snapshot()), request.clone(), Wants::ALL).unwrap();
                found.extend(page.edges);
                request.cursor = page.cursor;
                if request.cursor.is_none() {
                    break;
                }
            }
            let expected = steps(&plain, "a", direction).into_iter().filter(|step| types.is_none_or(|t| t == step.1));
            let expected = expected.map(|(into, t, other)| if into { (other, t, "a") } else { ("a", t, other) });
            assert!(found.iter().map(triple).eq(expected));
        }
    }
}

#[test]
fn neighbours_come_once_each_with_all_their_edges() {
    let mut harness = Harness::new();
    harness.add_nodes(&["a", "b", "c"]);
    for (from, edge_type, to) in [("a", "x", "b"), ("a", "y", "b"), ("c", "x", "a"), ("a", "x", "a")] {
        harness.run(|ctx| exec::add_edge(ctx, edge(from, edge_type, to))).unwrap();
    }
    let mut request = Neighbors {
        node_id: "a".into(),
        direction: Direction::Both,
        filter: Default::default(),
        edge_types: None,
        limit: None,
        snapshot: None,
    };
    let all = neighbors(&harness.state, &Reader::of(harness.snapshot()), request.clone(), Wants::ALL).unwrap();
    assert!(all.nodes.iter().map(|node| node.id.as_str()).eq(["a", "b", "c"]));
    assert_eq!(all.edges.len(), 4);
    request.limit = Some(3);
    let some = neighbors(&harness.state, &Reader::of(harness.snapshot()), request, Wants::ALL).unwrap();
    assert_eq!((some.nodes.len(), some.edges.len(), some.truncated), (2, 3, true));
}

#[test]
fn bad_cursors_are_refused() {
    let harness = Harness::new();
    for bad in [&b""[..], b"\x02", b"\x00other\x00x\x00b\x00", b"\x01a"] {
        let request = GetEdges {
            node_id: "a".into(),
            edge_types: None,
            direction: Direction::Outgoing,
            filter: Default::default(),
            limit: None,
            cursor: Some(serde_bytes::ByteBuf::from(bad)),
            snapshot: None,
        };
        let refused = get_edges(&harness.state, &Reader::of(harness.snapshot()), request, Wants::ALL).unwrap_err();
        assert_eq!(refused.code, ErrorCode::InvalidArgument);
    }
}

#[test]
fn a_node_takes_its_edges_along() {
    let (mut harness, plain) = random(7, 60);
    let before = harness.counters.live_bytes;
    assert!(harness.run(|ctx| exec::delete_node(ctx, &"a".into())).unwrap().is_some());
    assert!(harness.run(|ctx| exec::delete_node(ctx, &"a".into())).unwrap().is_none());
    let left = plain.iter().filter(|(from, _, to)| *from != "a" && *to != "a").count();
    assert_eq!((harness.counters.nodes, harness.counters.edges as usize), (8, left));
    assert!(harness.counters.live_bytes < before);
    let get = GetNode { id: "a".into(), snapshot: None };
    assert!(get.answer(&harness.state, &Reader::of(harness.snapshot())).unwrap().node.is_none());
    let refused = harness.run(|ctx| exec::add_edge(ctx, edge("b", "x", "a"))).unwrap_err();
    assert_eq!(refused.code, ErrorCode::NodeNotFound);
    assert!(refused.message.contains("\"a\""));
    for id in &NAMES[1..] {
        harness.run(|ctx| exec::delete_node(ctx, &(*id).into())).unwrap();
    }
    let counters = harness.counters;
    assert_eq!((counters.nodes, counters.edges, counters.live_bytes), (0, 0, 0));
}
