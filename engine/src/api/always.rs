//! Whether a filter is true of every row there could be, told from its form alone.
//!
//! A filter that a program built from nothing (an empty map, a list of conditions that came out empty, the negation of
//! such a thing) matches everything. A search may do that; a deletion with it is a mistake that cannot be undone. The forms
//! that hold no condition are folded as constants in three-valued logic (Kleene's): what depends on a row stays unknown,
//! one *never* decides an `$and`, one *always* an `$or`, and `$not` turns the one into the other. `{"$in": []}` is never
//! true; `{"$nin": []}` asks that the field be there, and so depends on the row, but for the fields that every document has.

use super::filter::{Field, Filter, Predicate};
use super::value::Value;

/// What the form of a filter tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    /// True of every row.
    Always,
    /// True of none.
    Never,
    /// It depends on the row.
    Depends,
}

impl Truth {
    fn not(self) -> Self {
        match self {
            Truth::Always => Truth::Never,
            Truth::Never => Truth::Always,
            Truth::Depends => Truth::Depends,
        }
    }
}

/// What joins parts: one of the `deciding` kind decides, none at all or only the other kind gives the other.
fn joined(parts: &[Filter], deciding: Truth) -> Truth {
    let mut all = deciding.not();
    for part in parts {
        match truth(part) {
            found if found == deciding => return deciding,
            Truth::Depends => all = Truth::Depends,
            Truth::Always | Truth::Never => {}
        }
    }
    all
}

fn truth(filter: &Filter) -> Truth {
    match filter {
        Filter::And(parts) => joined(parts, Truth::Never),
        Filter::Or(parts) => joined(parts, Truth::Always),
        Filter::Not(part) => truth(part).not(),
        Filter::Field(Field::Path(_), predicate) => of_value(predicate),
        Filter::Field(Field::Id | Field::Content, predicate) => of_text(predicate),
    }
}

/// Of a field that a row may lack, and that may hold anything.
fn of_value(predicate: &Predicate) -> Truth {
    match predicate {
        Predicate::In(wanted) | Predicate::Any(wanted) if wanted.is_empty() => Truth::Never,
        Predicate::Eq(_)
        | Predicate::Ne(_)
        | Predicate::Gt(_)
        | Predicate::Gte(_)
        | Predicate::Lt(_)
        | Predicate::Lte(_)
        | Predicate::In(_)
        | Predicate::Nin(_)
        | Predicate::Exists(_)
        | Predicate::Contains(_)
        | Predicate::IContains(_)
        | Predicate::StartsWith(_)
        | Predicate::All(_)
        | Predicate::Any(_) => Truth::Depends,
    }
}

/// Of a text that is always there. The empty one begins and is a part of all, and none is before it.
fn of_text(predicate: &Predicate) -> Truth {
    let is_text = |value: &Value| matches!(value, Value::String(_));
    let is_least = |value: &Value| matches!(value, Value::String(text) if text.is_empty());
    let when = |holds: bool, then: Truth| if holds { then } else { Truth::Depends };
    match predicate {
        Predicate::Eq(value) | Predicate::Gt(value) | Predicate::Lte(value) => when(!is_text(value), Truth::Never),
        Predicate::Ne(value) => when(!is_text(value), Truth::Always),
        Predicate::Lt(value) => when(!is_text(value) || is_least(value), Truth::Never),
        Predicate::Gte(value) | Predicate::Contains(value) if is_least(value) => Truth::Always,
        Predicate::Gte(value) | Predicate::Contains(value) => when(!is_text(value), Truth::Never),
        Predicate::In(values) => when(!values.as_slice().iter().any(is_text), Truth::Never),
        Predicate::Nin(values) => when(!values.as_slice().iter().any(is_text), Truth::Always),
        Predicate::Exists(wanted) => {
            if *wanted {
                Truth::Always
            } else {
                Truth::Never
            }
        }
        Predicate::IContains(part) => when(part.given().is_empty(), Truth::Always),
        Predicate::StartsWith(start) => when(start.is_empty(), Truth::Always),
        Predicate::All(_) | Predicate::Any(_) => Truth::Never,
    }
}

