//! The queue in front of a namespace's actor: bounded by count and bytes, and a full one says so at once.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::api::{Error, ErrorCode, Once, Request, Result};
use crate::limits;
use crate::reply::Reply;
use crate::store::StoreResult;
use crate::work::given_up;

/// What the actor is asked to do.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all tasks are requests, which lie in the queue as they are")]
pub enum Task {
    /// A caller's request.
    Request(Request),
    /// Write everything committed so far into the store; answered when it is there.
    Flush,
    /// The flush of the frozen memtable ended.
    FlushDone {
        /// The number of the opening it belongs to.
        opening: u64,
        /// The last commit it wrote.
        through_seq: u64,
        /// How it ended.
        result: StoreResult<()>,
    },
    /// A read could not be answered because the store failed, so this opening is of no use any more.
    StoreFailed {
        /// Its number.
        opening: u64,
    },
    /// Time has passed: sync volatile writes, flush an old memtable, sweep what has expired, purge dropped collections,
    /// note nodes by type.
    Tick,
    /// Go on with a sweep that had more to do than one commit may take.
    Sweep,
}

impl Task {
    /// True for what the engine asks of an open namespace; a closed one is not opened for it.
    pub fn is_internal(&self) -> bool {
        match self {
            Self::FlushDone { .. } | Self::StoreFailed { .. } | Self::Tick | Self::Sweep => true,
            Self::Request(_) | Self::Flush => false,
        }
    }
}

/// Puts a task of the engine's own into the namespace's mailbox.
pub type Post = Arc<dyn Fn(Task) + Send + Sync>;

/// A task with the place its result goes to. If it is dropped unanswered, a defect has ended its worker.
pub struct Envelope {
    /// What to do.
    pub task: Task,
    /// What it counts against the mailbox's bound.
    pub bytes: usize,
    /// Under which number it was asked for, if it was.
    pub once: Option<Once>,
    reply: Option<Reply>,
}

impl Envelope {
    /// A caller's request.
    pub fn request(request: Request, once: Option<Once>, reply: Reply) -> Self {
        let bytes = request.size_hint();
        Self { task: Task::Request(request), bytes, once, reply: Some(reply) }
    }

    /// A caller's wish to flush.
    pub fn flush(reply: Reply) -> Self {
        Self { task: Task::Flush, bytes: 0, once: None, reply: Some(reply) }
    }

    /// A task of the engine's own.
    pub fn internal(task: Task) -> Self {
        Self { task, bytes: 0, once: None, reply: None }
    }

    /// Takes the task out, leaving a harmless one, so that the reply can be given later.
    pub fn take_task(&mut self) -> Task {
        std::mem::replace(&mut self.task, Task::Tick)
    }

    /// Takes the reply out: the caller must answer it.
    pub fn take_reply(&mut self) -> Option<Reply> {
        self.reply.take()
    }

    /// False if nobody waits for its answer any more.
    pub fn is_wanted(&self) -> bool {
        self.reply.as_ref().is_none_or(Reply::is_wanted)
    }

    /// Answers, and leaves waking the caller to a later flush of the returned reply.
    pub fn complete(&mut self, result: Result<crate::api::Response>) -> Option<Reply> {
        let reply = self.reply.take()?;
        reply.complete(result);
        Some(reply)
    }
}

/// What a request is told whose worker ended in the middle of it.
pub fn worker_failed() -> Error {
    let text = "the request's worker failed; a write may or may not have happened: read to find out";
    Error::new(ErrorCode::OutcomeUnknown, text)
}

impl Drop for Envelope {
    fn drop(&mut self) {
        if let Some(reply) = self.reply.take() {
            reply.send(Err(worker_failed()));
        }
    }
}

#[derive(Default)]
struct EnvelopeQueue {
    envelopes: VecDeque<Envelope>,
    bytes: usize,
    /// True while a worker runs the actor or is about to.
    scheduled: bool,
}

/// The queue.
#[derive(Default)]
pub struct Mailbox {
    queue: Mutex<EnvelopeQueue>,
}

impl Mailbox {
    /// Adds an envelope. True = nobody is serving the mailbox: the caller must see to it that somebody does.
    /// A full mailbox answers the envelope itself with `Busy`.
    pub fn push(&self, mut envelope: Envelope) -> bool {
        let mut queue = self.queue.lock();
        let full = queue.envelopes.len() >= limits::MAILBOX_ITEMS_MAX
            || (queue.bytes + envelope.bytes > limits::MAILBOX_BYTES_MAX && !queue.envelopes.is_empty());
        if full && envelope.reply.is_some() {
            drop(queue);
            let text = "too many requests are waiting for this namespace; retry after a short pause";
            if let Some(reply) = envelope.complete(Err(Error::new(ErrorCode::Busy, text))) {
                reply.flush();
            }
            return false;
        }
        queue.bytes += envelope.bytes;
        queue.envelopes.push_back(envelope);
        !std::mem::replace(&mut queue.scheduled, true)
    }

    /// Takes the next group: everything waiting, bounded by count and bytes. What nobody wants any more is not executed,
    /// and its answer says so, should anybody get it.
    pub fn take_group(&self, group: &mut Vec<Envelope>) {
        self.pop_group(group);
        // Asked without the lock: the answer is up to the frontend.
        group.retain_mut(|envelope| {
            let wanted = envelope.is_wanted();
            if !wanted && let Some(reply) = envelope.complete(Err(given_up())) {
                reply.flush();
            }
            wanted
        });
    }

    fn pop_group(&self, group: &mut Vec<Envelope>) {
        let mut queue = self.queue.lock();
        let mut bytes = 0;
        while group.len() < limits::GROUP_ITEMS_MAX && (bytes < limits::GROUP_BYTES_MAX) {
            let Some(envelope) = queue.envelopes.pop_front() else { break };
            bytes += envelope.bytes;
            queue.bytes -= envelope.bytes;
            group.push(envelope);
        }
    }

    /// Puts what a group could not hold back to where it was taken from.
    pub fn put_back(&self, group: &mut Vec<Envelope>) {
        let mut queue = self.queue.lock();
        for envelope in group.drain(..).rev() {
            queue.bytes += envelope.bytes;
            queue.envelopes.push_front(envelope);
        }
    }

    /// Ends the service if nothing is waiting. False = more has come: serve on.
    pub fn rest(&self) -> bool {
        let mut queue = self.queue.lock();
        if queue.envelopes.is_empty() {
            queue.scheduled = false;
            return true;
        }
        false
    }
}
