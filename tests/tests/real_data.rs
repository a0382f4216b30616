//! Real sentences, embeddings and relations: filters, searches, graph and facts against exact twins.
//!
//! Skipped with a word where the data is not present; see `toondb_tests::WordNet`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "whatever fails here fails the test"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::time::Duration;

use toondb_engine::api::{
    CountDocuments, DescribeCollection, Direction, Document, Durability, Embedding, Filter, GetDocuments, GetEdges,
    Metric, SearchCollection, ShortestPath, TimestampMs, TraversalOrder, Traverse, TraverseTemporal, Value, Write,
};
use toondb_engine::{Engine, EngineOptions};
use toondb_tests::requests::{add_documents, at, create_collection, edge, fact, filter, map, node, query};
use toondb_tests::{Synset, TempDir, WordNet, exact_distance, run};

const ROWS: usize = 8_000;
const QUERIES: usize = 100;
const K: usize = 10;
const DIMENSION: u32 = 384;

/// Loads the data, or says why the test is skipped.
fn data() -> Option<WordNet> {
    let loaded = WordNet::load(ROWS, QUERIES);
    if loaded.is_none() {
        eprintln!("skipped: WordNet is not there; name its folder in TOONDB_WORDNET");
    }
    loaded
}

fn document(synset: &Synset) -> Document {
    Document {
        id: Some(synset.id.as_str().into()),
        content: synset.content.clone(),
        embedding: Some(Embedding(synset.vector.clone())),
        metadata: synset.fields(),
        ..Default::default()
    }
}

fn load(engine: &Engine, rows: &[Synset]) {
    run(engine, "default", create_collection("glosses", DIMENSION, Metric::Cosine)).unwrap();
    for batch in rows.chunks(1_000) {
        run(engine, "default", add_documents("glosses", batch.iter().map(document).collect())).unwrap();
    }
}

/// The exact answer: every distance, in order, ties by id.
fn exact(rows: &[Synset], query: &[f32], k: usize, wanted: impl Fn(&Synset) -> bool) -> Vec<(f32, String)> {
    let wanted = rows.iter().filter(|row| wanted(row));
    let mut all: Vec<(f32, String)> =
        wanted.map(|row| (exact_distance(Metric::Cosine, query, &row.vector), row.id.clone())).collect();
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    all.truncate(k);
    all
}

fn found(engine: &Engine, query: &[f32], k: usize, filter: Option<Filter>) -> Vec<(f32, String)> {
    let request = SearchCollection {
        collection: "glosses".into(),
        query: Embedding(query.to_vec()),
        k: Some(u32::try_from(k).unwrap()),
        ef: None,
        filter,
        include_embedding: false,
        snapshot: None,
        ..SearchCollection::default()
    };
    let hits = run(engine, "default", request).unwrap().hits;
    hits.into_iter().map(|hit| (hit.distance, hit.document.id.unwrap().into_string())).collect()
}

/// How many of the true nearest were found, counting one as near as the farthest of them.
fn hits(found: &[(f32, String)], exact: &[(f32, String)]) -> usize {
    let bound = exact.last().map_or(f32::MIN, |(distance, _)| *distance) + 1e-6;
    found.iter().filter(|(distance, _)| *distance <= bound).count()
}

fn recall(engine: &Engine, data: &WordNet) -> f64 {
    let mut total = 0;
    for query in &data.queries {
        let exact = exact(&data.rows, &query.vector, K, |_| true);
        let found = found(engine, &query.vector, K, None);
        assert_eq!(found.len(), K);
        assert!(found.windows(2).all(|pair| pair[0].0 <= pair[1].0), "nearest first");
        total += hits(&found, &exact);
    }
    total as f64 / (QUERIES * K) as f64
}

