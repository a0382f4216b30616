//! Clients of the socket: [`BlockingClient`] for threads, [`Pipeline`] for bulk, [`AsyncClient`] for tokio.

mod again;
mod asynchronous;
mod blocking;
mod numbers;
mod options;
mod pipeline;
mod pool;
mod stream;

pub use asynchronous::AsyncClient;
pub use blocking::{BlockingClient, CallOptions};
pub use numbers::{Numbered, Numbers};
pub use options::ClientOptions;
pub use pipeline::{Answer, Pipeline};
