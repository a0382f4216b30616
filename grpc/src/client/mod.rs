//! Clients: [`Client`] for tokio, [`BlockingClient`] for threads.
//!
//! `address` says where the server is, `options` how to reach it, `channel` makes the connection, `gather` sends what
//! belongs together at once, `driver` moves the bytes for threads, `call` maps every operation to its method, `message`
//! makes bytes of it and reads the answer, `outcome` tells what a failure means for a request that may have been sent.

mod address;
mod asynchronous;
mod blocking;
mod call;
mod channel;
mod driver;
mod gather;
mod message;
mod options;
mod outcome;

pub use address::Address;
pub use asynchronous::Client;
pub use blocking::{BlockingClient, OnIdle};
pub use options::{ClientOptions, ClientTls};
