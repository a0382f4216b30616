//! The open catalog, and the order in which it and the folders change.
//!
//! Every change first gives `ns/` the number of the change ([`Folders::begin`]), then the folder its own account or its
//! role, syncs both, commits the catalog, and last turns folders to what the catalog says. The commit decides: before it a
//! crash leaves the old state, after it the new one. A live folder's account is written only once its number is durable: no
//! later change may take the number of one that was never made, or that account would be believed one day.
//!
//! | Change | Before the commit | After it |
//! |---|---|---|
//! | create | `<id>.new` whole and synced | `<id>.new` becomes `<id>`; only then is anybody shown the namespace |
//! | delete | `<id>` becomes `<id>.deleted` | `<id>.deleted` is removed |
//! | quota | the folder's own account is rewritten | |
//! | restore | the new one's `.new`, the old one's `.deleted` | `.new` becomes live, `.deleted` is removed |
//!
//! The entries in memory are those of the last change that succeeded. After one that failed, the file is closed, since redb
//! takes no more orders on that handle, opened again, and read: if it says what memory says, it goes on; else it is written
//! anew from memory, as what a failed sync left in the page cache proves nothing about the device. Until one of them
//! works the catalog is *in doubt*: the failed change is `OutcomeUnknown`, others are refused, and every request and tick
//! tries again. So is a creation whose folder could not be turned: until it can, nobody is told that there is no such
//! namespace, or that there is one.
//!
//! A change whose folder cannot be turned after the commit is taken back by another change. If that one fails too, memory
//! holds the first, file and folders are made to say so, and it has succeeded after all.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};

use super::about::{About, Found};
use super::creations::Creations;
use super::entry::{Entries, Entry};
use super::file::CatalogFile;
use super::folders::{DIR, Folder, Folders, Role};
use super::look::{Look, look};
use super::start::{Started, start};
use crate::api::{Error, ErrorCode, Result};
use crate::disk::{Disk, LookingDisk, check_dir, to_error};

/// The file, as far as it can be told.
#[derive(Debug)]
enum File {
    /// It says what memory says.
    Open(CatalogFile),
    /// Nobody knows what it says.
    InDoubt {
        /// It reads well enough, but cannot be written: redb finds its inside damaged.
        is_damaged: bool,
    },
    /// Closed with the engine: redb writes when it closes a file, so it must not keep one that another process may own by
    /// then.
    Closed,
}

#[derive(Debug)]
struct CatalogInner {
    file: File,
    folders: Folders,
    /// The newest change that succeeded.
    generation: u64,
    /// Namespaces whose folder may not have the role, or the account, that their entry demands.
    unsettled: Vec<[u8; 16]>,
}

/// The open catalog.
pub struct Catalog {
    disk: Arc<dyn Disk>,
    data_dir: PathBuf,
    inner: Mutex<CatalogInner>,
    entries: RwLock<Entries>,
    /// Folders that nobody needs and that could not be removed yet.
    leftovers: Mutex<Vec<Folder>>,
    /// Those of `entries` that nobody is shown yet.
    creations: Creations,
    /// True from the answer `OutcomeUnknown` until file and folders say again what memory says.
    in_doubt: AtomicBool,
}

#[expect(clippy::needless_pass_by_value, reason = "it ends here, as in every `map_err`")]
fn io(error: std::io::Error) -> Error {
    to_error(&error)
}

impl Catalog {
    /// Opens the catalog of a data directory, or makes one.
    pub fn open(disk: Arc<dyn Disk>, data_dir: &Path) -> Result<Self> {
        let Started { file, entries, folders } = start(&*disk, data_dir)?;
        let generation = file.state.generation;
        let inner = Mutex::new(CatalogInner { file: File::Open(file), folders, generation, unsettled: Vec::new() });
        let (entries, creations, leftovers) = (RwLock::new(entries), Creations::default(), Mutex::default());
        let (data_dir, in_doubt) = (data_dir.to_owned(), AtomicBool::new(false));
        Ok(Self { disk, data_dir, inner, entries, creations, in_doubt, leftovers })
    }

