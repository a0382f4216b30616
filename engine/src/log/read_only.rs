//! A log that was read and cannot be written to.

use super::error::LogError;
use super::position::SeqRange;
use super::reader::LogReader;
use super::types::{Log, Sync};

/// What [`super::read`] leaves of a log.
#[derive(Debug)]
pub struct ReadOnlyLog {
    last_seq: u64,
    bytes_used: u64,
    buffer: Vec<u8>,
}

impl ReadOnlyLog {
    pub(super) fn new(last_seq: u64, bytes_used: u64) -> Self {
        Self { last_seq, bytes_used, buffer: Vec::new() }
    }
}

impl Log for ReadOnlyLog {
    fn buffer(&mut self) -> &mut Vec<u8> {
        self.buffer.clear();
        &mut self.buffer
    }

    fn room_bytes(&self) -> usize {
        usize::MAX
    }

    fn make_room(&mut self, _payload_bytes: usize, _hint: usize) -> Result<(), LogError> {
        Err(LogError::ReadOnly)
    }

    fn append(&mut self, _seqs: SeqRange, _sync: Sync) -> Result<(), LogError> {
        Err(LogError::ReadOnly)
    }

    fn sync(&mut self) -> Result<(), LogError> {
        Err(LogError::ReadOnly)
    }

    fn publish(&mut self, _seq: u64) {}

    fn reader(&self) -> Result<LogReader, LogError> {
        Err(LogError::ReadOnly)
    }

    fn has_unsynced(&self) -> bool {
        false
    }

    fn truncate(&mut self, _through_seq: u64) -> Result<(), LogError> {
        Err(LogError::ReadOnly)
    }

    fn break_pins(&mut self) -> Result<bool, LogError> {
        Err(LogError::ReadOnly)
    }

    fn begin_anew(&mut self) -> Result<(), LogError> {
        Err(LogError::ReadOnly)
    }

    fn be_frugal(&mut self, _frugal: bool) {}

    fn bytes_used(&self) -> u64 {
        self.bytes_used
    }

    fn bytes_on_disk(&self) -> u64 {
        self.bytes_used
    }

    fn last_seq(&self) -> u64 {
        self.last_seq
    }

    fn take_background_work(&mut self) -> Option<Box<dyn FnOnce() + Send>> {
        None
    }
}
