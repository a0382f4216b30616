//! The tokens as a running server knows them: always at most [`limits::TOKEN_POLL`] behind the file.
//!
//! Every use looks at the clock, and the first use after a poll interval looks at the file: one `fstatat`, and a read
//! only where device, inode, size or a time of the file has changed. No thread, no timer: a server that nobody calls does
//! nothing. A file that was read stays open until the next is, so that the kernel gives its inode number to no other file and
//! a replaced file is always seen as another.
//!
//! There is no way back from "tokens are required": a file that was there and is gone, cannot be read, or is damaged means
//! that no token is valid, in this server and in any that starts later: `tokens.lock` stays and says that it was there.

use std::collections::HashMap;
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use rustix::fs::{Stat, fstat};
use toondb_engine::api::TimestampMs;
use toondb_engine::clock::Clock;
use toondb_engine::limits;

use super::principal::{Principal, Who};
use super::refusal::Refusal;
use super::token::{Token, TokenHash, TokenId};
use super::token_dir::TokenDir;
use super::token_file::{self, TokenFileError};
use super::token_record::{TokenRecord, TokenState};

/// The live tokens of a data directory.
#[derive(Debug)]
pub struct Tokens {
    dir: TokenDir,
    clock: Arc<dyn Clock>,
    /// True: without a file nobody is let in.
    required: bool,
    /// When the file was last looked at, in monotonic ms.
    looked_ms: AtomicU64,
    source: Mutex<Source>,
    /// Nothing as long as no file was ever seen.
    live: RwLock<Option<HashMap<TokenId, Entry>>>,
}

#[derive(Debug)]
struct Entry {
    record: TokenRecord,
    principal: Arc<Principal>,
}

/// What the live tokens were read from.
#[derive(Debug, Default)]
struct Source {
    file: Option<(File, Fingerprint)>,
    /// The last failure that was logged, so that it is logged once and not four times a second.
    failure: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fingerprint {
    device: u64,
    inode: u64,
    size: i128,
    // The types of these fields differ between machines.
    modified: (i128, i128),
    changed: (i128, i128),
}

impl Fingerprint {
    fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            size: i128::from(stat.st_size),
            modified: (i128::from(stat.st_mtime), i128::from(stat.st_mtime_nsec)),
            changed: (i128::from(stat.st_ctime), i128::from(stat.st_ctime_nsec)),
        }
    }
}

impl Tokens {
    /// Reads the tokens of a data directory. `required` says that nobody is let in without a token even while there is no
    /// file of tokens; it may be false only where whoever reaches the server may do everything anyway: on loopback, or
    /// behind client certificates. The directory is found now; wherever it is moved later, it is this one's tokens that count.
    ///
    /// # Errors
    /// [`TokenFileError::Io`] if there is no such directory, or it cannot be opened.
    pub fn open(data_dir: &Path, clock: Arc<dyn Clock>, required: bool) -> Result<Self, TokenFileError> {
        let tokens = Self {
            dir: TokenDir::open(data_dir).map_err(|source| TokenFileError::Io { path: data_dir.to_owned(), source })?,
            looked_ms: AtomicU64::new(monotonic_ms(&*clock)),
            clock,
            required,
            source: Mutex::default(),
            live: RwLock::new(None),
        };
        tokens.reload();
        Ok(tokens)
    }

    /// True if a token is required of every caller now.
    #[must_use]
    pub fn are_required(&self) -> bool {
        self.look();
        self.required || self.exist()
    }

    /// True if there is a file of tokens, or was one since the server started.
    #[must_use]
    pub fn exist(&self) -> bool {
        self.live.read().is_some()
    }

    /// Whose request it is that has this `authorization` header. A header is always checked, also where none is required: a
    /// caller that shows a token relies on the bounds of that token.
    ///
    /// # Errors
    /// With the reason if the caller is not to be let in.
    pub fn authenticate(&self, authorization: Option<&[u8]>) -> Result<Arc<Principal>, Refusal> {
        self.look();
        let live = self.live.read();
        let Some(header) = authorization else {
            if self.required || live.is_some() {
                return Err(Refusal::Missing);
            }
            return Ok(Arc::new(Principal::unrestricted()));
        };
        let token = bearer(header).and_then(Token::parse).ok_or(Refusal::Invalid)?;
        let entry = live.as_ref().and_then(|live| live.get(&token.id()));
        let hash = entry.map_or(TokenHash::NOBODY, |entry| entry.record.hash);
        match (hash.matches(&token), entry) {
            (true, Some(entry)) => self.check_state(&entry.record).map(|()| Arc::clone(&entry.principal)),
            (true | false, _) => Err(Refusal::Invalid),
        }
    }

