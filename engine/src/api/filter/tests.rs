//! What filters mean on one row, what is refused and how, and that each form survives its wire form.

use super::*;
use crate::api::{Properties, Value};
use crate::limits;

fn single(name: &str, value: impl Into<Value>) -> Value {
    map([(name, value.into())])
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Map(entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().collect())
}

fn read(value: Value) -> Result<Filter, String> {
    Filter::try_from(value)
}

fn error(value: Value) -> String {
    read(value).unwrap_err()
}

fn round_trips(filter: &Filter) {
    assert_eq!(read(Value::from(filter.clone())).as_ref(), Ok(filter));
    let bytes = rmp_serde::to_vec(filter).unwrap();
    assert_eq!(&rmp_serde::from_slice::<Filter>(&bytes).unwrap(), filter);
}

fn field(name: &str, predicate: Predicate) -> Filter {
    Filter::on(name, predicate).unwrap()
}

fn exact(names: &[&str], predicate: Predicate) -> Filter {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Filter::Field(Field::Path(FieldPath::exact(names).unwrap()), predicate)
}

fn set(values: impl IntoIterator<Item = Value>) -> ValueSet {
    values.into_iter().collect()
}

#[test]
fn shorthand_and_operators_are_read() {
    let one = || Value::Int(1);
    assert_eq!(read(single("a", one())), Ok(field("a", Predicate::Eq(one()))));
    assert_eq!(read(map([])), Ok(Filter::And(Vec::new())));
    let window = map([("$gte", one()), ("$lt", Value::Int(5))]);
    let both = vec![field("t", Predicate::Gte(one())), field("t", Predicate::Lt(Value::Int(5)))];
    assert_eq!(read(single("t", window.clone())), Ok(Filter::And(both.clone())));
    assert_eq!(read(single("t", single("$not", window))), Ok(Filter::Not(Box::new(Filter::And(both)))));
    let not_one = Filter::Not(Box::new(field("a", Predicate::Eq(one()))));
    assert_eq!(read(single("a", single("$not", one()))), Ok(not_one.clone()));
    assert_eq!(read(single("$not", single("a", one()))), Ok(not_one));
    // A map without operators is a value, and one that has their names can be asked for.
    assert_eq!(read(single("a", single("b", one()))), Ok(field("a", Predicate::Eq(single("b", one())))));
    assert_eq!(read(single("a", single("$eq", single("gt", 1)))), Ok(field("a", Predicate::Eq(single("gt", 1)))));
    let id = Filter::Field(Field::Id, Predicate::StartsWith("x".to_owned()));
    assert_eq!(read(single("$id", single("$startswith", "x"))), Ok(id));
    assert_eq!(read(single("$content", "x")), Ok(Filter::Field(Field::Content, Predicate::Eq("x".into()))));
    let priced = |condition: Value| single("$field", list([list(["$price".into()]), condition]));
    assert_eq!(read(priced(single("$gt", 3))), Ok(exact(&["$price"], Predicate::Gt(Value::Int(3)))));
    assert_eq!(read(priced(one())), Ok(exact(&["$price"], Predicate::Eq(one()))));
    let plain = single("$field", list([list(["a".into()]), one()]));
    assert_eq!(read(plain), read(single("a", one())), "one path has one form");
}

#[test]
fn every_form_survives_its_wire_form() {
    let one = Value::Int(1);
    let texts = || set(["b".into(), "a".into()]);
    let of_anything = [
        Predicate::Eq(single("$gt", one.clone())),
        Predicate::Ne(Value::Null),
        Predicate::Gt(Value::Float(0.5)),
        Predicate::Gte(one.clone()),
        Predicate::Lt("text".into()),
        Predicate::Lte(Value::Bytes(vec![0, 255])),
        Predicate::In(set([one.clone(), Value::Null])),
        Predicate::Nin(ValueSet::default()),
        Predicate::Exists(true),
        Predicate::Exists(false),
        Predicate::Contains(list([one.clone()])),
        Predicate::IContains("ÄB".to_owned().into()),
        Predicate::StartsWith("ab".to_owned()),
        Predicate::All(set([one.clone()])),
        Predicate::Any(set([one, Value::Null])),
    ];
    let of_texts =
        [Predicate::Eq("a".into()), Predicate::Nin(texts()), Predicate::In(texts()), Predicate::Contains("a".into())];
    let mut fields: Vec<_> = of_anything.into_iter().map(|predicate| field("a", predicate)).collect();
    fields.extend(of_texts.clone().map(|predicate| Filter::Field(Field::Id, predicate)));
    fields.extend(of_texts.map(|predicate| Filter::Field(Field::Content, predicate)));
    for path in ["a.b", "", ".", "a..b", "and", "é"] {
        fields.push(field(path, Predicate::Exists(true)));
    }
    for names in [["$id"].as_slice(), &["a.b"], &["a", "b"], &["a", "$in", ""], &["$field"], &["$a.b"]] {
        fields.push(exact(names, Predicate::Exists(true)));
    }
    fields.push(field("$id", Predicate::Exists(true)));
    for filter in &fields {
        round_trips(filter);
    }
    round_trips(&Filter::And(Vec::new()));
    round_trips(&Filter::Or(Vec::new()));
    round_trips(&Filter::Or(vec![Filter::And(fields.clone()), Filter::Not(Box::new(Filter::Or(fields)))]));
}

