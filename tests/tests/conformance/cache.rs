//! Semantic caches: answers found again by key and by likeness, for a time, until they are forgotten.

use toondb_engine::api::{
    CacheGet, CacheHit, CachePut, CacheStats, CacheStatsRequest, CommitSeq, CountDocuments, DeleteDocuments,
    DeleteVectors, DescribeCollection, DescribeIndex, DropCollection, DropIndex, Durability, Embedding, ErrorCode,
    ListCollections, ListIndexes, ListNamespaces, Metric, NamespaceStatsRequest,
};
use toondb_engine::limits;
use toondb_tests::Script;
use toondb_tests::requests::{
    add_documents, cache_get, cache_invalidate, cache_put, create_collection, document, get_documents, search,
};

fn put_ttl(key: &str, embedding: &[f32], ttl_ms: u64) -> CachePut {
    CachePut { ttl_ms: Some(ttl_ms), ..cache_put("c", key, embedding) }
}

fn by_key(key: &str) -> CacheGet {
    CacheGet { key: Some(key.to_owned()), embedding: None, ..cache_get("c", &[]) }
}

fn at_least(threshold: f32, embedding: &[f32]) -> CacheGet {
    CacheGet { threshold: Some(threshold), ..cache_get("c", embedding) }
}

fn hit(s: &mut Script, get: CacheGet) -> Option<CacheHit> {
    s.ok("default", get).hit
}

fn key(s: &mut Script, get: CacheGet) -> Option<String> {
    hit(s, get).map(|hit| hit.key)
}

fn stats(s: &mut Script) -> CacheStats {
    s.ok("default", CacheStatsRequest { cache: "c".into() })
}

fn entries(s: &mut Script) -> u64 {
    stats(s).entries
}

fn answers_are_found_again(s: &mut Script) {
    let written = s.ok("default", cache_put("c", "east", &[2.0, 0.0]));
    assert_eq!((written.commit_seq, written.durability), (CommitSeq(1), Durability::Durable));
    assert_eq!(s.ok("default", cache_put("c", "north", &[0.0, 3.0])).commit_seq, CommitSeq(2));
    let found = hit(s, cache_get("c", &[5.0, 0.0])).unwrap();
    assert_eq!((found.key.as_str(), found.value.as_str(), found.similarity), ("east", "value of east", 1.0));
    // 3 to 4: cosines of 0.8 to the one and 0.6 to the other.
    assert_eq!(hit(s, cache_get("c", &[4.0, 3.0])), None, "0.8 does not reach {}", limits::CACHE_THRESHOLD_DEFAULT);
    let found = hit(s, at_least(0.75, &[4.0, 3.0])).unwrap();
    assert_eq!((found.key.as_str(), found.similarity), ("east", 0.8));
    assert_eq!(key(s, at_least(0.8, &[4.0, 3.0])).as_deref(), Some("east"), "reaching the threshold is enough");
    assert_eq!(key(s, at_least(0.81, &[4.0, 3.0])), None);
    assert_eq!(hit(s, at_least(-1.0, &[-1.0, -2.0])).unwrap().key, "east", "the nearest, however far");
    assert_eq!(stats(s), CacheStats { hits: 4, misses: 2, entries: 2 });

    s.reopen();
    assert_eq!(stats(s), CacheStats { hits: 0, misses: 0, entries: 2 }, "look-ups are counted since the opening");
    assert_eq!(key(s, cache_get("c", &[5.0, 0.1])).as_deref(), Some("east"));
    s.lose_power();
    assert_eq!(key(s, cache_get("c", &[0.1, 5.0])).as_deref(), Some("north"));
    assert_eq!(stats(s), CacheStats { hits: 1, misses: 0, entries: 2 });
}

fn an_equal_key_comes_before_likeness(s: &mut Script) {
    s.ok("default", cache_put("c", "east", &[1.0, 0.0]));
    s.ok("default", cache_put("c", "north", &[0.0, 1.0]));
    let both = |key: &str, embedding: &[f32]| CacheGet { key: Some(key.to_owned()), ..cache_get("c", embedding) };
    let found = hit(s, CacheGet { threshold: Some(1.0), ..both("north", &[1.0, 0.0]) }).unwrap();
    assert_eq!((found.key.as_str(), found.value.as_str(), found.similarity), ("north", "value of north", 1.0));
    assert_eq!(key(s, both("elsewhere", &[1.0, 0.0])).as_deref(), Some("east"), "an unknown key is none");
    assert_eq!(key(s, by_key("east")).as_deref(), Some("east"));
    assert_eq!(key(s, by_key("eas")), None);
    assert_eq!(key(s, both("", &[1.0, 0.0])).as_deref(), Some("east"), "an empty key is none");
    s.fails(ErrorCode::InvalidArgument, "default", by_key(""));
    s.fails(ErrorCode::InvalidArgument, "default", CacheGet { key: None, ..by_key("") });
}

