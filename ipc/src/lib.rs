//! ToonDB's primary transport: length-prefixed MessagePack over a Unix socket. `docs/protocol.md` specifies the bytes.
//!
//! The way of a request through the server, one file each:
//!
//! [`listener`](BoundSocket) makes the socket, `acceptor` takes a connection and checks its user, `connection` is its
//! task on an `io_thread`, `inbox` reads and finds frames (`codec`), `session` follows the protocol: `prescan` checks a
//! frame's bytes, `message` reads the envelope and the arguments, and [`Service::submit`](toondb_engine::Service) takes
//! over. The answer is written into the `outbox`, from whichever thread has it, and the connection's task sends it.
//!
//! [`Server`] is the server as a whole, [`BlockingClient`], [`Pipeline`] and [`AsyncClient`] are its clients. [`BlockingClient::open`] takes
//! a data directory instead of a socket, and starts its server where nobody serves it (`client::open`); [`project`] finds the
//! directory that a program means which names none.

/// The Rust of the repository's first page compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct FirstPage;

mod acceptor;
mod budget;
mod client;
mod codec;
mod connection;
mod hello;
mod inbox;
mod io_thread;
mod listener;
mod message;
mod outbox;
mod path_lock;
mod prescan;
pub mod project;
mod registry;
mod room;
mod server;
mod session;
mod succession;

pub use client::{
    Answer, AsyncClient, BlockingClient, CallOptions, ClientOptions, Numbered, Numbers, OpenOptions, Opened, Pipeline,
    Report, ServerCommand, socket_places,
};
pub use codec::{FrameCodec, FrameError};
pub use hello::{HELLO_CODE, Hello, PROTOCOL, Welcome};
pub use listener::{BindError, BoundSocket};
pub use message::{
    ID_NONE, RequestHead, ResponseHead, STATUS_OK, Violation, read_args, read_body, read_error, read_map, read_request,
    read_response, write_failure, write_request, write_result, write_success,
};
pub use prescan::{ScanError, scan};
pub use server::{Server, ServerOptions};
pub use succession::Succession;
