//! Temporal edges in memory: one interval tree for each node and direction, made from the store when it is first asked
//! for, kept in step by the actor, and forgotten when memory runs short.

mod asserted;
mod cache;
mod fact;
mod list;
mod load;
mod row;
mod size;
mod step;

#[cfg(test)]
pub mod harness;
#[cfg(test)]
mod tests;

pub use asserted::Asserted;
pub use cache::Timelines;
pub use fact::{FactKey, FactTimeline, Side, bare_bytes, bare_edge, edge};
pub use list::{FactList, FactPlace, FactTest, ListedFact, all_are_listed};
pub use row::KeyParts;
pub use row::{decode, decode_some, in_key, in_prefix, out_key, out_key_of_in, out_prefix, parts, record, type_key};
pub use size::properties_bytes;
pub use step::FactStep;
