//! The messages and service traits of `proto/toondb/v1`, generated at build time.
#![allow(
    missing_docs,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    rustdoc::all,
    reason = "generated; the .proto files are the documentation"
)]

tonic::include_proto!("toondb.v1");

impl TextEntry {
    /// An entry of a map of texts. Maps are lists of entries here, as on the wire, so that they keep their order.
    pub fn new(key: &str, value: &str) -> Self {
        Self { key: key.to_owned(), value: value.to_owned() }
    }
}

/// The descriptors of every file, for reflection and for tests that walk over all methods.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/toondb.v1.descriptors"));