/// Waits until the background has built the graph.
fn wait_for_graph(engine: &Engine) -> u64 {
    for _ in 0..12_000 {
        let info = run(engine, "default", DescribeCollection { collection: "glosses".into() }).unwrap();
        if info.graph_count > 0 {
            return info.graph_count;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    panic!("no graph was built within two minutes");
}

#[test]
fn searches_find_what_an_exact_scan_finds() {
    let Some(data) = data() else { return };
    let dir = TempDir::new();
    let engine = Engine::open(EngineOptions::new(dir.join("db"))).unwrap();
    load(&engine, &data.rows);
    let covered = wait_for_graph(&engine);
    let with_graph = recall(&engine, &data);
    println!("recall@{K} {with_graph:.4} with a graph over {covered} of {ROWS} rows");
    assert!(with_graph >= 0.97, "recall@{K} is {with_graph}");
    check_filters(&engine, &data);
    check_freshness(&engine, &data);
    engine.close().unwrap();
    drop(engine);
    let engine = Engine::open(EngineOptions::new(dir.join("db"))).unwrap();
    let again = recall(&engine, &data);
    assert!(again >= 0.97, "recall@{K} is {again} after reopening");
    check_filters(&engine, &data);
}

/// Filters from half of the rows down to a handful: all k that match are found, and nearly the nearest.
fn check_filters(engine: &Engine, data: &WordNet) {
    let mut topics: BTreeMap<&str, usize> = BTreeMap::new();
    data.rows.iter().for_each(|row| *topics.entry(row.metadata["lex"].as_str()).or_default() += 1);
    for (topic, size) in topics {
        let wanted = filter(map([("lex", topic.into())]));
        let count =
            CountDocuments { collection: "glosses".into(), filter: Some(wanted.clone()), ..CountDocuments::default() };
        assert_eq!(run(engine, "default", count).unwrap().count, size as u64, "{topic}");
        let (mut good, mut all) = (0, 0);
        for query in data.queries.iter().take(5) {
            let exact = exact(&data.rows, &query.vector, K, |row| row.metadata["lex"] == topic);
            let found = found(engine, &query.vector, K, Some(wanted.clone()));
            assert_eq!(found.len(), exact.len(), "{topic}: exactly k whenever k match");
            (good, all) = (good + hits(&found, &exact), all + exact.len());
        }
        assert!(good as f64 >= 0.95 * all as f64, "{topic}: {good} of {all}");
    }
    let not = filter(map([("$not", map([("pos", map([("$in", Value::List(vec!["n".into(), "v".into()]))]))]))]));
    let query = &data.queries[0].vector;
    let found = found(engine, query, 50, Some(not));
    let expected = exact(&data.rows, query, 50, |row| !["n", "v"].contains(&row.metadata["pos"].as_str()));
    assert_eq!(found.len(), 50);
    assert!(hits(&found, &expected) >= 48);
}

/// A row is found by its own vector as soon as it is acknowledged, and not any more once it is deleted.
fn check_freshness(engine: &Engine, data: &WordNet) {
    for query in data.queries.iter().take(20) {
        run(engine, "default", add_documents("glosses", vec![document(query)])).unwrap();
        let first = found(engine, &query.vector, 1, None).remove(0);
        assert!(first.1 == query.id || first.0 <= 1e-6, "{} is not found by its own vector", query.id);
        let ids = vec![query.id.as_str().into()];
        let delete = toondb_engine::api::DeleteDocuments {
            collection: "glosses".into(),
            ids,
            durability: Durability::Durable,
            ..Default::default()
        };
        assert_eq!(run(engine, "default", delete).unwrap().deleted, 1);
        assert!(found(engine, &query.vector, K, None).iter().all(|(_, id)| *id != query.id));
    }
    let ids: Vec<_> = data.rows.iter().step_by(97).map(|row| row.id.as_str().into()).collect();
    let get = GetDocuments { collection: "glosses".into(), ids, include_embedding: true, ..GetDocuments::default() };
    let documents = run(engine, "default", get).unwrap().documents;
    for (row, found) in data.rows.iter().step_by(97).zip(documents) {
        assert_eq!(found.as_ref(), Some(&document(row)));
    }
}

/// The relations between the rows that are loaded.
fn relations(rows: &[Synset]) -> Vec<(&str, &str, &str)> {
    let known: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let edges =
        rows.iter().flat_map(|row| row.edges.iter().map(|(kind, to)| (row.id.as_str(), kind.as_str(), to.as_str())));
    edges.filter(|(_, _, to)| known.contains(to)).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Distances from a node over outgoing edges.
fn distances<'a>(edges: &HashMap<&'a str, Vec<&'a str>>, start: &'a str) -> HashMap<&'a str, u32> {
    let mut found = HashMap::from([(start, 0)]);
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        let far = found[node] + 1;
        for other in edges.get(node).into_iter().flatten() {
            if !found.contains_key(other) {
                found.insert(other, far);
                queue.push_back(other);
            }
        }
    }
    found
}