fn an_equal_key_replaces(s: &mut Script) {
    s.ok("default", cache_put("c", "k", &[1.0, 0.0]));
    s.ok("default", CachePut { value: "newer".to_owned(), ..cache_put("c", "k", &[0.0, 1.0]) });
    assert_eq!(entries(s), 1);
    assert_eq!(key(s, cache_get("c", &[1.0, 0.0])), None, "the old embedding is gone with the old value");
    assert_eq!(hit(s, cache_get("c", &[0.0, 1.0])).unwrap().value, "newer");
    s.lose_power();
    assert_eq!((entries(s), hit(s, by_key("k")).unwrap().value), (1, "newer".to_owned()));
}

fn entries_expire(s: &mut Script) {
    s.expect_housekeeping();
    s.ok("default", put_ttl("short", &[1.0, 0.0], 100));
    s.ok("default", put_ttl("long", &[0.9, 0.1], 10_000));
    s.ok("default", cache_put("c", "ever", &[0.0, 1.0]));
    s.db.clock.advance_ms(99);
    assert_eq!(key(s, cache_get("c", &[1.0, 0.0])).as_deref(), Some("short"));
    s.db.clock.advance_ms(1);
    assert_eq!(key(s, cache_get("c", &[1.0, 0.0])).as_deref(), Some("long"), "the second nearest is the nearest now");
    assert_eq!((key(s, by_key("short")), entries(s)), (None, 2));
    s.reopen();
    assert_eq!((key(s, by_key("short")), entries(s)), (None, 2));
    s.lose_power();
    s.db.clock.advance_ms(9_900);
    assert_eq!((key(s, cache_get("c", &[1.0, 0.0])), entries(s)), (None, 1));
    assert_eq!(
        s.ok("default", cache_invalidate("c", "long")).deleted,
        0,
        "what has expired is not there to be deleted"
    );
    assert_eq!(s.ok("default", cache_invalidate("c", "*")).deleted, 1);
    s.fails(ErrorCode::InvalidArgument, "default", put_ttl("never", &[1.0, 0.0], 0));
}

fn a_new_time_to_live_replaces_the_old(s: &mut Script) {
    s.expect_housekeeping();
    for (key, ttl_ms) in [("ever", None), ("longer", Some(500)), ("shorter", Some(50))] {
        s.ok("default", put_ttl(key, &[1.0, 0.0], 100));
        s.ok("default", CachePut { ttl_ms, ..cache_put("c", key, &[1.0, 0.0]) });
    }
    s.db.clock.advance_ms(50);
    assert_eq!((key(s, by_key("shorter")), entries(s)), (None, 2));
    s.db.clock.advance_ms(50);
    assert_eq!(entries(s), 2);
    s.ok("default", put_ttl("shorter", &[1.0, 0.0], 1_000));
    s.lose_power();
    s.db.clock.advance_ms(400);
    assert_eq!((key(s, by_key("longer")), key(s, by_key("ever")).as_deref(), entries(s)), (None, Some("ever"), 2));
    assert_eq!(key(s, by_key("shorter")).as_deref(), Some("shorter"), "an expired entry can be put again");
}

fn invalidation_takes_globs(s: &mut Script) {
    let all = ["user:1:name", "user:1:age", "user:22:name", "city:*", "größe"];
    for (i, key) in (0_u8..).zip(all) {
        s.ok("default", cache_put("c", key, &[1.0, f32::from(i)]));
    }
    let deleted = s.ok("default", cache_invalidate("c", "user:?:*"));
    assert_eq!((deleted.deleted, deleted.commit_seq), (2, CommitSeq(6)), "all in one commit");
    assert_eq!((entries(s), key(s, by_key("user:1:age"))), (3, None));
    let nothing = s.ok("default", cache_invalidate("c", "user"));
    assert_eq!((nothing.deleted, nothing.commit_seq), (0, CommitSeq(6)), "a pattern is of whole keys");
    assert_eq!(s.ok("default", cache_invalidate("c", r"city:\*")).deleted, 1);
    assert_eq!(s.ok("default", cache_invalidate("c", "gr[m-ÿ]?e")).deleted, 1);
    for pattern in ["", "[", "x[]", r"\"] {
        s.fails(ErrorCode::InvalidArgument, "default", cache_invalidate("c", pattern));
    }
    s.lose_power();
    assert_eq!(key(s, at_least(-1.0, &[1.0, 0.0])).as_deref(), Some("user:22:name"));
    assert_eq!(s.ok("default", cache_invalidate("c", "**")).deleted, 1);
    assert_eq!((entries(s), key(s, at_least(-1.0, &[1.0, 0.0]))), (0, None));
    s.fails(ErrorCode::InvalidArgument, "default", cache_put("c", "k", &[1.0]));
    s.ok("default", cache_put("c", "k", &[1.0, 1.0]));
    assert_eq!(entries(s), 1);
}

