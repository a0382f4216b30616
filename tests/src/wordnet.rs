//! Real data: WordNet's glosses with sentence embeddings, where they are present.
//!
//! `TOONDB_WORDNET` names the folder; without it one beside the repository is tried. It holds `documents.jsonl.gz` (an
//! object a line: `id`, `content`, `metadata`, `edges` as pairs of relation and target) and `vectors.f16.npy` (half floats,
//! one row for each line).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
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
        let vectors = std::fs::read(folder.join("vectors.f16.npy")).ok()?;
        let lines = BufReader::new(GzDecoder::new(documents)).lines();
        let mut all: Vec<Synset> =
            lines.map(|line| serde_json::from_str(&line.unwrap()).expect("a line is a synset")).collect();
        let vectors = decode(&vectors);
        assert_eq!(vectors.len(), all.len(), "one vector for each line");
        for (synset, vector) in all.iter_mut().zip(vectors) {
            synset.vector = vector;
        }
        let queries = all.split_off(all.len() - queries);
        all.truncate(rows);
        Some(Self { rows: all, queries })
    }
}

/// Takes an npy file of little-endian half floats apart: magic, version, header length, header, rows.
fn decode(mut npy: &[u8]) -> Vec<Vec<f32>> {
    let mut head = [0; 10];
    npy.read_exact(&mut head).expect("an npy file has a head");
    let header = usize::from(u16::from_le_bytes([head[8], head[9]]));
    assert!(String::from_utf8_lossy(&npy[..header]).contains("'<f2'"), "the vectors are half floats");
    let (rows, rest) = npy[header..].as_chunks::<{ DIMENSION * 2 }>();
    assert!(rest.is_empty(), "the vectors have {DIMENSION} numbers");
    let row = |row: &[u8; DIMENSION * 2]| row.as_chunks::<2>().0.iter().map(|half| half_to_f32(*half)).collect();
    rows.iter().map(row).collect()
}

/// IEEE 754 binary16 to binary32; the data holds no infinities.
fn half_to_f32(bytes: [u8; 2]) -> f32 {
    let bits = u16::from_le_bytes(bytes);
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    match exponent {
        0 => sign * fraction * 2f32.powi(-24),
        _ => sign * (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}
