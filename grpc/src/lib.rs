//! ToonDB over gRPC.

pub mod auth;
pub mod proto;
