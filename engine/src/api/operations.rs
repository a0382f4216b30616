//! The table of operations: everything ToonDB can be asked, a row each. What the words of a row mean is told beside the macro
//! that reads them, [`super::table`].

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::{Error, ErrorCode, Result};
use super::table::{operations, word};
use super::words::{AnswerSize, Effect, OpKind};
use super::*;

operations! { ($)
    /// A sign of life.
    1 Ping(Ping) -> Pong, "EngineService/Ping":
        Admin Keeps Small, Read of Anyone, Short, rows Unseen, state Newest, durable Nothing;
    /// What this build can do and guarantees.
    2 Capabilities(CapabilitiesRequest) -> Capabilities, "EngineService/GetCapabilities":
        Admin Keeps Small, Read of Anyone, Long, rows Unseen, state Newest, durable Nothing;
    /// Counters of the whole engine.
    3 ServerStats(ServerStatsRequest) -> ServerStats, "EngineService/GetServerStats":
        Admin Keeps Small, Read of Server, Long, rows Unseen, state Newest, durable Nothing;
    /// Verifies what is stored, while it is in use.
    4 Check(Check) -> CheckReport, "EngineService/Check":
        Admin Keeps Page, Admin of Server, Long, rows Unseen, state Newest, durable Nothing;

    /// Creates a namespace.
    10 CreateNamespace(CreateNamespace) -> NamespaceInfo, "NamespaceService/CreateNamespace":
        Admin Takes Record, Admin of Namespace, Long, rows Unseen, state Newest, durable Nothing;
    /// Lists namespaces.
    11 ListNamespaces(ListNamespaces) -> NamespaceList, "NamespaceService/ListNamespaces":
        Admin Keeps Page, Read of Caller, Long, rows Unseen, state Newest, durable Nothing;
    /// Describes a namespace.
    12 DescribeNamespace(DescribeNamespace) -> NamespaceInfo, "NamespaceService/GetNamespace":
        Admin Keeps Record, Read of Namespace, Long, rows Unseen, state Newest, durable Nothing;
    /// Counters of a namespace.
    13 NamespaceStats(NamespaceStatsRequest) -> NamespaceStats, "NamespaceService/GetNamespaceStats":
        Admin Keeps Small, Read of Namespace, Long, rows Unseen, state Newest, durable Nothing;
    /// Deletes a namespace.
    14 DeleteNamespace(DeleteNamespace) -> Deleted, "NamespaceService/DeleteNamespace":
        Admin Frees Small, Admin of Namespace, Long, rows Unseen, state Newest, durable Nothing;
    /// Replaces a namespace's bounds.
    15 SetQuota(SetQuota) -> NamespaceInfo, "NamespaceService/SetQuota":
        Admin Takes Record, Admin of Namespace, Long, rows Unseen, state Newest, durable Nothing;
    /// Writes the log into the store.
    16 Flush(Flush) -> Flushed, "NamespaceService/Flush":
        Admin Keeps Small, Admin of Namespace, Long, rows Unseen, state Newest, durable Nothing;

    /// Reads a key.
    20 Get(Get) -> MaybeValue, "KvService/Get":
        Read Keeps Value, Read of Namespace, Short, rows Unseen, state At(snapshot), durable Nothing;
    /// Writes a key.
    21 Put(Put) -> Written, "KvService/Put":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Asks whether a key exists.
    22 Exists(Exists) -> Existence, "KvService/Exists":
        Read Keeps Small, Read of Namespace, Short, rows Unseen, state At(snapshot), durable Nothing;
    /// Deletes a key.
    23 DeleteKey(DeleteKey) -> Deleted, "KvService/Delete":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Reads several keys.
    24 MultiGet(MultiGet) -> KvValues, "KvService/BatchGet":
        Read Keeps Values, Read of Namespace, Items(keys), rows Unseen, state At(snapshot), durable Nothing;
    /// Writes several keys.
    25 BatchPut(BatchPut) -> Written, "KvService/BatchPut":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Writes a key if it holds what is expected.
    26 CompareAndSet(CompareAndSet) -> Swapped, "KvService/CompareAndSet":
        Write Takes Echo, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Reads keys in order.
    27 Scan(Scan) -> KvPage, "KvService/ScanPage":
        Read Keeps Values, Read of Namespace, Limited(limit), rows Unseen, state At(snapshot), durable Nothing;
    /// Appends values to a log.
    28 AppendLog(AppendLog) -> Appended, "LogService/Append":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Reads a log in order.
    29 ReadLog(ReadLog) -> LogPage, "LogService/Read":
        Read Keeps Values, Read of Namespace, Limited(limit), rows Unseen, state At(snapshot), durable Nothing;
    /// Takes the oldest entries out of a log.
    30 PopLog(PopLog) -> Popped, "LogService/Pop":
        Write Frees Values, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Deletes the oldest entries of a log.
    31 TrimLog(TrimLog) -> Deleted, "LogService/Trim":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Deletes a log.
    32 DeleteLog(DeleteLog) -> Deleted, "LogService/Delete":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Lists logs.
    33 ListLogs(ListLogs) -> LogList, "LogService/List":
        Read Keeps Page, Read of Namespace, Limited(limit), rows Unseen, state At(snapshot), durable Nothing;
    /// Adds to the integer that a key holds.
    34 Increment(Increment) -> Incremented, "KvService/Increment":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Gives keys another time to live.
    35 Touch(Touch) -> Touched, "KvService/Touch":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Asks how long a key still lives.
    36 GetTtl(GetTtl) -> TimeToLive, "KvService/GetTtl":
        Read Keeps Small, Read of Namespace, Short, rows Unseen, state At(snapshot), durable Nothing;
    /// Deletes several keys.
    37 BatchDelete(BatchDelete) -> Deleted, "KvService/BatchDelete":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Deletes every key of a range.
    38 DeleteRange(DeleteRange) -> RangeDeleted, "KvService/DeleteRange":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Lists what stands under a prefix.
    39 ScanPrefixes(ScanPrefixes) -> PrefixPage, "KvService/ScanPrefixes":
        Read Keeps Page, Read of Namespace, Long, rows Unseen, state At(snapshot), durable Nothing;

    /// Creates a collection.
    40 CreateCollection(CreateCollection) -> CollectionInfo, "CollectionService/CreateCollection":
        Write Takes Record, Write of Namespace, Long, rows Unseen, state Newest, durable Always;
    /// Lists collections.
    41 ListCollections(ListCollections) -> CollectionList, "CollectionService/ListCollections":
        Read Keeps Page, Read of Namespace, Brief, rows Seen, state Newest, durable Nothing;
    /// Describes a collection.
    42 DescribeCollection(DescribeCollection) -> CollectionInfo, "CollectionService/GetCollection":
        Read Keeps Record, Read of Namespace, Short, rows Seen, state Newest, durable Nothing;
    /// Drops a collection.
    43 DropCollection(DropCollection) -> Deleted, "CollectionService/DeleteCollection":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Always;
    /// Adds documents.
    44 AddDocuments(AddDocuments) -> AddedDocuments, "CollectionService/AddDocuments":
        Write Takes Echo, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Reads documents by id.
    45 GetDocuments(GetDocuments) -> Documents, "CollectionService/GetDocuments":
        Read Keeps Page, Read of Namespace, Items(ids), rows Seen, state At(snapshot), durable Nothing;
    /// Deletes documents by id.
    46 DeleteDocuments(DeleteDocuments) -> DeletedDocuments, "CollectionService/DeleteDocuments":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Deletes documents by filter.
    47 DeleteByFilter(DeleteByFilter) -> DeletedDocuments, "CollectionService/DeleteByFilter":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Counts documents.
    48 CountDocuments(CountDocuments) -> Counted, "CollectionService/CountDocuments":
        Read Keeps Small, Read of Namespace, Long, rows Seen, state At(snapshot), durable Nothing;
    /// Finds the nearest documents.
    49 SearchCollection(SearchCollection) -> DocumentHits, "CollectionService/SearchCollection":
        Read Keeps Page, Read of Namespace, Own, rows Seen, state At(snapshot), durable Nothing;
    /// Several searches at once.
    50 SearchBatchCollection(SearchBatchCollection) -> DocumentHitsBatch, "CollectionService/SearchBatch":
        Read Keeps Page, Read of Namespace, Long, rows Seen, state At(snapshot), durable Nothing;
    /// Lists documents in an order.
    51 ListDocuments(ListDocuments) -> DocumentPage, "CollectionService/ListDocuments":
        Read Keeps Page, Read of Namespace, Own, rows Seen, state At(snapshot), durable Nothing;
    /// Lists the ids of documents.
    52 ListDocumentIds(ListDocumentIds) -> DocumentIdPage, "CollectionService/ListDocumentIds":
        Read Keeps Page, Read of Namespace, Own, rows Seen, state At(snapshot), durable Nothing;
    /// Counts documents by the value of a field.
    53 FacetDocuments(FacetDocuments) -> Facets, "CollectionService/FacetDocuments":
        Read Keeps Page, Read of Namespace, Long, rows Seen, state At(snapshot), durable Nothing;
    /// The smallest and the largest value of a field.
    54 MinMaxDocuments(MinMaxDocuments) -> MaybeBounds, "CollectionService/MinMaxDocuments":
        Read Keeps Record, Read of Namespace, Long, rows Seen, state At(snapshot), durable Nothing;
    /// Merges fields into the metadata of documents.
    55 UpdateDocuments(UpdateDocuments) -> UpdatedDocuments, "CollectionService/UpdateDocuments":
        Write Takes Echo, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Replaces a collection's metadata.
    56 UpdateCollection(UpdateCollection) -> CollectionInfo, "CollectionService/UpdateCollection":
        Write Takes Record, Write of Namespace, Long, rows Unseen, state Newest, durable Always;
    /// Removes every document of a collection.
    57 TruncateCollection(TruncateCollection) -> Deleted, "CollectionService/TruncateCollection":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Always;

    /// Creates a vector index.
    60 CreateIndex(CreateIndex) -> IndexInfo, "VectorIndexService/CreateIndex":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Always;
    /// Lists vector indexes.
    61 ListIndexes(ListIndexes) -> IndexList, "VectorIndexService/ListIndexes":
        Read Keeps Page, Read of Namespace, Brief, rows Seen, state Newest, durable Nothing;
    /// Describes a vector index.
    62 DescribeIndex(DescribeIndex) -> IndexInfo, "VectorIndexService/DescribeIndex":
        Read Keeps Small, Read of Namespace, Short, rows Seen, state Newest, durable Nothing;
    /// Drops a vector index.
    63 DropIndex(DropIndex) -> Deleted, "VectorIndexService/DropIndex":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Always;
    /// Inserts vectors.
    64 InsertVectors(InsertVectors) -> Inserted, "VectorIndexService/InsertBatch":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Reads vectors by id.
    65 GetVectors(GetVectors) -> Vectors, "VectorIndexService/GetVectors":
        Read Keeps Page, Read of Namespace, Items(ids), rows Seen, state At(snapshot), durable Nothing;
    /// Deletes vectors by id.
    66 DeleteVectors(DeleteVectors) -> Deleted, "VectorIndexService/DeleteVectors":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Counts vectors.
    67 CountVectors(CountVectors) -> Counted, "VectorIndexService/CountVectors":
        Read Keeps Small, Read of Namespace, Short, rows Seen, state Newest, durable Nothing;
    /// Finds the nearest vectors.
    68 SearchVectors(SearchVectors) -> VectorHits, "VectorIndexService/Search":
        Read Keeps Page, Read of Namespace, Brief, rows Seen, state At(snapshot), durable Nothing;
    /// Several searches at once.
    69 SearchBatchVectors(SearchBatchVectors) -> VectorHitsBatch, "VectorIndexService/SearchBatch":
        Read Keeps Page, Read of Namespace, Long, rows Seen, state At(snapshot), durable Nothing;

    /// Adds a node.
    80 AddNode(AddNode) -> Created, "GraphService/AddNode":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Reads a node.
    81 GetNode(GetNode) -> MaybeNode, "GraphService/GetNode":
        Read Keeps Record, Read of Namespace, Short, rows Unseen, state At(snapshot), durable Nothing;
    /// Deletes a node with its edges.
    82 DeleteNode(DeleteNode) -> DeletedNode, "GraphService/DeleteNode":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Adds an edge.
    83 AddEdge(AddEdge) -> Created, "GraphService/AddEdge":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Deletes an edge.
    84 DeleteEdge(DeleteEdge) -> Deleted, "GraphService/DeleteEdge":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Reads a node's edges.
    85 GetEdges(GetEdges) -> EdgePage, "GraphService/GetEdges":
        Read Keeps Page, Read of Namespace, Own, rows Unseen, state At(snapshot), durable Nothing;
    /// Walks the graph.
    86 Traverse(Traverse) -> Subgraph, "GraphService/Traverse":
        Read Keeps Page, Read of Namespace, Long, rows Unseen, state At(snapshot), durable Nothing;
    /// Finds a shortest path.
    87 ShortestPath(ShortestPath) -> Path, "GraphService/ShortestPath":
        Read Keeps Page, Read of Namespace, Long, rows Unseen, state At(snapshot), durable Nothing;
    /// Finds the nodes one edge away.
    88 Neighbors(Neighbors) -> Subgraph, "GraphService/GetNeighbors":
        Read Keeps Page, Read of Namespace, Own, rows Unseen, state At(snapshot), durable Nothing;
    /// Reads an edge.
    89 GetEdge(GetEdge) -> MaybeEdge, "GraphService/GetEdge":
        Read Keeps Record, Read of Namespace, Short, rows Unseen, state At(snapshot), durable Nothing;
    /// Reads several nodes.
    90 GetNodes(GetNodes) -> Nodes, "GraphService/GetNodes":
        Read Keeps Page, Read of Namespace, Items(ids), rows Unseen, state At(snapshot), durable Nothing;
    /// Reads nodes in order.
    91 ListNodes(ListNodes) -> NodePage, "GraphService/ListNodes":
        Read Keeps Page, Read of Namespace, Own, rows Unseen, state At(snapshot), durable Nothing;
    /// Reads the edges of several nodes, or all.
    92 ListEdges(ListEdges) -> EdgePage, "GraphService/ListEdges":
        Read Keeps Page, Read of Namespace, Long, rows Unseen, state At(snapshot), durable Nothing;
    /// Counts nodes.
    93 CountNodes(CountNodes) -> Counted, "GraphService/CountNodes":
        Read Keeps Small, Read of Namespace, Long, rows Unseen, state At(snapshot), durable Nothing;
    /// Merges fields into a node.
    94 UpdateNode(UpdateNode) -> Updated, "GraphService/UpdateNode":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Merges fields into an edge.
    95 UpdateEdge(UpdateEdge) -> Updated, "GraphService/UpdateEdge":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Makes one node of two.
    96 MergeNodes(MergeNodes) -> MergedNodes, "GraphService/MergeNodes":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);

    /// States a temporal fact.
    100 AddTemporalEdge(AddTemporalEdge) -> Created, "GraphService/AddTemporalEdge":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Asks for a node's temporal facts.
    101 QueryTemporal(QueryTemporal) -> TemporalEdges, "GraphService/QueryTemporalGraph":
        Read Keeps Page, Read of Namespace, Long, rows Unseen, state At(snapshot), durable Nothing;
    /// Closes a temporal edge.
    102 CloseTemporalEdge(CloseTemporalEdge) -> ClosedEdges, "GraphService/CloseTemporalEdge":
        Write Takes Record, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Replaces the open fact of a single-valued relation.
    103 SupersedeTemporalEdge(SupersedeTemporalEdge) -> Superseded, "GraphService/SupersedeTemporalEdge":
        Write Takes Record, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Walks edges valid at one instant.
    104 TraverseTemporal(TraverseTemporal) -> TemporalPath, "GraphService/TraverseTemporal":
        Read Keeps Page, Read of Namespace, Long, rows Unseen, state At(snapshot), durable Nothing;
    /// Every belief about a node's or an edge's facts.
    105 TemporalHistory(TemporalHistory) -> TemporalEdges, "GraphService/TemporalHistory":
        Read Keeps Page, Read of Namespace, Long, rows Unseen, state At(snapshot), durable Nothing;
    /// Removes facts with their history.
    106 EraseTemporal(EraseTemporal) -> Erased, "GraphService/EraseTemporal":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Lists facts across nodes.
    107 ListFacts(ListFacts) -> TemporalEdges, "GraphService/ListFacts":
        Read Keeps Page, Read of Namespace, Long, rows Unseen, state At(snapshot), durable Nothing;
    /// States the value of a single-valued relation, joining periods of one value.
    108 StateFact(StateFact) -> Superseded, "GraphService/StateFact":
        Write Takes Record, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Finds a shortest path over facts valid at one instant.
    109 TemporalShortestPath(TemporalShortestPath) -> TemporalRoute, "GraphService/TemporalShortestPath":
        Read Keeps Page, Read of Namespace, Long, rows Unseen, state At(snapshot), durable Nothing;
    /// Finds the nodes one fact away at an instant.
    110 TemporalNeighbors(TemporalNeighbors) -> TemporalPath, "GraphService/TemporalNeighbors":
        Read Keeps Page, Read of Namespace, Long, rows Unseen, state At(snapshot), durable Nothing;

    /// Mixed writes with preconditions.
    120 Commit(Commit) -> Written, "TransactionService/Commit":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Holds a snapshot.
    121 TakeSnapshot(TakeSnapshot) -> Snapshot, "TransactionService/TakeSnapshot":
        Read Keeps Small, Read of Namespace, Short, rows Seen, state Newest, durable Nothing;
    /// Lets a snapshot go.
    122 EndSnapshot(EndSnapshot) -> SnapshotEnded, "TransactionService/EndSnapshot":
        Read Keeps Small, Read of Namespace, Short, rows Unseen, state Newest, durable Nothing;

    /// Looks an answer up in a semantic cache.
    130 CacheGet(CacheGet) -> MaybeCacheHit, "SemanticCacheService/Get":
        Read Keeps Value, Read of Namespace, Own, rows Seen, state Newest, durable Nothing;
    /// Remembers an answer in a semantic cache.
    131 CachePut(CachePut) -> Written, "SemanticCacheService/Put":
        Write Takes Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Forgets entries of a semantic cache.
    132 CacheInvalidate(CacheInvalidate) -> Deleted, "SemanticCacheService/Invalidate":
        Write Frees Small, Write of Namespace, Long, rows Unseen, state Newest, durable Asked(durability);
    /// Counters of a semantic cache.
    133 CacheStats(CacheStatsRequest) -> CacheStats, "SemanticCacheService/GetStats":
        Read Keeps Small, Read of Namespace, Long, rows Seen, state Newest, durable Nothing;

    /// Takes a checkpoint of a namespace.
    140 CreateCheckpoint(CreateCheckpoint) -> CheckpointInfo, "CheckpointService/CreateCheckpoint":
        Admin Takes Record, Admin of Namespace, Long, rows Unseen, state Newest, durable Nothing;
    /// Lists a namespace's checkpoints.
    141 ListCheckpoints(ListCheckpoints) -> CheckpointList, "CheckpointService/ListCheckpoints":
        Admin Keeps Page, Read of Namespace, Long, rows Unseen, state Newest, durable Nothing;
    /// Makes a namespace hold what a checkpoint holds.
    142 RestoreCheckpoint(RestoreCheckpoint) -> Restored, "CheckpointService/RestoreCheckpoint":
        Admin Takes Small, Admin of Namespace, Long, rows Unseen, state Newest, durable Nothing;
    /// Deletes a checkpoint.
    143 DeleteCheckpoint(DeleteCheckpoint) -> CheckpointDeleted, "CheckpointService/DeleteCheckpoint":
        Admin Frees Small, Admin of Namespace, Long, rows Unseen, state Newest, durable Nothing;
    /// Reads a checkpoint in a form to be kept elsewhere.
    144 ExportCheckpoint(ExportCheckpoint) -> ExportedPart, "CheckpointService/ExportCheckpoint":
        Admin Keeps Page, Read of Namespace, Long, rows Unseen, state Newest, durable Nothing;
    /// Makes a checkpoint from an exported one.
    145 ImportCheckpoint(ImportCheckpoint) -> Imported, "CheckpointService/ImportCheckpoint":
        Admin Takes Record, Admin of Namespace, Long, rows Unseen, state Newest, durable Nothing;

    /// Reads rows and gives them in a format.
    150 Render(Render) -> Rendered, "ContextService/Render":
        Read Keeps Page, Read of Namespace, Long, rows Inner(read), state Inner(read), durable Nothing;
    /// Puts several reads into one text under a token limit.
    151 AssembleContext(AssembleContext) -> Context, "ContextService/Assemble":
        Read Keeps Page, Read of Namespace, Long, rows Seen, state At(snapshot), durable Nothing;
    /// Counts the tokens of a text.
    152 CountTokens(CountTokens) -> TokenCount, "ContextService/CountTokens":
        Admin Keeps Small, Read of Caller, Long, rows Unseen, state Newest, durable Nothing;
    /// Converts a text from one format to another.
    153 ConvertText(ConvertText) -> Converted, "ContextService/ConvertText":
        Admin Keeps Page, Read of Caller, Long, rows Unseen, state Newest, durable Nothing;
}
