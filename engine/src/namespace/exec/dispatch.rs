//! From a write to what executes it. The match is made from the table of operations.

use super::Execute as _;
use crate::api::{Error, Request, Response, Result};
use crate::namespace::context::WriteContext;

/// A match over all operations in which writes are executed.
macro_rules! execute {
    ($request:ident $ctx:ident: $($kind:ident $name:ident)+) => {
        match $request {
            $(Request::$name(request) => execute!(@$kind $name request $ctx),)+
        }
    };
    (@Write $name:ident $request:ident $ctx:ident) => {
        $request.execute($ctx).map(Response::$name)
    };
    (@$kind:ident $name:ident $request:ident $ctx:ident) => {{
        let _ = $request;
        Err(Error::internal(concat!(stringify!($name), " is no write and must not reach a mailbox")))
    }};
}

/// Carries a write out. Everything it does stays in `ctx`.
pub fn execute(ctx: &mut WriteContext<'_>, request: Request) -> Result<Response> {
    with_operations!(execute request ctx)
}
