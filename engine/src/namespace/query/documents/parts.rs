//! Which parts of a document are read.

use crate::api::{Document, DocumentId, Embedding, Error, Properties, Result, TimestampMs};
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
        let (content, mut metadata, expires_at) = match (self.content, &self.fields) {
            (false, FieldsWanted::Nothing) => Default::default(),
            (true, FieldsWanted::Nothing) => {
                let text = record.text()?;
                (text.content, Properties::new(), text.expires_at)
            }
            (false, FieldsWanted::Named(_) | FieldsWanted::All) => {
                let fields = record.fields()?;
                (String::new(), fields.metadata, fields.expires_at)
            }
            (true, FieldsWanted::Named(_) | FieldsWanted::All) => {
                let body = record.body()?;
                (body.content, body.metadata, body.expires_at)
            }
        };
        if let FieldsWanted::Named(names) = &self.fields {
            metadata.0.retain(|name| names.iter().any(|wanted| wanted == name));
        }
        let wanted = record.place.vector.filter(|_| self.embedding);
        let embedding = wanted.map(|vector| embedding(collection, vector)).transpose()?;
        let id = Some(DocumentId::new(String::from_utf8_lossy(id)));
        Ok(Document { id, content, embedding, metadata, expires_at: expires_at.map(TimestampMs), ttl_ms: None })
    }
}

/// A row's vector. A visible row is in memory: rows are only freed once nobody can see them.
pub fn embedding(collection: &Collection, row: u32) -> Result<Embedding> {
    let vector = collection.vectors.vector(row).ok_or_else(|| Error::internal("a visible row has no vector"))?;
    Ok(Embedding(vector))
}
