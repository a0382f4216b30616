//! Tests of temporal edges from the write to the answer.

mod lists;
mod model;
mod races;
mod random;
mod rules;
