//! The nearest rows with at most so many of each value of a field: of a text in pieces, not ten pieces of one text.
//!
//! The nearest rows are searched for, and taken one by one as long as their group has room. If that does not give enough, the
//! search goes on among the rows that were not seen and whose groups are not full, for twice as many: all of them are farther
//! than what was seen, so the order stays. Each time, some group is full that was not, or twice as many rows have been seen:
//! the end is reached after few searches, at the latest when no row is left.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::answer_budget::AnswerBudget;
use super::reader::Reader;
use crate::api::{Error, FieldPath, Predicate, Result, Value};
use crate::index::metadata::{Plan, value_heap_bytes};
use crate::index::vector::Hit;
use crate::limits;
use crate::namespace::collection::Collection;
use crate::store::{DocumentRecord, KeyWriter, Read, Table};

/// How rows are grouped.
#[derive(Debug, Clone, Copy)]
pub struct Groups<'a> {
    /// By the value of this field, found as a filter finds it; a row without it is in no group.
    pub field: &'a str,
    /// Most rows of one value.
    pub size: usize,
}

/// A search that takes groups into account.
pub struct GroupedSearch<'a> {
    /// How rows are grouped.
    pub groups: Groups<'a>,
    /// Where they are.
    pub collection: &'a Collection,
    /// Where to read.
    pub snapshot: &'a Reader<'a>,
    /// How many are wanted.
    pub wanted: usize,
}

impl GroupedSearch<'_> {
    /// The nearest rows of those `allowed` (nothing = of all) until one is too far. `search` gives as many of the nearest as it
    /// is asked for, among some rows or all.
    pub fn nearest(
        &self,
        allowed: Option<&RoaringBitmap>,
        is_near: impl Fn(&Hit) -> bool,
        search: impl Fn(usize, Option<&RoaringBitmap>) -> Result<Vec<Hit>>,
    ) -> Result<Vec<Hit>> {
        let (mut found, mut k) = (Vec::new(), self.wanted);
        let (mut sizes, mut budget) = (BTreeMap::<Value, usize>::new(), AnswerBudget::new());
        let mut left = allowed.cloned();
        let path = FieldPath::of_name(self.groups.field);
        // Rows that are not to be met again: those that were, and those of groups that are full.
        let mut over = RoaringBitmap::new();
        loop {
            let hits = search(k, left.as_ref())?;
            let are_all = hits.len() < k;
            let mut seen = RoaringBitmap::new();
            for hit in hits {
                seen.insert(hit.row);
                if over.contains(hit.row) {
                    continue;
                }
                if !is_near(&hit) {
                    return Ok(found);
                }
                if let Some(value) = self.value(&path, &hit)? {
                    let size = sizes.get(&value).copied().unwrap_or(0) + 1;
                    if size >= self.groups.size {
                        over |= self.vectors(self.with_value(&path, &value)?)?;
                        sizes.remove(&value);
                    } else {
                        budget.spend(value_heap_bytes(&value))?;
                        sizes.insert(value, size);
                    }
                }
                found.push(hit);
                if found.len() >= self.wanted {
                    return Ok(found);
                }
            }
            if are_all {
                return Ok(found);
            }
            over |= seen;
            let among = left.map_or_else(|| self.vectors(self.collection.metadata().rows()), Ok)?;
            left = Some(among - &over);
            k = k.saturating_mul(2).min(limits::K_MAX);
        }
    }

    /// The vectors of the documents that the reader sees under these numbers.
    fn vectors(&self, rows: RoaringBitmap) -> Result<RoaringBitmap> {
        self.collection.vectors_of(rows, self.snapshot.seq(), self.snapshot.wanted)
    }

    /// The rows with this value.
    fn with_value(&self, path: &FieldPath, value: &Value) -> Result<RoaringBitmap> {
        let predicate = Predicate::Eq(value.clone());
        let plan = Plan::Field(path, &predicate);
        self.collection.metadata().evaluate(&plan, &mut || self.snapshot.wanted.look())
    }

    fn value(&self, path: &FieldPath, hit: &Hit) -> Result<Option<Value>> {
        let key = KeyWriter::new().u32(self.collection.record.id).raw(&hit.id).finish();
        let stored = self.snapshot.get(Table::Documents, &key)?;
        let stored = stored.ok_or_else(|| Error::internal("a visible row has no document"))?;
        let fields = DocumentRecord::decode(&stored)?.fields()?.metadata;
        Ok(path.of(&fields).cloned())
    }
}
