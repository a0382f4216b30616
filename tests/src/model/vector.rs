//! Exact search: every distance by its definition, summed in f64, ties by id.

use toondb_engine::api::{Document, Filter, FilterRow, Metric};

use super::state::Collection;

/// The distance of two vectors.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "distances are given as f32")]
pub fn exact_distance(metric: Metric, a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    match metric {
        Metric::Cosine => {
            let norms = dot(a, a).sqrt() * dot(b, b).sqrt();
            1.0 - ((dot(a, b) / norms) as f32).clamp(-1.0, 1.0)
        }
        Metric::Euclidean => {
            a.iter().zip(b).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum::<f64>().sqrt() as f32
        }
        Metric::Dot => (0.0 - dot(a, b)) as f32,
    }
}

/// A document as a filter is tested on it.
#[must_use]
pub fn document_row<'a>(id: &'a str, document: &'a Document) -> FilterRow<'a> {
    FilterRow::document(id, &document.content, &document.metadata)
}

impl Collection {
    fn hits(&self, query: &[f32], filter: Option<&Filter>) -> Vec<(f32, String)> {
        let wanted = self
            .documents
            .iter()
            .filter(|(id, (_, document))| filter.is_none_or(|filter| filter.matches(document_row(id, document))));
        let mut hits: Vec<(f32, String)> = wanted
            .filter_map(|(id, (_, document))| {
                let vector = &document.embedding.as_ref()?.0;
                Some((exact_distance(self.metric, query, vector), id.clone()))
            })
            .collect();
        hits.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        hits
    }
}

/// The `k` nearest documents of a collection that match, nearest first.
#[must_use]
pub fn nearest(collection: &Collection, query: &[f32], k: usize, filter: Option<&Filter>) -> Vec<(f32, String)> {
    let mut hits = collection.hits(query, filter);
    hits.truncate(k);
    hits
}
