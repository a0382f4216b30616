//! What ties an operation of the engine's table to a method of the services: its path and its messages, both ways.
//!
//! Server and client use the same four functions, so a field that one side forgets cannot be right on the other.

use prost::Message;
use toondb_engine::api::{Error, Operation, Result};

/// An operation as a unary gRPC method.
pub trait Rpc: Operation {
    /// The request message.
    type Ask: Message + Default + Send + 'static;
    /// The response message.
    type Answer: Answer;

    /// The message that asks for it.
    fn ask(namespace: &str, operation: Self) -> Self::Ask;
    /// Reads the namespace and the operation out of a message from outside.
    fn read_ask(ask: Self::Ask) -> Result<(String, Self)>;
    /// The message that answers it.
    fn answer(namespace: &str, reply: Self::Reply) -> Self::Answer;
    /// Reads the reply out of a message from outside.
    fn read_answer(answer: Self::Answer) -> Result<Self::Reply>;
}

/// A response message.
pub trait Answer: Message + Default + Send + 'static {
    /// The answer that says, with the RPC itself OK, that something named does not exist; `None` if the message has no
    /// place for it, so that it must be a status.
    fn not_found(error: &Error) -> Option<Self>;
    /// The error in the answer, if it is one.
    fn refusal(&self) -> Option<Error>;
    /// Notes how long the operation took, if the message has a place for it.
    fn took(&mut self, duration_us: u64);
}

/// Implements [`Answer`] for every message that a method of ours returns, by the fields it has: `error` messages have `error`
/// and `error_code`, `timed` ones `duration_us`. The list is made of the contract by the build script.
macro_rules! answers {
    (@not_found error $error:ident) => {
        Some(Self { error: $error.message.clone(), error_code: u32::from(u16::from($error.code)), ..Self::default() })
    };
    (@not_found plain $error:ident) => {{
        let _ = $error;
        None
    }};
    (@refusal error $answer:ident) => { crate::status::refusal($answer.error_code, &$answer.error) };
    (@refusal plain $answer:ident) => { None };
    (@took timed $answer:ident $duration_us:ident) => { $answer.duration_us = $duration_us };
    (@took untimed $answer:ident $duration_us:ident) => { let _ = $duration_us; };
    ($($kind:ident $timed:ident: $($message:ident),+;)*) => {$($(
        impl Answer for crate::proto::$message {
            fn not_found(error: &Error) -> Option<Self> {
                answers!(@not_found $kind error)
            }

            fn refusal(&self) -> Option<Error> {
                answers!(@refusal $kind self)
            }

            fn took(&mut self, duration_us: u64) {
                answers!(@took $timed self duration_us);
            }
        }
    )+)*};
}

include!(concat!(env!("OUT_DIR"), "/answers.rs"));
