//! The rows of a collection that match a filter.
//!
//! Three sources know what a filter asks. Fields are in the inverted index ([`crate::index::metadata`]), ids in the table of
//! documents and, by row, in memory, contents in the table alone. So it goes in three steps:
//!
//! 1. Conditions on ids become sets of rows: named ids are looked up; those of one beginning are read from the table, which is
//!    in their order, as long as they are few; for all else the ids in memory are walked.
//! 2. The index joins these sets with what it knows of fields, conditions on contents left open in favour of the row.
//! 3. If there are such conditions, the documents of the rows that are left are read and tested as a whole, one by one.
//!
//! What comes out is right for the rows that the reader sees; rows that it does not see may be among them, and whoever takes
//! the rows passes over those.

use roaring::RoaringBitmap;

use super::collection::Collection;
use super::filter_budget::FilterBudget;
use crate::api::{Filter, FilterRow, Predicate, Result, Value};
use crate::index::metadata::Plan;
use crate::index::vector::IdBytes;
use crate::limits;
use crate::store::{DocumentRecord, KeyRange, KeyWriter, Read, Table};
use crate::work::Wanted;

/// Steps of a slice of the index, between two of which the search looks up.
const SLICE_STEPS: usize = 1_024;

/// A search for rows by filter.
pub struct Matching<'a, R> {
    collection: &'a Collection,
    /// What sees the rows.
    reader: &'a R,
    wanted: &'a Wanted<'a>,
    /// What it may take; nothing = as much as there is.
    budget: Option<&'a FilterBudget>,
}

impl<'a, R: Read> Matching<'a, R> {
    /// A search among the rows that `reader` sees.
    pub fn new(collection: &'a Collection, reader: &'a R, wanted: &'a Wanted<'a>) -> Self {
        Self { collection, reader, wanted, budget: None }
    }

    /// The same, refused when it has taken more than that: for what others wait for.
    #[must_use]
    pub fn within(self, budget: &'a FilterBudget) -> Self {
        Self { budget: Some(budget), ..self }
    }

    /// The rows that match; some that the reader does not see may be among them.
    pub fn rows(self, filter: &Filter) -> Result<RoaringBitmap> {
        let plan = Plan::of(filter, &mut |predicate| self.with_ids(predicate))?;
        let found = self.collection.metadata().evaluate(&plan, &mut || {
            self.charge(SLICE_STEPS)?;
            self.wanted.look()
        })?;
        if !filter.asks_content() {
            return Ok(found);
        }
        let mut rows = RoaringBitmap::new();
        for row in found {
            if self.is_read_matching(row, filter)? {
                rows.insert(row);
            }
        }
        Ok(rows)
    }

    /// The rows that match and have not expired; nothing = all there are, none of which has.
    pub fn open_rows(self, filter: Option<&Filter>, now_ms: i64) -> Result<Option<RoaringBitmap>> {
        let lifetimes = &self.collection.lifetimes;
        let Some(filter) = filter.filter(|filter| !filter.is_empty()) else { return Ok(lifetimes.open(now_ms)) };
        let found = self.rows(filter)?;
        Ok(Some(match lifetimes.closed(now_ms) {
            Some(closed) => found - closed,
            None => found,
        }))
    }

    fn charge(&self, steps: usize) -> Result<()> {
        self.budget.map_or(Ok(()), |budget| budget.test(steps))
    }

    fn step(&self) -> Result<()> {
        self.charge(1)?;
        self.wanted.step()
    }

    /// The rows whose ids satisfy a predicate.
    fn with_ids(&self, predicate: &Predicate) -> Result<RoaringBitmap> {
        let all = || self.collection.metadata().rows();
        match predicate {
            Predicate::Eq(wanted) => self.named(std::slice::from_ref(wanted)),
            Predicate::In(wanted) => self.named(wanted.as_slice()),
            Predicate::Ne(unwanted) => Ok(all() - self.named(std::slice::from_ref(unwanted))?),
            Predicate::Nin(unwanted) => Ok(all() - self.named(unwanted.as_slice())?),
            Predicate::StartsWith(start) => match self.beginning(start)? {
                Some(rows) => Ok(rows),
                None => self.walked(predicate),
            },
            Predicate::Gt(_)
            | Predicate::Gte(_)
            | Predicate::Lt(_)
            | Predicate::Lte(_)
            | Predicate::Exists(_)
            | Predicate::Contains(_)
            | Predicate::IContains(_)
            | Predicate::All(_)
            | Predicate::Any(_) => self.walked(predicate),
        }
    }

    fn named(&self, ids: &[Value]) -> Result<RoaringBitmap> {
        let mut rows = RoaringBitmap::new();
        for id in ids {
            self.step()?;
            let Value::String(id) = id else { continue };
            if let Some(stored) = self.reader.get(Table::Documents, &self.key(id.as_bytes()))? {
                rows.insert(DocumentRecord::decode(&stored)?.place.row);
            }
        }
        Ok(rows)
    }

    /// The rows of the ids that begin with a text; nothing if they are many.
    fn beginning(&self, start: &str) -> Result<Option<RoaringBitmap>> {
        let mut rows = RoaringBitmap::new();
        let mut bytes = 0;
        let range = KeyRange::prefix(&self.key(start.as_bytes()));
        for (count, row) in self.reader.scan(Table::Documents, &range, false)?.enumerate() {
            self.step()?;
            let row = row?;
            bytes += row.value.len();
            if count >= limits::ID_RANGE_ROWS_MAX || bytes > limits::ID_RANGE_BYTES_MAX {
                return Ok(None);
            }
            rows.insert(DocumentRecord::decode(&row.value)?.place.row);
        }
        Ok(Some(rows))
    }

    fn walked(&self, predicate: &Predicate) -> Result<RoaringBitmap> {
        let mut rows = RoaringBitmap::new();
        for row in self.collection.metadata().rows() {
            self.step()?;
            if let Some(id) = self.id(row)
                && predicate.matches_text(&String::from_utf8_lossy(&id))
            {
                rows.insert(row);
            }
        }
        Ok(rows)
    }

    /// Reads a document and tests it. Not one whose row the reader does not see.
    fn is_read_matching(&self, row: u32, filter: &Filter) -> Result<bool> {
        self.step()?;
        let Some(id) = self.id(row) else { return Ok(false) };
        let Some(stored) = self.reader.get(Table::Documents, &self.key(&id))? else { return Ok(false) };
        self.budget.map_or(Ok(()), |budget| budget.read(stored.len()))?;
        let record = DocumentRecord::decode(&stored)?;
        if record.place.row != row {
            return Ok(false);
        }
        let fields = record.fields()?;
        let id = String::from_utf8_lossy(&id);
        let row = FilterRow::document(&id, fields.content, &fields.metadata);
        filter.test(&row, &mut |steps| {
            self.charge(steps)?;
            (0..steps).try_for_each(|_| self.wanted.step())
        })
    }

    fn id(&self, row: u32) -> Option<IdBytes> {
        self.collection.id(row)
    }

    fn key(&self, id: &[u8]) -> Vec<u8> {
        KeyWriter::new().u32(self.collection.record.id).raw(id).finish()
    }
}
