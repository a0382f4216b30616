//! From a namespace's name to its handle: creates on the first write, closes the longest idle when too many are open.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use parking_lot::Mutex;

use crate::api::{
    CommitSeq, CreateNamespace, Error, ErrorCode, Finding, NamespaceInfo, NamespaceName, Properties, Quota, Result,
};
use crate::catalog::{Catalog, Entry};
use crate::clock::Clock;
use crate::limits;
use crate::namespace::{
    Fence, Namespace, NamespaceFiles, NamespaceOptions, STORE_NAME, Shared, create_files, fill_files,
};
use crate::store::{Base, Counters};

/// What a namespace is replaced by.
#[derive(Debug, Clone, Copy)]
pub struct Replacement {
    /// Its counters.
    pub counters: Counters,
    /// Its newest commit.
    pub commit_seq: u64,
}

/// A change of a namespace's files for others.
struct Switched {
    /// The newest commit.
    newest: CommitSeq,
    /// Whose files nobody has any more.
    old: Option<[u8; 16]>,
}

/// The namespaces of a data directory.
pub struct Router {
    catalog: Catalog,
    options: NamespaceOptions,
    shared: Shared,
    /// Handles of namespaces that have been used; a closed one is a few hundred bytes. A handle is made under the lock of
    /// its name's shard, from the entry that the catalog has at that moment, and taken out after the entry: so there is
    /// never one for files that are gone, and nobody who looks for one waits for a disk.
    handles: DashMap<String, Arc<Namespace>, ahash::RandomState>,
    /// Held while namespaces are created, changed or deleted.
    changing: Mutex<()>,
    /// Namespaces of which nobody knows whether they still have their files.
    doubtful: Mutex<Vec<(String, Arc<Namespace>)>>,
}

/// New files that are being filled, which nobody knows yet: if that ends in a panic they are removed.
struct Filling<'a> {
    catalog: &'a Catalog,
    id: [u8; 16],
    has_returned: bool,
}

impl Drop for Filling<'_> {
    fn drop(&mut self) {
        if !self.has_returned {
            self.catalog.remove_files(&self.id);
        }
    }
}

impl Router {
    /// Opens the catalog and makes sure that the default namespace exists.
    pub fn open(data_dir: &Path, options: NamespaceOptions, shared: Shared) -> Result<Self> {
        let catalog = Catalog::open(Arc::clone(&options.disk), data_dir)?;
        let (handles, changing) = (DashMap::default(), Mutex::new(()));
        let router = Self { catalog, options, shared, handles, changing, doubtful: Mutex::default() };
        router.find_or_create(NamespaceName::DEFAULT)?;
        Ok(router)
    }

    /// The handle of a namespace that exists. Waits for no disk.
    pub fn find(&self, name: &str) -> Result<Option<Arc<Namespace>>> {
        let name = if name.is_empty() { NamespaceName::DEFAULT } else { name };
        if let Some(handle) = self.handles.get(name) {
            return Ok(Some(Arc::clone(&handle)));
        }
        let name = NamespaceName::parse(name)?;
        self.handle(name.as_str())
    }

