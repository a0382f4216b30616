//! Recall on real sentence embeddings. The data lies beside the repository; without it the test says so and passes.

use std::fs;
use std::path::PathBuf;

use crate::api::Metric;
use crate::index::vector::{BuildOptions, SearchParams, VectorIndex, VectorParams};

const DIMENSION: usize = 384;
const BASE_ROWS: usize = 30_000;
/// Enough rows for a graph that matters, few enough for a test.
const ROWS: usize = 5_000;
const QUERIES: usize = 200;

/// IEEE 754 half precision to single, for finite numbers.
fn half_to_f32(half: u16) -> f32 {
    let exponent = i32::from((half >> 10) & 0x1f);
    let fraction = f32::from(half & 0x3ff) / 1024.0;
    let magnitude = if exponent == 0 { fraction * 2f32.powi(-14) } else { (1.0 + fraction) * 2f32.powi(exponent - 15) };
    if half & 0x8000 == 0 { magnitude } else { -magnitude }
}

/// The rows of a version 1 `.npy` file of half floats: 8 bytes magic and version, a header with its length, the data.
fn read_rows() -> Option<Vec<Vec<f32>>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/wordnet/vectors.f16.npy");
    let bytes = fs::read(path).ok()?;
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let decode = |row: &[u8]| row.chunks_exact(2).map(|x| half_to_f32(u16::from_le_bytes([x[0], x[1]]))).collect();
    Some(bytes[10 + header..].chunks_exact(2 * DIMENSION).map(decode).collect())
}

#[test]
fn the_defaults_find_98_of_100_on_real_embeddings() {
    let Some(rows) = read_rows() else {
        eprintln!("skipped: the embeddings are not beside this checkout");
        return;
    };
    for metric in [Metric::Cosine, Metric::Euclidean, Metric::Dot] {
        let index = VectorIndex::new(VectorParams::new(DIMENSION, metric));
        for (row, vector) in rows.iter().take(ROWS).enumerate() {
            index.insert(row as u32, &(row as u64).to_be_bytes(), vector, 1).unwrap();
        }
        index.build(&BuildOptions::default()).unwrap();
        let params = SearchParams::new(10, 1);
        let mut found = 0;
        for query in rows.iter().skip(BASE_ROWS).take(QUERIES) {
            let want = index.search_exact(query, &params).unwrap();
            found += index.search(query, &params).unwrap().iter().filter(|hit| want.contains(hit)).count();
        }
        let recall = found as f64 / (10 * QUERIES) as f64;
        assert!(recall >= 0.98, "{metric:?}: recall@10 {recall}");
    }
}
