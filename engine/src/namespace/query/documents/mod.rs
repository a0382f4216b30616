//! Reads that go through the documents of a collection: lists in an order, page by page, and what a field holds.

mod cursor;
mod field_values;
mod list;
mod order;
mod page;
mod parts;
mod smallest;
#[cfg(test)]
mod tests;
mod visible;

pub use field_values::facet;
pub use list::list;
pub use parts::{Parts, embedding};
pub use visible::{chosen, searchable};
