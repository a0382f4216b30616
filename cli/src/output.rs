//! What the commands print: rows in the format asked for.

use std::error::Error;
use std::io::{ErrorKind, Write as _};
use std::sync::Arc;

use toondb_engine::api::{OutputFormat, Value};
use toondb_engine::format::{self, Cell, Row, RowSet, RowTable};

/// A row of named values.
pub fn row<const N: usize>(cells: [(&str, Value); N]) -> Row {
    let cells = cells.map(|(column, value)| Cell { column: Arc::from(column), value });
    Row { identity: None, cells: cells.into() }
}

/// A counter. No counter comes near 2^63.
pub fn count(number: u64) -> Value {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Prints tables in a format.
pub fn print_tables(tables: Vec<RowTable>, format: OutputFormat) -> Result<(), Box<dyn Error>> {
    let encoded = format::encode(&RowSet { tables }.all(), format, None)?;
    Ok(print_text(&encoded.data)?)
}

/// Prints a text, which ends with its line.
pub fn print_text(text: &[u8]) -> std::io::Result<()> {
    print(text)?;
    if text.ends_with(b"\n") { Ok(()) } else { print(b"\n") }
}

/// Whoever reads may stop early, as `head` does.
pub fn print(text: &[u8]) -> std::io::Result<()> {
    match std::io::stdout().write_all(text) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
