//! What more important sections hold already, so that nothing is told twice.

use std::collections::HashSet;

use super::body::Body;
use crate::api::OutputFormat;
use crate::format::{self, Identity, Row, RowsView, TableView};

/// What earlier, more important sections hold already.
#[derive(Debug, Default)]
pub struct Seen {
    identities: HashSet<Identity>,
    contents: HashSet<String>,
}

impl Seen {
    /// Takes out what is known already; gives how much that was.
    pub fn strip(&self, body: &mut Body) -> u64 {
        let before = body.len();
        match body {
            Body::Rows(set) => set.tables.iter_mut().for_each(|table| table.rows.retain(|row| !self.knows(row))),
            Body::Text(lines) => {
                if self.contents.contains(&lines.join("\n")) {
                    lines.clear();
                }
            }
        }
        (before - body.len()) as u64
    }

    fn knows(&self, row: &Row) -> bool {
        row.identity.as_ref().is_some_and(|identity| self.identities.contains(identity))
            || self.contents.contains(&content(row))
    }

    /// Notes what a section was given.
    pub fn add(&mut self, body: &Body) {
        match body {
            Body::Rows(set) => {
                for row in set.tables.iter().flat_map(|table| &table.rows) {
                    self.identities.extend(row.identity.clone());
                    self.contents.insert(content(row));
                }
            }
            Body::Text(lines) => {
                self.contents.insert(lines.join("\n"));
            }
        }
    }
}

/// The row as it reads, whatever it stands for.
fn content(row: &Row) -> String {
    let view = RowsView { tables: vec![TableView { name: "", rows: std::slice::from_ref(row) }] };
    format::encode(&view, OutputFormat::Json, None)
        .map(|encoded| String::from_utf8_lossy(&encoded.data).into_owned())
        .unwrap_or_default()
}
