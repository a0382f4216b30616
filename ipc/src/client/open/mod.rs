//! Opening a data directory: its server is found, or started, or waited for. `docs/design.md`, "Open", has the protocol.
//!
//! [`reach`](Opened::reach) is what a client does each time that it needs a connection; `places` says where servers are, `starter` starts
//! one (`detached` as a process of its own), `report` is the one line by which that says what became of it.

mod detached;
mod options;
mod places;
mod reach;
mod report;
mod starter;

pub use options::{OpenOptions, ServerCommand};
pub use places::socket_places;
pub use reach::Opened;
pub use report::Report;
