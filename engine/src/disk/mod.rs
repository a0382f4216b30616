//! The storage seam: every file the engine keeps is reached through [`Disk`] and [`DiskFile`], so that the same code runs
//! on a real file system and on a simulated one that loses power at any chosen operation.

mod fault;
mod file;
mod looking;
#[cfg(any(test, feature = "sim"))]
mod probe;
mod real;
mod real_file;
#[cfg(any(test, feature = "sim"))]
mod sim;

pub use fault::{check_dir, code_of, is_disk_full, is_removed, to_error};
pub use file::{Disk, DiskFile, OpenMode};
pub use looking::LookingDisk;
#[cfg(any(test, feature = "sim"))]
pub use probe::{ProbeDisk, Touch};
pub use real::RealDisk;
#[cfg(any(test, feature = "sim"))]
pub use sim::{CallFault, CrashMode, SimDisk};
