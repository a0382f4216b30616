//! `<data>/tokens.json`: the tokens of a data directory, and the three things that are done to them.
//!
//! ```json
//! {"version": 1, "tokens": [<record>, ...], "sha256": "<64 digits>"}
//! ```
//!
//! The checksum is SHA-256 of the version, a line feed and the tokens as JSON without spaces. It is there against bits that
//! flip, which could turn one namespace's name into another's; it is no signature.
//!
//! The command line changes the file and a server reads it; neither needs the other, nor the lock of the data directory.
//! A change is made under an exclusive `flock` on `tokens.lock`, so that two at one time do not lose each other's, and as a
//! whole: `tokens.json.new` is written and synced, renamed over the file, and the directory is synced. A crash leaves the
//! file as it was or as it is to be, and perhaps a `tokens.json.new` that the next change removes. `tokens.lock` stays, and
//! says more than its name: it is made before the first token is, and durably, and so it is the mark of a directory whose callers
//! need tokens. Where it is and `tokens.json` is not, the tokens were lost, and nobody is let in. A first token that cannot be
//! written takes its mark away again; a crash at just that moment leaves it, which is the safe side.
//!
//! The file decides who may enter, so it is read with suspicion: an ordinary file, not through a symbolic link, of an owner
//! who could replace it anyway and writable by nobody else; of bounded size; well-formed to the last field. Whatever else it
//! is, it is damaged, and a damaged file is never taken for "no tokens": a server lets nobody in and the commands refuse to
//! change it. Once the file is there tokens are required, also when the last one is revoked.

use std::fs::{DirBuilder, File};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use toondb_engine::api::TimestampMs;
use toondb_engine::clock::Clock;
use toondb_engine::limits;
use toondb_engine::rng::Rng;

use super::token::{Token, TokenId};
use super::token_dir::TokenDir;
use super::token_record::{NewToken, Stored, TokenRecord};

/// The file's name inside the data directory.
pub const FILE_NAME: &str = "tokens.json";
const NEW_NAME: &str = "tokens.json.new";
const LOCK_NAME: &str = "tokens.lock";
const VERSION: u32 = 1;

/// Why the tokens could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not what ToonDB wrote, or others could have changed it.
    #[error("{} is damaged, and no token is valid: {reason}. Restore it from a copy, or remove it and create new tokens", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// What was asked for cannot be.
    #[error("{0}")]
    Invalid(String),
    /// There is no such token.
    #[error("there is no token {0}; toondb token list shows those that there are")]
    Unknown(TokenId),
    /// There is no room for another.
    #[error("there are {} tokens, and all are valid; revoke one first", limits::TOKENS_MAX)]
    Full,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    tokens: Vec<Stored>,
    sha256: String,
}

/// The version alone, so that a later one is named as what it is.
#[derive(Debug, Deserialize)]
struct VersionOnly {
    version: u32,
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> TokenFileError + '_ {
    |source| TokenFileError::Io { path: path.to_owned(), source }
}

/// Makes a new token. Its secret is in what this returns and nowhere else. The directory is created if it is missing. Where
/// there are as many as there may be, the one that has been of no use for longest makes room.
///
/// # Errors
/// See [`TokenFileError`]; nothing was changed then, unless a sync failed at the very end.
pub fn create(data_dir: &Path, new: &NewToken, clock: &dyn Clock, rng: &dyn Rng) -> Result<Token, TokenFileError> {
    if let Some(problem) = new.problem() {
        return Err(TokenFileError::Invalid(problem));
    }
    let created_at = TimestampMs(clock.now_ms());
    if new.expires_at.is_some_and(|expires_at| expires_at <= created_at) {
        return Err(TokenFileError::Invalid("the token would have expired already".to_owned()));
    }
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(io_error(data_dir))?;
    change(&find(data_dir)?, |records| {
        make_room(records, created_at)?;
        let mut token = Token::generate(rng);
        while records.iter().any(|record| record.id == token.id()) {
            token = Token::generate(rng);
        }
        records.push(TokenRecord {
            id: token.id(),
            name: new.name.clone(),
            namespaces: new.namespaces.clone(),
            rights: new.rights,
            hash: token.hash(),
            created_at,
            expires_at: new.expires_at,
            revoked_at: None,
        });
        Ok(token)
    })
}

fn make_room(records: &mut Vec<TokenRecord>, now: TimestampMs) -> Result<(), TokenFileError> {
    if records.len() < limits::TOKENS_MAX {
        return Ok(());
    }
    let dead = records.iter().filter_map(|record| Some((record.dead_since(now)?, record.id)));
    let (_, oldest) = dead.min().ok_or(TokenFileError::Full)?;
    records.retain(|record| record.id != oldest);
    Ok(())
}

