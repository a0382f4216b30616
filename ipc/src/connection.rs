//! One connection's task: read, let the session deal with it, write, sleep.
//!
//! The task is a hand-written future because each syscall counts. A request that the service answers inline costs one
//! wait, one read and one write:
//!
//! - a read that returns less than asked for has emptied the socket, so the task sleeps without reading again;
//! - a write is tried at once. The socket is registered for reading only: a Unix socket reports "writable" each time the
//!   peer reads, which would wake the thread for nothing. Only while a write would block is a duplicate of the socket
//!   registered for writing.
//!
//! A peer that has closed its socket takes no answer any more: the connection ends at once, also while answers are to come or
//! nothing is read, and what was asked over it and has not begun is not carried out. One that has only said that it sends no
//! more is answered. A socket that is registered for reading alone is told apart by the system itself: it is never writable,
//! but it is reported as closed for writing once the other side is gone.
//!
//! Backpressure: the task stops reading while too many requests are unanswered or too many bytes of answers wait; the
//! rest stays in the socket, where the peer notices. Three clocks close a connection: for the hello, for the rest of a
//! half-received frame, and for a peer that takes too little of what waits for it. Between frames it may be idle for ever.

use std::future::Future;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{SendFlags, send};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe::Sender;
use tokio::time::{Instant, Sleep};
use toondb_engine::api::{Error, ErrorCode};
use toondb_engine::{Service, progress_bytes_min};

use crate::budget::Lease;
use crate::inbox::{Arrival, Inbox, Source};
use crate::message::ID_NONE;
use crate::outbox::{BUFFER_KEEP_BYTES, Outbox, Present};
use crate::session::{Phase, Session};
use crate::succession::Succession;

/// Answers are written out before more requests are taken once this many bytes of them wait.
const OUTPUT_PAUSE_BYTES: usize = 256 << 10;
/// Rounds of reading and writing before other connections of the thread have their turn.
const ROUNDS_MAX: usize = 8;
/// Reads that a drain still makes, to refuse the requests in them.
const DRAIN_READS_MAX: usize = 64;

/// The bounds of one connection.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Unanswered requests before reading stops.
    pub pipeline_max: usize,
    /// Bytes of waiting answers before reading stops.
    pub outbox_bytes_max: usize,
    /// Time for the hello.
    pub hello_timeout: Duration,
    /// Time for the rest of a frame.
    pub frame_timeout: Duration,
    /// Time for the peer to take some of the answers that wait for it.
    pub write_stall_timeout: Duration,
}

/// What a connection waits for that must not last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Patience {
    Hello,
    Frame,
    Write,
}

struct Timer {
    patience: Patience,
    /// Bytes that the peer must take until then; for [`Patience::Write`] alone.
    wanted: usize,
    sleep: Pin<Box<Sleep>>,
}

enum Written {
    All,
    Blocked,
}

/// A connection; a future that is ready when the connection is over.
pub struct Connection {
    /// Registered for reading alone.
    socket: AsyncFd<OwnedFd>,
    /// A duplicate registered for writing, while a write is blocked.
    writable: Option<Sender>,
    outbox: Arc<Outbox>,
    session: Session,
    inbox: Inbox,
    /// Taken from the outbox; the first `written` bytes are out.
    output: Vec<u8>,
    written: usize,
    /// Bytes that went into the socket since the timer runs.
    taken: usize,
    input_open: bool,
    limits: ConnectionLimits,
    timer: Option<Timer>,
}

impl Connection {
    /// A connection on a non-blocking socket; must be called on the thread whose runtime is to drive it.
    pub fn new(
        socket: OwnedFd,
        (service, succession): (Arc<dyn Service>, Arc<Succession>),
        outbox: Arc<Outbox>,
        lease: Lease,
        limits: ConnectionLimits,
    ) -> io::Result<Self> {
        // SAFETY: an `OwnedFd` is valid until it is dropped, and always gives the same descriptor.
        let socket = unsafe { AsyncFd::register_with_interest(socket, Interest::READABLE)? };
        Ok(Self {
            socket,
            writable: None,
            session: Session::new(service, succession, Arc::clone(&outbox), limits.pipeline_max),
            outbox,
            inbox: Inbox::new(lease),
            output: Vec::new(),
            written: 0,
            taken: 0,
            input_open: true,
            limits,
            timer: None,
        })
    }

