//! What the tests share: a server on loopback over an engine on a simulated disk, and peers that speak to it in messages
//! or in bare bytes.

mod dir;
mod methods;
mod peer;
mod raw;
mod world;

pub use dir::TempDir;
pub use methods::{Method, contract_methods, every_method};
pub use peer::{Peer, code_of, error_code, is_typed};
pub use raw::Raw;
pub use world::{World, wait_until};
