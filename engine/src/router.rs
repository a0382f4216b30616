//! From a namespace's name to its handle: creates on the first write, closes the longest idle when too many are open.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use parking_lot::Mutex;

use crate::api::{
    CommitSeq, CreateNamespace, Error, ErrorCode, NamespaceInfo, NamespaceName, Properties, Quota, Result,
};
use crate::catalog::{Catalog, Entry};
use crate::disk::Disk;
use crate::limits;
use crate::namespace::{Namespace, NamespaceFiles, NamespaceOptions, Shared, create_files, fill_files};
use crate::store::{Base, Counters};

/// What a namespace is replaced by.
#[derive(Debug, Clone, Copy)]
pub struct Replacement {
    /// Its counters.
    pub counters: Counters,
    /// Its newest commit.
    pub commit_seq: u64,
}

/// The namespaces of a data directory.
pub struct Router {
    catalog: Catalog,
    options: NamespaceOptions,
    shared: Shared,
    open_max: usize,
    /// Handles of namespaces that have been used; a closed one is a few hundred bytes.
    handles: DashMap<String, Arc<Namespace>, ahash::RandomState>,
    /// Held while namespaces are created or deleted.
    changing: Mutex<()>,
}

impl Router {
    /// Opens the catalog and makes sure that the default namespace exists.
    pub fn open(data_dir: &Path, options: NamespaceOptions, shared: Shared, open_max: usize) -> Result<Self> {
        let catalog = Catalog::open(Arc::clone(&options.disk), data_dir)?;
        let (handles, changing) = (DashMap::default(), Mutex::new(()));
        let router = Self { catalog, options, shared, open_max, handles, changing };
        router.find_or_create(NamespaceName::DEFAULT)?;
        Ok(router)
    }

    /// The handle of a namespace that exists.
    pub fn find(&self, name: &str) -> Result<Option<Arc<Namespace>>> {
        let name = if name.is_empty() { NamespaceName::DEFAULT } else { name };
        if let Some(handle) = self.handles.get(name) {
            return Ok(Some(Arc::clone(&handle)));
        }
        let name = NamespaceName::parse(name)?;
        let changing = self.changing.lock();
        let Some(entry) = self.catalog.get(name.as_str()) else { return Ok(None) };
        let handle = self.handle(name.as_str(), &entry);
        drop(changing);
        Ok(Some(handle))
    }

