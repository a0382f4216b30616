//! The index against its exact twin: seeded random filters on random documents, and the cases worth naming.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::MetadataIndex;
use crate::api::{Filter, Predicate, Properties, Value};
use crate::rng::{Rng, SeededRng};

const FIELDS: [&str; 6] = ["", "a", "b", "c", "list", "text"];

/// Draws documents and filters from pools so small that they often meet.
struct Source(SeededRng);

impl Source {
    fn below(&self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }

    fn pick<'a, T>(&self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    fn number(&self) -> Value {
        let int = self.below(7) as i64 - 3;
        match self.below(12) {
            0..6 => Value::Int(int),
            6..8 => Value::Float(int as f64),
            8..10 => Value::Float(int as f64 / 2.0),
            10 => Value::Int(*self.pick(&[i64::MIN, i64::MAX, (1 << 53) + 1, -(1 << 53)])),
            _ => {
                Value::Float(*self.pick(&[-0.0, f64::INFINITY, f64::NEG_INFINITY, 2.0_f64.powi(63), 2.0_f64.powi(53)]))
            }
        }
    }

    fn text(&self) -> String {
        (0..self.below(4)).map(|_| *self.pick(&['a', 'b', 'é'])).collect()
    }

    fn value(&self, depth: usize) -> Value {
        match self.below(if depth == 0 { 9 } else { 12 }) {
            0 => Value::Null,
            1 => Value::Bool(self.below(2) == 0),
            2..5 => self.number(),
            5..8 => Value::String(self.text()),
            8 => Value::Bytes(self.text().into_bytes()),
            9..11 => Value::List((0..self.below(4)).map(|_| self.value(depth - 1)).collect()),
            _ => Value::Map((0..self.below(3)).map(|_| (self.text(), self.value(depth - 1))).collect()),
        }
    }

    fn document(&self) -> Properties {
        (0..self.below(7)).map(|_| ((*self.pick(&FIELDS)).to_owned(), self.value(2))).collect()
    }

    fn predicate(&self) -> Predicate {
        let values = || (0..self.below(5)).map(|_| self.value(2)).collect();
        match self.below(10) {
            0 => Predicate::Eq(self.value(2)),
            1 => Predicate::Ne(self.value(2)),
            2 => Predicate::Gt(self.value(2)),
            3 => Predicate::Gte(self.value(2)),
            4 => Predicate::Lt(self.value(2)),
            5 => Predicate::Lte(self.value(2)),
            6 => Predicate::In(values()),
            7 => Predicate::Nin(values()),
            8 => Predicate::Exists(self.below(2) == 0),
            _ => Predicate::Contains(self.value(1)),
        }
    }

    fn filter(&self, depth: usize) -> Filter {
        let parts = || (0..self.below(4)).map(|_| self.filter(depth - 1)).collect();
        match self.below(if depth == 0 { 1 } else { 5 }) {
            0 => {
                let field = if self.below(12) == 0 { "absent" } else { self.pick(&FIELDS) };
                Filter::Field(field.to_owned(), self.predicate())
            }
            1 | 2 => Filter::And(parts()),
            3 => Filter::Or(parts()),
            _ => Filter::Not(Box::new(self.filter(depth - 1))),
        }
    }
}

fn twin(documents: &BTreeMap<u32, Properties>, filter: &Filter) -> RoaringBitmap {
    documents.iter().filter(|(_, metadata)| filter.matches(metadata)).map(|(row, _)| *row).collect()
}

fn build(documents: &BTreeMap<u32, Properties>) -> MetadataIndex {
    let mut index = MetadataIndex::new();
    for (row, metadata) in documents {
        index.insert(*row, metadata);
    }
    index
}

fn field(name: &str, predicate: Predicate) -> Filter {
    Filter::Field(name.to_owned(), predicate)
}

