//! Where a connection's answers gather until its task writes them out.
//!
//! Any thread appends an encoded answer; the connection's task takes all of them at once, so one write syscall carries
//! many. While the task runs, or has been woken and not yet run, `awake` is set and nobody wakes it again: answers that
//! the service gives inline cost no wake at all, and a group commit's answers cost one.
//!
//! The task goes to sleep under the outbox's lock, and only if nothing happened since it last looked. So an answer is
//! either appended before that, and the task sees it, or after, and [`Completion::flush`] sees `awake` cleared.
//!
//! Answers that a peer does not read take memory, so room for an answer is taken out of the engine's budget before its request
//! is carried out ([`room`](crate::room)), and given back when the last byte of it is in the socket. A request for which there
//! is no room stays where it is, and the connection is not read from, until the answers before it have been taken.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Waker;

use parking_lot::Mutex;
use toondb_engine::api::{Effect, Error, Response, Result};
use toondb_engine::{Completion, Permit, Share};

use crate::{message, room};

/// A buffer that one large message has stretched beyond this is let go when empty.
pub const BUFFER_KEEP_BYTES: usize = 256 << 10;

/// Answers go into the last piece until it has this many bytes. So small ones share a write, and a large one's memory is free
/// as soon as it is written.
const PIECE_BYTES: usize = 64 << 10;

/// A request that was handed to the service.
#[derive(Debug)]
struct Asked {
    id: u64,
    effect: Effect,
    room: Permit,
}

#[derive(Debug)]
struct State {
    /// Encoded answers, oldest first. Only a piece that is alone may be empty: it is kept for its memory.
    pieces: VecDeque<Vec<u8>>,
    /// Bytes in all pieces.
    bytes: usize,
    /// Covers every answer that is not in the socket yet, those that the task has taken included.
    held: Permit,
    asked: Vec<Option<Asked>>,
    free: Vec<usize>,
    waker: Option<Waker>,
    closed: bool,
}

impl State {
    /// Takes out the piece that the next answer goes into.
    fn piece(&mut self) -> Vec<u8> {
        self.pieces.pop_back_if(|last| last.len() < PIECE_BYTES).unwrap_or_default()
    }

    /// Adds what `write` produces to the pieces; gives how much it was.
    fn add(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> usize {
        let mut piece = self.piece();
        let before = piece.len();
        write(&mut piece);
        let added = piece.len() - before;
        if added > BUFFER_KEEP_BYTES {
            piece.shrink_to_fit();
        }
        self.bytes += added;
        self.pieces.push_back(piece);
        added
    }

    /// Takes back the last `bytes` that were added.
    fn take_back(&mut self, bytes: usize) {
        if let Some(piece) = self.pieces.back_mut() {
            piece.truncate(piece.len().saturating_sub(bytes));
            piece.shrink_to(PIECE_BYTES);
            self.bytes -= bytes;
        }
    }

    fn answer(&mut self, asked: Asked, result: &Result<Response>) {
        let Asked { id, effect, mut room } = asked;
        let mut bytes = self.add(|out| message::write_result(out, id, result));
        if !room::settle(&mut room, bytes, effect, result) {
            self.take_back(bytes);
            bytes = self.add(|out| message::write_failure(out, id, &Error::no_room()));
            room.settle(bytes);
        }
        self.held.absorb(room);
    }
}

/// A connection's answers, shared by its task and everyone who answers.
#[derive(Debug)]
pub struct Outbox {
    share: Arc<Share>,
    state: Mutex<State>,
    unanswered: AtomicUsize,
    awake: AtomicBool,
    draining: AtomicBool,
    /// As in the state, for those who only ask.
    is_gone: AtomicBool,
}

/// What a task that is about to sleep has to look at.
#[derive(Debug, Clone, Copy)]
pub struct Present {
    /// Answers wait to be taken.
    pub has_answers: bool,
    /// Requests without an answer.
    pub unanswered: usize,
    /// The drain has begun.
    pub draining: bool,
}

impl Outbox {
    /// An empty outbox, whose answers are held in `share`.
    pub fn new(share: Arc<Share>) -> Self {
        let state = State {
            pieces: VecDeque::new(),
            bytes: 0,
            held: share.force(0),
            asked: Vec::new(),
            free: Vec::new(),
            waker: None,
            closed: false,
        };
        Self {
            share,
            state: Mutex::new(state),
            unanswered: AtomicUsize::new(0),
            awake: AtomicBool::new(true),
            draining: AtomicBool::new(false),
            is_gone: AtomicBool::new(false),
        }
    }

