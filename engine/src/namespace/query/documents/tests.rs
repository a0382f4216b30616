//! What a list does not read: documents whose text and fields do not decode show it.

use std::sync::Arc;

use crate::api::{ErrorCode, ListDocumentIds, ListDocuments, Metric, Properties, Result};
use crate::namespace::collection::Collection;
use crate::namespace::query::Query as _;
use crate::namespace::query::reader::Reader;
use crate::namespace::timelines::harness::Harness;
use crate::store::{CollectionKind, CollectionRecord, DocumentRecord, KeyWriter, RowPlace, Table};

/// A collection of two documents whose records end behind their head.
fn harness() -> Harness {
    let mut harness = Harness::new();
    let record = CollectionRecord {
        seq: 1,
        id: 7,
        kind: CollectionKind::Documents,
        dimension: 1,
        metric: Metric::Cosine,
        metadata: Properties::new(),
        created_at: 0,
    };
    let document = |id: &str, row| {
        let key = KeyWriter::new().u32(7).raw(id.as_bytes()).finish();
        (Table::Documents, key, DocumentRecord::encode(1, RowPlace::of(row), None))
    };
    harness.spoil([(Table::Collections, b"c".into(), record.encode()), document("a", 0), document("b", 1)]);
    harness.state.collections.insert(Arc::new(Collection::new(record)));
    harness
}

fn list(harness: &Harness, columns: Option<&[&str]>) -> Result<usize> {
    let columns = columns.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    let request = ListDocuments { collection: "c".into(), columns, ..ListDocuments::default() };
    let page = request.answer(&harness.state, &Reader::of(harness.snapshot()))?;
    Ok(page.documents.len())
}

#[test]
fn text_and_fields_are_read_where_they_are_wanted_alone() {
    let harness = harness();
    assert_eq!(list(&harness, Some(&["id"])), Ok(2));
    let request = ListDocumentIds { collection: "c".into(), ..ListDocumentIds::default() };
    let page = request.answer(&harness.state, &Reader::of(harness.snapshot())).unwrap();
    assert_eq!(page.ids, ["a".into(), "b".into()]);
    for columns in [None, Some(&["content"][..]), Some(&["metadata"]), Some(&["id", "metadata.n"])] {
        let refused = list(&harness, columns).unwrap_err();
        assert_eq!(refused.code, ErrorCode::Corrupt, "{columns:?}");
    }
}