#[test]
fn random_filters_equal_their_twin() {
    let (mut cases, mut telling) = (0, 0);
    for seed in 0..150 {
        let source = Source(SeededRng::new(seed));
        let mut documents: BTreeMap<_, _> =
            (0..source.below(80)).map(|_| (source.below(300_000) as u32, source.document())).collect();
        let mut index = build(&documents);
        for round in 0..3 {
            assert_eq!(index.rows(), &documents.keys().copied().collect(), "seed {seed} round {round}");
            for _ in 0..60 {
                let filter = source.filter(4);
                let expected = twin(&documents, &filter);
                assert_eq!(index.evaluate(&filter), expected, "seed {seed} round {round} {filter:?}");
                cases += 1;
                telling += usize::from(!expected.is_empty() && &expected != index.rows());
            }
            let (row, metadata) = (300_000 + round, source.document());
            index.insert(row, &metadata);
            documents.insert(row, metadata);
            documents.retain(|row, metadata| {
                let stays = source.below(2) == 0;
                if !stays {
                    index.remove(*row, metadata);
                }
                stays
            });
        }
    }
    assert!(telling * 5 > cases, "only {telling} of {cases} filters told rows apart");
}

/// Windows on one field are where parts of an "and" are merged, so they are drawn more densely here.
#[test]
fn random_windows_equal_their_twin() {
    for seed in 0..50 {
        let source = Source(SeededRng::new(seed));
        let documents: BTreeMap<_, _> =
            (0..60).map(|row| (row, Properties::new().with("a", source.value(1)).with("b", source.number()))).collect();
        let index = build(&documents);
        for _ in 0..200 {
            let parts = (0..2 + source.below(3)).map(|_| {
                let bound = if source.below(4) == 0 { source.value(1) } else { source.number() };
                let operators: [fn(Value) -> Predicate; 4] =
                    [Predicate::Gt, Predicate::Gte, Predicate::Lt, Predicate::Lte];
                field(source.pick::<&str>(&["a", "b"]), source.pick(&operators)(bound))
            });
            let filter = Filter::And(parts.collect());
            assert_eq!(index.evaluate(&filter), twin(&documents, &filter), "seed {seed} {filter:?}");
        }
    }
}

#[test]
fn random_filters_survive_their_wire_form() {
    for seed in 0..2_000 {
        let filter = Source(SeededRng::new(seed)).filter(5);
        assert_eq!(Filter::try_from(Value::from(filter.clone())).as_ref(), Ok(&filter), "seed {seed}");
    }
}

/// What is kept as rows come and go is what a walk over everything finds, after every single step.
#[test]
fn the_kept_size_equals_a_walk() {
    for seed in 0..60 {
        let source = Source(SeededRng::new(seed));
        let mut documents: BTreeMap<u32, Properties> = BTreeMap::new();
        let mut index = MetadataIndex::new();
        for step in 0..250 {
            let row = source.below(40) as u32 * 3_000;
            match documents.remove(&row) {
                Some(metadata) => index.remove(row, &metadata),
                None => {
                    let metadata = source.document();
                    index.insert(row, &metadata);
                    // As a replayed log does.
                    index.insert(row, &metadata);
                    documents.insert(row, metadata);
                }
            }
            assert_eq!(index.memory_bytes(), index.walked_bytes(), "seed {seed} step {step}");
        }
        documents.iter().for_each(|(row, metadata)| index.remove(*row, metadata));
        assert_eq!(index.memory_bytes(), MetadataIndex::new().memory_bytes(), "seed {seed}");
    }
}

#[test]
fn nothing_is_left_when_all_rows_are_removed() {
    let source = Source(SeededRng::new(7));
    let documents: BTreeMap<_, _> = (0..500).map(|row| (row * 200, source.document())).collect();
    let mut index = build(&documents);
    let full_bytes = index.memory_bytes();
    for (row, metadata) in &documents {
        index.remove(*row, metadata);
        index.remove(*row, metadata);
    }
    assert!(index.rows().is_empty());
    assert_eq!(index.memory_bytes(), MetadataIndex::new().memory_bytes());
    assert!(full_bytes > index.memory_bytes());
}

