//! A namespace whose log an earlier version wrote opens, and goes on in the present format.

use std::path::Path;
use std::sync::Arc;

use serde_bytes::ByteBuf;

use super::bench::Bench;
use crate::api::{CommitSeq, DeleteKey, Durability, Get, Put};
use crate::disk::{CrashMode, Disk, OpenMode, SimDisk};
use crate::log::tests::format_one;
use crate::log::{self, Log, LogOptions, Rest, SeqRange, Sync};
use crate::namespace::recovery::read_batch;
use crate::rng::SeededRng;
use crate::store::{Author, BatchWriter, Counters, KvRecord, Origin, RowEffect, Table};

fn bytes(text: &str) -> ByteBuf {
    ByteBuf::from(text.as_bytes().to_vec())
}

fn put(bench: &Bench, key: &str, value: &str) {
    let (key, value) = (bytes(key), bytes(value));
    bench.run(Put { key, value, ttl_ms: None, durability: Durability::Durable }).unwrap();
}

fn get(bench: &Bench, key: &str) -> Option<Vec<u8>> {
    bench.run(Get { key: bytes(key), snapshot: None }).unwrap().found.map(|found| found.value.into_vec())
}

/// The payload as format 1 has it: each operation begins with the number of its effects alone.
fn counted(payload: &[u8]) -> Vec<u8> {
    let (counters, mut rest) = payload.split_at(Counters::BYTES);
    let mut out = counters.to_vec();
    while !rest.is_empty() {
        let (head, behind) = rest.split_at(usize::from(rest[0]));
        let effects = u32::from_le_bytes(head[16..20].try_into().unwrap()) as usize;
        out.extend_from_slice(&head[12..16]);
        out.extend_from_slice(&behind[..effects]);
        rest = &behind[effects..];
    }
    out
}

#[test]
fn a_log_of_format_1_opens_and_goes_on_in_format_2() {
    for mode in [CrashMode::KeepAll, CrashMode::DropUnsynced] {
        let mut bench = Bench::new();
        for i in 0..200 {
            put(&bench, &format!("k{i}"), &"v".repeat(i * 7));
        }
        bench.run(DeleteKey { key: bytes("k9"), durability: Durability::Durable }).unwrap();
        let requests = ["x", "y"].map(|key| {
            crate::api::Request::Put(Put {
                key: bytes(key),
                value: bytes(key),
                ttl_ms: None,
                durability: Durability::Durable,
            })
        });
        bench.run_together(requests.to_vec()).into_iter().for_each(|answer| drop(answer.unwrap()));
        let before = bench.stats();
        let image = bench.disk.crash_image(1, mode);
        let moved = format_one::rewrite(&Bench::log_options(&image), counted);
        assert!(moved.len() > 200 && moved.last().unwrap().segment > 1, "several segments");

        bench.go_on_with(image);
        let check = |bench: &Bench| {
            for i in 0..200 {
                let expected = (i != 9).then(|| "v".repeat(i * 7).into_bytes());
                assert_eq!(get(bench, &format!("k{i}")), expected, "k{i}");
            }
            assert_eq!(get(bench, "y"), Some(b"y".to_vec()));
        };
        check(&bench);
        assert_eq!(bench.stats().commit_seq, before.commit_seq);
        put(&bench, "new", "format 2");

        let mut cursor = bench.handle.commit_log().unwrap().cursor(CommitSeq(0)).unwrap();
        let mut told = Vec::new();
        while let Some(group) = cursor.next_group().unwrap() {
            told.extend(
                group.commits().map(|commit| (commit.seq, commit.head, group.lineage(), commit.rows().count())),
            );
        }
        assert_eq!(told.len() as u64, before.commit_seq.0 + 1);
        let (newest, old) = told.split_last().unwrap();
        assert!(old.iter().all(|(_, head, lineage, rows)| head.is_none() && lineage.is_none() && *rows > 0));
        assert!(newest.2.is_some() && newest.1.unwrap().origin == Some(Origin::Client));

        // Twice, so that what was written behind the old segments is read again with them, and without.
        for _ in 0..2 {
            bench.lose_power();
            check(&bench);
            assert_eq!(get(&bench, "new"), Some(b"format 2".to_vec()));
        }
        bench.reopen();
        check(&bench);
        put(&bench, "newer", "still");
        bench.lose_power();
        assert_eq!(get(&bench, "newer"), Some(b"still".to_vec()));
    }
}

/// What version 0.4.0 had left when it was killed after 65 puts: the two slots of the mark, 72 bytes each, then the used part of
/// its only segment.
const LOG_OF_0_4_0: &[u8] = include_bytes!("log_of_format_1.bin");

#[test]
fn the_log_of_an_earlier_version_is_read_as_it_was_written() {
    let (marks, segment) = LOG_OF_0_4_0.split_at(2 * 72);
    let disk = SimDisk::new();
    let dir = Path::new("/ns/log");
    disk.create_dir_all(dir).unwrap();
    let write = |name: &str, len: u64, parts: &[(u64, &[u8])]| {
        let file = disk.open(&dir.join(name), OpenMode::CreateNew).unwrap();
        file.set_len(len).unwrap();
        parts.iter().for_each(|(offset, bytes)| file.write_all_at(*offset, bytes).unwrap());
        file.sync_all().unwrap();
    };
    write("00000000000000000001.log", 64 << 10, &[(0, segment)]);
    write("synced", 8192, &[(0, &marks[..72]), (4096, &marks[72..])]);
    let id = segment[16..32].try_into().unwrap();
    let open = |seed| {
        let (rng, limit) = (Arc::new(SeededRng::new(seed)), 1 << 20);
        let mut rows = Vec::new();
        let (log, report) =
            log::open(LogOptions::new(Arc::new(disk.clone()), rng, dir.into(), id, limit), 0, &mut |batch| {
                read_batch(batch, &mut |effect, seq| {
                    let value = KvRecord::decode(effect.value.unwrap()).unwrap();
                    assert_eq!((effect.table, value.seq), (Table::Kv, seq));
                    rows.push((effect.key.to_vec(), value.value.to_vec()));
                })
                .map(drop)
            })
            .unwrap();
        assert_eq!(report.rest, Rest::Torn { bytes: 0 });
        (log, rows)
    };
    let puts = [("key", 40), ("other", 25)].into_iter().flat_map(|(prefix, count)| {
        (0..count).map(move |i| (format!("{prefix}/{i}").into_bytes(), format!("{i}").into_bytes()))
    });
    let mut expected: Vec<_> = puts.collect();
    let (mut log, rows) = open(1);
    assert_eq!(rows, expected);
    let (record, time_ms) = (KvRecord { seq: 66, expires_at: 0, value: b"66" }.encode(), 7);
    let effect = RowEffect { table: Table::Kv, key: b"new", value: Some(&record) };
    let mut batch = BatchWriter::begin(log.buffer());
    batch.operation(Author { kind: 21, origin: Origin::Client }, time_ms, None, 1, [effect].into_iter());
    log.append(SeqRange { first: 66, last: 66 }, Sync::Now).unwrap();
    drop(log);
    expected.push((b"new".to_vec(), b"66".to_vec()));
    assert_eq!(open(2).1, expected);
    // Each file keeps its format.
    let version = |number: u64| disk.bytes(&dir.join(format!("{number:020}.log"))).unwrap()[8];
    assert_eq!((version(1), version(2)), (1, 2));
}
