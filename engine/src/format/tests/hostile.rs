//! Malformed and hostile texts: a typed error with line and column, in bounded time and memory.

use crate::api::{ErrorCode, ToonOptions, Value};
use crate::format::{FormatError, json, toon};
use crate::limits;
use crate::rng::{Rng, SeededRng};

/// What is malformed, where, and a word of the message.
const TOON: &[(&str, (usize, usize), &str)] = &[
    // Strings.
    ("a: \"open", (1, 4), "Unterminated"),
    ("a: 1\nb: \"open\nc: 2", (2, 4), "Unterminated"),
    ("[2]{a,b}:\n  1,2\n  3,\"x,4", (3, 5), "Unterminated"),
    ("[2]: \"a b\",\"c", (1, 12), "Unterminated"),
    ("é: \"ü\nb: 1", (1, 4), "Unterminated"),
    ("\"open: 1\nb: 2", (1, 1), "start with"),
    ("a: \"x\\q\"", (1, 6), "escape"),
    ("a: \"\\n\\u12\"", (1, 7), "hex"),
    ("a: \"\\ud800\"", (1, 5), "surrogate"),
    ("k[1]{a,b}:\n  \"é\\\\\",\"\\x\"", (2, 10), "escape"),
    ("a: \"x\" y", (1, 7), "after closing quote"),
    ("a: 1\n[1]: 1", (2, 1), "root"),
    // Counts.
    ("t[3]{a,b}:\n  1,2\n  3,4\nb: 1", (3, 3), "rows"),
    ("t[1]{a,b}:\n  1,2\n  3,4", (3, 3), "more"),
    ("t[2]{a,b}:\n  1,2\n  3\n", (3, 4), "got 1"),
    ("t[2]{a,b}:\n  1,2\n  3,\"x,y\",  5\n", (3, 13), "got 3"),
    ("t[1|]{a|b}:\n  1|2|3", (2, 7), "got 3"),
    ("k[1:]{a,b}:\n  u: 1,2,3", (2, 10), "got 3"),
    ("a: 1\nb:\n  c[2]: 1,2,3\n", (3, 13), "got 3"),
    ("c[3]: 1,2", (1, 10), "got 2"),
    ("a[2]:\n  - 1\nb: 1", (2, 3), "got 1"),
    // Indentation.
    ("a:\n   b: 1", (2, 4), "multiple of 2"),
    ("a:\n\tb: 1", (2, 1), "Tabs"),
    ("a:\n  \tb: 1", (2, 3), "Tabs"),
    ("a:\n      b: 1", (2, 7), "depth"),
    ("a: 1\n  b: 2", (2, 3), "depth"),
    // Keys and heads.
    ("a: 1\nb\nc: 2", (2, 2), "colon"),
    ("a: 1\n\"b\" 2", (2, 6), "colon"),
    ("a: 1\na: 2", (2, 1), "Duplicate"),
    ("a: 1\nt[x]: 1", (2, 3), "length"),
    ("a: 1\nt[2: 1", (2, 2), "bracket"),
    ("t [2]: 1,2", (1, 3), "bracket"),
    ("1\n2", (1, 1), "key-value"),
    ("[1]: 1\ntrailing", (2, 1), "root"),
    ("a:\r\n  b: \"x\r\n", (2, 6), "Unterminated"),
    ("\u{feff}a: \"x", (1, 4), "Unterminated"),
];

const JSON: &[(&str, (usize, usize), &str)] = &[
    ("{\n  \"a\": 1,\n  \"b\" 2\n}", (3, 7), "expected `:`"),
    ("[1, 2", (1, 5), "EOF"),
    ("[1,\n", (2, 1), "EOF"),
    ("", (1, 1), "EOF"),
    ("1 2", (1, 3), "trailing"),
    ("[\"é\", x]", (1, 7), "expected value"),
    ("[\"é\", ü]", (1, 7), "expected value"),
    ("[\"a\\q\"]", (1, 5), "escape"),
    ("[\"line\nbreak\"]", (1, 7), "control character"),
    ("{\"a\": 1,}", (1, 9), "trailing comma"),
    ("[1 2]", (1, 4), "expected `,`"),
    ("{\"a\":1,\"a\":2}", (1, 13), "twice"),
    ("[nul]", (1, 5), "expected ident"),
];

type Decode = fn(&str) -> Result<Value, FormatError>;

