//! Test data: keys and values, random numbers, and the documents of the search figures.

mod documents;
mod exact;
mod keys;
mod npy;
mod random;

pub use documents::{Dataset, Row};
pub use exact::nearest;
pub use keys::{KEY_DIGITS, KEY_PREFIX, KEYS, VALUE_BYTES, entries, key, value, write_digits};
pub use random::Random;
