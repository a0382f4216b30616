//! What a request says about itself, beside what its operation says: its effect, its cost, its snapshot.
//!
//! Every rule is an exhaustive match, so a new operation does not compile before each of them has been decided for it.

use super::commit::Write;
use super::ids::CommitSeq;
use super::operation::{Effect, Request};

/// About how long carrying a request out keeps a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// Microseconds.
    Short,
    /// Microseconds for each of so many items.
    Items(usize),
    /// A millisecond: longer than a thread that serves many may be kept, and hardly longer than it takes to hand it over.
    Brief,
    /// Anything: it waits for the disk, or looks at much.
    Long,
}

impl Request {
    /// What carrying it out does to what is stored: as its operation says, but for a commit, which may only delete.
    pub fn effect(&self) -> Effect {
        match self {
            Request::Commit(commit) if commit.writes.iter().all(is_delete) => Effect::Frees,
            other => other.code().effect(),
        }
    }

    /// About how long it keeps a thread.
    pub fn cost(&self) -> Cost {
        let limited = |limit: Option<u32>| limit.map_or(Cost::Long, |limit| Cost::Items(limit as usize));
        match self {
            Request::Ping(_) => Cost::Short,
            Request::Get(_) | Request::Exists(_) | Request::GetNode(_) => Cost::Short,
            Request::DescribeCollection(_) | Request::DescribeIndex(_) | Request::CountVectors(_) => Cost::Short,
            Request::TakeSnapshot(_) | Request::EndSnapshot(_) => Cost::Short,
            Request::MultiGet(get) => Cost::Items(get.keys.len()),
            Request::GetDocuments(get) => Cost::Items(get.ids.len()),
            Request::GetVectors(get) => Cost::Items(get.ids.len()),
            Request::Scan(scan) => limited(scan.limit),
            Request::GetEdges(get) => limited(get.limit),
            Request::Neighbors(near) => limited(near.limit),
            Request::CacheGet(get) if get.embedding.is_none() => Cost::Short,
            Request::CacheGet(_) | Request::SearchCollection(_) | Request::SearchVectors(_) => Cost::Brief,
            Request::ListCollections(_) | Request::ListIndexes(_) => Cost::Brief,
            Request::CountDocuments(_) | Request::SearchBatchCollection(_) | Request::SearchBatchVectors(_) => {
                Cost::Long
            }
            Request::Traverse(_) | Request::ShortestPath(_) => Cost::Long,
            Request::QueryTemporal(_) | Request::TraverseTemporal(_) | Request::TemporalHistory(_) => Cost::Long,
            Request::CacheStats(_) | Request::Render(_) | Request::AssembleContext(_) => Cost::Long,
            Request::Capabilities(_) | Request::ServerStats(_) | Request::CountTokens(_) | Request::ConvertText(_) => {
                Cost::Long
            }
            Request::Check(_) => Cost::Long,
            Request::CreateNamespace(_) | Request::ListNamespaces(_) | Request::DescribeNamespace(_) => Cost::Long,
            Request::NamespaceStats(_) | Request::DeleteNamespace(_) | Request::SetQuota(_) => Cost::Long,
            Request::Flush(_) => Cost::Long,
            Request::Put(_) | Request::DeleteKey(_) | Request::BatchPut(_) | Request::CompareAndSet(_) => Cost::Long,
            Request::CreateCollection(_) | Request::DropCollection(_) | Request::AddDocuments(_) => Cost::Long,
            Request::DeleteDocuments(_) | Request::DeleteByFilter(_) => Cost::Long,
            Request::CreateIndex(_) | Request::DropIndex(_) => Cost::Long,
            Request::InsertVectors(_) | Request::DeleteVectors(_) => Cost::Long,
            Request::AddNode(_) | Request::DeleteNode(_) | Request::AddEdge(_) | Request::DeleteEdge(_) => Cost::Long,
            Request::AddTemporalEdge(_) | Request::CloseTemporalEdge(_) => Cost::Long,
            Request::SupersedeTemporalEdge(_) | Request::EraseTemporal(_) => Cost::Long,
            Request::Commit(_) | Request::CachePut(_) | Request::CacheInvalidate(_) => Cost::Long,
            Request::CreateCheckpoint(_) | Request::ListCheckpoints(_) | Request::RestoreCheckpoint(_) => Cost::Long,
            Request::DeleteCheckpoint(_) | Request::ExportCheckpoint(_) | Request::ImportCheckpoint(_) => Cost::Long,
        }
    }

