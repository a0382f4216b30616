//! Values of many megabytes: everything that holds for small ones.

use toondb_engine::api::{
    AppendLog, ByteBuf, CommitSeq, CompareAndSet, Condition, CreateCheckpoint, CreateNamespace, DeleteKey, ErrorCode,
    Exists, ExportCheckpoint, ExportFormat, Flush, GetTtl, ImportCheckpoint, MultiGet, NamespaceStatsRequest, PopLog,
    Precondition, Put, RestoreCheckpoint, Scan, Target, Touch, Write,
};
use toondb_engine::limits;
use toondb_tests::Script;
use toondb_tests::requests::{bytes, commit, delete_key, get, pop, put, read_log, scan};

const MIB: usize = 1 << 20;

/// Bytes of which no part is like another, that are no text.
fn large(len: usize, salt: u64) -> ByteBuf {
    let words = (0..len as u64 / 8 + 1).flat_map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt).to_le_bytes());
    ByteBuf::from(words.take(len).collect::<Vec<u8>>())
}

/// Answers of this size are compared here, not letter for letter between the doors.
fn write(s: &mut Script, key: &str, value: &ByteBuf) {
    s.unrecorded("default", Put { value: value.clone(), ..put(key, "") });
}

fn holds(s: &mut Script, key: &str, value: &ByteBuf) {
    let found = s.unrecorded("default", get(key)).found.unwrap();
    assert!(found.value == *value, "{key} has {} bytes that are not its {}", found.value.len(), value.len());
}

fn live_bytes(s: &mut Script) -> u64 {
    // When a flush has ended is no part of any answer.
    s.unrecorded("default", NamespaceStatsRequest {}).live_bytes
}

fn the_largest_is_kept_through_everything(s: &mut Script) {
    let (largest, other) = (large(limits::VALUE_BYTES_MAX, 1), large(9 * MIB + 1, 2));
    write(s, "a", &largest);
    s.ok("default", put("b", "small"));
    write(s, "c", &other);
    holds(s, "a", &largest);
    s.lose_power();
    holds(s, "a", &largest);
    s.ok("default", Flush {});
    holds(s, "a", &largest);
    s.reopen();
    holds(s, "a", &largest);
    holds(s, "c", &other);
    assert_eq!(live_bytes(s), (3 + largest.len() + other.len() + 5) as u64);
    // Replaced by a small one and deleted, with what they took.
    s.ok("default", put("a", "1"));
    assert_eq!(s.ok("default", delete_key("c")).deleted, 1);
    s.ok("default", Flush {});
    assert_eq!(s.ok("default", scan("")).entries.len(), 2);
    assert_eq!(live_bytes(s), 3 - 1 + 1 + 5);
    s.reopen();
    assert_eq!(s.ok("default", get("a")).found.unwrap().value, bytes("1"));
}

fn what_does_not_need_the_value_tells_of_it(s: &mut Script) {
    for flushed in [false, true] {
        for key in ["a", "b", "c"] {
            write(s, key, &large(9 * MIB, 3));
        }
        if flushed {
            s.ok("default", Flush {});
        }
        let names = s.ok("default", Scan { keys_only: true, ..scan("") });
        assert_eq!((names.entries.len(), names.cursor), (3, None), "however much they hold");
        assert!(s.ok("default", Exists { key: bytes("b"), snapshot: None }).exists);
        let touch = |ttl_ms| Touch {
            keys: vec![bytes("b")],
            ttl_ms,
            persist: ttl_ms.is_none(),
            durability: Default::default(),
        };
        assert_eq!(s.ok("default", touch(Some(50_000))).changed, 1);
        assert_eq!(s.ok("default", GetTtl { key: bytes("b"), snapshot: None }).ttl_ms, Some(50_000));
        holds(s, "b", &large(9 * MIB, 3));
        assert_eq!(s.ok("default", touch(None)).changed, 1);
        let versions = names.entries.iter().map(|entry| entry.version).collect::<Vec<_>>();
        let unchanged = |at: usize, key: &str| Precondition {
            target: Target::Key { key: bytes(key) },
            condition: Condition::UnchangedSince { seq: versions[at], count: 0 },
        };
        let write = |key: &str| Write::DeleteKey { key: bytes(key) };
        s.ok("default", commit(vec![unchanged(0, "a")], vec![write("c")]));
        s.fails(ErrorCode::Conflict, "default", commit(vec![unchanged(0, "c")], vec![write("a")]));
        for (key, deleted) in [("a", 1), ("b", 1), ("c", 0)] {
            assert_eq!(s.ok("default", delete_key(key)).deleted, deleted);
        }
        assert_eq!(live_bytes(s), 0);
    }
}

