//! A database and what is known of it, over as many openings as it takes.

use std::sync::Arc;

use toondb_engine::api::Result;
use toondb_engine::clock::ManualClock;
use toondb_engine::disk::Disk;
use toondb_engine::rng::SeededRng;
use toondb_engine::{Engine, EngineOptions};
use toondb_tests::CLOCK_START_MS;

use crate::oracle::Oracle;
use crate::workload::{Script, Step};

/// Opens the database on any disk, with randomness that must differ from opening to opening.
pub fn open_as(disk: Arc<dyn Disk>, clock: &Arc<ManualClock>, seed: u64) -> Result<Engine> {
    let mut options = EngineOptions::new("/db").on_disk(disk);
    options.clock = Arc::clone(clock) as _;
    options.rng = Some(Arc::new(SeededRng::new(seed)));
    Engine::open(options)
}

/// A database in use.
pub struct Life {
    disk: Arc<dyn Disk>,
    clock: Arc<ManualClock>,
    /// Nothing after an opening or a closing failed.
    engine: Option<Engine>,
    /// Differs from opening to opening.
    seed: u64,
    pub oracle: Oracle,
}

impl Life {
    /// Not open yet. Lives on one disk have seeds far apart.
    pub fn new(disk: Arc<dyn Disk>, seed: u64, oracle: Oracle) -> Self {
        Self { disk, clock: Arc::new(ManualClock::new(CLOCK_START_MS)), engine: None, seed: seed << 16, oracle }
    }

    /// The open database.
    pub fn engine(&mut self) -> Result<Engine> {
        if self.engine.is_none() {
            self.seed += 1;
            self.engine = Some(open_as(Arc::clone(&self.disk), &self.clock, self.seed)?);
        }
        Ok(self.engine.clone().expect("it was just opened"))
    }

    /// Carries out one step; gives its error.
    pub fn perform(&mut self, step: &Step) -> Result<()> {
        let engine = self.engine()?;
        if matches!(step, Step::Reopen) {
            self.close_with(&engine)?;
            drop(engine);
            return self.engine().map(drop);
        }
        self.oracle.perform(&engine, step)
    }

    fn close_with(&mut self, engine: &Engine) -> Result<()> {
        self.engine = None;
        engine.close()
    }

    /// Closes it in order.
    pub fn close(&mut self) -> Result<()> {
        let engine = self.engine()?;
        self.close_with(&engine)
    }

    /// Runs a script until something fails, or to its end.
    pub fn run(&mut self, script: Script) {
        for step in script.steps() {
            if self.perform(&step).is_err() {
                return;
            }
            self.oracle.done += 1;
        }
    }

    /// Lets time pass, and the engine keep house.
    pub fn wait_ms(&mut self, span_ms: u64) {
        self.clock.advance_ms(span_ms);
        self.oracle.now_ms += i64::try_from(span_ms).unwrap();
        if let Some(engine) = &self.engine {
            engine.tick().expect("it is open");
        }
    }
}