    /// True for a read that looks at rows of vectors or metadata in memory, or takes a snapshot for such reads.
    pub fn sees_rows(&self) -> bool {
        match self {
            Request::ListCollections(_) | Request::DescribeCollection(_) | Request::GetDocuments(_) => true,
            Request::CountDocuments(_) | Request::SearchCollection(_) | Request::SearchBatchCollection(_) => true,
            Request::ListIndexes(_) | Request::DescribeIndex(_) | Request::GetVectors(_) => true,
            Request::CountVectors(_) | Request::SearchVectors(_) | Request::SearchBatchVectors(_) => true,
            Request::CacheGet(_) | Request::CacheStats(_) | Request::AssembleContext(_) => true,
            Request::TakeSnapshot(_) => true,
            Request::Render(render) => render.read.sees_rows(),
            Request::Get(_) | Request::Exists(_) | Request::MultiGet(_) | Request::Scan(_) => false,
            Request::GetNode(_) | Request::GetEdges(_) | Request::Neighbors(_) => false,
            Request::Traverse(_) | Request::ShortestPath(_) => false,
            Request::QueryTemporal(_) | Request::TraverseTemporal(_) | Request::TemporalHistory(_) => false,
            Request::EndSnapshot(_) => false,
            Request::Ping(_) | Request::Capabilities(_) | Request::ServerStats(_) => false,
            Request::CountTokens(_) | Request::ConvertText(_) | Request::Check(_) => false,
            Request::CreateNamespace(_) | Request::ListNamespaces(_) | Request::DescribeNamespace(_) => false,
            Request::NamespaceStats(_) | Request::DeleteNamespace(_) | Request::SetQuota(_) => false,
            Request::Flush(_) => false,
            Request::Put(_) | Request::DeleteKey(_) | Request::BatchPut(_) | Request::CompareAndSet(_) => false,
            Request::CreateCollection(_) | Request::DropCollection(_) | Request::AddDocuments(_) => false,
            Request::DeleteDocuments(_) | Request::DeleteByFilter(_) => false,
            Request::CreateIndex(_) | Request::DropIndex(_) => false,
            Request::InsertVectors(_) | Request::DeleteVectors(_) => false,
            Request::AddNode(_) | Request::DeleteNode(_) | Request::AddEdge(_) | Request::DeleteEdge(_) => false,
            Request::AddTemporalEdge(_) | Request::CloseTemporalEdge(_) => false,
            Request::SupersedeTemporalEdge(_) | Request::EraseTemporal(_) => false,
            Request::Commit(_) | Request::CachePut(_) | Request::CacheInvalidate(_) => false,
            Request::CreateCheckpoint(_) | Request::ListCheckpoints(_) | Request::RestoreCheckpoint(_) => false,
            Request::DeleteCheckpoint(_) | Request::ExportCheckpoint(_) | Request::ImportCheckpoint(_) => false,
        }
    }

