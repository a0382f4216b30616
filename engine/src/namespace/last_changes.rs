//! When each part of a namespace was last changed by somebody who asked for it.
//!
//! A transaction that has searched, counted or walked depends on more than it was shown: on what was not there, too. Its commit
//! therefore asks that nobody has changed the part it looked into ([`crate::api::Part`]). Sweeps and purges are no changes: what
//! they remove nobody could see any more.
//!
//! What was changed before the namespace was opened is not known, and counts as changed when it was opened. No snapshot of a
//! transaction is as old as that.

use std::collections::HashMap;

use crate::store::{KeyReader, RangeDelete, RowEffect, Table};

/// The commits, as the actor has staged them.
#[derive(Debug)]
pub struct LastChanges {
    opened_at: u64,
    tables: [u64; Table::COUNT],
    /// By the number of a collection: changes of its rows.
    collections: HashMap<u32, u64>,
}

impl LastChanges {
    /// Those of a namespace opened at a commit.
    pub fn since(opened_at: u64) -> Self {
        Self { opened_at, tables: [opened_at; Table::COUNT], collections: HashMap::new() }
    }

    /// Notes the effects of a commit.
    pub fn note<'e>(&mut self, effects: impl Iterator<Item = RowEffect<'e>>, seq: u64) {
        let mut last = None;
        for RowEffect { table, key, value } in effects {
            // A large range is deleted by a row of its own, and what it deletes is of the table that this row names.
            let table = match (table, value) {
                (Table::RangeDeletes, Some(value)) => {
                    RangeDelete::decode(key, value).map_or(Table::Kv, |range| range.table)
                }
                _ => table,
            };
            if let Some(changed) = self.tables.get_mut(usize::from(table.number())) {
                *changed = seq;
            }
            if !matches!(table, Table::Documents | Table::Vectors) {
                continue;
            }
            let id = KeyReader::new(key).u32();
            if let Some(number) = id.filter(|_| id != last) {
                self.collections.insert(number, seq);
                last = id;
            }
        }
    }

    /// Forgets collections that are gone.
    pub fn forget(&mut self, is_gone: impl Fn(u32) -> bool) {
        self.collections.retain(|number, _| !is_gone(*number));
    }

    /// The last commit that changed a table.
    pub fn of_table(&self, table: Table) -> u64 {
        self.tables.get(usize::from(table.number())).copied().unwrap_or(u64::MAX)
    }

    /// The last commit that changed rows of a collection.
    pub fn of_collection(&self, number: u32) -> u64 {
        self.collections.get(&number).copied().unwrap_or(self.opened_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::KeyWriter;

    #[test]
    fn each_part_has_its_own_last_change() {
        let mut changes = LastChanges::since(3);
        let key = KeyWriter::new().u32(7).raw(b"id").finish();
        let effects = [(Table::Kv, &b"k"[..]), (Table::Documents, &key), (Table::Vectors, &key)];
        changes.note(effects.map(|(table, key)| RowEffect { table, key, value: Some(b"v") }).into_iter(), 5);
        assert_eq!((changes.of_table(Table::Kv), changes.of_table(Table::Nodes)), (5, 3));
        assert_eq!((changes.of_collection(7), changes.of_collection(8)), (5, 3));
        changes.forget(|number| number == 7);
        assert_eq!(changes.of_collection(7), 3);
    }

    #[test]
    fn a_deleted_range_changes_the_table_that_it_is_of() {
        for (table, other) in [(Table::Kv, Table::LogEntries), (Table::LogEntries, Table::Kv)] {
            let mut changes = LastChanges::since(3);
            let range = RangeDelete { seq: 5, number: 0, table, start: b"a".to_vec(), end: None };
            let (key, value) = (range.key(), range.encode());
            let effect = RowEffect { table: Table::RangeDeletes, key: &key, value: Some(&value) };
            changes.note([effect].into_iter(), 5);
            assert_eq!((changes.of_table(table), changes.of_table(other)), (5, 3));
        }
    }
}