    /// The entry of a name whose folder is live. Waits for no disk.
    ///
    /// # Errors
    /// `Unavailable` while nobody knows whether its creation holds.
    pub fn get(&self, name: &str) -> Result<Option<Entry>> {
        self.creations.shown(name, &self.entries.read())
    }

    /// As [`Catalog::get`], for those who ask what has become of a change: a doubt is ended first.
    ///
    /// # Errors
    /// `Unavailable` if it cannot be ended.
    pub fn ask(&self, name: &str) -> Result<Option<Entry>> {
        self.end_any_doubt()?;
        self.get(name)
    }

    /// Ends a doubt if there is one.
    pub fn end_any_doubt(&self) -> Result<()> {
        if self.in_doubt.load(Ordering::Acquire) { self.check_writable() } else { Ok(()) }
    }

    /// As [`Catalog::get`]; if there is none, what an earlier change left open is ended first, and that may bring one to
    /// light. For those who go on to make, change or remove it.
    pub fn settled(&self, name: &str) -> Result<Option<Entry>> {
        if let Ok(Some(entry)) = self.get(name) {
            return Ok(Some(entry));
        }
        self.check_writable()?;
        self.get(name)
    }

    /// All entries whose folders are live, by name.
    ///
    /// # Errors
    /// `Unavailable` while nobody knows whether some change holds, and that cannot be found out.
    pub fn list(&self) -> Result<Vec<(String, Entry)>> {
        self.end_any_doubt()?;
        Ok(self.shown())
    }

    /// As [`Catalog::list`], without those in doubt.
    pub fn shown(&self) -> Vec<(String, Entry)> {
        self.creations.all_shown(&self.entries.read())
    }

    /// The number of namespaces.
    pub fn len(&self) -> usize {
        self.entries.read().len()
    }

    /// The folder of a namespace. Like the other questions it waits for no change that is under way.
    pub fn dir(&self, id: &[u8; 16]) -> PathBuf {
        Folders::new(&self.data_dir, None).path(id, Role::Live)
    }

    /// Where a namespace's files are made, before [`Catalog::create`] or [`Catalog::replace`].
    pub fn new_dir(&self, id: &[u8; 16]) -> PathBuf {
        Folders::new(&self.data_dir, None).path(id, Role::New)
    }

    /// Adds a namespace whose files are complete and synced in [`Catalog::new_dir`]. If it fails for certain they are gone.
    pub fn create(&self, name: &str, mut entry: Entry) -> Result<Entry> {
        let mut inner = self.inner.lock();
        let result = self.create_in(&mut inner, name, &mut entry);
        if result.as_ref().is_err_and(|error| error.code != ErrorCode::OutcomeUnknown) {
            self.discard(Folder { id: entry.id, role: Role::New });
        }
        self.told(result.map(|()| entry))
    }

    fn create_in(&self, inner: &mut CatalogInner, name: &str, entry: &mut Entry) -> Result<()> {
        self.ready(inner)?;
        entry.generation = self.next(inner);
        inner.folders.begin(&*self.disk, entry.generation).map_err(io)?;
        let about = About { name: name.to_owned(), entry: entry.clone() };
        about.write(&*self.disk, &inner.folders.path(&entry.id, Role::New))?;
        inner.folders.sync(&*self.disk).map_err(io)?;
        self.creations.begin(entry.id, name);
        let made = self
            .commit(inner, name, Some(entry.clone()), entry.generation, &[entry.id])
            .and_then(|()| self.finish(inner, &entry.id).or_else(|why| self.undo(inner, name, None, &[entry.id], why)));
        // One that is not settled is shown, or known to be gone, once it is.
        match inner.unsettled.contains(&entry.id) {
            true => self.creations.doubt(entry.id, name),
            false => self.creations.end(&[entry.id]),
        }
        made
    }

    /// Changes what the catalog says of a namespace, without touching its data.
    pub fn update(&self, name: &str, entry: Entry) -> Result<()> {
        let mut inner = self.inner.lock();
        self.told(self.update_in(&mut inner, name, entry))
    }

