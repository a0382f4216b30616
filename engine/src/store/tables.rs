//! The tables of one redb read transaction, which can be taken away for a while.
//!
//! redb moves pages only while nobody reads. So whoever shrinks the file takes the tables of the newest state away and, once
//! the pages have moved, puts back tables with the same rows. Readers that come meanwhile wait, as they do for the disk.

use std::sync::Arc;

use arc_swap::{ArcSwapOption, Guard};
use parking_lot::{Condvar, Mutex};
use redb::{ReadOnlyTable, ReadTransaction, TableDefinition, TableError};

use super::error::{StoreError, StoreResult};
use super::table::Table;
use crate::limits;

type Rows = ReadOnlyTable<&'static [u8], &'static [u8]>;

/// How redb knows a table.
pub(super) fn definition(table: Table) -> TableDefinition<'static, &'static [u8], &'static [u8]> {
    TableDefinition::new(table.name())
}

/// One table of each kind, in the order of their numbers.
pub(super) type OpenTables = Vec<Option<Rows>>;

/// The tables of a transaction.
pub(super) fn open_tables(tx: &ReadTransaction) -> StoreResult<OpenTables> {
    Table::ALL.into_iter().map(|table| open_table(tx, table)).collect()
}

/// A table to read; nothing if it came later than the file.
fn open_table(tx: &ReadTransaction, table: Table) -> StoreResult<Option<Rows>> {
    match tx.open_table(definition(table)) {
        Err(TableError::TableDoesNotExist(_)) if table.came_later() => Ok(None),
        opened => Ok(Some(opened?)),
    }
}

/// Where the tables are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TablesPlace {
    /// Here.
    Here,
    /// Taken away; they come back.
    Away,
    /// They could not be opened again.
    Lost,
}

/// The tables, unless they are away.
#[derive(Debug)]
pub(super) struct Tables {
    open: ArcSwapOption<OpenTables>,
    place: Mutex<TablesPlace>,
    back: Condvar,
}

/// The tables while somebody reads.
pub(super) struct Reading(Guard<Option<Arc<OpenTables>>>);

/// The place of tables that were taken away. If nothing is put back they are lost: readers must not wait for ever.
pub(super) struct Taken<'a> {
    tables: &'a Tables,
    back: Option<Arc<OpenTables>>,
}

impl Taken<'_> {
    /// Puts tables back.
    pub(super) fn put_back(mut self, tables: OpenTables) {
        self.back = Some(Arc::new(tables));
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.tables.put(self.back.take());
    }
}

impl Tables {
    /// Tables that were just opened.
    pub(super) fn new(tables: OpenTables) -> Self {
        let (place, back) = (Mutex::new(TablesPlace::Here), Condvar::new());
        Self { open: ArcSwapOption::from_pointee(tables), place, back }
    }

    /// True where whoever reads may have to wait for whoever shrinks the file.
    pub(super) fn are_away(&self) -> bool {
        self.open.load().is_none()
    }

    /// Begins to read; waits while the tables are away.
    pub(super) fn read(&self) -> StoreResult<Reading> {
        loop {
            let open = self.open.load();
            if open.is_some() {
                return Ok(Reading(open));
            }
            let mut place = self.place.lock();
            self.back.wait_while(&mut place, |place| *place == TablesPlace::Away);
            if *place == TablesPlace::Lost {
                return Err(StoreError::Engine("the tables could not be opened again".to_owned()));
            }
        }
    }

    /// Takes the tables away and closes them. Nothing if they are not here, or if somebody goes on reading: then nothing has
    /// changed.
    pub(super) fn take(&self) -> Option<Taken<'_>> {
        {
            let mut place = self.place.lock();
            match *place {
                TablesPlace::Here => *place = TablesPlace::Away,
                TablesPlace::Away | TablesPlace::Lost => return None,
            }
        }
        let mut taken = Taken { tables: self, back: None };
        let mut tables = self.open.swap(None)?;
        for _ in 0..limits::SHRINK_LOOKS_MAX {
            match Arc::try_unwrap(tables) {
                Ok(alone) => {
                    drop(alone);
                    return Some(taken);
                }
                Err(shared) => tables = shared,
            }
            std::thread::yield_now();
        }
        taken.back = Some(tables);
        None
    }

    fn put(&self, tables: Option<Arc<OpenTables>>) {
        let mut place = self.place.lock();
        *place = if tables.is_some() { TablesPlace::Here } else { TablesPlace::Lost };
        self.open.store(tables);
        self.back.notify_all();
    }
}

impl Reading {
    /// One of them, if the file has it.
    pub(super) fn table(&self, table: Table) -> Option<&Rows> {
        self.0.as_ref()?.get(usize::from(table.number()))?.as_ref()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    #[test]
    fn tables_that_do_not_come_back_are_an_error_and_nobody_waits_for_them() {
        let tables = Tables::new(Vec::new());
        tables.take().unwrap().put_back(Vec::new());
        assert!(tables.read().is_ok());
        // As if opening them again had failed, or redb had panicked.
        drop(tables.take().unwrap());
        for _ in 0..2 {
            assert!(tables.take().is_none());
            assert!(matches!(tables.read(), Err(StoreError::Engine(_))));
        }
    }

    #[test]
    fn tables_that_somebody_reads_stay() {
        let tables = Tables::new(Vec::new());
        let reading = tables.read().unwrap();
        assert!(tables.take().is_none());
        assert!(tables.read().is_ok() && !tables.are_away());
        drop(reading);
        let taken = tables.take().unwrap();
        assert!(tables.are_away());
        taken.put_back(Vec::new());
        assert!(!tables.are_away());
    }
}
