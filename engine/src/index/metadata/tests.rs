//! The index against its exact twin: seeded random filters on random documents, and the cases worth naming.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::{MetadataIndex, Plan};
use crate::api::{Field, FieldPath, Filter, Predicate, Properties, Value, ValueSet};
use crate::limits;
use crate::rng::{Rng, SeededRng};

const FIELDS: [&str; 8] = ["", "a", "b", "c", "list", "text", "a.b", "."];
/// What is inside maps, so that paths meet.
const NAMES: [&str; 4] = ["", "a", "b", "a.b"];
const PATHS: [&str; 8] = ["a.b", "a.a", ".", "a.b.a", "b.", "a..b", "c.a", "list.a"];

fn found(index: &MetadataIndex, filter: &Filter) -> RoaringBitmap {
    let Ok(plan) = Plan::of(filter, &mut |_| Err(())) else { panic!("{filter:?} asks more than metadata") };
    index.evaluate(&plan)
}

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
        (0..self.below(4)).map(|_| *self.pick(&['a', 'b', 'é', 'A', 'É'])).collect()
    }

    fn value(&self, depth: usize) -> Value {
        match self.below(if depth == 0 { 9 } else { 12 }) {
            0 => Value::Null,
            1 => Value::Bool(self.below(2) == 0),
            2..5 => self.number(),
            5..8 => Value::String(self.text()),
            8 => Value::Bytes(self.text().into_bytes()),
            9..11 => Value::List((0..self.below(4)).map(|_| self.value(depth - 1)).collect()),
            _ => self.map(depth),
        }
    }

    fn map(&self, depth: usize) -> Value {
        let name = || (*self.pick(&NAMES)).to_owned();
        Value::Map((0..self.below(4)).map(|_| (name(), self.value(depth - 1))).collect())
    }

    fn document(&self) -> Properties {
        let value = || if self.below(3) == 0 { self.map(3) } else { self.value(3) };
        (0..self.below(7)).map(|_| ((*self.pick(&FIELDS)).to_owned(), value())).collect()
    }

    fn path(&self) -> FieldPath {
        let text = match self.below(20) {
            0..8 => self.pick(&FIELDS),
            8..14 => self.pick(&PATHS),
            14 => "absent",
            _ => {
                let names = (0..1 + self.below(3)).map(|_| (*self.pick(&NAMES)).to_owned());
                return FieldPath::exact(names.collect()).unwrap();
            }
        };
        FieldPath::new(text).unwrap()
    }

    /// What ordered operators take.
    fn bound(&self) -> Value {
        match self.below(8) {
            0 => Value::Bool(self.below(2) == 0),
            1..5 => self.number(),
            5..7 => Value::String(self.text()),
            _ => Value::Bytes(self.text().into_bytes()),
        }
    }

    fn predicate(&self) -> Predicate {
        let values = || (0..self.below(5)).map(|_| self.value(2)).collect::<ValueSet>();
        match self.below(15) {
            0 => Predicate::Eq(self.value(2)),
            1 => Predicate::Ne(self.value(2)),
            2 => Predicate::Gt(self.bound()),
            3 => Predicate::Gte(self.bound()),
            4 => Predicate::Lt(self.bound()),
            5 => Predicate::Lte(self.bound()),
            6 => Predicate::In(values()),
            7 => Predicate::Nin(values()),
            8 => Predicate::Exists(self.below(2) == 0),
            9 => Predicate::Contains(self.value(1)),
            10 => Predicate::IContains(self.text().into()),
            11 => Predicate::StartsWith(self.text()),
            12 => Predicate::All((0..self.below(3)).map(|_| self.value(1)).collect()),
            13 => Predicate::Any(values()),
            _ => Predicate::Exists(true),
        }
    }

    fn filter(&self, depth: usize) -> Filter {
        let parts = || (0..self.below(4)).map(|_| self.filter(depth - 1)).collect();
        match self.below(if depth == 0 { 1 } else { 5 }) {
            0 => Filter::Field(Field::Path(self.path()), self.predicate()),
            1 | 2 => Filter::And(parts()),
            3 => Filter::Or(parts()),
            _ => Filter::Not(Box::new(self.filter(depth - 1))),
        }
    }
}

