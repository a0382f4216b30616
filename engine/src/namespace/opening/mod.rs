//! One opening of a namespace: who has its files open, and when they are closed.
//!
//! ```text
//!             begin            opened              leave               last lease dropped
//!   Closed ----------> Opening ------> Open ----------------> Closing ------------------> Closed
//!                         |                                      ^
//!                         '---------- failed, gave up -----------'
//!   any of them -- fence --> Fenced -- the doubt is settled --> Closing or Closed
//! ```
//!
//! Two redb handles on one file do not see each other, and the closing writes of the older one destroy what the younger
//! wrote. So the next opening begins only when nothing of the last one can reach its files. That is said by the files
//! themselves: an opening reaches them through a [`lease::LeasedDisk`], each file that it opens carries the lease, and
//! whoever drops the last of them, a reader, a flush, redb's own deferred closing, has closed that file before its lease
//! goes. The destructor of the lease is the only way to Closed.

mod lease;
mod life;
mod one;

pub use life::{Fence, Life};
pub use one::Opening;
