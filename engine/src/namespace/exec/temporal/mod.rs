//! Writes to temporal edges. A belief is never changed: it is retracted, which keeps it in the history, and another is
//! asserted in its place. Only what the very same commit asserted is simply overwritten, since nobody has seen it.

mod add;
mod beliefs;
mod close;
mod erase;
mod listing;
mod move_facts;
mod state;
mod supersede;

pub use add::add;
pub use close::close;
#[cfg(test)]
pub use erase::erase;
pub use erase::erase_node;
pub use listing::list_facts;
pub use move_facts::move_facts;
pub use state::state;
pub use supersede::supersede;
