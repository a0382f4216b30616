//! The operation table: everything ToonDB can be asked, as plain data.
//!
//! Every frontend converts its bytes into a [`Request`], calls the engine once, and converts the [`Response`] back.
//! This module therefore knows no redb, no tokio, no protobuf and no Python: it could be compiled into a client that
//! never links the engine. Requests carry data only; reply channels and credentials live in the frontends.

mod always;
mod answer_size;
mod cache;
mod check;
mod checkpoint;
mod collection;
mod commit;
mod common;
mod context;
mod error;
mod filter;
mod glob;
mod graph;
mod ids;
mod kv;
mod namespace;
mod nature;
mod operation;
mod properties;
mod render;
mod server;
mod size;
mod temporal;
mod value;
mod vector;
mod vector_index;

pub use cache::{CacheGet, CacheHit, CacheInvalidate, CachePut, CacheStats, CacheStatsRequest, MaybeCacheHit};
pub use check::{Check, CheckReport, CheckedNamespace, Finding, FindingKind, FindingPart};
pub use checkpoint::{
    CheckpointDeleted, CheckpointId, CheckpointInfo, CheckpointList, CreateCheckpoint, DeleteCheckpoint,
    ExportCheckpoint, ExportFormat, ExportedPart, ImportCheckpoint, Imported, ListCheckpoints, RestoreCheckpoint,
    Restored,
};
pub use collection::{
    AddDocuments, AddedDocuments, CollectionInfo, CollectionList, CountDocuments, Counted, CreateCollection,
    DeleteByFilter, DeleteDocuments, DescribeCollection, Document, DocumentHit, DocumentHits, DocumentHitsBatch,
    Documents, DropCollection, GetDocuments, ListCollections, SearchBatchCollection, SearchCollection,
};
pub use commit::{Commit, Condition, EndSnapshot, Precondition, Snapshot, SnapshotEnded, TakeSnapshot, Target, Write};
pub use common::{Created, Deleted, Direction, Durability, Metric, TraversalOrder, Written};
pub use context::{AssembleContext, Context, ContextContent, ContextSection, SectionResult};
pub use error::{Error, ErrorCode, Fault, Result};
pub use filter::{Filter, Predicate};
pub use glob::{Glob, Globs};
pub use graph::{
    AddEdge, AddNode, DeleteEdge, DeleteNode, Edge, EdgePage, GetEdges, GetNode, MaybeNode, Neighbors, Node, Path,
    ShortestPath, Subgraph, Traverse,
};
pub use ids::{CollectionName, CommitSeq, DocumentId, EdgeType, NamespaceName, NodeId, TimestampMs};
pub use kv::{
    BatchPut, CompareAndSet, DeleteKey, Existence, Exists, Get, KvEntry, KvPage, KvValue, KvValues, MaybeValue,
    MultiGet, Put, PutEntry, Scan, Swapped,
};
pub(crate) use kv::{check_key, check_value};
pub use namespace::{
    CreateNamespace, DeleteNamespace, DescribeNamespace, Flush, Flushed, ListNamespaces, NamespaceInfo, NamespaceList,
    NamespaceStats, NamespaceStatsRequest, Quota, SetQuota,
};
pub use nature::Cost;
pub use operation::{AnswerSize, Effect, OpCode, OpKind, Operation, Place, Request, Response};
pub use properties::Properties;
pub use render::{
    ConvertText, Converted, CountTokens, OutputFormat, Render, Rendered, RowsQuery, TokenCount, Tokenizer,
};
pub use server::{Capabilities, CapabilitiesRequest, Ping, Pong, ServerStats, ServerStatsRequest};
pub use temporal::{
    AddTemporalEdge, AsOf, CloseTemporalEdge, ClosedEdges, EraseTemporal, QueryTemporal, SupersedeTemporalEdge,
    Superseded, TemporalEdge, TemporalEdges, TemporalFact, TemporalHistory, TemporalMode, TemporalPath,
    TraverseTemporal,
};
pub use value::Value;
pub use vector::{Embedding, EmbeddingBatch, IdBatch};
pub use vector_index::{
    CountVectors, CreateIndex, DeleteVectors, DescribeIndex, DropIndex, GetVectors, IndexInfo, IndexList,
    InsertVectors, Inserted, ListIndexes, SearchBatchVectors, SearchVectors, VectorHit, VectorHits, VectorHitsBatch,
    Vectors,
};

pub use serde_bytes::ByteBuf;
