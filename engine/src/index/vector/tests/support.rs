//! Seeded vectors, and a naive model of the index: a list of rows, scanned in full with plain arithmetic.

use roaring::RoaringBitmap;

use crate::api::Metric;
use crate::index::vector::{Hit, SearchParams, VectorIndex, VectorParams};

pub const METRICS: [Metric; 3] = [Metric::Cosine, Metric::Euclidean, Metric::Dot];

/// Xorshift: the tests need repeatable numbers, not good ones.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }

    /// Uniform in [-1, 1).
    pub fn float(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// A vector whose norm varies by about a factor of ten from one to the next.
    pub fn vector(&mut self, dimension: usize) -> Vec<f32> {
        let scale = (self.float() * 1.2).exp();
        (0..dimension).map(|_| self.float() * scale).collect()
    }
}

/// A row of the model.
pub struct ModelRow {
    pub row: u32,
    pub id: Vec<u8>,
    pub vector: Vec<f32>,
    pub created: u64,
    pub deleted: u64,
}

/// The index and the model side by side.
pub struct Pair {
    pub index: VectorIndex,
    pub rows: Vec<ModelRow>,
}

impl Pair {
    pub fn new(params: VectorParams) -> Self {
        Self { index: VectorIndex::new(params), rows: Vec::new() }
    }

    pub fn insert(&mut self, row: u32, id: &[u8], vector: Vec<f32>, seq: u64) {
        self.index.insert(row, id, &vector, seq).unwrap();
        self.rows.push(ModelRow { row, id: id.to_vec(), vector, created: seq, deleted: u64::MAX });
    }

    /// Inserts rows `from..to` with random vectors and their number as identifier.
    pub fn fill(&mut self, random: &mut Random, from: u32, to: u32, seq: u64) {
        let dimension = self.index.params().dimension;
        for row in from..to {
            self.insert(row, &u64::from(row).to_be_bytes(), random.vector(dimension), seq);
        }
    }

    pub fn delete(&mut self, row: u32, seq: u64) {
        let model = self.rows.iter_mut().find(|model| model.row == row && model.deleted == u64::MAX);
        assert_eq!(self.index.delete(row, seq), model.is_some());
        if let Some(model) = model {
            model.deleted = seq;
        }
    }

    fn visible<'a>(&'a self, params: &'a SearchParams<'_>) -> impl Iterator<Item = &'a ModelRow> {
        let allowed = |row| params.allowed.is_none_or(|allowed: &RoaringBitmap| allowed.contains(row));
        self.rows.iter().filter(move |m| m.created <= params.seq && params.seq < m.deleted && allowed(m.row))
    }

    /// Checks an answer against the model: distances right and sorted, rows visible, none nearer left out.
    pub fn check_exact(&self, query: &[f32], params: &SearchParams<'_>, hits: &[Hit], context: &str) {
        let metric = self.index.params().metric;
        let mut want: Vec<(f32, &ModelRow)> =
            self.visible(params).map(|model| (model_distance(metric, query, &model.vector), model)).collect();
        want.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
        assert_eq!(hits.len(), params.k.min(want.len()), "{context}: number of hits");
        for (hit, (distance, _)) in hits.iter().zip(&want) {
            let model = want.iter().map(|(_, model)| model).find(|model| model.row == hit.row);
            let model = model.unwrap_or_else(|| panic!("{context}: row {} is not visible", hit.row));
            assert_eq!(&*hit.id, &*model.id, "{context}: id of row {}", hit.row);
            assert_close(hit.distance, *distance, context);
            assert_close(hit.distance, model_distance(metric, query, &model.vector), context);
        }
        for pair in hits.windows(2) {
            let order = pair[0].distance.total_cmp(&pair[1].distance).then_with(|| pair[0].id.cmp(&pair[1].id));
            assert!(order.is_lt(), "{context}: {pair:?} out of order");
        }
    }
}

fn assert_close(a: f32, b: f32, context: &str) {
    assert!((a - b).abs() <= 1e-5 * (1.0 + a.abs()), "{context}: distance {a}, the model says {b}");
}

fn model_distance(metric: Metric, a: &[f32], b: &[f32]) -> f32 {
    let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
    let distance = match metric {
        Metric::Cosine => 1.0 - product(a, b) / (product(a, a) * product(b, b)).sqrt(),
        Metric::Euclidean => a.iter().zip(b).map(|(x, y)| (f64::from(*x) - f64::from(*y)).powi(2)).sum::<f64>().sqrt(),
        Metric::Dot => -product(a, b),
    };
    distance as f32
}
