//! The keys and values of `redis-benchmark -d 100 -r 10000`: `key:` with twelve digits, and values of 100 bytes.

use toondb_engine::api::{BatchPut, ByteBuf, Durability, PutEntry};

/// How many different keys there are, unless a figure says otherwise.
pub const KEYS: u64 = 10_000;
/// Bytes of a value.
pub const VALUE_BYTES: usize = 100;
/// What each key begins with.
pub const KEY_PREFIX: &str = "key:";
/// Digits after it.
pub const KEY_DIGITS: usize = 12;

/// The key of a number.
pub fn key(number: u64) -> ByteBuf {
    ByteBuf::from(format!("{KEY_PREFIX}{number:0KEY_DIGITS$}"))
}

/// A value.
pub fn value() -> ByteBuf {
    ByteBuf::from(vec![b'x'; VALUE_BYTES])
}

/// Writes a number with leading zeros into all of `digits`.
pub fn write_digits(digits: &mut [u8], mut number: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
    }
}

/// A batch that puts the keys of all `numbers`.
pub fn entries(numbers: std::ops::Range<u64>) -> BatchPut {
    let entry = |number| PutEntry { key: key(number), value: value(), ttl_ms: None };
    BatchPut { entries: numbers.map(entry).collect(), durability: Durability::Volatile }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_key() {
        let mut text = [b'?'; KEY_DIGITS];
        for number in [0, 7, 9_999, 123_456_789_012] {
            write_digits(&mut text, number);
            assert_eq!(key(number).get(KEY_PREFIX.len()..), Some(&text[..]));
        }
    }
}
