//! The storage seam: every file the engine keeps is reached through [`Disk`] and [`DiskFile`], so that the same code runs
//! on a real file system and on a simulated one that loses power at any chosen operation.

mod file;
mod real;
#[cfg(any(test, feature = "sim"))]
mod sim;

pub use file::{Disk, DiskFile, OpenMode, is_disk_full};
pub use real::RealDisk;
#[cfg(any(test, feature = "sim"))]
pub use sim::{CrashMode, SimDisk};