fn the_first_entry_fixes_the_dimension(s: &mut Script) {
    let bad: [&[f32]; 5] =
        [&[], &[0.0, 0.0], &[1.0, f32::NAN], &[f32::INFINITY, 1.0], &[1.0; limits::DIMENSION_MAX + 1]];
    for embedding in bad {
        s.fails(ErrorCode::InvalidArgument, "default", cache_put("c", "k", embedding));
        s.fails(ErrorCode::InvalidArgument, "default", cache_get("c", embedding));
    }
    assert_eq!(s.ok("default", NamespaceStatsRequest {}).collections, 0, "what was refused has created nothing");
    s.ok("default", cache_put("c", "k", &[1.0, 0.0]));
    let error = s.fails(ErrorCode::InvalidArgument, "default", cache_put("c", "k", &[1.0, 0.0, 0.0]));
    assert!(error.message.contains("dimension 3") && error.message.contains("fixed 2"), "{}", error.message);
    s.fails(ErrorCode::InvalidArgument, "default", cache_get("c", &[1.0]));
    // Whether a request is refused does not depend on whether its key is found.
    s.fails(ErrorCode::InvalidArgument, "default", CacheGet { key: Some("k".to_owned()), ..cache_get("c", &[1.0]) });
    for embedding in bad {
        s.fails(ErrorCode::InvalidArgument, "default", cache_put("c", "k", embedding));
    }
    assert_eq!(stats(s), CacheStats { hits: 0, misses: 0, entries: 1 });
    s.ok("default", cache_put("other", "k", &[1.0, 0.0, 0.0]));
    assert_eq!(key(s, cache_get("c", &[1.0, 0.0])).as_deref(), Some("k"), "each cache has its own dimension");
}

fn limits_of_entries(s: &mut Script) {
    let long = "k".repeat(limits::ID_BYTES_MAX);
    s.ok("default", cache_put("c", &long, &[1.0]));
    assert_eq!(key(s, cache_get("c", &[2.0])), Some(long.clone()));
    assert_eq!(s.ok("default", cache_invalidate("c", &long)).deleted, 1);
    s.fails(ErrorCode::LimitExceeded, "default", cache_put("c", &format!("{long}k"), &[1.0]));
    s.fails(ErrorCode::InvalidArgument, "default", cache_put("c", "", &[1.0]));
    s.fails(ErrorCode::InvalidArgument, "default", cache_put("c", "a\0b", &[1.0]));
    s.fails(ErrorCode::InvalidArgument, "default", cache_put("", "k", &[1.0]));
    let value = "v".repeat(limits::CONTENT_BYTES_MAX + 1);
    s.fails(ErrorCode::LimitExceeded, "default", CachePut { value, ..cache_put("c", "k", &[1.0]) });
    for threshold in [-1.5, 1.5, f32::NAN] {
        s.fails(ErrorCode::InvalidArgument, "default", at_least(threshold, &[1.0]));
    }
    s.ok("default", CachePut { value: String::new(), ..cache_put("c", "empty", &[1.0]) });
    assert_eq!(hit(s, by_key("empty")).unwrap().value, "");
}

fn what_does_not_exist_is_empty(s: &mut Script) {
    for namespace in ["default", "nowhere"] {
        assert_eq!(s.ok(namespace, cache_get("c", &[1.0])).hit, None);
        assert_eq!(s.ok(namespace, by_key("k")).hit, None);
        assert_eq!(s.ok(namespace, CacheStatsRequest { cache: "c".into() }), CacheStats::default());
    }
    let names: Vec<_> =
        s.ok("default", ListNamespaces {}).namespaces.into_iter().map(|namespace| namespace.name).collect();
    assert!(!names.iter().any(|name| name.as_str() == "nowhere"), "asking creates nothing");
    assert_eq!(s.ok("default", cache_invalidate("c", "*")).deleted, 0);
    assert_eq!(stats(s), CacheStats::default(), "what does not exist counts nothing");
    s.ok("nowhere", cache_put("c", "k", &[1.0]));
    assert_eq!(s.ok("default", cache_get("c", &[1.0])).hit, None, "a cache belongs to one namespace");
    assert_eq!(s.ok("nowhere", cache_get("c", &[1.0])).hit.map(|hit| hit.key).as_deref(), Some("k"));
}