#[test]
fn graph_and_facts_of_real_relations() {
    let Some(data) = data() else { return };
    let dir = TempDir::new();
    let engine = Engine::open(EngineOptions::new(dir.join("db"))).unwrap();
    let edges = relations(&data.rows);
    assert!(edges.len() > 500, "only {} relations", edges.len());
    // Each relation as an edge, and as a fact that begins when its source's row comes and lasts a hundred rows.
    let begins: HashMap<&str, i64> = data.rows.iter().map(|row| row.id.as_str()).zip(0..).collect();
    let mut writes: Vec<Write> = data.rows.iter().map(|row| Write::AddNode(node(&row.id))).collect();
    for (from, kind, to) in &edges {
        writes.push(Write::AddEdge(edge(from, kind, to)));
        writes.push(Write::AddTemporalEdge(fact((from, kind, to), begins[from], Some(begins[from] + 100))));
    }
    for batch in writes.chunks(2_000) {
        run(&engine, "default", toondb_tests::requests::commit(vec![], batch.to_vec())).unwrap();
    }
    check_graph(&engine, &data, &edges);
    check_facts(&engine, &edges, &begins);
    engine.close().unwrap();
    drop(engine);
    let engine = Engine::open(EngineOptions::new(dir.join("db"))).unwrap();
    check_graph(&engine, &data, &edges);
    check_facts(&engine, &edges, &begins);
}

fn check_graph(engine: &Engine, data: &WordNet, edges: &[(&str, &str, &str)]) {
    let mut outgoing: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut incoming: BTreeMap<&str, usize> = BTreeMap::new();
    for (from, _, to) in edges {
        outgoing.entry(from).or_default().push(to);
        *incoming.entry(to).or_default() += 1;
    }
    for row in data.rows.iter().step_by(50) {
        let start = row.id.as_str();
        let get = GetEdges {
            node_id: start.into(),
            edge_types: None,
            direction: Direction::Incoming,
            filter: Default::default(),
            limit: None,
            cursor: None,
            snapshot: None,
        };
        assert_eq!(run(engine, "default", get).unwrap().edges.len(), incoming.get(start).copied().unwrap_or(0));
        let near = distances(&outgoing, start);
        let walk = Traverse {
            start: start.into(),
            order: TraversalOrder::Bfs,
            max_depth: Some(4),
            edge_types: None,
            direction: Direction::Outgoing,
            filter: Default::default(),
            limit: None,
            snapshot: None,
        };
        let reached = run(engine, "default", walk).unwrap().nodes;
        let reached: BTreeSet<&str> = reached.iter().map(|node| node.id.as_str()).collect();
        let expected: BTreeSet<&str> = near.iter().filter(|(_, far)| **far <= 4).map(|(id, _)| *id).collect();
        assert_eq!(reached, expected, "from {start}");
        let farthest = near.iter().max_by_key(|(id, far)| (**far, **id)).map(|(id, far)| (*id, *far)).unwrap();
        let path = ShortestPath {
            from_id: start.into(),
            to_id: farthest.0.into(),
            max_depth: Some(100),
            edge_types: None,
            direction: Direction::Outgoing,
            filter: Default::default(),
            snapshot: None,
        };
        let path = run(engine, "default", path).unwrap();
        assert_eq!((path.found, path.edges.len()), (true, farthest.1 as usize), "{start} to {}", farthest.0);
    }
}

fn check_facts(engine: &Engine, edges: &[(&str, &str, &str)], begins: &HashMap<&str, i64>) {
    for (from, ..) in edges.iter().step_by(20) {
        let start = begins[from];
        for (time, holds) in [(start - 1, false), (start, true), (start + 99, true), (start + 100, false)] {
            let facts = run(engine, "default", query(from, at(time))).unwrap().edges;
            let mut found: Vec<(&str, &str)> =
                facts.iter().map(|fact| (fact.edge_type.as_str(), fact.to_id.as_str())).collect();
            found.sort_unstable();
            let all = edges.iter().filter(|(other, ..)| other == from).map(|(_, kind, to)| (*kind, *to));
            let expected: Vec<(&str, &str)> = if holds { all.collect() } else { Vec::new() };
            assert_eq!(found, expected, "{from} at {time}");
        }
        let valid: HashMap<&str, Vec<&str>> = edges.iter().fold(HashMap::new(), |mut valid, (from, _, to)| {
            if (begins[from]..begins[from] + 100).contains(&start) {
                valid.entry(*from).or_default().push(*to);
            }
            valid
        });
        let walk = TraverseTemporal {
            start: (*from).into(),
            at: Some(TimestampMs(start)),
            as_of: None,
            order: TraversalOrder::Dfs,
            max_depth: Some(50),
            edge_types: None,
            direction: Direction::Outgoing,
            limit: None,
            snapshot: None,
        };
        let reached = run(engine, "default", walk).unwrap().nodes;
        let reached: BTreeSet<&str> = reached.iter().map(|node| node.id.as_str()).collect();
        assert_eq!(reached, distances(&valid, from).into_keys().collect(), "from {from} at {start}");
    }
}
