//! Which directory a server serves, and when it ends in favour of a newer version of itself.
//!
//! A client that would start a server says its version in the hello. An older server that was itself started by a client gives way if
//! nobody else is connected: the welcome says so, the client closes the connection, and whoever runs the server ends it once it is
//! idle ([`Server::end_if_idle`](crate::Server::end_if_idle)), or goes on if others have come first.

use std::sync::Arc;

use tokio::sync::Notify;
use toondb_engine::VERSION;

use crate::registry::Registry;

/// What a server knows of its place among others.
#[derive(Debug)]
pub struct Succession {
    directory: Option<String>,
    gives_way: bool,
    registry: Arc<Registry>,
    asked: Notify,
}

impl Succession {
    pub(crate) fn new(directory: Option<String>, gives_way: bool, registry: Arc<Registry>) -> Self {
        Self { directory, gives_way, registry, asked: Notify::new() }
    }

    /// Which directory is served.
    pub fn directory(&self) -> Option<&str> {
        self.directory.as_deref()
    }

    /// True if the server gives way to this version, because it is newer and the asker alone is connected. Then it is to end.
    pub(crate) fn is_asked_by(&self, successor: &str) -> bool {
        let gives_way = self.gives_way && is_newer(successor, VERSION) && self.registry.len() <= 1;
        if gives_way {
            self.asked.notify_one();
        }
        gives_way
    }

    /// Waits until the server is asked to give way.
    pub async fn asked(&self) {
        self.asked.notified().await;
    }
}

/// True if a version is newer than another one by its three numbers. What is no version is newer than nothing.
pub(crate) fn is_newer(version: &str, than: &str) -> bool {
    match (numbers(version), numbers(than)) {
        (Some(version), Some(than)) => version > than,
        (None, _) | (_, None) => false,
    }
}

fn numbers(version: &str) -> Option<[u32; 3]> {
    // What stands behind the numbers (a pre-release, a build) orders nothing: a server never gives way to one of its own numbers.
    let numbers = version.split(['-', '+']).next()?;
    let mut parts = numbers.split('.').map(|part| part.parse().ok());
    let three = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(three)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (version, than) in [("0.4.1", "0.4.0"), ("0.10.0", "0.9.9"), ("1.0.0-rc.1", "0.9.0")] {
            assert!(is_newer(version, than) && !is_newer(than, version), "{version}");
        }
        for version in ["0.4.0", "0.4.0-rc.1", "", "9", "9.9", "9.9.9.9", "9.9.x", "-1.0.0", "99999999999.0.0"] {
            assert!(!is_newer(version, "0.4.0"), "{version}");
        }
    }

    #[test]
    fn a_server_gives_way_only_to_a_newer_version_and_an_only_client() {
        let registry = Registry::new(8);
        let outbox = || Arc::new(crate::outbox::Outbox::new(toondb_engine::Budget::new(0).share(0)));
        let yielding = Succession::new(None, true, Arc::clone(&registry));
        let first = registry.enter(&outbox()).ok();
        assert!(yielding.is_asked_by("99.0.0") && !yielding.is_asked_by(VERSION));
        let second = registry.enter(&outbox()).ok();
        assert!(!yielding.is_asked_by("99.0.0"), "somebody else is connected");
        drop((first, second));
        assert!(!Succession::new(None, false, registry).is_asked_by("99.0.0"));
    }
}