/// All tokens, in the order of their creation, also those that are not valid any more. Where none was ever made there are
/// none.
///
/// # Errors
/// See [`TokenFileError`]; also if tokens were made and their file is gone.
pub fn list(data_dir: &Path) -> Result<Vec<TokenRecord>, TokenFileError> {
    let dir = find(data_dir)?;
    match open(&dir)? {
        Some(file) => read(&dir, &file),
        None => lost(&dir)?.map_or_else(|| Ok(Vec::new()), |lost| Err(TokenFileError::Invalid(lost))),
    }
}

fn find(data_dir: &Path) -> Result<TokenDir, TokenFileError> {
    TokenDir::open(data_dir).map_err(io_error(data_dir))
}

/// Takes a token back; one that was revoked before stays revoked since then. Servers refuse it within a second.
///
/// # Errors
/// See [`TokenFileError`].
pub fn revoke(data_dir: &Path, id: TokenId, clock: &dyn Clock) -> Result<TokenRecord, TokenFileError> {
    let dir = find(data_dir)?;
    // Without a file there is nothing to revoke, and no lock is to be left behind.
    if open(&dir)?.is_none() {
        return Err(TokenFileError::Unknown(id));
    }
    let now = TimestampMs(clock.now_ms());
    change(&dir, |records| {
        let record = records.iter_mut().find(|record| record.id == id).ok_or(TokenFileError::Unknown(id))?;
        record.revoked_at.get_or_insert(now);
        Ok(record.clone())
    })
}

/// Reads the file, lets `edit` change its records and replaces it, with nobody else in between.
fn change<T>(
    dir: &TokenDir,
    edit: impl FnOnce(&mut Vec<TokenRecord>) -> Result<T, TokenFileError>,
) -> Result<T, TokenFileError> {
    let (lock, is_new) = lock(dir)?;
    let changed = change_locked(dir, &lock, edit);
    // No token came of it, so it is not to be said that there were any. Nobody else has the lock.
    if changed.is_err() && is_new && open(dir).is_ok_and(|file| file.is_none()) {
        let _ = dir.remove(LOCK_NAME);
    }
    changed
}

fn change_locked<T>(
    dir: &TokenDir,
    lock: &File,
    edit: impl FnOnce(&mut Vec<TokenRecord>) -> Result<T, TokenFileError>,
) -> Result<T, TokenFileError> {
    if open(dir)?.is_none() {
        // The mark first: no crash leaves tokens without it.
        dir.sync().map_err(io_error(dir.path()))?;
    }
    // Also where they were lost: new ones may be made.
    let mut records = open(dir)?.map_or_else(|| Ok(Vec::new()), |file| read(dir, &file))?;
    let result = edit(&mut records)?;
    replace(dir, &records, lock)?;
    Ok(result)
}

/// Locks `tokens.lock`; true if this has made it.
fn lock(dir: &TokenDir) -> Result<(File, bool), TokenFileError> {
    let path = dir.path_of(LOCK_NAME);
    let open = |flags| dir.open_file(LOCK_NAME, OFlags::RDWR | flags);
    loop {
        let (file, is_new) = match open(OFlags::CREATE | OFlags::EXCL) {
            Ok(file) => (file, true),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => match open(OFlags::empty()) {
                Ok(file) => (file, false),
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(io_error(&path)(error)),
            },
            Err(error) => return Err(io_error(&path)(error)),
        };
        file.lock().map_err(io_error(&path))?;
        // Whoever had the lock until now may have taken the file away.
        if is_at(&file, dir)? {
            return Ok((file, is_new));
        }
    }
}

fn is_at(file: &File, dir: &TokenDir) -> Result<bool, TokenFileError> {
    let path = dir.path_of(LOCK_NAME);
    let here = rustix::fs::fstat(file).map_err(|errno| io_error(&path)(errno.into()))?;
    match dir.stat(LOCK_NAME) {
        Ok(there) => Ok((here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(io_error(&path)(error)),
    }
}

fn replace(dir: &TokenDir, records: &[TokenRecord], lock: &File) -> Result<(), TokenFileError> {
    let invalid = |error: serde_json::Error| TokenFileError::Invalid(error.to_string());
    let tokens: Vec<Stored> = records.iter().map(TokenRecord::to_stored).collect();
    let sha256 = checksum(&tokens).map_err(invalid)?;
    let bytes = serde_json::to_vec_pretty(&Document { version: VERSION, tokens, sha256 }).map_err(invalid)?;
    if bytes.len() > limits::TOKEN_FILE_BYTES_MAX {
        let max = limits::TOKEN_FILE_BYTES_MAX >> 20;
        return Err(TokenFileError::Invalid(format!("the tokens would take more than {max} MiB; revoke some first")));
    }
    let (path, new) = (dir.path_of(FILE_NAME), dir.path_of(NEW_NAME));
    match dir.remove(NEW_NAME) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(io_error(&new)(error)),
        Ok(()) | Err(_) => {}
    }
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
    let mut file = dir.open_file(NEW_NAME, flags).map_err(io_error(&new))?;
    // A directory of another user: run as root, the command must not leave behind files that the server cannot read.
    let owner = dir.owner().map_err(io_error(dir.path()))?;
    if rustix::process::geteuid().is_root() && owner != 0 {
        for file in [&file, lock] {
            rustix::fs::fchown(file, Some(rustix::fs::Uid::from_raw(owner)), None)
                .map_err(|errno| io_error(&new)(errno.into()))?;
        }
    }
    file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(io_error(&new))?;
    dir.rename(NEW_NAME, FILE_NAME).map_err(io_error(&path))?;
    dir.sync().map_err(io_error(dir.path()))
}

/// True if tokens were ever made for this data directory.
pub(super) fn is_marked(dir: &TokenDir) -> Result<bool, TokenFileError> {
    match dir.stat(LOCK_NAME) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(source) => Err(TokenFileError::Io { path: dir.path_of(LOCK_NAME), source }),
    }
}

