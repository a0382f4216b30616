//! Many requests in flight on one socket, for bulk loading and for measuring.
//!
//! Requests gather in a buffer and go out together; answers may come in any order. The operation's code is part of the
//! id, so nothing needs to be remembered about a request until its answer comes. While requests are being sent, answers
//! are taken in as well, so that neither side ever waits for the other to read first.
//!
//! Whoever watches the socket among others, as an event loop does, sends and receives without waiting:
//! [`Pipeline::queue`], [`Pipeline::push`] and [`Pipeline::pull`].

use std::os::fd::AsFd;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use toondb_engine::api::{ClientId, Error, ErrorCode, Once, OpCode, Request, Response, Result};
use toondb_engine::limits;

use super::open::Opened;
use super::options::ClientOptions;
use super::stream::{Patience, Stream, broken, ended_by_server};
use crate::hello::Hello;
use crate::message::{self, Number};

/// Queued bytes that are sent without waiting for [`Pipeline::flush`].
const QUEUE_BYTES_MAX: usize = 64 << 10;
/// The low bits of an id are the operation's code.
const CODE_BITS: u32 = 16;

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What [`Pipeline::send`] gave for the request.
    pub id: u64,
    /// The result.
    pub result: Result<Response>,
}

/// One connection with many requests in flight. After an error of its own methods it is of no further use, and writes
/// that are unanswered by then may or may not have happened.
#[derive(Debug)]
pub struct Pipeline {
    stream: Stream,
    options: ClientOptions,
    next: u64,
    in_flight: usize,
}

impl Pipeline {
    /// Connects to the server at `path`.
    pub fn connect(path: impl AsRef<Path>, options: ClientOptions) -> Result<Self> {
        Self::open(path.as_ref(), options, None)
    }

    /// The same, of a client that asks under numbers: [`Pipeline::queue_under`].
    pub fn connect_as(path: impl AsRef<Path>, options: ClientOptions, client: ClientId) -> Result<Self> {
        Self::open(path.as_ref(), options, Some(client))
    }

    /// The same, to the server of a directory, which is started if nobody answers. Waits as long as the options' timeout.
    ///
    /// # Errors
    /// As [`BlockingClient::open`](super::BlockingClient::open).
    pub fn open_as(opened: &Opened, client: ClientId) -> Result<Self> {
        let options = opened.client_options().clone();
        let stream = opened.reach(Some(client), &Patience { timeout: options.timeout, on_idle: None })?;
        Ok(Self { stream, options, next: 1, in_flight: 0 })
    }

    fn open(path: &Path, options: ClientOptions, client: Option<ClientId>) -> Result<Self> {
        let patience = Patience { timeout: options.timeout, on_idle: None };
        let hello = Hello::new(options.name.as_str());
        let hello = match client {
            Some(client) => hello.of(client),
            None => hello,
        };
        let stream = Stream::connect(path, &options, &hello, &patience)?;
        Ok(Self { stream, options, next: 1, in_flight: 0 })
    }

    /// True if the server takes numbers.
    pub fn takes_numbers(&self) -> bool {
        self.stream.welcome().numbers
    }

    /// Requests whose answers have not been received.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// Requests the server takes before it waits for itself to answer.
    pub fn pipeline_max(&self) -> usize {
        usize::try_from(self.stream.welcome().pipeline_max).unwrap_or(usize::MAX)
    }

    /// Queues a request and gives the id of its answer. What gathers goes out in between.
    pub fn send(&mut self, namespace: &str, request: &Request) -> Result<u64> {
        let id = self.queue(namespace, request)?;
        if self.stream.queued() >= QUEUE_BYTES_MAX {
            self.flush()?;
        }
        Ok(id)
    }

    /// Queues a request, sends nothing, and gives the id of its answer. An error is about the request alone.
    pub fn queue(&mut self, namespace: &str, request: &Request) -> Result<u64> {
        self.queue_under(None, namespace, request)
    }

    /// The same under a number, of the client that it was connected as, if the server [takes](Pipeline::takes_numbers) any.
    pub fn queue_under(&mut self, once: Option<Once>, namespace: &str, request: &Request) -> Result<u64> {
        let code = request.code().number();
        let id = self.next << CODE_BITS | u64::from(code);
        let number = once.filter(|_| self.takes_numbers()).map(Number::of);
        self.stream.queue(|out| message::write_numbered(out, (id, code, namespace), number, request))?;
        self.next += 1;
        self.in_flight += 1;
        Ok(id)
    }

    /// Sends what the socket takes at once; true if everything queued is out.
    pub fn push(&mut self) -> Result<bool> {
        if self.stream.queued() == 0 { Ok(true) } else { self.stream.send_some() }
    }

    /// Bytes that are queued.
    pub fn queued(&self) -> usize {
        self.stream.queued()
    }

    /// All bytes that have left so far. A request whose bytes have not all left did not arrive whole.
    pub fn bytes_sent(&self) -> u64 {
        self.stream.sent()
    }

    /// All bytes that were ever queued: where the last request ends.
    pub fn bytes_queued(&self) -> u64 {
        self.stream.sent() + self.stream.queued() as u64
    }

    /// Takes in what has arrived, without waiting, for [`Pipeline::next_answer`].
    pub fn pull(&mut self) -> Result<()> {
        self.stream.take_in().map(drop)
    }

    /// The next answer that has been taken in whole.
    pub fn next_answer(&mut self) -> Result<Option<Answer>> {
        match self.stream.arrived()? {
            Some(bytes) => self.answer(bytes).map(Some),
            None => Ok(None),
        }
    }

    /// Sends everything queued. Answers that come meanwhile are kept, up to a bound.
    pub fn flush(&mut self) -> Result<()> {
        while !self.stream.send_some()? {
            let events = {
                let mut fds = [PollFd::new(self.stream.socket(), PollFlags::IN | PollFlags::OUT)];
                match poll(&mut fds, None) {
                    Ok(_) | Err(Errno::INTR) => {}
                    Err(error) => return Err(broken("waiting", error)),
                }
                fds.iter().fold(PollFlags::empty(), |all, fd| all | fd.revents())
            };
            if events.contains(PollFlags::IN) && self.stream.take_in()? > limits::OUTBOX_BYTES_MAX {
                let text = "too many unreceived answers; receive some before sending more";
                return Err(Error::new(ErrorCode::LimitExceeded, text));
            }
        }
        Ok(())
    }

    /// Waits for the next answer, to whichever request.
    pub fn receive(&mut self) -> Result<Answer> {
        if self.in_flight == 0 {
            return Err(Error::invalid("every request is answered; there is nothing to receive"));
        }
        if self.stream.queued() > 0 {
            self.flush()?;
        }
        let patience = Patience { timeout: self.options.timeout, on_idle: None };
        let bytes = self.stream.receive(&patience)?;
        self.answer(bytes)
    }

    /// The answer at the front.
    fn answer(&mut self, bytes: usize) -> Result<Answer> {
        let head = self.stream.response(bytes)?;
        let id = head.id;
        if id == message::ID_NONE {
            return Err(ended_by_server(&message::read_error(&head)));
        }
        let number = u16::try_from(id & ((1 << CODE_BITS) - 1)).unwrap_or(0);
        let code = OpCode::from_number(number)
            .map_err(|_| Error::new(ErrorCode::Protocol, format!("an answer to the unknown request {id}")))?;
        let result = message::read_body(code, &head);
        self.stream.consume(bytes);
        self.in_flight = self.in_flight.saturating_sub(1);
        Ok(Answer { id, result })
    }
}

impl AsFd for Pipeline {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.stream.socket().as_fd()
    }
}
