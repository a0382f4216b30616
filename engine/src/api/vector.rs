//! Vectors and id lists as they travel: packed little-endian numbers in one `bin`, never arrays of numbers.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

macro_rules! packed {
    ($(#[$doc:meta])* $name:ident, $item:ty, $width:literal, $expecting:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name(pub Vec<$item>);

        impl $name {
            /// Decodes packed little-endian numbers; `None` if the length is not a whole number of them.
            pub fn from_le_bytes(bytes: &[u8]) -> Option<Self> {
                let (chunks, rest) = bytes.as_chunks::<$width>();
                rest.is_empty().then(|| Self(chunks.iter().map(|chunk| <$item>::from_le_bytes(*chunk)).collect()))
            }

            /// The numbers as packed little-endian bytes.
            pub fn to_le_bytes(&self) -> Cow<'_, [u8]> {
                let mut bytes = Vec::with_capacity(self.0.len() * $width);
                for item in &self.0 {
                    bytes.extend_from_slice(&item.to_le_bytes());
                }
                Cow::Owned(bytes)
            }
        }

        impl From<Vec<$item>> for $name {
            fn from(items: Vec<$item>) -> Self {
                Self(items)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(&self.to_le_bytes())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct PackedVisitor;

                impl<'de> Visitor<'de> for PackedVisitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<$name, E> {
                        $name::from_le_bytes(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
                    }

                    fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<$name, E> {
                        self.visit_bytes(&bytes)
                    }

                    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<$name, D::Error> {
                        deserializer.deserialize_bytes(self)
                    }

                    // An array is refused on purpose: it would cost five to nine bytes and a branch per number.
                    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<$name, A::Error> {
                        Err(serde::de::Error::invalid_type(serde::de::Unexpected::Seq, &self))
                    }
                }

                // By name: a format that has numbers in another form, such as Python's objects, learns what to pack.
                deserializer.deserialize_newtype_struct(stringify!($name), PackedVisitor)
            }
        }
    };
}

packed!(
    /// One vector.
    Embedding,
    f32,
    4,
    "a vector as packed little-endian 32-bit floats (a bin of 4 bytes per number)"
);
packed!(
    /// Several vectors of one dimension, one after the other.
    EmbeddingBatch,
    f32,
    4,
    "vectors as packed little-endian 32-bit floats (a bin of 4 bytes per number)"
);
packed!(
    /// Vector ids.
    IdBatch,
    u64,
    8,
    "ids as packed little-endian 64-bit integers (a bin of 8 bytes per id)"
);
