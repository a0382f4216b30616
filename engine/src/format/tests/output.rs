//! What the one-way formats and `auto` give, letter for letter.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_ipc::reader::StreamReader;
use arrow_schema::DataType;

use crate::api::{ConvertText, ErrorCode, OutputFormat, Tokenizer, ToonOptions, Value};
use crate::format::{Cell, Row, RowSet, RowTable, convert, encode};

fn rows(columns: &[&str], rows: &[&[Value]]) -> RowSet {
    let row = |values: &&[Value]| Row {
        identity: None,
        cells: columns
            .iter()
            .zip(*values)
            .map(|(name, value)| Cell { column: Arc::from(*name), value: value.clone() })
            .collect(),
    };
    RowSet { tables: vec![RowTable { name: "rows", rows: rows.iter().map(row).collect() }] }
}

fn text(set: &RowSet, format: OutputFormat) -> String {
    String::from_utf8(encode(&set.all(), format, None).unwrap().data).unwrap()
}

fn people() -> RowSet {
    rows(
        &["id", "name", "score"],
        &[
            &[Value::Int(1), Value::from("Ada, Countess"), Value::Float(0.5)],
            &[Value::Int(2), Value::from("Bo|b\nB"), Value::Null],
        ],
    )
}

#[test]
fn rows_read_like_this() {
    assert_eq!(
        text(&people(), OutputFormat::Toon),
        "[2]{id,name,score}:\n  1,\"Ada, Countess\",0.5\n  2,\"Bo|b\\nB\",null"
    );
    let json = r#"[{"id":1,"name":"Ada, Countess","score":0.5},{"id":2,"name":"Bo|b\nB","score":null}]"#;
    assert_eq!(text(&people(), OutputFormat::Json), json);
    let markdown = "| id | name | score |\n|---|---|---|\n| 1 | Ada, Countess | 0.5 |\n| 2 | Bo\\|b<br>B |  |\n";
    assert_eq!(text(&people(), OutputFormat::Markdown), markdown);
    let none = RowSet { tables: vec![RowTable { name: "rows", rows: Vec::new() }] };
    assert_eq!((text(&none, OutputFormat::Toon), text(&none, OutputFormat::Json)), ("[]".to_owned(), "[]".to_owned()));
    assert_eq!(text(&none, OutputFormat::Markdown), "");
}

