//! One call of the disk fails, or all from one on until the fault ends: what is asked for is read, written, opened, named.
//!
//! While the fault lasts each answer is right or an honest error. Once it is over, service has resumed within a second of the
//! engine's clock, without a restart, and everything acknowledged is there: in the living database, after a power loss, and after
//! an orderly end. `TOONDB_LONG=1` tries every call.

use std::sync::Arc;

use toondb_engine::api::{Error, ErrorCode, Result};
use toondb_engine::disk::{CallFault, CrashMode, SimDisk};
use toondb_tests::{Dice, is_long, seed};

use crate::images::{points, reopen_and_check, try_each};
use crate::life::Life;
use crate::oracle::{Fault, Oracle};
use crate::workload::{Script, Step};

/// Time on the engine's clock within which service resumes.
const RESUMED_MS: u64 = 1_000;
/// Times that something is tried while the fault lasts.
const TRIES: usize = 3;

#[derive(Debug, Clone, Copy)]
struct Case {
    script: Script,
    fault: CallFault,
    call: u64,
    for_ever: bool,
}

struct Subject {
    case: Case,
    disk: SimDisk,
    life: Life,
}

impl Subject {
    /// Whatever can be read while the disk fails is right.
    fn look(&mut self) {
        let Ok(engine) = self.life.engine() else { return };
        for name in self.life.oracle.names() {
            match self.life.oracle.look_into(&engine, &name) {
                Ok(()) => {}
                Err(Fault::Silent(error)) => self.check_code(&error),
                Err(Fault::Broken(how)) => panic!("{:?}: while it lasts: {how}", self.case),
            }
        }
        self.life.wait_ms(10);
    }

    /// An error is of the disk, and says so.
    fn check_code(&self, error: &Error) {
        let honest = match error.code {
            ErrorCode::Unavailable | ErrorCode::OutcomeUnknown | ErrorCode::Busy => true,
            // A change of the catalog whose outcome nobody knows: until that can be read.
            ErrorCode::Fenced => error.message.contains("until the catalog has been read"),
            ErrorCode::DiskFull => self.case.fault == CallFault::Full,
            _ => false,
        };
        assert!(honest, "{:?}: {:?} {}", self.case, error.code, error.message);
    }

    /// Tries what was refused while the fault may still last. True once the step has happened.
    fn endure(&mut self, step: &Step, error: Error) -> std::result::Result<bool, Error> {
        let mut error = error;
        for _ in 0..TRIES {
            self.look();
            let settled = self.life.engine().and_then(|engine| self.life.oracle.settle(&engine, step, &error));
            match settled {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(silent) => {
                    self.check_code(&silent);
                    return Err(error);
                }
            }
            match self.life.perform(step) {
                Ok(()) => return Ok(true),
                Err(again) => {
                    self.check_code(&again);
                    error = again;
                }
            }
        }
        Err(error)
    }

    /// The fault is over: tries until it succeeds, and not for long.
    fn resume<T>(&mut self, waited_ms: &mut u64, mut attempt: impl FnMut(&mut Life) -> Result<T>) -> T {
        let mut turns = 0;
        loop {
            match attempt(&mut self.life) {
                Ok(done) => return done,
                // The files of the former opening are being closed by threads, which this clock does not know.
                Err(error) if error.code == ErrorCode::Busy && turns < 100_000 => {
                    turns += 1;
                    std::thread::yield_now();
                }
                Err(error) => {
                    self.life.wait_ms(50);
                    *waited_ms += 50;
                    assert!(*waited_ms <= RESUMED_MS, "{:?}: still after {waited_ms} ms: {error:?}", self.case);
                }
            }
        }
    }

    /// Carries out a step, whatever happens meanwhile.
    fn achieve(&mut self, step: &Step) {
        let Err(error) = self.life.perform(step) else { return };
        self.check_code(&error);
        let error = match self.case.for_ever {
            true => match self.endure(step, error) {
                Ok(_) => return,
                Err(error) => error,
            },
            false => error,
        };
        self.disk.lift_fault();
        let (mut waited_ms, mut error) = (0, error);
        loop {
            let happened = self.resume(&mut waited_ms, |life| {
                let engine = life.engine()?;
                life.oracle.settle(&engine, step, &error)
            });
            if happened {
                return;
            }
            match self.life.perform(step) {
                Ok(()) => return,
                Err(again) => {
                    if again.code != ErrorCode::Busy {
                        self.life.wait_ms(50);
                        waited_ms += 50;
                        assert!(waited_ms <= RESUMED_MS, "{:?}: still after {waited_ms} ms: {again:?}", self.case);
                    }
                    error = again;
                }
            }
        }
    }
}

fn attempt(case: Case) {
    let disk = SimDisk::new();
    disk.fail_call(case.fault, case.call, case.for_ever);
    let life = Life::new(Arc::new(disk.clone()), 1, Oracle::default());
    let mut subject = Subject { case, disk, life };
    for step in case.script.steps() {
        subject.achieve(&step);
        subject.life.oracle.done += 1;
    }
    // Background work varies: a fault that has not struck by now must not strike what follows.
    let Subject { disk, mut life, .. } = subject;
    disk.lift_fault();
    let engine = life.engine().unwrap_or_else(|error| panic!("{case:?}: it does not open: {error:?}"));
    life.oracle.check(&engine).unwrap_or_else(|how| panic!("{case:?}: the living database: {how}"));
    drop(engine);
    for mode in [CrashMode::DropUnsynced, CrashMode::KeepAll].into_iter().take(if is_long() { 2 } else { 1 }) {
        reopen_and_check(&life.oracle, &disk.crash_image(1, mode), &format!("{case:?}, then a power loss, {mode:?}"));
    }
    life.close().unwrap_or_else(|error| panic!("{case:?}: it does not close: {error:?}"));
    reopen_and_check(&life.oracle, &disk, &format!("{case:?}, then an orderly end"));
}

/// Calls that a script needs, about.
fn calls(script: Script) -> u64 {
    let disk = SimDisk::new();
    let mut life = Life::new(Arc::new(disk.clone()), 1, Oracle::default());
    life.run(script);
    assert_eq!(life.oracle.done, script.steps().len(), "the script runs to its end");
    life.close().unwrap();
    disk.call_count()
}

#[test]
fn every_call_may_fail() {
    let seed = seed(16);
    let dice = Dice::new(seed);
    println!("seed {seed}");
    for script in Script::ALL {
        let all = calls(script);
        println!("{script:?}: {all} calls");
        let mut cases = Vec::new();
        for fault in CallFault::ALL {
            for for_ever in [false, true] {
                let drawn = points(all, 12, dice.below(1 << 32));
                cases.extend(drawn.into_iter().map(|call| Case { script, fault, call, for_ever }));
            }
        }
        try_each(cases, attempt);
    }
}
