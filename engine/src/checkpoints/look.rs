//! Verifies the checkpoints of a data directory, changing nothing: all of them, or one in steps.

use std::path::Path;

use super::fault::CheckpointFault;
use super::folder::{DIR, SUFFIX, TEMPORARY_DIR};
use super::reader::CheckpointReader;
use crate::api::{CheckpointId, Finding, FindingKind, FindingPart, NamespaceName, Result};
use crate::disk::{Disk, OpenMode, to_error};
use crate::limits;

/// Looks at all of them. Gives how many there are, and what is wrong. `wanted` is asked before every few records; its
/// error ends the look. One that is deleted meanwhile is passed over.
pub fn look(disk: &dyn Disk, data_dir: &Path, wanted: &mut dyn FnMut() -> Result<()>) -> Result<(u64, Vec<Finding>)> {
    let (mut count, mut findings) = (0, Vec::new());
    let dir = data_dir.join(DIR);
    let list = |path: &Path| match disk.exists(path) {
        Ok(true) => disk.list_dir(path),
        Ok(false) => Ok(Vec::new()),
        Err(error) => Err(error),
    };
    let unreadable = |place: &str, error: &std::io::Error| {
        Finding::new(FindingKind::Unreadable, FindingPart::Checkpoint, place, to_error(error).message)
    };
    let names = list(&dir).unwrap_or_else(|error| {
        findings.push(unreadable(DIR, &error));
        Vec::new()
    });
    for name in names {
        if NamespaceName::parse(&name).is_err() {
            if name != TEMPORARY_DIR {
                let what = "no file of ours has this name";
                let place = format!("{DIR}/{name}");
                findings.push(Finding::new(FindingKind::Notice, FindingPart::Checkpoint, place, what));
            }
            continue;
        }
        let files = list(&dir.join(&name)).unwrap_or_else(|error| {
            findings.push(unreadable(&format!("{DIR}/{name}"), &error));
            Vec::new()
        });
        for file in files {
            let Some(id) = id_of(&name, &file) else { continue };
            match verify(disk, data_dir, &id, wanted)? {
                Ok(()) => count += 1,
                Err(WalkFault::Gone) => {}
                Err(WalkFault::Wrong(kind, what)) => {
                    count += 1;
                    let place = format!("{DIR}/{name}/{file}");
                    findings.push(Finding::new(kind, FindingPart::Checkpoint, place, what));
                }
            }
        }
    }
    Ok((count, findings))
}

/// The ids of all checkpoints whose folders can be read, in order, and whether that was all of them.
pub fn checkpoint_ids(disk: &dyn Disk, data_dir: &Path) -> (Vec<CheckpointId>, bool) {
    let dir = data_dir.join(DIR);
    let mut is_whole = true;
    let mut list = |path: &Path| {
        let listed = disk.exists(path).and_then(|exists| if exists { disk.list_dir(path) } else { Ok(Vec::new()) });
        is_whole &= listed.is_ok();
        listed.unwrap_or_default()
    };
    let mut ids = Vec::new();
    for owner in list(&dir) {
        if NamespaceName::parse(&owner).is_ok() {
            let files = list(&dir.join(&owner));
            ids.extend(files.iter().filter_map(|file| id_of(&owner, file)));
        }
    }
    ids.sort();
    (ids, is_whole)
}

/// The id of the checkpoint in a file of this name, if it is one.
fn id_of(owner: &str, file: &str) -> Option<CheckpointId> {
    let id = CheckpointId::new(format!("{owner}/{}", file.strip_suffix(SUFFIX)?));
    id.parts().is_ok().then_some(id)
}

/// One checkpoint that is being verified. It may pause anywhere.
#[derive(Debug)]
pub struct CheckpointWalk {
    reader: CheckpointReader,
    /// What it says of its owner, if that is another than its folder.
    contradiction: Option<String>,
}

/// What a step of a walk has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalkStep {
    /// So many bytes.
    pub bytes: u64,
    /// True if that was the last of the file, and all of it verifies.
    pub has_ended: bool,
}

impl CheckpointWalk {
    /// Reads the head.
    pub fn open(disk: &dyn Disk, data_dir: &Path, id: &CheckpointId) -> std::result::Result<Self, WalkFault> {
        let path = data_dir.join(DIR).join(format!("{id}{SUFFIX}"));
        let open = || {
            let file =
                disk.open(&path, OpenMode::ReadOnly).map_err(|error| CheckpointFault::Failed(to_error(&error)))?;
            let reader = CheckpointReader::open(file)?;
            let said = reader.head.texts.namespace.as_str();
            let is_owner = id.as_str().split_once('/').is_some_and(|(owner, _)| owner == said);
            let contradiction = (!is_owner).then(|| format!("it says that it is of namespace {said:?}"));
            Ok(Self { reader, contradiction })
        };
        open().map_err(|fault: CheckpointFault| match disk.exists(&path) {
            Ok(false) => WalkFault::Gone,
            Ok(true) | Err(_) => WalkFault::from(fault),
        })
    }

    /// Verifies rows until about so many bytes were read, a block at least. Damage is told before a contradiction.
    pub fn step(&mut self, bytes_max: u64) -> std::result::Result<WalkStep, WalkFault> {
        if matches!(self.reader.is_linked(), Ok(false)) {
            return Err(WalkFault::Gone);
        }
        let from = self.reader.offset();
        let mut has_ended = false;
        while !has_ended && self.reader.offset() - from < bytes_max {
            has_ended = self.reader.next()?.is_none();
        }
        match self.contradiction.take_if(|_| has_ended) {
            Some(what) => Err(WalkFault::Wrong(FindingKind::Contradiction, what)),
            None => Ok(WalkStep { bytes: self.reader.offset() - from, has_ended }),
        }
    }
}

/// Why a checkpoint was not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalkFault {
    /// It was deleted.
    Gone,
    /// Something is wrong with it.
    Wrong(FindingKind, String),
}

impl From<CheckpointFault> for WalkFault {
    fn from(fault: CheckpointFault) -> Self {
        match fault {
            CheckpointFault::Content(what) => Self::Wrong(FindingKind::Damaged, what),
            CheckpointFault::Failed(error) => Self::Wrong(FindingKind::Unreadable, error.message),
        }
    }
}

/// Reads one to its end.
fn verify(
    disk: &dyn Disk,
    data_dir: &Path,
    id: &CheckpointId,
    wanted: &mut dyn FnMut() -> Result<()>,
) -> Result<std::result::Result<(), WalkFault>> {
    let mut walk = match CheckpointWalk::open(disk, data_dir, id) {
        Ok(walk) => walk,
        Err(fault) => return Ok(Err(fault)),
    };
    loop {
        wanted()?;
        match walk.step(limits::SCRUB_READ_BYTES) {
            Ok(WalkStep { has_ended: true, .. }) => return Ok(Ok(())),
            Ok(_) => {}
            Err(fault) => return Ok(Err(fault)),
        }
    }
}
