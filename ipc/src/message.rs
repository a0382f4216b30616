//! Envelopes: what is in every frame around the fields of an operation.
//!
//! A request is the array `[id, op, namespace, args]`, or under a number `[id, op, namespace, [number, open], args]`, a response the array `[id, status, body]` with status 0 for a
//! success and an error code otherwise; `args` and `body` are maps with text keys. The envelope is read by hand, without
//! allocating, and only its map goes through serde. Writing goes straight into the outgoing buffer: four bytes are kept
//! free for the length and filled in at the end.

use rmp::{decode, encode};
use rmp_serde::{Deserializer, Serializer};
use serde::{Deserialize, Serialize};
use toondb_engine::api::{Error, ErrorCode, Once, OpCode, Request, Response, Result};
use toondb_engine::limits;

use crate::codec::HEADER_BYTES;
use crate::prescan;

/// The status of a success.
pub const STATUS_OK: u16 = 0;
/// The id of an answer to nothing in particular, such as bytes that are no request.
pub const ID_NONE: u64 = 0;

/// A request whose arguments are still bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestHead<'a> {
    /// Chosen by the client, repeated in the response.
    pub id: u64,
    /// The operation, known to this build or not.
    pub op: u16,
    /// The namespace; empty where the operation is about none.
    pub namespace: &'a str,
    /// Under which number of its client it is asked for, if it is.
    pub number: Option<Number>,
    /// The map of arguments.
    pub args: &'a [u8],
}

/// Under which number of its client a request is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    /// The number.
    pub number: u64,
    /// How many numbers below it may be open, the client has not got all answers of: it has those of all below.
    pub open: u64,
}

impl Number {
    /// What a request says of its number beside its client, whom the hello names.
    pub fn of(once: Once) -> Self {
        Self { number: once.number, open: once.number.saturating_sub(once.answered_below) }
    }
}

/// A response whose body is still bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseHead<'a> {
    /// The id of the request.
    pub id: u64,
    /// 0 or the number of an error code.
    pub status: u16,
    /// The map of results.
    pub body: &'a [u8],
}

/// A frame that is not an envelope; the connection ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The id, if it could be read before the frame went wrong.
    pub id: u64,
    /// What to tell the peer.
    pub error: Error,
}

impl Violation {
    /// A violation by the request `id`.
    pub fn new(id: u64, message: impl std::fmt::Display) -> Self {
        Self { id, error: Error::new(ErrorCode::Protocol, message.to_string()) }
    }
}

#[inline]
fn read_text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let count = decode::read_str_len(rest).ok()?;
    let (text, tail) = rest.split_at_checked(count as usize)?;
    *rest = tail;
    std::str::from_utf8(text).ok()
}

fn read_number(rest: &mut &[u8]) -> Option<Number> {
    if decode::read_array_len(rest).ok()? != 2 {
        return None;
    }
    let (number, open) = (decode::read_int(rest).ok()?, decode::read_int(rest).ok()?);
    (open <= number).then_some(Number { number, open })
}

/// True if the value at the front is a map.
#[inline]
fn is_map(rest: &[u8]) -> bool {
    matches!(rest.first(), Some(0x80..=0x8f | 0xde | 0xdf))
}

/// Scans a received payload and reads the envelope of a request.
#[inline]
pub fn read_request(payload: &[u8]) -> std::result::Result<RequestHead<'_>, Violation> {
    let rest = &mut &*payload;
    let shape = decode::read_array_len(rest).ok();
    let id = shape.and_then(|_| decode::read_int::<u64, _>(rest).ok());
    prescan::scan(payload, limits::FRAME_ELEMENTS_MAX).map_err(|error| Violation::new(id.unwrap_or(ID_NONE), error))?;
    if !matches!(shape, Some(4 | 5)) {
        let text = "a request is the array [id, op, namespace, args] or [id, op, namespace, [number, open], args]";
        return Err(Violation::new(ID_NONE, text));
    }
    let id = id.ok_or_else(|| Violation::new(ID_NONE, "a request's id must be an unsigned 64-bit integer"))?;
    let op = decode::read_int::<u16, _>(rest)
        .map_err(|_| Violation::new(id, "a request's op must be an unsigned 16-bit integer"))?;
    let namespace = read_text(rest).ok_or_else(|| Violation::new(id, "a request's namespace must be a text"))?;
    let number = match shape {
        Some(5) => {
            Some(read_number(rest).ok_or_else(|| Violation::new(id, "a number is [number, open], open at most it"))?)
        }
        _ => None,
    };
    if !is_map(rest) {
        return Err(Violation::new(id, "a request's args must be a map"));
    }
    Ok(RequestHead { id, op, namespace, number, args: rest })
}

/// Reads a sound map into any type; fields of other types, missing ones and doubled ones are refused, unknown ones are
/// ignored.
#[inline]
pub fn read_map<'a, T: Deserialize<'a>>(map: &'a [u8]) -> Result<T> {
    let mut deserializer = Deserializer::from_read_ref(map);
    deserializer.set_max_depth(limits::FRAME_DEPTH_MAX);
    T::deserialize(&mut deserializer).map_err(|error| Error::invalid(error.to_string()))
}

