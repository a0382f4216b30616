//! The write-ahead log of one namespace: a directory of segment files holding one record per atomic batch.
//!
//! An append is one positioned write and one `fdatasync` that flushes the device once, because segments are written with
//! zeros and synced before use: appending overwrites allocated blocks in place and never changes a file's size.
//!
//! # Files
//! | name | content |
//! |---|---|
//! | `<number, 20 digits>.log` | a live segment; its header was durable before the name existed |
//! | `spare-<random>` | allocated and synced, content meaningless; the next segments are made of these |
//! | `tmp-<random>` | being filled with zeros; removed by the next open |
//! | `synced` | the mark of what was synced: see `mark.rs` |
//!
//! # Why no crash can lose or invent a record
//! - *Preparing* works on a `tmp-` name and renames to `spare-` after the sync. A crash leaves a `tmp-` or a `spare-`.
//! - *Rotating* syncs the old segment, writes the new header into a spare, syncs it, renames it to its number and syncs the
//!   directory; only then is a record written. A crash leaves a spare with a header nobody reads, or an empty segment whose
//!   header names the next seq. A segment that has a successor is therefore complete, and the successor's `first_seq`
//!   proves it.
//! - *Recycling* renames a released segment to `spare-`; its header is not overwritten before a sync of the directory, so
//!   no live name ever shows a foreign header. Names of released segments that come back are not read. Its old records stay in the file; every segment has a fresh random salt and
//!   no record verifies under another salt or at another offset.
//! - *Recovery* accepts records while each verifies, names the checksum of its predecessor, and continues its seq. It
//!   rewrites, byte for byte, the accepted records that no later record proves to have been synced, and syncs: after a
//!   failed `fdatasync` the kernel may hold pages that look clean and are not on the device. It cuts by doing nothing: a
//!   remnant behind the cut can never be accepted later, because the next record written there carries this opening's
//!   random number, so its checksum is not the one the remnant names. Repeating recovery after any crash gives the same.
//! - *Telling a torn tail from damage*: each record says how far the segment was synced when it was written. A bad record
//!   below such a claim had been durable and is reported as [`LogError::Corrupt`]. For the records that no other follows
//!   the mark speaks: written after each sync and before its answers, it says through which record everything was synced.
//!   A log that ends before it, or has another record there, is reported; what is above every claim is cut. A live segment
//!   that is shorter than its header says is damaged too: its length was durable before its name. Damage to records that the
//!   store has loses nothing if no record behind it goes beyond the store: the log then begins anew after them.
//!
//! # What else a log keeps
//! - *The chain* (`lineage.rs`): each record and each segment says which history is in front of it. One that does not follow from
//!   what stands there, as a segment of another copy of the log, is damage.
//! - *Readers* (`reader.rs`, `cursor.rs`): a log is read while it is written, up to what is durable and published.
//! - *Pins* (`pins.rs`, `release.rs`): they keep segments for readers that the store does not need any more, within bounds.
//! - *Two formats* (`segment.rs`): segments of format 1 are read, and nothing is appended to them; the first batch after opening
//!   such a log begins a segment of format 2.
//!
//! The scheme of header, salt and in-place reuse follows SQLite's WAL format ("The Write-Ahead Log", salts and cumulative
//! checksums) and `PostgreSQL`'s recycled WAL segments.

mod append;
mod cursor;
mod error;
mod lineage;
mod mark;
mod open;
mod pins;
mod position;
mod read_only;
mod reader;
mod recent;
mod record;
mod release;
mod scan;
mod segment;
mod shared;
mod spare;
#[cfg(test)]
pub(crate) mod tests;
mod types;

pub use cursor::LogCursor;
pub use error::LogError;
pub use lineage::Lineage;
pub use mark::MarkState;
pub use open::{look_at_mark, open, read};
pub use pins::{LogPin, PinEnd, PinState};
pub use position::SeqRange;
pub use reader::LogReader;
pub use recent::LoggedBatch;
pub use segment::LogFormat;
pub use types::{Batch, Log, LogOptions, Replay, ReplayReport, Rest, Sync};
