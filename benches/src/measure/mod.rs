//! Taking time, summing it up, and printing it.

mod clock;
mod report;
mod stats;

pub use clock::{Stopwatch, pause, timed};
pub use report::{Report, note};
pub use stats::{Samples, median, micros, millis};
