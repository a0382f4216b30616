//! The catalog: which namespaces exist, and the random id that names each one's folder.
//!
//! `<data>/catalog.redb` is a small redb file; every change is a two-phase commit, so after a crash it is as before the
//! change or as after it. A namespace's files are complete and synced before its entry is committed, and its entry is gone
//! before its files are removed: a folder without an entry is garbage of a crash and is removed on start, and an entry
//! without a folder is damage and is reported. Redb makes an empty file a new database; an existing catalog that is empty
//! or foreign is therefore refused before redb sees it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};
use redb::{Builder, Database, ReadableDatabase, ReadableTable, TableDefinition};
use serde::{Deserialize, Serialize};

use crate::api::{Error, ErrorCode, NamespaceInfo, NamespaceName, Properties, Quota, Result, TimestampMs};
use crate::disk::{Disk, OpenMode};
use crate::limits;
use crate::store::{Backend, GuardedDatabase};

/// Key: namespace name. Value: [`Entry`] as a MessagePack array, behind an xxh3-64 of name and value.
const NAMESPACES: TableDefinition<&[u8], &[u8]> = TableDefinition::new("namespaces.v1");
const CATALOG_NAME: &str = "catalog.redb";
const NEW_CATALOG_NAME: &str = "catalog.redb.new";
const NAMESPACES_DIR: &str = "ns";

/// A namespace as the catalog knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its random id; in hexadecimal, the name of its folder.
    pub id: [u8; 16],
    /// What its owner wanted to remember.
    pub metadata: Properties,
    /// Its bounds.
    pub quota: Quota,
    /// When it was created, in ms since 1970.
    pub created_at: i64,
    /// The commit as which a restore replaced what the namespace held; 0 = none ever did. Commit numbers go on after it,
    /// and what the restore brought counts as written by it.
    #[serde(default)]
    pub floor_seq: u64,
}

impl Entry {
    /// What the API tells of it.
    pub fn info(&self, name: &str, created: bool) -> NamespaceInfo {
        NamespaceInfo {
            name: NamespaceName::new(name),
            metadata: self.metadata.clone(),
            quota: self.quota,
            created_at: TimestampMs(self.created_at),
            created,
        }
    }
}

/// The open catalog.
pub struct Catalog {
    disk: Arc<dyn Disk>,
    data_dir: PathBuf,
    /// Nothing once the engine is closed: redb writes when it closes a file, so it must not keep one that another process
    /// may own by then.
    db: Mutex<Option<GuardedDatabase>>,
    /// True once the outcome of a change was unknown.
    failed: AtomicBool,
    entries: RwLock<BTreeMap<String, Entry>>,
}

/// True if the data directory has a catalog.
pub fn exists(disk: &dyn Disk, data_dir: &Path) -> std::io::Result<bool> {
    disk.exists(&data_dir.join(CATALOG_NAME))
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::internal(format!("the catalog failed: {error}"))
}

fn corrupt(what: &str) -> Error {
    Error::new(ErrorCode::Corrupt, format!("the catalog is damaged: {what}; restore catalog.redb from a copy"))
}

fn seal(name: &str, value: &[u8]) -> [u8; 8] {
    let mut hash = xxhash_rust::xxh3::Xxh3Default::new();
    hash.update(&(name.len() as u64).to_le_bytes());
    hash.update(name.as_bytes());
    hash.update(value);
    hash.digest().to_le_bytes()
}

impl Catalog {
    /// Opens the catalog of a data directory, or makes one in a directory that has none and no namespaces either.
    pub fn open(disk: Arc<dyn Disk>, data_dir: &Path) -> Result<Self> {
        let path = data_dir.join(CATALOG_NAME);
        if disk.file_len(&path).map_err(failed)?.is_none() {
            Self::create(&*disk, data_dir)?;
        }
        // The attempt that made the catalog may have ended before this sync; nothing may be acknowledged without it.
        disk.sync_dir(data_dir).map_err(failed)?;
        let file = disk.open(&path, OpenMode::Existing).map_err(failed)?;
        let mut magic = [0_u8; 4];
        if file.len().map_err(failed)? < 4096 || file.read_exact_at(0, &mut magic).is_err() || &magic != b"redb" {
            return Err(corrupt("the file is empty, cut or foreign"));
        }
        let backend = Backend::on_probation(file).map_err(failed)?;
        let mut builder = Builder::new();
        let db = builder.set_cache_size(limits::CATALOG_CACHE_BYTES).create_with_backend(backend.clone());
        let db = GuardedDatabase::new(db.map_err(|error| corrupt(&error.to_string()))?);
        let entries = RwLock::new(Self::read_all(&db)?);
        backend.accept().map_err(failed)?;
        let db = Mutex::new(Some(db));
        let failed = AtomicBool::new(false);
        let catalog = Self { disk, data_dir: data_dir.to_owned(), db, failed, entries };
        catalog.remove_garbage()?;
        Ok(catalog)
    }

