//! Builds a timeline from the store.

use std::sync::Arc;

use super::fact::{FactData, FactKey, FactTimeline, Side, version};
use super::row;
use crate::api::{Error, ErrorCode, Result, TemporalEdge};
use crate::index::interval::{IntervalError, Timeline, Version};
use crate::store::{KeyRange, Read, RowSnapshot, Table};

/// A timeline in memory with what its versions own on the heap.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The versions.
    pub timeline: FactTimeline,
    /// Bytes of texts and fields.
    pub heap_bytes: usize,
}

impl Loaded {
    /// Approximate memory use.
    pub fn bytes(&self) -> usize {
        self.timeline.memory_bytes() + self.heap_bytes
    }

    /// Adds a version; one with the same key gives way.
    pub fn assert(&mut self, version: Version<FactKey, Arc<FactData>>) -> Result<(), IntervalError> {
        self.withdraw(&version.key);
        self.heap_bytes += version.payload.bytes;
        self.timeline.assert(version).map(drop)
    }

    /// Removes a version as though it had never been.
    pub fn withdraw(&mut self, key: &FactKey) {
        if let Some(old) = self.timeline.erase(key) {
            self.heap_bytes = self.heap_bytes.saturating_sub(old.payload.bytes);
        }
    }
}

/// How a refusal of the interval index reaches a caller.
pub fn interval_error(error: &IntervalError) -> Error {
    match error {
        // The API refuses empty periods, so this one came from the disk.
        IntervalError::EmptyPeriod { .. } => Error::new(ErrorCode::Corrupt, format!("a stored fact: {error}")),
        IntervalError::TooManyVersions { .. } => Error::limit(format!("the edges of one node: {error}")),
    }
}

/// Reads every version on one side of a node.
pub fn load(reader: &RowSnapshot, node: &str, side: Side) -> Result<Loaded> {
    let mut collector = Collector::default();
    match side {
        Side::Outgoing => {
            let range = KeyRange::prefix(&row::out_prefix(node, None, None));
            for found in reader.scan(Table::TemporalOut, &range, false)? {
                let found = found?;
                collector.add(&row::decode(&found.key, &found.value)?, side)?;
            }
        }
        Side::Incoming => {
            for found in reader.scan(Table::TemporalIn, &KeyRange::prefix(&row::in_prefix(node, None)), false)? {
                let key = row::out_key_of_in(&found?.key)?;
                // A row that is being erased at this moment leaves `TemporalOut` first.
                let Some(value) = reader.get(Table::TemporalOut, &key)? else { continue };
                collector.add(&row::decode(&key, &value)?, side)?;
            }
        }
    }
    let timeline = Timeline::from_versions(collector.versions).map_err(|error| interval_error(&error))?;
    Ok(Loaded { timeline, heap_bytes: collector.heap_bytes })
}

#[derive(Default)]
struct Collector {
    versions: Vec<Version<FactKey, Arc<FactData>>>,
    heap_bytes: usize,
}

impl Collector {
    fn add(&mut self, edge: &TemporalEdge, side: Side) -> Result<()> {
        let mut key = FactKey::of(edge, side);
        // Rows come by type: neighbours share one copy of its name.
        if let Some(last) = self.versions.last().filter(|last| last.key.edge_type == key.edge_type) {
            key.edge_type = Arc::clone(&last.key.edge_type);
        }
        let data = Arc::new(FactData::of(edge));
        self.heap_bytes += data.bytes;
        self.versions.push(version(edge, key, data).map_err(|error| interval_error(&error))?);
        Ok(())
    }
}