#[test]
fn malformed_texts_name_line_and_column() {
    let decoders: [(Decode, _, _); 2] = [(toon::decode, "TOON", TOON), (json::decode, "JSON", JSON)];
    let mut wrong = Vec::new();
    for (decode, name, texts) in decoders {
        for (text, place, word) in texts {
            match decode(text) {
                Err(FormatError::Syntax { format, line, column, message })
                    if format == name && (line, column) == *place && message.contains(word) => {}
                other => wrong.push(format!("{text:?} is not wrong at {place:?} ({word}): {other:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let error = crate::api::Error::from(json::decode("[").unwrap_err());
    assert_eq!(error.code, ErrorCode::FormatConversion);
    assert_eq!(error.message, "malformed JSON at line 1, column 1: EOF while parsing a list");
}

#[test]
fn what_a_value_cannot_hold_is_refused() {
    for text in
        ["18446744073709551615", "{\"$bytes\": \"?\"}", "{\"$float\": \"nan\"}", "{\"$map\": 1}", "{\"$bytes\": 1}"]
    {
        assert!(json::decode(text).is_err(), "{text}");
    }
    assert_eq!(json::decode("1e400").ok(), None);
}

#[expect(clippy::needless_pass_by_value, reason = "reads better in assertions")]
fn is_limit<T>(result: Result<T, FormatError>) -> bool {
    matches!(result, Err(FormatError::Limit(_)))
}

#[test]
fn depth_is_bounded() {
    let deepest = limits::VALUE_DEPTH_MAX;
    let list = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(json::decode(&list(deepest)).is_ok());
    assert!(is_limit(json::decode(&list(deepest + 1))));
    assert!(json::decode(&list(1_000_000)).is_err());
    let toon = |depth: usize| (0..depth).map(|level| format!("{}a:\n", "  ".repeat(level))).collect::<String>();
    assert!(toon::decode(&toon(deepest)).is_ok());
    assert!(is_limit(toon::decode(&toon(deepest + 1))));
    assert!(is_limit(toon::decode(&toon(2_000))));
    assert!(toon::decode(&format!("a[1]{}b{}:\n  1", "{x".repeat(100_000), "}".repeat(100_000))).is_err());
    assert!(toon::decode(&format!("[1]:\n  {}1", "- ".repeat(1_000_000))).is_ok(), "hyphens after the first are text");
}

#[test]
fn texts_that_stand_for_too_much_are_refused() {
    assert!(is_limit(json::decode(&" ".repeat(limits::TEXT_BYTES_MAX + 1))));
    let many = format!("[{}0]", "0,".repeat(limits::TEXT_VALUES_MAX));
    assert!(is_limit(json::decode(&many)));
    assert!(is_limit(toon::decode(&format!(
        "[{}]: {}0",
        limits::TEXT_VALUES_MAX + 1,
        "0,".repeat(limits::TEXT_VALUES_MAX)
    ))));
    // A megabyte of name, asked for a thousand times, and a row that stands for a thousand maps.
    let name = "n".repeat(1 << 20);
    assert!(is_limit(toon::decode(&format!("[1000]{{{name}}}:\n{}", "  1\n".repeat(1_000)))));
    let groups: Vec<String> = (0..1_000).map(|n| format!("g{n}{{a}}")).collect();
    let rows = format!("  {}\n", vec!["1"; 1_000].join(","));
    assert!(is_limit(toon::decode(&format!("[1000]{{{}}}:\n{}", groups.join(","), rows.repeat(1_000)))));
    // What a reader passes over between a header and its rows hides them from nobody.
    for between in ["", "# a comment\n", "\n", "\t# a comment\n"] {
        for indent in ["  ", "\t\t"] {
            let text = format!("[1000]{{{name}}}:\n{between}{}", format!("{indent}1\n").repeat(1_000));
            for strict in [true, false] {
                let options = ToonOptions { strict, ..ToonOptions::default() };
                assert!(is_limit(toon::decode_with(&text, &options)), "{between:?}, {indent:?}, strict {strict}");
            }
        }
    }
    // A declared length is believed only as far as the text goes.
    assert!(toon::decode("[99999999999999999999]: 1").is_err());
    assert!(toon::decode("a[4294967295]{b}:\n  1").is_err());
    assert!(toon::decode(&"\n".repeat(900_000)).is_ok());
}

#[test]
fn long_lines_take_linear_time() {
    let long = "x".repeat(4 << 20);
    assert_eq!(
        toon::decode(&format!("a: {long}")).unwrap(),
        Value::Map([("a".to_owned(), Value::String(long))].into())
    );
    for text in
        ["[".repeat(1 << 20), "\"".repeat(1 << 20), "{".repeat(1 << 20), ":".repeat(1 << 19), "a[".repeat(1 << 19)]
    {
        let _ = toon::decode(&text);
        let _ = json::decode(&text);
    }
}

/// Damaged texts give an error or another value, never a panic.
#[test]
fn damaged_texts_are_survived() {
    let sound = "users[2]{id,\"n:a\",o{p,q}}:\n  1,\"a\\n\",x,2\n  2,b,\"y,z\",3\nk[2:]{a}:\n  u: 1\n  v: 2\nl[3]:\n  - 1\n  - [2]: 1,2\n  - a: 1\n    b: []\n";
    toon::decode(sound).unwrap();
    for seed in 0..20_000 {
        let rng = SeededRng::new(seed);
        let mut bytes = sound.as_bytes().to_vec();
        let mut draw = [0; 8];
        rng.fill(&mut draw);
        for pair in draw.chunks(4) {
            let at = usize::from(u16::from_le_bytes([pair[0], pair[1]])) % bytes.len();
            match pair[2] % 4 {
                0 => drop(bytes.remove(at)),
                1 => bytes.insert(at, b"\"[]{}:,-# \n\\0"[usize::from(pair[3]) % 13]),
                2 => bytes[at] = pair[3] & 0x7f,
                _ => bytes.truncate(at.max(1)),
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        match toon::decode(&text) {
            Ok(_) | Err(FormatError::Syntax { .. } | FormatError::Limit(_)) => {}
            Err(other) => panic!("seed {seed}: {other}\n{text}"),
        }
    }
}
