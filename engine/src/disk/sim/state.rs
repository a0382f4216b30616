//! The simulated tree: nodes with durable content, live content and the operations that separate the two.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path};

use super::calls::{Call, CallFault, Calls, EIO};

/// Index of a node in [`SimState::nodes`]; the root directory is node 0.
pub(super) type NodeId = usize;

pub(super) const ROOT: NodeId = 0;

#[derive(Clone)]
pub(super) enum FileOp {
    Write { offset: u64, data: Vec<u8> },
    SetLen(u64),
}

#[derive(Clone)]
pub(super) enum NameOp {
    Link {
        name: String,
        node: NodeId,
    },
    Unlink {
        name: String,
    },
    /// Within one directory a rename is one operation, kept or lost as a whole.
    Rename {
        from: String,
        to: String,
        node: NodeId,
    },
}

#[derive(Clone, Default)]
pub(super) struct FileNode {
    pub(super) durable: Vec<u8>,
    pub(super) live: Vec<u8>,
    pub(super) pending: Vec<FileOp>,
}

#[derive(Clone, Default)]
pub(super) struct DirNode {
    pub(super) durable: BTreeMap<String, NodeId>,
    pub(super) live: BTreeMap<String, NodeId>,
    pub(super) pending: Vec<NameOp>,
}

#[derive(Clone)]
pub(super) enum SimNode {
    File(FileNode),
    Dir(DirNode),
}

impl FileOp {
    pub(super) fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write { offset, data } => overlay(bytes, *offset, data),
            Self::SetLen(len) => bytes.resize(to_index(*len), 0),
        }
    }
}

impl NameOp {
    pub(super) fn apply(&self, names: &mut BTreeMap<String, NodeId>) {
        match self {
            Self::Link { name, node } => {
                names.insert(name.clone(), *node);
            }
            Self::Unlink { name } => {
                names.remove(name);
            }
            Self::Rename { from, to, node } => {
                if names.get(from) == Some(node) {
                    names.remove(from);
                }
                names.insert(to.clone(), *node);
            }
        }
    }
}

/// Copies `data` over `bytes` at `offset`, growing with zeros.
pub(super) fn overlay(bytes: &mut Vec<u8>, offset: u64, data: &[u8]) {
    let start = to_index(offset);
    if bytes.len() < start + data.len() {
        bytes.resize(start + data.len(), 0);
    }
    if let Some(target) = bytes.get_mut(start..start + data.len()) {
        target.copy_from_slice(data);
    }
}

/// A simulated file fits memory, so its offsets fit `usize`.
pub(super) fn to_index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Everything the disk knows, and the faults armed on it.
pub(super) struct SimState {
    pub(super) nodes: Vec<SimNode>,
    pub(super) op_count: u64,
    pub(super) sync_count: u64,
    pub(super) crash_at: Option<u64>,
    pub(super) fail_at: Vec<u64>,
    pub(super) fail_sync_at: Option<u64>,
    pub(super) crashed: bool,
    pub(super) calls: Calls,
    /// `None`: as much as anyone wants.
    pub(super) free_bytes: Option<u64>,
}

/// What the fault plan says about a mutating operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Do it.
    Runs,
    /// Power goes away in the middle: leave it as a pending operation, then fail.
    Interrupted,
}

impl SimState {
    pub(super) fn new(nodes: Vec<SimNode>) -> Self {
        Self {
            nodes,
            op_count: 0,
            sync_count: 0,
            crash_at: None,
            fail_at: Vec::new(),
            fail_sync_at: None,
            crashed: false,
            calls: Calls::default(),
            free_bytes: None,
        }
    }

    /// Counts a call that changes nothing, and fails it where a fault is armed.
    pub(super) fn ask(&mut self, call: Call) -> io::Result<()> {
        self.check_power()?;
        self.calls.next(call).map_or(Ok(()), |fault| Err(fault.error()))
    }

    /// Counts a mutating operation and consults the fault plan. What befalls the call is the caller's to carry out where it
    /// leaves a trace: a short write, a failed sync.
    pub(super) fn begin(&mut self, call: Call) -> io::Result<(Fate, Option<CallFault>)> {
        self.check_power()?;
        self.op_count += 1;
        let befallen = self.calls.next(call);
        if self.fail_at.contains(&self.op_count) {
            return Err(io::Error::from_raw_os_error(EIO));
        }
        self.crashed = self.crash_at.is_some_and(|op| self.op_count >= op);
        Ok((if self.crashed { Fate::Interrupted } else { Fate::Runs }, befallen))
    }

