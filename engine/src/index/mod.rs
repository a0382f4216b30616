//! Pure data structures: no redb, no tokio, no clock, no files.

pub mod interval;
pub mod metadata;
pub mod vector;