    /// As [`Router::find`], but an unknown name is an error.
    pub fn require(&self, name: &str) -> Result<Arc<Namespace>> {
        self.find(name)?.ok_or_else(|| {
            Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} does not exist; create it first"))
        })
    }

    /// The handle of a namespace; a new name is created.
    pub fn find_or_create(&self, name: &str) -> Result<Arc<Namespace>> {
        if let Some(handle) = self.find(name)? {
            return Ok(handle);
        }
        let name = NamespaceName::parse(name)?;
        let _changing = self.changing.lock();
        let entry = match self.catalog.get(name.as_str()) {
            Some(entry) => entry,
            None => self.create_entry(name.as_str(), CreateNamespace::default())?,
        };
        Ok(self.handle(name.as_str(), &entry))
    }

    fn handle(&self, name: &str, entry: &Entry) -> Arc<Namespace> {
        let make = || {
            let dir = self.catalog.dir(&entry.id);
            let files = NamespaceFiles { id: entry.id, dir, floor_seq: entry.floor_seq };
            Arc::new(Namespace::new(files, entry.quota, self.options.clone(), &self.shared))
        };
        Arc::clone(&self.handles.entry(name.to_owned()).or_insert_with(make))
    }

    fn create_entry(&self, name: &str, request: CreateNamespace) -> Result<Entry> {
        self.check_room()?;
        self.catalog.check_writable()?;
        let mut id = [0_u8; 16];
        self.options.rng.fill(&mut id);
        let CreateNamespace { metadata, quota, must_be_new: _ } = request;
        let entry = Entry { id, metadata, quota, created_at: self.options.clock.now_ms(), floor_seq: 0 };
        create_files(&self.options, &self.catalog.dir(&id), id)?;
        self.catalog.put(name, entry.clone())?;
        Ok(entry)
    }

    /// Creates a namespace, or gives the existing one.
    pub fn create(&self, name: &str, request: CreateNamespace) -> Result<NamespaceInfo> {
        let name = NamespaceName::parse(name)?;
        let _changing = self.changing.lock();
        if let Some(entry) = self.catalog.get(name.as_str()) {
            if request.must_be_new {
                return Err(Error::new(ErrorCode::AlreadyExists, format!("namespace {name:?} exists already")));
            }
            return Ok(entry.info(name.as_str(), false));
        }
        Ok(self.create_entry(name.as_str(), request)?.info(name.as_str(), true))
    }

    /// Describes a namespace.
    pub fn describe(&self, name: &str) -> Result<NamespaceInfo> {
        let name = NamespaceName::parse(name)?;
        let entry = self
            .catalog
            .get(name.as_str())
            .ok_or_else(|| Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} does not exist")))?;
        Ok(entry.info(name.as_str(), false))
    }

    /// All namespaces, by name.
    pub fn list(&self) -> Vec<NamespaceInfo> {
        self.catalog.list().iter().map(|(name, entry)| entry.info(name, false)).collect()
    }

    /// Replaces a namespace's bounds.
    pub fn set_quota(&self, name: &str, quota: Quota) -> Result<NamespaceInfo> {
        let name = NamespaceName::parse(name)?;
        let _changing = self.changing.lock();
        let missing = || Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} does not exist"));
        let mut entry = self.catalog.get(name.as_str()).ok_or_else(missing)?;
        entry.quota = quota;
        self.catalog.put(name.as_str(), entry.clone())?;
        self.handle(name.as_str(), &entry).set_quota(quota);
        Ok(entry.info(name.as_str(), false))
    }

    /// Deletes a namespace with its files. The default one cannot be deleted.
    pub fn delete(&self, name: &str) -> Result<()> {
        let name = NamespaceName::parse(name)?;
        if name.as_str() == NamespaceName::DEFAULT {
            return Err(Error::invalid("the default namespace cannot be deleted"));
        }
        let _changing = self.changing.lock();
        let Some(entry) = self.catalog.remove(name.as_str())? else {
            return Err(Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} does not exist")));
        };
        if let Some((_, handle)) = self.handles.remove(name.as_str()) {
            handle.abandon(&Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} was deleted")));
        }
        // Readers that are still inside keep the removed files alive until they leave.
        self.catalog.remove_files(&entry.id)
    }

    /// Makes a namespace hold what `fill` puts into an empty store and what it says that is, in one durable change of the
    /// catalog. The new files are complete and synced before it; a crash leaves the old namespace or the new one, and
    /// files of the other that the next start removes. Nothing is written to the old one while the change is under way,
    /// and nothing ever after. Gives the newest commit.
    pub fn replace(
        &self,
        name: &str,
        overwrite: bool,
        fill: impl FnOnce(&Base) -> Result<Replacement>,
    ) -> Result<(Replacement, CommitSeq)> {
        let name = NamespaceName::parse(name)?;
        self.catalog.check_writable()?;
        // Also opens it, which may take a while, before anybody has to wait for the change.
        if let Some(old) = self.find(name.as_str())? {
            old.check_replaceable(overwrite)?;
        }
        let mut id = [0_u8; 16];
        self.options.rng.fill(&mut id);
        let built = fill_files(&self.options, &self.catalog.dir(&id), id, fill);
        let switched = built.and_then(|new| self.switch(&name, overwrite, id, new).map(|seq| (new, seq)));
        // With an unknown outcome the catalog may name the new files.
        if switched.as_ref().is_err_and(|error| error.code != ErrorCode::OutcomeUnknown) {
            self.remove_replaced(&id);
        }
        switched
    }

    fn switch(&self, name: &NamespaceName, overwrite: bool, id: [u8; 16], new: Replacement) -> Result<CommitSeq> {
        let _changing = self.changing.lock();
        let old = self.catalog.get(name.as_str());
        let quota = old.as_ref().map_or_else(Quota::default, |old| old.quota);
        Quota::check(quota.bytes_max, new.counters.live_bytes, "bytes")?;
        Quota::check(quota.vectors_max, new.counters.vectors, "vectors")?;
        Quota::check(quota.collections_max, new.counters.collections, "collections")?;
        let Some(old) = old else {
            self.check_room()?;
            let (created_at, metadata) = (self.options.clock.now_ms(), Properties::new());
            self.catalog.put(name.as_str(), Entry { id, metadata, quota, created_at, floor_seq: 0 })?;
            return Ok(CommitSeq(new.commit_seq));
        };
        let mut newest = new.commit_seq;
        self.handle(name.as_str(), &old).retire(overwrite, |old_seq| {
            // Whoever read before the restore knows commits up to `old_seq`; nothing restored may look as old as that.
            let floor_seq = if old_seq == 0 { 0 } else { new.commit_seq.max(old_seq + 1) };
            newest = newest.max(floor_seq);
            self.catalog.put(name.as_str(), Entry { id, floor_seq, ..old.clone() })
        })?;
        self.handles.remove(name.as_str());
        self.remove_replaced(&old.id);
        Ok(CommitSeq(newest))
    }

    /// Removes files that no entry names; what cannot be removed now is removed on the next start.
    fn remove_replaced(&self, id: &[u8; 16]) {
        if let Err(error) = self.catalog.remove_files(id) {
            tracing::warn!(%error, "the files of a replaced namespace are left until the next start");
        }
    }

    fn check_room(&self) -> Result<()> {
        if self.catalog.len() >= limits::NAMESPACES_MAX {
            return Err(Error::limit(format!("there are {} namespaces already; delete some", limits::NAMESPACES_MAX)));
        }
        Ok(())
    }

    /// Namespaces in the catalog.
    pub fn len(&self) -> usize {
        self.catalog.len()
    }

    /// Namespaces that are open.
    pub fn open_count(&self) -> usize {
        self.handles.iter().filter(|handle| handle.is_open()).count()
    }

    /// Looks after the open namespaces, and closes those idle for long or too many.
    pub fn tick(&self, free_bytes: Option<u64>) {
        let disk_full = free_bytes.is_some_and(|free| free < limits::DISK_FREE_BYTES_MIN);
        self.shared.disk_full.store(disk_full, std::sync::atomic::Ordering::Relaxed);
        for handle in self.snapshot() {
            if handle.is_open() && handle.tick() {
                handle.close();
            }
        }
        self.close_surplus();
    }

    /// Closes the longest idle namespaces while more than the bound are open.
    pub fn close_surplus(&self) {
        let mut open: Vec<Arc<Namespace>> = self.snapshot();
        open.retain(|handle| handle.is_open());
        let surplus = open.len().saturating_sub(self.open_max);
        if surplus == 0 {
            return;
        }
        open.sort_by_key(|handle| std::cmp::Reverse(handle.idle_ticks()));
        let closed = open.iter().filter(|handle| handle.close()).take(surplus).count();
        tracing::debug!(closed, "closed namespaces to stay below the bound of open ones");
    }

    fn snapshot(&self) -> Vec<Arc<Namespace>> {
        self.handles.iter().map(|handle| Arc::clone(&handle)).collect()
    }

    /// Flushes and closes every namespace; those that cannot be closed within `wait` are abandoned to their logs. True if
    /// no file is open any more.
    pub fn close(&self, clock: &dyn crate::clock::Clock, wait: Duration) -> bool {
        let deadline = clock.monotonic() + wait;
        for handle in self.snapshot() {
            while !handle.close() && clock.monotonic() < deadline {
                std::thread::yield_now();
            }
            handle.abandon(&Error::new(ErrorCode::ShuttingDown, "the database is closed"));
        }
        self.catalog.close();
        self.snapshot().iter().all(|handle| handle.is_released())
    }

    /// Free bytes on the disk, if that can be told.
    pub fn free_bytes(&self, disk: &dyn Disk, data_dir: &Path) -> Option<u64> {
        disk.free_bytes(data_dir).ok()
    }
}
