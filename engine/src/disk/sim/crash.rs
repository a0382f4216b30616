//! What is left on the disk after power loss.

use std::collections::BTreeMap;

use super::state::{DirNode, FileNode, FileOp, NodeId, ROOT, SimNode, SimState, to_index};
use crate::rng::{Rng, SeededRng};

/// The unit a real device writes atomically at best.
const SECTOR_BYTES: u64 = 512;

/// Which operations that were never synced survive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashMode {
    /// None.
    DropUnsynced,
    /// All, completely.
    KeepAll,
    /// A random subset; each write whole, cut at a sector, cut at a byte, or with single sectors missing.
    Random,
}

/// Builds the tree found after a restart.
pub(super) fn image(state: &SimState, seed: u64, mode: CrashMode) -> Vec<SimNode> {
    let mut image = Image { source: state, rng: SeededRng::new(seed), mode, nodes: Vec::new(), moved: BTreeMap::new() };
    image.copy(ROOT);
    image.nodes
}

struct Image<'a> {
    source: &'a SimState,
    rng: SeededRng,
    mode: CrashMode,
    nodes: Vec<SimNode>,
    /// Where each node of the source went, so that two surviving names of one file stay one file.
    moved: BTreeMap<NodeId, NodeId>,
}

impl Image<'_> {
    fn copy(&mut self, id: NodeId) -> Option<NodeId> {
        if let Some(copied) = self.moved.get(&id) {
            return Some(*copied);
        }
        let copied = self.nodes.len();
        match self.source.nodes.get(id)? {
            SimNode::File(file) => {
                let bytes = self.file_bytes(file);
                self.nodes.push(SimNode::File(FileNode { durable: bytes.clone(), live: bytes, pending: Vec::new() }));
                self.moved.insert(id, copied);
            }
            SimNode::Dir(dir) => {
                self.nodes.push(SimNode::Dir(DirNode::default()));
                self.moved.insert(id, copied);
                let mut names = BTreeMap::new();
                for (name, child) in self.dir_names(dir) {
                    if let Some(child) = self.copy(child) {
                        names.insert(name, child);
                    }
                }
                if let Some(SimNode::Dir(target)) = self.nodes.get_mut(copied) {
                    *target = DirNode { durable: names.clone(), live: names, pending: Vec::new() };
                }
            }
        }
        Some(copied)
    }

    fn dir_names(&self, dir: &DirNode) -> BTreeMap<String, NodeId> {
        let mut names = dir.durable.clone();
        for op in &dir.pending {
            if self.keeps() {
                op.apply(&mut names);
            }
        }
        names
    }

    fn file_bytes(&self, file: &FileNode) -> Vec<u8> {
        let mut bytes = file.durable.clone();
        for op in &file.pending {
            match (self.mode, op) {
                (CrashMode::Random, FileOp::Write { offset, data }) => self.tear(&mut bytes, *offset, data),
                _ if self.keeps() => op.apply(&mut bytes),
                _ => {}
            }
        }
        bytes
    }

    fn keeps(&self) -> bool {
        match self.mode {
            CrashMode::DropUnsynced => false,
            CrashMode::KeepAll => true,
            CrashMode::Random => self.rng.next_u64().is_multiple_of(2),
        }
    }

    /// Applies none, all or a part of one write.
    fn tear(&self, bytes: &mut Vec<u8>, offset: u64, data: &[u8]) {
        let apply = |bytes: &mut Vec<u8>, from: u64, piece: &[u8]| {
            FileOp::Write { offset: from, data: piece.to_vec() }.apply(bytes);
        };
        let below = |limit: usize| to_index(self.rng.next_u64() % (limit as u64 + 1));
        let sectors = sectors(offset, data);
        match self.rng.next_u64() % 8 {
            0 | 1 => {}
            2 | 3 => apply(bytes, offset, data),
            4 => apply(bytes, offset, data.get(..below(data.len())).unwrap_or_default()),
            5 => {
                for (from, piece) in sectors.iter().take(below(sectors.len())) {
                    apply(bytes, *from, piece);
                }
            }
            _ => {
                for (from, piece) in sectors {
                    if self.rng.next_u64().is_multiple_of(2) {
                        apply(bytes, from, piece);
                    }
                }
            }
        }
    }
}

/// The write cut at sector boundaries of the file.
fn sectors(offset: u64, data: &[u8]) -> Vec<(u64, &[u8])> {
    let mut pieces = Vec::new();
    let (mut position, mut rest) = (offset, data);
    while !rest.is_empty() {
        let room = to_index(SECTOR_BYTES - position % SECTOR_BYTES);
        let (piece, next) = rest.split_at(room.min(rest.len()));
        pieces.push((position, piece));
        position += piece.len() as u64;
        rest = next;
    }
    pieces
}
