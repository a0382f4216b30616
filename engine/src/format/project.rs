//! Which columns of which rows: checked once against what the read has, then followed for every row.

use std::collections::HashMap;
use std::sync::Arc;

use super::record::Record;
use super::shape::Shape;
use super::{Cell, Row};
use crate::api::{Error, Result, Value};

/// One step in making a row.
#[derive(Debug, Clone)]
enum Pick {
    /// A column that every row has.
    Fixed(Arc<str>, usize),
    /// All fields.
    Fields,
    /// One field; null where a row lacks it.
    Field(Arc<str>, String),
}

impl Shape {
    fn default_picks(&self) -> Vec<Pick> {
        let fixed = self.fixed.iter().take(self.shown).enumerate();
        let picks = fixed.map(|(index, name)| Pick::Fixed(Arc::from(*name), index));
        picks.chain(self.fields.map(|_| Pick::Fields)).collect()
    }

    fn pick(&self, column: &str) -> Option<Pick> {
        if let Some(index) = self.fixed.iter().position(|name| *name == column) {
            return Some(Pick::Fixed(Arc::from(column), index));
        }
        let rest = column.strip_prefix(self.fields?)?;
        match rest.strip_prefix('.') {
            Some(field) => Some(Pick::Field(Arc::from(column), field.to_owned())),
            None => rest.is_empty().then_some(Pick::Fields),
        }
    }
}

/// Which fields of a group are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldsWanted {
    /// None.
    Nothing,
    /// Those with these names.
    Named(Vec<String>),
    /// All.
    All,
}

/// The columns wanted of a read's rows.
#[derive(Debug, Clone)]
pub struct Projection {
    shapes: Vec<(&'static Shape, Vec<Pick>)>,
}

impl Projection {
    /// Checks the columns asked for against the shapes of a read's rows; nothing = the columns shown by default.
    pub(super) fn new(shapes: &[&'static Shape], columns: Option<&[String]>) -> Result<Self> {
        let Some(columns) = columns else {
            return Ok(Self { shapes: shapes.iter().map(|shape| (*shape, shape.default_picks())).collect() });
        };
        if columns.is_empty() {
            return Err(Error::invalid("columns is empty; name at least one, or leave it out"));
        }
        for (index, column) in columns.iter().enumerate() {
            if !shapes.iter().any(|shape| shape.pick(column).is_some()) {
                let known = known_columns(shapes).join(", ");
                return Err(Error::invalid(format!("there is no column {column:?}; there are {known}")));
            }
            let group = column.split_once('.').map(|(group, _)| group);
            let is_twice = |other: &String| other == column || group.is_some_and(|group| group == other);
            if columns.iter().take(index).any(is_twice) || columns.iter().skip(index + 1).any(is_twice) {
                return Err(Error::invalid(format!("the column {column:?} is named twice")));
            }
        }
        let picks = |shape: &&'static Shape| {
            let picks = columns.iter().filter_map(|column| shape.pick(column)).collect();
            (*shape, picks)
        };
        let shapes = shapes.iter().map(picks).filter(|(_, picks): &(_, Vec<Pick>)| !picks.is_empty()).collect();
        Ok(Self { shapes })
    }

    /// True if the column, or any field of the group with this name, is wanted.
    pub fn wants(&self, column: &str) -> bool {
        self.shapes.iter().any(|(shape, picks)| has(shape, picks, column))
    }

    /// The same for the rows of one table.
    pub fn wants_in(&self, table: &str, column: &str) -> bool {
        self.shapes.iter().any(|(shape, picks)| shape.name == table && has(shape, picks, column))
    }

    /// Which fields of the group with this name are wanted.
    pub fn fields_wanted(&self, group: &str) -> FieldsWanted {
        let mut named = Vec::new();
        let picks = self.shapes.iter().filter(|(shape, _)| shape.fields == Some(group)).flat_map(|(_, picks)| picks);
        for pick in picks {
            match pick {
                Pick::Fields => return FieldsWanted::All,
                Pick::Field(_, field) => named.push(field.clone()),
                Pick::Fixed(..) => {}
            }
        }
        if named.is_empty() { FieldsWanted::Nothing } else { FieldsWanted::Named(named) }
    }

    /// The maker of rows of one shape; nothing if no column of it is wanted.
    pub(super) fn maker(&self, shape: &'static Shape) -> Option<Maker<'_>> {
        let (shape, picks) = self.shapes.iter().find(|(own, _)| *own == shape)?;
        Some(Maker { prefix: shape.fields.unwrap_or_default(), picks, names: HashMap::new() })
    }
}

fn has(shape: &Shape, picks: &[Pick], column: &str) -> bool {
    picks.iter().any(|pick| match pick {
        Pick::Fixed(name, _) => &**name == column,
        Pick::Fields | Pick::Field(..) => shape.fields == Some(column),
    })
}

/// The names that a caller may ask for.
fn known_columns(shapes: &[&'static Shape]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for shape in shapes {
        let fields = shape.fields.iter().flat_map(|group| [(*group).to_owned(), format!("{group}.<name>")]);
        for name in shape.fixed.iter().map(|name| (*name).to_owned()).chain(fields) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

/// Makes rows of one shape.
pub(super) struct Maker<'a> {
    prefix: &'static str,
    picks: &'a [Pick],
    /// Full names of fields, so that each is made once for a table.
    names: HashMap<String, Arc<str>>,
}

impl Maker<'_> {
    /// One row.
    pub fn make(&mut self, mut record: impl Record) -> Row {
        let identity = record.identity();
        let mut cells = Vec::with_capacity(self.picks.len());
        for pick in self.picks {
            match pick {
                Pick::Fixed(name, index) => {
                    cells.push(Cell { column: Arc::clone(name), value: record.take(*index) });
                }
                Pick::Field(name, field) => {
                    let value = record.fields().and_then(|fields| fields.0.remove(field)).unwrap_or(Value::Null);
                    cells.push(Cell { column: Arc::clone(name), value });
                }
                Pick::Fields => {
                    let fields = record.fields().map(std::mem::take).unwrap_or_default();
                    for (field, value) in fields.0 {
                        cells.push(Cell { column: name_of(&mut self.names, self.prefix, field), value });
                    }
                }
            }
        }
        Row { identity, cells }
    }
}

fn name_of(names: &mut HashMap<String, Arc<str>>, prefix: &str, field: String) -> Arc<str> {
    if let Some(name) = names.get(&field) {
        return Arc::clone(name);
    }
    let name: Arc<str> = Arc::from(format!("{prefix}.{field}"));
    names.insert(field, Arc::clone(&name));
    name
}
