//! Vectors inserted each second over gRPC: one `InsertBatch` of 100,000 vectors of 128 numbers, which fits in one message.
//!
//! The time is that of the call, from the finished request to the answer that says it is durable: encoding, loopback,
//! decoding, and the commit. A search afterwards must find the last vector as its own nearest.

use toondb_engine::api::{
    CollectionName, CreateIndex, DropIndex, Durability, Embedding, EmbeddingBatch, IdBatch, InsertVectors, Metric,
    Operation as _, SearchVectors,
};
use toondb_grpc::{BlockingClient, ClientOptions};

use crate::cli::Setup;
use crate::data::Random;
use crate::measure::{Report, median, note, timed};
use crate::outcome::Outcome;
use crate::peer::ToonDb;

const DIMENSION: usize = 128;

/// Measures one insert of everything.
pub fn grpc_insert(setup: &Setup, report: &Report) -> Outcome<()> {
    let vectors: usize = setup.choose(100_000, 10_000);
    let mut random = Random::new(4);
    let numbers: Vec<f32> = std::iter::repeat_with(|| random.signed_unit()).take(vectors * DIMENSION).collect();
    let server = ToonDb::start_grpc(setup)?;
    let client = BlockingClient::connect(server.grpc_address()?, ClientOptions::default(), None)?;
    let mut rates = Vec::new();
    for _ in 0..setup.rounds() {
        let rate = vectors as f64 / insert_all(&client, &numbers)?;
        note(&format!("{rate:.0} vectors per second"));
        rates.push(rate);
    }
    let figure = format!("`InsertBatch` of {vectors} x {DIMENSION} float32 over gRPC, acknowledged durable");
    report.row(&figure, ">= 50,000 per second", &format!("{:.0} per second", median(&rates)));
    Ok(())
}

/// Inserts everything into a new index and gives the seconds.
fn insert_all(client: &BlockingClient, numbers: &[f32]) -> Outcome<f64> {
    let index = CollectionName::from("vectors");
    let dimension = u32::try_from(DIMENSION)?;
    client.call_op("default", CreateIndex { index: index.clone(), dimension, metric: Metric::Cosine })?;
    let count = (numbers.len() / DIMENSION) as u64;
    let insert = InsertVectors {
        index: index.clone(),
        ids: IdBatch((0..count).collect()),
        vectors: EmbeddingBatch(numbers.to_vec()),
        durability: Durability::Durable,
    };
    // The request is made beforehand: it is the caller's work.
    let request = insert.into_request();
    let (time, response) = timed(|| client.call("default", request));
    let inserted = InsertVectors::take_reply(response?)?;
    if inserted.inserted != count || inserted.durability != Durability::Durable {
        return Err(format!("{} of {count} vectors were inserted", inserted.inserted).into());
    }
    let query = Embedding(numbers.rchunks_exact(DIMENSION).next().ok_or("no vectors")?.to_vec());
    let search = SearchVectors { index: index.clone(), query, k: Some(1), ..SearchVectors::default() };
    if client.call_op("default", search)?.hits.first().is_none_or(|hit| hit.id + 1 != count) {
        return Err("the vector inserted last is not found as its own nearest".into());
    }
    // Ends the building of a graph, which would be under way while the next round is measured.
    client.call_op("default", DropIndex { index })?;
    Ok(time.as_secs_f64())
}
