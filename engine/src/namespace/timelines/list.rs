//! The orders in which the versions of a namespace can be gone through, each a walk over one table, and places in them.
//!
//! Every row of such a walk leads to a version by the version's key in `TemporalOut`. A place is that key, so that a walk can
//! go on over another table in the same order: facts of one type come in the same order from the list by type and from
//! `TemporalOut` itself, which stands in for the list while it does not have every fact yet.

use std::cmp::Ordering;
use std::ops::Bound;

use super::row::{KeyParts, in_prefix, out_key_of_in, out_prefix, parts};
use crate::api::{ByteBuf, EdgeType, Error, Filter, NodeId, Properties, Result};
use crate::store::{
    FACTS_LISTED, KeyRange, KeyWriter, Read, StoreError, StoreResult, StoredRow, Table, change_key, changed_by,
    type_key,
};

/// A walk over versions.
#[derive(Debug, Clone)]
pub enum FactList {
    /// All of them, by the node where they begin, type, start, the node where they end, and commit.
    All,
    /// Those that begin at a node, in that order; of one type if one is named.
    From(NodeId, Option<EdgeType>),
    /// Those that end at a node, by type, start, the node where they begin, and commit; of one type if one is named.
    To(NodeId, Option<EdgeType>),
    /// Those of one type, in the order of all.
    OfType(EdgeType),
    /// Those that a commit after this one asserted or retracted, once for each of the two, by that commit.
    ChangedAfter(u64),
}

/// A row of a walk. Its order is that of a walk over changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedFact {
    /// The commit of the change, where the walk is over changes; 0 elsewhere.
    pub change: u64,
    /// The version's key in `TemporalOut`.
    pub out_key: Vec<u8>,
    /// Its record, where the walk came by it.
    pub value: Option<Vec<u8>>,
}

impl FactList {
    /// The table that is walked over.
    pub fn table(&self) -> Table {
        match self {
            Self::All | Self::From(..) => Table::TemporalOut,
            Self::To(..) => Table::TemporalIn,
            Self::OfType(_) => Table::TemporalTypes,
            Self::ChangedAfter(_) => Table::TemporalChanges,
        }
    }

    /// Its rows.
    pub fn range(&self) -> KeyRange {
        let text = |edge_type: &Option<EdgeType>| edge_type.as_ref().map(|edge_type| edge_type.as_str().to_owned());
        match self {
            Self::All => KeyRange::all(),
            Self::From(node, edge_type) => {
                KeyRange::prefix(&out_prefix(node.as_str(), text(edge_type).as_deref(), None))
            }
            Self::To(node, edge_type) => KeyRange::prefix(&in_prefix(node.as_str(), text(edge_type).as_deref())),
            Self::OfType(edge_type) => KeyRange::prefix(&KeyWriter::new().text(edge_type.as_str()).finish()),
            Self::ChangedAfter(seq) => {
                let first = KeyWriter::new().u64(seq.saturating_add(1)).finish();
                KeyRange { start: Bound::Included(first), ..KeyRange::all() }
            }
        }
    }

    /// The rows behind a place. It comes from outside: one that this walk does not come by is refused.
    pub fn range_after(&self, place: &FactPlace) -> Result<KeyRange> {
        let range = self.range();
        let key = match self {
            Self::All | Self::From(..) => Some(place.out_key.clone()),
            Self::To(..) => parts(&place.out_key).map(|parts| mirrored(&parts)),
            Self::OfType(edge_type) => {
                let start = behind_in_type(edge_type, &place.out_key).ok_or_else(foreign)?;
                return Ok(KeyRange { start, ..range });
            }
            Self::ChangedAfter(_) => Some(change_key(place.change, &place.out_key)),
        };
        let is_inside = |key: &Vec<u8>| {
            std::ops::RangeBounds::<Vec<u8>>::contains(&(range.start.as_ref(), range.end.as_ref()), key)
        };
        let key = key.filter(is_inside).ok_or_else(foreign)?;
        Ok(range.after(&key, false))
    }

