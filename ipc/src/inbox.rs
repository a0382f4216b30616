//! A connection's received bytes that are not dealt with yet.
//!
//! Most reads end on a frame's boundary, so reads go to a scratch buffer that all connections of a thread share, and
//! frames are dealt with right there; an idle connection owns no buffer at all. Only what is left over, half a frame or
//! frames that have to wait, is copied into the connection's own buffer, which a [`Lease`] covers. A half frame's rest is
//! then read into that buffer directly.

use std::cell::RefCell;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::task::{Context, Poll, ready};

use rustix::buffer::spare_capacity;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv};
use tokio::io::unix::AsyncFd;

use crate::budget::Lease;
use crate::codec;
use crate::session::{Session, Stop};

/// Bytes that one read takes at most while no half frame waits.
pub const SCRATCH_BYTES: usize = 64 << 10;

/// Room for a half frame grows by at least this. It is small because a thousand peers may each send half a header; a peer
/// that sends much has filled the scratch buffer first, and goes on by doubling.
const STEP_BYTES: usize = 4 << 10;

thread_local! {
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(Vec::with_capacity(SCRATCH_BYTES));
}

/// Where bytes come from.
pub enum Source<'a, 'b> {
    /// The socket once the runtime says that it is readable; the task is woken when that changes.
    Ready(&'a AsyncFd<OwnedFd>, &'a mut Context<'b>),
    /// The socket, asked directly.
    Socket(BorrowedFd<'a>),
}

impl Source<'_, '_> {
    /// One read syscall at most, into the spare capacity of `room`.
    fn read(&mut self, room: &mut Vec<u8>) -> Poll<io::Result<usize>> {
        match self {
            Source::Ready(socket, cx) => loop {
                let mut ready = ready!(socket.poll_read_ready(cx))?;
                let asked = room.capacity() - room.len();
                match recv(*socket, spare_capacity(room), RecvFlags::DONTWAIT) {
                    Ok((_, count)) => {
                        // Less than asked for: the socket is empty, and says so when that changes.
                        if 0 < count && count < asked {
                            ready.clear_ready();
                        }
                        return Poll::Ready(Ok(count));
                    }
                    Err(Errno::AGAIN) => ready.clear_ready(),
                    Err(Errno::INTR) => {}
                    Err(error) => return Poll::Ready(Err(error.into())),
                }
            },
            Source::Socket(socket) => match recv(*socket, spare_capacity(room), RecvFlags::DONTWAIT) {
                Ok((_, count)) => Poll::Ready(Ok(count)),
                Err(Errno::AGAIN) => Poll::Pending,
                Err(error) => Poll::Ready(Err(error.into())),
            },
        }
    }
}

/// What one read brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// Bytes.
    Some,
    /// Nothing at the moment.
    Nothing,
    /// The peer will send no more.
    End,
    /// Bytes, but the budget for half frames has no room for what is left of them.
    NoRoom,
}

/// Received bytes that wait, and how the session left them.
#[derive(Debug)]
pub struct Inbox {
    buffer: Vec<u8>,
    start: usize,
    lease: Lease,
    stop: Stop,
    frames_done: bool,
}

impl Inbox {
    /// An empty inbox.
    pub fn new(lease: Lease) -> Self {
        Self { buffer: Vec::new(), start: 0, lease, stop: Stop::Partial(None), frames_done: false }
    }

    /// True if part of a frame has arrived and the rest has not.
    pub fn holds_half_frame(&self) -> bool {
        matches!(self.stop, Stop::Partial(_)) && self.start < self.buffer.len()
    }

    /// True if the session stopped for lack of room, so that whole frames may wait here.
    pub fn is_held_back(&self) -> bool {
        self.stop == Stop::Full
    }

    /// True if a frame was completed since the last call.
    pub fn take_frames_done(&mut self) -> bool {
        std::mem::take(&mut self.frames_done)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.buffer = Vec::new();
        self.start = 0;
        self.stop = Stop::Partial(None);
        self.lease.resize(0);
    }

    /// Gives the session what was held back; true if it took any of it.
    pub fn resume(&mut self, session: &mut Session) -> bool {
        let (done, stop) = session.feed(self.buffer.get(self.start..).unwrap_or_default());
        self.stop = stop;
        self.start += done;
        self.frames_done |= done > 0;
        if self.start >= self.buffer.len() {
            self.empty();
        }
        done > 0 || stop == Stop::Ended
    }

    /// Reads once and gives the session all whole frames.
    pub fn receive(&mut self, source: &mut Source<'_, '_>, session: &mut Session) -> io::Result<Arrival> {
        if self.start < self.buffer.len() {
            self.receive_rest(source, session)
        } else {
            self.receive_fresh(source, session)
        }
    }

    fn receive_fresh(&mut self, source: &mut Source<'_, '_>, session: &mut Session) -> io::Result<Arrival> {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            match source.read(scratch)? {
                Poll::Pending => return Ok(Arrival::Nothing),
                Poll::Ready(0) => return Ok(Arrival::End),
                Poll::Ready(_) => {}
            }
            let (done, stop) = session.feed(scratch);
            self.stop = stop;
            self.frames_done |= done > 0;
            let rest = scratch.get(done..).unwrap_or_default();
            if !rest.is_empty() && stop != Stop::Ended {
                if !self.lease.resize(rest.len()) {
                    return Ok(Arrival::NoRoom);
                }
                self.buffer.reserve_exact(rest.len());
                self.buffer.extend_from_slice(rest);
            }
            Ok(Arrival::Some)
        })
    }

    fn receive_rest(&mut self, source: &mut Source<'_, '_>, session: &mut Session) -> io::Result<Arrival> {
        let Stop::Partial(total) = self.stop else {
            return Ok(Arrival::Nothing);
        };
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        let held = self.buffer.len();
        let step = codec::next_step(held, total, STEP_BYTES);
        if !self.lease.resize(held + step) {
            return Ok(Arrival::NoRoom);
        }
        self.buffer.reserve_exact(step);
        match source.read(&mut self.buffer)? {
            Poll::Pending => Ok(Arrival::Nothing),
            Poll::Ready(0) => Ok(Arrival::End),
            Poll::Ready(_) => {
                self.resume(session);
                Ok(Arrival::Some)
            }
        }
    }

    /// Gives the memory back; frames that need some again are rare.
    fn empty(&mut self) {
        self.buffer = Vec::new();
        self.start = 0;
        self.lease.resize(0);
    }
}
