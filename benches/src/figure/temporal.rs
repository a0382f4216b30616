//! A `POINT_IN_TIME` query on a node with 10,000 intervals among 1,000,000 edges, against one on a node with 100, in the
//! engine itself.
//!
//! The intervals of a node follow each other without a gap, so each query has one answer; an index that looks only where
//! the answer is takes nearly the same time on both. The queries alternate, at random instants. Told beside the figure: the
//! very first query of the large node, and queries each of which follows a write to it.

use std::time::Duration;

use toondb_engine::api::{
    Commit, Direction, Durability, EdgeType, Flush, NodeId, Properties, QueryTemporal, TemporalFact, TemporalMode,
    TimestampMs, Write,
};
use toondb_engine::{Engine, EngineOptions};

use crate::cli::Setup;
use crate::data::Random;
use crate::measure::{Report, Samples, median, micros, note, timed};
use crate::outcome::Outcome;

const MANY: u64 = 10_000;
const FEW: u64 = 100;
const PERIOD_MS: u64 = 1_000;
/// Writes after each of which one query is timed.
const WRITES: u64 = 100;
const BATCH_EDGES: usize = 10_000;
const STATES: [&str; 4] = ["open", "closed", "locked", "broken"];

/// Measures both nodes.
pub fn temporal(setup: &Setup, report: &Report) -> Outcome<()> {
    let dir = tempfile::Builder::new().prefix("temporal-").tempdir_in(&setup.dir)?;
    let engine = Engine::open(EngineOptions::new(dir.path()))?;
    let edges = setup.choose(1_000_000, 50_000);
    note(&format!("loading {edges} edges"));
    load(&engine, edges)?;
    let mut random = Random::new(3);
    let first_many = query(&engine, "many", MANY, &mut random)?;
    let first_few = query(&engine, "few", FEW, &mut random)?;
    note(&format!(
        "first query {:.0} us with 10,000 intervals, {:.0} us with 100",
        micros(first_many),
        micros(first_few)
    ));
    let (mut many, mut few, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..setup.rounds() {
        let (mut many_samples, mut few_samples) = (Samples::default(), Samples::default());
        for _ in 0..setup.choose(20_000, 2_000) {
            many_samples.push(query(&engine, "many", MANY, &mut random)?);
            few_samples.push(query(&engine, "few", FEW, &mut random)?);
        }
        let (many_us, few_us) = (micros(many_samples.p50()), micros(few_samples.p50()));
        note(&format!("p50 {many_us:.2} us with 10,000 intervals, {few_us:.2} us with 100"));
        many.push(many_us);
        few.push(few_us);
        ratios.push(many_us / few_us);
    }
    let after_write = after_writes(&engine, &mut random)?;
    let figure = format!("`POINT_IN_TIME`, node with 10,000 intervals / node with 100, among {edges} edges, embedded");
    let measured = format!(
        "{:.2} and {:.1} us (100 intervals: {:.1} us; first query {:.0} us; first query after a write {:.1} us)",
        median(&ratios),
        median(&many),
        median(&few),
        micros(first_many),
        micros(after_write)
    );
    report.row(&figure, "<= 4 and <= 20 us", &measured);
    engine.close()?;
    Ok(())
}

/// The median time of a query on the large node whose latest fact was written just before.
fn after_writes(engine: &Engine, random: &mut Random) -> Outcome<Duration> {
    let mut samples = Samples::default();
    for interval in MANY..MANY + WRITES {
        commit(engine, vec![Write::AddTemporalEdge(fact("many", interval)?)])?;
        samples.push(query(engine, "many", interval + 1, random)?);
    }
    Ok(samples.p50())
}

/// Loads the two nodes and others with 100 intervals each.
fn load(engine: &Engine, edges: u64) -> Outcome<()> {
    let others = (edges - MANY - FEW) / FEW;
    let nodes = [("many".to_owned(), MANY), ("few".to_owned(), FEW)];
    let nodes = nodes.into_iter().chain((0..others).map(|number| (format!("node-{number}"), FEW)));
    let mut writes = Vec::with_capacity(BATCH_EDGES);
    for (node, intervals) in nodes {
        for interval in 0..intervals {
            writes.push(Write::AddTemporalEdge(fact(&node, interval)?));
            if writes.len() == BATCH_EDGES {
                commit(engine, std::mem::take(&mut writes))?;
            }
        }
    }
    commit(engine, writes)?;
    engine.run("default", Flush {})?;
    Ok(())
}

fn fact(node: &str, interval: u64) -> Outcome<TemporalFact> {
    let state = STATES.get(usize::try_from(interval)? % STATES.len()).ok_or("no state")?;
    let at = |interval: u64| i64::try_from(interval * PERIOD_MS).map(TimestampMs);
    Ok(TemporalFact {
        from_id: NodeId::new(node),
        edge_type: EdgeType::from("STATE"),
        to_id: NodeId::from(*state),
        valid_from: at(interval)?,
        valid_until: Some(at(interval + 1)?),
        properties: Properties::new(),
    })
}

fn commit(engine: &Engine, writes: Vec<Write>) -> Outcome<()> {
    let durability = Durability::Volatile;
    engine.run("default", Commit { preconditions: Vec::new(), writes, snapshot: None, durability })?;
    Ok(())
}

fn query(engine: &Engine, node: &str, intervals: u64, random: &mut Random) -> Outcome<Duration> {
    let at = TimestampMs(i64::try_from(random.below(intervals * PERIOD_MS))?);
    let query = QueryTemporal {
        node_id: NodeId::from(node),
        mode: TemporalMode::PointInTime { at },
        edge_types: None,
        direction: Direction::Outgoing,
        as_of: None,
        limit: None,
        snapshot: None,
    };
    let (time, found) = timed(|| engine.run("default", query));
    let found = found?.edges;
    match found.as_slice() {
        [edge] if edge.valid_from <= at && edge.valid_until.is_some_and(|until| at < until) => Ok(time),
        edges => Err(format!("one fact holds at {at}, not {}", edges.len()).into()),
    }
}
