//! A disk for tests that looks on: it counts the handles that are open on each file, lets a chosen operation wait, and makes
//! chosen operations fail. What it does not touch goes through to the disk below.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use super::file::{Disk, DiskFile, OpenMode};

const EROFS: i32 = 30;

/// What is done to a file or directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// A file is opened or made.
    Open,
    /// Bytes are read.
    Read,
    /// Bytes are written, or the length is set.
    Write,
    /// Bytes or names are made durable.
    Sync,
    /// A name is changed or removed.
    Name,
}

/// Operations on a path with these characters in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ProbeTarget {
    touch: Touch,
    name: &'static str,
    /// True for those of the engine's own threads too.
    anybodys: bool,
}

impl ProbeTarget {
    fn fits(&self, touch: Touch, path: &Path) -> bool {
        let of_engine = || std::thread::current().name().is_some_and(|name| name.starts_with("toondb-"));
        self.touch == touch && path.to_string_lossy().contains(self.name) && (self.anybodys || !of_engine())
    }
}

#[derive(Debug)]
struct Hold {
    target: ProbeTarget,
    /// True once an operation has come and waits.
    waits: bool,
}

#[derive(Debug)]
struct ProbeFault {
    target: ProbeTarget,
    errno: i32,
    /// So many pass before.
    skip: usize,
    left: usize,
}

#[derive(Debug, Default)]
struct ProbeState {
    open: BTreeMap<PathBuf, usize>,
    most_on_one: BTreeMap<PathBuf, usize>,
    most_at_once: usize,
    opened: u64,
    holds: Vec<Hold>,
    faults: Vec<ProbeFault>,
    read_only: bool,
}

#[derive(Debug, Default)]
struct ProbeShared {
    seen: Mutex<ProbeState>,
    changed: Condvar,
}

/// The disk. Clones share what they see.
#[derive(Debug, Clone)]
pub struct ProbeDisk {
    disk: Arc<dyn Disk>,
    shared: Arc<ProbeShared>,
}

#[derive(Debug)]
struct ProbeFile {
    file: Option<Arc<dyn DiskFile>>,
    path: PathBuf,
    shared: Arc<ProbeShared>,
}

impl ProbeShared {
    /// Waits where an operation is held, then fails where it is to fail.
    fn touch(&self, touch: Touch, path: &Path) -> io::Result<()> {
        let mut seen = self.seen.lock();
        if let Some(hold) = seen.holds.iter_mut().find(|hold| !hold.waits && hold.target.fits(touch, path)) {
            let target = hold.target;
            hold.waits = true;
            self.changed.notify_all();
            self.changed.wait_while(&mut seen, |seen| seen.holds.iter().any(|hold| hold.target == target));
        }
        if seen.read_only && matches!(touch, Touch::Write | Touch::Name) {
            return Err(io::Error::from_raw_os_error(EROFS));
        }
        match seen.faults.iter_mut().find(|fault| fault.left > 0 && fault.target.fits(touch, path)) {
            Some(fault) if fault.skip > 0 => {
                fault.skip -= 1;
                Ok(())
            }
            Some(fault) => {
                fault.left -= 1;
                Err(io::Error::from_raw_os_error(fault.errno))
            }
            None => Ok(()),
        }
    }
}

