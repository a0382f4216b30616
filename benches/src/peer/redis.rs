//! Redis as the peer for throughput: each write synced to its log (`appendfsync always`), on its Unix socket, loaded by
//! its own `redis-benchmark`.

use std::process::Command;

use tempfile::TempDir;

use super::daemon::Daemon;
use crate::cli::Setup;
use crate::data::{KEYS, VALUE_BYTES};
use crate::outcome::Outcome;

/// A running Redis with its data, which goes with it.
#[derive(Debug)]
pub struct Redis {
    // Fields are dropped in this order: the process ends before its directory is removed.
    _daemon: Daemon,
    dir: TempDir,
}

/// What `redis-benchmark` does.
#[derive(Debug, Clone, Copy)]
pub struct RedisLoad {
    /// `set` or `get`.
    pub test: &'static str,
    /// Connections.
    pub connections: usize,
    /// Requests in flight on each.
    pub pipeline: usize,
}

impl Redis {
    /// Starts Redis on a new directory.
    pub fn start(setup: &Setup) -> Outcome<Self> {
        let dir = tempfile::Builder::new().prefix("redis-").tempdir_in(&setup.dir)?;
        let mut command = Command::new("redis-server");
        command.args(["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--port", "0", "--dir"]);
        command.arg(dir.path()).arg("--unixsocket").arg(dir.path().join("redis.sock"));
        let daemon = Daemon::start(command, "ready to accept connections")?;
        Ok(Self { _daemon: daemon, dir })
    }

    /// Runs `redis-benchmark` and gives its requests per second.
    pub fn run(&self, load: RedisLoad, requests: u64) -> Outcome<f64> {
        let mut command = Command::new("redis-benchmark");
        command.arg("-s").arg(self.dir.path().join("redis.sock")).args(["--csv", "-t", load.test]);
        command.args(["-c", &load.connections.to_string(), "-P", &load.pipeline.to_string()]);
        command.args(["-d", &VALUE_BYTES.to_string(), "-r", &KEYS.to_string(), "-n", &requests.to_string()]);
        let output = command.output().map_err(|error| format!("redis-benchmark cannot be started: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("redis-benchmark failed: {text}{}", String::from_utf8_lossy(&output.stderr)).into());
        }
        rate(&text, load.test)
            .ok_or_else(|| format!("redis-benchmark printed no figure for {}: {text}", load.test).into())
    }
}

/// The second column of the line of a test: `"SET","52631.58","0.412",...`.
fn rate(csv: &str, test: &str) -> Option<f64> {
    let mut lines = csv.lines().map(|line| line.split(',').map(|cell| cell.trim_matches('"')));
    lines.find_map(|mut cells| {
        let named = cells.next()?.eq_ignore_ascii_case(test);
        cells.next().filter(|_| named)?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_the_line_of_the_test() {
        let csv = "\"test\",\"rps\",\"avg_latency_ms\"\n\"SET\",\"52631.58\",\"0.412\"\n\"GET\",\"1.5\",\"0\"\n";
        assert_eq!(rate(csv, "set"), Some(52631.58));
        assert_eq!(rate(csv, "get"), Some(1.5));
        assert_eq!(rate(csv, "lpush"), None);
    }
}
