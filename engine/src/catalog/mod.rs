//! Which namespaces exist, what each is called, and which folder holds it.
//!
//! Two records say it, and either is made again from the other: `catalog.redb` ([`file`]), which is read whole on start,
//! and in each folder a file about itself ([`about`]). What a folder is for says its name ([`folders`]): made, live, or
//! being deleted. [`catalog`] changes all of them in an order in which a crash loses nothing; [`plan`] decides on start what
//! the folders found mean. No folder that may hold data is ever deleted: what cannot be placed is moved to `<data>/lost/`.

mod about;
#[expect(clippy::module_inception, reason = "the noun of the folder")]
mod catalog;
mod creations;
mod entry;
mod file;
mod folders;
mod look;
mod lost;
mod plan;
mod start;
#[cfg(test)]
mod tests;

pub use catalog::Catalog;
pub use entry::Entry;
pub use file::exists;
pub use folders::DIR;
pub use look::{Look, NamespacePlace, look};
pub use lost::{DIR as LOST_DIR, Lost};
