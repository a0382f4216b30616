//! One thread that keeps all connections busy for a while and counts answers: `epoll` over non-blocking sockets.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};

use super::batch::{Ask, Batch};
use super::lane::Lane;
use crate::data::{KEYS, Random};
use crate::measure::Stopwatch;
use crate::outcome::Outcome;

const EVENTS_MAX: usize = 64;
/// A server that answers nothing for so long has failed.
const SILENCE_MAX: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };

/// What to do.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// What is asked.
    pub ask: Ask,
    /// Connections.
    pub connections: usize,
    /// Requests in flight on each.
    pub pipeline: usize,
    /// For how long.
    pub time: Duration,
}

/// Loads the server at `socket` and gives the answers per second. When it returns, nothing is in flight.
pub fn run(socket: &Path, load: Load) -> Outcome<f64> {
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let mut lanes = Vec::with_capacity(load.connections);
    for number in 0..load.connections {
        let lane = Lane::connect(socket, Batch::new(load.ask, load.pipeline)?)?;
        epoll::add(&epoll, &lane, epoll::EventData::new_u64(number as u64), epoll::EventFlags::IN)?;
        lanes.push(lane);
    }
    let mut random = Random::new(load.connections as u64);
    let watch = Stopwatch::start();
    for lane in &mut lanes {
        lane.send(&mut random, KEYS)?;
    }
    let mut answers = 0;
    let mut elapsed = Duration::ZERO;
    while elapsed < load.time {
        answers += take_answers(&epoll, &mut lanes, |lane| lane.send(&mut random, KEYS))?;
        elapsed = watch.elapsed();
    }
    while lanes.iter().any(|lane| !lane.is_idle()) {
        take_answers(&epoll, &mut lanes, |_| Ok(()))?;
    }
    Ok(answers as f64 / elapsed.as_secs_f64())
}

/// Waits for answers, counts them, and does `next` with each connection that has all of its own.
fn take_answers(epoll: &OwnedFd, lanes: &mut [Lane], mut next: impl FnMut(&mut Lane) -> Outcome<()>) -> Outcome<usize> {
    let mut events = Vec::with_capacity(EVENTS_MAX);
    if epoll::wait(epoll, spare_capacity(&mut events), Some(&SILENCE_MAX))? == 0 {
        return Err("the server gave no answer for 10 s".into());
    }
    let mut answers = 0;
    for event in events {
        let number = usize::try_from(event.data.u64())?;
        let lane = lanes.get_mut(number).ok_or("an event of no connection")?;
        answers += lane.receive()?;
        if lane.is_idle() {
            next(lane)?;
        }
    }
    Ok(answers)
}