    /// The held snapshot that it reads at.
    pub fn snapshot(&self) -> Option<CommitSeq> {
        match self {
            Request::Get(read) => read.snapshot,
            Request::Exists(read) => read.snapshot,
            Request::MultiGet(read) => read.snapshot,
            Request::Scan(read) => read.snapshot,
            Request::GetDocuments(read) => read.snapshot,
            Request::CountDocuments(read) => read.snapshot,
            Request::SearchCollection(read) => read.snapshot,
            Request::SearchBatchCollection(read) => read.snapshot,
            Request::GetVectors(read) => read.snapshot,
            Request::SearchVectors(read) => read.snapshot,
            Request::SearchBatchVectors(read) => read.snapshot,
            Request::GetNode(read) => read.snapshot,
            Request::GetEdges(read) => read.snapshot,
            Request::Neighbors(read) => read.snapshot,
            Request::Traverse(read) => read.snapshot,
            Request::ShortestPath(read) => read.snapshot,
            Request::QueryTemporal(read) => read.snapshot,
            Request::TraverseTemporal(read) => read.snapshot,
            Request::TemporalHistory(read) => read.snapshot,
            Request::Render(render) => render.read.snapshot(),
            Request::AssembleContext(read) => read.snapshot,
            Request::ListCollections(_) | Request::DescribeCollection(_) => None,
            Request::ListIndexes(_) | Request::DescribeIndex(_) | Request::CountVectors(_) => None,
            Request::TakeSnapshot(_) | Request::EndSnapshot(_) => None,
            Request::CacheGet(_) | Request::CacheStats(_) => None,
            Request::Ping(_) | Request::Capabilities(_) | Request::ServerStats(_) => None,
            Request::CountTokens(_) | Request::ConvertText(_) | Request::Check(_) => None,
            Request::CreateNamespace(_) | Request::ListNamespaces(_) | Request::DescribeNamespace(_) => None,
            Request::NamespaceStats(_) | Request::DeleteNamespace(_) | Request::SetQuota(_) | Request::Flush(_) => None,
            Request::Put(_) | Request::DeleteKey(_) | Request::BatchPut(_) | Request::CompareAndSet(_) => None,
            Request::CreateCollection(_) | Request::DropCollection(_) | Request::AddDocuments(_) => None,
            Request::DeleteDocuments(_) | Request::DeleteByFilter(_) => None,
            Request::CreateIndex(_) | Request::DropIndex(_) => None,
            Request::InsertVectors(_) | Request::DeleteVectors(_) => None,
            Request::AddNode(_) | Request::DeleteNode(_) | Request::AddEdge(_) | Request::DeleteEdge(_) => None,
            Request::AddTemporalEdge(_) | Request::CloseTemporalEdge(_) => None,
            Request::SupersedeTemporalEdge(_) | Request::EraseTemporal(_) => None,
            Request::Commit(_) | Request::CachePut(_) | Request::CacheInvalidate(_) => None,
            Request::CreateCheckpoint(_) | Request::ListCheckpoints(_) | Request::RestoreCheckpoint(_) => None,
            Request::DeleteCheckpoint(_) | Request::ExportCheckpoint(_) | Request::ImportCheckpoint(_) => None,
        }
    }
}

