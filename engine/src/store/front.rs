//! The front of a record: what stands before its fields.
//!
//! Nodes and beliefs about temporal edges are MessagePack arrays whose last element is the map of their fields. Who does
//! not want the fields reads up to them and stops: they are neither decoded nor looked at. Edges have nothing in front of
//! their fields but the commit, and their ends and type are in the key, so without its fields an edge needs no record.

use rmp_serde::Deserializer;
use rmp_serde::decode::ReadRefReader;
use serde::de::DeserializeOwned;

use super::error::{StoreError, StoreResult};
use super::record::{KvRecord, Retraction};
use super::row::ValueHead;
use super::table::Table;

/// The elements of a record, one after the other.
struct Elements<'a> {
    table: Table,
    reader: Deserializer<ReadRefReader<'a, [u8]>>,
}

impl<'a> Elements<'a> {
    /// Begins to read a record of at least so many elements. Records are short arrays: `1001` and the number of elements
    /// in one byte.
    fn of(table: Table, bytes: &'a [u8], least: u8) -> StoreResult<Self> {
        match bytes.split_first() {
            Some((marker, rest)) if marker & 0xf0 == 0x90 && marker & 0x0f >= least => {
                let mut reader = Deserializer::from_read_ref(rest);
                reader.set_max_depth(crate::limits::FRAME_DEPTH_MAX);
                Ok(Self { table, reader })
            }
            Some(_) | None => Err(StoreError::Corrupt { table: table.name(), what: "the record is no array" }),
        }
    }

    fn next<T: DeserializeOwned>(&mut self) -> StoreResult<T> {
        let damaged = StoreError::Corrupt { table: self.table.name(), what: "the record does not decode" };
        T::deserialize(&mut self.reader).map_err(|_| damaged)
    }
}

/// A [`super::NodeRecord`] without its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeFront {
    /// The commit that wrote it.
    pub seq: u64,
    /// Its type.
    pub node_type: String,
}

impl NodeFront {
    /// From the stored form of the whole.
    pub fn decode(bytes: &[u8]) -> StoreResult<Self> {
        let mut elements = Elements::of(Table::Nodes, bytes, 2)?;
        Ok(Self { seq: elements.next()?, node_type: elements.next()? })
    }
}

/// A [`super::KvRecord`] without its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KvFront {
    /// The commit that wrote it.
    pub seq: u64,
    /// When it expires, in ms since 1970; 0 = never.
    pub expires_at: i64,
    /// Bytes of the value.
    pub value_bytes: usize,
}

impl KvFront {
    /// From the head of the stored form.
    pub fn decode(head: &ValueHead) -> StoreResult<Self> {
        let front = KvRecord::decode(&head.start)?.front();
        Ok(Self { value_bytes: front.value_bytes + (head.bytes - head.start.len()), ..front })
    }

    /// True if it must not be seen any more at `now_ms`.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_at != 0 && self.expires_at <= now_ms
    }
}

/// A [`super::TemporalRecord`] without its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TemporalFront {
    /// Until when the fact holds, exclusive; nothing = open.
    pub valid_until: Option<i64>,
    /// The time of the asserting commit.
    pub asserted_at: i64,
    /// When it ceased to be believed; nothing = it still is.
    pub retracted: Option<Retraction>,
}

impl TemporalFront {
    /// From the stored form of the whole.
    pub fn decode(bytes: &[u8]) -> StoreResult<Self> {
        let mut elements = Elements::of(Table::TemporalOut, bytes, 3)?;
        Ok(Self { valid_until: elements.next()?, asserted_at: elements.next()?, retracted: elements.next()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Properties;
    use crate::store::{NodeRecord, TemporalRecord};

    fn fields() -> Properties {
        Properties::new().with("name", "a name of some length").with("n", 7)
    }

    #[test]
    fn a_front_is_that_of_the_whole() {
        let node = NodeRecord { seq: 1 << 40, node_type: "city".to_owned(), properties: fields() };
        let front = NodeFront { seq: node.seq, node_type: node.node_type.clone() };
        assert_eq!(NodeFront::decode(&node.encode()).unwrap(), front);
        for retracted in [None, Some(Retraction { seq: 300, at: -1 })] {
            for valid_until in [None, Some(i64::MIN)] {
                let record = TemporalRecord { valid_until, asserted_at: 70_000, retracted, properties: fields() };
                let front = TemporalFront { valid_until, asserted_at: 70_000, retracted };
                assert_eq!(TemporalFront::decode(&record.encode()).unwrap(), front);
            }
        }
    }

    /// However much of the fields is missing, a front is read; of a front itself nothing may be missing.
    #[test]
    fn the_fields_are_not_looked_at() {
        let node = NodeRecord { seq: 1, node_type: "city".to_owned(), properties: fields() }.encode();
        let node_front = 1 + 1 + 5;
        let fact = TemporalRecord { valid_until: None, asserted_at: 5, retracted: None, properties: fields() }.encode();
        let fact_front = 1 + 1 + 1 + 1;
        for cut in 0..node.len() {
            assert!(NodeRecord::decode(&node[..cut]).is_err());
            assert_eq!(NodeFront::decode(&node[..cut]).is_ok(), cut >= node_front, "{cut}");
        }
        for cut in 0..fact.len() {
            assert!(TemporalRecord::decode(&fact[..cut]).is_err());
            assert_eq!(TemporalFront::decode(&fact[..cut]).is_ok(), cut >= fact_front, "{cut}");
        }
        for wrong in [&b""[..], b"\x91\x01", b"\x81\x01\x01", b"\xc0"] {
            assert!(NodeFront::decode(wrong).is_err() && TemporalFront::decode(wrong).is_err());
        }
    }
}
