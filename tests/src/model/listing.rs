//! Lists, counts of values and bounds, by looking at every document; groups, by going through every hit.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

use toondb_engine::api::{Document, Facet, FieldPath, Filter, Value, ValueBounds};

use super::state::Collection;
use super::vector::document_row;

impl Collection {
    fn matching<'c>(&'c self, filter: Option<&Filter>) -> impl Iterator<Item = &'c Document> {
        let matches = move |(id, (_, document)): &(&String, &(u64, Document))| {
            filter.is_none_or(|filter| filter.matches(document_row(id, document)))
        };
        self.documents.iter().filter(matches).map(|(_, (_, document))| document)
    }
}

/// What a filter finds under this name.
fn value_of<'d>(document: &'d Document, field: &str) -> Option<&'d Value> {
    FieldPath::of_name(field).of(&document.metadata)
}

/// The documents that match, in order.
#[must_use]
pub fn listed<'c>(
    collection: &'c Collection,
    filter: Option<&Filter>,
    order_by: Option<&str>,
    descending: bool,
) -> Vec<&'c Document> {
    // By id, as the map has them; the sort keeps that among equals.
    let mut documents: Vec<&Document> = collection.matching(filter).collect();
    match order_by {
        None if descending => documents.reverse(),
        None => {}
        Some(field) => documents.sort_by(|a, b| match (value_of(a, field), value_of(b, field)) {
            (Some(a), Some(b)) if descending => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }),
    }
    documents
}

/// The values of a field, those of most documents first.
#[must_use]
pub fn facets(collection: &Collection, filter: Option<&Filter>, field: &str, limit: usize) -> Vec<Facet> {
    let mut counts: BTreeMap<&Value, u64> = BTreeMap::new();
    for document in collection.matching(filter) {
        match value_of(document, field) {
            Some(Value::List(items)) => {
                items
                    .iter()
                    .collect::<BTreeSet<_>>()
                    .into_iter()
                    .for_each(|item| *counts.entry(item).or_default() += 1);
            }
            Some(value) => *counts.entry(value).or_default() += 1,
            None => {}
        }
    }
    let mut all: Vec<Facet> = counts.into_iter().map(|(value, count)| Facet { value: value.clone(), count }).collect();
    all.sort_by_key(|facet| Reverse(facet.count));
    all.truncate(limit);
    all
}

/// The smallest and the largest number of a field, or text if there is no number.
#[must_use]
pub fn bounds(collection: &Collection, filter: Option<&Filter>, field: &str) -> Option<ValueBounds> {
    let values: Vec<&Value> = collection.matching(filter).filter_map(|document| value_of(document, field)).collect();
    [Value::Int(0), Value::String(String::new())].iter().find_map(|kind| {
        let of_kind = || values.iter().copied().filter(|value| value.same_kind(kind));
        let (min, max) = (of_kind().min()?.clone(), of_kind().max()?.clone());
        Some(ValueBounds { min, max })
    })
}

/// Of hits, nearest first, at most so many of each value of a field.
#[must_use]
pub fn grouped(collection: &Collection, hits: Vec<(f32, String)>, field: &str, size: usize) -> Vec<(f32, String)> {
    let mut sizes: BTreeMap<Value, usize> = BTreeMap::new();
    let mut has_room = |id: &str| {
        let (_, document) = &collection.documents[id];
        value_of(document, field).is_none_or(|value| {
            let of_group = sizes.entry(value.clone()).or_default();
            *of_group += 1;
            *of_group <= size
        })
    };
    hits.into_iter().filter(|(_, id)| has_room(id)).collect()
}
