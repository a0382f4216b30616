//! Questions, and the model's answers to them.

use std::collections::BTreeSet;

use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::{collection, option};
use toondb_engine::api::{
    AsOf, CacheGet, CommitSeq, CountDocuments, Direction, Document, Embedding, Error, ErrorCode, Filter, GetTtl,
    MultiGet, QueryTemporal, ReadLog, Scan, ScanPrefixes, SearchCollection, ShortestPath, TemporalMode, TimestampMs,
    TraversalOrder, Traverse, WalkFilter,
};
use toondb_tests::requests::during;
use toondb_tests::{CLOCK_START_MS, Database, Model, document_row, nearest};

use crate::facts::{FactsAsk, ask_facts, facts_asks};
use crate::filters::{filter, property_filter};
use crate::listing::{Listing, listings};
use crate::lists;
use crate::op::{NODES, cache_name, collection_name, embedding, log_name, node_id, node_type, question, time};

/// One question.
#[derive(Debug, Clone)]
pub enum Ask {
    Scan { prefix: &'static str, limit: u32, reverse: bool },
    Search { collection: &'static str, query: Embedding, k: u32, filter: Option<Filter> },
    Listing(Listing),
    Cached(CacheGet),
    Log(ReadLog),
    List(ScanPrefixes),
    Nodes(Option<&'static str>, Option<Filter>, u32),
    Edges(&'static str, Direction, Option<Filter>),
    EdgesOf(Vec<&'static str>, Direction, Option<Filter>, u32),
    Near(&'static str, Direction, WalkFilter),
    Walk(&'static str, u32, Direction, TraversalOrder, WalkFilter),
    Path(&'static str, &'static str, u32, Direction, WalkFilter),
    Facts(&'static str, Direction, When, Option<Then>),
    Across(FactsAsk),
}

/// Valid time.
#[derive(Debug, Clone, Copy)]
pub enum When {
    At(i64),
    During(i64, i64),
    Now,
}

/// Transaction time: a commit so many before the newest, or a time after the clock's start.
#[derive(Debug, Clone, Copy)]
pub enum Then {
    Back(u64),
    Time(i64),
}

pub fn direction() -> impl Strategy<Value = Direction> + Clone {
    prop_oneof![Just(Direction::Outgoing), Just(Direction::Incoming), Just(Direction::Both)]
}

fn only() -> impl Strategy<Value = WalkFilter> + Clone {
    let types = option::weighted(0.2, collection::vec(node_type().prop_map(str::to_owned), 0..2));
    (types, option::weighted(0.3, property_filter()), option::weighted(0.3, property_filter()))
        .prop_map(|(node_types, nodes, edges)| WalkFilter { node_types, nodes, edges })
}

pub fn asks() -> impl Strategy<Value = Ask> {
    let prefix = prop_oneof![Just(""), Just("k"), Just("k1"), Just("z")];
    let order = prop_oneof![Just(TraversalOrder::Bfs), Just(TraversalOrder::Dfs)];
    let when = prop_oneof![
        time().prop_map(When::At),
        (time(), 1..6_i64).prop_map(|(start, span)| When::During(start, start + span)),
        Just(When::Now),
    ];
    let then = prop_oneof![(0..20_u64).prop_map(Then::Back), (-5..300_i64).prop_map(Then::Time)];
    let threshold = option::of(prop_oneof![Just(-1.0_f32), Just(0.0), Just(0.5), Just(1.0), Just(1.5)]);
    let position = || option::of(0..30_u64);
    prop_oneof![
        4 => (log_name(), position(), position(), option::of(0..5_u64), 1..4_u32)
            .prop_map(|(log, after, before, last, limit)| {
                let limit = Some(limit);
                Ask::Log(ReadLog { log: log.into(), after, before, last, limit, cursor: None, snapshot: None })
            }),
        2 => (prop_oneof![Just(None), Just(Some("k")), Just(Some("k/")), Just(Some("l"))], 1..4_u32, 1..4_u32)
            .prop_map(|(prefix, depth, limit)| {
                let (prefix, delimiter) = (prefix.map(toondb_tests::requests::bytes), toondb_tests::requests::bytes("/"));
                let limit = Some(limit);
                Ask::List(ScanPrefixes { prefix, delimiter, depth, limit, cursor: None, snapshot: None })
            }),
        4 => (cache_name(), option::of(question()), option::weighted(0.9, embedding()), threshold)
            .prop_map(|(cache, key, embedding, threshold)| {
                Ask::Cached(CacheGet { cache: cache.into(), key, embedding, threshold })
            }),
        2 => (prefix, 1..5_u32, any::<bool>()).prop_map(|(prefix, limit, reverse)| Ask::Scan { prefix, limit, reverse }),
        4 => (collection_name(), embedding(), 1..8_u32, option::of(filter()))
            .prop_map(|(collection, query, k, filter)| Ask::Search { collection, query, k, filter }),
        6 => listings().prop_map(Ask::Listing),
        2 => (option::of(node_type()), option::of(property_filter()), 1..4_u32)
            .prop_map(|(node_type, filter, limit)| Ask::Nodes(node_type, filter, limit)),
        1 => (node_id(), direction(), option::of(property_filter()))
            .prop_map(|(node, direction, filter)| Ask::Edges(node, direction, filter)),
        2 => (collection::vec(node_id(), 0..4), direction(), option::of(property_filter()), 1..4_u32)
            .prop_map(|(nodes, direction, filter, limit)| Ask::EdgesOf(nodes, direction, filter, limit)),
        1 => (node_id(), direction(), only()).prop_map(|(node, direction, only)| Ask::Near(node, direction, only)),
        3 => (node_id(), 0..4_u32, direction(), order, only())
            .prop_map(|(node, depth, direction, order, only)| Ask::Walk(node, depth, direction, order, only)),
        2 => (node_id(), node_id(), 0..5_u32, direction(), only())
            .prop_map(|(from, to, depth, direction, only)| Ask::Path(from, to, depth, direction, only)),
        4 => (node_id(), direction(), when, option::of(then))
            .prop_map(|(node, direction, when, then)| Ask::Facts(node, direction, when, then)),
        6 => facts_asks().prop_map(Ask::Across),
    ]
}

pub fn same(what: &Ask, engine: &impl std::fmt::Debug, model: &impl std::fmt::Debug) -> Result<(), String> {
    let (engine, model) = (format!("{engine:?}"), format!("{model:?}"));
    if engine == model { Ok(()) } else { Err(format!("{what:?}:\n  engine {engine}\n  model  {model}")) }
}

pub fn failed(error: &Error) -> String {
    format!("a question failed: {:?} {}", error.code, error.message)
}

/// Asks the database and compares.
pub fn ask(db: &Database, model: &Model, now_ms: i64, question: &Ask) -> Result<(), String> {
    match question {
        Ask::Scan { prefix, limit, reverse } => scan(db, model, now_ms, question, (prefix, *limit, *reverse)),
        Ask::Search { collection, query, k, filter } => {
            search(db, model, question, (collection, query, *k, filter.as_ref()))
        }
        Ask::Listing(listing) => crate::listing::ask(db, model, question, listing),
        Ask::Cached(get) => {
            let found = db.run("default", get.clone()).map(|found| found.hit).map_err(|error| error.code);
            same(question, &found, &model.look_up(get, now_ms))
        }
        Ask::Log(read) => log(db, model, question, read),
        Ask::List(list) => listing(db, model, now_ms, question, list),
        Ask::Nodes(..) | Ask::Edges(..) | Ask::EdgesOf(..) | Ask::Near(..) => lists::ask(db, model, question),
        Ask::Walk(..) => walk(db, model, question),
        Ask::Path(from, to, depth, direction, only) => path(db, model, question, (from, to, *depth, *direction, only)),
        Ask::Facts(node, direction, when, then) => facts(db, model, now_ms, question, (node, *direction, *when, *then)),
        Ask::Across(across) => ask_facts(db, model, now_ms, across),
    }
}

fn log(db: &Database, model: &Model, question: &Ask, read: &ReadLog) -> Result<(), String> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = ReadLog { cursor, ..read.clone() };
        let page = db.run("default", page).map_err(|error| failed(&error))?;
        let length = model.logs.get(read.log.as_str()).map_or(0, |log| log.entries.len());
        same(question, &page.length, &length)?;
        found.extend(page.entries.into_iter().map(|entry| (entry.position, entry.value.into_vec())));
        cursor = page.cursor;
        if cursor.is_none() {
            return same(question, &found, &model.read_log(read));
        }
    }
}

fn listing(db: &Database, model: &Model, now_ms: i64, question: &Ask, list: &ScanPrefixes) -> Result<(), String> {
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = db.run("default", ScanPrefixes { cursor, ..list.clone() }).map_err(|error| failed(&error))?;
        found.extend(page.entries.into_iter().map(|entry| (entry.key.into_vec(), entry.is_prefix)));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    same(question, &found, &model.list(list, now_ms))?;
    for (key, row) in &model.kv {
        let left =
            db.run("default", GetTtl { key: key.clone().into(), snapshot: None }).map_err(|error| failed(&error))?;
        let exists = !row.is_expired(now_ms);
        let ttl = row.expires_at.filter(|_| exists).map(|at| (at - now_ms).cast_unsigned());
        same(question, &(left.exists, left.ttl_ms), &(exists, ttl))?;
    }
    Ok(())
}

fn scan(
    db: &Database,
    model: &Model,
    now_ms: i64,
    question: &Ask,
    (prefix, limit, reverse): (&str, u32, bool),
) -> Result<(), String> {
    let visible = model.kv.iter().filter(|(key, row)| key.starts_with(prefix.as_bytes()) && !row.is_expired(now_ms));
    let mut expected: Vec<(Vec<u8>, Vec<u8>, u64)> =
        visible.map(|(key, row)| (key.clone(), row.value.clone(), row.version)).collect();
    if reverse {
        expected.reverse();
    }
    let keys: Vec<_> = expected.iter().map(|(key, ..)| toondb_engine::api::ByteBuf::from(key.clone())).collect();
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let prefix = Some(toondb_tests::requests::bytes(prefix));
        let page = Scan { prefix, limit: Some(limit), reverse, cursor, ..Scan::default() };
        let page = db.run("default", page).map_err(|error| failed(&error))?;
        found.extend(
            page.entries.into_iter().map(|entry| (entry.key.into_vec(), entry.value.into_vec(), entry.version.0)),
        );
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    same(question, &found, &expected)?;
    let values = db.run("default", MultiGet { keys, snapshot: None }).map_err(|error| failed(&error))?.values;
    let values: Vec<_> = values.into_iter().map(|value| value.map(|value| value.value.into_vec())).collect();
    same(question, &values, &expected.into_iter().map(|(_, value, _)| Some(value)).collect::<Vec<_>>())
}

fn search(
    db: &Database,
    model: &Model,
    question: &Ask,
    (name, query, k, filter): (&str, &Embedding, u32, Option<&Filter>),
) -> Result<(), String> {
    let collection = model.collections.get(name).expect("both collections exist");
    let request = SearchCollection {
        collection: name.into(),
        query: query.clone(),
        k: Some(k),
        ef: None,
        filter: filter.cloned(),
        include_embedding: false,
        snapshot: None,
        ..SearchCollection::default()
    };
    let is_good = query.0.len() == collection.dimension as usize
        && query.0.iter().all(|x| x.is_finite())
        && (name != "cos" || query.0.iter().any(|x| *x != 0.0));
    match db.run("default", request) {
        Ok(found) if is_good => {
            let found: Vec<(f32, String)> =
                found.hits.into_iter().map(|hit| (hit.distance, hit.document.id.unwrap().into_string())).collect();
            same(question, &found, &nearest(collection, &query.0, k as usize, filter))?;
        }
        Err(error) if !is_good && error.code == ErrorCode::InvalidArgument => {}
        other => return Err(format!("{question:?} gives {other:?}")),
    }
    let count = CountDocuments { collection: name.into(), filter: filter.cloned(), ..CountDocuments::default() };
    let counted = db.run("default", count).map_err(|error| failed(&error))?.count;
    let matching =
        |id: &str, document: &Document| filter.is_none_or(|filter| filter.matches(document_row(id, document)));
    same(question, &counted, &collection.documents.iter().filter(|(id, (_, document))| matching(id, document)).count())
}

fn walk(db: &Database, model: &Model, question: &Ask) -> Result<(), String> {
    let Ask::Walk(start, depth, direction, order, only) = question else { return Ok(()) };
    let request = Traverse {
        start: (*start).into(),
        order: *order,
        max_depth: Some(*depth),
        edge_types: None,
        direction: *direction,
        filter: only.clone(),
        limit: None,
        snapshot: None,
    };
    let found = db.run("default", request).map_err(|error| failed(&error))?;
    let ids: Vec<String> = found.nodes.iter().map(|node| node.id.to_string()).collect();
    let reached = model.reach(start, *depth, *direction, only, &[start]);
    let expected: Vec<String> = reached.iter().map(|(id, _)| id.clone()).collect();
    match order {
        TraversalOrder::Bfs => same(question, &ids, &expected)?,
        TraversalOrder::Dfs => {
            let sorted = |ids: &[String]| ids.iter().cloned().collect::<BTreeSet<_>>();
            same(question, &(ids.len(), sorted(&ids)), &(expected.len(), sorted(&expected)))?;
        }
    }
    // Every edge of a node that was walked on from, once each.
    let walked = reached.iter().filter(|(_, far)| far < depth);
    let expected: BTreeSet<String> = walked
        .flat_map(|(id, _)| model.edges_seen(id, *direction, only, &[start]))
        .map(|edge| format!("{edge:?}"))
        .collect();
    let edges: Vec<String> = found.edges.iter().map(|edge| format!("{edge:?}")).collect();
    same(question, &(edges.len(), edges.into_iter().collect::<BTreeSet<_>>()), &(expected.len(), expected))
}

fn path(
    db: &Database,
    model: &Model,
    question: &Ask,
    (from, to, depth, direction, only): (&str, &str, u32, Direction, &WalkFilter),
) -> Result<(), String> {
    let request = ShortestPath {
        from_id: from.into(),
        to_id: to.into(),
        max_depth: Some(depth),
        edge_types: None,
        direction,
        filter: only.clone(),
        snapshot: None,
    };
    let found = db.run("default", request).map_err(|error| failed(&error))?;
    let length = found.found.then_some(found.edges.len());
    same(question, &length, &model.distance((from, to), depth, direction, only))?;
    if !found.found {
        return Ok(());
    }
    let ends = (found.nodes.first().map(ToString::to_string), found.nodes.last().map(ToString::to_string));
    same(question, &ends, &(Some(from.to_owned()), Some(to.to_owned())))?;
    for (pair, edge) in found.nodes.windows(2).zip(&found.edges) {
        let joins = (&edge.from_id, &edge.to_id) == (&pair[0], &pair[1])
            || (direction != Direction::Outgoing && (&edge.to_id, &edge.from_id) == (&pair[0], &pair[1]));
        // Seen from either end, whichever way it was walked: the other end must be one that may be walked to.
        let exists = model.edges_seen(pair[0].as_str(), direction, only, &[from, to]).contains(edge);
        if !joins || !exists {
            return Err(format!("{question:?}: {edge:?} does not join {pair:?}"));
        }
    }
    Ok(())
}

fn facts(
    db: &Database,
    model: &Model,
    now_ms: i64,
    question: &Ask,
    (node, direction, when, then): (&str, Direction, When, Option<Then>),
) -> Result<(), String> {
    let (mode, period) = match when {
        When::At(at) => (TemporalMode::PointInTime { at: TimestampMs(at) }, (at, at + 1)),
        When::During(start, end) => (during(start, end), (start, end)),
        When::Now => (TemporalMode::Current, (now_ms, now_ms + 1)),
    };
    let as_of = then.map(|then| match then {
        Then::Back(back) => AsOf::Seq(CommitSeq(model.seq.saturating_sub(back))),
        Then::Time(after) => AsOf::Time(TimestampMs(CLOCK_START_MS + after)),
    });
    assert!(NODES.contains(&node));
    let request =
        QueryTemporal { node_id: node.into(), mode, edge_types: None, direction, as_of, limit: None, snapshot: None };
    let edges = db.run("default", request).map_err(|error| failed(&error))?.edges;
    same(question, &edges, &model.facts_of(node, direction, period, as_of))
}
