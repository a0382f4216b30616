//! A walk over all rows of a store: what it has met so far.

use std::collections::{BTreeMap, BTreeSet};

use roaring::RoaringBitmap;

use super::chunks::ChunkCount;
use super::fact_lists::FactLists;
use super::node_types::NodeList;
use super::report::RowReport;
use super::times::Times;
use crate::store::base_snapshot::BaseSnapshot;
use crate::store::error::{StoreError, StoreResult};
use crate::store::log_walk::LogWalk;
use crate::store::memtable::Memtable;
use crate::store::range_delete::RangeDelete;
use crate::store::record::{CollectionRecord, Counters};
use crate::store::table::Table;

/// Asked after every few rows, with the bytes read since the last time, whether to go on. It may wait.
pub type Pace<'a> = &'a mut dyn FnMut(u64) -> bool;

/// How a walk ends early.
pub(super) enum Stop {
    /// The caller has enough.
    Asked,
    /// redb's handle is of no use any more.
    Failed(StoreError),
}

/// Which rows of a collection have a document, and which a vector.
#[derive(Debug, Default)]
pub(super) struct RowSets {
    /// Vectors that documents refer to.
    pub(super) documents: RoaringBitmap,
    /// Vectors.
    pub(super) vectors: RoaringBitmap,
    /// Documents whose own number is not that of their vector.
    pub(super) apart: RoaringBitmap,
}

pub(super) struct RowWalk<'a> {
    pub(super) snapshot: &'a BaseSnapshot,
    pub(super) pace: Pace<'a>,
    pub(super) unpaced: u64,
    pub(super) report: RowReport,
    pub(super) counted: Counters,
    pub(super) expiring: u64,
    pub(super) reverse: [u64; 3],
    pub(super) collections: BTreeMap<u32, CollectionRecord>,
    pub(super) purged: BTreeSet<u32>,
    pub(super) rows: BTreeMap<u32, RowSets>,
    pub(super) times: Times,
    pub(super) logs: LogWalk,
    /// Ranges whose rows are still to be removed.
    pub(super) ranges: Vec<RangeDelete>,
    pub(super) nodes: NodeList,
    pub(super) lists: FactLists,
    pub(super) chunks: ChunkCount,
    /// Takes the rows that put right what is derived.
    pub(super) fixes: Option<&'a Memtable>,
}

impl RowWalk<'_> {
    /// True if the row that says how far a list reaches says that everything is in it. One that cannot be read says nothing.
    pub(super) fn is_complete(&self, table: Table, noted_under: &[u8]) -> StoreResult<bool> {
        match self.snapshot.get(table, noted_under, <[u8]>::is_empty) {
            // The walk over the table will come upon it.
            Err(error) if !error.ends_the_handle() => Ok(false),
            noted => Ok(noted? == Some(true)),
        }
    }
}