    /// Asks again about a caller that was let in earlier: what a stream does while it runs.
    ///
    /// # Errors
    /// With the reason if it would not be let in now, or not as the same.
    pub fn recheck(&self, principal: &Principal) -> Result<(), Refusal> {
        self.look();
        let live = self.live.read();
        match principal.who() {
            Who::Anyone if self.required || live.is_some() => Err(Refusal::Missing),
            Who::Anyone => Ok(()),
            Who::Token { id, .. } => {
                let entry = live.as_ref().and_then(|live| live.get(id)).ok_or(Refusal::Invalid)?;
                if *entry.principal != *principal {
                    return Err(Refusal::Invalid);
                }
                self.check_state(&entry.record)
            }
        }
    }

    fn check_state(&self, record: &TokenRecord) -> Result<(), Refusal> {
        match record.state(TimestampMs(self.clock.now_ms())) {
            TokenState::Valid => Ok(()),
            TokenState::Expired => Err(Refusal::Expired),
            TokenState::Revoked => Err(Refusal::Revoked),
        }
    }

    /// Reads the file again if it is time to and if it has changed. One caller does it; the others go on meanwhile.
    fn look(&self) {
        let now_ms = monotonic_ms(&*self.clock);
        let looked_ms = self.looked_ms.load(Ordering::Relaxed);
        let poll_ms = u64::try_from(limits::TOKEN_POLL.as_millis()).unwrap_or(u64::MAX);
        if now_ms.saturating_sub(looked_ms) < poll_ms {
            return;
        }
        let mine = self.looked_ms.compare_exchange(looked_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed);
        if mine.is_ok() {
            self.reload();
        }
    }

    fn reload(&self) {
        let mut source = self.source.lock();
        match self.read(&mut source) {
            Ok(None) => source.failure = None,
            Ok(Some(records)) => {
                let count = records.len();
                let entry =
                    |record: TokenRecord| (record.id, Entry { principal: Arc::new(record.principal()), record });
                *self.live.write() = Some(records.into_iter().map(entry).collect());
                source.failure = None;
                tracing::info!(tokens = count, "tokens were read");
            }
            Err(failure) => {
                *self.live.write() = Some(HashMap::new());
                if source.failure.as_ref() != Some(&failure) {
                    tracing::error!("no token is valid: {failure}");
                    source.failure = Some(failure);
                }
            }
        }
    }

    /// The file's records if they are to be taken over; nothing if all is as it was.
    fn read(&self, source: &mut Source) -> Result<Option<Vec<TokenRecord>>, String> {
        let path = self.dir.path_of(token_file::FILE_NAME);
        let named = |error: std::io::Error| format!("{}: {error}", path.display());
        // Also where this server has never seen it: the mark beside it says that it was there once.
        let gone = || match token_file::lost(&self.dir) {
            Ok(None) if self.exist() => Err(format!("{} is gone; restore it", path.display())),
            Ok(None) => Ok(None),
            Ok(Some(lost)) => Err(lost),
            Err(error) => Err(error.to_string()),
        };
        // Looking needs no descriptor, so that a server that has none left still lets in whom it knows.
        let found = match self.dir.stat(token_file::FILE_NAME) {
            Ok(stat) => Fingerprint::of(&stat),
            Err(error) => {
                source.file = None;
                return if error.kind() == ErrorKind::NotFound { gone() } else { Err(named(error)) };
            }
        };
        if source.file.as_ref().is_some_and(|(_, known)| *known == found) {
            return source.failure.clone().map_or(Ok(None), Err);
        }
        // Until it has been read as a whole, each poll tries again.
        source.file = None;
        let Some(file) = token_file::open(&self.dir).map_err(|error| error.to_string())? else { return gone() };
        // Taken before the bytes are read: what is written in between is seen as a change the next time.
        let fingerprint = Fingerprint::of(&fstat(&file).map_err(|errno| named(errno.into()))?);
        let records = token_file::read(&self.dir, &file);
        if !matches!(records, Err(TokenFileError::Io { .. })) {
            source.file = Some((file, fingerprint));
        }
        records.map(Some).map_err(|error| error.to_string())
    }
}

fn monotonic_ms(clock: &dyn Clock) -> u64 {
    u64::try_from(clock.monotonic().as_millis()).unwrap_or(u64::MAX)
}

/// The credentials of a `Bearer` header (RFC 6750, section 2.1; the scheme's case does not matter, RFC 9110, section 11.1).
fn bearer(header: &[u8]) -> Option<&[u8]> {
    if header.len() > limits::AUTHORIZATION_BYTES_MAX {
        return None;
    }
    let (scheme, rest) = header.split_at_checked("bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| rest.trim_ascii_start())
}

#[cfg(test)]
mod tests;