fn twin(documents: &BTreeMap<u32, Properties>, filter: &Filter) -> RoaringBitmap {
    documents.iter().filter(|(_, metadata)| filter.matches(*metadata)).map(|(row, _)| *row).collect()
}

fn build(documents: &BTreeMap<u32, Properties>) -> MetadataIndex {
    let mut index = MetadataIndex::new();
    for (row, metadata) in documents {
        index.insert(*row, metadata);
    }
    index
}

fn field(name: &str, predicate: Predicate) -> Filter {
    Filter::on(name, predicate).unwrap()
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
                assert_eq!(found(&index, &filter), expected, "seed {seed} round {round} {filter:?}");
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
    assert!(telling * 10 > cases, "only {telling} of {cases} filters told rows apart");
}

/// Windows on one field are where parts of an "and" are merged, so they are drawn more densely here.
#[test]
fn random_windows_equal_their_twin() {
    for seed in 0..50 {
        let source = Source(SeededRng::new(seed));
        let document = || {
            let inside = Value::Map([("a".to_owned(), source.value(1))].into_iter().collect());
            Properties::new().with("a", source.value(1)).with("b", source.number()).with("m", inside)
        };
        let documents: BTreeMap<_, _> = (0..60).map(|row| (row, document())).collect();
        let index = build(&documents);
        for _ in 0..200 {
            let parts = (0..2 + source.below(3)).map(|_| {
                let bound = if source.below(4) == 0 { source.value(1) } else { source.number() };
                let operators: [fn(Value) -> Predicate; 4] =
                    [Predicate::Gt, Predicate::Gte, Predicate::Lt, Predicate::Lte];
                field(source.pick::<&str>(&["a", "b", "m.a"]), source.pick(&operators)(bound))
            });
            let filter = Filter::And(parts.collect());
            assert_eq!(found(&index, &filter), twin(&documents, &filter), "seed {seed} {filter:?}");
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
    assert_eq!(found(&index, &field("list", Predicate::Contains(1.into()))), RoaringBitmap::from_iter([9]));
    index.remove(9, &metadata);
    assert_eq!(index.memory_bytes(), MetadataIndex::new().memory_bytes());
}

#[test]
fn combinations_of_nothing() {
    let mut index = MetadataIndex::new();
    assert!(found(&index, &Filter::And(Vec::new())).is_empty());
    index.insert(3, &Properties::new());
    index.insert(70_000, &Properties::new().with("a", Value::Null));
    assert_eq!(&found(&index, &Filter::And(Vec::new())), index.rows());
    assert!(found(&index, &Filter::Or(Vec::new())).is_empty());
    assert!(found(&index, &Filter::Not(Box::new(Filter::And(Vec::new())))).is_empty());
    assert_eq!(found(&index, &field("a", Predicate::Exists(false))), RoaringBitmap::from_iter([3]));
    assert_eq!(&found(&index, &field("b", Predicate::Exists(false))), index.rows());
    assert_eq!(found(&index, &field("a", Predicate::Eq(Value::Null))), RoaringBitmap::from_iter([70_000]));
}

#[test]
fn a_value_for_every_row_stays_small() {
    let mut index = MetadataIndex::new();
    for row in 0..10_000 {
        index.insert(row, &Properties::new().with("id", i64::from(row)));
    }
    assert!(index.memory_bytes() < 10_000 * 100, "{} bytes", index.memory_bytes());
    let window = Filter::And(vec![field("id", Predicate::Gte(10.into())), field("id", Predicate::Lt(20.into()))]);
    assert_eq!(found(&index, &window), (10..20).collect());
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
            assert_eq!(found(&index, &one), rows.into_iter().take(number + 1).collect());
        }
        for (number, row) in removal.into_iter().enumerate() {
            index.remove(row, &metadata);
            assert_eq!(found(&index, &one), removal.into_iter().skip(number + 1).collect());
            assert_eq!(&found(&index, &field("a", Predicate::Exists(true))), index.rows());
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
    assert_eq!(found(&index, &field("a", Predicate::Eq(long("2")))), RoaringBitmap::from_iter([2]));
    assert_eq!(found(&index, &field("a", Predicate::Contains("x1".into()))), RoaringBitmap::from_iter([1]));
    assert!(index.memory_bytes() > 200_000);
}

/// A map with a key for every row finds no room for all of them, and its paths are found all the same; when it has gone, there
/// is room again.
#[test]
fn more_paths_than_there_is_room_for_are_found_by_walking() {
    let value = |row: u32| {
        let own = (format!("user{row}"), Value::Int(i64::from(row % 7)));
        let shared = ("shared".to_owned(), Value::Int(i64::from(row % 5)));
        Value::Map([own, shared].into_iter().collect())
    };
    let count = u32::try_from(limits::METADATA_NAMES_MAX).unwrap() * 3;
    let documents: BTreeMap<_, _> =
        (0..count).map(|row| (row, Properties::new().with("scores", value(row)).with("late", value(row)))).collect();
    let index = build(&documents);
    assert!(index.paths() <= 2 * limits::METADATA_NAMES_MAX, "{}", index.paths());
    let mut checked = 0;
    for row in (0..count).step_by(13) {
        for predicate in
            [Predicate::Exists(true), Predicate::Exists(false), Predicate::Gte(3.into()), Predicate::Ne(1.into())]
        {
            for path in [format!("scores.user{row}"), format!("late.user{row}"), "scores.shared".to_owned()] {
                let filter = field(&path, predicate.clone());
                assert_eq!(found(&index, &filter), twin(&documents, &filter), "{filter:?}");
                checked += 1;
            }
        }
    }
    assert!(checked > 300);
    let mut index = index;
    documents.iter().for_each(|(row, metadata)| index.remove(*row, metadata));
    assert_eq!((index.memory_bytes(), index.paths()), (MetadataIndex::new().memory_bytes(), 0));
}

/// Rows that come, go and come again while the room is full: a name that was refused once must not be taken in half.
#[test]
fn a_refused_name_is_never_listed_in_part() {
    for seed in 0..40 {
        let source = Source(SeededRng::new(seed));
        let names: Vec<String> = (0..limits::METADATA_NAMES_MAX + 20).map(|number| format!("n{number}")).collect();
        let document = || {
            let entries = (0..8).map(|_| (source.pick(&names).clone(), source.number()));
            Properties::new().with("m", Value::Map(entries.collect()))
        };
        let mut documents = BTreeMap::new();
        let mut index = MetadataIndex::new();
        for step in 0..600 {
            let row = source.below(60) as u32;
            match documents.remove(&row) {
                Some(metadata) => index.remove(row, &metadata),
                None => {
                    let metadata = document();
                    index.insert(row, &metadata);
                    documents.insert(row, metadata);
                }
            }
            let filter = field(&format!("m.{}", source.pick(&names)), source.predicate());
            assert_eq!(found(&index, &filter), twin(&documents, &filter), "seed {seed} step {step} {filter:?}");
            assert_eq!(index.memory_bytes(), index.walked_bytes(), "seed {seed} step {step}");
        }
        documents.iter().for_each(|(row, metadata)| index.remove(*row, metadata));
        assert_eq!((index.memory_bytes(), index.paths()), (MetadataIndex::new().memory_bytes(), 0), "seed {seed}");
    }
}

/// What is nested deep is kept whole once, and once by its path, not once for each level.
#[test]
fn deep_values_are_kept_twice_and_not_more() {
    let text = "x".repeat(100_000);
    let deep = (0..limits::VALUE_DEPTH_MAX)
        .fold(Value::String(text), |inner, _| Value::Map([("n".to_owned(), inner)].into_iter().collect()));
    let mut index = MetadataIndex::new();
    index.insert(1, &Properties::new().with("n", deep));
    assert!(index.memory_bytes() < 220_000, "{} bytes", index.memory_bytes());
    let path = vec!["n"; limits::VALUE_DEPTH_MAX + 1].join(".");
    assert_eq!(found(&index, &field(&path, Predicate::StartsWith("xx".to_owned()))), RoaringBitmap::from_iter([1]));
}
