//! Scans: order, prefix, range, limit, cursor, both directions, and where the data lies must not matter.

use toondb_engine::api::{BatchPut, ByteBuf, Durability, ErrorCode, Flush, KvPage, PutEntry, Scan};
use toondb_tests::Script;
use toondb_tests::requests::{batch, bytes, delete_key, put, scan};

fn keys(page: &KvPage) -> Vec<String> {
    page.entries.iter().map(|entry| String::from_utf8_lossy(&entry.key).into_owned()).collect()
}

fn fill(s: &mut Script) {
    s.ok("default", batch(&[("a", "1"), ("b1", "2"), ("b2", "3"), ("b3", "4"), ("c", "5")]));
}

fn order_prefix_and_range(s: &mut Script) {
    fill(s);
    let page = s.ok("default", Scan::default());
    assert_eq!(keys(&page), ["a", "b1", "b2", "b3", "c"]);
    assert_eq!(page.cursor, None);
    assert_eq!(keys(&s.ok("default", scan("b"))), ["b1", "b2", "b3"]);
    assert!(keys(&s.ok("default", scan("bb"))).is_empty());
    let from = |start: &str, end: &str| Scan { start: Some(bytes(start)), end: Some(bytes(end)), ..Scan::default() };
    assert_eq!(keys(&s.ok("default", from("b1", "b3"))), ["b1", "b2"], "the end is outside");
    assert_eq!(keys(&s.ok("default", Scan { prefix: Some(bytes("b")), ..from("b2", "z") })), ["b2", "b3"]);
    assert_eq!(keys(&s.ok("default", Scan { prefix: Some(bytes("b")), ..from("a", "b2") })), ["b1"]);
    assert!(keys(&s.ok("default", from("c", "a"))).is_empty(), "a reversed range holds nothing");
    assert_eq!(keys(&s.ok("default", Scan { end: None, ..from("b3", "") })), ["b3", "c"]);
}

fn reverse(s: &mut Script) {
    fill(s);
    let back = |prefix: &str| Scan { reverse: true, ..scan(prefix) };
    assert_eq!(keys(&s.ok("default", back(""))), ["c", "b3", "b2", "b1", "a"]);
    assert_eq!(keys(&s.ok("default", back("b"))), ["b3", "b2", "b1"]);
    let page = s.ok("default", Scan { limit: Some(2), ..back("b") });
    assert_eq!(keys(&page), ["b3", "b2"], "the limit applies after the order");
    let rest = s.ok("default", Scan { cursor: page.cursor, ..back("b") });
    assert_eq!((keys(&rest), rest.cursor), (vec!["b1".to_owned()], None));
}

fn values_and_keys_only(s: &mut Script) {
    fill(s);
    let page = s.ok("default", scan("b"));
    let values: Vec<ByteBuf> = page.entries.iter().map(|entry| entry.value.clone()).collect();
    assert_eq!(values, ["2", "3", "4"].map(bytes));
    let bare = s.ok("default", Scan { keys_only: true, ..scan("b") });
    assert_eq!(keys(&bare), ["b1", "b2", "b3"]);
    assert!(bare.entries.iter().all(|entry| entry.value.is_empty()));
}

/// Reads a scan to its end in pages of `limit` and gives the keys and the number of pages.
fn in_pages(s: &mut Script, base: &Scan, limit: u32) -> (Vec<String>, usize) {
    let (mut found, mut pages, mut cursor) = (Vec::new(), 0, None);
    loop {
        let page = s.ok("default", Scan { limit: Some(limit), cursor, ..base.clone() });
        assert!(page.entries.len() <= limit as usize);
        found.extend(keys(&page));
        pages += 1;
        cursor = page.cursor;
        if cursor.is_none() {
            return (found, pages);
        }
    }
}

fn pages_join_without_gap_or_repeat(s: &mut Script) {
    let names: Vec<String> = (0..100).map(|i| format!("k{i:03}")).collect();
    let entries = |names: &[String]| {
        let entries =
            names.iter().map(|name| PutEntry { key: bytes(name), value: bytes(name), ttl_ms: None }).collect();
        BatchPut { entries, durability: Durability::Durable }
    };
    // Half of the rows lie in the store and half in memory, one deleted in each, and one written in both.
    s.ok("default", entries(&names[..50]));
    s.ok("default", Flush {});
    s.ok("default", entries(&names[49..]));
    s.ok("default", delete_key("k010"));
    s.ok("default", delete_key("k090"));
    let expected: Vec<String> =
        names.iter().filter(|name| !["k010", "k090"].contains(&name.as_str())).cloned().collect();
    let backwards: Vec<String> = expected.iter().rev().cloned().collect();
    for limit in [1, 7, 98, 99, 1_000] {
        let (found, pages) = in_pages(s, &Scan::default(), limit);
        assert_eq!(found, expected, "limit {limit}");
        assert_eq!(pages, expected.len().div_ceil(limit as usize).max(1), "no page is empty (limit {limit})");
        let (found, _) = in_pages(s, &Scan { reverse: true, ..Scan::default() }, limit);
        assert_eq!(found, backwards, "limit {limit}");
    }
    s.reopen();
    assert_eq!(in_pages(s, &Scan::default(), 9).0, expected);
}

fn prefixes_at_the_end_of_the_key_space(s: &mut Script) {
    let key = |bytes: &[u8]| ByteBuf::from(bytes.to_vec());
    for bytes in [&[0xfe][..], &[0xff], &[0xff, 0x00], &[0xff, 0xff], &[0xff, 0xff, 0xff]] {
        s.ok("default", toondb_engine::api::Put { key: key(bytes), ..put("", "v") });
    }
    let mut count =
        |prefix: &[u8]| s.ok("default", Scan { prefix: Some(key(prefix)), ..Scan::default() }).entries.len();
    assert_eq!(count(&[0xff]), 4);
    assert_eq!(count(&[0xff, 0xff]), 2);
    assert_eq!(count(&[0xfe]), 1);
    assert_eq!(count(&[]), 5);
}

fn pages_are_bounded_in_bytes(s: &mut Script) {
    let big = "x".repeat(3 << 20);
    for i in 0..5 {
        s.ok("default", put(&format!("big{i}"), &big));
    }
    let first = s.ok("default", scan("big"));
    assert!(first.entries.len() < 5, "15 MiB do not come in one page");
    assert!(first.cursor.is_some());
    let (found, _) = in_pages(s, &scan("big"), 100);
    assert_eq!(found.len(), 5);
    s.fails(ErrorCode::LimitExceeded, "default", Scan { prefix: Some(bytes(&"x".repeat(9_000))), ..Scan::default() });
}

scenarios!(
    order_prefix_and_range,
    reverse,
    values_and_keys_only,
    pages_join_without_gap_or_repeat,
    prefixes_at_the_end_of_the_key_space,
    pages_are_bounded_in_bytes,
);
