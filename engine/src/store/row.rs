//! One stored row, and how much of its value a read takes.

use super::chunks::HEAD_BYTES;

/// A row: key and value as the catalogue describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRow<V = Vec<u8>> {
    /// The key.
    pub key: Vec<u8>,
    /// The value.
    pub value: V,
}

/// What a read takes of a value: all of it, or its head.
pub trait ReadValue: Sized + 'static {
    /// True if the beginning of a value is enough.
    const OF_HEAD: bool;

    /// From the beginning of a value of `bytes` bytes: all of it, unless [`Self::OF_HEAD`] and the rest was not read.
    fn read(start: &[u8], bytes: usize) -> Self;

    /// From all of a value.
    fn of(value: &[u8]) -> Self {
        Self::read(value, value.len())
    }
}

impl ReadValue for Vec<u8> {
    const OF_HEAD: bool = false;

    fn read(start: &[u8], _bytes: usize) -> Self {
        start.to_vec()
    }
}

/// The beginning of a value, and how long the value is. A large value is not read for it. The commit and the end of a key's record
/// stand there, and the place of a log's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueHead {
    /// At most 64 bytes.
    pub start: Vec<u8>,
    /// Bytes of the value.
    pub bytes: usize,
}

impl ReadValue for ValueHead {
    const OF_HEAD: bool = true;

    fn read(start: &[u8], bytes: usize) -> Self {
        Self { start: start.get(..HEAD_BYTES).unwrap_or(start).to_vec(), bytes }
    }
}

/// A value, or only the beginning of one that is so large that it is kept in chunks: who wants the rest looks it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueOrHead {
    /// The value, or its beginning.
    pub start: Vec<u8>,
    /// Bytes of the value.
    pub bytes: usize,
}

impl ValueOrHead {
    /// True if all of the value is here.
    pub fn is_whole(&self) -> bool {
        self.start.len() == self.bytes
    }
}

impl ReadValue for ValueOrHead {
    const OF_HEAD: bool = true;

    fn read(start: &[u8], bytes: usize) -> Self {
        Self { start: start.to_vec(), bytes }
    }
}