#[test]
fn adding_a_row_again_or_removing_an_unknown_one_changes_nothing() {
    let metadata = Properties::new().with("a", 1).with("list", Value::List(vec![1.into(), Value::Float(1.0)]));
    let mut index = MetadataIndex::new();
    index.insert(9, &metadata);
    let bytes = index.memory_bytes();
    index.insert(9, &metadata);
    assert_eq!(index.memory_bytes(), bytes);
    index.remove(8, &metadata);
    assert_eq!(index.memory_bytes(), bytes);
    assert_eq!(index.evaluate(&field("list", Predicate::Contains(1.into()))), RoaringBitmap::from_iter([9]));
    index.remove(9, &metadata);
    assert_eq!(index.memory_bytes(), MetadataIndex::new().memory_bytes());
}

#[test]
fn combinations_of_nothing() {
    let mut index = MetadataIndex::new();
    assert!(index.evaluate(&Filter::And(Vec::new())).is_empty());
    index.insert(3, &Properties::new());
    index.insert(70_000, &Properties::new().with("a", Value::Null));
    assert_eq!(&index.evaluate(&Filter::And(Vec::new())), index.rows());
    assert!(index.evaluate(&Filter::Or(Vec::new())).is_empty());
    assert!(index.evaluate(&Filter::Not(Box::new(Filter::And(Vec::new())))).is_empty());
    assert_eq!(index.evaluate(&field("a", Predicate::Exists(false))), RoaringBitmap::from_iter([3]));
    assert_eq!(&index.evaluate(&field("b", Predicate::Exists(false))), index.rows());
    assert_eq!(index.evaluate(&field("a", Predicate::Eq(Value::Null))), RoaringBitmap::from_iter([70_000]));
}

#[test]
fn a_value_for_every_row_stays_small() {
    let mut index = MetadataIndex::new();
    for row in 0..10_000 {
        index.insert(row, &Properties::new().with("id", i64::from(row)));
    }
    assert!(index.memory_bytes() < 10_000 * 100, "{} bytes", index.memory_bytes());
    let window = Filter::And(vec![field("id", Predicate::Gte(10.into())), field("id", Predicate::Lt(20.into()))]);
    assert_eq!(index.evaluate(&window), (10..20).collect());
}

/// Postings change their form between three rows and four; they must hold the same rows on either side.
#[test]
fn postings_grow_and_shrink() {
    let metadata = Properties::new().with("a", 1);
    let one = field("a", Predicate::Eq(1.into()));
    let rows = [90_000, 5, 70_000, 1, 6, 3];
    for removal in [rows, [3, 6, 1, 70_000, 5, 90_000], [1, 3, 5, 6, 70_000, 90_000]] {
        let mut index = MetadataIndex::new();
        for (number, row) in rows.into_iter().enumerate() {
            index.insert(row, &metadata);
            index.insert(row, &metadata);
            index.remove(2, &metadata);
            assert_eq!(index.evaluate(&one), rows.into_iter().take(number + 1).collect());
        }
        for (number, row) in removal.into_iter().enumerate() {
            index.remove(row, &metadata);
            assert_eq!(index.evaluate(&one), removal.into_iter().skip(number + 1).collect());
            assert_eq!(&index.evaluate(&field("a", Predicate::Exists(true))), index.rows());
        }
        assert_eq!(index.memory_bytes(), MetadataIndex::new().memory_bytes());
    }
}

#[test]
fn long_texts_are_told_apart_at_their_end_and_counted() {
    let long = |end: &str| Value::String("x".repeat(100_000) + end);
    let mut index = MetadataIndex::new();
    index.insert(1, &Properties::new().with("a", long("1")));
    index.insert(2, &Properties::new().with("a", long("2")));
    assert_eq!(index.evaluate(&field("a", Predicate::Eq(long("2")))), RoaringBitmap::from_iter([2]));
    assert_eq!(index.evaluate(&field("a", Predicate::Contains("x1".into()))), RoaringBitmap::from_iter([1]));
    assert!(index.memory_bytes() > 200_000);
}
