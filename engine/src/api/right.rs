//! The rights that an operation needs, and what it is about.
//!
//! There are three rights, and none includes another: who is to read and write has both, and who restores checkpoints need not
//! be able to read what they hold.
//!
//! - `read`: whatever changes nothing. Exporting a checkpoint is a read, since it shows what a scan shows. Looking an answer
//!   up in a semantic cache counts a hit and is a read nevertheless; so is holding a snapshot.
//! - `write`: changes to the data of a namespace, its collections and indexes included. A first write creates the namespace,
//!   if the caller may have it. A write answers what it met where its answer says so (a comparison that failed shows the value
//!   it found), so `write` alone is no way to keep data from a writer.
//! - `admin`: the namespace as a whole: creating and deleting it, its quota, its checkpoints, and work that all its callers
//!   feel. Whatever takes away another caller's data at one stroke is here, and so is a check, which keeps the disk busy.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// Changes nothing.
    Read,
    /// Changes a namespace's data.
    Write,
    /// Manages namespaces.
    Admin,
}

impl Right {
    /// Every right.
    pub const ALL: [Right; 3] = [Right::Read, Right::Write, Right::Admin];

    /// Its name, as in a token's file and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Right::Read => "read",
            Right::Write => "write",
            Right::Admin => "admin",
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an operation is about, and so which namespaces its caller must be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One namespace, which the caller must be allowed.
    Namespace,
    /// Nobody's data, and nothing but whether the server lives and what it can do: every caller that was let in.
    Anyone,
    /// Nobody's data, or only what the caller is allowed to see: any caller with the right.
    Caller,
    /// All namespaces together: only a caller that is allowed all of them.
    Server,
}

impl Scope {
    /// True if the namespace beside the request means something.
    #[must_use]
    pub fn is_namespaced(self) -> bool {
        match self {
            Scope::Namespace => true,
            Scope::Anyone | Scope::Caller | Scope::Server => false,
        }
    }
}