/// Reads the arguments of a request.
#[inline]
pub fn read_args(head: &RequestHead<'_>) -> Result<Request> {
    let code = OpCode::from_number(head.op)?;
    let mut deserializer = Deserializer::from_read_ref(head.args);
    deserializer.set_max_depth(limits::FRAME_DEPTH_MAX);
    Request::deserialize(code, &mut deserializer)
        .map_err(|error| Error::invalid(format!("arguments of {}: {error}", code.name())))
}

/// Scans a received payload and reads the envelope of a response.
pub fn read_response(payload: &[u8]) -> Result<ResponseHead<'_>> {
    let malformed = |message: &str| Error::new(ErrorCode::Protocol, message);
    // The server's answers may hold more values than it takes in a request; their bytes are bounded all the same.
    prescan::scan(payload, limits::FRAME_BYTES_MAX).map_err(|error| malformed(&error.to_string()))?;
    let rest = &mut &*payload;
    if !matches!(decode::read_array_len(rest), Ok(3)) {
        return Err(malformed("a response is the array [id, status, body]"));
    }
    let id = decode::read_int(rest).map_err(|_| malformed("a response's id must be an unsigned 64-bit integer"))?;
    let status = decode::read_int(rest).map_err(|_| malformed("a response's status must be an unsigned integer"))?;
    if !is_map(rest) {
        return Err(malformed("a response's body must be a map"));
    }
    Ok(ResponseHead { id, status, body: rest })
}

#[derive(Deserialize)]
struct ErrorBody {
    #[serde(default)]
    message: String,
}

/// The error that a response with a status other than [`STATUS_OK`] carries.
pub fn read_error(head: &ResponseHead<'_>) -> Error {
    let message = read_map::<ErrorBody>(head.body).map(|body| body.message).unwrap_or_default();
    match ErrorCode::try_from(head.status) {
        Ok(code) => Error::new(code, message),
        Err(_) => Error::internal(format!("the server answered with the unknown status {}: {message}", head.status)),
    }
}

/// Reads the body of the response to an operation.
pub fn read_body(code: OpCode, head: &ResponseHead<'_>) -> Result<Response> {
    if head.status != STATUS_OK {
        return Err(read_error(head));
    }
    let mut deserializer = Deserializer::from_read_ref(head.body);
    deserializer.set_max_depth(limits::FRAME_DEPTH_MAX);
    Response::deserialize(code, &mut deserializer)
        .map_err(|error| Error::new(ErrorCode::Protocol, format!("response to {}: {error}", code.name())))
}

/// Appends one frame that `write` fills; on failure `out` is as before.
#[inline]
fn write_frame(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>) -> Option<()>) -> Result<()> {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_BYTES]);
    let written = write(out);
    let bytes = out.len() - start - HEADER_BYTES;
    let header = u32::try_from(bytes).ok().filter(|_| bytes <= limits::FRAME_BYTES_MAX).map(u32::to_be_bytes);
    match (written, header, out.get_mut(start..start + HEADER_BYTES)) {
        (Some(()), Some(header), Some(slot)) => {
            slot.copy_from_slice(&header);
            Ok(())
        }
        (written, ..) => {
            out.truncate(start);
            Err(match written {
                Some(()) => Error::message_too_large(bytes),
                None => Error::internal("the message could not be encoded"),
            })
        }
    }
}

/// Appends the frame of a request with any arguments.
pub fn write_request(out: &mut Vec<u8>, id: u64, op: u16, namespace: &str, args: &impl Serialize) -> Result<()> {
    write_numbered(out, (id, op, namespace), None, args)
}

/// The same under a number.
pub fn write_numbered(
    out: &mut Vec<u8>,
    (id, op, namespace): (u64, u16, &str),
    number: Option<Number>,
    args: &impl Serialize,
) -> Result<()> {
    write_frame(out, |out| {
        encode::write_array_len(out, if number.is_some() { 5 } else { 4 }).ok()?;
        encode::write_uint(out, id).ok()?;
        encode::write_uint(out, u64::from(op)).ok()?;
        encode::write_str(out, namespace).ok()?;
        if let Some(Number { number, open }) = number {
            encode::write_array_len(out, 2).ok()?;
            encode::write_uint(out, number).ok()?;
            encode::write_uint(out, open).ok()?;
        }
        args.serialize(&mut Serializer::new(out).with_struct_map()).ok()
    })
}

/// Appends the frame of a success with any body.
#[inline]
pub fn write_success(out: &mut Vec<u8>, id: u64, body: &impl Serialize) -> Result<()> {
    write_frame(out, |out| {
        encode::write_array_len(out, 3).ok()?;
        encode::write_uint(out, id).ok()?;
        encode::write_uint(out, u64::from(STATUS_OK)).ok()?;
        body.serialize(&mut Serializer::new(out).with_struct_map()).ok()
    })
}

