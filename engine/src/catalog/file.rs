//! `<data>/catalog.redb`: all entries, verified as a whole.
//!
//! Table `namespaces.v1`. Key: the name. Value: an xxh3-64 of name length, name and entry, then the entry as a MessagePack
//! array. Table `catalog.v1`, key `state`: the generation (the number of the newest change), the number of entries, the sum
//! of their checksums, and an xxh3-64 of these three. So neither a changed entry nor one that is missing, nor a mixture of
//! two states of the file, is taken for the catalog. Every change is one two-phase commit.
//!
//! The file's pages are checksummed as those of a store are; redb's assertions may fail all the same, and whatever panics is
//! damage. A file is made under another name, synced, and renamed.

use std::path::Path;

use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata, TableDefinition};

use super::entry::{Entries, Entry};
use crate::api::{Error, ErrorCode, Result};
use crate::disk::{Disk, OpenMode, to_error};
use crate::limits;
use crate::store::{
    Backend, GuardedDatabase, StoreError, StoreResult, guarded, is_of_first_layout, upgrade, verify_pages_of,
};

const NAMESPACES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("namespaces.v1");
const CATALOG: TableDefinition<&[u8], &[u8]> = TableDefinition::new("catalog.v1");
/// What the file's pages are sealed with, as those of a namespace are with its id.
const ID: [u8; 16] = *b"toondb catalog\0\0";
const STATE: &[u8] = b"state";
/// The file's name.
pub const NAME: &str = "catalog.redb";
const NEW_NAME: &str = "catalog.redb.new";

/// What the file says beside the entries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CatalogState {
    /// The number of the newest change; 0 = none since this was kept.
    pub generation: u64,
    count: u64,
    /// Sum of the entries' checksums.
    sum: u64,
}

/// Why a file could not be opened.
#[derive(Debug)]
pub enum FileFault {
    /// It is not there.
    Missing,
    /// Its bytes are not a catalog.
    Damaged(String),
    /// The disk failed, or the file is of a newer version: nothing is known of its bytes.
    Failed(Error),
}

impl FileFault {
    fn io(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::InvalidData | std::io::ErrorKind::UnexpectedEof => Self::Damaged(error.to_string()),
            std::io::ErrorKind::InvalidInput => Self::Damaged("it is not a regular file".to_owned()),
            _ => Self::Failed(to_error(error)),
        }
    }
}

impl From<StoreError> for FileFault {
    fn from(error: StoreError) -> Self {
        let error = Error::from(error);
        if error.code == ErrorCode::Corrupt { Self::Damaged(error.message) } else { Self::Failed(error) }
    }
}

impl From<FileFault> for Error {
    fn from(fault: FileFault) -> Self {
        match fault {
            FileFault::Missing => Error::new(ErrorCode::Corrupt, "the catalog is missing"),
            FileFault::Damaged(why) => Error::new(ErrorCode::Corrupt, format!("the catalog is damaged: {why}")),
            FileFault::Failed(error) => error,
        }
    }
}

/// The open file. After an error it is of no use.
#[derive(Debug)]
pub struct CatalogFile {
    db: GuardedDatabase,
    /// What the file says.
    pub state: CatalogState,
}

/// True if the data directory has a catalog.
pub fn exists(disk: &dyn Disk, data_dir: &Path) -> std::io::Result<bool> {
    disk.exists(&data_dir.join(NAME))
}

fn seal(name: &str, value: &[u8]) -> [u8; 8] {
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    hash.update(&(name.len() as u64).to_le_bytes());
    hash.update(name.as_bytes());
    hash.update(value);
    hash.digest().to_le_bytes()
}

fn sealed(name: &str, entry: &Entry) -> Result<Vec<u8>> {
    let value = rmp_serde::to_vec(entry).map_err(|error| Error::internal(error.to_string()))?;
    let mut sealed = seal(name, &value).to_vec();
    sealed.extend_from_slice(&value);
    Ok(sealed)
}

fn seal_of(sealed: &[u8]) -> u64 {
    sealed.first_chunk().map_or(0, |seal| u64::from_le_bytes(*seal))
}

