//! Recall and latency of searches for ten nearest documents, in the engine itself, on texts with real embeddings.
//!
//! Recall is the share of the exact ten that a search with default settings finds: without a filter the truth comes with
//! the data, with a filter it is an exact scan of the rows that match. `lex` equality uses each query's own `lex`, from a
//! fifth of all rows to a handful; the narrow filter matches the same twelve rows for every query.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use toondb_engine::api::{
    AddDocuments, CollectionName, CreateCollection, DescribeCollection, Document, DocumentHit, DocumentId, Durability,
    Embedding, Filter, Metric, Predicate, Properties, SearchCollection, Value,
};
use toondb_engine::{Engine, EngineOptions};

use crate::cli::Setup;
use crate::data::{Dataset, Row, nearest};
use crate::measure::{Report, Samples, Stopwatch, micros, note, pause, timed};
use crate::outcome::Outcome;

const COLLECTION: &str = "wordnet";
const K: usize = 10;
const NARROW_ROWS: usize = 12;
const BATCH_DOCUMENTS: usize = 5_000;
const WARM_UP_QUERIES: usize = 50;
/// Time for the graph; after it the search is measured as it is then.
const BUILD_TIMEOUT: Duration = Duration::from_secs(300);

/// The filter of a query.
type FilterOf<'a> = &'a dyn Fn(&Row) -> Option<Filter>;

/// What is found and how fast.
#[derive(Debug, Default)]
struct Found {
    right: usize,
    wanted: usize,
    times: Samples,
}

