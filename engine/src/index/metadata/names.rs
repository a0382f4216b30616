//! Fields side by side: those of the rows, or those inside the maps that a field holds.
//!
//! Outermost fields are all there. Those inside maps are bounded, in each map and in the collection, because a map may be a
//! dictionary with a key for every user. A name that finds no room is refused, and so is from then on every other that is new
//! to this map: a name that was refused once is missing in rows that came before, and must not be taken in half. What is
//! not here is then found by a walk over the values of the outermost field, which holds its maps whole. So a name that is here
//! is here with all its rows, and the order in which rows came decides how fast an answer is and never what it says.

use std::collections::BTreeMap;

use super::field::Field;
use super::terms::entry_bytes;
use crate::api::Value;
use crate::limits;

/// Fields by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    fields: BTreeMap<String, Field>,
    /// A name was refused, so that one that is not here may still be in a row.
    is_partial: bool,
    /// Bytes of all fields, about, kept as rows come and go: nobody who asks for them waits for a walk over every value.
    bytes: usize,
}

/// Where fields lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// They are the rows' own.
    Outermost,
    /// They are inside others.
    Inner,
}

impl Names {
    /// Adds the fields of a row. `paths` counts those inside others, in the whole collection.
    pub(super) fn insert<'v>(
        &mut self,
        row: u32,
        entries: impl IntoIterator<Item = (&'v String, &'v Value)>,
        level: Level,
        paths: &mut usize,
    ) {
        for (name, value) in entries {
            if !self.fields.contains_key(name) {
                if level == Level::Inner {
                    if self.is_partial
                        || self.fields.len() >= limits::METADATA_NAMES_MAX
                        || *paths >= limits::METADATA_PATHS_MAX
                    {
                        self.is_partial = true;
                        continue;
                    }
                    *paths += 1;
                }
                let (name, field) = (name.clone(), Field::new(row));
                self.bytes += field_bytes(&name, field.heap_bytes());
                self.fields.insert(name, field);
            }
            let Some(field) = self.fields.get_mut(name) else { continue };
            let before = field.heap_bytes();
            field.insert(row, value, level, paths);
            self.bytes = self.bytes + field.heap_bytes() - before;
        }
    }

    /// Takes a row out, given the fields it was added with.
    pub(super) fn remove<'v>(
        &mut self,
        row: u32,
        entries: impl IntoIterator<Item = (&'v String, &'v Value)>,
        level: Level,
        paths: &mut usize,
    ) {
        for (name, value) in entries {
            let Some(field) = self.fields.get_mut(name) else { continue };
            let before = field.heap_bytes();
            let is_empty = field.remove(row, value, level, paths);
            self.bytes = self.bytes + field.heap_bytes() - before;
            if is_empty && let Some((name, field)) = self.fields.remove_entry(name) {
                self.bytes -= field_bytes(&name, field.heap_bytes());
                *paths -= usize::from(level == Level::Inner);
            }
        }
    }

    /// A field.
    pub(super) fn get(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    /// True if rows may have names that are not here.
    pub(super) fn is_partial(&self) -> bool {
        self.is_partial
    }

    /// True if there is nothing to remember.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && !self.is_partial
    }

    /// Bytes on the heap, about.
    pub(super) fn heap_bytes(&self) -> usize {
        self.bytes
    }

    /// The same, counted by walking every field and value: what the kept number must equal.
    #[cfg(test)]
    pub(super) fn walked_bytes(&self) -> usize {
        self.fields.iter().map(|(name, field)| field_bytes(name, field.walked_bytes())).sum()
    }
}

fn field_bytes(name: &String, heap_bytes: usize) -> usize {
    entry_bytes::<String, Field>() + name.capacity() + heap_bytes
}