impl Filter {
    /// True if the filter matches every row whatever it holds, by its form: what no deletion may be asked with.
    pub fn is_always_true(&self) -> bool {
        truth(self) == Truth::Always
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{FilterRow, Properties, ValueSet};
    use crate::rng::{Rng, SeededRng};

    fn and(parts: &[Filter]) -> Filter {
        Filter::And(parts.to_vec())
    }

    fn or(parts: &[Filter]) -> Filter {
        Filter::Or(parts.to_vec())
    }

    fn not(part: Filter) -> Filter {
        Filter::Not(Box::new(part))
    }

    fn field(predicate: Predicate) -> Filter {
        Filter::on("a", predicate).unwrap()
    }

    fn text(predicate: Predicate) -> Filter {
        Filter::Field(Field::Id, predicate)
    }

    fn depends() -> Filter {
        field(Predicate::Eq(Value::Int(1)))
    }

    #[test]
    fn forms_without_a_condition_are_always_true() {
        let (empty, none) = (and(&[]), or(&[]));
        let never = field(Predicate::In(ValueSet::default()));
        for always in [
            empty.clone(),
            and(std::slice::from_ref(&empty)),
            and(&[and(std::slice::from_ref(&empty)), empty.clone()]),
            or(&[empty.clone(), depends()]),
            or(&[depends(), or(&[and(&[]), depends()])]),
            not(none.clone()),
            not(never.clone()),
            not(not(empty.clone())),
            not(and(&[never.clone(), depends()])),
            and(&[not(none.clone()), empty.clone()]),
            not(or(&[never.clone(), none.clone()])),
            not(field(Predicate::Any(ValueSet::default()))),
            text(Predicate::Nin(ValueSet::default())),
            text(Predicate::Gte("".into())),
            text(Predicate::StartsWith(String::new())),
            text(Predicate::Contains("".into())),
            text(Predicate::IContains(String::new().into())),
            not(text(Predicate::Lt("".into()))),
        ] {
            assert!(always.is_always_true(), "{always:?}");
        }
        for other in [
            none.clone(),
            never.clone(),
            depends(),
            not(depends()),
            not(empty.clone()),
            and(&[empty.clone(), depends()]),
            or(&[none, depends()]),
            or(&[never, depends()]),
            not(and(&[empty, depends()])),
            field(Predicate::Nin(ValueSet::default())),
            field(Predicate::Exists(true)),
            field(Predicate::Exists(false)),
            field(Predicate::StartsWith(String::new())),
            field(Predicate::All(ValueSet::default())),
            text(Predicate::Gt("".into())),
            text(Predicate::Ne("".into())),
            text(Predicate::StartsWith("a".to_owned())),
            // Every row does one or the other, but whoever says so has thought of every row.
            or(&[field(Predicate::Exists(true)), field(Predicate::Exists(false))]),
        ] {
            assert!(!other.is_always_true(), "{other:?}");
        }
    }

    struct Draw(SeededRng);

    impl Draw {
        fn below(&self, bound: u64) -> u64 {
            let mut bytes = [0; 8];
            self.0.fill(&mut bytes);
            u64::from_le_bytes(bytes) % bound
        }

        fn text(&self) -> &'static str {
            ["", "x", "Xy"][usize::try_from(self.below(3)).unwrap()]
        }

        fn value(&self) -> Value {
            match self.below(4) {
                0 => Value::Null,
                1 => Value::from(self.text()),
                2 => Value::List(vec![Value::Int(1)]),
                _ => Value::Int(i64::try_from(self.below(3)).unwrap()),
            }
        }

        fn values(&self) -> ValueSet {
            (0..self.below(3)).map(|_| self.value()).collect()
        }

        fn leaf(&self) -> Filter {
            let predicate = match self.below(14) {
                0 => Predicate::Eq(self.value()),
                1 => Predicate::Ne(self.value()),
                2 => Predicate::Gt(self.value()),
                3 => Predicate::Gte(self.value()),
                4 => Predicate::Lt(self.value()),
                5 => Predicate::Lte(self.value()),
                6 => Predicate::In(self.values()),
                7 => Predicate::Nin(self.values()),
                8 => Predicate::Exists(self.below(2) == 0),
                9 => Predicate::Contains(self.value()),
                10 => Predicate::IContains(self.text().to_owned().into()),
                11 => Predicate::StartsWith(self.text().to_owned()),
                12 => Predicate::All(self.values()),
                _ => Predicate::Any(self.values()),
            };
            match self.below(4) {
                0 => Filter::on("a", predicate).unwrap(),
                1 => Filter::on("b.c", predicate).unwrap(),
                2 => Filter::Field(Field::Id, predicate),
                _ => Filter::Field(Field::Content, predicate),
            }
        }

        fn filter(&self, depth: u64, leaf: &dyn Fn(&Self) -> Filter) -> Filter {
            let parts = || (0..self.below(4)).map(|_| self.filter(depth - 1, leaf)).collect();
            match self.below(if depth == 0 { 1 } else { 4 }) {
                0 => leaf(self),
                1 => Filter::And(parts()),
                2 => Filter::Or(parts()),
                _ => not(self.filter(depth - 1, leaf)),
            }
        }

        fn row(&self) -> Properties {
            let mut row = Properties::new();
            for name in ["a", "b.c", "c"] {
                if self.below(2) == 0 {
                    row.0.insert(name.to_owned(), self.value());
                }
            }
            row
        }
    }

    /// The exact twin is the filter itself, asked row by row.
    #[test]
    fn what_is_judged_always_true_matches_every_row() {
        let mut judged = 0;
        for seed in 0..20_000 {
            let draw = Draw(SeededRng::new(seed));
            let filter = draw.filter(4, &Draw::leaf);
            if filter.is_always_true() {
                judged += 1;
                for _ in 0..20 {
                    let (id, content, fields) = (draw.text(), draw.text(), draw.row());
                    let row = FilterRow::document(id, content, &fields);
                    assert!(filter.matches(row), "seed {seed}: {filter:?} and {row:?}");
                }
            }
        }
        assert!(judged > 1_000, "only {judged} filters were always true");
    }

    /// Of a single condition on a text that is always there the judgement is exact: it is true of all texts, or not of these.
    #[test]
    fn conditions_on_texts_are_judged_exactly() {
        let none = Properties::new();
        for seed in 0..5_000 {
            let filter = Draw(SeededRng::new(seed)).leaf();
            if !matches!(filter, Filter::Field(Field::Id, _)) {
                continue;
            }
            let holds =
                ["", "A", "Xz", "\u{10ffff}"].iter().all(|id| filter.matches(FilterRow::document(id, "", &none)));
            // Nothing but such a text itself tells that it is unequal to one.
            let named = ["x", "Xy"].iter().all(|id| filter.matches(FilterRow::document(id, "", &none)));
            assert_eq!(filter.is_always_true(), holds && named, "seed {seed}: {filter:?}");
        }
    }

    /// Without conditions on rows, the judgement must be exact: one row tells for all.
    #[test]
    fn forms_of_constants_are_judged_exactly() {
        for seed in 0..20_000 {
            let draw = Draw(SeededRng::new(seed));
            let filter = draw.filter(5, &|_| field(Predicate::In(ValueSet::default())));
            assert_eq!(filter.is_always_true(), filter.matches(&draw.row()), "seed {seed}: {filter:?}");
        }
    }
}
