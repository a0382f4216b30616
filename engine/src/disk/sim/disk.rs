//! The handle: [`Disk`] and [`DiskFile`] over the simulated tree, and the controls that arm faults.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::calls::{Call, CallFault, ENOSPC};
use super::crash::{self, CrashMode};
use super::state::{DirNode, Fate, FileNode, FileOp, NameOp, NodeId, SimNode, SimState, power_lost, to_index};
use crate::disk::fault::with_path;
use crate::disk::file::{Disk, DiskFile, OpenMode};

/// A simulated disk. Clones share it.
#[derive(Clone)]
pub struct SimDisk {
    state: Arc<Mutex<SimState>>,
}

#[derive(Clone)]
struct SimFile {
    state: Arc<Mutex<SimState>>,
    node: NodeId,
    path: PathBuf,
}

impl SimDisk {
    /// An empty disk with unlimited space.
    #[must_use]
    pub fn new() -> Self {
        Self::from_nodes(vec![SimNode::Dir(DirNode::default())])
    }

    fn from_nodes(nodes: Vec<SimNode>) -> Self {
        Self { state: Arc::new(Mutex::new(SimState::new(nodes))) }
    }

    /// Mutating operations so far: writes, length changes, syncs, and name changes.
    #[must_use]
    pub fn op_count(&self) -> u64 {
        self.state.lock().op_count
    }

    /// Syncs so far, of files and directories.
    #[must_use]
    pub fn sync_count(&self) -> u64 {
        self.state.lock().sync_count
    }

    /// Cuts the power in the middle of mutating operation `op` (counted from 1 as [`Self::op_count`] does): it fails, may or
    /// may not have happened, and everything after it fails.
    pub fn crash_at(&self, op: u64) {
        self.state.lock().crash_at = Some(op);
    }

    /// Makes mutating operation `op` fail once with `EIO`, without effect.
    pub fn fail_at(&self, op: u64) {
        self.fail_at_each(&[op]);
    }

    /// As [`Self::fail_at`], for several operations.
    pub fn fail_at_each(&self, ops: &[u64]) {
        self.state.lock().fail_at = ops.to_vec();
    }

    /// Makes sync number `sync` (counted from 1 as [`Self::sync_count`] does) fail once with `EIO`. As on Linux, the
    /// unsynced writes of that file then count as clean: they stay readable, never become durable, and the next sync
    /// succeeds.
    pub fn fail_sync_at(&self, sync: u64) {
        self.state.lock().fail_sync_at = Some(sync);
    }

    /// Calls so far, of every kind.
    #[must_use]
    pub fn call_count(&self) -> u64 {
        self.state.lock().calls.count
    }

    /// Arms a fault for the first call from number `from` on (counted from 1 as [`Self::call_count`] does) that can suffer it, or
    /// for all of them.
    pub fn fail_call(&self, fault: CallFault, from: u64, for_ever: bool) {
        self.state.lock().calls.arm(fault, from, for_ever);
    }

    /// Ends the fault of [`Self::fail_call`]. Gives how many calls it has befallen.
    pub fn lift_fault(&self) -> u64 {
        let calls = &mut self.state.lock().calls;
        calls.lift();
        calls.befallen
    }

    /// Sets the space left; growing a file beyond it fails with `ENOSPC`. `None` is unlimited.
    pub fn set_free_bytes(&self, free: Option<u64>) {
        self.state.lock().free_bytes = free;
    }

    /// The disk found after a power loss now: what is durable plus the unsynced operations that `mode` and `seed` choose.
    #[must_use]
    pub fn crash_image(&self, seed: u64, mode: CrashMode) -> Self {
        Self::from_nodes(crash::image(&self.state.lock(), seed, mode))
    }

    /// The file's live bytes, if there is such a file.
    #[must_use]
    pub fn bytes(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state.lock();
        let id = state.lookup(path).ok().flatten()?;
        state.file(id).ok().map(|file| file.live.clone())
    }

    /// Flips the bits of `xor` in one byte of the medium.
    ///
    /// # Errors
    /// When there is no such byte.
    pub fn corrupt(&self, path: &Path, offset: u64, xor: u8) -> io::Result<()> {
        let mut state = self.state.lock();
        let id = state.require(path)?;
        let file = state.file_mut(id)?;
        *file.live.get_mut(to_index(offset)).ok_or(io::ErrorKind::UnexpectedEof)? ^= xor;
        if let Some(byte) = file.durable.get_mut(to_index(offset)) {
            *byte ^= xor;
        }
        Ok(())
    }

