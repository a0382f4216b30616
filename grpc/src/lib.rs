//! ToonDB over gRPC.

pub mod proto;
