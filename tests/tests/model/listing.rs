//! Questions that go through documents: lists in an order, values of fields, and searches with groups.

use proptest::option;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;
use toondb_engine::api::{
    Embedding, FacetDocuments, Filter, ListDocumentIds, ListDocuments, MinMaxDocuments, SearchCollection,
};
use toondb_tests::{Database, Model, bounds, facets, grouped, listed, nearest};

use crate::ask::{Ask, failed, same};
use crate::filters::filter;
use crate::op::{DIMENSION, collection_name};

/// Fields, and such inside them.
const FIELDS: [&str; 5] = ["f", "g", "f.h", "f.i", "g.h"];

/// What is asked of the documents of a collection.
#[derive(Debug, Clone)]
pub struct Listing {
    collection: &'static str,
    filter: Option<Filter>,
    /// In whose order; its values and its groups.
    field: String,
    is_by_field: bool,
    descending: bool,
    limit: u32,
    offset: u32,
}

pub fn listings() -> impl Strategy<Value = Listing> {
    let order = (select(&FIELDS[..]).prop_map(str::to_owned), any::<bool>(), any::<bool>());
    (collection_name(), option::of(filter()), order, 1..4_u32, 0..3_u32).prop_map(
        |(collection, filter, (field, is_by_field, descending), limit, offset)| Listing {
            collection,
            filter,
            field,
            is_by_field,
            descending,
            limit,
            offset,
        },
    )
}

/// Asks the database and compares.
pub fn ask(db: &Database, model: &Model, question: &Ask, listing: &Listing) -> Result<(), String> {
    lists(db, model, question, listing)?;
    values(db, model, question, listing)?;
    groups(db, model, question, listing)
}

fn lists(db: &Database, model: &Model, question: &Ask, listing: &Listing) -> Result<(), String> {
    let Listing { collection, filter, field, is_by_field, descending, limit, offset: _ } = listing;
    let order_by = is_by_field.then(|| field.clone());
    let known = &model.collections[*collection];
    let (mut found, mut cursor) = (Vec::new(), None);
    loop {
        let page = ListDocuments {
            collection: (*collection).into(),
            filter: filter.clone(),
            order_by: order_by.clone(),
            descending: *descending,
            limit: Some(*limit),
            cursor,
            include_embedding: true,
            ..ListDocuments::default()
        };
        let page = db.run("default", page).map_err(|error| failed(&error))?;
        found.extend(page.documents);
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    let expected = listed(known, filter.as_ref(), order_by.as_deref(), *descending);
    same(question, &found.iter().collect::<Vec<_>>(), &expected)?;
    let ids =
        ListDocumentIds { collection: (*collection).into(), filter: filter.clone(), ..ListDocumentIds::default() };
    let ids = db.run("default", ids).map_err(|error| failed(&error))?.ids;
    let expected = listed(known, filter.as_ref(), None, false);
    same(question, &ids, &expected.iter().map(|document| document.id.clone().unwrap()).collect::<Vec<_>>())
}

/// A number that is stored as an integer and as a float is one value, shown as either.
fn values(db: &Database, model: &Model, question: &Ask, listing: &Listing) -> Result<(), String> {
    let Listing { collection, filter, field, limit, .. } = listing;
    let (known, field) = (&model.collections[*collection], field.as_str());
    let request = FacetDocuments {
        collection: (*collection).into(),
        field: field.to_owned(),
        filter: filter.clone(),
        limit: Some(*limit),
        ..FacetDocuments::default()
    };
    let found = db.run("default", request).map_err(|error| failed(&error))?.facets;
    let expected = facets(known, filter.as_ref(), field, *limit as usize);
    if found != expected {
        return Err(format!("{question:?}: facets {found:?}, expected {expected:?}"));
    }
    let request = MinMaxDocuments {
        collection: (*collection).into(),
        field: field.to_owned(),
        filter: filter.clone(),
        ..MinMaxDocuments::default()
    };
    let found = db.run("default", request).map_err(|error| failed(&error))?.bounds;
    let expected = bounds(known, filter.as_ref(), field);
    if found != expected {
        return Err(format!("{question:?}: bounds {found:?}, expected {expected:?}"));
    }
    Ok(())
}

fn groups(db: &Database, model: &Model, question: &Ask, listing: &Listing) -> Result<(), String> {
    let Listing { collection, filter, field, descending, limit, offset, .. } = listing;
    let (known, query) = (&model.collections[*collection], vec![1.0; DIMENSION]);
    let size = if *descending { 2 } else { 1 };
    let request = SearchCollection {
        collection: (*collection).into(),
        query: Embedding(query.clone()),
        k: Some(*limit),
        filter: filter.clone(),
        offset: *offset,
        group_by: Some(field.clone()),
        group_size: (size > 1).then_some(size),
        ..SearchCollection::default()
    };
    let hits = db.run("default", request).map_err(|error| failed(&error))?.hits;
    let found: Vec<(f32, String)> =
        hits.into_iter().map(|hit| (hit.distance, hit.document.id.unwrap().into_string())).collect();
    let all = nearest(known, &query, usize::MAX, filter.as_ref());
    let mut expected = grouped(known, all, field, size as usize);
    expected = expected.into_iter().skip(*offset as usize).take(*limit as usize).collect();
    same(question, &found, &expected)
}
