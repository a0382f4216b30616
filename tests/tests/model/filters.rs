//! Values, fields of values, and filters over the same small fields, over ids and over contents.

use proptest::collection;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use toondb_engine::api::{Field, Filter, Predicate, Properties, Value, ValueSet};

use crate::op::{DOCUMENTS, one_of};

/// Numbers, texts and truth values: what ordered operators take.
fn scalar() -> impl Strategy<Value = Value> + Clone {
    prop_oneof![
        (0..3_i64).prop_map(Value::Int),
        (0..3_u8).prop_map(|x| Value::Float(f64::from(x))),
        text().prop_map(Value::String),
        any::<bool>().prop_map(Value::Bool),
    ]
}

fn text() -> impl Strategy<Value = String> + Clone {
    one_of(&["x", "xy", "y", "X"]).prop_map(str::to_owned)
}

fn field_value() -> impl Strategy<Value = Value> + Clone {
    let inner = prop_oneof![
        5 => scalar(),
        1 => Just(Value::Null),
        1 => collection::vec(scalar(), 0..3).prop_map(Value::List),
    ];
    let names = one_of(&["h", "i"]).prop_map(str::to_owned);
    let map =
        collection::vec((names, inner.clone()), 0..3).prop_map(|entries| Value::Map(entries.into_iter().collect()));
    prop_oneof![5 => inner, 2 => map]
}

pub fn field_name() -> impl Strategy<Value = String> + Clone {
    one_of(&["f", "g"]).prop_map(str::to_owned)
}

pub fn properties() -> impl Strategy<Value = Properties> + Clone {
    collection::vec((field_name(), field_value()), 0..3).prop_map(Properties::from_iter)
}

/// A filter of what has properties and nothing else that it could ask for.
pub fn property_filter() -> impl Strategy<Value = Filter> + Clone {
    combined(field_condition())
}

/// A filter of documents.
pub fn filter() -> impl Strategy<Value = Filter> + Clone {
    let ids = || one_of(&DOCUMENTS).prop_map(Value::from);
    let id = of_texts(ids(), one_of(&["d", "d1", "D", ""]).prop_map(str::to_owned));
    let contents = one_of(&["about d1", "about", ""]);
    let content = of_texts(contents.prop_map(Value::from), one_of(&["about", "ABOUT D", "x"]).prop_map(str::to_owned));
    combined(prop_oneof![
        6 => field_condition(),
        2 => id.prop_map(|predicate| Filter::Field(Field::Id, predicate)),
        1 => content.prop_map(|predicate| Filter::Field(Field::Content, predicate)),
    ])
}

fn field_condition() -> impl Strategy<Value = Filter> + Clone {
    let values = || collection::vec(field_value(), 0..3).prop_map(ValueSet::from);
    let of_values = prop_oneof![
        field_value().prop_map(Predicate::Eq),
        field_value().prop_map(Predicate::Ne),
        values().prop_map(Predicate::In),
        values().prop_map(Predicate::Nin),
        any::<bool>().prop_map(Predicate::Exists),
        field_value().prop_map(Predicate::Contains),
        values().prop_map(Predicate::All),
        values().prop_map(Predicate::Any),
        ordered(scalar()),
        beginning(text()),
    ];
    let path = one_of(&["f", "g", "f.h", "f.i", "g.h"]);
    (path, of_values).prop_map(|(path, predicate)| Filter::on(path, predicate).expect("a short path"))
}

fn combined(leaf: impl Strategy<Value = Filter> + Clone + 'static) -> impl Strategy<Value = Filter> + Clone {
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            collection::vec(inner.clone(), 0..3).prop_map(Filter::And),
            collection::vec(inner.clone(), 0..3).prop_map(Filter::Or),
            inner.prop_map(|part| Filter::Not(Box::new(part))),
        ]
    })
}

fn ordered(bound: impl Strategy<Value = Value> + Clone + 'static) -> BoxedStrategy<Predicate> {
    let operators: [fn(Value) -> Predicate; 4] = [Predicate::Gt, Predicate::Gte, Predicate::Lt, Predicate::Lte];
    (0..4_usize, bound).prop_map(move |(operator, bound)| operators[operator](bound)).boxed()
}

fn beginning(part: impl Strategy<Value = String> + Clone + 'static) -> BoxedStrategy<Predicate> {
    let folded = part.clone().prop_map(|part| Predicate::IContains(part.into()));
    prop_oneof![part.prop_map(Predicate::StartsWith), folded].boxed()
}

/// What can be asked of a text that is always there.
fn of_texts(
    whole: impl Strategy<Value = Value> + Clone + 'static,
    part: impl Strategy<Value = String> + Clone + 'static,
) -> BoxedStrategy<Predicate> {
    let several = || collection::vec(whole.clone(), 0..3).prop_map(ValueSet::from);
    prop_oneof![
        whole.clone().prop_map(Predicate::Eq),
        whole.clone().prop_map(Predicate::Ne),
        several().prop_map(Predicate::In),
        several().prop_map(Predicate::Nin),
        part.clone().prop_map(|part| Predicate::Contains(Value::String(part))),
        ordered(whole),
        beginning(part),
    ]
    .boxed()
}

/// A filter that a deletion may be asked with.
pub fn conditional() -> impl Strategy<Value = Filter> + Clone {
    filter().prop_filter("true of every row", |filter| !filter.is_always_true())
}