    /// Takes room for an answer of about so many bytes to a request that the service is about to be given, and gives the token to ask under;
    /// nothing if the request has to wait until earlier answers are read. Only the connection's task calls this.
    pub fn expect_answer(&self, id: u64, effect: Effect, bytes: usize) -> Option<u64> {
        let room = room::set_aside(&self.share, bytes)?;
        let asked = Some(Asked { id, effect, room });
        let mut state = self.state.lock();
        let place = state.free.pop().unwrap_or(state.asked.len());
        match state.asked.get_mut(place) {
            Some(slot) => *slot = asked,
            None => state.asked.push(asked),
        }
        drop(state);
        self.unanswered.fetch_add(1, Ordering::Relaxed);
        Some(place as u64)
    }

    /// True if even a small answer has to wait until earlier ones are read.
    pub fn has_no_room(&self) -> bool {
        room::is_used_up(&self.share)
    }

    /// Requests without an answer. Answers that are no longer counted are in the outbox.
    pub fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::Acquire)
    }

    /// True once the connection is to refuse new requests and to end.
    pub fn draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Asks the connection to end once everything is answered.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
        // Through the lock, so that a task that is just falling asleep either sees the flag or is woken.
        drop(self.state.lock());
        self.flush();
    }

    /// Marks the task as running, so that nobody wakes it.
    pub fn begin_turn(&self) {
        self.awake.store(true, Ordering::Release);
    }

    /// Lets the task sleep if `may_sleep` finds nothing to do for it in what there is now; true if so.
    pub fn sleep(&self, waker: &Waker, may_sleep: impl FnOnce(Present) -> bool) -> bool {
        let mut state = self.state.lock();
        let present =
            Present { has_answers: state.bytes > 0, unanswered: self.unanswered(), draining: self.draining() };
        if !may_sleep(present) {
            return false;
        }
        match &mut state.waker {
            Some(old) => old.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
        self.awake.store(false, Ordering::Release);
        true
    }

    /// Appends bytes that `write` produces, from the task itself.
    pub fn append(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.state.lock();
        let added = state.add(write);
        let held = state.held.bytes() + added;
        state.held.settle(held);
    }

    /// Bytes that wait to be taken.
    pub fn len(&self) -> usize {
        self.state.lock().bytes
    }

    /// Bytes of answers that are not in the socket yet.
    pub fn unread(&self) -> usize {
        self.state.lock().held.bytes()
    }

    /// Exchanges the oldest piece that waits for an empty buffer.
    pub fn take(&self, empty: &mut Vec<u8>) {
        debug_assert!(empty.is_empty());
        let mut state = self.state.lock();
        if state.bytes == 0 {
            return;
        }
        if let Some(piece) = state.pieces.pop_front() {
            state.bytes -= piece.len();
            let spare = std::mem::replace(empty, piece);
            if state.pieces.is_empty() {
                state.pieces.push_back(spare);
            }
        }
    }

    /// So many bytes that were taken are in the socket, or will never be.
    pub fn gone(&self, bytes: usize) {
        let mut state = self.state.lock();
        let held = state.held.bytes().saturating_sub(bytes);
        state.held.settle(held);
    }

    /// The connection is gone: answers still to come are dropped.
    pub fn close(&self) {
        self.is_gone.store(true, Ordering::Relaxed);
        let mut state = self.state.lock();
        state.closed = true;
        state.waker = None;
        state.pieces = VecDeque::new();
        state.bytes = 0;
        state.held.settle(0);
    }
}

impl Completion for Outbox {
    fn complete(&self, token: u64, result: Result<Response>) {
        let mut state = self.state.lock();
        let place = usize::try_from(token).unwrap_or(usize::MAX);
        if let Some(asked) = state.asked.get_mut(place).and_then(Option::take) {
            state.free.push(place);
            if !state.closed {
                state.answer(asked, &result);
            }
        }
        // Under the lock: a task that is about to sleep counts either both the answer and this, or neither.
        self.unanswered.fetch_sub(1, Ordering::Release);
    }

    fn is_wanted(&self, _token: u64) -> bool {
        !self.is_gone.load(Ordering::Relaxed)
    }

    fn flush(&self) {
        if !self.awake.swap(true, Ordering::AcqRel) {
            let waker = self.state.lock().waker.clone();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}