#[test]
fn several_tables_have_their_names() {
    let (mut set, other) = (people(), rows(&["from_id", "to_id"], &[&[Value::from("a"), Value::from("b")]]));
    set.tables.extend(other.tables.into_iter().map(|table| RowTable { name: "edges", ..table }));
    let toon =
        "rows[2]{id,name,score}:\n  1,\"Ada, Countess\",0.5\n  2,\"Bo|b\\nB\",null\nedges[1]{from_id,to_id}:\n  a,b";
    assert_eq!(text(&set, OutputFormat::Toon), toon);
    assert!(text(&set, OutputFormat::Json).ends_with(r#""edges":[{"from_id":"a","to_id":"b"}]}"#));
    assert!(text(&set, OutputFormat::Markdown).ends_with("\n**edges**\n\n| from_id | to_id |\n|---|---|\n| a | b |\n"));
    assert_eq!(set.first(2).tables.iter().map(|table| table.rows.len()).sum::<usize>(), 2);
    set.truncate(1);
    assert_eq!(text(&set, OutputFormat::Toon), "rows[1]{id,name,score}:\n  1,\"Ada, Countess\",0.5\nedges: []");
}

#[test]
fn columns_have_the_type_of_their_values() {
    let list = Value::List(vec![Value::Int(1)]);
    let set = rows(
        &["i", "f", "t", "b", "x", "mixed", "nested", "none", "big"],
        &[
            &[
                Value::Int(i64::MIN),
                Value::Int(2),
                Value::from("é"),
                Value::Bool(true),
                Value::Bytes(vec![0]),
                Value::Int(1),
                list,
                Value::Null,
                Value::Int(i64::MAX),
            ],
            &[
                Value::Null,
                Value::Float(0.5),
                Value::Null,
                Value::Bool(false),
                Value::Null,
                Value::from("s"),
                Value::Null,
                Value::Null,
                Value::Float(0.5),
            ],
        ],
    );
    let data = encode(&set.all(), OutputFormat::Columnar, None).unwrap().data;
    let mut reader = StreamReader::try_new(data.as_slice(), None).unwrap();
    let batch = reader.next().unwrap().unwrap();
    assert!(reader.next().is_none() && batch.num_rows() == 2);
    let types: Vec<_> = batch.schema().fields().iter().map(|field| field.data_type().clone()).collect();
    use DataType::{Binary, Boolean, Float64, Int64, Utf8};
    assert_eq!(types, [Int64, Float64, Utf8, Boolean, Binary, Utf8, Utf8, Utf8, Utf8]);
    let encoding = |column: usize| batch.schema().field(column).metadata().get("toondb.encoding").cloned();
    assert_eq!(
        [2, 5, 6, 7, 8].map(encoding),
        [None, Some("json".into()), Some("json".into()), None, Some("json".into())]
    );
    assert_eq!(batch.column(0).as_primitive::<Int64Type>().value(0), i64::MIN);
    assert_eq!(batch.column(1).as_primitive::<Float64Type>().values(), &[2.0, 0.5]);
    let texts = |column: usize| batch.column(column).as_string::<i32>().iter().collect::<Vec<_>>();
    assert_eq!((texts(5), texts(6)), (vec![Some("1"), Some("\"s\"")], vec![Some("[1]"), None]));
    assert_eq!(texts(8), [Some("9223372036854775807"), Some("0.5")], "no integer is rounded");
    let empty = encode(&rows(&[], &[&[], &[]]).all(), OutputFormat::Columnar, None).unwrap().data;
    assert_eq!(StreamReader::try_new(empty.as_slice(), None).unwrap().next().unwrap().unwrap().num_rows(), 2);
}

#[test]
fn auto_takes_what_costs_less() {
    let counted = |set: &RowSet, format| encode(&set.all(), format, Some(Tokenizer::O200k)).unwrap();
    let flat = people();
    let auto = encode(&flat.all(), OutputFormat::Auto, None).unwrap();
    assert_eq!(auto, counted(&flat, OutputFormat::Toon));
    assert!(auto.tokens < counted(&flat, OutputFormat::Json).tokens);
    // Lists of lists are what TOON writes worst.
    let list = |depth: i64| Value::List(vec![Value::List(vec![Value::Int(depth)]), Value::List(vec![Value::Null])]);
    let nested = rows(&["v"], &[&[list(1)], &[list(2)], &[list(3)]]);
    assert_eq!(encode(&nested.all(), OutputFormat::Auto, None).unwrap(), counted(&nested, OutputFormat::Json));
    assert!(encode(&flat.all(), OutputFormat::Columnar, Some(Tokenizer::O200k)).is_err());
}

#[test]
fn texts_are_converted() {
    let ask = |text: &str, from, to| {
        convert(
            &ConvertText { text: text.to_owned(), from, to, tokenizer: Tokenizer::O200k, toon: ToonOptions::default() },
            &mut || Ok(()),
        )
    };
    let get = |text: &str, to| {
        let converted = ask(text, None, to).unwrap();
        (String::from_utf8(converted.data.into_vec()).unwrap(), converted.lossless)
    };
    assert_eq!(get(r#"{"a":[1,2]}"#, OutputFormat::Toon), ("a[2]: 1,2".to_owned(), true));
    assert_eq!(get("a[2]: 1,2", OutputFormat::Json), (r#"{"a":[1,2]}"#.to_owned(), true));
    assert_eq!(get("[1]{a}:\n  1", OutputFormat::Json), (r#"[{"a":1}]"#.to_owned(), true));
    assert_eq!(get("a: 1", OutputFormat::Markdown), ("| a |\n|---|\n| 1 |\n".to_owned(), false));
    assert_eq!(ask("{}", None, OutputFormat::Auto).unwrap().format, OutputFormat::Toon);
    for (text, from, to) in [
        ("[1]", None, OutputFormat::Markdown),
        ("| a |", Some(OutputFormat::Markdown), OutputFormat::Json),
        ("{\"a\": }", None, OutputFormat::Json),
        ("a: 1", Some(OutputFormat::Json), OutputFormat::Json),
    ] {
        assert_eq!(ask(text, from, to).unwrap_err().code, ErrorCode::FormatConversion, "{text}");
    }
}
