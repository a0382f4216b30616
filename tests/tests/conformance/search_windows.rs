//! Parts of what a search finds: from an offset on, down to a score, and so many of a group.

use std::collections::BTreeMap;

use toondb_engine::api::{
    CreateIndex, Document, DocumentHit, Durability, Embedding, EmbeddingBatch, ErrorCode, IdBatch, InsertVectors,
    Metric, Properties, SearchBatchCollection, SearchBatchVectors, SearchCollection, SearchVectors,
};
use toondb_tests::requests::{add_documents, create_collection, document_with, filter, map, search};
use toondb_tests::{Collection, Dice, Script, grouped, nearest, seed};

fn ids(hits: &[DocumentHit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.document.id.as_ref().unwrap().as_str()).collect()
}

/// Pieces of texts, about a third of them of one long text, and some of none.
fn fill(s: &mut Script, dice: &Dice, pieces: u64) -> Collection {
    s.ok("default", create_collection("c", 2, Metric::Euclidean));
    let mut twin = Collection { dimension: 2, metric: Metric::Euclidean, documents: BTreeMap::new() };
    let piece = |number: u64, dice: &Dice| {
        let parent = [0, dice.below(30), dice.below(300)][dice.below(3) as usize];
        let fields = match dice.below(8) {
            0 => Properties::new(),
            _ => Properties::new().with("parent", format!("p{parent}").as_str()).with("even", (number % 2) as i64),
        };
        document_with(&format!("d{number:05}"), &[dice.below(50) as f32, dice.below(50) as f32], fields)
    };
    let documents: Vec<Document> = (0..pieces).map(|number| piece(number, dice)).collect();
    for document in &documents {
        twin.documents.insert(document.id.as_ref().unwrap().to_string(), (0, document.clone()));
    }
    s.unrecorded("default", add_documents("c", documents));
    twin
}

fn windows_join(s: &mut Script) {
    let dice = Dice::new(seed(11));
    fill(s, &dice, 500);
    let query = &[20.0, 20.0];
    let whole = s.ok("default", search("c", query, 100)).hits;
    let mut joined = Vec::new();
    for offset in [0, 30, 60, 90] {
        joined.extend(s.ok("default", SearchCollection { offset, ..search("c", query, 30) }).hits);
    }
    assert_eq!(ids(&joined[..100]), ids(&whole));
    assert!(s.ok("default", SearchCollection { offset: 600, ..search("c", query, 30) }).hits.is_empty());
    for place in [0, 7, 99] {
        let threshold = Some(whole[place].score);
        let found = s.ok("default", SearchCollection { threshold, ..search("c", query, 100) }).hits;
        let expected: Vec<&DocumentHit> = whole.iter().filter(|hit| Some(hit.score) >= threshold).collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected);
        let rest = SearchCollection { threshold, offset: 3, ..search("c", query, 97) };
        assert_eq!(s.ok("default", rest).hits.len(), expected.len().saturating_sub(3));
    }
    assert!(s.ok("default", SearchCollection { threshold: Some(2.0), ..search("c", query, 5) }).hits.is_empty());
}

fn groups_equal_their_twin(s: &mut Script) {
    let dice = Dice::new(seed(12));
    let twin = fill(s, &dice, 2_000);
    let even = || Some(filter(map([("even", 0.into())])));
    for round in 0..12 {
        let query = [dice.below(50) as f32, dice.below(50) as f32];
        let (k, offset, size) = (1 + dice.below(200) as u32, dice.below(20) as u32, 1 + dice.below(3) as u32);
        let filter = if round % 3 == 0 { even() } else { None };
        let request = SearchCollection {
            offset,
            filter: filter.clone(),
            group_by: Some("parent".to_owned()),
            group_size: (size > 1).then_some(size),
            ..search("c", &query, k)
        };
        let found = s.ok("default", request.clone()).hits;
        let all = nearest(&twin, &query, usize::MAX, filter.as_ref());
        let expected = grouped(&twin, all, "parent", size as usize);
        let expected: Vec<&str> =
            expected.iter().map(|(_, id)| id.as_str()).skip(offset as usize).take(k as usize).collect();
        assert_eq!(ids(&found), expected, "{request:?}");
        let batch = SearchBatchCollection {
            collection: "c".into(),
            queries: EmbeddingBatch([query, query].concat()),
            k: Some(k),
            offset,
            filter,
            group_by: Some("parent".to_owned()),
            group_size: Some(size),
            ..SearchBatchCollection::default()
        };
        for results in s.unrecorded("default", batch).results {
            assert_eq!(results.hits, found);
        }
    }
}

