//! The catalog on a simulated disk.

mod damage;
mod failures;
mod support;
