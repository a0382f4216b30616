//! The operation table: everything ToonDB can be asked, as plain data.
//!
//! Every frontend converts its bytes into a [`Request`], calls the engine once, and converts the [`Response`] back.
//! This module therefore knows no redb, no tokio, no protobuf and no Python: it could be compiled into a client that
//! never links the engine. Requests carry data only; reply channels and credentials live in the frontends.

mod always;
mod answer_lost;
mod answer_size;
mod cache;
mod check;
mod checkpoint;
mod collection;
mod commit;
mod common;
mod context;
mod cost;
mod document_list;
mod documents;
mod edges;
mod error;
mod facts;
mod field_values;
mod filter;
mod glob;
mod graph;
mod graph_changes;
mod identical;
mod ids;
mod kv;
mod kv_update;
mod listing;
mod namespace;
mod nature;
mod nested;
mod nodes;
mod once;
mod operation;
#[macro_use]
mod operations;
mod map;
mod ordered_log;
mod properties;
mod render;
mod right;
mod search;
mod server;
mod size;
mod table;
mod temporal;
mod temporal_walk;
mod toon_options;
mod value;
mod vector;
mod vector_index;
mod walk_filter;
mod words;

// Every request and answer of a file: whoever adds one writes it there alone.
pub use cache::*;
pub use check::*;
pub use checkpoint::*;
pub use collection::*;
pub use commit::*;
pub use common::*;
pub use context::*;
pub use cost::Cost;
pub use document_list::*;
pub use documents::*;
pub use edges::*;
pub use error::{Error, ErrorCode, Fault, Result};
pub use facts::*;
pub use field_values::*;
pub use filter::{Field, FieldPath, Filter, FilterOn, FilterRow, Folded, Predicate, ValueSet};
pub use glob::{Glob, Globs};
pub use graph::*;
pub use graph_changes::*;
pub use identical::{same_fields, same_value};
pub use ids::{CollectionName, CommitSeq, DocumentId, EdgeType, LogName, NamespaceName, NodeId, TimestampMs};
pub use kv::*;
pub use kv_update::*;
pub use listing::*;
pub use map::Map;
pub use namespace::*;
pub use nodes::*;
pub use once::{ClientId, Once};
pub use operation::Operation;
pub use operations::{OpCode, Request, Response};
pub use ordered_log::*;
pub use properties::Properties;
pub use render::*;
pub use right::{Right, Scope};
pub use server::*;
pub use temporal::*;
pub use temporal_walk::*;
pub use toon_options::{Delimiter, ToonOptions};
pub use value::Value;
pub use vector::{Embedding, EmbeddingBatch, IdBatch};
pub use vector_index::*;
pub use walk_filter::WalkFilter;
pub use words::{AnswerSize, Effect, OpKind};

pub use serde_bytes::ByteBuf;
