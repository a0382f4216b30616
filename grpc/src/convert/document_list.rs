//! The lists of `CollectionService`, and what it tells of fields.

use toondb_engine::api::{
    DocumentIdPage, DocumentPage, Facet, FacetDocuments, Facets, ListDocumentIds, ListDocuments, MaybeBounds,
    MinMaxDocuments, Result, ValueBounds,
};

use super::documents::{document, ids, shown, texts};
use super::filter::{typed, typed_message};
use super::{bytes, columns, columns_message, required, seq, snapshot, value, vec};
use crate::proto;
use crate::rpc::Rpc;

impl Rpc for ListDocuments {
    type Ask = proto::ListDocumentsRequest;
    type Answer = proto::ListDocumentsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let ListDocuments {
            collection,
            filter,
            order_by,
            descending,
            limit,
            cursor,
            columns,
            include_embedding,
            missing_ok,
            snapshot,
        } = operation;
        proto::ListDocumentsRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            filter: typed_message(filter),
            order_by,
            descending,
            limit,
            cursor: vec(cursor),
            columns: columns_message(columns),
            include_embedding,
            missing_ok,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = ListDocuments {
            collection: ask.collection_name.into(),
            filter: typed(ask.filter)?,
            order_by: ask.order_by,
            descending: ask.descending,
            limit: ask.limit,
            cursor: bytes(ask.cursor),
            columns: columns(ask.columns),
            include_embedding: ask.include_embedding,
            missing_ok: ask.missing_ok,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: DocumentPage) -> Self::Answer {
        let DocumentPage { documents, cursor } = reply;
        let documents = documents.into_iter().map(shown).collect();
        proto::ListDocumentsResponse { documents, cursor: vec(cursor) }
    }

    fn read_answer(answer: Self::Answer) -> Result<DocumentPage> {
        let documents = answer.documents.into_iter().map(document).collect::<Result<_>>()?;
        Ok(DocumentPage { documents, cursor: bytes(answer.cursor) })
    }
}

impl Rpc for ListDocumentIds {
    type Ask = proto::ListDocumentIdsRequest;
    type Answer = proto::ListDocumentIdsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let ListDocumentIds { collection, filter, limit, cursor, missing_ok, snapshot } = operation;
        proto::ListDocumentIdsRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            filter: typed_message(filter),
            limit,
            cursor: vec(cursor),
            missing_ok,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = ListDocumentIds {
            collection: ask.collection_name.into(),
            filter: typed(ask.filter)?,
            limit: ask.limit,
            cursor: bytes(ask.cursor),
            missing_ok: ask.missing_ok,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: DocumentIdPage) -> Self::Answer {
        proto::ListDocumentIdsResponse { ids: texts(reply.ids), cursor: vec(reply.cursor) }
    }

    fn read_answer(answer: Self::Answer) -> Result<DocumentIdPage> {
        Ok(DocumentIdPage { ids: ids(answer.ids), cursor: bytes(answer.cursor) })
    }
}

impl Rpc for FacetDocuments {
    type Ask = proto::FacetDocumentsRequest;
    type Answer = proto::FacetDocumentsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let FacetDocuments { collection, field, filter, limit, missing_ok, snapshot } = operation;
        proto::FacetDocumentsRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            field,
            filter: typed_message(filter),
            limit,
            missing_ok,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = FacetDocuments {
            collection: ask.collection_name.into(),
            field: ask.field,
            filter: typed(ask.filter)?,
            limit: ask.limit,
            missing_ok: ask.missing_ok,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: Facets) -> Self::Answer {
        let one = |Facet { value, count }| proto::Facet { value: Some(value::message(value)), count };
        proto::FacetDocumentsResponse { facets: reply.facets.into_iter().map(one).collect() }
    }

    fn read_answer(answer: Self::Answer) -> Result<Facets> {
        let one = |facet: proto::Facet| {
            Ok(Facet { value: value::value(required(facet.value, "value")?)?, count: facet.count })
        };
        Ok(Facets { facets: answer.facets.into_iter().map(one).collect::<Result<_>>()? })
    }
}

impl Rpc for MinMaxDocuments {
    type Ask = proto::MinMaxDocumentsRequest;
    type Answer = proto::MinMaxDocumentsResponse;

    fn ask(namespace: &str, operation: Self) -> Self::Ask {
        let MinMaxDocuments { collection, field, filter, missing_ok, snapshot } = operation;
        proto::MinMaxDocumentsRequest {
            collection_name: collection.into_string(),
            namespace: namespace.to_owned(),
            field,
            filter: typed_message(filter),
            missing_ok,
            snapshot: seq(snapshot),
        }
    }

    fn read_ask(ask: Self::Ask) -> Result<(String, Self)> {
        let operation = MinMaxDocuments {
            collection: ask.collection_name.into(),
            field: ask.field,
            filter: typed(ask.filter)?,
            missing_ok: ask.missing_ok,
            snapshot: snapshot(ask.snapshot),
        };
        Ok((ask.namespace, operation))
    }

    fn answer(_: &str, reply: MaybeBounds) -> Self::Answer {
        let bounds = reply.bounds.map(|ValueBounds { min, max }| (value::message(min), value::message(max)));
        let (min, max) = bounds.unzip();
        proto::MinMaxDocumentsResponse { min, max }
    }

    fn read_answer(answer: Self::Answer) -> Result<MaybeBounds> {
        let (Some(min), Some(max)) = (answer.min, answer.max) else { return Ok(MaybeBounds::default()) };
        Ok(MaybeBounds { bounds: Some(ValueBounds { min: value::value(min)?, max: value::value(max)? }) })
    }
}