#[test]
fn wrong_forms_are_refused() {
    assert!(error(Value::Int(1)).contains("must be a map"));
    assert!(error(single("$and", map([]))).contains("take a list"));
    assert!(error(single("$or", list([Value::Int(1)]))).contains("must be a map"));
    assert!(error(single("a", Value::Float(f64::NAN))).contains("NaN"));
    assert!(error(single("a", single("$in", list([Value::Float(f64::NAN)])))).contains("NaN"));
    for wrong in [
        Value::Int(1),
        list([]),
        list([list(["a".into()])]),
        list(["a".into(), Value::Int(1)]),
        list([list([]), Value::Int(1)]),
        list([list([Value::Int(1)]), Value::Int(1)]),
        list([list(vec![Value::from("a"); limits::FILTER_PATH_MAX + 1]), Value::Int(1)]),
    ] {
        assert!(error(single("$field", wrong)).contains("$field"));
    }
    let dots = "a.".repeat(limits::FILTER_PATH_MAX);
    assert!(error(single(&dots, 1)).contains("so many dots"));
    assert!(read(single("$field", list([list([dots.as_str().into()]), Value::Int(1)]))).is_ok());
    let long = "x".repeat(limits::FILTER_BYTES_MAX);
    assert!(error(single("a", long.as_str())).contains("bytes"));
}

/// Each error names the operator that was meant, and how to ask for a field of such a name.
#[test]
fn a_wrong_operator_is_an_error_that_names_the_likely_one() {
    let under = |operator: &str| error(single("a", single(operator, 1)));
    for (wrong, meant) in [
        ("$gte_", "did you mean $gte?"),
        ("$gtl", "did you mean $gt?"),
        ("$GTE", "did you mean $gte?"),
        ("$conatins", "did you mean $contains?"),
        ("$startsWith", "did you mean $startswith?"),
        ("$starts_with", "did you mean $startswith?"),
        ("$exist", "did you mean $exists?"),
        ("$regex", "did you mean $contains or $startswith?"),
        ("$not-in", "did you mean $nin?"),
        ("$nor", "did you mean $not around $or?"),
        ("$near", "known are $eq $ne"),
        ("$", "known are $eq $ne"),
        (&format!("${}", "e".repeat(100_000)), "known are $eq $ne"),
    ] {
        let error = under(wrong);
        assert!(error.contains(meant) && error.contains(&format!("{wrong:?} of field \"a\"")), "{wrong}: {error}");
    }
    assert!(!under("$near").contains("did you mean"));
    for (wrong, meant) in [("gte", "$gte"), ("in", "$in"), ("Contains", "$contains"), ("starts_with", "$startswith")] {
        for value in [single(wrong, 1), map([(wrong, Value::Int(1)), ("other", Value::Int(1))])] {
            let error = error(single("a", value));
            assert!(error.contains(&format!("write {meant:?}")) && error.contains("$eq"), "{error}");
        }
        let mixed = error(single("a", map([("$gt", Value::Int(1)), (wrong, Value::Int(1))])));
        assert!(mixed.contains(&format!("write {meant:?}")), "{mixed}");
    }
    let mixed = error(single("a", map([("$gt", Value::Int(1)), ("b", Value::Int(1))])));
    assert!(mixed.contains("\"b\" stands beside operators"), "{mixed}");
    for (wrong, meant) in [
        ("$nor", "did you mean $not around $or?"),
        ("$adn", "did you mean $and?"),
        ("$contnet", "did you mean $content?"),
        ("$gt", "$gt stands under a field"),
        ("$price", "in the place of a field stand $and $or $not $field $id $content"),
    ] {
        let error = error(single(wrong, 1));
        assert!(error.contains(meant), "{error}");
        assert!(error.contains(&format!("{{\"$field\": [[{wrong:?}], condition]}}")), "{error}");
    }
    for (wrong, value) in [("or", list([map([])])), ("and", list([single("a", 1)])), ("not", single("a", 1))] {
        assert!(error(single(wrong, value.clone())).contains(&format!("write \"${wrong}\"")));
        assert_eq!(read(single(wrong, single("$eq", value.clone()))), Ok(field(wrong, Predicate::Eq(value))));
    }
    // Fields may have the names of operators.
    for value in [Value::Int(1), list([]), list([Value::Int(1)])] {
        assert_eq!(read(single("or", value.clone())), Ok(field("or", Predicate::Eq(value))));
    }
}

