//! The scan that every frame passes before anything is built from it.
//!
//! MessagePack (<https://github.com/msgpack/msgpack/blob/master/spec.md>) declares lengths and counts in front of the
//! data, so a few hostile bytes can ask a decoder to nest without end or to reserve gigabytes. The scan walks the bytes
//! once, without recursion and without allocating, and establishes what the decoder behind it may then rely on:
//!
//! - exactly one value, complete, with nothing behind it;
//! - nesting of at most [`limits::FRAME_DEPTH_MAX`] containers;
//! - no container declares more elements than bytes are left, and all together declare no more than the caller allows;
//! - every text is valid UTF-8; no extension type and no reserved marker occurs.
//!
//! A container that is open keeps on a small stack how many of its elements are still to come; a map counts as twice
//! its entries.

use thiserror::Error;
use toondb_engine::limits;

/// Why a frame is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ScanError {
    /// The value goes on behind the end of the frame.
    #[error("the frame ends inside a value")]
    Truncated,
    /// Bytes follow the value.
    #[error("bytes follow the value in the frame")]
    TrailingBytes,
    /// Containers are nested too deeply.
    #[error("values are nested deeper than {}", limits::FRAME_DEPTH_MAX)]
    TooDeep,
    /// A container declares more elements than bytes are left, or all together declare too many.
    #[error("a container declares more elements than the frame can hold or the limit allows")]
    TooManyElements,
    /// An extension type; this protocol has none.
    #[error("an extension type is not part of this protocol")]
    ExtensionType,
    /// The marker 0xc1, which MessagePack never uses.
    #[error("the marker 0xc1 is reserved")]
    ReservedMarker,
    /// A text that is not UTF-8.
    #[error("a text is not valid UTF-8")]
    InvalidUtf8,
}

/// Reads big-endian lengths and skips payloads.
struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    #[inline(always)]
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], ScanError> {
        let (head, tail) = self.rest.split_first_chunk::<N>().ok_or(ScanError::Truncated)?;
        self.rest = tail;
        Ok(*head)
    }

    #[inline(always)]
    fn u8(&mut self) -> Result<usize, ScanError> {
        self.bytes().map(|bytes| usize::from(u8::from_be_bytes(bytes)))
    }

    #[inline(always)]
    fn u16(&mut self) -> Result<usize, ScanError> {
        self.bytes().map(|bytes| usize::from(u16::from_be_bytes(bytes)))
    }

    #[inline(always)]
    fn u32(&mut self) -> Result<usize, ScanError> {
        self.bytes().map(|bytes| u32::from_be_bytes(bytes) as usize)
    }

    #[inline(always)]
    fn skip(&mut self, count: usize) -> Result<&'a [u8], ScanError> {
        let (head, tail) = self.rest.split_at_checked(count).ok_or(ScanError::Truncated)?;
        self.rest = tail;
        Ok(head)
    }

    /// Skips a text. Short ones are nearly always ASCII, which is decided faster than UTF-8 in general.
    #[inline(always)]
    fn text(&mut self, count: usize) -> Result<(), ScanError> {
        let text = self.skip(count)?;
        if text.is_ascii() || std::str::from_utf8(text).is_ok() { Ok(()) } else { Err(ScanError::InvalidUtf8) }
    }
}

