//! Plain rows: ordered cells, in one table or in several, and which stored thing each row came from.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::tagged::{Floats, Tagged};
use crate::api::Value;

/// One cell of a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The column's name.
    pub column: Arc<str>,
    /// The value.
    pub value: Value,
}

/// What a row stands for in the database, so that the same thing is known again when another read gives it. Nothing for
/// rows that stand for nothing stored.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Identity {
    /// A key.
    Key(Vec<u8>),
    /// An entry of a log.
    LogEntry(String, u64),
    /// A document of a collection.
    Document(String, String),
    /// A vector of an index.
    Vector(String, u64),
    /// A graph node.
    Node(String),
    /// A graph edge.
    Edge(String, String, String),
    /// A belief about a temporal fact: its edge, its start and the commit that asserted it.
    Belief(String, String, String, i64, u64),
}

/// One row. Rows of one table need not have the same columns: a document has the fields it has.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What it stands for.
    pub identity: Option<Identity>,
    /// Its cells, each column once.
    pub cells: Vec<Cell>,
}

/// The rows of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct RowTable {
    /// Its name among several, for example `nodes`.
    pub name: &'static str,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// The rows of one answer. A walk gives two tables, nodes and edges; everything else gives one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RowSet {
    /// The tables.
    pub tables: Vec<RowTable>,
}

impl RowSet {
    /// Rows in all tables.
    pub fn len(&self) -> usize {
        self.tables.iter().map(|table| table.rows.len()).sum()
    }

    /// True if there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps the first rows, counted through the tables in order.
    pub fn truncate(&mut self, rows: usize) {
        let mut left = rows;
        for table in &mut self.tables {
            table.rows.truncate(left);
            left -= table.rows.len();
        }
    }

    /// Everything.
    pub fn all(&self) -> RowsView<'_> {
        self.first(self.len())
    }

    /// The first rows, counted through the tables in order.
    pub fn first(&self, rows: usize) -> RowsView<'_> {
        let mut left = rows;
        let mut tables = Vec::with_capacity(self.tables.len());
        for table in &self.tables {
            let taken = table.rows.get(..left.min(table.rows.len())).unwrap_or_default();
            left -= taken.len();
            tables.push(TableView { name: table.name, rows: taken });
        }
        RowsView { tables }
    }
}

/// Some rows of one table.
#[derive(Debug, Clone, Copy)]
pub struct TableView<'a> {
    /// The table's name.
    pub name: &'a str,
    /// The rows.
    pub rows: &'a [Row],
}

/// Some rows of an answer.
#[derive(Debug, Clone)]
pub struct RowsView<'a> {
    /// The tables.
    pub tables: Vec<TableView<'a>>,
}

impl<'a> RowsView<'a> {
    /// As a list of maps, or a map of lists where there are several tables.
    pub(super) fn tagged(&self, floats: Floats) -> TaggedView<'_> {
        TaggedView { tables: &self.tables, floats }
    }
}

/// Rows that serialise themselves with tags.
pub(super) struct TaggedView<'a> {
    tables: &'a [TableView<'a>],
    floats: Floats,
}

struct TaggedRow<'a>(&'a Row, Floats);

impl Serialize for TaggedRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(row, floats) = *self;
        serializer.collect_map(row.cells.iter().map(|cell| (&*cell.column, Tagged { value: &cell.value, floats })))
    }
}

struct TaggedRows<'a>(&'a [Row], Floats);

impl Serialize for TaggedRows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|row| TaggedRow(row, self.1)))
    }
}

impl Serialize for TaggedView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.tables {
            [table] => TaggedRows(table.rows, self.floats).serialize(serializer),
            tables => {
                let mut map = serializer.serialize_map(Some(tables.len()))?;
                for table in tables {
                    map.serialize_entry(table.name, &TaggedRows(table.rows, self.floats))?;
                }
                map.end()
            }
        }
    }
}