    fn update_in(&self, inner: &mut CatalogInner, name: &str, mut entry: Entry) -> Result<()> {
        self.ready(inner)?;
        let (id, folder) = (entry.id, inner.folders.path(&entry.id, Role::Live));
        entry.generation = self.next(inner);
        // Durable before the account: else a crash could leave an account whose number the next change takes again.
        inner
            .folders
            .begin(&*self.disk, entry.generation)
            .and_then(|()| inner.folders.sync(&*self.disk))
            .map_err(io)?;
        let about = About { name: name.to_owned(), entry: entry.clone() };
        if let Err(error) = about.write(&*self.disk, &folder) {
            inner.unsettled.push(id);
            self.settle(inner).map_err(|_| unknown(&error))?;
            return Err(error);
        }
        self.commit(inner, name, Some(entry.clone()), entry.generation, &[id])
    }

    /// Lets a namespace be what is complete and synced in [`Catalog::new_dir`] of the new entry. If that fails for certain
    /// the old one is as it was; the new files are the caller's to discard.
    pub fn replace(&self, name: &str, old: &Entry, new: Entry) -> Result<()> {
        let mut inner = self.inner.lock();
        self.told(self.replace_in(&mut inner, name, old, new))
    }

    fn replace_in(&self, inner: &mut CatalogInner, name: &str, old: &Entry, mut new: Entry) -> Result<()> {
        self.ready(inner)?;
        new.generation = self.next(inner);
        inner.folders.begin(&*self.disk, new.generation).map_err(io)?;
        let about = About { name: name.to_owned(), entry: new.clone() };
        about.write(&*self.disk, &inner.folders.path(&new.id, Role::New))?;
        self.leave(inner, &old.id, new.generation)?;
        let both = [old.id, new.id];
        self.commit(inner, name, Some(new.clone()), new.generation, &both)?;
        self.finish(inner, &new.id).or_else(|error| self.undo(inner, name, Some(old.clone()), &both, error))
    }

    /// Removes an entry. The files are then removed by [`Catalog::remove_files`].
    pub fn remove(&self, name: &str) -> Result<Option<Entry>> {
        let mut inner = self.inner.lock();
        self.told(self.remove_in(&mut inner, name))
    }

    fn remove_in(&self, inner: &mut CatalogInner, name: &str) -> Result<Option<Entry>> {
        self.ready(inner)?;
        let Some(entry) = self.get(name)? else { return Ok(None) };
        let generation = self.next(inner);
        self.leave(inner, &entry.id, generation)?;
        self.commit(inner, name, None, generation, &[entry.id])?;
        Ok(Some(entry))
    }

    /// Removes the files of a namespace that is deleted or was never made. Those of a live one are not touched. What cannot be
    /// removed now is tried again by [`Catalog::tidy`].
    pub fn remove_files(&self, id: &[u8; 16]) {
        // Without the lock: removing much takes long, and nobody else knows the folder.
        for role in [Role::New, Role::Deleted] {
            self.discard(Folder { id: *id, role });
        }
    }

    fn discard(&self, folder: Folder) {
        let folders = Folders::new(&self.data_dir, None);
        if let Err(error) = folders.remove(&*self.disk, &folder.id, folder.role) {
            tracing::warn!(%error, folder = folder.name(), "a folder that nobody needs could not be removed yet");
            self.leftovers.lock().push(folder);
        }
    }

    /// Removes what could not be removed before.
    pub fn tidy(&self) {
        let leftovers = std::mem::take(&mut *self.leftovers.lock());
        leftovers.into_iter().for_each(|folder| self.discard(folder));
    }

    /// Refuses to make another folder while one that was not finished cannot be removed: attempts that fail leave one at most.
    pub fn check_tidy(&self) -> Result<()> {
        self.tidy();
        if self.leftovers.lock().iter().all(|folder| folder.role != Role::New) {
            return Ok(());
        }
        let text =
            "what an earlier attempt left could not be removed yet; retry later, the log says what is in the way";
        Err(Error::new(ErrorCode::Unavailable, text))
    }