/// Measures the three kinds of search.
pub fn search(setup: &Setup, data: &Path, report: &Report) -> Outcome<()> {
    let dataset = Dataset::read(data)?;
    let dir = tempfile::Builder::new().prefix("search-").tempdir_in(&setup.dir)?;
    let engine = Engine::open(EngineOptions::new(dir.path()))?;
    load(&engine, &dataset)?;
    let covered = wait_for_graph(&engine)?;
    let rows = dataset.base().len();
    let narrow = narrow_filter(&dataset).ok_or("no pair of fields matches twelve rows")?;
    let by_lex =
        |query: &Row| query.metadata.get("lex").and_then(|lex| Filter::on("lex", Predicate::Eq(lex.clone())).ok());
    let kinds: [(&str, &str, FilterOf<'_>); 3] = [
        ("no filter", ">= 0.98", &|_| None),
        ("`lex` equality", ">= 0.98", &by_lex),
        ("a filter that matches 12 rows", "1.000 (exact)", &|_| Some(narrow.clone())),
    ];
    for (name, target, filter_of) in kinds {
        let mut found = measure(&engine, &dataset, setup.choose(usize::MAX, 100), filter_of)?;
        let recall = found.right as f64 / found.wanted as f64;
        let (p50, p99) = (micros(found.times.p50()), micros(found.times.percentile(0.99)));
        let measured = format!("{recall:.4} (p50 {p50:.0} us, p99 {p99:.0} us; graph over {covered} of {rows} rows)");
        report.row(&format!("search, recall@10, {rows} documents of 384 numbers, {name}, embedded"), target, &measured);
    }
    engine.close()?;
    Ok(())
}

fn load(engine: &Engine, dataset: &Dataset) -> Outcome<()> {
    let (collection, dimension) = (CollectionName::from(COLLECTION), u32::try_from(dataset.dimension())?);
    engine.run(
        "default",
        CreateCollection { collection, dimension, metric: Metric::Cosine, metadata: Properties::new() },
    )?;
    let base: Vec<_> = dataset.base().collect();
    for part in base.chunks(BATCH_DOCUMENTS) {
        let document = |(row, vector): &(&Row, &[f32])| Document {
            id: Some(DocumentId::from(row.id.as_str())),
            content: row.content.clone(),
            embedding: Some(Embedding(vector.to_vec())),
            metadata: row.metadata.clone(),
            ..Default::default()
        };
        let documents = part.iter().map(document).collect();
        let (collection, durability) = (CollectionName::from(COLLECTION), Durability::Durable);
        engine.run("default", AddDocuments { collection, documents, durability, ..Default::default() })?;
    }
    Ok(())
}

/// Waits until the graph covers nearly everything, as it does a while after a load; gives the rows it covers.
fn wait_for_graph(engine: &Engine) -> Outcome<u64> {
    let watch = Stopwatch::start();
    loop {
        let info = engine.run("default", DescribeCollection { collection: CollectionName::from(COLLECTION) })?;
        if info.graph_count * 10 >= info.count * 9 || watch.elapsed() >= BUILD_TIMEOUT {
            let seconds = watch.elapsed().as_secs_f64();
            note(&format!("the graph covers {} of {} rows after {seconds:.1} s", info.graph_count, info.count));
            return Ok(info.graph_count);
        }
        pause(Duration::from_millis(100));
    }
}

/// The first pair of `lex` and `words` that twelve documents share.
fn narrow_filter(dataset: &Dataset) -> Option<Filter> {
    const FIELDS: [&str; 2] = ["lex", "words"];
    let mut counts: BTreeMap<[&Value; 2], usize> = BTreeMap::new();
    for (row, _) in dataset.base() {
        if let [Some(lex), Some(words)] = FIELDS.map(|field| row.metadata.get(field)) {
            *counts.entry([lex, words]).or_default() += 1;
        }
    }
    let (values, _) = counts.into_iter().find(|(_, count)| *count == NARROW_ROWS)?;
    let equal = |(field, value): (&str, &Value)| Filter::on(field, Predicate::Eq(value.clone())).ok();
    Some(Filter::And(FIELDS.into_iter().zip(values).filter_map(equal).collect()))
}

fn measure(engine: &Engine, dataset: &Dataset, queries_max: usize, filter_of: FilterOf<'_>) -> Outcome<Found> {
    let numbers = dataset.numbers();
    let vectors: Vec<&[f32]> = dataset.base().map(|(_, vector)| vector).collect();
    let mut found = Found::default();
    for (query, vector, _) in dataset.queries().take(WARM_UP_QUERIES) {
        ask(engine, vector, filter_of(query))?;
    }
    for (query, vector, listed) in dataset.queries().take(queries_max) {
        let filter = filter_of(query);
        let truth = match &filter {
            None => nearest(vector, listed.iter().take(K).filter_map(|row| vectors.get(*row as usize).copied()), K),
            Some(filter) => {
                let matching = dataset.base().filter(|(row, _)| filter.matches(&row.metadata));
                nearest(vector, matching.map(|(_, vector)| vector), K)
            }
        };
        let (time, hits) = ask(engine, vector, filter.clone())?;
        if hits.iter().any(|hit| filter.as_ref().is_some_and(|filter| !filter.matches(&hit.document.metadata))) {
            return Err("a hit does not match the filter".into());
        }
        let rows: BTreeSet<_> = hits.iter().filter_map(|hit| numbers.get(hit.document.id.as_ref()?.as_str())).collect();
        found.right += rows.iter().filter_map(|row| vectors.get(**row)).filter(|hit| truth.admits(vector, hit)).count();
        found.wanted += truth.count;
        found.times.push(time);
    }
    Ok(found)
}

fn ask(engine: &Engine, vector: &[f32], filter: Option<Filter>) -> Outcome<(Duration, Vec<DocumentHit>)> {
    let search = SearchCollection {
        collection: CollectionName::from(COLLECTION),
        query: Embedding(vector.to_vec()),
        k: Some(u32::try_from(K)?),
        ef: None,
        filter,
        include_embedding: false,
        snapshot: None,
        ..SearchCollection::default()
    };
    let (time, hits) = timed(|| engine.run("default", search));
    Ok((time, hits?.hits))
}
