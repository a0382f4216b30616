//! The names of fields as Python strings.
//!
//! Documents of a collection mostly have the same fields in the same order: their names are made once for an answer, and share
//! their memory.

use pyo3::prelude::*;
use pyo3::types::PyString;
use toondb_engine::limits;

/// The names met so far, at most [`limits::FIELD_NAMES_KEPT_MAX`]: what is beyond is made anew.
#[derive(Default)]
pub struct FieldNames<'py> {
    known: Vec<(String, Bound<'py, PyString>)>,
}

impl<'py> FieldNames<'py> {
    /// A name that stands at a place among the names of its document: most probably where it stood in the one before.
    pub fn get(&mut self, py: Python<'py>, place: usize, name: &str) -> Bound<'py, PyString> {
        let here = self.known.get(place).filter(|(known, _)| known == name);
        if let Some((_, object)) = here.or_else(|| self.known.iter().find(|(known, _)| known == name)) {
            return object.clone();
        }
        let object = PyString::new(py, name);
        if self.known.len() < limits::FIELD_NAMES_KEPT_MAX {
            self.known.push((name.to_owned(), object.clone()));
        }
        object
    }
}