impl CatalogState {
    fn encode(self) -> Vec<u8> {
        let mut bytes: Vec<u8> =
            [self.generation, self.count, self.sum].iter().flat_map(|number| number.to_le_bytes()).collect();
        bytes.extend_from_slice(&xxhash_rust::xxh3::xxh3_64(&bytes).to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (numbers, checksum) = bytes.split_last_chunk::<8>()?;
        if numbers.len() != 24 || xxhash_rust::xxh3::xxh3_64(numbers) != u64::from_le_bytes(*checksum) {
            return None;
        }
        let number = |at: usize| Some(u64::from_le_bytes(numbers.get(at..at + 8)?.try_into().ok()?));
        Some(Self { generation: number(0)?, count: number(8)?, sum: number(16)? })
    }

    fn without(self, sealed: &[u8]) -> Self {
        Self { count: self.count.wrapping_sub(1), sum: self.sum.wrapping_sub(seal_of(sealed)), ..self }
    }

    fn with(self, sealed: &[u8]) -> Self {
        Self { count: self.count.wrapping_add(1), sum: self.sum.wrapping_add(seal_of(sealed)), ..self }
    }
}

impl CatalogFile {
    /// Opens the file and reads all of it. A file that is refused has not been changed by one byte.
    pub fn open(disk: &dyn Disk, data_dir: &Path) -> std::result::Result<(Self, Entries), FileFault> {
        let path = data_dir.join(NAME);
        disk.file_len(&path).map_err(|error| FileFault::io(&error))?.ok_or(FileFault::Missing)?;
        let (backend, db, entries, state) = guarded(|| {
            upgrade(disk, &path, ID, |_| Ok(()))?;
            let backend = Backend::open(disk, &path, ID)?;
            let db = GuardedDatabase::open(backend.clone(), limits::CATALOG_CACHE_BYTES)?;
            let (entries, state) = read(&db)?;
            Ok((backend, db, entries, state))
        })?;
        backend.accept().map_err(|error| FileFault::io(&error))?;
        Ok((Self { db, state }, entries))
    }

    /// Reads the file, has redb verify all of it, and changes nothing. Gives with it the pages that do not verify: redb uses
    /// none of them, and 0 is one of the copies of the head.
    pub fn look(disk: &dyn Disk, data_dir: &Path) -> std::result::Result<(Entries, CatalogState, Vec<u64>), FileFault> {
        let path = data_dir.join(NAME);
        disk.file_len(&path).map_err(|error| FileFault::io(&error))?.ok_or(FileFault::Missing)?;
        if is_of_first_layout(disk, &path).map_err(|error| FileFault::io(&error))? {
            let text = "it has the layout of an earlier version: start the server once, then check";
            return Err(FileFault::Failed(Error::new(ErrorCode::UnsupportedVersion, text)));
        }
        let looked = guarded(|| {
            let backend = Backend::open_as(OpenMode::ReadOnly, disk, &path, ID)?;
            let (_, bad) = verify_pages_of(&backend, &mut |_| true)?.unwrap_or_default();
            let db = GuardedDatabase::open_verifying(backend, limits::CATALOG_CACHE_BYTES)?;
            let (entries, state) = read(&db)?;
            Ok((entries, state, bad))
        });
        Ok(looked?)
    }

    /// Makes a file of entries and puts it in the place of the one that is there, durably.
    pub fn create(disk: &dyn Disk, data_dir: &Path, entries: &Entries, generation: u64) -> Result<Self> {
        let (fresh, path) = (data_dir.join(NEW_NAME), data_dir.join(NAME));
        let io = |error: std::io::Error| to_error(&error);
        if disk.exists(&fresh).map_err(io)? {
            disk.remove_file(&fresh).map_err(io)?;
        }
        let made = Self::fill(disk, &fresh, entries, Some(generation));
        if made.is_err() {
            // On a full disk the space is needed; what cannot be removed is removed by the next attempt.
            let _ = disk.remove_file(&fresh);
        }
        made?;
        disk.rename(&fresh, &path).map_err(io)?;
        disk.sync_dir(data_dir).map_err(io)?;
        let (file, found) = Self::open(disk, data_dir)?;
        if found != *entries {
            return Err(Error::new(ErrorCode::Corrupt, "the catalog was written and reads differently"));
        }
        Ok(file)
    }

