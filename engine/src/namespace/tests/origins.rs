//! What the log says of each commit.

use serde_bytes::ByteBuf;

use super::bench::Bench;
use crate::api::{
    AddDocuments, CachePut, Commit, CommitSeq, CreateCollection, DeleteKey, Document, DropCollection, Durability,
    Embedding, Metric, OpCode, Properties, Put, PutEntry, Write,
};
use crate::namespace::{CommitCursor, CommitGroup};
use crate::store::{OperationHead, Origin};

const DURABLE: Durability = Durability::Durable;

fn bytes(text: &str) -> ByteBuf {
    ByteBuf::from(text.as_bytes().to_vec())
}

fn put(key: &str, ttl_ms: Option<u64>) -> Put {
    Put { key: bytes(key), value: bytes("v"), ttl_ms, durability: DURABLE }
}

fn groups(cursor: &mut CommitCursor) -> Vec<CommitGroup> {
    std::iter::from_fn(|| cursor.next_group().unwrap()).collect()
}

fn heads(cursor: &mut CommitCursor) -> Vec<OperationHead> {
    groups(cursor).iter().flat_map(CommitGroup::commits).map(|commit| commit.head.unwrap()).collect()
}

fn head(code: Option<OpCode>, origin: Origin, time_ms: i64) -> OperationHead {
    OperationHead { kind: code.map_or(0, OpCode::number), origin: Some(origin), time_ms }
}

#[test]
fn the_log_says_who_did_what_and_when() {
    let bench = Bench::new();
    let client = |code, time_ms| head(Some(code), Origin::Client, time_ms);
    let own = |origin, time_ms| head(None, origin, time_ms);
    let mut cursor = bench.handle.commit_log().unwrap().cursor(CommitSeq(0)).unwrap();

    bench.run(put("short", Some(5))).unwrap();
    bench.clock.advance_ms(1);
    let (cache, key, value, embedding) = ("c".into(), "k".to_owned(), "v".to_owned(), Embedding(vec![1.0, 2.0]));
    bench.run(CachePut { cache, key, value, embedding, ttl_ms: Some(5), durability: DURABLE }).unwrap();
    let (dimension, metric, metadata) = (2, Metric::Dot, Properties::new());
    bench.run(CreateCollection { collection: "d".into(), dimension, metric, metadata }).unwrap();
    let (id, embedding, metadata) = (Some("x".into()), Some(Embedding(vec![1.0, 2.0])), Properties::new());
    let documents = vec![Document { id, content: String::new(), embedding, metadata, ..Default::default() }];
    bench.run(AddDocuments { collection: "d".into(), documents, durability: DURABLE, ..Default::default() }).unwrap();
    let long = PutEntry { key: bytes("long"), value: bytes("v"), ttl_ms: None };
    let writes = vec![Write::Put(long), Write::DeleteKey { key: bytes("short") }];
    let commit = Commit { preconditions: Vec::new(), writes, snapshot: None, durability: DURABLE };
    bench.run(commit).unwrap();
    bench.run(put("short", Some(5))).unwrap();
    bench.run(DropCollection { collection: "d".into() }).unwrap();
    let expected = [
        client(OpCode::Put, 1_000),
        client(OpCode::CachePut, 1_001),
        client(OpCode::CreateCollection, 1_001),
        client(OpCode::AddDocuments, 1_001),
        client(OpCode::Commit, 1_001),
        client(OpCode::Put, 1_001),
        client(OpCode::DropCollection, 1_001),
    ];
    assert_eq!(heads(&mut cursor), expected);

    // All at once: a key, an entry of a cache, and the rows of what was dropped; then what is left of that.
    bench.clock.advance_ms(100);
    bench.tick();
    bench.run(put("last", None)).unwrap();
    let swept = heads(&mut cursor);
    let expected =
        [own(Origin::Sweep, 1_101), own(Origin::Sweep, 1_101), own(Origin::Purge, 1_101), own(Origin::Purge, 1_101)];
    assert_eq!(swept[..4], expected, "{swept:?}");
    assert_eq!(*swept.last().unwrap(), client(OpCode::Put, 1_101));
}