/// Why nobody is let in although there is no file of tokens; nothing if there never was one.
pub(super) fn lost(dir: &TokenDir) -> Result<Option<String>, TokenFileError> {
    let text = |()| {
        format!(
            "{} is gone, and {LOCK_NAME} beside it says that tokens were made. Restore it from a copy or create new tokens; \
             to let callers in without one, stop the server and remove {LOCK_NAME} too",
            dir.path_of(FILE_NAME).display()
        )
    };
    Ok(is_marked(dir)?.then_some(()).map(text))
}

/// Opens the file; nothing where there is none.
pub(super) fn open(dir: &TokenDir) -> Result<Option<File>, TokenFileError> {
    match dir.open_file(FILE_NAME, OFlags::RDONLY) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(TokenFileError::Io { path: dir.path_of(FILE_NAME), source }),
    }
}

/// Reads an open file of tokens.
pub(super) fn read(dir: &TokenDir, file: &File) -> Result<Vec<TokenRecord>, TokenFileError> {
    let path = dir.path_of(FILE_NAME);
    check_file(dir, file, &path)?;
    let mut bytes = Vec::new();
    let max = u64::try_from(limits::TOKEN_FILE_BYTES_MAX).unwrap_or(u64::MAX);
    file.take(max + 1).read_to_end(&mut bytes).map_err(io_error(&path))?;
    parse(&bytes).map_err(|reason| TokenFileError::Damaged { path, reason })
}

fn check_file(dir: &TokenDir, file: &File, path: &Path) -> Result<(), TokenFileError> {
    let damaged = |reason: &str| Err(TokenFileError::Damaged { path: path.to_owned(), reason: reason.to_owned() });
    let metadata = file.metadata().map_err(io_error(path))?;
    if !metadata.is_file() {
        return damaged("it is no file");
    }
    if metadata.permissions().mode() & 0o022 != 0 {
        return damaged("other users may write to it (chmod 600)");
    }
    let own = rustix::process::geteuid().as_raw();
    let directory = dir.owner().map_err(io_error(dir.path()))?;
    if ![own, directory, 0].contains(&metadata.uid()) {
        return damaged("it belongs to another user");
    }
    Ok(())
}

fn parse(bytes: &[u8]) -> Result<Vec<TokenRecord>, String> {
    if bytes.len() > limits::TOKEN_FILE_BYTES_MAX {
        return Err(format!("it has more than {} MiB", limits::TOKEN_FILE_BYTES_MAX >> 20));
    }
    // The text of such an error names a place and a kind, and can quote a short value, but never a secret: none is there.
    let wrong = |error: serde_json::Error| format!("it is not the JSON of tokens ({error})");
    let document: Document = match serde_json::from_slice(bytes) {
        Ok(document) => document,
        Err(error) => match serde_json::from_slice::<VersionOnly>(bytes) {
            Ok(VersionOnly { version }) if version != VERSION => return Err(unknown_version(version)),
            _ => return Err(wrong(error)),
        },
    };
    if document.version != VERSION {
        return Err(unknown_version(document.version));
    }
    if document.tokens.len() > limits::TOKENS_MAX {
        return Err(format!("it has more than {} tokens", limits::TOKENS_MAX));
    }
    let sum = checksum(&document.tokens).map_err(wrong)?;
    let mut records = Vec::with_capacity(document.tokens.len());
    let mut seen = std::collections::HashSet::new();
    for stored in document.tokens {
        let record = TokenRecord::from_stored(stored)?;
        if !seen.insert(record.id) {
            return Err(format!("token {} is there twice", record.id));
        }
        records.push(record);
    }
    if document.sha256 != sum {
        return Err("its checksum does not fit; change it with toondb token only".to_owned());
    }
    Ok(records)
}

fn checksum(tokens: &[Stored]) -> serde_json::Result<String> {
    let mut hasher = Sha256::new();
    hasher.update(format!("{VERSION}\n"));
    hasher.update(serde_json::to_vec(tokens)?);
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn unknown_version(version: u32) -> String {
    format!("its version is {version}, and this build knows {VERSION}")
}

#[cfg(test)]
mod tests;
