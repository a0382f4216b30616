//! The table of operations: code, request, response, kind, effect, place and size of answer of each, in one place.
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

/// What carrying an operation out does to what is stored, and so what it means that its answer was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing that anybody wrote: carrying it out twice is as good as once, so it may be asked again, and its outcome is never
    /// unknown.
    Keeps,
    /// It changes something and may need space for that.
    Takes,
    /// It changes something and gives space back in the end: the way out of a full disk.
    Frees,
}

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// One namespace, which the request names.
    Namespace,
    /// None of them, or all: the name beside it means nothing.
    Engine,
}

/// How large an operation's answer may be; [`Request::answer_hint`] makes bytes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerSize {
    /// Counters, names, an acknowledgement.
    Small,
    /// About what the request itself takes.
    Echo,
    /// The metadata or properties of one thing.
    Record,
    /// One value.
    Value,
    /// Many of anything: about a page, and seldom more.
    Page,
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
    ($($(#[$doc:meta])* $code:literal $name:ident($request:ident) -> $response:ident, $kind:ident $effect:ident $place:ident $answer:ident;)*) => {
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

            /// What it does to what is stored.
            pub fn effect(self) -> Effect {
                match self { $(OpCode::$name => Effect::$effect,)* }
            }

            /// What its namespace means.
            pub fn place(self) -> Place {
                match self { $(OpCode::$name => Place::$place,)* }
            }

            /// How large its answer may be.
            pub fn answer(self) -> AnswerSize {
                match self { $(OpCode::$name => AnswerSize::$answer,)* }
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
    1 Ping(Ping) -> Pong, Admin Keeps Engine Small;
    /// What this build can do and guarantees.
    2 Capabilities(CapabilitiesRequest) -> Capabilities, Admin Keeps Engine Small;
    /// Counters of the whole engine.
    3 ServerStats(ServerStatsRequest) -> ServerStats, Admin Keeps Engine Small;
    /// Verifies what is stored, while it is in use.
    4 Check(Check) -> CheckReport, Admin Keeps Engine Page;

    /// Creates a namespace.
    10 CreateNamespace(CreateNamespace) -> NamespaceInfo, Admin Takes Namespace Record;
    /// Lists namespaces.
    11 ListNamespaces(ListNamespaces) -> NamespaceList, Admin Keeps Engine Page;
    /// Describes a namespace.
    12 DescribeNamespace(DescribeNamespace) -> NamespaceInfo, Admin Keeps Namespace Record;
    /// Counters of a namespace.
    13 NamespaceStats(NamespaceStatsRequest) -> NamespaceStats, Admin Keeps Namespace Small;
    /// Deletes a namespace.
    14 DeleteNamespace(DeleteNamespace) -> Deleted, Admin Frees Namespace Small;
    /// Replaces a namespace's bounds.
    15 SetQuota(SetQuota) -> NamespaceInfo, Admin Takes Namespace Record;
    /// Writes the log into the store.
    16 Flush(Flush) -> Flushed, Admin Keeps Namespace Small;

    /// Reads a key.
    20 Get(Get) -> MaybeValue, Read Keeps Namespace Value;
    /// Writes a key.
    21 Put(Put) -> Written, Write Takes Namespace Small;
    /// Asks whether a key exists.
    22 Exists(Exists) -> Existence, Read Keeps Namespace Small;
    /// Deletes a key.
    23 DeleteKey(DeleteKey) -> Deleted, Write Frees Namespace Small;
    /// Reads several keys.
    24 MultiGet(MultiGet) -> KvValues, LongRead Keeps Namespace Page;
    /// Writes several keys.
    25 BatchPut(BatchPut) -> Written, Write Takes Namespace Small;
    /// Writes a key if it holds what is expected.
    26 CompareAndSet(CompareAndSet) -> Swapped, Write Takes Namespace Echo;
    /// Reads keys in order.
    27 Scan(Scan) -> KvPage, LongRead Keeps Namespace Page;

    /// Creates a collection.
    40 CreateCollection(CreateCollection) -> CollectionInfo, Write Takes Namespace Record;
    /// Lists collections.
    41 ListCollections(ListCollections) -> CollectionList, LongRead Keeps Namespace Page;
    /// Describes a collection.
    42 DescribeCollection(DescribeCollection) -> CollectionInfo, Read Keeps Namespace Record;
    /// Drops a collection.
    43 DropCollection(DropCollection) -> Deleted, Write Frees Namespace Small;
    /// Adds documents.
    44 AddDocuments(AddDocuments) -> AddedDocuments, Write Takes Namespace Echo;
    /// Reads documents by id.
    45 GetDocuments(GetDocuments) -> Documents, LongRead Keeps Namespace Page;
    /// Deletes documents by id.
    46 DeleteDocuments(DeleteDocuments) -> Deleted, Write Frees Namespace Small;
    /// Deletes documents by filter.
    47 DeleteByFilter(DeleteByFilter) -> Deleted, Write Frees Namespace Small;
    /// Counts documents.
    48 CountDocuments(CountDocuments) -> Counted, LongRead Keeps Namespace Small;
    /// Finds the nearest documents.
    49 SearchCollection(SearchCollection) -> DocumentHits, LongRead Keeps Namespace Page;
    /// Several searches at once.
    50 SearchBatchCollection(SearchBatchCollection) -> DocumentHitsBatch, LongRead Keeps Namespace Page;

    /// Creates a vector index.
    60 CreateIndex(CreateIndex) -> IndexInfo, Write Takes Namespace Small;
    /// Lists vector indexes.
    61 ListIndexes(ListIndexes) -> IndexList, LongRead Keeps Namespace Page;
    /// Describes a vector index.
    62 DescribeIndex(DescribeIndex) -> IndexInfo, Read Keeps Namespace Small;
    /// Drops a vector index.
    63 DropIndex(DropIndex) -> Deleted, Write Frees Namespace Small;
    /// Inserts vectors.
    64 InsertVectors(InsertVectors) -> Inserted, Write Takes Namespace Small;
    /// Reads vectors by id.
    65 GetVectors(GetVectors) -> Vectors, LongRead Keeps Namespace Page;
    /// Deletes vectors by id.
    66 DeleteVectors(DeleteVectors) -> Deleted, Write Frees Namespace Small;
    /// Counts vectors.
    67 CountVectors(CountVectors) -> Counted, Read Keeps Namespace Small;
    /// Finds the nearest vectors.
    68 SearchVectors(SearchVectors) -> VectorHits, LongRead Keeps Namespace Page;
    /// Several searches at once.
    69 SearchBatchVectors(SearchBatchVectors) -> VectorHitsBatch, LongRead Keeps Namespace Page;

    /// Adds a node.
    80 AddNode(AddNode) -> Created, Write Takes Namespace Small;
    /// Reads a node.
    81 GetNode(GetNode) -> MaybeNode, Read Keeps Namespace Record;
    /// Deletes a node with its edges.
    82 DeleteNode(DeleteNode) -> Deleted, Write Frees Namespace Small;
    /// Adds an edge.
    83 AddEdge(AddEdge) -> Created, Write Takes Namespace Small;
    /// Deletes an edge.
    84 DeleteEdge(DeleteEdge) -> Deleted, Write Frees Namespace Small;
    /// Reads a node's edges.
    85 GetEdges(GetEdges) -> EdgePage, LongRead Keeps Namespace Page;
    /// Walks the graph.
    86 Traverse(Traverse) -> Subgraph, LongRead Keeps Namespace Page;
    /// Finds a shortest path.
    87 ShortestPath(ShortestPath) -> Path, LongRead Keeps Namespace Page;
    /// Finds the nodes one edge away.
    88 Neighbors(Neighbors) -> Subgraph, LongRead Keeps Namespace Page;

    /// States a temporal fact.
    100 AddTemporalEdge(AddTemporalEdge) -> Created, Write Takes Namespace Small;
    /// Asks for a node's temporal facts.
    101 QueryTemporal(QueryTemporal) -> TemporalEdges, LongRead Keeps Namespace Page;
    /// Closes a temporal edge.
    102 CloseTemporalEdge(CloseTemporalEdge) -> ClosedEdges, Write Takes Namespace Record;
    /// Replaces the open fact of a single-valued relation.
    103 SupersedeTemporalEdge(SupersedeTemporalEdge) -> Superseded, Write Takes Namespace Record;
    /// Walks edges valid at one instant.
    104 TraverseTemporal(TraverseTemporal) -> TemporalPath, LongRead Keeps Namespace Page;
    /// Every belief about a node's or an edge's facts.
    105 TemporalHistory(TemporalHistory) -> TemporalEdges, LongRead Keeps Namespace Page;
    /// Removes facts with their history.
    106 EraseTemporal(EraseTemporal) -> Deleted, Write Frees Namespace Small;

    /// Mixed writes with preconditions.
    120 Commit(Commit) -> Written, Write Takes Namespace Small;
    /// Holds a snapshot.
    121 TakeSnapshot(TakeSnapshot) -> Snapshot, Read Keeps Namespace Small;
    /// Lets a snapshot go.
    122 EndSnapshot(EndSnapshot) -> SnapshotEnded, Read Keeps Namespace Small;

    /// Looks an answer up in a semantic cache.
    130 CacheGet(CacheGet) -> MaybeCacheHit, LongRead Keeps Namespace Value;
    /// Remembers an answer in a semantic cache.
    131 CachePut(CachePut) -> Written, Write Takes Namespace Small;
    /// Forgets entries of a semantic cache.
    132 CacheInvalidate(CacheInvalidate) -> Deleted, Write Frees Namespace Small;
    /// Counters of a semantic cache.
    133 CacheStats(CacheStatsRequest) -> CacheStats, LongRead Keeps Namespace Small;

    /// Takes a checkpoint of a namespace.
    140 CreateCheckpoint(CreateCheckpoint) -> CheckpointInfo, Admin Takes Namespace Record;
    /// Lists a namespace's checkpoints.
    141 ListCheckpoints(ListCheckpoints) -> CheckpointList, Admin Keeps Namespace Page;
    /// Makes a namespace hold what a checkpoint holds.
    142 RestoreCheckpoint(RestoreCheckpoint) -> Restored, Admin Takes Namespace Small;
    /// Deletes a checkpoint.
    143 DeleteCheckpoint(DeleteCheckpoint) -> CheckpointDeleted, Admin Frees Namespace Small;
    /// Reads a checkpoint in a form to be kept elsewhere.
    144 ExportCheckpoint(ExportCheckpoint) -> ExportedPart, Admin Keeps Namespace Page;
    /// Makes a checkpoint from an exported one.
    145 ImportCheckpoint(ImportCheckpoint) -> Imported, Admin Takes Namespace Record;

    /// Reads rows and gives them in a format.
    150 Render(Render) -> Rendered, LongRead Keeps Namespace Page;
    /// Puts several reads into one text under a token limit.
    151 AssembleContext(AssembleContext) -> Context, LongRead Keeps Namespace Page;
    /// Counts the tokens of a text.
    152 CountTokens(CountTokens) -> TokenCount, Admin Keeps Engine Small;
    /// Converts a text from one format to another.
    153 ConvertText(ConvertText) -> Converted, Admin Keeps Engine Page;
}
