//! Temporal edges as rows: what `TemporalOut` and `TemporalIn` hold, to and from [`TemporalEdge`].
//!
//! The key of a version names the edge, its start and the commit that asserted it; the record holds the rest. The key of
//! `TemporalIn` is the same with the two ends exchanged, so either can be made from the other.

use crate::api::{CommitSeq, EdgeType, NodeId, Properties, TemporalEdge, TimestampMs};
use crate::store::{KeyReader, KeyWriter, Retraction, StoreError, StoreResult, Table, TemporalFront, TemporalRecord};

fn corrupt(table: Table, what: &'static str) -> StoreError {
    StoreError::Corrupt { table: table.name(), what }
}

/// Begins every `TemporalOut` key of a node, of one of its relations, or of one start in that relation.
pub fn out_prefix(from: &str, edge_type: Option<&str>, valid_from: Option<i64>) -> Vec<u8> {
    prefix(from, edge_type, valid_from)
}

/// Begins every `TemporalIn` key of a node, or of one type of edge that enters it.
pub fn in_prefix(to: &str, edge_type: Option<&str>) -> Vec<u8> {
    prefix(to, edge_type, None)
}

fn prefix(node: &str, edge_type: Option<&str>, valid_from: Option<i64>) -> Vec<u8> {
    let mut key = KeyWriter::new().text(node);
    if let Some(edge_type) = edge_type {
        key = key.text(edge_type);
        if let Some(valid_from) = valid_from {
            key = key.time(valid_from);
        }
    }
    key.finish()
}

fn key(node: &str, edge_type: &str, valid_from: i64, other: &str, seq: u64) -> Vec<u8> {
    KeyWriter::new().text(node).text(edge_type).time(valid_from).text(other).u64(seq).finish()
}

/// The version's key in `TemporalOut`.
pub fn out_key(edge: &TemporalEdge) -> Vec<u8> {
    let (from, edge_type, to) = (edge.from_id.as_str(), edge.edge_type.as_str(), edge.to_id.as_str());
    key(from, edge_type, edge.valid_from.0, to, edge.asserted_seq.0)
}

/// The version's key in `TemporalIn`.
pub fn in_key(edge: &TemporalEdge) -> Vec<u8> {
    let (from, edge_type, to) = (edge.from_id.as_str(), edge.edge_type.as_str(), edge.to_id.as_str());
    key(to, edge_type, edge.valid_from.0, from, edge.asserted_seq.0)
}

/// The version's key in `TemporalTypes`.
pub fn type_key(edge: &TemporalEdge) -> Vec<u8> {
    let (from, edge_type, to) = (edge.from_id.as_str(), edge.edge_type.as_str(), edge.to_id.as_str());
    key(edge_type, from, edge.valid_from.0, to, edge.asserted_seq.0)
}

/// What a key of `TemporalOut` or `TemporalIn` says of its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyParts<'k> {
    /// The node in front: where the edge begins, or in `TemporalIn` where it ends.
    pub node: &'k str,
    /// The edge's type.
    pub edge_type: &'k str,
    /// The start of the period.
    pub valid_from: i64,
    /// The node at the other end.
    pub other: &'k str,
    /// The commit that asserted it.
    pub asserted_seq: u64,
}

/// Takes a key of either table apart; `None` if it names no version.
pub fn parts(key: &[u8]) -> Option<KeyParts<'_>> {
    let mut reader = KeyReader::new(key);
    let (node, edge_type, valid_from) = (reader.text()?, reader.text()?, reader.time()?);
    let (other, asserted_seq) = (reader.text()?, reader.u64()?);
    reader.rest().is_empty().then_some(KeyParts { node, edge_type, valid_from, other, asserted_seq })
}

/// The key in `TemporalOut` that belongs to a key of `TemporalIn`.
pub fn out_key_of_in(in_key: &[u8]) -> StoreResult<Vec<u8>> {
    let parts = parts(in_key).ok_or_else(|| corrupt(Table::TemporalIn, "the key does not decode"))?;
    Ok(key(parts.other, parts.edge_type, parts.valid_from, parts.node, parts.asserted_seq))
}

/// The version's record.
pub fn record(edge: &TemporalEdge) -> TemporalRecord {
    let retracted = edge.retracted_seq.zip(edge.retracted_at);
    TemporalRecord {
        valid_until: edge.valid_until.map(|until| until.0),
        asserted_at: edge.asserted_at.0,
        retracted: retracted.map(|(seq, at)| Retraction { seq: seq.0, at: at.0 }),
        properties: edge.properties.clone(),
    }
}

/// A version without its fields, from its key in `TemporalOut` and, unless that is enough, its record.
pub fn decode_some(out_key: &[u8], value: Option<&[u8]>) -> StoreResult<TemporalEdge> {
    let front = value.map(TemporalFront::decode).transpose()?;
    let front = front.unwrap_or(TemporalFront { valid_until: None, asserted_at: 0, retracted: None });
    whole(out_key, front, Properties::new())
}

/// A version from its row in `TemporalOut`.
pub fn decode(out_key: &[u8], value: &[u8]) -> StoreResult<TemporalEdge> {
    let TemporalRecord { valid_until, asserted_at, retracted, properties } = TemporalRecord::decode(value)?;
    whole(out_key, TemporalFront { valid_until, asserted_at, retracted }, properties)
}

fn whole(out_key: &[u8], front: TemporalFront, properties: Properties) -> StoreResult<TemporalEdge> {
    let KeyParts { node: from, edge_type, valid_from, other: to, asserted_seq: seq } =
        parts(out_key).ok_or_else(|| corrupt(Table::TemporalOut, "the key does not decode"))?;
    let TemporalFront { valid_until, asserted_at, retracted } = front;
    Ok(TemporalEdge {
        from_id: NodeId::new(from),
        edge_type: EdgeType::new(edge_type),
        to_id: NodeId::new(to),
        valid_from: TimestampMs(valid_from),
        valid_until: valid_until.map(TimestampMs),
        properties,
        asserted_seq: CommitSeq(seq),
        asserted_at: TimestampMs(asserted_at),
        retracted_seq: retracted.map(|retraction| CommitSeq(retraction.seq)),
        retracted_at: retracted.map(|retraction| TimestampMs(retraction.at)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge() -> TemporalEdge {
        TemporalEdge {
            from_id: "ann".into(),
            edge_type: "works_at".into(),
            to_id: "acme".into(),
            valid_from: TimestampMs(-5),
            valid_until: Some(TimestampMs(i64::MAX)),
            properties: Properties::new().with("role", "cook"),
            asserted_seq: CommitSeq(7),
            asserted_at: TimestampMs(99),
            retracted_seq: Some(CommitSeq(8)),
            retracted_at: Some(TimestampMs(100)),
        }
    }

    #[test]
    fn a_version_survives_its_row() {
        let edge = edge();
        assert_eq!(decode(&out_key(&edge), &record(&edge).encode()).unwrap(), edge);
        assert_eq!(out_key_of_in(&in_key(&edge)).unwrap(), out_key(&edge));
    }

    #[test]
    fn keys_sort_by_start_and_damage_is_told() {
        let (early, mut late) = (edge(), edge());
        late.valid_from = TimestampMs(3);
        assert!(out_key(&early) < out_key(&late));
        let key = out_key(&early);
        assert!(out_key(&early).starts_with(&out_prefix("ann", Some("works_at"), Some(-5))));
        for cut in 0..key.len() {
            assert!(decode(&key[..cut], &record(&early).encode()).is_err());
        }
    }
}
