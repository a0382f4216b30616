//! Tests of the log on a disk that loses power, lies about syncs, fills up and rots.

mod behaviour;
mod chain;
mod crashes;
mod cursors;
mod damage;
pub mod format_one;
mod layout;
mod marks;
mod pins;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::append::SegmentedLog;
use super::types::ReplayReport;
use super::{Log, LogError, LogFormat, LogOptions, Rest, SeqRange, Sync, open};
use crate::disk::{Disk, SimDisk};
use crate::rng::{Rng, SeededRng};

const NAMESPACE: [u8; 16] = *b"0123456789abcdef";

/// A batch as the caller knows it.
type Batch = (SeqRange, Vec<u8>);

/// A recovered log with what it replayed.
struct Opened {
    log: SegmentedLog,
    report: ReplayReport,
    batches: Vec<Batch>,
}

fn log_dir() -> PathBuf {
    PathBuf::from("/ns/log")
}

fn segment_path(number: u64) -> PathBuf {
    log_dir().join(super::segment::segment_name(number))
}

fn mark_path() -> PathBuf {
    log_dir().join(super::mark::MARK_NAME)
}

/// The same disk after a power loss that kept everything but the mark, which is not synced with the log.
fn without_mark(disk: &SimDisk) -> SimDisk {
    let image = disk.crash_image(0, crate::disk::CrashMode::KeepAll);
    image.remove_file(&mark_path()).unwrap();
    image
}

/// A disk whose namespace folder is durable.
fn new_disk() -> SimDisk {
    let disk = SimDisk::new();
    disk.create_dir_all(Path::new("/ns")).unwrap();
    disk.sync_dir(Path::new("/")).unwrap();
    disk
}

/// Segments small enough that a test sees many.
fn options(disk: &SimDisk, seed: u64) -> LogOptions {
    let rng = Arc::new(SeededRng::new(seed));
    let mut options = LogOptions::new(Arc::new(disk.clone()), rng, log_dir(), NAMESPACE, 4000);
    (options.min_segment_bytes, options.max_segment_bytes) = (512, 2048);
    options
}

fn open_from(disk: &SimDisk, seed: u64, from_seq: u64) -> Result<Opened, LogError> {
    let mut batches = Vec::new();
    let (log, report) = open(options(disk, seed), from_seq, &mut |batch| {
        batches.push((batch.seqs, batch.payload.to_vec()));
        Ok(())
    })?;
    assert_eq!(report.records, batches.len() as u64);
    assert_eq!(report.last_seq, log.last_seq());
    Ok(Opened { log, report, batches })
}

/// Appends one operation with the given payload.
fn append(log: &mut SegmentedLog, payload: &[u8], sync: Sync) -> Result<Batch, LogError> {
    let seq = log.last_seq() + 1;
    append_batch(log, SeqRange { first: seq, last: seq }, payload, sync)
}

fn append_batch(log: &mut SegmentedLog, seqs: SeqRange, payload: &[u8], sync: Sync) -> Result<Batch, LogError> {
    log.buffer().extend_from_slice(payload);
    log.append(seqs, sync)?;
    Ok((seqs, payload.to_vec()))
}

fn random_payload(rng: &SeededRng, max_bytes: u64) -> Vec<u8> {
    let mut payload = vec![0; (rng.next_u64() % (max_bytes + 1)) as usize];
    rng.fill(&mut payload);
    payload
}
