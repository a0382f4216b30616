//! Gives a file to the JSON parser, but never more than a row may take at once: a text is held in memory whole, so a file
//! that is one endless text must be refused before it is read to its end.

use std::cell::Cell;
use std::io::{self, Read};

use crate::disk::DiskFile;
use crate::limits;

/// Bytes fetched from the file at once.
const FETCH_BYTES: u64 = 64 << 10;

/// Reads a file from its beginning to its end.
pub struct Input<'a> {
    file: &'a dyn DiskFile,
    len: u64,
    offset: u64,
    fetched: Vec<u8>,
    at: usize,
    /// Bytes that may still be read before [`Allowance::renew`].
    left: &'a Cell<u64>,
}

/// Says how much may be read until the next row.
pub struct Allowance<'a>(pub &'a Cell<u64>);

impl Allowance<'_> {
    /// A row has begun.
    pub fn renew(&self) {
        self.0.set(limits::CHECKPOINT_JSON_ROW_BYTES_MAX);
    }
}

impl<'a> Input<'a> {
    /// Reads the first `len` bytes.
    pub fn new(file: &'a dyn DiskFile, len: u64, left: &'a Cell<u64>) -> Self {
        Self { file, len, offset: 0, fetched: Vec::new(), at: 0, left }
    }

    fn fetch(&mut self) -> io::Result<()> {
        let bytes = FETCH_BYTES.min(self.len - self.offset);
        self.fetched.resize(usize::try_from(bytes).unwrap_or_default(), 0);
        self.file.read_exact_at(self.offset, &mut self.fetched)?;
        self.offset += bytes;
        self.at = 0;
        Ok(())
    }
}

impl Read for Input<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.at == self.fetched.len() {
            self.fetch()?;
        }
        let ready = self.fetched.get(self.at..).unwrap_or_default();
        let count = ready.len().min(out.len());
        let left = self.left.get().checked_sub(count as u64);
        let left = left.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a row is too large"))?;
        self.left.set(left);
        if let (Some(target), Some(source)) = (out.get_mut(..count), ready.get(..count)) {
            target.copy_from_slice(source);
        }
        self.at += count;
        Ok(count)
    }
}
