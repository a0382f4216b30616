//! The operation table as messages of `toondb.v1`, one file for each service.
//!
//! What the contract cannot tell from "unset" (an empty list of edge types, a bound of nothing, a time of zero) has an
//! added field; see the `.proto` files.

mod cache;
mod checkpoint;
mod collection;
mod context;
mod context_query;
mod document_list;
mod document_search;
mod documents;
mod edges;
mod engine;
mod enums;
mod facts;
mod filter;
mod graph;
mod graph_changes;
mod kv;
mod kv_update;
mod namespace;
mod nodes;
mod ordered_log;
mod properties;
mod temporal;
mod transaction;
mod value;
mod vector_index;
mod walk_filter;

pub(crate) use context_query::{query_answer, read_estimate, read_format, read_query};
use toondb_engine::api::{ByteBuf, CommitSeq, Error, Result};

use crate::proto;

fn snapshot(seq: Option<u64>) -> Option<CommitSeq> {
    seq.map(CommitSeq)
}

fn seq(snapshot: Option<CommitSeq>) -> Option<u64> {
    snapshot.map(|seq| seq.0)
}

fn bytes(bytes: Option<Vec<u8>>) -> Option<ByteBuf> {
    bytes.map(ByteBuf::from)
}

fn vec(bytes: Option<ByteBuf>) -> Option<Vec<u8>> {
    bytes.map(ByteBuf::into_vec)
}

fn columns(message: Option<proto::Columns>) -> Option<Vec<String>> {
    message.map(|columns| columns.names)
}

fn columns_message(columns: Option<Vec<String>>) -> Option<proto::Columns> {
    columns.map(|names| proto::Columns { names })
}

/// 0 = nothing given.
fn non_zero(number: u32) -> Option<u32> {
    (number > 0).then_some(number)
}

/// A message inside another that must be there.
fn required<T>(message: Option<T>, what: &str) -> Result<T> {
    message.ok_or_else(|| Error::invalid(format!("the request has no {what}")))
}
