//! The part of a line that is a connection: bytes out, answers in, and what becomes of calls when it breaks.

use std::os::fd::{AsFd, AsRawFd};

use pyo3::prelude::*;
use toondb_engine::api::Error;

use super::line::{Line, Results, State, Way};

/// What using the connection came to.
pub enum Step {
    Sound,
    Broken(Error),
}

/// Takes the answers that have come.
pub fn pull(state: &mut State, results: &mut Results) -> Step {
    let Way::Socket(pipeline) = &mut state.way else { return Step::Sound };
    if let Err(error) = pipeline.pull() {
        return Step::Broken(error);
    }
    loop {
        match pipeline.next_answer() {
            Ok(Some(answer)) => {
                // One that nobody waits for any more is dropped.
                if let Some(call) = state.running.remove(&answer.id) {
                    results.push((call, answer.result));
                }
            }
            Ok(None) => return Step::Sound,
            Err(error) => return Step::Broken(error),
        }
    }
}

/// Sends what is queued. What the socket does not take at once goes when the loop finds that it does.
pub fn push(this: &Bound<'_, Line>, state: &mut State, results: &mut Results) -> PyResult<()> {
    let Way::Socket(pipeline) = &mut state.way else { return Ok(()) };
    let fd = pipeline.as_fd().as_raw_fd();
    match (pipeline.push(), state.writes) {
        (Ok(true), None) | (Ok(false), Some(_)) => {}
        (Ok(true), Some(_)) => {
            state.writes = None;
            this.get().call_loop(this.py(), "remove_writer", (fd,))?;
        }
        (Ok(false), None) => {
            state.writes = Some(fd);
            this.get().call_loop(this.py(), "add_writer", (fd, this.getattr("_socket_is_writable")?))?;
        }
        (Err(error), _) => {
            // A server that ends a connection says why before: that counts more than the failure to send.
            let why = match pull(state, results) {
                Step::Broken(said) => said,
                Step::Sound => error,
            };
            break_off(this, state, &why, results);
            return Line::advance(this, state).map(|more| results.extend(more));
        }
    }
    Ok(())
}

/// Gives the connection up. What only reads is asked once more; of a write nobody knows whether it happened.
pub fn break_off(this: &Bound<'_, Line>, state: &mut State, error: &Error, results: &mut Results) {
    this.get().unwatch_socket(this.py(), state);
    state.way = Way::None;
    let mut calls: Vec<_> = state.running.drain().collect();
    calls.sort_unstable_by_key(|(id, _)| *id);
    for (_, mut call) in calls.into_iter().rev() {
        if call.repeat() {
            state.waiting.push_front(call);
        } else {
            let lost = Error::answer_lost(call.code, error.clone());
            results.push((call, Err(lost)));
        }
    }
}