    /// The version that a row leads to.
    pub fn listed(&self, row: StoredRow) -> StoreResult<ListedFact> {
        let corrupt = || StoreError::Corrupt { table: self.table().name(), what: "the key does not decode" };
        let StoredRow { key, value } = row;
        Ok(match self {
            Self::All | Self::From(..) => ListedFact { change: 0, out_key: key, value: Some(value) },
            Self::To(..) => ListedFact { change: 0, out_key: out_key_of_in(&key)?, value: None },
            Self::OfType(_) => ListedFact { change: 0, out_key: type_key(&key).ok_or_else(corrupt)?, value: None },
            Self::ChangedAfter(_) => {
                let (change, out_key) = changed_by(&key).ok_or_else(corrupt)?;
                ListedFact { change, out_key: out_key.to_vec(), value: None }
            }
        })
    }
}

/// Where the facts of a type begin that are behind a version in the order of all. That may be of another type: until the list
/// by type had every fact the walk was over all.
fn behind_in_type(edge_type: &EdgeType, out_key: &[u8]) -> Option<Bound<Vec<u8>>> {
    let place = parts(out_key)?;
    let node = KeyWriter::new().text(edge_type.as_str()).text(place.node).finish();
    Some(match place.edge_type.cmp(edge_type.as_str()) {
        Ordering::Less => Bound::Included(node),
        Ordering::Equal => Bound::Excluded(type_key(out_key)?),
        // The node's facts of this type came before: on with what is behind all keys that begin so.
        Ordering::Greater => match KeyRange::prefix(&node).end {
            Bound::Included(end) | Bound::Excluded(end) => Bound::Included(end),
            Bound::Unbounded => return None,
        },
    })
}

fn mirrored(parts: &KeyParts<'_>) -> Vec<u8> {
    let key = KeyWriter::new().text(parts.other).text(parts.edge_type).time(parts.valid_from).text(parts.node);
    key.u64(parts.asserted_seq).finish()
}

fn foreign() -> Error {
    Error::invalid("the cursor does not belong to this query; begin without one")
}

/// True if the lists by type and of changes have every fact.
pub fn all_are_listed(rows: &impl Read) -> Result<bool> {
    Ok(rows.get(Table::TemporalTypes, FACTS_LISTED)?.is_some_and(|noted| noted.is_empty()))
}

/// Where one of several walks ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactPlace {
    /// Which of the walks.
    pub walk: u8,
    /// As in [`ListedFact`].
    pub change: u64,
    /// As in [`ListedFact`].
    pub out_key: Vec<u8>,
}

impl FactPlace {
    /// As a cursor.
    pub fn encode(&self) -> ByteBuf {
        let mut cursor = vec![self.walk];
        cursor.extend(self.change.to_be_bytes());
        cursor.extend(&self.out_key);
        ByteBuf::from(cursor)
    }

    /// From a cursor of one of so many walks. It comes from outside: one of another walk is refused.
    pub fn decode(cursor: &[u8], walks: usize) -> Result<Self> {
        let (walk, rest) = cursor.split_first().ok_or_else(foreign)?;
        let (change, out_key) = rest.split_first_chunk().ok_or_else(foreign)?;
        if usize::from(*walk) >= walks || parts(out_key).is_none() {
            return Err(foreign());
        }
        Ok(Self { walk: *walk, change: u64::from_be_bytes(*change), out_key: out_key.to_vec() })
    }
}

/// What facts are asked to be.
#[derive(Debug, Clone, Default)]
pub struct FactTest {
    /// Where they begin.
    pub from_id: Option<NodeId>,
    /// Their type.
    pub edge_type: Option<EdgeType>,
    /// Where they end.
    pub to_id: Option<NodeId>,
    /// Where they begin or end.
    pub node_id: Option<NodeId>,
    /// What their fields are.
    pub filter: Option<Filter>,
}

impl FactTest {
    /// True of a version as far as its key in `TemporalOut` tells.
    pub fn takes_key(&self, parts: &KeyParts<'_>) -> bool {
        let is = |wanted: &Option<NodeId>, id: &str| wanted.as_ref().is_none_or(|wanted| wanted.as_str() == id);
        is(&self.from_id, parts.node)
            && is(&self.to_id, parts.other)
            && (is(&self.node_id, parts.node) || is(&self.node_id, parts.other))
            && self.edge_type.as_ref().is_none_or(|wanted| wanted.as_str() == parts.edge_type)
    }