    /// Without a generation: as version 0.4 did.
    fn fill(disk: &dyn Disk, path: &Path, entries: &Entries, generation: Option<u64>) -> Result<()> {
        let rows: Vec<(&String, Vec<u8>)> =
            entries.iter().map(|(name, entry)| Ok((name, sealed(name, entry)?))).collect::<Result<_>>()?;
        let state = rows.iter().fold(CatalogState::default(), |state, (_, row)| state.with(row));
        let filled = guarded(|| {
            let db = GuardedDatabase::open(Backend::create(disk, path, ID)?, limits::CATALOG_CACHE_BYTES)?;
            let mut tx = db.begin_write()?;
            tx.set_two_phase_commit(true);
            {
                let mut table = tx.open_table(NAMESPACES)?;
                for (name, row) in &rows {
                    table.insert(name.as_bytes(), row.as_slice())?;
                }
                if let Some(generation) = generation {
                    tx.open_table(CATALOG)?.insert(STATE, CatalogState { generation, ..state }.encode().as_slice())?;
                }
            }
            tx.commit()?;
            db.close()
        });
        filled.map_err(Error::from)
    }

    #[cfg(test)]
    pub fn create_as_before(disk: &dyn Disk, data_dir: &Path, entries: &Entries) -> Result<()> {
        let path = data_dir.join(NAME);
        disk.remove_file(&path).map_err(|error| to_error(&error))?;
        Self::fill(disk, &path, entries, None)
    }

    /// Adds, replaces or removes one entry, as the change `generation`. After an error nobody knows whether it holds.
    pub fn change(&mut self, name: &str, entry: Option<&Entry>, generation: u64) -> Result<()> {
        let row = entry.map(|entry| sealed(name, entry)).transpose()?;
        let mut state = CatalogState { generation, ..self.state };
        let db = &self.db;
        guarded(|| {
            let mut tx = db.begin_write()?;
            tx.set_two_phase_commit(true);
            {
                let mut table = tx.open_table(NAMESPACES)?;
                let before = match &row {
                    Some(row) => table.insert(name.as_bytes(), row.as_slice())?.map(|old| old.value().to_vec()),
                    None => table.remove(name.as_bytes())?.map(|old| old.value().to_vec()),
                };
                state = before.iter().fold(state, |state, old| state.without(old));
                state = row.iter().fold(state, |state, new| state.with(new));
                tx.open_table(CATALOG)?.insert(STATE, state.encode().as_slice())?;
            }
            Ok(tx.commit()?)
        })?;
        self.state = state;
        Ok(())
    }
}

fn no_table(error: redb::TableError, what: &'static str) -> StoreError {
    match error {
        redb::TableError::Storage(error) => error.into(),
        _ => StoreError::NotAStore(what),
    }
}

fn read(db: &GuardedDatabase) -> StoreResult<(Entries, CatalogState)> {
    let tx = db.begin_read()?;
    let table = tx.open_table(NAMESPACES).map_err(|error| no_table(error, "it has no table of namespaces"))?;
    let (mut entries, mut found) = (Entries::new(), CatalogState::default());
    for row in table.iter()? {
        let (name, row) = row?;
        let name = std::str::from_utf8(name.value()).map_err(|_| StoreError::NotAStore("a name is not text"))?;
        let (checksum, value) = row.value().split_first_chunk::<8>().ok_or(StoreError::NotAStore("an entry is cut"))?;
        if *checksum != seal(name, value) {
            return Err(StoreError::NotAStore("an entry's checksum is wrong"));
        }
        let entry = rmp_serde::from_slice(value).map_err(|_| StoreError::NotAStore("an entry does not decode"))?;
        found = found.with(row.value());
        entries.insert(name.to_owned(), entry);
    }
    match tx.open_table(CATALOG) {
        // Catalogs of version 0.4 end here: they have no state, and nothing to compare with.
        Err(redb::TableError::TableDoesNotExist(_)) if tx.list_tables()?.count() == 1 => Ok((entries, found)),
        Err(error) => Err(no_table(error, "it has no state")),
        Ok(states) => {
            let state = states.get(STATE)?.and_then(|state| CatalogState::decode(state.value()));
            let state = state.ok_or(StoreError::NotAStore("its state is damaged"))?;
            if (state.count, state.sum) != (found.count, found.sum) || table.len()? != found.count {
                return Err(StoreError::NotAStore("entries are missing, or not those of one state"));
            }
            Ok((entries, state))
        }
    }
}
