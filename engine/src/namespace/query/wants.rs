//! How much of each node and edge a read wants.
//!
//! Reads that return whole answers want everything. A read whose rows are projected wants less, and what it does not want
//! is neither read from the store nor decoded. The keys of the tables already name a node, both ends of an edge and its
//! type, and of a belief its start and commit too; a record is only looked at for more than that.

use crate::format::Projection;

/// How much of a stored thing is wanted. What is not stays empty in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// What its key says.
    Key,
    /// That, and all of its record but the fields.
    Front,
    /// Everything.
    Whole,
}

/// What a read of a graph wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wants {
    /// Of nodes.
    pub nodes: Extent,
    /// Of edges, static or temporal.
    pub edges: Extent,
}

impl Wants {
    /// Everything.
    pub const ALL: Wants = Wants { nodes: Extent::Whole, edges: Extent::Whole };

    /// What the columns need.
    pub fn of(projection: &Projection) -> Self {
        let nodes = extent(projection, &["nodes"], &["node_type"]);
        let edges = ["valid_until", "asserted_at", "retracted_seq", "retracted_at"];
        Self { nodes, edges: extent(projection, &["edges", "beliefs"], &edges) }
    }
}

fn extent(projection: &Projection, tables: &[&str], front: &[&str]) -> Extent {
    let wants = |column: &&str| tables.iter().any(|table| projection.wants_in(table, column));
    match (wants(&"properties"), front.iter().any(wants)) {
        (true, _) => Extent::Whole,
        (false, true) => Extent::Front,
        (false, false) => Extent::Key,
    }
}