#[test]
fn a_group_tells_its_commits_with_their_rows() {
    let bench = Bench::new();
    let requests = ["a", "b", "c"].map(|key| crate::api::Request::Put(put(key, None)));
    bench.run_together(requests.to_vec()).into_iter().for_each(|answer| drop(answer.unwrap()));
    bench.run(DeleteKey { key: bytes("b"), durability: DURABLE }).unwrap();
    let log = bench.handle.commit_log().unwrap();
    let found = groups(&mut log.cursor(CommitSeq(0)).unwrap());
    assert_eq!(
        found.iter().map(CommitGroup::seqs).collect::<Vec<_>>(),
        [(CommitSeq(1), CommitSeq(3)), (CommitSeq(4), CommitSeq(4))]
    );
    let rows: Vec<(u64, Vec<u8>, bool)> = found
        .iter()
        .flat_map(CommitGroup::commits)
        .flat_map(|commit| {
            commit.rows().map(move |row| (commit.seq.0, row.key.to_vec(), row.value.is_some())).collect::<Vec<_>>()
        })
        .collect();
    let row = |seq, key: &str, is_written| (seq, key.as_bytes().to_vec(), is_written);
    assert_eq!(rows, [row(1, "a", true), row(2, "b", true), row(3, "c", true), row(4, "b", false)]);
    assert_ne!(found[0].lineage(), found[1].lineage());
    // Whoever has seen the first commits is given the group whole.
    let again = groups(&mut log.cursor(CommitSeq(2)).unwrap());
    assert_eq!(again[0].payload(), found[0].payload());
}

/// A later version may have other origins, and longer heads.
#[test]
fn what_a_later_version_adds_to_a_head_is_skipped() {
    use crate::store::{Author, BatchFormat, BatchReader, BatchWriter, Counters, RowEffect, Table};
    let effect = RowEffect { table: Table::Kv, key: b"k", value: Some(b"v") };
    let mut payload = Vec::new();
    let mut writer = BatchWriter::begin(&mut payload);
    writer.operation(Author { kind: 21, origin: Origin::Purge }, 7, None, 1, [effect].into_iter());
    writer.finish(0, &Counters::default());
    let head_at = Counters::BYTES;
    #[rustfmt::skip]
    let expected = [
        20, 3, 21, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 11, 0, 0, 0,
        0, 1, 0, 0, 0, 2, 0, 0, 0, b'k', b'v',
    ];
    assert_eq!(payload[head_at..], expected);
    let mut later = payload.clone();
    later[head_at] = 24;
    later[head_at + 1] = 200;
    // Under no number, and then what this build does not know.
    later.splice(head_at + 20..head_at + 20, [0, 9, 9, 9]);
    for (payload, origin) in [(&payload, Some(Origin::Purge)), (&later, None)] {
        let mut batch = BatchReader::new(BatchFormat::Headed, payload).unwrap();
        let operation = batch.operation().unwrap();
        assert_eq!(operation.head, Some(OperationHead { kind: 21, origin, time_ms: 7 }));
        assert_eq!(operation.effects.collect::<Vec<_>>(), [Some(effect)]);
        assert!(batch.is_empty());
    }
    // A head that is too short, a number or length of effects that is not right.
    for (offset, byte) in [(0, 19), (12, 0), (12, 2), (16, 10), (16, 12)] {
        let mut wrong = payload.clone();
        wrong[head_at + offset] = byte;
        let mut batch = BatchReader::new(BatchFormat::Headed, &wrong).unwrap();
        let is_read =
            batch.operation().is_some_and(|operation| operation.effects.into_iter().all(|effect| effect.is_some()));
        assert!(!is_read, "byte {offset}");
    }
}

#[test]
fn origins_keep_their_numbers() {
    assert_eq!(Origin::ALL.map(Origin::number), [1, 2, 3, 4, 5]);
    for number in 0..=255 {
        assert_eq!(Origin::from_number(number).map(|origin| origin as u8), (1..=5).contains(&number).then_some(number));
    }
}
