//! The data set of the search figures: texts with metadata, their embeddings, and queries with their exact nearest.
//!
//! A folder has three files. `documents.jsonl.gz` has one JSON object a line with `id`, `content`, `metadata` and, if it has any, `edges`;
//! `vectors.f16.npy` one embedding a line; `truth_top100.u32.npy` one row for each query, the rows of its 100 nearest.
//! The queries are the last rows; all before them are the base.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use flate2::read::GzDecoder;
use serde::Deserialize;
use toondb_engine::api::Properties;

use super::npy::{Matrix, read_f16, read_u32};
use crate::outcome::Outcome;

/// One document or query.
#[derive(Debug, Deserialize)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its text.
    pub content: String,
    /// Its fields.
    pub metadata: Properties,
    /// Relation and target of its edges.
    #[serde(default)]
    pub edges: Vec<(String, String)>,
}

/// The data set.
#[derive(Debug)]
pub struct Dataset {
    /// Base, then queries.
    rows: Vec<Row>,
    vectors: Matrix<f32>,
    truth: Matrix<u32>,
}

impl Dataset {
    /// Reads a folder.
    pub fn read(dir: &Path) -> Outcome<Self> {
        let path = dir.join("documents.jsonl.gz");
        let file = File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let lines = BufReader::new(GzDecoder::new(file)).lines();
        let rows = lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect::<Outcome<Vec<Row>>>()?;
        let vectors = read_f16(&dir.join("vectors.f16.npy"))?;
        let truth = read_u32(&dir.join("truth_top100.u32.npy"))?;
        if vectors.rows().len() != rows.len() || truth.rows().len() >= rows.len() {
            return Err(format!("the files in {} do not fit each other", dir.display()).into());
        }
        Ok(Self { rows, vectors, truth })
    }

    /// Numbers in an embedding.
    pub fn dimension(&self) -> usize {
        self.vectors.columns
    }

    fn base_len(&self) -> usize {
        self.rows.len() - self.truth.rows().len()
    }

    /// The documents with their embeddings.
    pub fn base(&self) -> impl ExactSizeIterator<Item = (&Row, &[f32])> {
        self.rows.iter().zip(self.vectors.rows()).take(self.base_len())
    }

    /// The queries with their embeddings and the rows of their nearest documents, nearest first.
    pub fn queries(&self) -> impl Iterator<Item = (&Row, &[f32], &[u32])> {
        let rows = self.rows.iter().zip(self.vectors.rows()).skip(self.base_len());
        rows.zip(self.truth.rows()).map(|((row, vector), nearest)| (row, vector, nearest))
    }

    /// The row of each id of the base.
    pub fn numbers(&self) -> BTreeMap<&str, usize> {
        self.base().enumerate().map(|(number, (row, _))| (row.id.as_str(), number)).collect()
    }
}
