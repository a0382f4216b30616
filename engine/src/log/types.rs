//! The log's interface: what the actor appends to and what recovery reads from.

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::LogError;
use super::lineage::NEVER_OWNED;
use super::position::SeqRange;
use super::reader::LogReader;
use super::segment::LogFormat;
use crate::disk::Disk;
use crate::limits;
use crate::rng::Rng;

/// When an appended batch becomes durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Before `append` returns, together with every batch before it.
    Now,
    /// With the next synced batch, or when [`Log::sync`] is called. A power loss may drop it and those after it.
    Later,
}

/// An append-only sequence of batches.
///
/// After an error other than [`LogError::DiskFull`], [`LogError::TooLarge`] and [`LogError::OutOfOrder`] the log is fenced:
/// each further call that could write returns [`LogError::Fenced`].
pub trait Log: Send + Debug {
    /// The payload of the next batch, emptied. Fill it, then call [`Log::append`].
    fn buffer(&mut self) -> &mut Vec<u8>;

    /// Payload bytes of a batch that can be appended without beginning another segment.
    fn room_bytes(&self) -> usize;

    /// Sees to it that a batch of so many bytes finds room, beginning another segment if need be: appending it meets no full
    /// disk then. A new segment has room for `hint` bytes too, if there is space for that.
    ///
    /// # Errors
    /// `DiskFull`, and nothing has changed; `Io`, `OutcomeUnknown`, `Fenced`; `TooLarge`.
    fn make_room(&mut self, payload_bytes: usize, hint: usize) -> Result<(), LogError>;

    /// Appends the buffer's content as one batch. A batch is recovered whole or not at all.
    ///
    /// # Errors
    /// See [`LogError`]; only `OutcomeUnknown` leaves open whether the batch is in the log.
    fn append(&mut self, seqs: SeqRange, sync: Sync) -> Result<(), LogError>;

    /// Makes every appended batch durable. Does nothing when all are.
    ///
    /// # Errors
    /// `OutcomeUnknown` for the batches appended with [`Sync::Later`]; `Fenced`.
    fn sync(&mut self) -> Result<(), LogError>;

    /// Says that everybody may see the batches up to `seq`: those of them that are durable, now or later, can be read from
    /// then on.
    fn publish(&mut self, seq: u64);

    /// What reads this log while it is written.
    ///
    /// # Errors
    /// `ReadOnly`: what such a log holds may not be durable, and is not made so.
    fn reader(&self) -> Result<LogReader, LogError>;

    /// Whether a batch appended with [`Sync::Later`] is not yet durable.
    fn has_unsynced(&self) -> bool;

    /// Says that batches up to `through_seq` are durable elsewhere; frees the segments that hold no other and that no pin
    /// keeps.
    ///
    /// # Errors
    /// `Io`, `Fenced`.
    fn truncate(&mut self, through_seq: u64) -> Result<(), LogError>;

    /// Frees the segments that pins alone keep, for want of space; the pins are broken. True if there were any.
    ///
    /// # Errors
    /// `Io`, `Fenced`.
    fn break_pins(&mut self) -> Result<bool, LogError>;

    /// Begins another segment behind everything, all of which is durable elsewhere, and releases the others. Pins that keep
    /// any of it are broken.
    ///
    /// # Errors
    /// `Io`, `DiskFull`, `Fenced`.
    fn begin_anew(&mut self) -> Result<(), LogError>;

    /// Says whether space on the disk is short. While it is, no segments are kept or prepared for later but one of the
    /// smallest size, which is for the batches that make space.
    fn be_frugal(&mut self, frugal: bool);

    /// Bytes of the records that recovery would read now: those not known to be released by [`Log::truncate`]. What pins keep
    /// is not among them.
    fn bytes_used(&self) -> u64;

    /// Bytes of all files, spare segments included.
    fn bytes_on_disk(&self) -> u64;

    /// Seq of the last operation appended or recovered.
    fn last_seq(&self) -> u64;

    /// Work that should run soon on any other thread: it prepares the next segment. Ask after each `append` and `truncate`;
    /// dropping the work is safe and costs a slower append later.
    fn take_background_work(&mut self) -> Option<Box<dyn FnOnce() + Send>>;
}

/// What a log needs to be opened.
#[derive(Clone, Debug)]
pub struct LogOptions {
    /// Where the files are.
    pub disk: Arc<dyn Disk>,
    /// Source of salts and file names.
    pub rng: Arc<dyn Rng>,
    /// The directory of this log; created when missing.
    pub dir: PathBuf,
    /// Written into every segment, so that a file of another namespace is never taken for one of this.
    pub namespace_id: [u8; 16],
    /// Largest payload accepted by `append`; at most [`LogOptions::PAYLOAD_LIMIT_BYTES`] counts.
    pub max_payload_bytes: usize,
    /// Size of the first segment.
    pub min_segment_bytes: u32,
    /// Size up to which segments double; only a single larger record gets a larger one.
    pub max_segment_bytes: u32,
    /// The epoch of the records to be written; a log that has a later one goes on with that.
    pub epoch: u64,
    /// Most bytes of segments that pins keep.
    pub pinned_bytes_max: u64,
}

impl LogOptions {
    /// No payload may be larger, whatever the options say: offsets in a segment are 32 bits wide.
    pub const PAYLOAD_LIMIT_BYTES: usize = 1 << 30;

    /// Options with the usual segment sizes, 64 KiB doubling up to 16 MiB.
    #[must_use]
    pub fn new(
        disk: Arc<dyn Disk>,
        rng: Arc<dyn Rng>,
        dir: PathBuf,
        namespace_id: [u8; 16],
        max_payload_bytes: usize,
    ) -> Self {
        Self {
            disk,
            rng,
            dir,
            namespace_id,
            max_payload_bytes,
            min_segment_bytes: 64 << 10,
            max_segment_bytes: 16 << 20,
            epoch: NEVER_OWNED,
            pinned_bytes_max: limits::LOG_PINNED_BYTES_MAX,
        }
    }

    pub(super) fn payload_limit_bytes(&self) -> usize {
        self.max_payload_bytes.min(Self::PAYLOAD_LIMIT_BYTES)
    }
}

/// A recovered batch.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Its operations.
    pub seqs: SeqRange,
    /// How its payload is laid out.
    pub format: LogFormat,
    /// What was appended.
    pub payload: &'a [u8],
}

/// Receives each recovered batch, in order.
pub type Replay<'a> = dyn FnMut(Batch<'_>) -> Result<(), LogError> + 'a;

/// What opening found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayReport {
    /// Batches handed to the replay callback.
    pub records: u64,
    /// Seq of the last operation in the log, or the store's own when that is later.
    pub last_seq: u64,
    /// What stands behind the last good record.
    pub rest: Rest,
}

/// What stands behind the accepted records of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// So many bytes in which unfinished, never acknowledged writes were recognised.
    Torn {
        /// 0 = nothing.
        bytes: u64,
    },
    /// Damage to records that the store has, and none behind it that the store has not.
    Needless,
}

impl Default for Rest {
    fn default() -> Self {
        Self::Torn { bytes: 0 }
    }
}