#[test]
fn an_operand_that_can_match_nothing_is_an_error() {
    for operator in ["$in", "$nin", "$all", "$any"] {
        assert!(error(single("a", single(operator, "x"))).contains("takes a list, not a text"));
    }
    for operator in ["$gt", "$gte", "$lt", "$lte"] {
        for operand in [list([]), map([]), Value::Null] {
            assert!(error(single("a", single(operator, operand))).contains("takes a number, a text, bytes"));
        }
    }
    for operator in ["$startswith", "$icontains"] {
        assert!(error(single("a", single(operator, 1))).contains("takes a text, not a number"));
    }
    assert!(error(single("a", single("$exists", 1))).contains("takes true or false, not a number"));
    for text in ["$id", "$content"] {
        for condition in [
            Value::Int(1),
            single("$ne", Value::Null),
            single("$gt", 1),
            single("$contains", 1),
            single("$in", list(["a".into(), Value::Int(1)])),
        ] {
            let error = error(single(text, condition));
            assert!(error.contains(&format!("{text} is a text and compares with texts only")), "{error}");
        }
        for operator in ["$exists", "$all", "$any"] {
            assert!(error(single(text, single(operator, list([])))).contains("cannot be asked"), "{operator}");
        }
    }
}

#[test]
fn depth_is_bounded() {
    let condition = || single("a", 1);
    let pair = || map([("a", Value::Int(1)), ("b", Value::Int(1))]);
    let wrap: [fn(Value) -> Value; 3] =
        [|inner| single("$not", inner), |inner| single("$and", list([inner])), |inner| single("$or", list([inner]))];
    for wrap in wrap {
        let nested = |core, depth| (0..depth).fold(core, |inner, _| wrap(inner));
        round_trips(&read(nested(condition(), limits::FILTER_DEPTH_MAX)).unwrap());
        assert!(error(nested(condition(), limits::FILTER_DEPTH_MAX + 1)).contains("deeper"));
        round_trips(&read(nested(pair(), limits::FILTER_DEPTH_MAX - 1)).unwrap());
        assert!(error(nested(pair(), limits::FILTER_DEPTH_MAX)).contains("deeper"));
    }
    let inside = |depth| single("a", (0..depth).fold(Value::Int(1), |inner, _| single("$not", inner)));
    round_trips(&read(inside(limits::FILTER_DEPTH_MAX)).unwrap());
    assert!(error(inside(limits::FILTER_DEPTH_MAX + 1)).contains("deeper"));
}

#[test]
fn the_number_of_conditions_is_bounded() {
    for leaf in [single("a", 1), map([]), single("$or", list([]))] {
        let many = |count| single("$or", list(std::iter::repeat_n(leaf.clone(), count)));
        round_trips(&read(many(limits::FILTER_CONDITIONS_MAX)).unwrap());
        assert!(error(many(limits::FILTER_CONDITIONS_MAX + 1)).contains("conditions"));
    }
}

#[test]
fn an_absent_field_satisfies_only_its_absence() {
    let document = Properties::new().with("b", 1);
    let one = || Value::Int(1);
    for predicate in [
        Predicate::Eq(Value::Null),
        Predicate::Ne(one()),
        Predicate::Lt(one()),
        Predicate::Nin(set([one()])),
        Predicate::Nin(ValueSet::default()),
        Predicate::Exists(true),
        Predicate::StartsWith(String::new()),
        Predicate::IContains(String::new().into()),
        Predicate::All(ValueSet::default()),
        Predicate::Any(ValueSet::default()),
    ] {
        for name in ["a", "a.b", "b.a"] {
            assert!(!field(name, predicate.clone()).matches(&document), "{predicate:?}");
            assert!(Filter::Not(Box::new(field(name, predicate.clone()))).matches(&document));
        }
    }
    assert!(field("a", Predicate::Exists(false)).matches(&document));
    assert!(field("b", Predicate::Exists(true)).matches(&document));
}

