//! The hunt for planted faults: each test that must find one runs in a child of this very test binary with the fault planted,
//! and has to fail. That the same test passes without it is seen beside this one.

use std::process::Command;

use parking_lot::Mutex;

use super::fault::{Binary, Planted, VARIABLE};

/// Children at once.
const HUNTERS: usize = 2;

/// True in a child that must fail.
#[must_use]
pub fn is_planted() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

/// The faults of `binary`, which is the one that is running, that its tests do not find; each with what happened.
#[must_use]
pub fn missed(binary: Binary) -> Vec<String> {
    let hunted = |fault: &Planted| fault.finder().0 == binary;
    let waiting = Mutex::new(Planted::ALL.iter().copied().filter(hunted));
    let missed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..HUNTERS {
            scope.spawn(|| {
                loop {
                    let Some(fault) = waiting.lock().next() else { return };
                    if let Err(why) = find(fault) {
                        missed.lock().push(format!("{}: {why}", fault.name()));
                    }
                }
            });
        }
    });
    missed.into_inner()
}

/// Runs the test that must fail.
fn find(fault: Planted) -> Result<(), String> {
    let (_, test) = fault.finder();
    let binary = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut child = Command::new(binary);
    child.args(["--exact", test, "--test-threads", "1"]).env(VARIABLE, fault.name());
    let output =
        child.env_remove("TOONDB_LONG").env_remove("TOONDB_SEED").output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !text.contains("running 1 test") {
        return Err(format!("there is no test {test}"));
    }
    // A child that a signal ended, as an aborting one does, has failed too.
    if output.status.success() { Err(format!("{test} passes with it")) } else { Ok(()) }
}
