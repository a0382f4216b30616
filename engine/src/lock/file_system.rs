//! Whether a lock excludes: asked of the file system itself, as some answer every caller that it has the lock.
//!
//! Whoever has just taken a lock opens the same file once more and tries to take it again, which must fail. That shows what one
//! machine can show: file systems without locks, and those (NFS and 9p as they are often mounted) that know locks of processes only.
//! What other machines do to the same directory nobody can try from here.

use std::fs::{File, TryLockError};
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::fstatfs;

use crate::api::{Error, ErrorCode, Result};

/// Kinds of file systems whose locks are known to depend on how they are mounted (`f_type` of statfs(2)).
const ODD: [(u32, &str); 12] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "SMB (cifs)"),
    (0xfe53_4d42, "SMB"),
    (0x0102_1997, "9p, as of WSL and virtual machines"),
    (0x6573_5546, "FUSE"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
];

/// What kind of file system something lies on, if it is an odd one.
pub fn odd_kind(of: impl AsFd) -> Option<&'static str> {
    let kind = fstatfs(of).ok()?.f_type;
    let kind = u32::try_from(i128::from(kind) & 0xffff_ffff).ok()?;
    ODD.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

/// Proves that a lock that this process holds on `held` keeps `second`, the same file opened once more, out.
pub fn prove(held: &File, second: &File, path: &Path) -> Result<()> {
    let why = match second.try_lock() {
        Err(TryLockError::WouldBlock) => return Ok(()),
        Ok(()) => {
            // Let go at once: on such a file system it may be the lock itself that is let go here.
            let _ = second.unlock();
            "gives the same lock twice".to_owned()
        }
        Err(TryLockError::Error(error)) => format!("does not say whether a lock is taken ({error})"),
    };
    let kind = odd_kind(held).map(|name| format!(", {name},")).unwrap_or_default();
    let text = format!(
        "{} cannot be owned by one process: its file system{kind} {why}, so that two processes could write at once. Keep the \
         data directory on a local file system",
        path.display()
    );
    Err(Error::new(ErrorCode::Unavailable, text))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::*;

    #[test]
    fn a_lock_that_two_can_take_is_refused() {
        let dir = std::env::temp_dir().join(format!("toondb-prove-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let (held, second) = (File::open(&dir).unwrap(), File::open(&dir).unwrap());
        held.lock().unwrap();
        prove(&held, &second, &dir).unwrap();
        // As on a file system that gives every caller the lock: here nobody holds it.
        held.unlock().unwrap();
        let error = prove(&held, &second, &dir).unwrap_err();
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(error.code, ErrorCode::Unavailable);
        assert!(error.message.contains("gives the same lock twice"), "{error}");
    }

    #[test]
    fn odd_kinds_are_named() {
        assert_eq!(odd_kind(File::open("/proc").unwrap()), None);
        let names: Vec<_> = ODD.iter().map(|(number, _)| number).collect();
        assert!(names.iter().enumerate().all(|(at, number)| !names.iter().take(at).any(|other| other == number)));
    }
}
