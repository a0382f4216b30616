//! The official fixtures of the TOON specification, with the options they name.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::api::{Delimiter, ToonOptions, Value};
use crate::format::{json, toon};

#[derive(Deserialize)]
struct File {
    tests: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    input: serde_json::Value,
    expected: serde_json::Value,
    #[serde(default)]
    should_error: bool,
    #[serde(default)]
    options: Options,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
    #[serde(default)]
    delimiter: Delimiter,
    indent_size: Option<u8>,
    strict: Option<bool>,
}

impl Options {
    fn read(&self) -> ToonOptions {
        let usual = ToonOptions::default();
        ToonOptions {
            delimiter: self.delimiter,
            indent: self.indent_size.unwrap_or(usual.indent),
            strict: self.strict.unwrap_or(usual.strict),
        }
    }
}

/// Fixtures that ToonDB refuses: where a key is followed by brackets that are no header, the specification's lenient reader takes
/// all of it for a key, and the decoder (toon-format 0.7.0) reports it, strict or not. Nothing is read wrong.
const REFUSED: &[&str] = &[
    "decode/objects: treats extra brackets after valid array segment as literal key (non-strict)",
    "decode/objects: treats bracket segment without a length as literal key (non-strict)",
    "decode/objects: treats non-integer bracket content as literal key (non-strict)",
    "decode/objects: treats text between bracket segment and colon as literal key (non-strict)",
];

/// Fixtures that ToonDB writes with a tag, so that what is read back is what was written: TOON's 0 has no sign, and its digits alone
/// are an integer, which beyond 64 bits is refused.
const TAGGED: &[(&str, &str)] = &[
    ("encode/primitives: encodes negative zero as zero", "\"$float\": \"-0\""),
    ("encode/primitives: encodes large number", "\"$float\": \"1e20\""),
];

/// How many there are, so that none goes missing.
const COUNT_OF: &[(&str, usize)] = &[("encode", 173), ("decode", 343)];

fn cases(kind: &str) -> Vec<(String, Case)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/format/tests/fixtures").join(kind);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for path in files {
        let file: File = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        cases.extend(file.tests.into_iter().map(|case| (format!("{kind}/{name}: {}", case.name), case)));
    }
    cases
}

/// What differs from what is expected.
fn run(kind: &str, answer: impl Fn(&Case) -> Result<String, String>, expected: impl Fn(&Case) -> String) {
    let mut wrong = Vec::new();
    let all = cases(kind);
    assert_eq!(all.len(), COUNT_OF.iter().find(|(of, _)| *of == kind).unwrap().1, "fixtures");
    for (name, case) in &all {
        let given = answer(case);
        let is_right = match case.should_error || REFUSED.contains(&name.as_str()) {
            true => given.is_err(),
            false => {
                let tagged = TAGGED.iter().find(|(tagged, _)| tagged == name).map(|(_, text)| (*text).to_owned());
                given.as_ref().is_ok_and(|given| *given == tagged.unwrap_or_else(|| expected(case)))
            }
        };
        if !is_right {
            wrong.push(format!("{name}\n  given    {given:?}\n  expected {:?}", expected(case)));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn what_the_specification_writes_is_written() {
    run(
        "encode",
        |case| {
            let value: Value = serde_json::from_value(case.input.clone()).map_err(|error| error.to_string())?;
            toon::encode_with(&value, &case.options.read()).map_err(|error| error.to_string())
        },
        |case| case.expected.as_str().unwrap_or_default().to_owned(),
    );
}

#[test]
fn what_the_specification_reads_is_read() {
    // Compared as text, because equality of maps asks for no order, and the specification does.
    run(
        "decode",
        |case| {
            let text = case.input.as_str().unwrap();
            let value = toon::decode_with(text, &case.options.read()).map_err(|error| error.to_string())?;
            json::encode(&value).map_err(|error| error.to_string())
        },
        |case| json::encode(&serde_json::from_value(case.expected.clone()).unwrap_or(Value::Null)).unwrap(),
    );
}
