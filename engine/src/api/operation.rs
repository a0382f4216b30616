//! The table of operations: code, request, response and kind of each, in one place.
//!
//! Codes are wire format. They are never changed and never reused; a retired operation keeps its number as a comment.
//! Everything that must exist once for each operation is generated from this table, so that none can be forgotten.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::{Error, ErrorCode, Result};
use super::*;

/// How the engine carries an operation out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpKind {
    /// On the engine or its catalog; may block.
    Admin,
    /// A read of bounded, small cost: runs on the caller's thread.
    Read,
    /// A read that may take milliseconds: runs on a pool if the caller must not block.
    LongRead,
    /// A write: goes through the namespace's mailbox and log, and creates the namespace if need be.
    Write,
}

/// Ties a request to its code and response.
pub trait Operation: Sized {
    /// The operation's code.
    const CODE: OpCode;
    /// What a success gives.
    type Reply;
    /// Wraps the request for [`crate::Engine`].
    fn into_request(self) -> Request;
    /// Takes the reply out; a response of another operation is an internal error.
    fn take_reply(response: Response) -> Result<Self::Reply>;
}

macro_rules! operations {
    ($($(#[$doc:meta])* $code:literal $name:ident($request:ident) -> $response:ident, $kind:ident;)*) => {
        /// The code of an operation, as on the wire.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum OpCode {
            $($(#[$doc])* $name = $code,)*
        }

        impl OpCode {
            /// Every operation, in numeric order.
            pub const ALL: &[OpCode] = &[$(OpCode::$name),*];

            /// The operation with this code.
            pub fn from_number(number: u16) -> Result<OpCode> {
                match number {
                    $($code => Ok(OpCode::$name),)*
                    _ => Err(Error::new(
                        ErrorCode::UnknownOperation,
                        format!("operation {number} is unknown to this version; ask for the capabilities"),
                    )),
                }
            }

            /// The code as on the wire.
            pub fn number(self) -> u16 {
                self as u16
            }

            /// The name as in this table.
            pub fn name(self) -> &'static str {
                match self { $(OpCode::$name => stringify!($name),)* }
            }

            /// How the engine carries it out.
            pub fn kind(self) -> OpKind {
                match self { $(OpCode::$name => OpKind::$kind,)* }
            }
        }

        /// A request of any operation.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Request {
            $($(#[$doc])* $name($request),)*
        }

        /// A response of any operation.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Response {
            $($(#[$doc])* $name($response),)*
        }

        impl Request {
            /// The operation.
            pub fn code(&self) -> OpCode {
                match self { $(Request::$name(_) => OpCode::$name,)* }
            }

            /// Checks limits and the request's own consistency; the engine calls it once for every request.
            pub fn validate(&self) -> Result<()> {
                match self { $(Request::$name(request) => request.validate(),)* }
            }

            /// Reads the arguments of the operation `code` from any serde format.
            pub fn deserialize<'de, D: Deserializer<'de>>(code: OpCode, deserializer: D) -> Result<Self, D::Error> {
                match code { $(OpCode::$name => $request::deserialize(deserializer).map(Request::$name),)* }
            }
        }

        impl Serialize for Request {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Request::$name(request) => request.serialize(serializer),)* }
            }
        }

        impl Response {
            /// The operation.
            pub fn code(&self) -> OpCode {
                match self { $(Response::$name(_) => OpCode::$name,)* }
            }

            /// Reads the response of the operation `code` from any serde format.
            pub fn deserialize<'de, D: Deserializer<'de>>(code: OpCode, deserializer: D) -> Result<Self, D::Error> {
                match code { $(OpCode::$name => $response::deserialize(deserializer).map(Response::$name),)* }
            }
        }

        impl Serialize for Response {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self { $(Response::$name(response) => response.serialize(serializer),)* }
            }
        }

        $(impl Operation for $request {
            const CODE: OpCode = OpCode::$name;
            type Reply = $response;

            fn into_request(self) -> Request {
                Request::$name(self)
            }

            fn take_reply(response: Response) -> Result<$response> {
                match response {
                    Response::$name(reply) => Ok(reply),
                    other => Err(Error::internal(format!(
                        "expected a response to {}, got one to {}", stringify!($name), other.code().name()
                    ))),
                }
            }
        })*
    };
}

