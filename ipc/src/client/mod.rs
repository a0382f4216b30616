//! Clients of the socket: [`BlockingClient`] for threads, [`Pipeline`] for bulk, [`AsyncClient`] for tokio. `open` finds or starts the
//! server of a directory for them.

mod again;
mod asynchronous;
mod blocking;
mod numbers;
mod open;
mod options;
mod pipeline;
mod pool;
mod stream;
mod waiting;

pub use asynchronous::AsyncClient;
pub use blocking::{BlockingClient, CallOptions};
pub use numbers::{Numbered, Numbers};
pub use open::{OpenOptions, Opened, Report, ServerCommand, socket_places};
pub use options::ClientOptions;
pub use pipeline::{Answer, Pipeline};