    /// As [`Router::find`], but an unknown name is an error.
    pub fn require(&self, name: &str) -> Result<Arc<Namespace>> {
        self.find(name)?.ok_or_else(|| {
            Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} does not exist; create it first"))
        })
    }

    /// The handle of a namespace; a new name is created.
    pub fn find_or_create(&self, name: &str) -> Result<Arc<Namespace>> {
        let name = NamespaceName::parse(if name.is_empty() { NamespaceName::DEFAULT } else { name })?;
        if let Ok(Some(handle)) = self.find(name.as_str()) {
            return Ok(handle);
        }
        let _changing = self.changing.lock();
        if let Ok(Some(handle)) = self.handle(name.as_str()) {
            return Ok(handle);
        }
        let entry = match self.catalog.settled(name.as_str())? {
            Some(entry) => entry,
            None => self.create_entry(name.as_str(), CreateNamespace::default())?,
        };
        let made = || self.new_handle(name.as_str(), &entry);
        Ok(Arc::clone(&self.handles.entry(name.as_str().to_owned()).or_insert_with(made)))
    }

    fn handle(&self, name: &str) -> Result<Option<Arc<Namespace>>> {
        match self.handles.entry(name.to_owned()) {
            dashmap::Entry::Occupied(handle) => Ok(Some(Arc::clone(handle.get()))),
            dashmap::Entry::Vacant(place) => {
                let Some(entry) = self.catalog.get(name)? else { return Ok(None) };
                Ok(Some(Arc::clone(&place.insert(self.new_handle(name, &entry)))))
            }
        }
    }

    fn new_handle(&self, name: &str, entry: &Entry) -> Arc<Namespace> {
        let dir = self.catalog.dir(&entry.id);
        let files = NamespaceFiles { id: entry.id, name: name.to_owned(), dir, floor_seq: entry.floor_seq };
        Arc::new(Namespace::new(files, entry.quota, self.options.clone(), &self.shared))
    }

    fn create_entry(&self, name: &str, request: CreateNamespace) -> Result<Entry> {
        self.check_room()?;
        self.check_space()?;
        self.catalog.check_tidy()?;
        let mut id = [0_u8; 16];
        self.options.rng.fill(&mut id);
        let CreateNamespace { metadata, quota, must_be_new: _ } = request;
        let entry = Entry { id, metadata, quota, created_at: self.options.clock.now_ms(), floor_seq: 0, generation: 0 };
        create_files(&self.options, &self.catalog.new_dir(&id), id).inspect_err(|_| self.catalog.remove_files(&id))?;
        self.catalog.create(name, entry)
    }

    /// Creates a namespace, or gives the existing one.
    pub fn create(&self, name: &str, request: CreateNamespace) -> Result<NamespaceInfo> {
        let name = NamespaceName::parse(name)?;
        let _changing = self.changing.lock();
        if let Some(entry) = self.catalog.settled(name.as_str())? {
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
        let missing = || Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} does not exist"));
        let entry = self.catalog.ask(name.as_str())?.ok_or_else(missing)?;
        Ok(entry.info(name.as_str(), false))
    }

    /// All namespaces, by name.
    pub fn list(&self) -> Result<Vec<NamespaceInfo>> {
        Ok(self.catalog.list()?.iter().map(|(name, entry)| entry.info(name, false)).collect())
    }

    /// Replaces a namespace's bounds.
    pub fn set_quota(&self, name: &str, quota: Quota) -> Result<NamespaceInfo> {
        let name = NamespaceName::parse(name)?;
        let _changing = self.changing.lock();
        let missing = || Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} does not exist"));
        let mut entry = self.catalog.settled(name.as_str())?.ok_or_else(missing)?;
        entry.quota = quota;
        self.catalog.update(name.as_str(), entry.clone())?;
        if let Some(handle) = self.handle(name.as_str())? {
            handle.set_quota(quota);
        }
        Ok(entry.info(name.as_str(), false))
    }

    /// Deletes a namespace with its files. The default one cannot be deleted.
    pub fn delete(&self, name: &str) -> Result<()> {
        let name = NamespaceName::parse(name)?;
        if name.as_str() == NamespaceName::DEFAULT {
            return Err(Error::invalid("the default namespace cannot be deleted"));
        }
        let missing = || Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} does not exist"));
        let gone = Error::new(ErrorCode::NamespaceNotFound, format!("namespace {name:?} was deleted"));
        self.wait_for_writer(name.as_str());
        let changing = self.changing.lock();
        self.catalog.settled(name.as_str())?.ok_or_else(missing)?;
        let handle = self.handle(name.as_str())?.ok_or_else(missing)?;
        // The actor stands still meanwhile: what it acknowledged after the entry is gone would be gone too.
        let removed = handle.end_with(&gone, || self.catalog.remove(name.as_str())?.ok_or_else(missing));
        let entry = self.doubt(name.as_str(), &handle, removed)?;
        self.handles.remove(name.as_str());
        drop(changing);
        // Readers that are still inside keep the removed files alive until they leave. Nobody else knows their folder.
        self.catalog.remove_files(&entry.id);
        Ok(())
    }

    /// Remembers a namespace whose files are in doubt after a change of the catalog.
    fn doubt<T>(&self, name: &str, handle: &Arc<Namespace>, result: Result<T>) -> Result<T> {
        if result.as_ref().is_err_and(|error| error.code == ErrorCode::OutcomeUnknown) {
            self.doubtful.lock().push((name.to_owned(), Arc::clone(handle)));
        }
        result
    }

    /// Once the catalog is known again, namespaces in doubt go back into service, or are known to have other files.
    fn settle(&self) {
        if self.catalog.end_any_doubt().is_err() || self.doubtful.lock().is_empty() {
            return;
        }
        let _changing = self.changing.lock();
        let mut doubtful = self.doubtful.lock();
        for (name, handle) in doubtful.drain(..) {
            if self.catalog.get(&name).is_ok_and(|entry| entry.is_some_and(|entry| entry.id == *handle.id())) {
                handle.settle();
            } else {
                handle.fence(Fence::Final(Error::new(ErrorCode::Busy, "the namespace has other files now; try again")));
                self.handles.remove_if(&name, |_, known| Arc::ptr_eq(known, &handle));
            }
        }
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
        self.check_space()?;
        self.catalog.check_writable()?;
        self.catalog.check_tidy()?;
        // Also opens it, which may take a while, before anybody has to wait for the change.
        if let Some(old) = self.find(name.as_str())? {
            old.check_replaceable(overwrite)?;
        }
        let mut id = [0_u8; 16];
        self.options.rng.fill(&mut id);
        let mut filling = Filling { catalog: &self.catalog, id, has_returned: false };
        let built = fill_files(&self.options, &self.catalog.new_dir(&id), id, fill);
        filling.has_returned = true;
        self.wait_for_writer(name.as_str());
        let switched = built.and_then(|new| self.switch(&name, overwrite, id, new).map(|switched| (new, switched)));
        match switched {
            Ok((new, Switched { newest, old })) => {
                if let Some(old) = old {
                    self.catalog.remove_files(&old);
                }
                Ok((new, newest))
            }
            Err(error) => {
                // With an unknown outcome the catalog may name the new files.
                if error.code != ErrorCode::OutcomeUnknown {
                    self.catalog.remove_files(&id);
                }
                Err(error)
            }
        }
    }

    /// Others who create, change or delete wait while one does, so it must not wait under their lock for a writer that a
    /// disk holds up. One that comes after this is waited for.
    fn wait_for_writer(&self, name: &str) {
        if let Ok(Some(handle)) = self.handle(name) {
            handle.wait_for_writer();
        }
    }

    fn switch(&self, name: &NamespaceName, overwrite: bool, id: [u8; 16], new: Replacement) -> Result<Switched> {
        let _changing = self.changing.lock();
        let old = self.catalog.settled(name.as_str())?;
        let quota = old.as_ref().map_or_else(Quota::default, |old| old.quota);
        Quota::check(quota.bytes_max, new.counters.live_bytes, "bytes")?;
        Quota::check(quota.vectors_max, new.counters.vectors, "vectors")?;
        Quota::check(quota.collections_max, new.counters.collections, "collections")?;
        let Some(old) = old else {
            self.check_room()?;
            let (created_at, metadata) = (self.options.clock.now_ms(), Properties::new());
            let entry = Entry { id, metadata, quota, created_at, floor_seq: 0, generation: 0 };
            self.catalog.create(name.as_str(), entry)?;
            return Ok(Switched { newest: CommitSeq(new.commit_seq), old: None });
        };
        let mut newest = new.commit_seq;
        let handle = self.handle(name.as_str())?.ok_or_else(|| Error::internal("a namespace without a handle"))?;
        let switched = handle.retire(overwrite, |old_seq| {
            // Whoever read before the restore knows commits up to `old_seq`; nothing restored may look as old as that.
            let floor_seq = if old_seq == 0 { 0 } else { new.commit_seq.max(old_seq + 1) };
            newest = newest.max(floor_seq);
            self.catalog.replace(name.as_str(), &old, Entry { id, floor_seq, ..old.clone() })
        });
        self.doubt(name.as_str(), &handle, switched)?;
        self.handles.remove(name.as_str());
        Ok(Switched { newest: CommitSeq(newest), old: Some(old.id) })
    }

    /// Refuses to make files while writes are refused for want of space: what is made then is taken from those that delete.
    fn check_space(&self) -> Result<()> {
        self.catalog.check_root()?;
        if self.shared.space.look() {
            let text = "the disk is almost full: no namespace is made until there is space; nothing was changed";
            return Err(Error::new(ErrorCode::DiskFull, text));
        }
        Ok(())
    }

    fn check_room(&self) -> Result<()> {
        if self.catalog.len() >= limits::NAMESPACES_MAX {
            return Err(Error::limit(format!("there are {} namespaces already; delete some", limits::NAMESPACES_MAX)));
        }
        Ok(())
    }

    /// The names of all namespaces, in order.
    pub fn names(&self) -> Vec<NamespaceName> {
        self.catalog.shown().into_iter().map(|(name, _)| NamespaceName::new(name)).collect()
    }

    /// What the catalog and the folders say. Nobody creates, changes or deletes a namespace meanwhile.
    pub fn look_at_catalog(&self) -> Result<Vec<Finding>> {
        let _changing = self.changing.lock();
        Ok(self.catalog.look()?.findings)
    }

    /// Where the store of a namespace is, and the id in it; nothing if there is no such namespace.
    pub fn store_of(&self, name: &NamespaceName) -> Option<(PathBuf, [u8; 16])> {
        let Entry { id, .. } = self.catalog.get(name.as_str()).ok()??;
        Some((self.catalog.dir(&id).join(STORE_NAME), id))
    }

    /// Namespaces in the catalog.
    pub fn len(&self) -> usize {
        self.catalog.len()
    }

    /// Namespaces that are open.
    pub fn open_count(&self) -> usize {
        self.options.openings.count()
    }

    /// How long the writer of an open namespace has been at one group, of all the longest.
    pub fn busiest_writer(&self) -> Duration {
        self.options.openings.busiest()
    }

    /// Looks after the open namespaces, and closes those idle for long.
    pub fn tick(&self) {
        self.shared.space.look();
        for handle in self.options.openings.open() {
            if Arc::clone(&handle).tick() {
                handle.close_unused();
            }
        }
        self.settle();
        self.catalog.tidy();
    }

    /// Flushes and closes every namespace, and the catalog. What cannot be flushed before `deadline` is in the logs.
    pub fn close(&self, clock: &dyn Clock, deadline: Duration) {
        let closed = Error::new(ErrorCode::ShuttingDown, "the database is closed");
        for handle in self.options.openings.open() {
            handle.finish(&closed, deadline.saturating_sub(clock.monotonic()));
        }
        self.catalog.close();
    }
}