/// A page ends behind the value that fills it, so that every value comes.
fn pages_hold_one_after_the_other(s: &mut Script) {
    let values = [large(25 * MIB, 4), large(25 * MIB, 5), large(MIB, 6), large(25 * MIB, 7)];
    for (key, value) in ["a", "b", "c", "d"].into_iter().zip(&values) {
        write(s, key, value);
    }
    for reverse in [false, true] {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = s.unrecorded("default", Scan { cursor, reverse, ..scan("") });
            found.extend(page.entries.into_iter().map(|entry| entry.value));
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        if reverse {
            found.reverse();
        }
        assert!(found == values, "reverse {reverse}");
    }
    let all = MultiGet { keys: ["a", "b", "d"].map(bytes).to_vec(), snapshot: None };
    s.fails(ErrorCode::LimitExceeded, "default", all);
    let two = MultiGet { keys: ["c", "a"].map(bytes).to_vec(), snapshot: None };
    let two = s.unrecorded("default", two).values;
    assert!(two[0].as_ref().unwrap().value == values[2] && two[1].as_ref().unwrap().value == values[0]);
}

fn comparing_and_logs(s: &mut Script) {
    let (one, two) = (large(10 * MIB, 8), large(10 * MIB, 9));
    write(s, "k", &one);
    let swap = |expected: &ByteBuf, value: &ByteBuf| CompareAndSet {
        key: bytes("k"),
        expected: Some(expected.clone()),
        value: Some(value.clone()),
        ttl_ms: None,
        durability: Default::default(),
    };
    let swapped = s.unrecorded("default", swap(&two, &bytes("no")));
    assert!(!swapped.swapped && swapped.previous == Some(one.clone()));
    assert!(s.unrecorded("default", swap(&one, &two)).swapped);
    holds(s, "k", &two);
    let equals = |value: &ByteBuf| Precondition {
        target: Target::Key { key: bytes("k") },
        condition: Condition::Equals { value: value.clone() },
    };
    let delete = vec![Write::DeleteKey { key: bytes("k") }];
    s.fails(ErrorCode::Conflict, "default", commit(vec![equals(&one)], delete.clone()));
    s.unrecorded("default", commit(vec![equals(&two)], delete));
    let entry = large(10 * MIB, 10);
    let append =
        |value: &ByteBuf| AppendLog { values: vec![value.clone()], ..toondb_tests::requests::append("log", &[]) };
    s.unrecorded("default", append(&entry));
    s.unrecorded("default", append(&bytes("next")));
    s.ok("default", Flush {});
    s.reopen();
    let page = s.unrecorded("default", read_log("log"));
    assert!(page.entries[0].value == entry);
    let popped = s.unrecorded("default", PopLog { ..pop("log", 1) });
    assert!(popped.entries.len() == 1 && popped.entries[0].value == entry);
    assert_eq!(s.ok("default", read_log("log")).entries.len(), 1);
}

fn checkpoints_hold_them(s: &mut Script) {
    // The second would take six bytes of JSON for each of its own, as a text.
    let values = [large(9 * MIB, 11), ByteBuf::from(vec![1; 9 * MIB])];
    let keys = ["a", "b"];
    for (key, value) in keys.into_iter().zip(&values) {
        write(s, key, value);
    }
    let id = s.unrecorded("default", CreateCheckpoint::default()).id;
    for format in [ExportFormat::Binary, ExportFormat::Json] {
        let (mut offset, mut continues) = (Some(0), None);
        s.ok("other", CreateNamespace::default());
        let mut imported = None;
        while let Some(at) = offset {
            let request = ExportCheckpoint { checkpoint_id: id.clone(), format, offset: at, bytes_max: None };
            let part = s.unrecorded("default", request);
            offset = part.next_offset;
            let data = ByteBuf::from(part.data.to_vec());
            let import = ImportCheckpoint { format, name: String::new(), data, continues, more: offset.is_some() };
            let answer = s.unrecorded("other", import);
            continues = answer.continues;
            imported = answer.checkpoint.map(|info| info.id);
        }
        let restore = RestoreCheckpoint { checkpoint_id: imported.unwrap(), overwrite: true };
        s.unrecorded("other", restore);
        for (key, value) in keys.into_iter().zip(&values) {
            assert!(s.unrecorded("other", get(key)).found.unwrap().value == *value, "{format:?}");
        }
        s.ok("other", toondb_engine::api::DeleteNamespace {});
    }
    s.ok("default", DeleteKey { ..delete_key("a") });
    s.unrecorded("default", RestoreCheckpoint { checkpoint_id: id, overwrite: true });
    for (key, value) in keys.into_iter().zip(&values) {
        holds(s, key, value);
    }
    assert!(s.unrecorded("default", put("c", "")).commit_seq > CommitSeq(3));
}

scenarios!(
    the_largest_is_kept_through_everything,
    what_does_not_need_the_value_tells_of_it,
    pages_hold_one_after_the_other,
    comparing_and_logs,
    checkpoints_hold_them,
);
