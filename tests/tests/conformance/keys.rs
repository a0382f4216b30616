//! Keys that are counted, touched, listed and deleted together.

use toondb_engine::api::{
    BatchDelete, BatchPut, ByteBuf, Commit, CommitSeq, DeleteRange, Durability, EndSnapshot, ErrorCode, GetTtl,
    Increment, KeySpan, NamespaceStatsRequest, PrefixEntry, PutEntry, RowsQuery, Scan, ScanPrefixes, TakeSnapshot,
    Touch, Write,
};
use toondb_tests::Script;
use toondb_tests::requests::{batch, bytes, get, put, put_ttl};

fn increment(key: &str, by: i64) -> Increment {
    Increment { key: bytes(key), by, ttl_ms: None, durability: Durability::Durable }
}

fn touch(keys: &[&str], ttl_ms: Option<u64>, persist: bool) -> Touch {
    let keys = keys.iter().map(|key| bytes(key)).collect();
    Touch { keys, ttl_ms, persist, durability: Durability::Durable }
}

fn value(s: &mut Script, key: &str) -> Option<ByteBuf> {
    s.ok("default", get(key)).found.map(|found| found.value)
}

fn ttl(s: &mut Script, key: &str) -> (bool, Option<u64>) {
    let left = s.ok("default", GetTtl { key: bytes(key), snapshot: None });
    (left.exists, left.ttl_ms)
}

fn counting(s: &mut Script) {
    let first = s.ok("default", increment("n", 5));
    assert_eq!((first.value, first.commit_seq), (5, CommitSeq(1)));
    assert_eq!(s.ok("default", increment("n", -7)).value, -2);
    assert_eq!(value(s, "n"), Some(bytes("-2")), "the value is decimal text");
    s.ok("default", put("n", "9223372036854775806"));
    assert_eq!(s.ok("default", increment("n", 1)).value, i64::MAX);
    s.fails(ErrorCode::LimitExceeded, "default", increment("n", 1));
    assert_eq!(value(s, "n"), Some(bytes("9223372036854775807")), "what was refused changed nothing");
    for text in ["", "x", "1.5", " 1", "9223372036854775808", "1\n"] {
        s.ok("default", put("text", text));
        s.fails(ErrorCode::InvalidArgument, "default", increment("text", 1));
        assert_eq!(value(s, "text"), Some(bytes(text)));
    }
    assert_eq!(s.ok("default", increment("zero", 0)).value, 0, "a key that is counted is there");
    assert_eq!(value(s, "zero"), Some(bytes("0")));
}

fn counting_keeps_the_time_to_live(s: &mut Script) {
    s.expect_housekeeping();
    s.ok("default", Increment { ttl_ms: Some(100), ..increment("window", 1) });
    s.db.clock.advance_ms(60);
    assert_eq!(s.ok("default", Increment { ttl_ms: Some(100), ..increment("window", 1) }).value, 2);
    assert_eq!(ttl(s, "window"), (true, Some(40)), "only the first write of the window says when it ends");
    s.db.clock.advance_ms(40);
    assert_eq!(s.ok("default", Increment { ttl_ms: Some(100), ..increment("window", 1) }).value, 1);
    assert_eq!(ttl(s, "window"), (true, Some(100)));
}

fn times_to_live_are_told_and_changed(s: &mut Script) {
    s.expect_housekeeping();
    s.ok("default", put("a", "1"));
    s.ok("default", put_ttl("b", "2", 100));
    assert_eq!(ttl(s, "a"), (true, None));
    assert_eq!(ttl(s, "b"), (true, Some(100)));
    assert_eq!(ttl(s, "none"), (false, None));

    let counted = s.ok("default", touch(&["a", "b", "none", "a"], None, false));
    assert_eq!(
        (counted.existing, counted.changed, counted.commit_seq),
        (3, 0, CommitSeq(2)),
        "counting changes nothing"
    );
    let touched = s.ok("default", touch(&["a", "b", "none"], Some(500), false));
    assert_eq!((touched.existing, touched.changed, touched.commit_seq), (2, 2, CommitSeq(3)));
    assert_eq!((ttl(s, "a"), ttl(s, "b")), ((true, Some(500)), (true, Some(500))));
    assert_eq!(s.ok("default", get("a")).found.unwrap().version, CommitSeq(1), "the value is as old as it was");
    let kept = s.ok("default", touch(&["a"], None, true));
    assert_eq!((kept.existing, kept.changed), (1, 1));
    let again = s.ok("default", touch(&["a", "none"], None, true));
    assert_eq!((again.existing, again.changed, again.commit_seq), (1, 0, kept.commit_seq));
    s.db.clock.advance_ms(500);
    assert_eq!((ttl(s, "a"), ttl(s, "b")), ((true, None), (false, None)));
    assert_eq!(s.ok("default", touch(&["b"], Some(500), false)).existing, 0, "what has expired is not called back");
    s.fails(ErrorCode::InvalidArgument, "default", touch(&["a"], Some(1), true));
    s.fails(ErrorCode::InvalidArgument, "default", touch(&["a"], Some(0), false));
    s.reopen();
    assert_eq!((ttl(s, "a"), ttl(s, "b")), ((true, None), (false, None)));
}

