//! Questions about facts beyond one node at one time, and the model's answers to them.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::{option, prelude::Just};
use toondb_engine::api::{
    AsOf, CommitSeq, Direction, Filter, ListFacts, Predicate, TemporalHistory, TemporalMode, TemporalNeighbors,
    TemporalShortestPath, TimestampMs, Value,
};
use toondb_tests::requests::{history, temporal_neighbors, temporal_path};
use toondb_tests::{CLOCK_START_MS, Database, Model};

use crate::ask::{direction, failed};
use crate::op::{edge_type, node_id, time};

/// One question.
#[derive(Debug, Clone)]
pub enum FactsAsk {
    /// Commits are counted back from the newest.
    List(ListFacts),
    Newest(TemporalHistory),
    Near(TemporalNeighbors),
    Path(TemporalShortestPath),
}

/// Some of them are counted back from the newest commit later.
fn instant() -> impl Strategy<Value = Option<AsOf>> + Clone {
    let back = (0..20_u64).prop_map(|back| AsOf::Seq(CommitSeq(back)));
    let time = (-5..300_i64).prop_map(|after| AsOf::Time(TimestampMs(CLOCK_START_MS + after)));
    option::weighted(0.4, prop_oneof![back, time])
}

fn window() -> impl Strategy<Value = (Option<TimestampMs>, Option<TimestampMs>)> + Clone {
    (time(), 1..6_i64, any::<(bool, bool)>()).prop_map(|(start, span, (has_start, has_end))| {
        (has_start.then_some(TimestampMs(start)), has_end.then_some(TimestampMs(start + span)))
    })
}

fn list() -> impl Strategy<Value = ListFacts> + Clone {
    let mode = prop_oneof![
        Just(None),
        Just(Some(TemporalMode::Current)),
        time().prop_map(|at| Some(TemporalMode::PointInTime { at: TimestampMs(at) })),
        window().prop_map(|(start, end)| Some(TemporalMode::Range { start, end, clip: false })),
    ];
    let ends = (option::weighted(0.3, node_id()), option::weighted(0.3, node_id()), option::of(edge_type()));
    let parts = (ends, mode, instant(), instant(), option::weighted(0.2, 0..2_i64), 1..6_u32);
    parts.prop_map(|((from, to, kind), mode, as_of, changed_since, number, limit)| ListFacts {
        edge_type: kind.map(Into::into),
        from_id: from.map(Into::into),
        to_id: to.map(Into::into),
        mode,
        as_of,
        changed_since,
        filter: number.map(|number| Filter::on("n", Predicate::Eq(Value::Int(number))).unwrap()),
        limit: Some(limit),
        ..ListFacts::default()
    })
}

pub fn facts_asks() -> impl Strategy<Value = FactsAsk> {
    let newest = (node_id(), direction(), window(), instant(), 1..6_u32);
    prop_oneof![
        4 => list().prop_map(FactsAsk::List),
        2 => newest.prop_map(|(node, direction, (start, end), as_of, limit)| FactsAsk::Newest(TemporalHistory {
            direction,
            start,
            end,
            as_of,
            newest_first: true,
            limit: Some(limit),
            ..history(node)
        })),
        1 => (node_id(), direction(), time()).prop_map(|(node, direction, at)| {
            FactsAsk::Near(TemporalNeighbors { direction, ..temporal_neighbors(node, at) })
        }),
        1 => (node_id(), node_id(), direction(), time(), 0..4_u32).prop_map(|(from, to, direction, at, depth)| {
            FactsAsk::Path(TemporalShortestPath { direction, max_depth: Some(depth), ..temporal_path(from, to, at) })
        }),
    ]
}

fn same(
    what: &impl std::fmt::Debug,
    engine: &impl std::fmt::Debug,
    model: &impl std::fmt::Debug,
) -> Result<(), String> {
    let (engine, model) = (format!("{engine:?}"), format!("{model:?}"));
    if engine == model { Ok(()) } else { Err(format!("{what:?}:\n  engine {engine}\n  model  {model}")) }
}

/// Asks the database and compares.
pub fn ask_facts(db: &Database, model: &Model, now_ms: i64, question: &FactsAsk) -> Result<(), String> {
    let back = |instant: Option<AsOf>| match instant {
        Some(AsOf::Seq(back)) => Some(AsOf::Seq(CommitSeq(model.seq.saturating_sub(back.0)))),
        other => other,
    };
    match question {
        FactsAsk::List(list) => {
            let mut list =
                ListFacts { as_of: back(list.as_of), changed_since: back(list.changed_since), ..list.clone() };
            let expected = model.list_of(&list, now_ms);
            let mut found = Vec::new();
            loop {
                let page = db.run("default", list.clone()).map_err(|error| failed(&error))?;
                found.extend(page.edges);
                list.cursor = page.cursor;
                if list.cursor.is_none() {
                    return same(&list, &found, &expected);
                }
            }
        }
        FactsAsk::Newest(newest) => {
            let mut newest = TemporalHistory { as_of: back(newest.as_of), ..newest.clone() };
            let expected = model.newest_of(&newest);
            let mut found = Vec::new();
            loop {
                let page = db.run("default", newest.clone()).map_err(|error| failed(&error))?;
                found.extend(page.edges);
                newest.cursor = page.cursor;
                if newest.cursor.is_none() {
                    return same(&newest, &found, &expected);
                }
            }
        }
        FactsAsk::Near(near) => {
            let at = near.at.map_or(now_ms, |at| at.0);
            let links = model.links_of(near.node_id.as_str(), near.direction, at);
            let found = db.run("default", near.clone()).map_err(|error| failed(&error))?;
            let mut nodes: Vec<&str> = Vec::new();
            for (far, _) in &links {
                if !nodes.contains(&far.as_str()) {
                    nodes.push(far);
                }
            }
            same(near, &found.nodes.iter().map(|node| node.id.as_str()).collect::<Vec<_>>(), &nodes)?;
            same(near, &found.edges, &links.iter().map(|(_, edge)| edge.clone()).collect::<Vec<_>>())
        }
        FactsAsk::Path(path) => ask_path(db, model, now_ms, path),
    }
}

fn distances(model: &Model, from: &str, most: u32, direction: Direction, at: i64) -> BTreeMap<String, u32> {
    let mut far = BTreeMap::from([(from.to_owned(), 0)]);
    let mut queue = VecDeque::from([from.to_owned()]);
    while let Some(node) = queue.pop_front() {
        let depth = far[&node];
        for (other, _) in model.links_of(&node, direction, at) {
            if depth < most && !far.contains_key(&other) {
                far.insert(other.clone(), depth + 1);
                queue.push_back(other);
            }
        }
    }
    far
}

fn ask_path(db: &Database, model: &Model, now_ms: i64, path: &TemporalShortestPath) -> Result<(), String> {
    let (direction, at) = (path.direction, path.at.map_or(now_ms, |at| at.0));
    let found = db.run("default", path.clone()).map_err(|error| failed(&error))?;
    let far = distances(model, path.from_id.as_str(), path.max_depth.unwrap_or(16), direction, at);
    let length = found.found.then(|| u32::try_from(found.edges.len()).unwrap());
    same(path, &length, &far.get(path.to_id.as_str()).copied())?;
    for (pair, edge) in found.nodes.windows(2).zip(&found.edges) {
        let links = model.links_of(pair[0].as_str(), direction, at);
        if !links.contains(&(pair[1].to_string(), edge.clone())) {
            return Err(format!("{path:?}: {edge:?} does not join {pair:?}"));
        }
    }
    Ok(())
}
