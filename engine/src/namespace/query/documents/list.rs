//! Lists of documents and of their ids, page by page.

use super::cursor::ListPosition;
use super::order::{Ordered, Placed};
use super::page::Page;
use super::parts::Parts;
use crate::api::{ByteBuf, Document, DocumentId, DocumentIdPage, DocumentPage, ListDocumentIds, ListDocuments, Result};
use crate::format::Projection;
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
    let mut page = Page::new(request.limit);
    let ordered = Ordered {
        collection,
        snapshot,
        now_ms: state.clock.now_ms(),
        filter: request.filter.as_ref(),
        order_by: request.order_by.as_deref(),
        descending: request.descending,
        after: position(request.cursor.as_ref(), request.order_by.is_some())?,
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

fn position(cursor: Option<&ByteBuf>, by_field: bool) -> Result<Option<ListPosition>> {
    cursor.map(|cursor| ListPosition::decode(cursor, by_field)).transpose()
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
        let mut page = Page::new(self.limit);
        let ordered = Ordered {
            collection,
            snapshot,
            now_ms: state.clock.now_ms(),
            filter: self.filter.as_ref(),
            order_by: None,
            descending: false,
            after: position(self.cursor.as_ref(), false)?,
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
