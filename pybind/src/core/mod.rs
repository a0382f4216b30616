//! The native class under every kind of client: one method for each operation, by area.

mod caches;
mod checkpoints;
mod collections;
mod commit;
mod connection;
mod graph;
mod keys;
mod namespaces;
mod reads;
mod server;
mod temporal;
mod vectors;

pub use connection::{Connection, Core, connect_grpc, connect_socket, open_embedded};
