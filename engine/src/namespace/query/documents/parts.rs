//! Which parts of a document are read.

use crate::api::{Document, DocumentId, Embedding, Error, Properties, Result};
use crate::format::{FieldsWanted, Projection};
use crate::namespace::collection::Collection;
use crate::store::DocumentRecord;

/// Which parts of a document are read; the others stay empty.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Its text.
    pub content: bool,
    /// Its fields.
    pub fields: FieldsWanted,
    /// The embedding, which is kept apart from the others: without it being wanted it is not touched.
    pub embedding: bool,
}

impl Parts {
    /// Everything, or everything but the embedding.
    pub fn whole(embedding: bool) -> Self {
        Self { content: true, fields: FieldsWanted::All, embedding }
    }

    /// What the columns need.
    pub fn of(projection: &Projection) -> Self {
        Self {
            content: projection.wants("content"),
            fields: projection.fields_wanted("metadata"),
            embedding: projection.wants("embedding"),
        }
    }

    /// Reads them of a record.
    pub fn read(&self, collection: &Collection, id: &[u8], record: &DocumentRecord<'_>) -> Result<Document> {
        let (content, mut metadata) = match (self.content, &self.fields) {
            (false, FieldsWanted::Nothing) => Default::default(),
            (true, FieldsWanted::Nothing) => (record.content()?, Properties::new()),
            (false, FieldsWanted::Named(_) | FieldsWanted::All) => (String::new(), record.fields()?.metadata),
            (true, FieldsWanted::Named(_) | FieldsWanted::All) => {
                let body = record.body()?;
                (body.content, body.metadata)
            }
        };
        if let FieldsWanted::Named(names) = &self.fields {
            metadata.0.retain(|name| names.iter().any(|wanted| wanted == name));
        }
        let embedding = if self.embedding { Some(embedding(collection, record.row)?) } else { None };
        let id = Some(DocumentId::new(String::from_utf8_lossy(id)));
        Ok(Document { id, content, embedding, metadata })
    }
}

/// A row's vector. A visible row is in memory: rows are only freed once nobody can see them.
pub fn embedding(collection: &Collection, row: u32) -> Result<Embedding> {
    let vector = collection.vectors.vector(row).ok_or_else(|| Error::internal("a visible row has no vector"))?;
    Ok(Embedding(vector))
}