    /// True of these fields.
    pub fn takes_fields(&self, properties: &Properties) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.matches(properties))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{CommitSeq, TemporalEdge, TimestampMs};
    use crate::namespace::timelines::harness::fact;
    use crate::namespace::timelines::{in_key, out_key};

    fn edge() -> TemporalEdge {
        let fact = fact("a", "r", "b", 3, None);
        TemporalEdge {
            from_id: fact.from_id,
            edge_type: fact.edge_type,
            to_id: fact.to_id,
            valid_from: fact.valid_from,
            valid_until: None,
            properties: fact.properties,
            asserted_seq: CommitSeq(5),
            asserted_at: TimestampMs(1),
            retracted_seq: None,
            retracted_at: None,
        }
    }

    /// Each walk goes on behind the version that a place names, and no other walk takes the place for its own.
    #[test]
    fn places_belong_to_their_walks() {
        let (out, edge_type) = (out_key(&edge()), Some(EdgeType::new("r")));
        let place = FactPlace { walk: 1, change: 7, out_key: out.clone() };
        assert_eq!(FactPlace::decode(&place.encode(), 2).unwrap(), place);
        assert!(FactPlace::decode(&place.encode(), 1).is_err(), "there is no such walk");
        let by_type = super::super::type_key(&edge());
        let walks = [
            (FactList::All, out.clone()),
            (FactList::From("a".into(), None), out.clone()),
            (FactList::From("a".into(), edge_type.clone()), out.clone()),
            (FactList::To("b".into(), edge_type), in_key(&edge())),
            (FactList::OfType("r".into()), by_type),
            (FactList::ChangedAfter(6), change_key(7, &out)),
        ];
        for (walk, key) in walks {
            assert_eq!(walk.range_after(&place).unwrap(), walk.range().after(&key, false), "{walk:?}");
            let row = StoredRow { key, value: Vec::new() };
            assert_eq!(walk.listed(row).unwrap().out_key, out, "{walk:?}");
            assert!(
                walk.listed(StoredRow { key: vec![1], value: Vec::new() }).is_err()
                    || walk.table() == Table::TemporalOut
            );
        }
        let others = [FactList::From("b".into(), None), FactList::To("a".into(), None), FactList::ChangedAfter(7)];
        for walk in others {
            assert!(walk.range_after(&place).is_err(), "{walk:?}");
        }
        let cursor = place.encode();
        for cut in 0..cursor.len() {
            assert!(FactPlace::decode(&cursor[..cut], 2).is_err());
        }
    }
    /// A walk over all may end at any type before the list of one is complete.
    #[test]
    fn a_place_of_another_type_stands_between_the_facts_of_a_type() {
        let key = |node: &str, edge_type: &str, from: i64| {
            KeyWriter::new().text(node).text(edge_type).time(from).text("z").u64(1).finish()
        };
        let mut all: Vec<Vec<u8>> = Vec::new();
        for node in ["a", "ab", "b"] {
            for edge_type in ["q", "r", "rs", "s"] {
                all.extend([-1, 1].map(|from| key(node, edge_type, from)));
            }
        }
        all.sort_unstable();
        for edge_type in ["q", "r", "rr", "rs", "s", "t"] {
            let walk = FactList::OfType(edge_type.into());
            let of_type = |out: &Vec<u8>| parts(out).unwrap().edge_type == edge_type;
            for (number, out) in all.iter().enumerate() {
                let place = FactPlace { walk: 0, change: 0, out_key: out.clone() };
                let range = walk.range_after(&place).unwrap();
                let is_left = |key: &Vec<u8>| {
                    std::ops::RangeBounds::<Vec<u8>>::contains(&(range.start.as_ref(), range.end.as_ref()), key)
                };
                let left = all.iter().filter(|out| of_type(out) && is_left(&type_key(out).unwrap()));
                let behind = all[number + 1..].iter().filter(|out| of_type(out));
                assert!(left.eq(behind), "{edge_type} behind {number}");
            }
        }
    }
}
