//! From a namespace's name to its handle: creates on the first write, closes the longest idle when too many are open.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use parking_lot::Mutex;

use crate::api::{CreateNamespace, Error, ErrorCode, NamespaceInfo, NamespaceName, Quota, Result};
use crate::catalog::{Catalog, Entry};
use crate::disk::Disk;
use crate::limits;
use crate::namespace::{Namespace, NamespaceOptions, Shared, create_files};

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
            Arc::new(Namespace::new(entry.id, dir, entry.quota, self.options.clone(), &self.shared))
        };
        Arc::clone(&self.handles.entry(name.to_owned()).or_insert_with(make))
    }

    fn create_entry(&self, name: &str, request: CreateNamespace) -> Result<Entry> {
        if self.catalog.len() >= limits::NAMESPACES_MAX {
            return Err(Error::limit(format!("there are {} namespaces already; delete some", limits::NAMESPACES_MAX)));
        }
        self.catalog.check_writable()?;
        let mut id = [0_u8; 16];
        self.options.rng.fill(&mut id);
        let CreateNamespace { metadata, quota, must_be_new: _ } = request;
        let entry = Entry { id, metadata, quota, created_at: self.options.clock.now_ms() };
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
        let handle = self.require(name)?;
        let name = NamespaceName::parse(name)?;
        let _changing = self.changing.lock();
        let missing = || Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} does not exist"));
        let mut entry = self.catalog.get(name.as_str()).ok_or_else(missing)?;
        entry.quota = quota;
        self.catalog.put(name.as_str(), entry.clone())?;
        handle.set_quota(quota);
        Ok(entry.info(name.as_str(), false))
    }

    /// Deletes a namespace with its files. The default one cannot be deleted.
    pub fn delete(&self, name: &str) -> Result<()> {
        let handle = self.require(name)?;
        let name = NamespaceName::parse(name)?;
        if name.as_str() == NamespaceName::DEFAULT {
            return Err(Error::invalid("the default namespace cannot be deleted"));
        }
        let _changing = self.changing.lock();
        let Some(entry) = self.catalog.remove(name.as_str())? else {
            return Err(Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} does not exist")));
        };
        self.handles.remove(name.as_str());
        handle.abandon(&Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} was deleted")));
        // Readers that are still inside keep the removed files alive until they leave.
        self.catalog.remove_files(&entry.id)
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
