//! Where a page of documents ended: the place of its last document in the order, which stays a place in it whatever happens to
//! that document.
//!
//! ```text
//! 0, id                                   by id
//! 1, id's length (u16, big-endian), id, value     by a field's value, in MessagePack
//! 2, id                                   by a field that the document lacks
//! ```
//!
//! A cursor comes from outside. A wrong one can only move the place within the list that is asked for, and one of another
//! order is refused.

use serde::{Deserialize, Serialize};

use crate::api::{ByteBuf, DocumentId, Error, Result, Value};
use crate::limits;

/// The part of an order that stands before the id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderPlace {
    /// There is none: the order is by id.
    Id,
    /// The field has this value.
    Value(Value),
    /// The document lacks the field.
    Missing,
}

/// A place in an order of documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPosition {
    /// What stands before the id.
    pub place: OrderPlace,
    /// The id.
    pub id: DocumentId,
}

const BY_ID: u8 = 0;
const BY_VALUE: u8 = 1;
const BY_LACK: u8 = 2;

impl ListPosition {
    /// As a cursor.
    pub fn encode(&self) -> ByteBuf {
        let id = self.id.as_str().as_bytes();
        let mut cursor = Vec::with_capacity(3 + id.len());
        match &self.place {
            OrderPlace::Id => cursor.push(BY_ID),
            OrderPlace::Missing => cursor.push(BY_LACK),
            OrderPlace::Value(_) => {
                cursor.push(BY_VALUE);
                // Ids are far shorter than 64 KiB.
                cursor.extend_from_slice(&u16::try_from(id.len()).unwrap_or(u16::MAX).to_be_bytes());
            }
        }
        cursor.extend_from_slice(id);
        if let OrderPlace::Value(value) = &self.place {
            let mut packed = rmp_serde::Serializer::new(&mut cursor);
            // Writing to memory fails only if a Serialize impl does, and that of a value does not.
            if let Err(error) = value.serialize(&mut packed) {
                tracing::error!(%error, "a cursor could not be encoded");
            }
        }
        ByteBuf::from(cursor)
    }

    /// From a cursor of a list that is ordered by a field, or by id.
    pub fn decode(cursor: &[u8], by_field: bool) -> Result<Self> {
        let refused = || Error::invalid("the cursor does not belong to this list; begin without one");
        let position = Self::read(cursor).ok_or_else(refused)?;
        position.id.validate().map_err(|_| refused())?;
        if (position.place == OrderPlace::Id) == by_field {
            return Err(refused());
        }
        Ok(position)
    }

    fn read(cursor: &[u8]) -> Option<Self> {
        let (tag, rest) = cursor.split_first()?;
        let (id, place) = match *tag {
            BY_ID => (rest, OrderPlace::Id),
            BY_LACK => (rest, OrderPlace::Missing),
            BY_VALUE => {
                let (length, rest) = rest.split_first_chunk()?;
                let (id, packed) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
                (id, OrderPlace::Value(read_value(packed)?))
            }
            _ => return None,
        };
        Some(Self { place, id: DocumentId::new(std::str::from_utf8(id).ok()?) })
    }
}

fn read_value(packed: &[u8]) -> Option<Value> {
    let mut rest = packed;
    let mut reader = rmp_serde::Deserializer::new(&mut rest);
    reader.set_max_depth(limits::FRAME_DEPTH_MAX);
    let value = Value::deserialize(&mut reader).ok()?;
    (rest.is_empty() && value.validate().is_ok()).then_some(value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;
    use crate::api::ErrorCode;

    fn positions() -> Vec<ListPosition> {
        let values = [
            Value::Null,
            Value::Int(-5),
            Value::Float(0.5),
            "text".into(),
            Value::Bytes(vec![0, 255]),
            Value::List(vec![Value::List(vec![1.into()]), "x".into()]),
        ];
        let places = values.map(OrderPlace::Value).into_iter().chain([OrderPlace::Id, OrderPlace::Missing]);
        let ids = ["a".to_owned(), "ä".repeat(limits::ID_BYTES_MAX / 2)];
        let of =
            |place: OrderPlace| ids.clone().map(|id| ListPosition { place: place.clone(), id: DocumentId::new(id) });
        places.flat_map(of).collect()
    }

    #[test]
    fn positions_come_back_and_belong_to_one_order() {
        for position in positions() {
            let by_field = position.place != OrderPlace::Id;
            let cursor = position.encode();
            assert_eq!(ListPosition::decode(&cursor, by_field).as_ref(), Ok(&position));
            let error = ListPosition::decode(&cursor, !by_field).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidArgument);
        }
    }

    /// Every cut and every changed byte: a place of the same order, or refused.
    #[test]
    fn hostile_cursors_are_refused_or_a_place() {
        let mut taken = 0;
        for position in positions().into_iter().filter(|position| position.id.as_str().len() < 10) {
            let by_field = position.place != OrderPlace::Id;
            let cursor = position.encode().into_vec();
            for at in 0..cursor.len() {
                assert!(ListPosition::decode(&cursor[..at], !by_field).is_err());
                taken += usize::from(ListPosition::decode(&cursor[..at], by_field).is_ok());
                for byte in 0..=u8::MAX {
                    let mut changed = cursor.clone();
                    changed[at] = byte;
                    if let Ok(read) = ListPosition::decode(&changed, by_field) {
                        assert_eq!(read.place != OrderPlace::Id, by_field);
                        taken += 1;
                    }
                }
            }
            let longer = [&cursor[..], b"\0"].concat();
            assert!(ListPosition::decode(&longer, by_field).is_err(), "{longer:?}");
        }
        assert!(taken > 100, "{taken}");
        let deep = [&[BY_VALUE, 0, 1, b'a'][..], &[0x91; 10_000]].concat();
        assert!(ListPosition::decode(&deep, true).is_err());
        let nan = [&[BY_VALUE, 0, 1, b'a', 0xcb][..], &f64::NAN.to_be_bytes()].concat();
        assert!(ListPosition::decode(&nan, true).is_err());
        let wide = [&[BY_VALUE, 0, 1, b'a', 0xdd][..], &[0xff; 4]].concat();
        assert!(ListPosition::decode(&wide, true).is_err(), "a length is not believed");
    }
}