impl ProbeDisk {
    /// Looks on at `disk`.
    #[must_use]
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk, shared: Arc::default() }
    }

    fn add_hold(&self, target: ProbeTarget) {
        self.shared.seen.lock().holds.push(Hold { target, waits: false });
    }

    /// Lets the next operation of this kind wait, on paths that contain `name`; those behind it pass.
    pub fn hold(&self, touch: Touch, name: &'static str) {
        self.add_hold(ProbeTarget { touch, name, anybodys: true });
    }

    /// The same, but for the next one that a caller does on its own thread.
    pub fn hold_callers(&self, touch: Touch, name: &'static str) {
        self.add_hold(ProbeTarget { touch, name, anybodys: false });
    }

    /// Returns once an operation waits.
    pub fn wait_for_held(&self, touch: Touch, name: &'static str) {
        let mut seen = self.shared.seen.lock();
        let waits = |hold: &Hold| (hold.target.touch, hold.target.name) == (touch, name) && hold.waits;
        self.shared.changed.wait_while(&mut seen, |seen| !seen.holds.iter().any(waits));
    }

    /// True while an operation waits.
    #[must_use]
    pub fn holds(&self, touch: Touch, name: &'static str) -> bool {
        let seen = self.shared.seen.lock();
        seen.holds.iter().any(|hold| (hold.target.touch, hold.target.name) == (touch, name) && hold.waits)
    }

    /// Lets it go on.
    pub fn release(&self, touch: Touch, name: &'static str) {
        self.shared.seen.lock().holds.retain(|hold| (hold.target.touch, hold.target.name) != (touch, name));
        self.shared.changed.notify_all();
    }

    fn add_fault(&self, target: ProbeTarget, errno: i32, times: usize) {
        self.shared.seen.lock().faults.push(ProbeFault { target, errno, skip: 0, left: times });
    }

    /// Makes the next `times` operations of this kind fail, on paths that contain `name`.
    pub fn fail(&self, touch: Touch, name: &'static str, errno: i32, times: usize) {
        self.add_fault(ProbeTarget { touch, name, anybodys: true }, errno, times);
    }

    /// The same, but for what callers do on their own threads.
    pub fn fail_callers(&self, touch: Touch, name: &'static str, errno: i32, times: usize) {
        self.add_fault(ProbeTarget { touch, name, anybodys: false }, errno, times);
    }

    /// Lets `skip` operations of this kind pass and makes all that follow fail.
    pub fn fail_after(&self, skip: usize, touch: Touch, name: &'static str, errno: i32) {
        let target = ProbeTarget { touch, name, anybodys: true };
        self.shared.seen.lock().faults.push(ProbeFault { target, errno, skip, left: usize::MAX });
    }

    /// Ends all faults.
    pub fn heal(&self) {
        self.shared.seen.lock().faults.clear();
    }

    /// As if the file system had been mounted anew, to be read only or not.
    pub fn set_read_only(&self, read_only: bool) {
        self.shared.seen.lock().read_only = read_only;
    }

    /// How many files were opened so far.
    #[must_use]
    pub fn opened(&self) -> u64 {
        self.shared.seen.lock().opened
    }

    /// Handles that are open now on files of this name.
    #[must_use]
    pub fn open_now(&self, name: &str) -> usize {
        self.shared.seen.lock().open.iter().filter(|(path, _)| path.ends_with(name)).map(|(_, count)| count).sum()
    }

    /// The most handles that were ever open at once, on whatever.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.shared.seen.lock().most_at_once
    }

    /// The most handles that were ever open at once on one file of this name.
    #[must_use]
    pub fn most_on_one(&self, name: &str) -> usize {
        let seen = self.shared.seen.lock();
        seen.most_on_one.iter().filter(|(path, _)| path.ends_with(name)).map(|(_, most)| *most).max().unwrap_or(0)
    }
}

impl Disk for ProbeDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        if !self.disk.exists(path)? {
            self.shared.touch(Touch::Name, path)?;
        }
        self.disk.create_dir_all(path)
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.disk.exists(path)
    }

    fn file_len(&self, path: &Path) -> io::Result<Option<u64>> {
        self.disk.file_len(path)
    }

    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        self.shared.touch(Touch::Open, path)?;
        if mode != OpenMode::ReadOnly && self.shared.seen.lock().read_only {
            return Err(io::Error::from_raw_os_error(EROFS));
        }
        let file = Some(self.disk.open(path, mode)?);
        let mut seen = self.shared.seen.lock();
        seen.opened += 1;
        let open = seen.open.entry(path.to_owned()).or_default();
        *open += 1;
        let open = *open;
        let most = seen.most_on_one.entry(path.to_owned()).or_default();
        *most = open.max(*most);
        let at_once = seen.open.values().sum();
        seen.most_at_once = seen.most_at_once.max(at_once);
        Ok(Arc::new(ProbeFile { file, path: path.to_owned(), shared: Arc::clone(&self.shared) }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.shared.touch(Touch::Name, from)?;
        self.disk.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.shared.touch(Touch::Name, path)?;
        self.disk.remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.shared.touch(Touch::Name, path)?;
        self.disk.remove_dir_all(path)
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<String>> {
        self.disk.list_dir(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.shared.touch(Touch::Sync, path)?;
        self.disk.sync_dir(path)
    }

    fn check_root(&self) -> io::Result<()> {
        self.disk.check_root()
    }

    fn free_bytes(&self, path: &Path) -> io::Result<u64> {
        self.disk.free_bytes(path)
    }

    fn is_read_only(&self, _path: &Path) -> io::Result<bool> {
        Ok(self.shared.seen.lock().read_only)
    }
}

impl Drop for ProbeFile {
    fn drop(&mut self) {
        // Closed first, then counted.
        self.file = None;
        let mut seen = self.shared.seen.lock();
        if let Some(count) = seen.open.get_mut(&self.path) {
            *count -= 1;
        }
    }
}

impl ProbeFile {
    fn touch(&self, touch: Touch) -> io::Result<&dyn DiskFile> {
        self.shared.touch(touch, &self.path)?;
        self.file.as_deref().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl DiskFile for ProbeFile {
    fn len(&self) -> io::Result<u64> {
        self.touch(Touch::Read)?.len()
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.touch(Touch::Read)?.read_exact_at(offset, out)
    }

    fn write_all_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.touch(Touch::Write)?.write_all_at(offset, data)
    }

    fn write_parts_at(&self, offset: u64, parts: &[&[u8]]) -> io::Result<()> {
        self.touch(Touch::Write)?.write_parts_at(offset, parts)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.touch(Touch::Write)?.set_len(len)
    }

    fn is_linked(&self) -> io::Result<bool> {
        self.touch(Touch::Read)?.is_linked()
    }

    fn sync_data(&self) -> io::Result<()> {
        self.touch(Touch::Sync)?.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.touch(Touch::Sync)?.sync_all()
    }
}
