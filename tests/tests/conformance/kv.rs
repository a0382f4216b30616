//! Keys and values: one by one, in batches, with a time to live, under comparison.

use toondb_engine::api::{
    BatchPut, CommitSeq, CompareAndSet, DeleteKey, Durability, ErrorCode, Exists, MultiGet, NamespaceStatsRequest, Put,
};
use toondb_tests::Script;
use toondb_tests::requests::{batch, bytes, delete_key, entry, get, put, put_ttl, swap};

fn value(s: &mut Script, key: &str) -> Option<String> {
    let found = s.ok("default", get(key)).found;
    found.map(|found| String::from_utf8(found.value.into_vec()).unwrap())
}

fn exists(s: &mut Script, key: &str) -> bool {
    s.ok("default", Exists { key: bytes(key), snapshot: None }).exists
}

fn put_get_delete(s: &mut Script) {
    assert_eq!(value(s, "a"), None);
    let written = s.ok("default", put("a", "1"));
    assert_eq!((written.commit_seq, written.durability), (CommitSeq(1), Durability::Durable));
    let found = s.ok("default", get("a")).found.unwrap();
    assert_eq!((found.value, found.version), (bytes("1"), CommitSeq(1)));
    assert_eq!(s.ok("default", put("a", "2")).commit_seq, CommitSeq(2));
    assert_eq!(s.ok("default", get("a")).found.unwrap().version, CommitSeq(2));
    assert!(exists(s, "a") && !exists(s, "b"));

    let deleted = s.ok("default", delete_key("a"));
    assert_eq!((deleted.deleted, deleted.commit_seq), (1, CommitSeq(3)));
    let nothing = s.ok("default", delete_key("a"));
    assert_eq!((nothing.deleted, nothing.commit_seq), (0, CommitSeq(3)), "what changes nothing takes no commit");
    assert_eq!(value(s, "a"), None);
}

fn bytes_of_any_kind(s: &mut Script) {
    let all: Vec<u8> = (0..=255).collect();
    let key = toondb_engine::api::ByteBuf::from(all.clone());
    s.ok("default", Put { key: key.clone(), value: key.clone(), ..put("", "") });
    let found = s.ok("default", toondb_engine::api::Get { key: key.clone(), snapshot: None }).found.unwrap();
    assert_eq!(found.value, key);
    s.ok("default", put("empty", ""));
    assert_eq!(value(s, "empty").as_deref(), Some(""));
    assert!(exists(s, "empty"), "an empty value is a value");
    for key in ["\0", "\0\0", "ä", "\u{10ffff}"] {
        s.ok("default", put(key, key));
        assert_eq!(value(s, key).as_deref(), Some(key));
    }
}

fn multi_get_keeps_order(s: &mut Script) {
    s.ok("default", batch(&[("a", "1"), ("b", "2"), ("c", "3")]));
    let keys = ["c", "x", "a", "a"].map(bytes).to_vec();
    let values = s.ok("default", MultiGet { keys, snapshot: None }).values;
    let values: Vec<_> = values.into_iter().map(|found| found.map(|found| found.value)).collect();
    assert_eq!(values, [Some(bytes("3")), None, Some(bytes("1")), Some(bytes("1"))]);
    assert!(s.ok("default", MultiGet { keys: vec![], snapshot: None }).values.is_empty());
}

fn batches_are_one_commit(s: &mut Script) {
    let written = s.ok("default", batch(&[("a", "1"), ("b", "2"), ("a", "3")]));
    assert_eq!(written.commit_seq, CommitSeq(1));
    assert_eq!(value(s, "a").as_deref(), Some("3"), "a key given twice takes its last value");
    let version = s.ok("default", get("b")).found.unwrap().version;
    assert_eq!(version, CommitSeq(1));
    // One bad entry, wherever it stands, refuses the whole batch.
    for bad in 0..3 {
        let mut entries = vec![entry("n0", "x"), entry("n1", "x"), entry("n2", "x")];
        entries[bad].key = bytes("");
        s.fails(ErrorCode::InvalidArgument, "default", BatchPut { entries, durability: Durability::Durable });
    }
    assert!(!exists(s, "n0") && !exists(s, "n1") && !exists(s, "n2"));
    assert_eq!(s.ok("default", put("z", "")).commit_seq, CommitSeq(2), "what was refused took no commit");
    assert_eq!(s.ok("default", BatchPut { entries: vec![], durability: Durability::Durable }).commit_seq, CommitSeq(2));
}

fn compare_and_set(s: &mut Script) {
    let created = s.ok("default", swap("k", None, Some("1")));
    assert!(created.swapped && created.previous.is_none());
    let refused = s.ok("default", swap("k", None, Some("2")));
    assert!(!refused.swapped);
    assert_eq!((refused.previous, refused.commit_seq), (Some(bytes("1")), CommitSeq(1)));
    let swapped = s.ok("default", swap("k", Some("1"), Some("2")));
    assert!(swapped.swapped);
    assert_eq!((swapped.previous, swapped.commit_seq), (Some(bytes("1")), CommitSeq(2)));
    assert!(!s.ok("default", swap("k", Some("1"), Some("3"))).swapped);
    assert_eq!(value(s, "k").as_deref(), Some("2"));
    let deleted = s.ok("default", swap("k", Some("2"), None));
    assert!(deleted.swapped && deleted.commit_seq == CommitSeq(3));
    assert_eq!(value(s, "k"), None);
    // Expecting nothing and wanting nothing holds and changes nothing.
    let nothing = s.ok("default", swap("k", None, None));
    assert!(nothing.swapped && nothing.commit_seq == CommitSeq(3));
    s.ok("default", put("empty", ""));
    assert!(!s.ok("default", swap("empty", None, Some("x"))).swapped, "an empty value is not an absent one");
    assert!(s.ok("default", swap("empty", Some(""), Some("x"))).swapped);
}

