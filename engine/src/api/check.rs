//! What a check of stored data finds, and what to do about it.

use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::ids::{CommitSeq, NamespaceName};
use crate::limits;

/// What kind of fault a finding is, the gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Nothing is wrong: something to know.
    Notice,
    /// What follows from other rows is not what they say. It can be made anew from them.
    Derived,
    /// The system did not let it be read: nothing is known of it.
    Unreadable,
    /// Things that verify do not fit together, and nothing tells which is right.
    Contradiction,
    /// Bytes are not what was written, or are missing.
    Damaged,
}

impl FindingKind {
    const ALL: [Self; 5] = [Self::Notice, Self::Derived, Self::Unreadable, Self::Contradiction, Self::Damaged];

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As it is called in texts and on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Derived => "derived",
            Self::Unreadable => "unreadable",
            Self::Contradiction => "contradiction",
            Self::Damaged => "damaged",
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingPart {
    /// The data directory itself, and `lost/` in it.
    Directory,
    /// `catalog.redb`.
    Catalog,
    /// A folder of `ns/`.
    Folder,
    /// What a folder says of itself.
    About,
    /// The store of a namespace.
    Store,
    /// The log of a namespace.
    Log,
    /// The mark of what was synced, beside the log.
    Mark,
    /// A checkpoint that a user took.
    Checkpoint,
    /// The file of tokens.
    Tokens,
}

impl FindingPart {
    const ALL: [Self; 9] = [
        Self::Directory,
        Self::Catalog,
        Self::Folder,
        Self::About,
        Self::Store,
        Self::Log,
        Self::Mark,
        Self::Checkpoint,
        Self::Tokens,
    ];

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// As it is called on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Catalog => "catalog",
            Self::Folder => "folder",
            Self::About => "about",
            Self::Store => "store",
            Self::Log => "log",
            Self::Mark => "mark",
            Self::Checkpoint => "checkpoint",
            Self::Tokens => "tokens",
        }
    }
}

/// One thing that a check has to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind it is.
    pub kind: FindingKind,
    /// What it is about.
    pub part: FindingPart,
    /// Where: a path in the data directory, and what is meant in it.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

impl Finding {
    /// A finding with the advice that belongs to it.
    #[must_use]
    pub fn new(kind: FindingKind, part: FindingPart, place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { kind, part, place: place.into(), what: what.into(), advice: advice(kind, part).to_owned() }
    }
}

/// Verifies what is stored while it is in use, and changes nothing of it unless it is to repair.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The namespaces to verify. None = all of them, and what belongs to none: the catalog, the folders, users' checkpoints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub namespaces: Vec<NamespaceName>,
    /// True to make anew what follows from other rows, in namespaces where nothing else is wrong. Those who use such a
    /// namespace wait meanwhile, and its transactions end. Nothing that anybody wrote is changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub repair: bool,
}

impl Check {
    pub(super) fn validate(&self) -> Result<()> {
        if self.namespaces.len() > limits::CHECK_NAMESPACES_MAX {
            let text = "a check names too many namespaces; name none of them to check them all";
            return Err(Error::limit(format!("{text}; the limit is {}", limits::CHECK_NAMESPACES_MAX)));
        }
        for name in &self.namespaces {
            if name.as_str().is_empty() {
                return Err(Error::invalid("a namespace to check has no name"));
            }
            NamespaceName::parse(name.as_str())?;
        }
        Ok(())
    }
}

/// What was verified, and what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The namespaces that were verified, by name.
    pub namespaces: Vec<CheckedNamespace>,
    /// Users' checkpoints that were verified.
    pub checkpoints: u64,
    /// What is to be told, after repairs.
    pub findings: Vec<Finding>,
    /// Findings beyond what one answer holds.
    pub more: u64,
    /// What was made anew; nothing unless that was asked for.
    pub repaired: Vec<Finding>,
}

/// A namespace that was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckedNamespace {
    /// Its name.
    pub name: NamespaceName,
    /// Its newest commit, as far as it can be told.
    pub commit_seq: CommitSeq,
    /// Rows of its store.
    pub rows: u64,
    /// Pages of its store.
    pub pages: u64,
}

impl CheckReport {
    /// The gravest kind of finding. What did not fit counts as damage: nobody has seen that it is less.
    #[must_use]
    pub fn gravest(&self) -> FindingKind {
        if self.more > 0 {
            return FindingKind::Damaged;
        }
        self.findings.iter().map(|finding| finding.kind).max().unwrap_or(FindingKind::Notice)
    }

    /// Takes findings up, as many as one answer holds.
    pub fn tell(&mut self, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            if self.findings.len() < limits::CHECK_FINDINGS_MAX {
                self.findings.push(finding);
            } else {
                self.more += 1;
            }
        }
    }
}

const RESTORE: &str = "restore the namespace from a checkpoint of it, or stop the server and put a copy of its whole folder in \
                       place; what lies on other pages can still be read";

fn advice(kind: FindingKind, part: FindingPart) -> &'static str {
    match (kind, part) {
        (FindingKind::Notice, _) => "nothing needs to be done",
        (FindingKind::Unreadable, _) => "mend what the system says, and check again",
        (FindingKind::Derived, _) => {
            "let a check repair it, of the directory or through its server: toondb check --repair"
        }
        (FindingKind::Damaged | FindingKind::Contradiction, FindingPart::Directory) => {
            "make the directory private to its owner"
        }
        (FindingKind::Damaged | FindingKind::Contradiction, FindingPart::Catalog) => {
            "start the server: the catalog is made again from what the folders say of themselves, and the old one is kept in \
             lost/"
        }
        (FindingKind::Damaged, FindingPart::Folder) => "put a copy of the folder in place, or delete the namespace",
        (FindingKind::Contradiction, FindingPart::Folder) => {
            "the next start moves it to lost/ and deletes nothing: look into it there"
        }
        (FindingKind::Damaged | FindingKind::Contradiction, FindingPart::About) => {
            "nothing is lost as long as the catalog is there; setting the namespace's quota, be it to what it is, writes the \
             file anew"
        }
        (FindingKind::Damaged | FindingKind::Contradiction, FindingPart::Store) => RESTORE,
        (FindingKind::Damaged | FindingKind::Contradiction, FindingPart::Log) => {
            "keep a copy of the folder, then restore the namespace from a checkpoint of it, or put a copy of its whole folder in \
             place; its store holds everything up to its last flush"
        }
        (FindingKind::Damaged | FindingKind::Contradiction, FindingPart::Mark) => {
            "nothing is lost; the next opening of the namespace makes a new one"
        }
        (FindingKind::Damaged | FindingKind::Contradiction, FindingPart::Checkpoint) => {
            "delete it, and import an export of it if there is one"
        }
        (FindingKind::Damaged | FindingKind::Contradiction, FindingPart::Tokens) => {
            "put a copy of the file in place, or remove it and create new tokens: until then nobody is let in over gRPC"
        }
    }
}
