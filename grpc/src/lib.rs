//! ToonDB over gRPC: the services of `proto/toondb/v1`, for remote hosts and other languages.
//!
//! A frontend like the socket: it converts, calls the engine, converts back. `rpc` ties each operation of the engine's
//! table to a method; `convert` holds the messages of each, both ways; `status` turns errors into statuses and back;
//! `codec` reads messages from outside; [`auth`] finds out who calls; `server` serves, `client` asks.

pub mod auth;
mod client;
mod codec;
mod convert;
mod once;
mod peer;
pub mod proto;
mod rpc;
mod server;
mod status;

pub use client::{Address, BlockingClient, Client, ClientOptions, ClientTls, OnIdle};
pub use server::{Backend, Listener, Server, ServerOptions, StartError};
