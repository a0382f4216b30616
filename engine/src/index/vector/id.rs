//! The caller's identifier of a row: short byte strings kept without an allocation.
//!
//! Integer identifiers arrive as 8 big-endian bytes, so byte order is also their numeric order.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// Longest identifier kept inline; with the tag and the length it fills 24 bytes.
const INLINE_LEN: usize = 22;

/// An identifier: bytes that order and compare as bytes.
#[derive(Clone)]
pub struct IdBytes(Repr);

#[derive(Clone)]
enum Repr {
    Inline { len: u8, bytes: [u8; INLINE_LEN] },
    Heap(Box<[u8]>),
}

impl IdBytes {
    /// Copies `id`.
    pub fn new(id: &[u8]) -> Self {
        let mut bytes = [0; INLINE_LEN];
        match (u8::try_from(id.len()), bytes.get_mut(..id.len())) {
            (Ok(len), Some(space)) => {
                space.copy_from_slice(id);
                Self(Repr::Inline { len, bytes })
            }
            _ => Self(Repr::Heap(id.into())),
        }
    }

    /// Bytes held outside the value itself.
    pub(super) fn heap_bytes(&self) -> usize {
        match &self.0 {
            Repr::Inline { .. } => 0,
            Repr::Heap(bytes) => bytes.len(),
        }
    }
}

impl Deref for IdBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.0 {
            Repr::Inline { len, bytes } => bytes.get(..usize::from(*len)).unwrap_or(bytes),
            Repr::Heap(bytes) => bytes,
        }
    }
}

impl AsRef<[u8]> for IdBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl PartialEq for IdBytes {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for IdBytes {}

impl PartialOrd for IdBytes {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for IdBytes {
    fn cmp(&self, other: &Self) -> Ordering {
        (**self).cmp(&**other)
    }
}

impl Hash for IdBytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for IdBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IdBytes({})", self.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_length_round_trip_and_order_as_bytes() {
        assert_eq!(size_of::<IdBytes>(), 24);
        let long: Vec<u8> = (0..40).collect();
        for len in 0..40 {
            let id = IdBytes::new(&long[..len]);
            assert_eq!(&*id, &long[..len]);
            assert_eq!(id.heap_bytes(), if len <= INLINE_LEN { 0 } else { len });
            assert!(id < IdBytes::new(&long[..len + 1]));
        }
        assert!(IdBytes::new(&1u64.to_be_bytes()) < IdBytes::new(&256u64.to_be_bytes()));
    }
}