    /// Cuts the file on the medium to `len` bytes.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn cut(&self, path: &Path, len: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        let id = state.require(path)?;
        let file = state.file_mut(id)?;
        file.live.truncate(to_index(len));
        file.durable.truncate(to_index(len));
        file.pending.clear();
        Ok(())
    }

    fn named<T>(operation: &'static str, path: &Path, result: io::Result<T>) -> io::Result<T> {
        result.map_err(|error| with_path(operation, path, error))
    }

    /// Gives a name to `node` in its parent, as one counted operation.
    fn link(state: &mut SimState, path: &Path, node: SimNode) -> io::Result<NodeId> {
        let fate = state.begin_whole(Call::Name)?;
        let (dir, name) = state.parent(path)?;
        let id = state.add_node(node);
        state.change_name(dir, NameOp::Link { name, node: id })?;
        finish(fate).map(|()| id)
    }
}

impl Default for SimDisk {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state.lock();
        f.debug_struct("SimDisk").field("op_count", &state.op_count).field("crashed", &state.crashed).finish()
    }
}

/// An interrupted operation left its pending trace; its caller sees the power go.
fn finish(fate: Fate) -> io::Result<()> {
    match fate {
        Fate::Runs => Ok(()),
        Fate::Interrupted => Err(power_lost()),
    }
}

impl Disk for SimDisk {
    fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        Self::named("create directory", path, state.ask(Call::Ask))?;
        let mut ancestors: Vec<&Path> = path.ancestors().collect();
        ancestors.reverse();
        for ancestor in ancestors {
            match state.lookup(ancestor)? {
                Some(id) => Self::named("create directory", path, state.dir(id).map(drop))?,
                None => {
                    let made = Self::link(&mut state, ancestor, SimNode::Dir(DirNode::default()));
                    Self::named("create directory", path, made.map(drop))?;
                }
            }
        }
        Ok(())
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        let mut state = self.state.lock();
        Self::named("stat", path, state.ask(Call::Ask))?;
        Ok(state.lookup(path)?.is_some())
    }

    fn file_len(&self, path: &Path) -> io::Result<Option<u64>> {
        let mut state = self.state.lock();
        Self::named("stat", path, state.ask(Call::Ask))?;
        match state.lookup(path)? {
            None => Ok(None),
            Some(id) => match state.file(id) {
                Ok(file) => Ok(Some(file.live.len() as u64)),
                Err(_) => Err(with_path("stat", path, io::ErrorKind::InvalidInput.into())),
            },
        }
    }

    fn open(&self, path: &Path, mode: OpenMode) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state.lock();
        if mode != OpenMode::CreateNew {
            Self::named("open", path, state.ask(Call::Ask))?;
        }
        let node = match (mode, Self::named("open", path, state.lookup(path))?) {
            (OpenMode::Existing | OpenMode::ReadOnly, Some(id)) => {
                Self::named("open", path, state.file(id).map(|_| id))?
            }
            (OpenMode::Existing | OpenMode::ReadOnly, None) => {
                return Err(with_path("open", path, io::ErrorKind::NotFound.into()));
            }
            (OpenMode::CreateNew, Some(_)) => {
                return Err(with_path("open", path, io::ErrorKind::AlreadyExists.into()));
            }
            (OpenMode::CreateNew, None) => {
                Self::named("open", path, Self::link(&mut state, path, SimNode::File(FileNode::default())))?
            }
        };
        Ok(Arc::new(SimFile { state: Arc::clone(&self.state), node, path: path.to_owned() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        let fate = Self::named("rename", from, state.begin_whole(Call::Name))?;
        let node = Self::named("rename", from, state.require(from))?;
        let (from_dir, from_name) = state.parent(from)?;
        let (to_dir, to_name) = Self::named("rename", from, state.parent(to))?;
        if let Some(replaced) = state.lookup(to)?.filter(|id| *id != node) {
            let len = state.file(replaced)?.live.len() as u64;
            state.give_space(len);
        }
        if from_dir == to_dir {
            state.change_name(from_dir, NameOp::Rename { from: from_name, to: to_name, node })?;
        } else {
            state.change_name(to_dir, NameOp::Link { name: to_name, node })?;
            state.change_name(from_dir, NameOp::Unlink { name: from_name })?;
        }
        Self::named("rename", from, finish(fate))
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        let fate = Self::named("remove", path, state.begin_whole(Call::Unname))?;
        let id = Self::named("remove", path, state.require(path))?;
        let len = Self::named("remove", path, state.file(id))?.live.len() as u64;
        let (dir, name) = state.parent(path)?;
        state.change_name(dir, NameOp::Unlink { name })?;
        state.give_space(len);
        Self::named("remove", path, finish(fate))
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        let names = self.list_dir(path)?;
        for name in names {
            let child = path.join(name);
            let is_dir = {
                let state = self.state.lock();
                state.require(&child).and_then(|id| state.dir(id)).is_ok()
            };
            if is_dir { self.remove_dir_all(&child)? } else { self.remove_file(&child)? }
        }
        let mut state = self.state.lock();
        let fate = Self::named("remove directory", path, state.begin_whole(Call::Unname))?;
        let (dir, name) = state.parent(path)?;
        state.change_name(dir, NameOp::Unlink { name })?;
        Self::named("remove directory", path, finish(fate))
    }

    fn list_dir(&self, path: &Path) -> io::Result<Vec<String>> {
        let mut state = self.state.lock();
        Self::named("list", path, state.ask(Call::Ask))?;
        let dir = state.require(path).and_then(|id| state.dir(id));
        Ok(Self::named("list", path, dir)?.live.keys().cloned().collect())
    }

    /// A failed directory sync keeps its operations pending: journaling file systems stop altogether rather than forget.
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state.lock();
        let (fate, befallen) = Self::named("fsync directory", path, state.begin_sync())?;
        Self::named("fsync directory", path, finish(fate))?;
        if let Some(fault) = befallen {
            return Err(with_path("fsync directory", path, fault.error()));
        }
        let id = Self::named("fsync directory", path, state.require(path))?;
        let dir = Self::named("fsync directory", path, state.dir_mut(id))?;
        let mut names: BTreeMap<String, NodeId> = std::mem::take(&mut dir.durable);
        dir.pending.drain(..).for_each(|op| op.apply(&mut names));
        dir.durable = names;
        Ok(())
    }

    /// Nothing takes the tree away from under its users.
    fn check_root(&self) -> io::Result<()> {
        self.state.lock().ask(Call::Ask)
    }

    fn is_read_only(&self, _path: &Path) -> io::Result<bool> {
        self.state.lock().ask(Call::Ask).map(|()| false)
    }

    fn free_bytes(&self, _path: &Path) -> io::Result<u64> {
        let mut state = self.state.lock();
        state.ask(Call::Ask)?;
        Ok(state.free_bytes.unwrap_or(u64::MAX))
    }
}

