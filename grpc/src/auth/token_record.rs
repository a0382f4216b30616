//! One token as it is stored: everything about it but the secret.
//!
//! ```json
//! {"id": "0123456789abcdef", "name": "agent-7", "namespaces": {"these": ["a", "b"]}, "rights": ["read", "write"],
//!  "sha256": "<64 digits>", "created_at_ms": 1750000000000, "expires_at_ms": null, "revoked_at_ms": null}
//! ```
//!
//! A field that this build does not know is refused: it may say that the token is valid for less.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use toondb_engine::api::{NamespaceName, TimestampMs};
use toondb_engine::limits;

use super::principal::{Namespaces, Principal, Who};
use super::right::Rights;
use super::token::{TokenHash, TokenId};

/// What a new token shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// What people call it; need not be unique.
    pub name: String,
    /// Where it is valid.
    pub namespaces: Namespaces,
    /// What for.
    pub rights: Rights,
    /// Until when; nothing = until it is revoked.
    pub expires_at: Option<TimestampMs>,
}

/// A token, less its secret.
#[derive(Debug, Clone)]
pub struct TokenRecord {
    /// Names it.
    pub id: TokenId,
    /// What people call it.
    pub name: String,
    /// Where it is valid.
    pub namespaces: Namespaces,
    /// What for.
    pub rights: Rights,
    /// What its secret is compared with.
    pub hash: TokenHash,
    /// When it was created.
    pub created_at: TimestampMs,
    /// The first instant at which it is not valid any more.
    pub expires_at: Option<TimestampMs>,
    /// When it was revoked.
    pub revoked_at: Option<TimestampMs>,
}

/// Whether a token is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// It is.
    Valid,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
}

/// A record as in the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    id: String,
    name: String,
    namespaces: Namespaces,
    rights: Rights,
    sha256: String,
    created_at_ms: i64,
    expires_at_ms: Option<i64>,
    revoked_at_ms: Option<i64>,
}

impl NewToken {
    /// Says what is wrong with it, if anything is.
    pub(super) fn problem(&self) -> Option<String> {
        problem(&self.name, &self.namespaces, self.rights)
    }
}

impl TokenRecord {
    /// Whether it is valid at `now`.
    #[must_use]
    pub fn state(&self, now: TimestampMs) -> TokenState {
        if self.revoked_at.is_some() {
            TokenState::Revoked
        } else if self.expires_at.is_some_and(|expires_at| now >= expires_at) {
            TokenState::Expired
        } else {
            TokenState::Valid
        }
    }

    /// Since when it is not valid any more, as seen at `now`.
    pub(super) fn dead_since(&self, now: TimestampMs) -> Option<TimestampMs> {
        let expired_at = self.expires_at.filter(|expires_at| now >= *expires_at);
        self.revoked_at.into_iter().chain(expired_at).min()
    }

    /// Who bears it.
    pub(super) fn principal(&self) -> Principal {
        let who = Who::Token { id: self.id, name: self.name.clone() };
        Principal::new(who, self.namespaces.clone(), self.rights)
    }

    pub(super) fn to_stored(&self) -> Stored {
        let Self { id, name, namespaces, rights, hash, created_at, expires_at, revoked_at } = self;
        Stored {
            id: id.to_string(),
            name: name.clone(),
            namespaces: namespaces.clone(),
            rights: *rights,
            sha256: hash.to_hex(),
            created_at_ms: created_at.0,
            expires_at_ms: expires_at.map(|time| time.0),
            revoked_at_ms: revoked_at.map(|time| time.0),
        }
    }

    /// Reads a record of a file that nobody has checked.
    pub(super) fn from_stored(stored: Stored) -> Result<Self, String> {
        let Stored { id, name, namespaces, rights, sha256, created_at_ms, expires_at_ms, revoked_at_ms } = stored;
        let id: TokenId = id.parse().map_err(|_| "an id is not 16 hexadecimal digits".to_owned())?;
        if let Some(problem) = problem(&name, &namespaces, rights) {
            return Err(format!("token {id}: {problem}"));
        }
        let hash =
            TokenHash::from_hex(&sha256).ok_or_else(|| format!("token {id}: the hash is not 64 hexadecimal digits"))?;
        Ok(Self {
            id,
            name,
            namespaces,
            rights,
            hash,
            created_at: TimestampMs(created_at_ms),
            expires_at: expires_at_ms.map(TimestampMs),
            revoked_at: revoked_at_ms.map(TimestampMs),
        })
    }
}

fn problem(name: &str, namespaces: &Namespaces, rights: Rights) -> Option<String> {
    let max = limits::TOKEN_NAME_BYTES_MAX;
    if name.is_empty() || name.len() > max || name.trim() != name || name.chars().any(char::is_control) {
        return Some(format!("a token's name has 1 to {max} bytes, no control characters and no space at its ends"));
    }
    if rights.is_empty() {
        return Some("a token without a right is of no use; the rights are read, write and admin".to_owned());
    }
    match namespaces {
        Namespaces::All => None,
        Namespaces::These(names) => names_problem(names),
    }
}

fn names_problem(names: &BTreeSet<NamespaceName>) -> Option<String> {
    let max = limits::TOKEN_NAMESPACES_MAX;
    if names.is_empty() || names.len() > max {
        return Some(format!("a token names 1 to {max} namespaces, or is for all"));
    }
    names.iter().find_map(|name| match NamespaceName::parse(name.as_str()) {
        Ok(parsed) if parsed == *name => None,
        Ok(_) => Some("a namespace has no name; the one without a name is called default".to_owned()),
        Err(error) => Some(error.message),
    })
}
