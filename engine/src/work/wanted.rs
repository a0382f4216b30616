//! Whether work is still wanted: asked before it begins, and again and again while it lasts.
//!
//! A caller may have gone, its time may be over, or the engine may be closing. Work that goes on then burns time that
//! others wait for, and whoever closes the engine would have to wait for its end. So whatever takes steps in proportion to
//! data calls [`Wanted::step`] for each; that costs a decrement, and every few thousand steps a look. The first look that
//! finds the work lasting also lends its thread to others (`pool.rs`).

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::pool::lend_thread;
use crate::api::{Error, ErrorCode, Result};
use crate::reply::Reply;

/// Steps between two looks: some tens of microseconds of scanning.
const STEPS_EACH_LOOK: u32 = 1_024;
/// Work that has taken this long is long.
const LONG: Duration = Duration::from_millis(5);

/// Asks for one piece of work whether it is still wanted.
#[derive(Debug)]
pub struct Wanted<'a> {
    reply: Option<&'a Reply>,
    closing: Option<&'a AtomicBool>,
    left: Cell<u32>,
    /// When it was looked first: most work ends before that, and need not know the time.
    began: Cell<Option<Instant>>,
    long: Cell<bool>,
}

impl<'a> Wanted<'a> {
    /// For work whose caller waits on this very thread, or that nobody can call off.
    pub fn always() -> Self {
        Self::new(None, None)
    }

    /// For the request that `reply` answers, if it is not answered on this thread; `closing` is set when
    /// the engine closes and has waited long enough.
    pub fn by(reply: Option<&'a Reply>, closing: &'a AtomicBool) -> Self {
        Self::new(reply, Some(closing))
    }

    fn new(reply: Option<&'a Reply>, closing: Option<&'a AtomicBool>) -> Self {
        let (left, began, long) = (Cell::new(STEPS_EACH_LOOK), Cell::new(None), Cell::new(false));
        Self { reply, closing, left, began, long }
    }

    /// One step of the work is done.
    ///
    /// # Errors
    /// `Timeout` if its caller has gone or waits no longer, `ShuttingDown` if the engine is closing.
    #[inline]
    pub fn step(&self) -> Result<()> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => self.look(),
        }
    }

    /// As [`Wanted::step`], for a step that is itself as long as many.
    ///
    /// # Errors
    /// As [`Wanted::step`].
    #[inline(never)]
    pub fn look(&self) -> Result<()> {
        self.left.set(STEPS_EACH_LOOK);
        if !self.long.get() {
            self.notice_length();
        }
        if self.closing.is_some_and(|closing| closing.load(Ordering::Relaxed)) {
            let text = "the database is closing; the request was given up before it changed anything";
            return Err(Error::new(ErrorCode::ShuttingDown, text));
        }
        match self.reply {
            Some(reply) if !reply.is_wanted() => Err(given_up()),
            Some(_) | None => Ok(()),
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "how long work lasts decides who runs it and nothing that it answers"
    )]
    fn notice_length(&self) {
        match self.began.get() {
            None => self.began.set(Some(Instant::now())),
            Some(began) if began.elapsed() >= LONG => {
                self.long.set(true);
                lend_thread();
            }
            Some(_) => {}
        }
    }
}

/// The answer to a request that nobody waits for any more: it changed nothing.
pub fn given_up() -> Error {
    let text =
        "the caller's time was over, or its connection gone, before the request was carried out; it changed nothing";
    Error::new(ErrorCode::Timeout, text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use std::sync::Arc;

    use super::*;
    use crate::api::Response;
    use crate::reply::Completion;

    struct Sink(AtomicBool);

    impl Completion for Sink {
        fn complete(&self, _token: u64, _result: Result<Response>) {}

        fn is_wanted(&self, token: u64) -> bool {
            assert_eq!(token, 7);
            self.0.load(Ordering::Relaxed)
        }
    }

    fn code_within(wanted: &Wanted, steps: u32) -> Option<ErrorCode> {
        (0..steps).find_map(|_| wanted.step().err()).map(|error| error.code)
    }

    #[test]
    fn work_ends_soon_after_its_caller_has_gone() {
        let (sink, closing) = (Arc::new(Sink(AtomicBool::new(true))), AtomicBool::new(false));
        let reply = Reply::new(Arc::clone(&sink) as _, 7);
        let wanted = Wanted::by(Some(&reply), &closing);
        assert_eq!(code_within(&wanted, 100_000), None);
        sink.0.store(false, Ordering::Relaxed);
        assert_eq!(code_within(&wanted, STEPS_EACH_LOOK + 1), Some(ErrorCode::Timeout));
    }

    #[test]
    fn work_ends_when_the_engine_closes() {
        let closing = AtomicBool::new(false);
        let wanted = Wanted::by(None, &closing);
        assert_eq!(code_within(&wanted, 100_000), None);
        closing.store(true, Ordering::Relaxed);
        assert_eq!(code_within(&wanted, STEPS_EACH_LOOK + 1), Some(ErrorCode::ShuttingDown));
        assert_eq!(code_within(&Wanted::always(), 100_000), None);
    }
}