    /// What the file and the folders say, as the next start would find them. Nobody changes either meanwhile.
    pub fn look(&self) -> Result<Look> {
        let _inner = self.inner.lock();
        look(&LookingDisk::new(Arc::clone(&self.disk)), &self.data_dir)
    }

    /// Closes the file. Changes that come later are refused.
    pub fn close(&self) {
        self.inner.lock().file = File::Closed;
    }

    /// Refuses changes while the catalog is in doubt, after trying to end the doubt.
    pub fn check_writable(&self) -> Result<()> {
        self.ready(&mut self.inner.lock())
    }

    fn next(&self, inner: &CatalogInner) -> u64 {
        inner.generation.max(inner.folders.generation()).saturating_add(1)
    }

    /// Begins the end of a namespace: its folder is one being deleted, until the catalog says that it is not.
    fn leave(&self, inner: &mut CatalogInner, id: &[u8; 16], generation: u64) -> Result<()> {
        let disk = &*self.disk;
        let left = inner
            .folders
            .begin(disk, generation)
            .and_then(|()| inner.folders.turn(disk, id, Role::Live, Role::Deleted))
            .and_then(|_| inner.folders.sync(disk));
        left.map_err(io).or_else(|error| {
            inner.unsettled.push(*id);
            self.settle(inner).map_err(|_| unknown(&error))?;
            Err(error)
        })
    }

    /// Gives a folder that the catalog has named the role of a live one.
    fn finish(&self, inner: &CatalogInner, id: &[u8; 16]) -> Result<()> {
        inner.folders.turn(&*self.disk, id, Role::New, Role::Live).map_err(io)?;
        inner.folders.sync(&*self.disk).map_err(io)
    }

    /// Takes a committed change back because its folder could not be turned. Succeeds if it could neither be taken back, and
    /// so holds: a caller who was told that it failed would go on with files that the next start removes.
    fn undo(
        &self,
        inner: &mut CatalogInner,
        name: &str,
        before: Option<Entry>,
        ids: &[[u8; 16]],
        why: Error,
    ) -> Result<()> {
        let generation = self.next(inner);
        if inner.folders.begin(&*self.disk, generation).is_err() {
            inner.unsettled.extend_from_slice(ids);
            return Err(unknown(&why));
        }
        for id in ids {
            // Of an entry that is taken back the folder was never live for anybody.
            if before.as_ref().is_none_or(|before| before.id != *id) {
                let _ = inner.folders.turn(&*self.disk, id, Role::Live, Role::New);
            }
        }
        match self.commit(inner, name, before, generation, ids) {
            Ok(()) => {}
            Err(error) if error.code == ErrorCode::OutcomeUnknown => return Err(unknown(&why)),
            Err(error) => {
                tracing::warn!(%error, %why, "a change of the catalog could not be taken back; it holds");
                return Ok(());
            }
        }
        inner.unsettled.extend_from_slice(ids);
        self.settle(inner).map_err(|_| unknown(&why))?;
        Err(why)
    }

    /// Commits one entry. After a failure that is certain, folders of `ids` have the role that the entries demand.
    fn commit(
        &self,
        inner: &mut CatalogInner,
        name: &str,
        entry: Option<Entry>,
        generation: u64,
        ids: &[[u8; 16]],
    ) -> Result<()> {
        let mut why = in_doubt();
        for attempt in 0..2 {
            let File::Open(file) = &mut inner.file else { break };
            why = match file.change(name, entry.as_ref(), generation) {
                Ok(()) => {
                    inner.generation = generation;
                    let mut entries = self.entries.write();
                    match entry {
                        Some(entry) => drop(entries.insert(name.to_owned(), entry)),
                        None => drop(entries.remove(name)),
                    }
                    return Ok(());
                }
                Err(why) => why,
            };
            tracing::error!(error = %why, "a change of the catalog failed; the file is opened again");
            let is_damaged = why.code == ErrorCode::Corrupt;
            inner.file = File::InDoubt { is_damaged };
            // A damaged file is made anew, and then the change can be made.
            if !is_damaged || attempt > 0 || self.end_doubt(inner).is_err() {
                break;
            }
        }
        inner.unsettled.extend_from_slice(ids);
        match self.ready(inner) {
            Ok(()) => Err(why),
            Err(_) => Err(unknown(&why)),
        }
    }