fn many_keys_go_in_one_commit(s: &mut Script) {
    s.ok("default", batch(&[("a", "1"), ("b", "2"), ("c", "3")]));
    let delete = |keys: &[&str]| {
        let keys = keys.iter().map(|key| bytes(key)).collect();
        BatchDelete { keys, durability: Durability::Durable }
    };
    let deleted = s.ok("default", delete(&["a", "x", "c", "a"]));
    assert_eq!((deleted.deleted, deleted.commit_seq), (2, CommitSeq(2)));
    assert_eq!((value(s, "a"), value(s, "b"), value(s, "c")), (None, Some(bytes("2")), None));
    assert_eq!(s.ok("default", delete(&["a"])).commit_seq, CommitSeq(2));
    s.fails(ErrorCode::InvalidArgument, "default", delete(&["b", ""]));
    let stats = s.ok("default", NamespaceStatsRequest {});
    assert_eq!((stats.keys, stats.live_bytes), (1, 2));
}

fn range(prefix: Option<&str>, start: Option<&str>, end: Option<&str>) -> DeleteRange {
    let keys = KeySpan { prefix: prefix.map(bytes), start: start.map(bytes), end: end.map(bytes) };
    DeleteRange { keys, durability: Durability::Durable }
}

fn a_range_of_keys_goes_in_one_commit(s: &mut Script) {
    s.expect_housekeeping();
    let keys = ["a", "b/1", "b/2", "b/3", "c", "d"];
    s.ok("default", batch(&keys.map(|key| (key, "v"))));
    s.ok("default", put_ttl("b/expired", "v", 10));
    s.db.clock.advance_ms(10);
    let left = |s: &mut Script| {
        let page = s.ok("default", Scan::default());
        page.entries.into_iter().map(|entry| String::from_utf8(entry.key.into_vec()).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(
        s.ok("default", range(Some("b/"), None, Some("b/3"))).deleted,
        Some(2),
        "what has expired is not counted"
    );
    assert_eq!(left(s), ["a", "b/3", "c", "d"]);
    assert_eq!(s.ok("default", range(None, Some("b"), Some("d"))).deleted, Some(2));
    assert_eq!(left(s), ["a", "d"]);
    assert_eq!(s.ok("default", range(None, Some("d"), Some("a"))).deleted, Some(0), "nothing lies in it");
    assert_eq!(s.ok("default", range(Some("nothing"), None, None)).deleted, Some(0));
    s.fails(ErrorCode::InvalidArgument, "default", range(None, None, None));
    s.fails(ErrorCode::InvalidArgument, "default", range(Some(""), None, None));
    s.fails(ErrorCode::LimitExceeded, "default", range(Some(&"x".repeat(8193)), None, None));
    assert_eq!(s.ok("default", range(None, Some("b"), None)).deleted, Some(1), "without an end");
    assert_eq!(left(s), ["a"]);
    assert_eq!(s.ok("default", range(None, Some(""), None)).deleted, Some(1), "every key");
    assert!(left(s).is_empty());
}

/// More keys than are removed at once: they are hidden from their commit on, and nobody can tell the difference.
fn a_large_range_is_hidden_at_once(s: &mut Script) {
    s.expect_housekeeping();
    let entries = (0..10_001)
        .map(|number| PutEntry { key: bytes(&format!("k{number:05}")), value: bytes("v"), ttl_ms: None })
        .collect();
    s.ok("default", BatchPut { entries, durability: Durability::Durable });
    let before = s.ok("default", TakeSnapshot {}).seq;
    let range = KeySpan { prefix: Some(bytes("k")), ..KeySpan::default() };
    let add = |key: &str| Write::Put(PutEntry { key: bytes(key), value: bytes("new"), ttl_ms: None });
    let writes = vec![add("k00001"), Write::DeleteRange(range.clone()), add("k00002")];
    s.ok("default", Commit { writes, ..Commit::default() });
    let keys = |s: &mut Script, snapshot| {
        let scan = Scan { limit: Some(10_000), snapshot, ..Scan::default() };
        s.ok("default", scan).entries.into_iter().map(|entry| entry.key).collect::<Vec<_>>()
    };
    for round in 0..3 {
        assert_eq!(keys(s, None), [bytes("k00002")], "round {round}");
        assert_eq!((value(s, "k00001"), value(s, "k00002")), (None, Some(bytes("new"))));
        match round {
            0 => {
                assert_eq!(keys(s, Some(before)).len(), 10_000, "an older reader");
                s.ok("default", EndSnapshot { seq: before });
                s.lose_power();
            }
            _ => s.reopen(),
        }
    }
    s.ok("default", put("k00003", "v"));
    assert_eq!(value(s, "k00003"), Some(bytes("v")));
}

fn list(prefix: &str, depth: u32) -> ScanPrefixes {
    ScanPrefixes {
        prefix: Some(bytes(prefix)),
        delimiter: bytes("/"),
        depth,
        limit: None,
        cursor: None,
        snapshot: None,
    }
}

fn listed(entries: Vec<PrefixEntry>) -> Vec<(String, bool)> {
    let told = |entry: PrefixEntry| (String::from_utf8(entry.key.into_vec()).unwrap(), entry.is_prefix);
    entries.into_iter().map(told).collect()
}

fn directories(s: &mut Script) {
    s.expect_housekeeping();
    let keys = ["a", "a/", "a/1", "a/2/x", "a/2/y", "a/3", "a0", "b/1", "b/1/2/3", "c"];
    s.ok("default", batch(&keys.map(|key| (key, "v"))));
    s.ok("default", put_ttl("d/expired", "v", 10));
    s.db.clock.advance_ms(10);
    let whole = |s: &mut Script, request: ScanPrefixes| listed(s.ok("default", request).entries);
    let named = |names: &[(&str, bool)]| names.iter().map(|(name, is)| ((*name).to_owned(), *is)).collect::<Vec<_>>();
    let top = named(&[("a", false), ("a/", true), ("a0", false), ("b/", true), ("c", false)]);
    assert_eq!(whole(s, list("", 1)), top);
    let under_a = named(&[("a/", false), ("a/1", false), ("a/2/", true), ("a/3", false)]);
    assert_eq!(whole(s, list("a/", 1)), under_a);
    let two = named(&[
        ("a", false),
        ("a/", false),
        ("a/1", false),
        ("a/2/", true),
        ("a/3", false),
        ("a0", false),
        ("b/1", false),
        ("b/1/", true),
        ("c", false),
    ]);
    assert_eq!(whole(s, list("", 2)), two);
    assert_eq!(whole(s, list("nothing", 1)), []);
    let by_digit = ScanPrefixes { delimiter: bytes("/1"), ..list("", 1) };
    assert_eq!(whole(s, by_digit).first(), Some(&("a".to_owned(), false)));
    // In pages of every size it is the same.
    for (limit, request, expected) in
        (1..6).flat_map(|limit| [(limit, list("", 2), &two), (limit, list("a/", 1), &under_a)])
    {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = s.ok("default", ScanPrefixes { limit: Some(limit), cursor, ..request.clone() });
            assert!(page.entries.len() <= limit as usize && found.len() <= expected.len());
            found.extend(listed(page.entries));
            cursor = page.cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(&found, expected, "pages of {limit}");
    }
    s.fails(ErrorCode::InvalidArgument, "default", list("", 0));
    s.fails(ErrorCode::InvalidArgument, "default", ScanPrefixes { delimiter: bytes(""), ..list("", 1) });
    let text = toondb_engine::api::Render {
        read: RowsQuery::ScanPrefixes(list("b/", 1)),
        format: toondb_engine::api::OutputFormat::Json,
        columns: None,
        tokenizer: None,
    };
    let rendered = s.ok("default", text);
    let expected = r#"[{"key":"b/1","is_prefix":false},{"key":"b/1/","is_prefix":true}]"#;
    assert_eq!(String::from_utf8(rendered.data.into_vec()).unwrap(), expected);
}

fn prefixes_of_the_largest_bytes(s: &mut Script) {
    let last = ByteBuf::from(vec![0xff, 0xff, b'/']);
    for key in [vec![0xff], vec![0xff, 0xff, b'/', 1], vec![0xff, 0xff, 0xff, 0xff]] {
        s.ok("default", toondb_engine::api::Put { key: ByteBuf::from(key), ..put("", "v") });
    }
    let page = s.ok("default", list("", 1));
    let keys: Vec<ByteBuf> = page.entries.into_iter().map(|entry| entry.key).collect();
    assert_eq!(keys, [ByteBuf::from(vec![0xff]), last, ByteBuf::from(vec![0xff; 4])]);
    let by_ff = ScanPrefixes { delimiter: ByteBuf::from(vec![0xff]), ..list("", 1) };
    let page = s.ok("default", by_ff);
    assert_eq!(page.entries, [PrefixEntry { key: ByteBuf::from(vec![0xff]), is_prefix: true }]);
}

scenarios!(
    counting,
    counting_keeps_the_time_to_live,
    times_to_live_are_told_and_changed,
    many_keys_go_in_one_commit,
    a_range_of_keys_goes_in_one_commit,
    a_large_range_is_hidden_at_once,
    directories,
    prefixes_of_the_largest_bytes,
);