    /// As [`SimState::begin`], for an operation of which a fault leaves nothing.
    pub(super) fn begin_whole(&mut self, call: Call) -> io::Result<Fate> {
        let (fate, befallen) = self.begin(call)?;
        befallen.map_or(Ok(fate), |fault| Err(fault.error()))
    }

    /// Counts a sync besides; gives what the failing one reports.
    pub(super) fn begin_sync(&mut self) -> io::Result<(Fate, Option<CallFault>)> {
        let (fate, befallen) = self.begin(Call::Sync)?;
        self.sync_count += 1;
        let fails = self.fail_sync_at == Some(self.sync_count);
        Ok((fate, befallen.or(fails.then_some(CallFault::Failed))))
    }

    pub(super) fn check_power(&self) -> io::Result<()> {
        if self.crashed { Err(power_lost()) } else { Ok(()) }
    }

    pub(super) fn file(&self, id: NodeId) -> io::Result<&FileNode> {
        match self.nodes.get(id) {
            Some(SimNode::File(file)) => Ok(file),
            _ => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    pub(super) fn file_mut(&mut self, id: NodeId) -> io::Result<&mut FileNode> {
        match self.nodes.get_mut(id) {
            Some(SimNode::File(file)) => Ok(file),
            _ => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    pub(super) fn dir(&self, id: NodeId) -> io::Result<&DirNode> {
        match self.nodes.get(id) {
            Some(SimNode::Dir(dir)) => Ok(dir),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn dir_mut(&mut self, id: NodeId) -> io::Result<&mut DirNode> {
        match self.nodes.get_mut(id) {
            Some(SimNode::Dir(dir)) => Ok(dir),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    pub(super) fn lookup(&self, path: &Path) -> io::Result<Option<NodeId>> {
        let mut id = ROOT;
        for name in names(path)? {
            let Some(SimNode::Dir(dir)) = self.nodes.get(id) else { return Ok(None) };
            let Some(child) = dir.live.get(&name) else { return Ok(None) };
            id = *child;
        }
        Ok(Some(id))
    }

    pub(super) fn require(&self, path: &Path) -> io::Result<NodeId> {
        self.lookup(path)?.ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    /// The directory that holds `path`, and the last name.
    pub(super) fn parent(&self, path: &Path) -> io::Result<(NodeId, String)> {
        let name = names(path)?.pop().ok_or(io::ErrorKind::InvalidInput)?;
        Ok((self.require(path.parent().unwrap_or(Path::new("")))?, name))
    }

    pub(super) fn add_node(&mut self, node: SimNode) -> NodeId {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    pub(super) fn change_name(&mut self, dir: NodeId, op: NameOp) -> io::Result<()> {
        let dir = self.dir_mut(dir)?;
        op.apply(&mut dir.live);
        dir.pending.push(op);
        Ok(())
    }

    pub(super) fn change_file(&mut self, id: NodeId, op: FileOp) -> io::Result<()> {
        let file = self.file_mut(id)?;
        op.apply(&mut file.live);
        file.pending.push(op);
        Ok(())
    }

    /// Takes `wanted` bytes of free space; returns how many there were.
    pub(super) fn take_space(&mut self, wanted: u64) -> u64 {
        let Some(free) = self.free_bytes.as_mut() else { return wanted };
        let granted = wanted.min(*free);
        *free -= granted;
        granted
    }

    pub(super) fn give_space(&mut self, freed: u64) {
        if let Some(free) = self.free_bytes.as_mut() {
            *free += freed;
        }
    }
}

pub(super) fn power_lost() -> io::Error {
    io::Error::other("simulated power loss")
}

/// The path's names below the root; refuses `..`.
fn names(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for component in path.components() {
        match component {
            Component::RootDir | Component::CurDir => {}
            Component::Normal(name) => names.push(name.to_string_lossy().into_owned()),
            Component::ParentDir | Component::Prefix(_) => return Err(io::ErrorKind::InvalidInput.into()),
        }
    }
    Ok(names)
}