    /// Ends a doubt: afterwards file and folders say what memory says. Refuses to go on where the folders were removed.
    fn ready(&self, inner: &mut CatalogInner) -> Result<()> {
        match &inner.file {
            File::Closed => {}
            File::Open(_) | File::InDoubt { .. } => check_dir(&*self.disk, &self.data_dir.join(DIR)).map_err(io)?,
        }
        self.end_doubt(inner)?;
        self.settle(inner)?;
        self.in_doubt.store(false, Ordering::Release);
        Ok(())
    }

    /// Notes that somebody was told that nobody knows.
    fn told<T>(&self, result: Result<T>) -> Result<T> {
        if result.as_ref().is_err_and(|error| error.code == ErrorCode::OutcomeUnknown) {
            self.in_doubt.store(true, Ordering::Release);
        }
        result
    }

    fn end_doubt(&self, inner: &mut CatalogInner) -> Result<()> {
        let is_damaged = match &inner.file {
            File::Closed => return Err(Error::new(ErrorCode::ShuttingDown, "the database is closed")),
            File::Open(_) => return Ok(()),
            File::InDoubt { is_damaged } => *is_damaged,
        };
        let file = self.reopen(inner.generation, is_damaged).map_err(|error| {
            tracing::debug!(%error, "the catalog stays in doubt");
            in_doubt()
        })?;
        tracing::info!("the catalog is open again");
        inner.file = File::Open(file);
        Ok(())
    }

    fn reopen(&self, generation: u64, is_damaged: bool) -> Result<CatalogFile> {
        // The file may have got its name from an attempt that ended before this.
        self.disk.sync_dir(&self.data_dir).map_err(io)?;
        let entries = self.entries.read();
        if !is_damaged
            && let Ok((file, found)) = CatalogFile::open(&*self.disk, &self.data_dir)
            && file.state.generation == generation
            && found == *entries
        {
            return Ok(file);
        }
        CatalogFile::create(&*self.disk, &self.data_dir, &entries, generation)
    }

    /// Folders of entries become live again, and say of themselves what their entry says. Of others, those being made are
    /// removed.
    fn settle(&self, inner: &mut CatalogInner) -> Result<()> {
        if inner.unsettled.is_empty() {
            return Ok(());
        }
        let disk = &*self.disk;
        let entries = self.entries.read();
        for id in &inner.unsettled {
            let Some((name, entry)) = entries.iter().find(|(_, entry)| entry.id == *id) else {
                self.discard(Folder { id: *id, role: Role::New });
                continue;
            };
            for role in [Role::Deleted, Role::New] {
                inner.folders.turn(disk, id, role, Role::Live).map_err(io)?;
            }
            let (folder, about) =
                (inner.folders.path(id, Role::Live), About { name: name.clone(), entry: entry.clone() });
            match About::read(disk, &folder, id)? {
                // An account that is newer than the catalog would be believed by the next start.
                Found::Valid(found) if found != about => about.write(disk, &folder)?,
                Found::Valid(_) | Found::Missing | Found::Damaged(_) => {}
            }
        }
        inner.folders.sync(disk).map_err(io)?;
        self.creations.end(&inner.unsettled);
        inner.unsettled.clear();
        Ok(())
    }

    /// Refuses to make files in a directory that is gone.
    pub fn check_root(&self) -> Result<()> {
        self.disk.check_root().map_err(io)
    }
}

fn in_doubt() -> Error {
    let text = "the catalog's disk fails: namespaces can be neither created nor changed until it answers; retry later";
    Error::new(ErrorCode::Unavailable, text)
}

fn unknown(why: &Error) -> Error {
    let text = format!("the change of the catalog may or may not hold ({why}); ask for the namespace to find out");
    Error::new(ErrorCode::OutcomeUnknown, text)
}