/// Checks that `frame` is exactly one well-formed value with at most `elements_max` values in its containers.
pub fn scan(frame: &[u8], elements_max: usize) -> Result<(), ScanError> {
    let mut cursor = Cursor { rest: frame };
    let mut outer = [0_usize; limits::FRAME_DEPTH_MAX];
    let mut depth = 0_usize;
    let mut open = 1_usize;
    let mut budget = elements_max;
    loop {
        open -= 1;
        let marker = cursor.u8()?;
        let nested = match marker {
            0x00..=0x7f | 0xe0..=0xff | 0xc0 | 0xc2 | 0xc3 => 0,
            0x80..=0x8f => (marker & 0x0f) * 2,
            0x90..=0x9f => marker & 0x0f,
            0xa0..=0xbf => cursor.text(marker & 0x1f).map(|()| 0)?,
            0xc4 => cursor.u8().and_then(|count| cursor.skip(count)).map(|_| 0)?,
            0xc5 => cursor.u16().and_then(|count| cursor.skip(count)).map(|_| 0)?,
            0xc6 => cursor.u32().and_then(|count| cursor.skip(count)).map(|_| 0)?,
            0xcc | 0xd0 => cursor.skip(1).map(|_| 0)?,
            0xcd | 0xd1 => cursor.skip(2).map(|_| 0)?,
            0xca | 0xce | 0xd2 => cursor.skip(4).map(|_| 0)?,
            0xcb | 0xcf | 0xd3 => cursor.skip(8).map(|_| 0)?,
            0xd9 => cursor.u8().and_then(|count| cursor.text(count)).map(|()| 0)?,
            0xda => cursor.u16().and_then(|count| cursor.text(count)).map(|()| 0)?,
            0xdb => cursor.u32().and_then(|count| cursor.text(count)).map(|()| 0)?,
            0xdc => cursor.u16()?,
            0xdd => cursor.u32()?,
            0xde => cursor.u16()? * 2,
            0xdf => cursor.u32()?.saturating_mul(2),
            0xc1 => return Err(ScanError::ReservedMarker),
            _ => return Err(ScanError::ExtensionType),
        };
        if nested > 0 {
            // Each element takes at least one byte.
            if nested > cursor.rest.len() || nested > budget {
                return Err(ScanError::TooManyElements);
            }
            budget -= nested;
            // An empty container nests nothing; one with elements must find room on the stack.
            *outer.get_mut(depth).ok_or(ScanError::TooDeep)? = open;
            depth += 1;
            open = nested;
        }
        while open == 0 {
            let Some(above) = depth.checked_sub(1) else {
                return if cursor.rest.is_empty() { Ok(()) } else { Err(ScanError::TrailingBytes) };
            };
            depth = above;
            open = outer.get(above).copied().unwrap_or(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(frame: &[u8]) -> Result<(), ScanError> {
        scan(frame, limits::FRAME_ELEMENTS_MAX)
    }

    #[test]
    fn accepts_every_marker_of_the_protocol() {
        let small: [&[u8]; 12] = [
            &[0x07],
            &[0xff],
            &[0xc0],
            &[0xc3],
            &[0x90],
            &[0x80],
            &[0xcb, 0, 0, 0, 0, 0, 0, 0, 0],
            &[0xd9, 1, b'a'],
            &[0xc6, 0, 0, 0, 1, 9],
            &[0xa2, 0xc3, 0xa9],
            &[0x81, 0xa1, b'k', 0x92, 0x01, 0xc4, 0x00],
            &[0xdf, 0, 0, 0, 1, 0xa0, 0xdd, 0, 0, 0, 1, 0xd3, 0, 0, 0, 0, 0, 0, 0, 0],
        ];
        for frame in small {
            assert_eq!(check(frame), Ok(()), "{frame:02x?}");
            for cut in 0..frame.len() {
                let refused = matches!(check(&frame[..cut]), Err(ScanError::Truncated | ScanError::TooManyElements));
                assert!(refused, "{frame:02x?} cut at {cut}");
            }
            let mut longer = frame.to_vec();
            longer.push(0xc0);
            assert_eq!(check(&longer), Err(ScanError::TrailingBytes), "{frame:02x?}");
        }
    }

    #[test]
    fn limits_depth_exactly() {
        for (marker, tail) in [(vec![0x91], vec![0xc0]), (vec![0x81, 0xa0], vec![0xc0])] {
            let nested = |depth: usize| [marker.repeat(depth), tail.clone()].concat();
            assert_eq!(check(&nested(limits::FRAME_DEPTH_MAX)), Ok(()));
            assert_eq!(check(&nested(limits::FRAME_DEPTH_MAX + 1)), Err(ScanError::TooDeep));
            assert_eq!(check(&nested(100_000)), Err(ScanError::TooDeep));
        }
    }

    #[test]
    fn refuses_bombs_extensions_and_bad_text() {
        for bomb in
            [[0xdd, 0xff, 0xff, 0xff, 0xff, 0xc0], [0xdf, 0xff, 0xff, 0xff, 0xff, 0xc0], [0xdd, 0, 0, 0, 2, 0xc0]]
        {
            assert_eq!(check(&bomb), Err(ScanError::TooManyElements));
        }
        let many = [vec![0xdd], 5_u32.to_be_bytes().to_vec(), vec![0xc0; 5]].concat();
        assert_eq!(scan(&many, 5), Ok(()));
        assert_eq!(scan(&many, 4), Err(ScanError::TooManyElements));
        for marker in [0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8] {
            assert_eq!(check(&[marker, 0, 0, 0, 0, 0, 0]), Err(ScanError::ExtensionType));
        }
        assert_eq!(check(&[0xc1]), Err(ScanError::ReservedMarker));
        assert_eq!(check(&[0xa1, 0xff]), Err(ScanError::InvalidUtf8));
        assert_eq!(check(&[]), Err(ScanError::Truncated));
    }
}