/// One group has nearly all rows, and all the near ones: the search goes on behind it.
fn a_group_of_nearly_everything(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    let piece = |number: u16| {
        let parent = if number < 3_000 { "long" } else { "short" };
        let fields = Properties::new().with("parent", parent).with("n", i64::from(number));
        document_with(&format!("{number:05}"), &[f32::from(number)], fields)
    };
    s.unrecorded("default", add_documents("c", (0..3_005).map(piece).collect()));
    let by = |group_by: &str, k| SearchCollection { group_by: Some(group_by.to_owned()), ..search("c", &[0.0], k) };
    assert_eq!(ids(&s.ok("default", by("parent", 10)).hits), ["00000", "03000"], "and ends when no row is left");
    let two = SearchCollection { group_size: Some(2), ..by("parent", 10) };
    assert_eq!(ids(&s.ok("default", two).hits), ["00000", "00001", "03000", "03001"]);
    let near = SearchCollection { threshold: Some(0.01), ..by("parent", 10) };
    assert_eq!(ids(&s.ok("default", near).hits), ["00000"]);
    assert_eq!(s.ok("default", by("n", 10)).hits.len(), 10);
    assert_eq!(s.ok("default", by("absent", 10)).hits.len(), 10, "what lacks the field stands for itself");
}

fn windows_of_vectors(s: &mut Script) {
    s.ok("default", CreateIndex { index: "v".into(), dimension: 1, metric: Metric::Euclidean });
    let (ids, vectors) = (IdBatch((0..20).collect()), EmbeddingBatch((0..20_u8).map(f32::from).collect()));
    s.ok("default", InsertVectors { index: "v".into(), ids, vectors, durability: Durability::Durable });
    let search =
        || SearchVectors { index: "v".into(), query: Embedding(vec![0.0]), k: Some(4), ..SearchVectors::default() };
    let mut found = |request: SearchVectors| s.ok("default", request).hits.iter().map(|hit| hit.id).collect::<Vec<_>>();
    assert_eq!(found(SearchVectors { offset: 5, ..search() }), [5, 6, 7, 8]);
    assert_eq!(found(SearchVectors { threshold: Some(0.25), ..search() }), [0, 1, 2, 3], "1 / (1 + 3) is 0.25");
    assert_eq!(found(SearchVectors { threshold: Some(0.26), offset: 1, ..search() }), [1, 2]);
    let batch = SearchBatchVectors {
        index: "v".into(),
        queries: EmbeddingBatch(vec![0.0, 19.0]),
        k: Some(2),
        offset: 1,
        threshold: Some(0.4),
        ..SearchBatchVectors::default()
    };
    let results = s.ok("default", batch).results;
    let found: Vec<Vec<u64>> = results.iter().map(|hits| hits.hits.iter().map(|hit| hit.id).collect()).collect();
    assert_eq!(found, [[1], [18]]);
}

fn what_is_refused(s: &mut Script) {
    s.ok("default", create_collection("c", 1, Metric::Euclidean));
    let base = || search("c", &[0.0], 10);
    s.fails(ErrorCode::LimitExceeded, "default", SearchCollection { offset: 9_991, ..base() });
    s.fails(ErrorCode::LimitExceeded, "default", SearchCollection { offset: u32::MAX, ..base() });
    s.ok("default", SearchCollection { offset: 9_990, ..base() });
    s.fails(ErrorCode::InvalidArgument, "default", SearchCollection { threshold: Some(f32::NAN), ..base() });
    s.fails(ErrorCode::InvalidArgument, "default", SearchCollection { group_size: Some(2), ..base() });
    let grouped = || SearchCollection { group_by: Some("n".to_owned()), ..base() };
    s.fails(ErrorCode::LimitExceeded, "default", SearchCollection { group_size: Some(10_001), ..grouped() });
    s.fails(ErrorCode::LimitExceeded, "default", SearchCollection { group_by: Some("n".repeat(300)), ..base() });
    let batch = SearchBatchCollection { collection: "c".into(), offset: 9_991, ..SearchBatchCollection::default() };
    s.fails(ErrorCode::LimitExceeded, "default", batch);
    let vectors = SearchVectors { index: "v".into(), threshold: Some(f32::NAN), ..SearchVectors::default() };
    s.fails(ErrorCode::InvalidArgument, "default", vectors);
}

scenarios!(windows_join, groups_equal_their_twin, a_group_of_nearly_everything, windows_of_vectors, what_is_refused,);
