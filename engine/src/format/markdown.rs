//! Markdown tables (GitHub's dialect), for reading only.
//!
//! A cell stays on its line: line breaks become `<br>`, pipes and backslashes are escaped, nested values are compact JSON.
//! What a cell was, a number or a text that looks like one, can no longer be told, so nothing is read back from it.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;

use super::row::TableView;
use super::{FormatError, RowsView, json};
use crate::api::Value;

/// Writes every table with its columns, in the order in which the rows first name them.
pub fn encode_rows(view: &RowsView<'_>) -> Result<String, FormatError> {
    let mut out = String::new();
    for table in &view.tables {
        if view.tables.len() > 1 {
            if !out.is_empty() {
                out.push('\n');
            }
            let _ = writeln!(out, "**{}**\n", table.name);
        }
        write_table(&mut out, table)?;
    }
    Ok(out)
}

/// The columns of a table.
pub fn columns(table: &TableView<'_>) -> Vec<Arc<str>> {
    let (mut names, mut seen) = (Vec::new(), HashSet::new());
    for cell in table.rows.iter().flat_map(|row| &row.cells) {
        if seen.insert(&*cell.column) {
            names.push(Arc::clone(&cell.column));
        }
    }
    names
}

fn write_table(out: &mut String, table: &TableView<'_>) -> Result<(), FormatError> {
    let columns = columns(table);
    if columns.is_empty() {
        return Ok(());
    }
    for column in &columns {
        out.push_str("| ");
        write_text(out, column);
        out.push(' ');
    }
    out.push_str("|\n");
    out.push_str(&"|---".repeat(columns.len()));
    out.push_str("|\n");
    for row in table.rows {
        for (index, column) in columns.iter().enumerate() {
            // Most rows have the columns of the table in its order.
            let cell = row.cells.get(index).filter(|cell| cell.column == *column);
            let cell = cell.or_else(|| row.cells.iter().find(|cell| cell.column == *column));
            out.push_str("| ");
            if let Some(cell) = cell {
                write_cell(out, &cell.value)?;
            }
            out.push(' ');
        }
        out.push_str("|\n");
    }
    Ok(())
}

fn write_cell(out: &mut String, value: &Value) -> Result<(), FormatError> {
    match value {
        Value::Null => {}
        Value::String(text) => write_text(out, text),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::Bytes(_) | Value::List(_) | Value::Map(_) => {
            write_text(out, &json::encode(value)?);
        }
    }
    Ok(())
}

fn write_text(out: &mut String, text: &str) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '|' => out.push_str("\\|"),
            '\\' => out.push_str("\\\\"),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\r' => out.push_str("<br>"),
            _ => out.push(c),
        }
    }
}