    fn run(&mut self, cx: &mut Context<'_>) -> io::Result<Poll<()>> {
        self.outbox.begin_turn();
        if self.peer_is_gone(cx)? {
            return Ok(Poll::Ready(()));
        }
        for _ in 0..ROUNDS_MAX {
            let draining = self.outbox.draining();
            if draining {
                self.refuse_the_rest()?;
            }
            // Before the write, so that none means that every answer is written when the write has written all.
            let awaits_answers = self.awaits_answers(self.outbox.unanswered());
            let unwritten = matches!(self.write(cx)?, Written::Blocked);
            if !awaits_answers && !unwritten && self.has_no_input() {
                return Ok(Poll::Ready(()));
            }
            let full = self.outbox.unanswered() >= self.limits.pipeline_max;
            let progress = !full && self.advance(cx, unwritten)?;
            let may_sleep = |now: Present| {
                // While a write is blocked, further answers have to wait anyway.
                let writable = now.has_answers && !unwritten;
                let over = !unwritten && self.has_no_input() && !self.awaits_answers(now.unanswered);
                let freed = full && now.unanswered < self.limits.pipeline_max;
                draining == now.draining && !writable && !over && !freed
            };
            if !progress && self.outbox.sleep(cx.waker(), may_sleep) {
                return if self.out_of_patience(cx, unwritten) { Ok(Poll::Ready(())) } else { Ok(Poll::Pending) };
            }
        }
        cx.waker().wake_by_ref();
        Ok(Poll::Pending)
    }

    /// True once the peer has closed its socket; until then the task is woken when it does.
    fn peer_is_gone(&self, cx: &mut Context<'_>) -> io::Result<bool> {
        match self.socket.poll_write_ready(cx) {
            Poll::Ready(closed) => closed.map(|_| true),
            Poll::Pending => Ok(false),
        }
    }

    /// True if no request will be taken any more.
    fn has_no_input(&self) -> bool {
        self.session.phase() == Phase::Ended || (!self.input_open && !self.inbox.is_held_back())
    }

    /// True if answers are still to come. After a panic nobody knows whether they are.
    fn awaits_answers(&self, unanswered: usize) -> bool {
        unanswered > 0 && !self.session.has_panicked()
    }

    /// Deals with frames that were held back, or reads once; true if there was anything to do.
    fn advance(&mut self, cx: &mut Context<'_>, unwritten: bool) -> io::Result<bool> {
        let unread_bytes = self.output.len() - self.written;
        self.session.pause_at(match unwritten {
            true => self.limits.outbox_bytes_max.saturating_sub(unread_bytes),
            false => OUTPUT_PAUSE_BYTES.min(self.limits.outbox_bytes_max),
        });
        if self.inbox.is_held_back() {
            return Ok(self.inbox.resume(&mut self.session));
        }
        if self.has_no_input() || (unwritten && unread_bytes >= self.limits.outbox_bytes_max) {
            return Ok(false);
        }
        let mut source = Source::Ready(&self.socket, cx);
        let arrival = self.inbox.receive(&mut source, &mut self.session)?;
        self.accept(arrival);
        Ok(arrival != Arrival::Nothing)
    }

