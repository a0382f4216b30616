//! The checksum before each stored value: of where the value belongs and what it is.
//!
//! The pages' checksums tell that a page is what was written; this one tells that a row is, wherever redb keeps it: an
//! xxh3-64 of namespace id, table number, key length, key and value, verified by every read.

use xxhash_rust::xxh3::Xxh3Default;

use super::error::{StoreError, StoreResult};
use super::table::Table;
use crate::planted::{self, Planted};

const CHECKSUM_BYTES: usize = 8;

/// Where sealed values are kept.
#[derive(Debug, Clone, Copy)]
pub struct SealPlace {
    number: u8,
    name: &'static str,
}

impl SealPlace {
    /// The store's own rows. No table has this number, nor 127.
    pub const META: SealPlace = SealPlace { number: u8::MAX, name: "meta.v2" };

    /// The head of a value of this table that was cut: see [`super::chunks`].
    pub fn cut(table: Table) -> Self {
        Self { number: table.number() | 0x80, name: table.name() }
    }

    pub fn corrupt(self, what: &'static str) -> StoreError {
        StoreError::Corrupt { table: self.name, what }
    }
}

impl From<Table> for SealPlace {
    fn from(table: Table) -> Self {
        SealPlace { number: table.number(), name: table.name() }
    }
}

/// The checksums of one namespace's values.
#[derive(Debug, Clone, Copy)]
pub struct Seal {
    pub namespace_id: [u8; 16],
}

impl Seal {
    fn checksum(&self, place: SealPlace, key: &[u8], value: &[u8]) -> [u8; CHECKSUM_BYTES] {
        let mut hash = Xxh3Default::new();
        hash.update(&self.namespace_id);
        hash.update(&[place.number]);
        hash.update(&(key.len() as u64).to_le_bytes());
        hash.update(key);
        hash.update(value);
        hash.digest().to_le_bytes()
    }

    /// Verifies a stored value and gives what was sealed.
    pub fn open<'a>(&self, place: impl Into<SealPlace>, key: &[u8], sealed: &'a [u8]) -> StoreResult<&'a [u8]> {
        let place = place.into();
        let (checksum, value) =
            sealed.split_first_chunk::<CHECKSUM_BYTES>().ok_or_else(|| place.corrupt("a value is too short"))?;
        if *checksum != self.checksum(place, key, value) && !planted::is(Planted::RowChecksumSkipped) {
            return Err(place.corrupt("a value's checksum is wrong"));
        }
        Ok(value)
    }

    /// Puts into `out` what is stored for a value.
    pub fn close(&self, place: impl Into<SealPlace>, key: &[u8], value: &[u8], out: &mut Vec<u8>) {
        out.clear();
        out.extend_from_slice(&self.checksum(place.into(), key, value));
        out.extend_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_opens_only_as_it_was_and_where_it_was() {
        let seal = Seal { namespace_id: [1; 16] };
        let mut sealed = Vec::new();
        seal.close(Table::Kv, b"key", b"value", &mut sealed);
        assert_eq!(seal.open(Table::Kv, b"key", &sealed).unwrap(), b"value");
        assert!(seal.open(Table::Kv, b"kez", &sealed).is_err(), "another key");
        assert!(seal.open(Table::Nodes, b"key", &sealed).is_err(), "another table");
        assert!(Seal { namespace_id: [2; 16] }.open(Table::Kv, b"key", &sealed).is_err(), "another namespace");
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(seal.open(Table::Kv, b"key", &flipped).is_err(), "bit {bit}");
        }
        for len in 0..sealed.len() {
            assert!(seal.open(Table::Kv, b"key", &sealed[..len]).is_err(), "cut to {len}");
        }
    }
}
