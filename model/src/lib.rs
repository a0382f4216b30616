//! The protocol of owner, starter and client, as a model that a computer explores whole.
//!
//! Whoever opens a directory connects to its server, and starts one if nobody answers. Who may start, who owns, who waits for whom is
//! decided by processes that know nothing of each other but three locks, a socket's path and a pipe, and that may be killed
//! between any two of their steps. No test meets all orders in which such steps can follow each other; a model does.
//!
//! # The protocol
//!
//! - A **client** connects. Refused, or ended before the welcome, it waits for the start lock, looking again meanwhile; with the lock it
//!   connects once more. Still nobody: it starts a server, reads the pipe, lets the start lock go and begins again. It tells an error
//!   only if the server wrote one. A pipe that ends without a line, and a connection that ends, are reasons to begin again (a
//!   write keeps its number).
//! - A **server** takes the directory's lock and writes into its text that it *starts*; opens the engine; takes the path's lock; removes a
//!   socket that refuses connections; binds, listens, writes that it *serves*, tells its starter. While it cannot have the
//!   directory's lock it reads the text. *Serving*, and the socket accepts: it sends its starter there. *Alone*, by a process that lives:
//!   that is its error. For whoever starts, ends, has died, or has said nothing yet, it waits, and so it does for a path's lock and
//!   for a listener that a killed process still has.
//! - It **ends** when nobody is connected, when a newer client asks (with the start lock, so that the next server is the newer one), or on
//!   SIGTERM. In the first two cases it stops accepting, looks again, and goes on serving if somebody is there. Then it removes its
//!   socket and closes the listener, in either order, writes that it *ends*, drains, lets the path go, closes the engine and lets the
//!   directory go.
//! - Somebody **embedded** tries the directory's lock once, writes *alone*, and takes that back before letting the lock go, since the
//!   process lives on.
//!
//! # The model
//!
//! A state (`state`, `process`) is where everybody is. One action (`action`) is one call of the system or less. What each process does
//! is in `client` and `server`; what happens to it is in `world`: kills, after which the kernel closes what the process had in any
//! order; signals; servers that find themselves idle while a client is on its way; servers started by hand; embedded holders; a foreign
//! socket at the path; damage. A scenario (`scenario`) says who takes part and how often each of these may happen. When they do
//! is for the explorer to try.
//!
//! Whoever waits has no action until what it waits for has come, so a hang is a state in which nothing is sure to happen. Each client
//! counts its rounds, so a livelock is a count above what the disturbances explain. And no run goes in circles, which is checked too.
//! Together: once nothing disturbs it any more, each run ends, and ends well. (stateright's own "eventually" is not used, as it overlooks
//! circles and runs that join.)
//!
//! What has to hold is in `protocol`. That the check finds anything is shown by `mutant`: protocols with one thing wrong each.
//!
//! # What is not in it
//!
//! Time. A bounded wait that ends, and a caller whose time is over, are the client's kill here. A process that is stopped and never goes on
//! makes its clients wait as long as they want to. A process id that was given again, or is not seen from another container, prolongs
//! a wait. A program that replaces the socket between a look at it and its removal loses its own: the system has no call that
//! removes an inode. Sockets that systemd keeps are never refused, and need none of this.
#![allow(clippy::indexing_slicing, reason = "a place in the state's arrays is named by the model alone")]

mod action;
mod check;
mod client;
mod mutant;
mod process;
mod protocol;
mod scenario;
mod server;
mod state;
mod world;

pub use action::{Action, Event, Move, Step, Thing};
pub use check::{Report, explore, find, goes_in_circles, reach};
pub use mutant::Mutant;
pub use process::{At, Client, ClientId, Held, Line, Outcome, Phase, Server, ServerId, Why};
pub use protocol::{
    FEW_ROUNDS, GOAL, Goal, NEWER_FOLLOWS, NOBODY_CUT, NOBODY_WAITS, ONCE, ONE_OWNER, ONE_START, OWN_SOCKET, Order,
    Protocol, ROOM, TRUE_ERRORS,
};
pub use scenario::Scenario;
pub use state::{CLIENTS, Disturbances, Embedded, Place, SERVERS, Says, State, Text, Wrong};
