//! Reads that last for minutes while what they look at is deleted: they see it to their end, and then its memory is freed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::bench::Bench;
use crate::api::{
    AddDocuments, CreateCollection, CreateIndex, DeleteDocuments, DeleteVectors, DescribeIndex, Document, DropIndex,
    Durability, Embedding, EmbeddingBatch, Filter, GetVectors, IdBatch, InsertVectors, Metric, Operation, Properties,
    Request, Response, Result, SearchBatchCollection, SearchBatchVectors, TakeSnapshot, Value,
};
use crate::limits;
use crate::reply::{Completion, Reply};
use crate::work::Wanted;

const DURABLE: Durability = Durability::Durable;
const ROWS: u16 = 1_500;

/// Lets something happen, and minutes pass, when a read asks for the first time whether it is still wanted.
struct Meanwhile<F> {
    bench: Arc<Bench>,
    happens: F,
    has_happened: AtomicBool,
}

fn minutes_pass(bench: &Bench) {
    for _ in 0..40 {
        bench.clock.advance_ms(5_000);
        bench.tick();
    }
}

impl<F: Fn(&Bench) + Send + Sync> Completion for Meanwhile<F> {
    fn complete(&self, _token: u64, _result: Result<Response>) {}

    fn is_wanted(&self, _token: u64) -> bool {
        if !self.has_happened.swap(true, Ordering::Relaxed) {
            (self.happens)(&self.bench);
            minutes_pass(&self.bench);
        }
        true
    }
}

/// The answer to a read during which something happens.
fn read_while<O: Operation>(
    bench: &Arc<Bench>,
    read: O,
    happens: impl Fn(&Bench) + Send + Sync + 'static,
) -> Result<O::Reply> {
    let (bench, has_happened) = (Arc::clone(bench), AtomicBool::new(false));
    let handle = Arc::clone(&bench.handle);
    let meanwhile = Arc::new(Meanwhile { bench, happens, has_happened });
    let reply = Reply::new(Arc::clone(&meanwhile) as Arc<dyn Completion>, 0);
    let closing = AtomicBool::new(false);
    let request: Request = read.into_request();
    let response = handle.read(request, &Wanted::by(Some(&reply), &closing));
    assert!(meanwhile.has_happened.load(Ordering::Relaxed), "the read ended too early");
    O::take_reply(response?)
}

fn vector(row: u16) -> [f32; 2] {
    let angle = f32::from(row) / 300.0;
    [angle.cos(), angle.sin()]
}

fn filled() -> Arc<Bench> {
    let bench = Arc::new(Bench::new());
    bench.run(CreateIndex { index: "i".into(), dimension: 2, metric: Metric::Cosine }).unwrap();
    let ids = IdBatch((0..u64::from(ROWS)).collect());
    let vectors = EmbeddingBatch((0..ROWS).flat_map(vector).collect());
    bench.run(InsertVectors { index: "i".into(), ids, vectors, durability: DURABLE }).unwrap();
    bench
}

fn delete_all(bench: &Bench) {
    let ids = (0..u64::from(ROWS)).collect();
    bench.run(DeleteVectors { index: "i".into(), ids, durability: DURABLE }).unwrap();
}

fn search() -> SearchBatchVectors {
    let queries = EmbeddingBatch((0..20).flat_map(|query| vector(query * 50)).collect());
    SearchBatchVectors {
        index: "i".into(),
        queries,
        k: Some(10),
        include_embedding: true,
        ..SearchBatchVectors::default()
    }
}

fn memory(bench: &Bench) -> u64 {
    bench.run(DescribeIndex { index: "i".into() }).unwrap().memory_bytes
}

#[test]
fn a_long_search_finds_what_was_there_when_it_began() {
    let bench = filled();
    let (before, full) = (bench.run(search()).unwrap(), memory(&bench));
    assert_eq!(read_while(&bench, search(), delete_all).unwrap(), before);
    assert!(bench.run(search()).unwrap().results.iter().all(|found| found.hits.is_empty()));
    minutes_pass(&bench);
    assert!(memory(&bench) < full / 4, "{} of {full} bytes", memory(&bench));
}

#[test]
fn a_long_read_of_vectors_gets_those_that_were_there_when_it_began() {
    let bench = filled();
    let get = || GetVectors { index: "i".into(), ids: (0..u64::from(ROWS)).collect(), snapshot: None };
    let before = bench.run(get()).unwrap();
    assert_eq!(read_while(&bench, get(), delete_all).unwrap(), before);
    let bench = filled();
    let drop_it = |bench: &Bench| assert_eq!(bench.run(DropIndex { index: "i".into() }).unwrap().deleted, 1);
    assert_eq!(read_while(&bench, get(), drop_it).unwrap(), before);
}

#[test]
fn a_long_search_by_a_filter_finds_what_was_there_when_it_began() {
    let bench = Arc::new(Bench::new());
    let (collection, metric, metadata) = ("c".into(), Metric::Cosine, Properties::new());
    bench.run(CreateCollection { collection, dimension: 2, metric, metadata }).unwrap();
    let document = |row: u16| {
        let (id, metadata) = (Some(row.to_string().as_str().into()), Properties::new().with("n", i64::from(row % 2)));
        Document {
            id,
            content: format!("text {row}"),
            embedding: Some(Embedding(vector(row).to_vec())),
            metadata,
            ..Default::default()
        }
    };
    let documents = (0..300).map(document).collect();
    bench.run(AddDocuments { collection: "c".into(), documents, durability: DURABLE, ..Default::default() }).unwrap();
    let search = || SearchBatchCollection {
        collection: "c".into(),
        queries: EmbeddingBatch((0..10).flat_map(vector).collect()),
        k: Some(5),
        ef: None,
        filter: Some(Filter::try_from(Value::Map(Properties::new().with("n", 1_i64).0)).unwrap()),
        include_embedding: true,
        snapshot: None,
        ..SearchBatchCollection::default()
    };
    let before = bench.run(search()).unwrap();
    let delete = |bench: &Bench| {
        let ids = (0..300).map(|row: u16| row.to_string().as_str().into()).collect();
        bench.run(DeleteDocuments { collection: "c".into(), ids, durability: DURABLE, ..Default::default() }).unwrap();
    };
    assert_eq!(read_while(&bench, search(), delete).unwrap(), before);
    assert!(bench.run(search()).unwrap().results.iter().all(|found| found.hits.is_empty()));
}

/// A transaction's snapshot is over after its time, but not for a read that had begun before.
#[test]
fn a_long_read_at_a_snapshot_outlives_the_snapshot() {
    let bench = filled();
    let seq = bench.run(TakeSnapshot {}).unwrap().seq;
    let before = bench.run(search()).unwrap();
    delete_all(&bench);
    for _ in 0..5 {
        bench.clock.advance_ms(5_000);
        bench.tick();
    }
    let held = SearchBatchVectors { snapshot: Some(seq), ..search() };
    assert!(limits::SNAPSHOT_AGE_MAX.as_secs() < 40 * 5);
    assert_eq!(read_while(&bench, held.clone(), |_| ()).unwrap(), before);
    assert!(bench.run(held).is_err(), "its time is over");
}
