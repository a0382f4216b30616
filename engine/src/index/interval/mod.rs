//! Per-node index of bitemporal edges.
//!
//! A [`Timeline`] holds every version of the temporal edges leaving (or entering) one graph node and answers "what was
//! valid at time t, as believed at commit seq S". [`ExactTimeline`] is its linear-scan twin, the oracle of its tests.

mod arena;
mod cursor;
mod error;
mod exact;
mod node;
mod period;
mod timeline;
mod tree;
mod version;
mod versions;
mod window;

#[cfg(test)]
mod tests;

pub use error::IntervalError;
pub use exact::ExactTimeline;
pub use period::Period;
pub use timeline::Timeline;
pub use version::Version;
pub use versions::Versions;
