//! Where a page of documents ended: the place of its last document in the order, which stays a place in it whatever happens to
//! that document.
//!
//! ```text
//! 0, order, id                                           by id
//! 1, order, id's length (u16, big-endian), id, value     by a field's value, in MessagePack
//! 2, order, id                                           by a field that the document lacks
//! ```
//!
//! The order is four bytes of a hash of its direction and its field. A cursor comes from outside. A wrong one can only move the
//! place within the list that is asked for, and one of another order is refused.

use serde::{Deserialize, Serialize};

use crate::api::{ByteBuf, DocumentId, Error, Result, Value};
use crate::limits;

/// An order of documents, as its cursors name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListOrder {
    by_field: bool,
    mark: [u8; 4],
}

impl ListOrder {
    /// That by a field, or else by id.
    pub fn of(order_by: Option<&str>, descending: bool) -> Self {
        let named = [&[u8::from(descending), u8::from(order_by.is_some())], order_by.unwrap_or_default().as_bytes()];
        let [a, b, c, d, ..] = xxhash_rust::xxh3::xxh3_64(&named.concat()).to_le_bytes();
        Self { by_field: order_by.is_some(), mark: [a, b, c, d] }
    }
}

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
    /// As a cursor of this order.
    pub fn encode(&self, order: ListOrder) -> ByteBuf {
        let id = self.id.as_str().as_bytes();
        let mut cursor = Vec::with_capacity(7 + id.len());
        cursor.push(match &self.place {
            OrderPlace::Id => BY_ID,
            OrderPlace::Missing => BY_LACK,
            OrderPlace::Value(_) => BY_VALUE,
        });
        cursor.extend_from_slice(&order.mark);
        if matches!(self.place, OrderPlace::Value(_)) {
            // Ids are far shorter than 64 KiB.
            cursor.extend_from_slice(&u16::try_from(id.len()).unwrap_or(u16::MAX).to_be_bytes());
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

    /// From a cursor of a list of this order.
    pub fn decode(cursor: &[u8], order: ListOrder) -> Result<Self> {
        let refused = || {
            let text = "the cursor does not belong to this list, or to one of another order; begin without one";
            Error::invalid(text)
        };
        let (position, mark) = Self::read(cursor).ok_or_else(refused)?;
        position.id.validate().map_err(|_| refused())?;
        if mark != order.mark || (position.place == OrderPlace::Id) == order.by_field {
            return Err(refused());
        }
        Ok(position)
    }

    fn read(cursor: &[u8]) -> Option<(Self, [u8; 4])> {
        let (tag, rest) = cursor.split_first()?;
        let (mark, rest) = rest.split_first_chunk()?;
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
        Some((Self { place, id: DocumentId::new(std::str::from_utf8(id).ok()?) }, *mark))
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

    fn order(by_field: bool) -> ListOrder {
        ListOrder::of(by_field.then_some("f"), false)
    }

    #[test]
    fn positions_come_back_and_belong_to_one_order() {
        for position in positions() {
            let by_field = position.place != OrderPlace::Id;
            let cursor = position.encode(order(by_field));
            assert_eq!(ListPosition::decode(&cursor, order(by_field)).as_ref(), Ok(&position));
            let field = by_field.then_some("f");
            for other in [order(!by_field), ListOrder::of(field, true), ListOrder::of(Some("g"), false)] {
                let error = ListPosition::decode(&cursor, other).unwrap_err();
                assert_eq!(error.code, ErrorCode::InvalidArgument);
            }
        }
    }

    /// Every cut and every changed byte: a place of the same order, or refused.
    #[test]
    fn hostile_cursors_are_refused_or_a_place() {
        let mut taken = 0;
        for position in positions().into_iter().filter(|position| position.id.as_str().len() < 10) {
            let by_field = position.place != OrderPlace::Id;
            let cursor = position.encode(order(by_field)).into_vec();
            for at in 0..cursor.len() {
                assert!(ListPosition::decode(&cursor[..at], order(!by_field)).is_err());
                taken += usize::from(ListPosition::decode(&cursor[..at], order(by_field)).is_ok());
                for byte in 0..=u8::MAX {
                    let mut changed = cursor.clone();
                    changed[at] = byte;
                    if let Ok(read) = ListPosition::decode(&changed, order(by_field)) {
                        assert_eq!(read.place != OrderPlace::Id, by_field);
                        taken += 1;
                    }
                }
            }
            let longer = [&cursor[..], b"\0"].concat();
            assert!(ListPosition::decode(&longer, order(by_field)).is_err(), "{longer:?}");
        }
        assert!(taken > 100, "{taken}");
        let begun = [&[BY_VALUE][..], &order(true).mark, &[0, 1, b'a']].concat();
        let deep = [&begun[..], &[0x91; 10_000]].concat();
        assert!(ListPosition::decode(&deep, order(true)).is_err());
        let nan = [&begun[..], &[0xcb], &f64::NAN.to_be_bytes()].concat();
        assert!(ListPosition::decode(&nan, order(true)).is_err());
        let wide = [&begun[..], &[0xdd], &[0xff; 4]].concat();
        assert!(ListPosition::decode(&wide, order(true)).is_err(), "a length is not believed");
    }
}