impl fmt::Debug for SimFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SimFile {
    fn named<T>(&self, operation: &'static str, result: io::Result<T>) -> io::Result<T> {
        SimDisk::named(operation, &self.path, result)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state.lock();
        let (fate, befallen) = state.begin(Call::Write)?;
        let data = match befallen {
            None => data,
            Some(CallFault::Short) => data.get(..data.len() / 2).unwrap_or_default(),
            Some(fault) => return Err(fault.error()),
        };
        let len = state.file(self.node)?.live.len() as u64;
        let end = offset + data.len() as u64;
        let wanted = end.saturating_sub(len);
        let granted = state.take_space(wanted);
        let missing = to_index(wanted - granted).min(data.len());
        let written = data.get(..data.len() - missing).unwrap_or_default().to_vec();
        state.change_file(self.node, FileOp::Write { offset, data: written })?;
        if missing > 0 {
            return Err(io::Error::from_raw_os_error(ENOSPC));
        }
        befallen.map_or(Ok(()), |fault| Err(fault.error()))?;
        finish(fate)
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        let (fate, befallen) = state.begin_sync()?;
        finish(fate)?;
        if befallen == Some(CallFault::Interrupted) {
            return Err(CallFault::Interrupted.error());
        }
        let file = state.file_mut(self.node)?;
        let pending = std::mem::take(&mut file.pending);
        if let Some(fault) = befallen {
            return Err(fault.error());
        }
        pending.iter().for_each(|op| op.apply(&mut file.durable));
        Ok(())
    }
}

impl DiskFile for SimFile {
    fn len(&self) -> io::Result<u64> {
        let mut state = self.state.lock();
        self.named("stat", state.ask(Call::Ask))?;
        Ok(state.file(self.node)?.live.len() as u64)
    }

    fn read_exact_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let mut state = self.state.lock();
        self.named("read", state.check_power())?;
        let befallen = state.calls.next(Call::Read);
        let start = to_index(offset);
        match state.file(self.node)?.live.get(start..start.saturating_add(out.len())) {
            Some(bytes) => {
                let read = match befallen {
                    None => out.len(),
                    Some(CallFault::Short) => out.len() / 2,
                    Some(_) => 0,
                };
                if let (Some(out), Some(bytes)) = (out.get_mut(..read), bytes.get(..read)) {
                    out.copy_from_slice(bytes);
                }
                self.named("read", befallen.map_or(Ok(()), |fault| Err(fault.error())))
            }
            None => self.named("read", Err(io::ErrorKind::UnexpectedEof.into())),
        }
    }

    fn write_all_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.named("write", self.write(offset, data))
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        let fate = self.named("set length of", state.begin_whole(Call::Write))?;
        let current = state.file(self.node)?.live.len() as u64;
        let wanted = len.saturating_sub(current);
        let granted = state.take_space(wanted);
        if granted < wanted {
            state.give_space(granted);
            return self.named("set length of", Err(io::Error::from_raw_os_error(ENOSPC)));
        }
        state.give_space(current.saturating_sub(len));
        state.change_file(self.node, FileOp::SetLen(len))?;
        self.named("set length of", finish(fate))
    }

    /// A removed file is not told from another: tests of that are for a real file system.
    fn is_linked(&self) -> io::Result<bool> {
        self.named("stat", self.state.lock().ask(Call::Ask)).map(|()| true)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.named("fdatasync", self.sync())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.named("fsync", self.sync())
    }
}
