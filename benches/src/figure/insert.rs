//! Vectors inserted each second, by the engine itself: 100,000 vectors of 128 numbers, durable when the call returns and
//! found by the very next search.
//!
//! The time is that of the inserts and of that search, which must find the last vector as its own nearest.

use toondb_engine::api::{
    CollectionName, CreateIndex, DropIndex, Durability, Embedding, EmbeddingBatch, IdBatch, InsertVectors, Metric,
    SearchVectors,
};
use toondb_engine::{Engine, EngineOptions};

use crate::cli::Setup;
use crate::data::Random;
use crate::measure::{Report, median, note, timed};
use crate::outcome::Outcome;

const DIMENSION: usize = 128;

/// Measures one insert of everything and inserts of a tenth each.
pub fn insert(setup: &Setup, report: &Report) -> Outcome<()> {
    let vectors: usize = setup.choose(100_000, 10_000);
    let mut random = Random::new(4);
    let numbers: Vec<f32> = std::iter::repeat_with(|| random.signed_unit()).take(vectors * DIMENSION).collect();
    for batch in [vectors, vectors / 10] {
        let mut rates = Vec::new();
        for _ in 0..setup.rounds() {
            let rate = vectors as f64 / insert_all(setup, &numbers, batch)?;
            note(&format!("batches of {batch}: {rate:.0} vectors per second"));
            rates.push(rate);
        }
        let figure = format!(
            "insert of {vectors} x {DIMENSION} float32 in batches of {batch}, durable and searchable, embedded"
        );
        report.row(&figure, ">= 50,000 per second", &format!("{:.0} per second", median(&rates)));
    }
    Ok(())
}

/// Inserts everything into a new database and gives the seconds.
fn insert_all(setup: &Setup, numbers: &[f32], batch: usize) -> Outcome<f64> {
    let dir = tempfile::Builder::new().prefix("insert-").tempdir_in(&setup.dir)?;
    let engine = Engine::open(EngineOptions::new(dir.path()))?;
    let index = CollectionName::from("vectors");
    engine.run(
        "default",
        CreateIndex { index: index.clone(), dimension: u32::try_from(DIMENSION)?, metric: Metric::Cosine },
    )?;
    // The requests are made beforehand: they are the caller's work.
    let requests: Vec<_> = numbers
        .chunks(batch * DIMENSION)
        .zip(0..)
        .map(|(part, number)| {
            let first = (number * batch) as u64;
            let ids = IdBatch((first..).take(part.len() / DIMENSION).collect());
            InsertVectors {
                index: index.clone(),
                ids,
                vectors: EmbeddingBatch(part.to_vec()),
                durability: Durability::Durable,
            }
        })
        .collect();
    let query = Embedding(numbers.rchunks_exact(DIMENSION).next().ok_or("no vectors")?.to_vec());
    let search = SearchVectors { index: index.clone(), query, k: Some(1), ..SearchVectors::default() };
    let (time, hits) = timed(|| {
        for request in requests {
            engine.run("default", request)?;
        }
        engine.run("default", search)
    });
    let newest = (numbers.len() / DIMENSION - 1) as u64;
    if hits?.hits.first().is_none_or(|hit| hit.id != newest) {
        return Err("the vector inserted last is not found as its own nearest".into());
    }
    // Ends the building of a graph, which would be under way while the next round is measured.
    engine.run("default", DropIndex { index })?;
    engine.close()?;
    Ok(time.as_secs_f64())
}