/// Appends the frame of a failure. Its text is cut, should it ever be absurdly long.
pub fn write_failure(out: &mut Vec<u8>, id: u64, error: &Error) {
    const MESSAGE_BYTES_MAX: usize = 16 << 10;
    let message = error.message.get(..error.message.floor_char_boundary(MESSAGE_BYTES_MAX)).unwrap_or_default();
    // Only a message of more than a frame's bytes could fail, and this one is short.
    let _ = write_frame(out, |out| {
        encode::write_array_len(out, 3).ok()?;
        encode::write_uint(out, id).ok()?;
        encode::write_uint(out, u64::from(u16::from(error.code))).ok()?;
        encode::write_map_len(out, 1).ok()?;
        encode::write_str(out, "message").ok()?;
        encode::write_str(out, message).ok()
    });
}

/// Appends the frame of a result; a success that does not fit in a frame becomes a failure.
#[inline]
pub fn write_result(out: &mut Vec<u8>, id: u64, result: &Result<Response>) {
    match result {
        Ok(response) => {
            if let Err(error) = write_success(out, id, response) {
                write_failure(out, id, &error);
            }
        }
        Err(error) => write_failure(out, id, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use toondb_engine::api::{ByteBuf, Get, MaybeValue};

    fn get() -> Request {
        Request::Get(Get { key: ByteBuf::from(*b"k"), snapshot: None })
    }

    #[test]
    fn requests_and_responses_survive_the_wire() {
        let mut out = vec![7];
        write_request(&mut out, u64::MAX, 20, "tenant", &get()).unwrap();
        let head = read_request(&out[1 + HEADER_BYTES..]).unwrap();
        assert_eq!((head.id, head.op, head.namespace), (u64::MAX, 20, "tenant"));
        assert_eq!((read_args(&head).unwrap(), head.number), (get(), None));
        let mut out = Vec::new();
        let number = Some(Number { number: 300, open: 2 });
        write_numbered(&mut out, (7, 20, "tenant"), number, &get()).unwrap();
        assert_eq!(
            out[..18],
            [0, 0, 0, out[3], 0x95, 7, 20, 0xa6, b't', b'e', b'n', b'a', b'n', b't', 0x92, 0xcd, 1, 44]
        );
        let head = read_request(&out[HEADER_BYTES..]).unwrap();
        assert_eq!((read_args(&head).unwrap(), head.number), (get(), number));

        let response = Response::Get(MaybeValue { found: None });
        for result in [Ok(response), Err(Error::new(ErrorCode::Busy, "later"))] {
            let mut out = Vec::new();
            write_result(&mut out, 3, &result);
            let head = read_response(&out[HEADER_BYTES..]).unwrap();
            assert_eq!(head.id, 3);
            assert_eq!(read_body(OpCode::Get, &head), result);
        }
    }

    #[test]
    fn a_violation_names_the_id_where_it_can() {
        let id_of = |payload: &[u8]| read_request(payload).unwrap_err().id;
        assert_eq!(id_of(&[0x93, 5, 20, 0xa0]), ID_NONE, "three elements");
        assert_eq!(id_of(&[0x96, 5, 20, 0xa0, 0x92, 1, 0, 0x80, 0]), ID_NONE, "six elements");
        assert_eq!(id_of(&[0x95, 5, 20, 0xa0, 0x92, 1, 2, 0x80]), 5, "more numbers below it than there are");
        assert_eq!(id_of(&[0x95, 5, 20, 0xa0, 0x91, 1, 0x80]), 5, "half a number");
        assert_eq!(id_of(&[0x95, 5, 20, 0xa0, 1, 0x80]), 5, "no number");
        assert_eq!(id_of(&[0x94, 5, 20, 0xa0]), 5, "cut off");
        assert_eq!(id_of(&[0x94, 5, 20, 0xa0, 0x90]), 5, "args are no map");
        assert_eq!(id_of(&[0x94, 5, 0xa0, 0xa0, 0x80]), 5, "op is a text");
        assert_eq!(id_of(&[0x94, 5, 20, 1, 0x80]), 5, "namespace is a number");
        assert_eq!(id_of(&[0x94, 0xff, 20, 0xa0, 0x80]), ID_NONE, "id is negative");
        assert_eq!(id_of(&[0xc0]), ID_NONE);
        assert_eq!(id_of(&[0x94, 5, 20, 0xa0, 0x80, 0]), 5, "trailing byte");
    }

    #[test]
    fn a_message_above_the_limit_leaves_the_buffer_alone() {
        let mut out = vec![1, 2, 3];
        let huge = ByteBuf::from(vec![0; limits::FRAME_BYTES_MAX]);
        assert_eq!(write_success(&mut out, 1, &huge).unwrap_err().code, ErrorCode::LimitExceeded);
        assert_eq!(out, [1, 2, 3]);
    }
}
