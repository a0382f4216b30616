//! What a token lets its bearer do: the rights, and the right that each operation needs.
//!
//! There are three, and none includes another: a token that is to read and write has both, and one that restores
//! checkpoints need not be able to read what they hold.
//!
//! - `read`: whatever changes nothing. Exporting a checkpoint is a read, since it shows what a scan shows. Looking an answer
//!   up in a semantic cache counts a hit and is a read nevertheless; so is holding a snapshot.
//! - `write`: changes to the data of a namespace, its collections and indexes included. A first write creates the namespace,
//!   if the token is for it. A write answers what it met where its answer says so (a comparison that failed shows the value
//!   it found), so `write` alone is no way to keep data from a writer.
//! - `admin`: the namespace as a whole: creating and deleting it, its quota, its checkpoints, and work that all its callers
//!   feel. Whatever takes away another caller's data at one stroke is here, and so is a check, which changes nothing and
//!   keeps the disk busy.
//!
//! Both tables are exhaustive matches: an operation that is new does not compile before its right and its scope are written
//! down.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use toondb_engine::api::OpCode;

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

    fn bit(self) -> u8 {
        match self {
            Right::Read => 1,
            Right::Write => 2,
            Right::Admin => 4,
        }
    }
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of rights. In files it is a list of names.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Right>", into = "Vec<Right>")]
pub struct Rights(u8);

