//! Real data: WordNet's glosses with sentence embeddings, where they are present.
//!
//! `TOONDB_WORDNET` names the folder; without it one beside the repository is tried. It holds `documents.jsonl.gz` (an
//! object a line: `id`, `content`, `metadata`, `edges` as pairs of relation and target) and `vectors.f16.npy` (half floats,
//! one row for each line).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde::Deserialize;
use toondb_engine::api::Properties;

/// Numbers in each embedding.
const DIMENSION: usize = 384;

/// One gloss.
#[derive(Debug, Clone, Deserialize)]
pub struct Synset {
    /// Its id.
    pub id: String,
    /// Its words and their explanation.
    pub content: String,
    /// Word class, topic, number of words.
    pub metadata: BTreeMap<String, String>,
    /// Relation and target.
    pub edges: Vec<(String, String)>,
    /// Its embedding.
    #[serde(skip)]
    pub vector: Vec<f32>,
}

impl Synset {
    /// Its metadata as fields.
    #[must_use]
    pub fn fields(&self) -> Properties {
        self.metadata.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()
    }
}

/// The data.
#[derive(Debug)]
pub struct WordNet {
    /// The first rows.
    pub rows: Vec<Synset>,
    /// The last rows, which nobody has inserted.
    pub queries: Vec<Synset>,
}

impl WordNet {
    /// Reads `rows` rows from the front and `queries` from the end; nothing where there is no such data.
    #[must_use]
    pub fn load(rows: usize, queries: usize) -> Option<Self> {
        let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/wordnet");
        let folder = std::env::var_os("TOONDB_WORDNET").map_or_else(beside, PathBuf::from);
        let documents = File::open(folder.join("documents.jsonl.gz")).ok()?;
        let vectors = File::open(folder.join("vectors.f16.npy")).ok()?;
        let lines = BufReader::new(GzDecoder::new(documents)).lines();
        let mut all: Vec<Synset> =
            lines.map(|line| serde_json::from_str(&line.unwrap()).expect("a line is a synset")).collect();
        let vectors = npyz::NpyFile::new(BufReader::new(vectors)).expect("an npy file");
        assert_eq!(vectors.shape(), [all.len() as u64, DIMENSION as u64], "one vector for each line");
        let numbers: Vec<npyz::half::f16> = vectors.into_vec().expect("half floats");
        for (synset, vector) in all.iter_mut().zip(numbers.chunks_exact(DIMENSION)) {
            synset.vector = vector.iter().map(|half| half.to_f32()).collect();
        }
        let queries = all.split_off(all.len() - queries);
        all.truncate(rows);
        Some(Self { rows: all, queries })
    }
}
