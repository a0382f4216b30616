//! Flat tables straight to TOON.
//!
//! The crate copies every value three times before it writes the first. A table whose rows all have the same columns, in
//! whatever order, and scalars in every cell, needs none of that: header and rows can be written as they are met. The
//! bytes are those of the crate, which a test compares over random tables.

use std::fmt::Write as _;

use toon_format::utils::literal::is_literal_like;
use toon_format::utils::string::{escape_string, is_valid_unquoted_key};

use super::tagged::{Floats, is_scalar, is_tag};
use super::{Row, RowsView};
use crate::api::{Map, Value};

/// What reads as a row of a table: named values in order.
trait Cells {
    fn cells(&self) -> impl ExactSizeIterator<Item = (&str, &Value)>;
}

impl Cells for Row {
    fn cells(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.cells.iter().map(|cell| (&*cell.column, &cell.value))
    }
}

impl Cells for Map {
    fn cells(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// Writes a list of maps, or nothing if it is not a flat table.
pub fn encode_list(items: &[Value]) -> Option<String> {
    let map = |item: &Value| match item {
        Value::Map(entries) if entries.len() != 1 || !entries.keys().any(|key| is_tag(key)) => Some(()),
        _ => None,
    };
    items.iter().try_for_each(map)?;
    let rows = items.iter().filter_map(|item| if let Value::Map(entries) = item { Some(entries) } else { None });
    let mut out = String::new();
    write_table(&mut out, None, items.len(), rows)?;
    Some(out)
}

/// Writes the rows, or nothing if some table is not flat.
pub fn encode(view: &RowsView<'_>) -> Option<String> {
    let mut out = String::new();
    match view.tables.as_slice() {
        [table] => write_table(&mut out, None, table.rows.len(), table.rows.iter())?,
        tables => {
            for (index, table) in tables.iter().enumerate() {
                if index > 0 {
                    out.push('\n');
                }
                write_table(&mut out, Some(table.name), table.rows.len(), table.rows.iter())?;
            }
        }
    }
    Some(out)
}

fn write_table<'r, R: Cells + 'r>(
    out: &mut String,
    name: Option<&str>,
    count: usize,
    rows: impl Iterator<Item = &'r R> + Clone,
) -> Option<()> {
    if let Some(name) = name {
        write_key(out, name);
    }
    let Some(first) = rows.clone().next() else {
        out.push_str(if name.is_some() { ": []" } else { "[]" });
        return Some(());
    };
    if first.cells().len() == 0 {
        return None;
    }
    write!(out, "[{count}]{{").ok()?;
    for (index, (column, _)) in first.cells().enumerate() {
        if index > 0 {
            out.push(',');
        }
        write_key(out, column);
    }
    out.push_str("}:");
    for row in rows {
        if row.cells().len() != first.cells().len() {
            return None;
        }
        out.push_str("\n  ");
        for (index, ((column, value), (like, _))) in row.cells().zip(first.cells()).enumerate() {
            // Rows of as many columns have the same ones if each of the first row's is among them.
            let value = if column == like { value } else { row.cells().find(|(column, _)| *column == like)?.1 };
            if !is_scalar(value, Floats::Plain) {
                return None;
            }
            if index > 0 {
                out.push(',');
            }
            write_scalar(out, value)?;
        }
    }
    Some(())
}

fn write_key(out: &mut String, key: &str) {
    match is_valid_unquoted_key(key) {
        true => out.push_str(key),
        false => write_quoted(out, key),
    }
}

fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    // Most texts that need quotes need no escapes: they hold a comma or a colon.
    match text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        true => out.push_str(&escape_string(text)),
        false => out.push_str(text),
    }
    out.push('"');
}

fn write_scalar(out: &mut String, value: &Value) -> Option<()> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Value::Int(int) => write!(out, "{int}").ok()?,
        Value::Float(float) => write_float(out, *float)?,
        Value::String(text) if needs_quotes(text) => write_quoted(out, text),
        Value::String(text) => out.push_str(text),
        Value::Bytes(_) | Value::List(_) | Value::Map(_) => return None,
    }
    Some(())
}

/// In the shortest digits that give the same float, never with an exponent: TOON's canonical form. One without a fraction
/// so reads as the integer that it is; those that no integer equals are no scalars.
fn write_float(out: &mut String, float: f64) -> Option<()> {
    // In 64 bits the digits of a whole float are exact, shortest or not.
    #[expect(clippy::cast_possible_truncation, reason = "a scalar without a fraction fits")]
    match float.fract() == 0.0 {
        true => write!(out, "{}", float as i64).ok(),
        false => write!(out, "{float}").ok(),
    }
}

/// Bytes that a text without quotes may not hold (section 7.2), with the comma that parts the cells.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut control = 0;
    while control < 0x20 {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            special[control] = true;
        }
        control += 1;
    }
    let marks = b":\"\\[]{},";
    let mut mark = 0;
    while mark < marks.len() {
        #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
        {
            special[marks[mark] as usize] = true;
        }
        mark += 1;
    }
    special
};

fn needs_quotes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return true };
    if matches!(first, b' ' | b'\t' | b'-' | b'#') || matches!(last, b' ' | b'\t') {
        return true;
    }
    #[expect(clippy::indexing_slicing, reason = "the table has an entry for every byte")]
    let is_special = |byte: &u8| SPECIAL[usize::from(*byte)];
    bytes.iter().any(is_special) || is_literal_like(text)
}
