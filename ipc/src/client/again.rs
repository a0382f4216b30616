//! Whether a call whose connection broke is made again, and when.
//!
//! It is, if that is harmless: the request did not arrive whole, or only reads, or the server refused it because it was ending, or
//! was asked for under a number ([`super::numbers`]). The first time at once and in any case, since a server that was started
//! anew may be there already; then after pauses that grow, until [`ClientOptions::retry_for`](super::ClientOptions::retry_for) has passed since the
//! call began. A client that has opened a directory starts the server anew itself, and asks again for as long as the call may last.

use std::time::Duration;

use toondb_engine::api::{Effect, Error, ErrorCode, OpCode, Response, Result};
use toondb_engine::clock::{Clock, SystemClock};

const PAUSE_MIN: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(50);

/// A call that failed on its connection.
#[derive(Debug)]
pub(super) struct Broken {
    pub error: Error,
    /// True if the server may have received the request whole.
    pub sent: bool,
    /// True if it was sent under a number that the server knows what to do with.
    pub numbered: bool,
}

impl Broken {
    /// One that has not left.
    pub fn unsent(error: Error) -> Self {
        Self { error, sent: false, numbered: false }
    }

    fn is_lost(&self) -> bool {
        matches!(self.error.code, ErrorCode::ConnectionFailed | ErrorCode::Timeout | ErrorCode::Protocol)
    }

    /// The error for the caller: a write whose answer was lost may have happened.
    pub fn into_error(self, code: OpCode) -> Error {
        if self.sent && self.is_lost() { Error::answer_lost(code, self.error) } else { self.error }
    }
}

/// How one attempt ended: with an answer and whether it was asked for under a number, or on its connection.
pub(super) type Attempt = std::result::Result<(Result<Response>, bool), Broken>;

/// What is known of a call that is made again.
pub(super) struct Again {
    code: OpCode,
    clock: SystemClock,
    limit: Duration,
    pause: Option<Duration>,
    /// An attempt that may have arrived, and what became of it nobody knows.
    lost: Option<Broken>,
}

/// What is to be done.
pub(super) enum Next {
    /// Tell the caller.
    Tell(Result<Response>),
    /// Try again after a pause; all other connections are as bad.
    After(Duration),
}

impl Again {
    /// A call begins.
    pub fn begin(code: OpCode, limit: Duration) -> Self {
        Self { code, clock: SystemClock::new(), limit, pause: None, lost: None }
    }

    /// How long the call is made again from now on.
    pub fn left(&self) -> Duration {
        self.limit.saturating_sub(self.clock.monotonic())
    }

    /// An attempt has ended.
    pub fn judge(&mut self, attempt: Attempt) -> Next {
        let is_repeatable = match &attempt {
            // Nothing was carried out, or what was is known under the number.
            Ok((Err(error), numbered)) => {
                let is_undecided = self.lost.is_some() && error.code == ErrorCode::Busy;
                let is_known = *numbered && error.code == ErrorCode::OutcomeUnknown;
                error.code == ErrorCode::ShuttingDown || is_known || is_undecided
            }
            Ok((Ok(_), _)) => false,
            Err(broken) => {
                let is_harmless = !broken.sent || broken.numbered || self.code.effect() == Effect::Keeps;
                match broken.error.code {
                    ErrorCode::ShuttingDown => true,
                    ErrorCode::ConnectionFailed => is_harmless,
                    _ => false,
                }
            }
        };
        // A connection that had broken before is no news of the server: the next one may be sound.
        let is_first = self.pause.is_none() && attempt.is_err();
        if is_repeatable && (is_first || self.clock.monotonic() < self.limit) {
            if let Err(broken) = attempt
                && broken.sent
            {
                self.lost = Some(broken);
            }
            let pause = self.pause.map_or(Duration::ZERO, |pause| (2 * pause).clamp(PAUSE_MIN, PAUSE_MAX));
            self.pause = Some(pause);
            return Next::After(pause);
        }
        Next::Tell(match (attempt, self.lost.take()) {
            (Ok((result, _)), None) => result,
            // Refused before its number was looked up: of the attempt before that says nothing.
            (Ok((Err(error), _)), Some(_)) if !error.code.comes_of_carrying_out() => {
                Err(Error::answer_lost(self.code, error))
            }
            (Ok((result, _)), Some(_)) => result,
            (Err(broken), None) => Err(broken.into_error(self.code)),
            (Err(broken), Some(lost)) => {
                Err(if broken.sent { broken.into_error(self.code) } else { lost.into_error(self.code) })
            }
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "whatever fails here fails the test")]

    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    fn error(code: ErrorCode) -> Error {
        Error::new(code, "why")
    }

    fn broken(sent: bool, numbered: bool) -> Attempt {
        Err(Broken { error: error(ErrorCode::ConnectionFailed), sent, numbered })
    }

    fn told(next: Next) -> Option<ErrorCode> {
        match next {
            Next::Tell(result) => Some(result.unwrap_err().code),
            Next::After(_) => None,
        }
    }

    #[test]
    fn what_is_harmless_is_made_again() {
        let again = |code, attempt| told(Again::begin(code, LONG).judge(attempt)).is_none();
        assert!(again(OpCode::Get, broken(true, false)) && again(OpCode::Put, broken(false, false)));
        assert!(again(OpCode::Put, broken(true, true)) && !again(OpCode::Put, broken(true, false)));
        for code in ErrorCode::ALL {
            let is_made = again(OpCode::Put, Ok((Err(error(code)), true)));
            assert_eq!(is_made, matches!(code, ErrorCode::ShuttingDown | ErrorCode::OutcomeUnknown), "{code:?}");
            assert!(
                !again(OpCode::Put, Err(Broken { error: error(code), sent: true, numbered: false }))
                    || code == ErrorCode::ShuttingDown,
                "{code:?}"
            );
        }
    }

    /// An error that comes before the server has looked for the number says nothing of an attempt that may have arrived.
    #[test]
    fn after_a_lost_answer_only_what_was_decided_counts() {
        for code in ErrorCode::ALL {
            let mut again = Again::begin(OpCode::Put, Duration::ZERO);
            assert!(told(again.judge(broken(true, true))).is_none(), "the first time at once");
            let expected = if code.comes_of_carrying_out() { code } else { ErrorCode::OutcomeUnknown };
            assert_eq!(told(again.judge(Ok((Err(error(code)), true)))), Some(expected));
        }
        let mut again = Again::begin(OpCode::Put, Duration::ZERO);
        assert!(told(again.judge(broken(true, true))).is_none());
        assert_eq!(told(again.judge(broken(false, false))), Some(ErrorCode::OutcomeUnknown), "nobody listens any more");
        let mut again = Again::begin(OpCode::Put, LONG);
        assert!(told(again.judge(broken(true, true))).is_none());
        assert!(told(again.judge(Ok((Err(error(ErrorCode::Busy)), true)))).is_none(), "to know what became of it");
    }
}
