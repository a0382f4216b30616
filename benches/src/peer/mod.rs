//! What is measured and what it is measured against: servers as processes of their own, and the disk.

mod daemon;
mod disk;
mod echo;
mod grpc_echo;
mod redis;
mod toondb;

pub use disk::SyncedFile;
pub use echo::{EchoPeer, Exchange, serve_echo};
pub use grpc_echo::{GrpcEcho, serve_grpc_echo};
pub use redis::{Redis, RedisLoad};
pub use toondb::{End, ToonDb};