    fn accept(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::End => self.input_open = false,
            Arrival::NoRoom => {
                let text = "too many bytes of half-received requests are waiting; connect again after a short pause";
                self.session.fail(ID_NONE, &Error::new(ErrorCode::Busy, text));
            }
            Arrival::Some | Arrival::Nothing => {}
        }
        if self.session.phase() == Phase::Ended {
            self.inbox.clear();
        }
    }

    /// The drain has begun: whatever has arrived by now is answered with a refusal, then the session ends.
    fn refuse_the_rest(&mut self) -> io::Result<()> {
        if matches!(self.session.phase(), Phase::Refusing | Phase::Ended) {
            return Ok(());
        }
        self.session.refuse();
        self.inbox.resume(&mut self.session);
        for _ in 0..DRAIN_READS_MAX {
            if self.inbox.is_held_back() || !self.input_open || self.session.phase() == Phase::Ended {
                break;
            }
            let mut source = Source::Socket(self.socket.get_ref().as_fd());
            let arrival = self.inbox.receive(&mut source, &mut self.session)?;
            self.accept(arrival);
            if arrival == Arrival::Nothing {
                break;
            }
        }
        self.session.end();
        self.inbox.clear();
        Ok(())
    }

    /// Writes until everything is out or the socket is full.
    fn write(&mut self, cx: &mut Context<'_>) -> io::Result<Written> {
        loop {
            if self.written >= self.output.len() {
                if self.output.capacity() > BUFFER_KEEP_BYTES {
                    self.output = Vec::new();
                }
                if self.written > 0 {
                    self.outbox.gone(self.written);
                }
                self.output.clear();
                self.written = 0;
                self.outbox.take(&mut self.output);
                if self.output.is_empty() {
                    return Ok(Written::All);
                }
            }
            if let Some(writable) = &self.writable {
                let Poll::Ready(ready) = writable.poll_write_ready(cx) else {
                    return Ok(Written::Blocked);
                };
                ready?;
                // Registered anew for the next wait: that is rarer than the wakes it saves.
                self.writable = None;
            }
            let rest = self.output.get(self.written..).unwrap_or_default();
            match send(self.socket.get_ref().as_fd(), rest, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
                Ok(count) => {
                    self.written += count;
                    self.taken = self.taken.saturating_add(count);
                }
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    let duplicate = self.socket.get_ref().as_fd().try_clone_to_owned()?;
                    self.writable = Some(Sender::from_owned_fd_unchecked(duplicate)?);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Starts, keeps or stops the clock that fits the present wait; true if it has run out.
    fn out_of_patience(&mut self, cx: &mut Context<'_>, unwritten: bool) -> bool {
        if self.inbox.take_frames_done() {
            self.timer.take_if(|timer| timer.patience == Patience::Frame);
        }
        let wanted = if unwritten {
            Some((Patience::Write, self.limits.write_stall_timeout))
        } else if self.session.phase() == Phase::Hello {
            Some((Patience::Hello, self.limits.hello_timeout))
        } else if self.input_open && self.inbox.holds_half_frame() {
            Some((Patience::Frame, self.limits.frame_timeout))
        } else {
            None
        };
        let Some((patience, timeout)) = wanted else {
            self.timer = None;
            return false;
        };
        if self.timer.as_ref().is_none_or(|timer| timer.patience != patience) {
            self.start(patience, timeout);
        }
        while let Some(timer) = &mut self.timer
            && timer.sleep.as_mut().poll(cx).is_ready()
        {
            if patience == Patience::Write && self.taken >= timer.wanted {
                self.start(patience, timeout);
                continue;
            }
            tracing::debug!(?patience, "a connection ends because its peer was too slow");
            return true;
        }
        false
    }

    fn start(&mut self, patience: Patience, timeout: Duration) {
        self.taken = 0;
        let wanted = progress_bytes_min(self.outbox.unread());
        match &mut self.timer {
            Some(timer) => {
                (timer.patience, timer.wanted) = (patience, wanted);
                timer.sleep.as_mut().reset(Instant::now() + timeout);
            }
            none => *none = Some(Timer { patience, wanted, sleep: Box::pin(tokio::time::sleep(timeout)) }),
        }
    }
}

impl Future for Connection {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match self.get_mut().run(cx) {
            Ok(poll) => poll,
            Err(error) => {
                tracing::debug!(%error, "a connection broke");
                Poll::Ready(())
            }
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.outbox.close();
    }
}
