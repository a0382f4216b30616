//! What ties a request to its operation and its response.

use super::error::{Error, Result};
use super::operations::{OpCode, Request, Response, with_types};

/// Ties a request to its code and response.
pub trait Operation: Sized {
    /// The operation's code.
    const CODE: OpCode;
    /// What a success gives.
    type Reply;
    /// Wraps the request for [`crate::Engine`].
    fn into_request(self) -> Request;
    /// Takes the reply out; a response of another operation is an internal error.
    fn take_reply(response: Response) -> Result<Self::Reply>;
}

macro_rules! operation {
    ($($name:ident $request:ident $response:ident)*) => {
        $(impl Operation for super::$request {
            const CODE: OpCode = OpCode::$name;
            type Reply = super::$response;

            fn into_request(self) -> Request {
                Request::$name(self)
            }

            fn take_reply(response: Response) -> Result<super::$response> {
                match response {
                    Response::$name(reply) => Ok(reply),
                    other => Err(Error::internal(format!(
                        "expected a response to {}, got one to {}", stringify!($name), other.code().name()
                    ))),
                }
            }
        })*
    };
}

with_types!(operation);
