//! Newtypes for names, ids and times, so that a node id can never be passed where an edge type is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use crate::limits;

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        /// As a quoted text: error messages name things this way.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl $name {
            /// Wraps a text; limits are checked by [`Self::validate`], which `Engine::call` runs on every request.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text as given.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Gives the text back.
            pub fn into_string(self) -> String {
                self.0
            }

            /// Refuses an empty or over-long text.
            pub fn validate(&self) -> Result<()> {
                check_text($what, &self.0, $max)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::new(text)
            }
        }
    };
}

string_id!(
    /// The id of a document inside its collection.
    DocumentId,
    "document id",
    limits::ID_BYTES_MAX
);
string_id!(
    /// The id of a graph node inside its namespace.
    NodeId,
    "node id",
    limits::ID_BYTES_MAX
);
string_id!(
    /// The type of a graph edge, for example `hypernym` or `STATE`.
    EdgeType,
    "edge type",
    limits::NAME_BYTES_MAX
);
string_id!(
    /// The name of a collection or vector index inside its namespace.
    CollectionName,
    "collection name",
    limits::NAME_BYTES_MAX
);
string_id!(
    /// The name of a namespace: `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`.
    NamespaceName,
    "namespace name",
    limits::NAMESPACE_NAME_BYTES_MAX
);

impl NamespaceName {
    /// The namespace that always exists and that requests without a name mean.
    pub const DEFAULT: &'static str = "default";

    /// Checks a name against the grammar; `""` means [`Self::DEFAULT`].
    pub fn parse(name: &str) -> Result<Self> {
        if name.is_empty() {
            return Ok(Self::new(Self::DEFAULT));
        }
        let mut bytes = name.bytes();
        let first_ok = bytes.next().is_some_and(|b| b.is_ascii_alphanumeric());
        let rest_ok = bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
        if first_ok && rest_ok && name.len() <= limits::NAMESPACE_NAME_BYTES_MAX {
            return Ok(Self::new(name));
        }
        Err(Error::invalid(format!(
            "namespace name {name:?} is refused: it must match [A-Za-z0-9][A-Za-z0-9._-]{{0,63}}"
        )))
    }
}

fn check_text(what: &str, text: &str, bytes_max: usize) -> Result<()> {
    if text.is_empty() {
        return Err(Error::invalid(format!("{what} is empty; give at least one character")));
    }
    if text.len() > bytes_max {
        return Err(Error::limit(format!("{what} has {} bytes; the limit is {bytes_max}", text.len())));
    }
    if text.contains('\0') {
        return Err(Error::invalid(format!("{what} contains a NUL character")));
    }
    Ok(())
}

/// The position of an operation in a namespace's commit order. The first commit is 1; 0 means "before everything".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CommitSeq(pub u64);

impl fmt::Display for CommitSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, negative before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TimestampMs(pub i64);

impl fmt::Display for TimestampMs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
