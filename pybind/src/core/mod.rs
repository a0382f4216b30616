//! The native class under `Database` and `IpcClient`: one method for each operation, by area.

mod collections;
mod commit;
mod connection;
mod graph;
mod keys;
mod namespaces;
mod server;
mod temporal;
mod vectors;

pub use connection::{Connection, Core, connect_socket, open_embedded};