    fn create(disk: &dyn Disk, data_dir: &Path) -> Result<()> {
        let namespaces = data_dir.join(NAMESPACES_DIR);
        if disk.exists(&namespaces).map_err(failed)? && !disk.list_dir(&namespaces).map_err(failed)?.is_empty() {
            // Folders of namespaces are only ever made after the catalog: it was lost, and they must not be.
            return Err(corrupt("the file is missing although there are namespaces"));
        }
        disk.create_dir_all(&namespaces).map_err(failed)?;
        // The folder's name must be durable before the catalog's: a catalog promises that the folder is there.
        disk.sync_dir(data_dir).map_err(failed)?;
        let fresh = data_dir.join(NEW_CATALOG_NAME);
        if disk.exists(&fresh).map_err(failed)? {
            disk.remove_file(&fresh).map_err(failed)?;
        }
        let file = disk.open(&fresh, OpenMode::CreateNew).map_err(failed)?;
        let db = Builder::new().set_cache_size(limits::CATALOG_CACHE_BYTES).create_with_backend(Backend::new(file));
        let db = db.map_err(failed)?;
        let mut tx = db.begin_write().map_err(failed)?;
        tx.set_two_phase_commit(true);
        tx.open_table(NAMESPACES).map_err(failed)?;
        tx.commit().map_err(failed)?;
        db.close().map_err(failed)?;
        disk.rename(&fresh, &data_dir.join(CATALOG_NAME)).map_err(failed)?;
        disk.sync_dir(data_dir).map_err(failed)
    }

    fn read_all(db: &Database) -> Result<BTreeMap<String, Entry>> {
        let tx = db.begin_read().map_err(failed)?;
        let table = tx.open_table(NAMESPACES).map_err(|_| corrupt("it has no table of namespaces"))?;
        let mut entries = BTreeMap::new();
        for row in table.iter().map_err(failed)? {
            let (name, sealed) = row.map_err(failed)?;
            let name = std::str::from_utf8(name.value()).map_err(|_| corrupt("a name is not text"))?.to_owned();
            let (checksum, value) =
                sealed.value().split_first_chunk::<8>().ok_or_else(|| corrupt("an entry is cut"))?;
            if *checksum != seal(&name, value) {
                return Err(corrupt("an entry's checksum is wrong"));
            }
            let entry = rmp_serde::from_slice(value).map_err(|_| corrupt("an entry does not decode"))?;
            entries.insert(name, entry);
        }
        Ok(entries)
    }

    /// Removes folders that a crash left before their entry was committed, or after it was removed.
    fn remove_garbage(&self) -> Result<()> {
        let known: std::collections::HashSet<String> = self.entries.read().values().map(|e| folder(&e.id)).collect();
        let dir = self.data_dir.join(NAMESPACES_DIR);
        for name in self.disk.list_dir(&dir).map_err(failed)? {
            // Only names of our own form are ours to remove.
            if name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit()) && !known.contains(&name) {
                tracing::info!(folder = name, "removing a folder that no namespace refers to");
                self.disk.remove_dir_all(&dir.join(&name)).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// The entry of a name.
    pub fn get(&self, name: &str) -> Option<Entry> {
        self.entries.read().get(name).cloned()
    }

    /// All entries, by name.
    pub fn list(&self) -> Vec<(String, Entry)> {
        self.entries.read().iter().map(|(name, entry)| (name.clone(), entry.clone())).collect()
    }

    /// The number of namespaces.
    pub fn len(&self) -> usize {
        self.entries.read().len()
    }

    /// The folder of a namespace.
    pub fn dir(&self, id: &[u8; 16]) -> PathBuf {
        self.data_dir.join(NAMESPACES_DIR).join(folder(id))
    }

    /// Adds or replaces an entry, durably. For a new one, its files must be complete and synced.
    pub fn put(&self, name: &str, entry: Entry) -> Result<()> {
        let mut entries = self.entries.write();
        let value = rmp_serde::to_vec(&entry).map_err(failed)?;
        let mut sealed = seal(name, &value).to_vec();
        sealed.extend_from_slice(&value);
        self.change(|table| table.insert(name.as_bytes(), sealed.as_slice()).map(drop))?;
        entries.insert(name.to_owned(), entry);
        Ok(())
    }

    /// Removes an entry, durably.
    pub fn remove(&self, name: &str) -> Result<Option<Entry>> {
        let mut entries = self.entries.write();
        if !entries.contains_key(name) {
            return Ok(None);
        }
        self.change(|table| table.remove(name.as_bytes()).map(drop))?;
        Ok(entries.remove(name))
    }

    /// Removes the files of a namespace that has no entry any more.
    pub fn remove_files(&self, id: &[u8; 16]) -> Result<()> {
        self.disk.remove_dir_all(&self.dir(id)).map_err(failed)
    }

    /// Closes the file. Changes that come later are refused.
    pub fn close(&self) {
        *self.db.lock() = None;
    }

    /// Refuses changes after one whose outcome is unknown: redb's handle is of no use then, and trying again would leave
    /// a folder behind each time.
    pub fn check_writable(&self) -> Result<()> {
        if !self.failed.load(Ordering::Acquire) {
            return Ok(());
        }
        let text = "the catalog's disk has failed: namespaces can be neither created nor changed until a restart";
        Err(Error::new(ErrorCode::Fenced, text))
    }

    fn change(
        &self,
        change: impl FnOnce(&mut redb::Table<'_, &'static [u8], &'static [u8]>) -> Result<(), redb::StorageError>,
    ) -> Result<()> {
        self.check_writable()?;
        let db = self.db.lock();
        let Some(db) = &*db else { return Err(Error::new(ErrorCode::ShuttingDown, "the database is closed")) };
        let mut tx = db.begin_write().map_err(failed)?;
        tx.set_two_phase_commit(true);
        change(&mut tx.open_table(NAMESPACES).map_err(failed)?).map_err(failed)?;
        tx.commit().map_err(|error| {
            self.failed.store(true, Ordering::Release);
            let text = format!("the catalog may or may not have been changed: {error}; restart to find out");
            Error::new(ErrorCode::OutcomeUnknown, text)
        })
    }
}

fn folder(id: &[u8; 16]) -> String {
    id.iter().map(|byte| format!("{byte:02x}")).collect()
}