fn time_to_live_hides_at_read(s: &mut Script) {
    s.expect_housekeeping();
    s.ok("default", put_ttl("short", "1", 100));
    s.ok("default", put_ttl("long", "2", 10_000));
    s.db.clock.advance_ms(99);
    assert_eq!(value(s, "short").as_deref(), Some("1"));
    s.db.clock.advance_ms(1);
    assert_eq!(value(s, "short"), None, "it expires at the very millisecond");
    assert!(!exists(s, "short") && exists(s, "long"));
    let values = s.ok("default", MultiGet { keys: vec![bytes("short"), bytes("long")], snapshot: None }).values;
    assert!(values[0].is_none() && values[1].is_some());
    let page = s.ok("default", toondb_engine::api::Scan::default());
    assert_eq!(page.entries.iter().map(|entry| entry.key.clone()).collect::<Vec<_>>(), [bytes("long")]);
    assert_eq!(s.ok("default", delete_key("short")).deleted, 0, "what has expired is not there to be deleted");
}

fn time_to_live_survives_closing(s: &mut Script) {
    s.expect_housekeeping();
    s.ok("default", put_ttl("a", "1", 100));
    s.ok("default", put_ttl("b", "1", 200));
    s.reopen();
    s.db.clock.advance_ms(100);
    assert_eq!(value(s, "a"), None);
    assert_eq!(value(s, "b").as_deref(), Some("1"));
    s.lose_power();
    assert_eq!(value(s, "a"), None);
    s.db.clock.advance_ms(100);
    assert_eq!(value(s, "b"), None);
}

fn time_to_live_is_replaced_by_a_write(s: &mut Script) {
    s.expect_housekeeping();
    s.ok("default", put_ttl("a", "1", 100));
    s.ok("default", put("a", "2"));
    s.ok("default", put_ttl("b", "1", 100));
    s.ok("default", put_ttl("b", "2", 300));
    let with_ttl = CompareAndSet { ttl_ms: Some(50), ..swap("c", None, Some("1")) };
    assert!(s.ok("default", with_ttl).swapped);
    s.db.clock.advance_ms(200);
    assert_eq!(value(s, "a").as_deref(), Some("2"), "a put without a time to live clears the old one");
    assert_eq!(value(s, "b").as_deref(), Some("2"));
    assert_eq!(value(s, "c"), None);
    // To a comparison, what has expired is absent.
    let swapped = s.ok("default", swap("c", None, Some("2")));
    assert!(swapped.swapped && swapped.previous.is_none());
    s.db.clock.advance_ms(1_000);
    assert_eq!(value(s, "c").as_deref(), Some("2"));
}

fn durability_is_echoed(s: &mut Script) {
    let volatile = s.ok("default", Put { durability: Durability::Volatile, ..put("v", "1") });
    assert_eq!(volatile.durability, Durability::Volatile);
    assert_eq!(value(s, "v").as_deref(), Some("1"), "a volatile write is visible at once");
    let batch = s.ok("default", BatchPut { durability: Durability::Volatile, ..batch(&[("w", "1")]) });
    assert_eq!(batch.durability, Durability::Volatile);
    let deleted = s.ok("default", DeleteKey { durability: Durability::Volatile, ..delete_key("w") });
    assert_eq!(deleted.durability, Durability::Volatile);
    // A durable write makes everything before it durable.
    assert_eq!(s.ok("default", put("d", "1")).durability, Durability::Durable);
    s.lose_power();
    assert_eq!(value(s, "v").as_deref(), Some("1"));
    assert_eq!(value(s, "w"), None);
    assert_eq!(value(s, "d").as_deref(), Some("1"));
}

fn commits_have_no_holes(s: &mut Script) {
    for i in 1..=50 {
        let key = format!("{}", i % 7);
        assert_eq!(s.ok("default", put(&key, &i.to_string())).commit_seq, CommitSeq(i));
        s.fails(ErrorCode::InvalidArgument, "default", put("", "refused"));
        s.ok("default", delete_key("absent"));
        s.ok("default", get("0"));
    }
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).commit_seq, CommitSeq(50));
    s.reopen();
    assert_eq!(s.ok("default", put("next", "")).commit_seq, CommitSeq(51));
    s.lose_power();
    assert_eq!(s.ok("default", put("next", "")).commit_seq, CommitSeq(52));
    assert_eq!(s.ok("other", put("k", "")).commit_seq, CommitSeq(1), "each namespace counts for itself");
}

scenarios!(
    put_get_delete,
    bytes_of_any_kind,
    multi_get_keeps_order,
    batches_are_one_commit,
    compare_and_set,
    time_to_live_hides_at_read,
    time_to_live_survives_closing,
    time_to_live_is_replaced_by_a_write,
    durability_is_echoed,
    commits_have_no_holes,
);