fn is_delete(write: &Write) -> bool {
    match write {
        Write::DeleteKey { .. }
        | Write::DeleteDocuments { .. }
        | Write::DeleteVectors { .. }
        | Write::DeleteNode { .. }
        | Write::DeleteEdge { .. } => true,
        Write::Put(_)
        | Write::AddDocuments { .. }
        | Write::InsertVectors { .. }
        | Write::AddNode(_)
        | Write::AddEdge(_)
        | Write::AddTemporalEdge(_)
        | Write::CloseTemporalEdge { .. }
        | Write::SupersedeTemporalEdge(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::operation::{OpCode, OpKind, Place};
    use super::*;

    /// Each operation with its effect, its place and its answer, so that a change of any is made twice, on purpose.
    const TABLE: &str = "\
Ping Keeps Engine Small\nCapabilities Keeps Engine Small\nServerStats Keeps Engine Small
Check Keeps Engine Page
CreateNamespace Takes Namespace Record\nListNamespaces Keeps Engine Page
DescribeNamespace Keeps Namespace Record\nNamespaceStats Keeps Namespace Small
DeleteNamespace Frees Namespace Small\nSetQuota Takes Namespace Record\nFlush Keeps Namespace Small
Get Keeps Namespace Value\nPut Takes Namespace Small\nExists Keeps Namespace Small
DeleteKey Frees Namespace Small\nMultiGet Keeps Namespace Page\nBatchPut Takes Namespace Small
CompareAndSet Takes Namespace Echo\nScan Keeps Namespace Page\nCreateCollection Takes Namespace Record
ListCollections Keeps Namespace Page\nDescribeCollection Keeps Namespace Record
DropCollection Frees Namespace Small\nAddDocuments Takes Namespace Echo\nGetDocuments Keeps Namespace Page
DeleteDocuments Frees Namespace Small\nDeleteByFilter Frees Namespace Small
CountDocuments Keeps Namespace Small\nSearchCollection Keeps Namespace Page
SearchBatchCollection Keeps Namespace Page\nCreateIndex Takes Namespace Small\nListIndexes Keeps Namespace Page
DescribeIndex Keeps Namespace Small\nDropIndex Frees Namespace Small\nInsertVectors Takes Namespace Small
GetVectors Keeps Namespace Page\nDeleteVectors Frees Namespace Small\nCountVectors Keeps Namespace Small
SearchVectors Keeps Namespace Page\nSearchBatchVectors Keeps Namespace Page\nAddNode Takes Namespace Small
GetNode Keeps Namespace Record\nDeleteNode Frees Namespace Small\nAddEdge Takes Namespace Small
DeleteEdge Frees Namespace Small\nGetEdges Keeps Namespace Page\nTraverse Keeps Namespace Page
ShortestPath Keeps Namespace Page\nNeighbors Keeps Namespace Page\nAddTemporalEdge Takes Namespace Small
QueryTemporal Keeps Namespace Page\nCloseTemporalEdge Takes Namespace Record
SupersedeTemporalEdge Takes Namespace Record\nTraverseTemporal Keeps Namespace Page
TemporalHistory Keeps Namespace Page\nEraseTemporal Frees Namespace Small\nCommit Takes Namespace Small
TakeSnapshot Keeps Namespace Small\nEndSnapshot Keeps Namespace Small\nCacheGet Keeps Namespace Value
CachePut Takes Namespace Small\nCacheInvalidate Frees Namespace Small\nCacheStats Keeps Namespace Small
CreateCheckpoint Takes Namespace Record\nListCheckpoints Keeps Namespace Page
RestoreCheckpoint Takes Namespace Small\nDeleteCheckpoint Frees Namespace Small
ExportCheckpoint Keeps Namespace Page\nImportCheckpoint Takes Namespace Record\nRender Keeps Namespace Page
AssembleContext Keeps Namespace Page\nCountTokens Keeps Engine Small\nConvertText Keeps Engine Page";

    #[test]
    fn the_natures_of_all_operations_are_these() {
        let line =
            |code: &OpCode| format!("{} {:?} {:?} {:?}", code.name(), code.effect(), code.place(), code.answer());
        let found: Vec<String> = OpCode::ALL.iter().map(line).collect();
        assert_eq!(found.join("\n"), TABLE, "the table as it is now:\n{}", found.join("\n"));
    }

    #[test]
    fn a_kind_and_an_effect_never_contradict_each_other() {
        for code in OpCode::ALL {
            match code.kind() {
                OpKind::Read | OpKind::LongRead => assert_eq!(code.effect(), Effect::Keeps, "{code:?}"),
                OpKind::Write => assert_ne!(code.effect(), Effect::Keeps, "{code:?}"),
                OpKind::Admin => {}
            }
            if code.place() == Place::Engine {
                assert_eq!((code.kind(), code.effect()), (OpKind::Admin, Effect::Keeps), "{code:?}");
            }
        }
    }
}
