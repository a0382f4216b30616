#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "whatever fails here fails the test")]

mod crashes;
mod damage;
mod hostile;
mod limits;
mod restoring;
mod support;
mod writing;