/// A field of the very name comes first; dots enter maps and nothing else; `$field` takes names as they stand.
#[test]
fn paths_lead_into_maps() {
    let inner = map([("b", Value::Int(1)), ("c.d", Value::Int(2)), ("m", list([single("b", 3)]))]);
    let nested = Properties::new().with("a", inner);
    let flat = Properties::new().with("a.b", 9).with("a", single("b", 1));
    let is = |filter: Filter, fields: &Properties| filter.matches(fields);
    let eq = |value: i64| Predicate::Eq(Value::Int(value));
    assert!(is(field("a.b", eq(1)), &nested) && !is(field("a.b", eq(9)), &nested));
    assert!(is(field("a.b", eq(9)), &flat) && !is(field("a.b", eq(1)), &flat));
    assert!(is(exact(&["a.b"], eq(9)), &flat) && is(exact(&["a", "b"], eq(1)), &flat));
    assert!(is(exact(&["a", "c.d"], eq(2)), &nested) && !is(field("a.c.d", eq(2)), &nested));
    assert!(!is(field("a.m.b", Predicate::Exists(true)), &nested), "lists are not entered");
    assert!(is(field("a.m", Predicate::Contains(single("b", 3))), &nested));
    assert!(is(field("a.b.c", Predicate::Exists(false)), &nested), "a number holds nothing");
    assert!(is(field("a.b", Predicate::Ne(Value::Null)), &nested));
    let odd = Properties::new().with("$id", 1).with("", single("", 2));
    assert!(is(exact(&["$id"], eq(1)), &odd) && is(field(".", eq(2)), &odd) && is(exact(&["", ""], eq(2)), &odd));
}

#[test]
fn texts_and_lists() {
    let row = Properties::new()
        .with("t", "Straße nach ΟΔΌΣ")
        .with("l", list(["Rot".into(), Value::Int(2), "grün".into()]))
        .with("none", list([]));
    let is = |name: &str, predicate: Predicate| field(name, predicate).matches(&row);
    let folded = |text: &str| Predicate::IContains(text.to_owned().into());
    for text in ["STRASSE", "straße", "οδός", "nach ο", ""] {
        assert!(is("t", folded(text)), "{text}");
    }
    assert!(!is("t", folded("strase")) && !is("t", folded("ΟΔΟΣ")), "accents stay");
    assert!(is("l", folded("ROT")) && is("l", folded("GRÜN")) && !is("l", folded("gr")), "an element is whole");
    assert!(is("t", Predicate::StartsWith("Stra".to_owned())) && !is("t", Predicate::StartsWith("stra".to_owned())));
    assert!(!is("l", Predicate::StartsWith(String::new())));
    let float = Value::Float(2.0);
    assert!(is("l", Predicate::All(set(["grün".into(), float.clone()]))));
    assert!(!is("l", Predicate::All(set(["grün".into(), "blau".into()]))));
    assert!(is("l", Predicate::Any(set(["blau".into(), float]))) && !is("l", Predicate::Any(set(["blau".into()]))));
    assert!(is("none", Predicate::All(set([]))) && !is("none", Predicate::Any(set([]))));
    assert!(!is("t", Predicate::All(set([]))) && !is("t", Predicate::Any(set(["Straße nach ΟΔΌΣ".into()]))));
}

#[test]
fn documents_have_id_and_content_and_properties_have_not() {
    let fields = Properties::new().with("n", 1);
    let row = FilterRow::document("doc-7", "Some text", &fields);
    let id = |predicate| Filter::Field(Field::Id, predicate);
    let content = |predicate| Filter::Field(Field::Content, predicate);
    assert!(id(Predicate::Eq("doc-7".into())).matches(row) && id(Predicate::Gt("doc-6".into())).matches(row));
    assert!(
        id(Predicate::StartsWith("doc-".to_owned())).matches(row) && !id(Predicate::Ne("doc-7".into())).matches(row)
    );
    assert!(content(Predicate::IContains("TEXT".to_owned().into())).matches(row));
    assert!(
        content(Predicate::Contains("Some".into())).matches(row) && !content(Predicate::Eq("".into())).matches(row)
    );
    let nested =
        Filter::Or(vec![field("n", Predicate::Exists(true)), Filter::Not(Box::new(content(Predicate::Eq("".into()))))]);
    assert!(nested.validate_on(FilterOn::Documents).is_ok() && nested.asks_content());
    assert!(nested.validate_on(FilterOn::Properties).unwrap_err().message.contains("$field"));
    assert!(field("n", Predicate::Exists(true)).validate_on(FilterOn::Properties).is_ok());
}

/// Long texts and lists are steps of their own, so that whoever waits no more is noticed in one row.
#[test]
fn a_test_tells_its_steps_before_it_takes_them() {
    let content = "x".repeat(1 << 20);
    let fields = Properties::new();
    let row = FilterRow::document("a", &content, &fields);
    let condition = || Filter::Field(Field::Content, Predicate::Contains("y".into()));
    let filter = Filter::Or(vec![condition(), condition(), condition()]);
    let mut taken = 0;
    let ended = filter.test(&row, &mut |steps| {
        taken += steps;
        if taken > 1_500 { Err("enough") } else { Ok(()) }
    });
    assert_eq!((ended, taken), (Err("enough"), 2 * 1_025));
}
