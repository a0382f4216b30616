//! Lists of documents and of their ids, page by page.

use super::cursor::{ListOrder, ListPosition};
use super::order::{Ordered, Placed};
use super::page::Page;
use super::parts::Parts;
use crate::api::{ByteBuf, Document, DocumentId, DocumentIdPage, DocumentPage, ListDocumentIds, ListDocuments, Result};
use crate::format::Projection;
use crate::namespace::collection::Collection;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::state::State;
use crate::store::CollectionKind;

/// Bytes that a document takes in an answer beside its parts.
const DOCUMENT_BYTES: usize = 64;

/// Reads parts of the documents of a page.
pub fn list(state: &State, snapshot: &Reader<'_>, request: &ListDocuments, parts: &Parts) -> Result<DocumentPage> {
    let found =
        state.collection_or_none(snapshot, &request.collection, CollectionKind::Documents, request.missing_ok)?;
    let Some(collection) = &found else { return Ok(DocumentPage::default()) };
    let order_by = order_by(collection, request.order_by.as_deref());
    let order = ListOrder::of(order_by, request.descending);
    let mut page = Page::new(request.limit, order);
    let ordered = Ordered {
        collection,
        snapshot,
        now_ms: state.clock.now_ms(),
        filter: request.filter.as_ref(),
        order_by,
        descending: request.descending,
        after: position(request.cursor.as_ref(), order)?,
        room: page.room(),
    };
    ordered.each(&mut |Placed { place, id, record }| {
        page.offer(place, id, || {
            let document = parts.read(collection, id, &record)?;
            let bytes = bytes(&document);
            Ok((document, bytes))
        })
    })?;
    let (documents, cursor) = page.finish();
    Ok(DocumentPage { documents, cursor })
}

fn bytes(document: &Document) -> usize {
    let Document { id, content, embedding, metadata, expires_at: _, ttl_ms: _ } = document;
    let id = id.as_ref().map_or(0, |id| id.as_str().len());
    let embedding = embedding.as_ref().map_or(0, |embedding| embedding.0.len() * 4);
    DOCUMENT_BYTES + id + content.len() + embedding + metadata.size_hint()
}

/// The field that is meant; nothing = the id, which is what `id` means where no document has a field of this name.
fn order_by<'a>(collection: &Collection, name: Option<&'a str>) -> Option<&'a str> {
    name.filter(|name| *name != "$id" && (*name != "id" || collection.metadata().has_field("id")))
}

fn position(cursor: Option<&ByteBuf>, order: ListOrder) -> Result<Option<ListPosition>> {
    cursor.map(|cursor| ListPosition::decode(cursor, order)).transpose()
}

impl Query for ListDocuments {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<DocumentPage> {
        list(state, snapshot, &self, &Parts::of(&Projection::of_list(&self)?))
    }
}

impl Query for ListDocumentIds {
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<DocumentIdPage> {
        let found = state.collection_or_none(snapshot, &self.collection, CollectionKind::Documents, self.missing_ok)?;
        let Some(collection) = &found else { return Ok(DocumentIdPage::default()) };
        let order = ListOrder::of(None, false);
        let mut page = Page::new(self.limit, order);
        let ordered = Ordered {
            collection,
            snapshot,
            now_ms: state.clock.now_ms(),
            filter: self.filter.as_ref(),
            order_by: None,
            descending: false,
            after: position(self.cursor.as_ref(), order)?,
            room: page.room(),
        };
        ordered.each(&mut |Placed { place, id, record: _ }| {
            let make = || Ok((DocumentId::new(String::from_utf8_lossy(id)), id.len() + DOCUMENT_BYTES));
            page.offer(place, id, make)
        })?;
        let (ids, cursor) = page.finish();
        Ok(DocumentIdPage { ids, cursor })
    }
}
