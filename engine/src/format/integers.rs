//! Integers that a text writes and 64 signed bits do not hold: one rule for TOON and JSON.
//!
//! A number written as digits alone is an integer. Outside of -2^63 to 2^63-1 it is refused, with its place: read as a
//! float it would lose digits, read as a text it would be no number. Whoever means a float writes a point or an exponent,
//! as the writers do. The decoders below do the one or the other without a word (serde_json: a float; toon-format: a float
//! or a text), so this looks at the text itself once it is known to be well-formed.

use std::collections::{HashMap, HashSet};

use super::FormatError;
use crate::api::Value;

/// -2^63 to 2^63-1, as floats: the upper bound is the first float that is too large.
const INT_FLOATS: std::ops::Range<f64> = -9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0;

/// With what a mark begins ([`mark`]).
const MARK: &str = "q";

/// True for a float that TOON writes as digits alone and that no integer equals.
pub fn is_beyond(float: f64) -> bool {
    float.is_finite() && !INT_FLOATS.contains(&float)
}

/// True for digits alone that 64 signed bits do not hold.
fn is_too_large(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    digits.len() >= 19
        && !digits.starts_with('0')
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && token.parse::<i64>().is_err()
}

fn refusal(text: &str, start: usize, token: &str) -> FormatError {
    let before = text.get(..start).unwrap_or_default();
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().filter(|c| *c != '\u{feff}').count() + 1;
    let shown: String = token.chars().take(40).collect();
    let dots = if shown.len() < token.len() { "..." } else { "" };
    FormatError::conversion(format!(
        "at line {line}, column {column}: the integer {shown}{dots} does not fit in 64 signed bits; write it as a text, or \
         with a point or an exponent as a float"
    ))
}

/// What stands outside quotes, cut where `is_cut` says so: each piece with its place, and the byte that ended it.
fn pieces(text: &str, is_cut: impl Fn(u8) -> bool) -> impl Iterator<Item = (usize, &str, Option<u8>)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at;
        loop {
            let byte = bytes.get(at).copied();
            match byte {
                None if start >= bytes.len() => return None,
                Some(b'"') => at = end_of_quotes(bytes, at + 1),
                Some(byte) if !is_cut(byte) => at += 1,
                _ => {
                    let piece = text.get(start..at).unwrap_or_default();
                    at += 1;
                    return Some((start, piece, byte));
                }
            }
        }
    })
}

/// The place behind the closing quote.
fn end_of_quotes(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    at
}

/// Refuses a well-formed JSON text with an integer that does not fit.
pub fn check_json(text: &str) -> Result<(), FormatError> {
    let is_cut = |byte: u8| matches!(byte, b'[' | b']' | b'{' | b'}' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n');
    match pieces(text, is_cut).find(|(_, piece, _)| is_too_large(piece)) {
        Some((start, token, _)) => Err(refusal(text, start, token)),
        None => Ok(()),
    }
}

/// Refuses a well-formed TOON text with an integer that does not fit.
///
/// Which of comma, bar and tab parts cells depends on the header above, and what is a cell at all on the form of the array; here
/// all of them part, so that a piece of a longer text may look like a number. Only the decoder knows. So pieces for which
/// it may have given something, a float that large or just this text, are replaced by texts that occur nowhere else, each by
/// its own, and the text is decoded again: what comes out whole was a value by itself.
pub fn check_toon(
    text: &str,
    decoded: &Value,
    decode: impl FnOnce(&str) -> Option<serde_json::Value>,
) -> Result<(), FormatError> {
    let is_cut = |byte: u8| matches!(byte, b',' | b'|' | b'\t' | b':' | b'\n' | b'\r' | b'[' | b']' | b'{' | b'}');
    let found = pieces(text, is_cut).filter_map(|(start, piece, end)| {
        let spaces = piece.len() - piece.trim_start_matches([' ', '\u{feff}']).len();
        let (mut start, mut token) = (start + spaces, piece.trim_matches([' ', '\u{feff}']));
        while let Some(item) = token.strip_prefix("- ") {
            start += token.len() - item.trim_start_matches(' ').len();
            token = item.trim_start_matches(' ');
        }
        // Before a colon stands the name of a field, and brackets are in headers or within a text.
        let may_end = matches!(end, None | Some(b',' | b'|' | b'\t' | b'\n' | b'\r'));
        (may_end && is_too_large(token)).then_some((start, token))
    });
    let mut found: Vec<_> = found.collect();
    if found.is_empty() {
        return Ok(());
    }
    let (mut given, mut marks) = (HashSet::new(), HashSet::new());
    collect(decoded, &mut given, &mut marks);
    let is_given = |token: &str| given.contains(token) || token.parse::<f64>().is_ok_and(|f| given.contains(&*key(f)));
    found.retain(|(_, token)| is_given(token));
    let Some(first) = found.first().copied() else { return Ok(()) };
    let (marked, places) = mark(text, &found, &marks);
    let place = match decode(&marked) {
        Some(value) => first_mark(&value, &places),
        None => Some(first),
    };
    place.map_or(Ok(()), |(start, token)| Err(refusal(text, start, token)))
}

/// A piece of a text: where it begins, and what it is.
type IntegerPiece<'a> = (usize, &'a str);

/// Replaces pieces of a text by marks that are none of `taken`; tells which mark is whose. A mark is no longer than a piece, and
/// nothing of it means anything in TOON.
fn mark<'a>(
    text: &str,
    found: &[IntegerPiece<'a>],
    taken: &HashSet<&str>,
) -> (String, HashMap<String, IntegerPiece<'a>>) {
    let (mut marked, mut places) = (String::with_capacity(text.len()), HashMap::with_capacity(found.len()));
    let mut free = (0_u64..).map(|number| format!("{MARK}{number}")).filter(|mark| !taken.contains(&**mark));
    let mut done = 0;
    for (start, token) in found {
        let mark = free.next().unwrap_or_default();
        marked.push_str(text.get(done..*start).unwrap_or_default());
        marked.push_str(&mark);
        done = start + token.len();
        places.insert(mark, (*start, *token));
    }
    marked.push_str(text.get(done..).unwrap_or_default());
    (marked, places)
}

/// The first of the marked pieces that became a value by itself.
fn first_mark<'a>(value: &serde_json::Value, places: &HashMap<String, IntegerPiece<'a>>) -> Option<IntegerPiece<'a>> {
    match value {
        serde_json::Value::String(text) => places.get(text).copied(),
        serde_json::Value::Array(items) => items.iter().filter_map(|item| first_mark(item, places)).min(),
        serde_json::Value::Object(entries) => entries.values().filter_map(|item| first_mark(item, places)).min(),
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => None,
    }
}

/// A float among texts: none that is a number of digits alone has this form.
fn key(float: f64) -> String {
    format!("{float:e}")
}

/// What a decoder may have made of an integer that is too large; and the texts that could be taken for marks.
fn collect<'a>(value: &'a Value, given: &mut HashSet<String>, marks: &mut HashSet<&'a str>) {
    match value {
        Value::String(text) if is_too_large(text) => drop(given.insert(text.clone())),
        Value::String(text) if text.starts_with(MARK) => drop(marks.insert(text)),
        Value::Float(float) if !INT_FLOATS.contains(float) => drop(given.insert(key(*float))),
        Value::List(items) => items.iter().for_each(|item| collect(item, given, marks)),
        Value::Map(entries) => entries.values().for_each(|item| collect(item, given, marks)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) | Value::Bytes(_) => {}
    }
}
