//! One stored row, and how much of its value a read takes.

/// Bytes at the beginning of a value that can be read without the rest. The front of every record that is looked at alone fits.
pub const HEAD_BYTES: usize = 64;

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

/// The beginning of a value, and how long the value is. A large value is not read for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueHead {
    /// At most [`HEAD_BYTES`].
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
