//! Values and rows as text and bytes: TOON, JSON, columnar, Markdown; and how many tokens a text costs.
//!
//! TOON and JSON are lossless: `decode(encode(x)) == x` for every [`crate::api::Value`]. Columnar (an Arrow IPC stream)
//! and Markdown are for reading only. This module knows values and plain rows; it reads no store and no namespace.

mod auto;
mod columnar;
mod convert;
mod error;
mod integers;
pub mod json;
mod markdown;
mod project;
mod record;
mod row;
mod rows;
mod shape;
mod tagged;
mod tally;
#[cfg(test)]
mod tests;
mod tokens;
pub mod toon;
mod toon_guard;
mod toon_place;
mod toon_table;

pub use auto::{Encoded, encode};
pub use convert::{convert, count};
pub use error::FormatError;
pub use project::{FieldsWanted, Projection};
pub use row::{Cell, Identity, Row, RowSet, RowTable, RowsView, TableView};
pub use rows::{Answer, rows};
pub use tally::{BORDER, Block, End, joined_tokens, keeps_apart};
pub use tokens::count_tokens;
