//! A namespace whose log an earlier version wrote opens, and goes on in the present format.

use serde_bytes::ByteBuf;

use super::bench::Bench;
use crate::api::{CommitSeq, DeleteKey, Durability, Get, Put};
use crate::disk::CrashMode;
use crate::log::tests::format_one;
use crate::store::{Counters, Origin};

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
