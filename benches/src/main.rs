//! ToonDB benchmarks.
fn main() {}
