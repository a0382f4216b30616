//! Whether a store is what was written into it: its pages, past redb, and its rows, through redb.
//!
//! **Pages** are verified one by one, in the file, without redb and its caches: [`pages::verify_pages`]. That costs one read of the
//! file and can be done in steps while the store is in use ([`in_use`]).
//!
//! **A torn page that is free** is no damage: a crash may tear what it interrupts, and redb writes only to pages to which
//! no durable commit leads. So a page that does not verify is damage exactly if the last commit leads to it. That is told
//! by redb's check of itself ([`file`]), which reads every page that the commit leads to, in the trees of rows and in
//! those of its own: if it comes to its end, every page in use was read and verified, and what does not verify is free. It
//! also holds each page against the checksum that its parent has of it, and so finds what pages cannot tell of
//! themselves: an older state of the same page. A free page becomes used only by being written, so what was free when a
//! file was opened stays so as long as its bytes stay the same.
//!
//! **Rows** are walked table by table ([`super::Base::verify`]): every seal, the order of keys, whether each record decodes,
//! and whether rows agree with each other:
//!
//! | What | Must agree with |
//! |---|---|
//! | a key that expires | its row in `kv_expiry`, both ways |
//! | a document, vector or entry | a vector of its own in its collection, both ways; but of a dropped collection |
//! | an edge | its nodes, and its row in `edges_in`, both ways |
//! | a fact | its row in `temporal_in`, both ways; the times of its commits in `commit_times` |
//! | a log | its entries, from the first to the next position without gaps, with their sums of bytes; the mark's numbers |
//! | a node | its row in `node_types`, both ways, once that says that it has every node |
//! | the times of commits | the order of commits |
//! | a fact | its rows in `temporal_types` and `temporal_changes`, both ways, once these say that they have every fact |
//! | a large value | its chunks, both ways; chunks without a row are a contradiction |
//! | the counters | what was counted |
//!
//! "Both ways" is shown by looking each row up on the other side and comparing the numbers of rows on both.

mod answers;
mod checked;
mod chunks;
mod commit_times;
mod fact_lists;
mod file;
mod in_use;
mod node_types;
mod pages;
mod report;
mod rows;
mod store_file;
mod times;
mod walk;

pub use file::{StoreReport, verify_file, verify_pages_of};
pub use in_use::PageWalk;
pub use report::{FaultKind, RowReport};
pub use rows::verify_rows;
pub use store_file::StoreFile;
pub use walk::Pace;
