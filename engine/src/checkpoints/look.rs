//! Verifies every checkpoint of a data directory, changing nothing.

use std::path::Path;

use super::fault::Fault;
use super::folder::{DIR, SUFFIX, TEMPORARY_DIR};
use super::reader::Reader;
use crate::api::{CheckpointId, Finding, FindingKind, FindingPart, NamespaceName, Result};
use crate::disk::{Disk, OpenMode, to_error};

/// Looks at all of them. Gives how many there are, and what is wrong. `wanted` is asked for each record that is read; its
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
        let Ok(namespace) = NamespaceName::parse(&name) else {
            if name != TEMPORARY_DIR {
                let what = "no file of ours has this name";
                let place = format!("{DIR}/{name}");
                findings.push(Finding::new(FindingKind::Notice, FindingPart::Checkpoint, place, what));
            }
            continue;
        };
        let folder = dir.join(&name);
        let files = list(&folder).unwrap_or_else(|error| {
            findings.push(unreadable(&format!("{DIR}/{name}"), &error));
            Vec::new()
        });
        for file in files {
            let number = file.strip_suffix(SUFFIX).unwrap_or_default();
            if CheckpointId::new(format!("{name}/{number}")).parts().is_err() {
                continue;
            }
            let place = format!("{DIR}/{name}/{file}");
            let found = verify(disk, &folder.join(&file), &namespace, &place, wanted)?;
            if found.is_none() || disk.exists(&folder.join(&file)).unwrap_or(true) {
                count += 1;
                findings.extend(found);
            }
        }
    }
    Ok((count, findings))
}

/// Reads one to its end.
fn verify(
    disk: &dyn Disk,
    path: &Path,
    namespace: &NamespaceName,
    place: &str,
    wanted: &mut dyn FnMut() -> Result<()>,
) -> Result<Option<Finding>> {
    let mut ended = Ok(());
    let mut read = || {
        let file = disk.open(path, OpenMode::ReadOnly).map_err(|error| Fault::Failed(to_error(&error)))?;
        let mut reader = Reader::open(file)?;
        while ended.is_ok() && reader.next()?.is_some() {
            ended = wanted();
        }
        Ok(reader.head.texts.namespace.clone())
    };
    let finding = |kind, what: String| Some(Finding::new(kind, FindingPart::Checkpoint, place, what));
    let read = read();
    ended?;
    Ok(match read {
        Ok(owner) if owner == *namespace => None,
        Ok(owner) => finding(FindingKind::Contradiction, format!("it says that it is of namespace {owner:?}")),
        Err(Fault::Content(what)) => finding(FindingKind::Damaged, what),
        Err(Fault::Failed(error)) => finding(FindingKind::Unreadable, error.message),
    })
}