operations! {
    /// A sign of life.
    1 Ping(Ping) -> Pong, Admin;
    /// What this build can do and guarantees.
    2 Capabilities(CapabilitiesRequest) -> Capabilities, Admin;
    /// Counters of the whole engine.
    3 ServerStats(ServerStatsRequest) -> ServerStats, Admin;

    /// Creates a namespace.
    10 CreateNamespace(CreateNamespace) -> NamespaceInfo, Admin;
    /// Lists namespaces.
    11 ListNamespaces(ListNamespaces) -> NamespaceList, Admin;
    /// Describes a namespace.
    12 DescribeNamespace(DescribeNamespace) -> NamespaceInfo, Admin;
    /// Counters of a namespace.
    13 NamespaceStats(NamespaceStatsRequest) -> NamespaceStats, Admin;
    /// Deletes a namespace.
    14 DeleteNamespace(DeleteNamespace) -> Deleted, Admin;
    /// Replaces a namespace's bounds.
    15 SetQuota(SetQuota) -> NamespaceInfo, Admin;
    /// Writes the log into the store.
    16 Flush(Flush) -> Flushed, Admin;

    /// Reads a key.
    20 Get(Get) -> MaybeValue, Read;
    /// Writes a key.
    21 Put(Put) -> Written, Write;
    /// Asks whether a key exists.
    22 Exists(Exists) -> Existence, Read;
    /// Deletes a key.
    23 DeleteKey(DeleteKey) -> Deleted, Write;
    /// Reads several keys.
    24 MultiGet(MultiGet) -> KvValues, LongRead;
    /// Writes several keys.
    25 BatchPut(BatchPut) -> Written, Write;
    /// Writes a key if it holds what is expected.
    26 CompareAndSet(CompareAndSet) -> Swapped, Write;
    /// Reads keys in order.
    27 Scan(Scan) -> KvPage, LongRead;

    /// Creates a collection.
    40 CreateCollection(CreateCollection) -> CollectionInfo, Write;
    /// Lists collections.
    41 ListCollections(ListCollections) -> CollectionList, LongRead;
    /// Describes a collection.
    42 DescribeCollection(DescribeCollection) -> CollectionInfo, Read;
    /// Drops a collection.
    43 DropCollection(DropCollection) -> Deleted, Write;
    /// Adds documents.
    44 AddDocuments(AddDocuments) -> AddedDocuments, Write;
    /// Reads documents by id.
    45 GetDocuments(GetDocuments) -> Documents, LongRead;
    /// Deletes documents by id.
    46 DeleteDocuments(DeleteDocuments) -> Deleted, Write;
    /// Deletes documents by filter.
    47 DeleteByFilter(DeleteByFilter) -> Deleted, Write;
    /// Counts documents.
    48 CountDocuments(CountDocuments) -> Counted, LongRead;
    /// Finds the nearest documents.
    49 SearchCollection(SearchCollection) -> DocumentHits, LongRead;
    /// Several searches at once.
    50 SearchBatchCollection(SearchBatchCollection) -> DocumentHitsBatch, LongRead;

    /// Creates a vector index.
    60 CreateIndex(CreateIndex) -> IndexInfo, Write;
    /// Lists vector indexes.
    61 ListIndexes(ListIndexes) -> IndexList, LongRead;
    /// Describes a vector index.
    62 DescribeIndex(DescribeIndex) -> IndexInfo, Read;
    /// Drops a vector index.
    63 DropIndex(DropIndex) -> Deleted, Write;
    /// Inserts vectors.
    64 InsertVectors(InsertVectors) -> Inserted, Write;
    /// Reads vectors by id.
    65 GetVectors(GetVectors) -> Vectors, LongRead;
    /// Deletes vectors by id.
    66 DeleteVectors(DeleteVectors) -> Deleted, Write;
    /// Counts vectors.
    67 CountVectors(CountVectors) -> Counted, Read;
    /// Finds the nearest vectors.
    68 SearchVectors(SearchVectors) -> VectorHits, LongRead;
    /// Several searches at once.
    69 SearchBatchVectors(SearchBatchVectors) -> VectorHitsBatch, LongRead;

    /// Adds a node.
    80 AddNode(AddNode) -> Created, Write;
    /// Reads a node.
    81 GetNode(GetNode) -> MaybeNode, Read;
    /// Deletes a node with its edges.
    82 DeleteNode(DeleteNode) -> Deleted, Write;
    /// Adds an edge.
    83 AddEdge(AddEdge) -> Created, Write;
    /// Deletes an edge.
    84 DeleteEdge(DeleteEdge) -> Deleted, Write;
    /// Reads a node's edges.
    85 GetEdges(GetEdges) -> EdgePage, LongRead;
    /// Walks the graph.
    86 Traverse(Traverse) -> Subgraph, LongRead;
    /// Finds a shortest path.
    87 ShortestPath(ShortestPath) -> Path, LongRead;
    /// Finds the nodes one edge away.
    88 Neighbors(Neighbors) -> Subgraph, LongRead;

    /// States a temporal fact.
    100 AddTemporalEdge(AddTemporalEdge) -> Created, Write;
    /// Asks for a node's temporal facts.
    101 QueryTemporal(QueryTemporal) -> TemporalEdges, LongRead;
    /// Closes a temporal edge.
    102 CloseTemporalEdge(CloseTemporalEdge) -> ClosedEdges, Write;
    /// Replaces the open fact of a single-valued relation.
    103 SupersedeTemporalEdge(SupersedeTemporalEdge) -> Superseded, Write;
    /// Walks edges valid at one instant.
    104 TraverseTemporal(TraverseTemporal) -> TemporalPath, LongRead;
    /// Every belief about a node's or an edge's facts.
    105 TemporalHistory(TemporalHistory) -> TemporalEdges, LongRead;
    /// Removes facts with their history.
    106 EraseTemporal(EraseTemporal) -> Deleted, Write;

    /// Mixed writes with preconditions.
    120 Commit(Commit) -> Written, Write;
    /// Holds a snapshot.
    121 TakeSnapshot(TakeSnapshot) -> Snapshot, Read;
    /// Lets a snapshot go.
    122 EndSnapshot(EndSnapshot) -> SnapshotEnded, Read;

    /// Looks an answer up in a semantic cache.
    130 CacheGet(CacheGet) -> MaybeCacheHit, LongRead;
    /// Remembers an answer in a semantic cache.
    131 CachePut(CachePut) -> Written, Write;
    /// Forgets entries of a semantic cache.
    132 CacheInvalidate(CacheInvalidate) -> Deleted, Write;
    /// Counters of a semantic cache.
    133 CacheStats(CacheStatsRequest) -> CacheStats, LongRead;

    /// Takes a checkpoint of a namespace.
    140 CreateCheckpoint(CreateCheckpoint) -> CheckpointInfo, Admin;
    /// Lists a namespace's checkpoints.
    141 ListCheckpoints(ListCheckpoints) -> CheckpointList, Admin;
    /// Makes a namespace hold what a checkpoint holds.
    142 RestoreCheckpoint(RestoreCheckpoint) -> Restored, Admin;
    /// Deletes a checkpoint.
    143 DeleteCheckpoint(DeleteCheckpoint) -> CheckpointDeleted, Admin;
    /// Reads a checkpoint in a form to be kept elsewhere.
    144 ExportCheckpoint(ExportCheckpoint) -> ExportedPart, Admin;
    /// Makes a checkpoint from an exported one.
    145 ImportCheckpoint(ImportCheckpoint) -> Imported, Admin;

    /// Reads rows and gives them in a format.
    150 Render(Render) -> Rendered, LongRead;
    /// Puts several reads into one text under a token limit.
    151 AssembleContext(AssembleContext) -> Context, LongRead;
    /// Counts the tokens of a text.
    152 CountTokens(CountTokens) -> TokenCount, Admin;
    /// Converts a text from one format to another.
    153 ConvertText(ConvertText) -> Converted, Admin;
}
