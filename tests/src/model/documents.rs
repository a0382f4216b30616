//! Documents and their collections: what each write does to them. Nothing expires here; the engine's own tests do that.

use std::collections::BTreeMap;

use toondb_engine::api::{CreateCollection, Document, DocumentId, DocumentUpdate, ErrorCode, Metric, OnConflict};

use super::state::{Collection, Model, Now, Outcome, counted};
use super::vector::document_row;

impl Model {
    pub(super) fn create_collection(&mut self, create: &CreateCollection) -> Result<Outcome, ErrorCode> {
        let CreateCollection { collection, dimension, metric, metadata: _ } = create;
        match self.collections.get(collection.as_str()) {
            Some(old) if (old.dimension, old.metric) == (*dimension, *metric) => Ok(Outcome::default()),
            Some(_) => Err(ErrorCode::AlreadyExists),
            None => {
                let new = Collection { dimension: *dimension, metric: *metric, documents: BTreeMap::new() };
                self.collections.insert(collection.as_str().to_owned(), new);
                Ok(counted(1))
            }
        }
    }

    pub(super) fn collection(&mut self, name: &str) -> Result<&mut Collection, ErrorCode> {
        self.collections.get_mut(name).ok_or(ErrorCode::CollectionNotFound)
    }

    pub(super) fn add_documents(
        &mut self,
        name: &str,
        documents: &[Document],
        on_conflict: OnConflict,
        now: Now,
    ) -> Result<Outcome, ErrorCode> {
        let collection = self.collection(name)?;
        let mut added = 0;
        for document in documents {
            let id = document.id.as_ref().map(DocumentId::as_str).unwrap_or_default();
            assert!(!id.is_empty(), "the model's documents have ids");
            match on_conflict {
                OnConflict::Error if collection.documents.contains_key(id) => return Err(ErrorCode::AlreadyExists),
                OnConflict::Skip if collection.documents.contains_key(id) => continue,
                OnConflict::Error | OnConflict::Skip | OnConflict::Replace => {}
            }
            let embedding = document.embedding.clone().filter(|embedding| !embedding.0.is_empty());
            if let Some(embedding) = &embedding {
                let numbers = &embedding.0;
                let fits = numbers.len() == collection.dimension as usize && numbers.iter().all(|x| x.is_finite());
                let points = collection.metric != Metric::Cosine || numbers.iter().any(|x| *x != 0.0);
                if !fits || !points {
                    return Err(ErrorCode::InvalidArgument);
                }
            }
            collection.documents.insert(id.to_owned(), (now.seq, Document { embedding, ..document.clone() }));
            added += 1;
        }
        Ok(Outcome { wrote: added > 0, number: documents.len() as u64, ..Outcome::default() })
    }

    pub(super) fn update_documents(&mut self, update: &DocumentUpdate, now: Now) -> Result<Outcome, ErrorCode> {
        let documents = &mut self.collection(update.collection.as_str())?.documents;
        let mut outcome = Outcome::default();
        for (id, (seq, document)) in documents.iter_mut() {
            let is_named = update.ids.as_ref().is_some_and(|ids| ids.iter().any(|named| named.as_str() == id));
            let matches = update.filter.as_ref().is_some_and(|filter| filter.matches(document_row(id, document)));
            if !(update.all || is_named || matches) {
                continue;
            }
            outcome.number += 1;
            let mut metadata = document.metadata.clone();
            for name in &update.unset {
                metadata.0.remove(name);
            }
            for (name, value) in &update.set.0 {
                metadata.0.insert(name.clone(), value.clone());
            }
            if metadata != document.metadata {
                (*seq, document.metadata) = (now.seq, metadata);
                outcome.wrote = true;
            }
        }
        Ok(outcome)
    }

    pub(super) fn truncate(&mut self, name: &str) -> Result<Outcome, ErrorCode> {
        let documents = std::mem::take(&mut self.collection(name)?.documents);
        Ok(Outcome { wrote: true, number: documents.len() as u64, ..Outcome::default() })
    }
}