impl Rights {
    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        Right::ALL.into_iter().collect()
    }

    /// True if `right` is among them.
    #[must_use]
    pub fn contains(self, right: Right) -> bool {
        self.0 & right.bit() != 0
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are there, in the order of [`Right::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.contains(*right))
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        Self(rights.into_iter().fold(0, |bits, right| bits | right.bit()))
    }
}

impl From<Vec<Right>> for Rights {
    fn from(rights: Vec<Right>) -> Self {
        rights.into_iter().collect()
    }
}

impl From<Rights> for Vec<Right> {
    fn from(rights: Rights) -> Self {
        rights.iter().collect()
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Right::name).collect();
        f.write_str(&names.join(","))
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads names separated by commas, at least one.
impl FromStr for Rights {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(|name| {
                let found = Right::ALL.into_iter().find(|right| right.name() == name.trim());
                found.ok_or_else(|| format!("{name:?} is no right; the rights are read, write and admin"))
            })
            .collect()
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

/// The right that an operation needs.
#[must_use]
pub fn right_of(code: OpCode) -> Right {
    use OpCode::*;
    match code {
        Ping | Capabilities | ServerStats | ListNamespaces | DescribeNamespace | NamespaceStats => Right::Read,
        Get | Exists | MultiGet | Scan => Right::Read,
        ListCollections | DescribeCollection | GetDocuments | CountDocuments => Right::Read,
        SearchCollection | SearchBatchCollection => Right::Read,
        ListIndexes | DescribeIndex | GetVectors | CountVectors | SearchVectors | SearchBatchVectors => Right::Read,
        GetNode | GetEdges | Traverse | ShortestPath | Neighbors => Right::Read,
        QueryTemporal | TraverseTemporal | TemporalHistory => Right::Read,
        TakeSnapshot | EndSnapshot => Right::Read,
        CacheGet | CacheStats => Right::Read,
        ListCheckpoints | ExportCheckpoint => Right::Read,
        Render | AssembleContext | CountTokens | ConvertText => Right::Read,

        Put | DeleteKey | BatchPut | CompareAndSet => Right::Write,
        CreateCollection | DropCollection | AddDocuments | DeleteDocuments | DeleteByFilter => Right::Write,
        CreateIndex | DropIndex | InsertVectors | DeleteVectors => Right::Write,
        AddNode | DeleteNode | AddEdge | DeleteEdge => Right::Write,
        AddTemporalEdge | CloseTemporalEdge | SupersedeTemporalEdge | EraseTemporal => Right::Write,
        Commit => Right::Write,
        CachePut | CacheInvalidate => Right::Write,

        Check => Right::Admin,
        CreateNamespace | DeleteNamespace | SetQuota | Flush => Right::Admin,
        CreateCheckpoint | RestoreCheckpoint | DeleteCheckpoint | ImportCheckpoint => Right::Admin,
    }
}

/// What an operation is about. The answer to `ListNamespaces` is to be cut down to [`super::Principal::may_see`].
#[must_use]
pub fn scope_of(code: OpCode) -> Scope {
    use OpCode::*;
    match code {
        Ping | Capabilities => Scope::Anyone,
        ListNamespaces | CountTokens | ConvertText => Scope::Caller,
        ServerStats | Check => Scope::Server,
        CreateNamespace | DescribeNamespace | NamespaceStats | DeleteNamespace | SetQuota | Flush => Scope::Namespace,
        Get | Put | Exists | DeleteKey | MultiGet | BatchPut | CompareAndSet | Scan => Scope::Namespace,
        CreateCollection | ListCollections | DescribeCollection | DropCollection => Scope::Namespace,
        AddDocuments | GetDocuments | DeleteDocuments | DeleteByFilter | CountDocuments => Scope::Namespace,
        SearchCollection | SearchBatchCollection => Scope::Namespace,
        CreateIndex | ListIndexes | DescribeIndex | DropIndex => Scope::Namespace,
        InsertVectors | GetVectors | DeleteVectors | CountVectors => Scope::Namespace,
        SearchVectors | SearchBatchVectors => Scope::Namespace,
        AddNode | GetNode | DeleteNode | AddEdge | DeleteEdge | GetEdges => Scope::Namespace,
        Traverse | ShortestPath | Neighbors => Scope::Namespace,
        AddTemporalEdge | QueryTemporal | CloseTemporalEdge | SupersedeTemporalEdge => Scope::Namespace,
        TraverseTemporal | TemporalHistory | EraseTemporal => Scope::Namespace,
        Commit | TakeSnapshot | EndSnapshot => Scope::Namespace,
        CacheGet | CachePut | CacheInvalidate | CacheStats => Scope::Namespace,
        CreateCheckpoint | ListCheckpoints | RestoreCheckpoint => Scope::Namespace,
        DeleteCheckpoint | ExportCheckpoint | ImportCheckpoint => Scope::Namespace,
        Render | AssembleContext => Scope::Namespace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each operation with its right and its scope, so that a change of either is made twice, on purpose.
    const TABLE: &str = "\
Ping read Anyone\nCapabilities read Anyone\nServerStats read Server\nCheck admin Server
CreateNamespace admin Namespace\nListNamespaces read Caller\nDescribeNamespace read Namespace
NamespaceStats read Namespace\nDeleteNamespace admin Namespace\nSetQuota admin Namespace\nFlush admin Namespace
Get read Namespace\nPut write Namespace\nExists read Namespace\nDeleteKey write Namespace\nMultiGet read Namespace
BatchPut write Namespace\nCompareAndSet write Namespace\nScan read Namespace
CreateCollection write Namespace\nListCollections read Namespace\nDescribeCollection read Namespace
DropCollection write Namespace\nAddDocuments write Namespace\nGetDocuments read Namespace
DeleteDocuments write Namespace\nDeleteByFilter write Namespace\nCountDocuments read Namespace
SearchCollection read Namespace\nSearchBatchCollection read Namespace
CreateIndex write Namespace\nListIndexes read Namespace\nDescribeIndex read Namespace\nDropIndex write Namespace
InsertVectors write Namespace\nGetVectors read Namespace\nDeleteVectors write Namespace\nCountVectors read Namespace
SearchVectors read Namespace\nSearchBatchVectors read Namespace
AddNode write Namespace\nGetNode read Namespace\nDeleteNode write Namespace\nAddEdge write Namespace
DeleteEdge write Namespace\nGetEdges read Namespace\nTraverse read Namespace\nShortestPath read Namespace
Neighbors read Namespace
AddTemporalEdge write Namespace\nQueryTemporal read Namespace\nCloseTemporalEdge write Namespace
SupersedeTemporalEdge write Namespace\nTraverseTemporal read Namespace\nTemporalHistory read Namespace
EraseTemporal write Namespace
Commit write Namespace\nTakeSnapshot read Namespace\nEndSnapshot read Namespace
CacheGet read Namespace\nCachePut write Namespace\nCacheInvalidate write Namespace\nCacheStats read Namespace
CreateCheckpoint admin Namespace\nListCheckpoints read Namespace\nRestoreCheckpoint admin Namespace
DeleteCheckpoint admin Namespace\nExportCheckpoint read Namespace\nImportCheckpoint admin Namespace
Render read Namespace\nAssembleContext read Namespace\nCountTokens read Caller\nConvertText read Caller";

    #[test]
    fn the_rights_of_all_operations_are_these() {
        let line = |code: &OpCode| format!("{} {} {:?}", code.name(), right_of(*code), scope_of(*code));
        let found: Vec<String> = OpCode::ALL.iter().map(line).collect();
        assert_eq!(found.join("\n"), TABLE, "the table as it is now:\n{}", found.join("\n"));
    }

    #[test]
    fn sets_of_rights_are_read_and_shown() {
        let some: Rights = "write, read".parse().unwrap();
        assert_eq!(some.to_string(), "read,write");
        assert!(some.contains(Right::Read) && some.contains(Right::Write) && !some.contains(Right::Admin));
        assert_eq!("read,write,admin".parse::<Rights>().unwrap(), Rights::all());
        for wrong in ["", "read,", "all", "Read", "read;write"] {
            assert!(wrong.parse::<Rights>().is_err(), "{wrong:?}");
        }
        assert_eq!(serde_json::to_string(&some).unwrap(), r#"["read","write"]"#);
        assert_eq!(serde_json::from_str::<Rights>(r#"["write","read"]"#).unwrap(), some);
        assert!(serde_json::from_str::<Rights>(r#"["root"]"#).is_err());
    }
}