fn caches_and_collections_do_not_meet(s: &mut Script) {
    s.ok("default", cache_put("c", "d", &[1.0, 0.0]));
    assert!(
        s.ok("default", ListCollections {}).collections.is_empty()
            && s.ok("default", ListIndexes {}).indexes.is_empty()
    );
    // The key under which a cache's record is kept cannot be given as a name.
    for name in ["c", "\0c"] {
        let code = if name == "c" { ErrorCode::CollectionNotFound } else { ErrorCode::InvalidArgument };
        s.fails(code, "default", DescribeCollection { collection: name.into() });
        s.fails(code, "default", DescribeIndex { index: name.into() });
        s.fails(code, "default", search(name, &[1.0, 0.0], 1));
        s.fails(code, "default", get_documents(name, &["d"]));
        s.fails(code, "default", CountDocuments { collection: name.into(), ..CountDocuments::default() });
        s.fails(code, "default", add_documents(name, vec![document("d", &[1.0, 0.0])]));
        let (ids, durability) = (vec!["d".into()], Durability::Durable);
        s.fails(code, "default", DeleteDocuments { collection: name.into(), ids, durability, ..Default::default() });
        s.fails(code, "default", DeleteVectors { index: name.into(), ids: vec![1], durability });
    }
    assert_eq!(s.ok("default", DropCollection { collection: "c".into() }).deleted, 0);
    assert_eq!(s.ok("default", DropIndex { index: "c".into() }).deleted, 0);
    s.fails(ErrorCode::InvalidArgument, "default", DropCollection { collection: "\0c".into() });
    s.fails(ErrorCode::InvalidArgument, "default", cache_put("\0c", "d", &[1.0, 0.0]));

    s.expect_housekeeping();
    assert!(
        s.ok("default", create_collection("c", 3, Metric::Euclidean)).created,
        "names of caches are names of their own"
    );
    s.ok("default", add_documents("c", vec![document("d", &[0.0, 0.0, 1.0])]));
    assert_eq!(s.ok("default", cache_invalidate("c", "d")).deleted, 1);
    assert_eq!(s.ok("default", search("c", &[0.0; 3], 5)).hits.len(), 1, "the document has the entry's key and stays");
    s.ok("default", cache_put("c", "d", &[1.0, 0.0]));
    let counted = s.ok("default", NamespaceStatsRequest {});
    assert_eq!((counted.collections, counted.documents, counted.vectors), (2, 1, 2));
    assert_eq!(s.ok("default", DropCollection { collection: "c".into() }).deleted, 1);
    s.reopen();
    assert_eq!(key(s, cache_get("c", &[1.0, 0.0])).as_deref(), Some("d"));
    assert!(s.ok("default", ListCollections {}).collections.is_empty());
    s.fails(ErrorCode::CollectionNotFound, "default", search("c", &[0.0; 3], 5));
}

fn durability_is_echoed(s: &mut Script) {
    s.ok("default", cache_put("c", "kept", &[1.0, 0.0]));
    let volatile = CachePut { durability: Durability::Volatile, ..cache_put("c", "lost", &[0.0, 1.0]) };
    assert_eq!(s.ok("default", volatile).durability, Durability::Volatile);
    assert_eq!(key(s, cache_get("c", &[0.0, 1.0])).as_deref(), Some("lost"));
    s.lose_power();
    assert_eq!(key(s, cache_get("c", &[1.0, 0.0])).as_deref(), Some("kept"));
    let given = Some(Embedding(vec![0.0, 1.0]));
    assert_eq!(key(s, CacheGet { embedding: given, ..by_key("kept") }).as_deref(), Some("kept"));
}

scenarios!(
    answers_are_found_again,
    an_equal_key_comes_before_likeness,
    an_equal_key_replaces,
    entries_expire,
    a_new_time_to_live_replaces_the_old,
    invalidation_takes_globs,
    the_first_entry_fixes_the_dimension,
    limits_of_entries,
    what_does_not_exist_is_empty,
    caches_and_collections_do_not_meet,
    durability_is_echoed,
);
