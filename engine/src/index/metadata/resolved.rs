//! Fields by a name with dots, for questions that need their values in order.
//!
//! A filter asks for rows and joins them from two places: the field of this very name, and what the dots lead to in rows without
//! such a field. An order needs the values of both together, and those of maps inside others, which have no lists. Where a name
//! leads inside, its values are therefore gathered into an index of their own, which takes a walk over the rows that are asked
//! for. Where it does not, which is known at once, the field itself is taken.

use std::ops::ControlFlow;

use roaring::RoaringBitmap;

use super::condition::Condition;
use super::index::Place;
use super::posting::SLICE_POSTINGS;
use super::shared::SharedIndex;
use super::walk::{ValueRange, ValueWalk};
use crate::api::{Error, FieldPath, Predicate, Properties, Result, Value};
use crate::limits;

impl SharedIndex {
    /// True if some row has an outermost field of this name.
    pub fn has_field(&self, name: &str) -> bool {
        self.0.read().field(name).is_some()
    }

    /// An index in which the name is a field that has, for each row of those that are `allowed` (nothing = of all), the value a
    /// filter finds under it; nothing if this index is one. `step` as in [`SharedIndex::evaluate`].
    pub fn resolved(
        &self,
        name: &str,
        allowed: Option<&RoaringBitmap>,
        step: &mut impl FnMut() -> Result<()>,
    ) -> Result<Option<SharedIndex>> {
        let path = FieldPath::of_name(name);
        let Some((outermost, inner)) = path.names().split_first().filter(|(_, inner)| !inner.is_empty()) else {
            return Ok(None);
        };
        let whole = {
            let index = self.0.read();
            if matches!(index.place(path.names(), &Condition::Is(&Predicate::Exists(true))), Place::Nowhere) {
                return Ok(None);
            }
            index.present(name).into_owned()
        };
        let mut own = Gathered { name, index: SharedIndex::default() };
        self.walk(ValueWalk { field: name, allowed, rows: u64::MAX }, ValueRange::all(false), step, |value, rows| {
            own.add(&value, &rows)
        })?;
        let mut maps = ValueWalk { field: outermost, allowed, rows: u64::MAX };
        let without_whole = allowed.map_or_else(|| self.rows(), Clone::clone) - whole;
        maps.allowed = Some(&without_whole);
        self.walk(maps, ValueRange::maps(), step, |value, rows| match value.inside(inner) {
            Some(value) => own.add(value, &rows),
            None => Ok(ControlFlow::Continue(())),
        })?;
        own.index.0.get_mut().know_rows(self.rows());
        Ok(Some(own.index))
    }
}

/// Values that are being gathered.
struct Gathered<'a> {
    name: &'a str,
    index: SharedIndex,
}

impl Gathered<'_> {
    fn add(&mut self, value: &Value, rows: &RoaringBitmap) -> Result<ControlFlow<()>> {
        let fields = Properties::new().with(self.name, value.clone());
        let index = self.index.0.get_mut();
        for (place, row) in rows.iter().enumerate() {
            index.insert(row, &fields);
            if place % SLICE_POSTINGS == 0 && index.memory_bytes() > limits::RESOLVED_BYTES_MAX {
                return Err(Error::limit(format!(
                    "the values of {:?}, which are inside others, take more than {} bytes to bring into an order; narrow the \
                     filter, or keep them in a field of their own",
                    self.name,
                    limits::RESOLVED_BYTES_MAX
                )));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}
