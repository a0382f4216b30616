//! Reads matrices in numpy's file format: a magic, a version, a Python dictionary with type and shape, then the numbers.
//! Source: "NEP 1 — A Simple File Format for NumPy Arrays". Only what the data set needs is read: little-endian `f2` and
//! `u4` in C order.

use std::fs;
use std::path::Path;

use crate::outcome::Outcome;

const MAGIC: &[u8] = b"\x93NUMPY";

/// A matrix of numbers, row after row.
#[derive(Debug)]
pub struct Matrix<T> {
    /// All numbers.
    pub numbers: Vec<T>,
    /// Numbers in a row.
    pub columns: usize,
}

impl<T> Matrix<T> {
    /// The rows.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[T]> {
        self.numbers.chunks_exact(self.columns)
    }
}

/// Reads half-precision floats.
pub fn read_f16(path: &Path) -> Outcome<Matrix<f32>> {
    read(path, "<f2", |bytes: [u8; 2]| widen(u16::from_le_bytes(bytes)))
}

/// Reads 32-bit integers.
pub fn read_u32(path: &Path) -> Outcome<Matrix<u32>> {
    read(path, "<u4", u32::from_le_bytes)
}

fn read<T, const N: usize>(path: &Path, kind: &str, decode: impl Fn([u8; N]) -> T) -> Outcome<Matrix<T>> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let malformed = |what: &str| format!("{} is no matrix of {kind}: {what}", path.display());
    let (header, data) = split_header(&bytes).ok_or_else(|| malformed("no header"))?;
    if !header.contains(&format!("'descr': '{kind}'")) || !header.contains("'fortran_order': False") {
        return Err(malformed(header).into());
    }
    let columns = columns(header).ok_or_else(|| malformed(header))?;
    let (numbers, rest) = data.as_chunks::<N>();
    if columns == 0 || !rest.is_empty() || !numbers.len().is_multiple_of(columns) {
        return Err(malformed("its length does not fit its shape").into());
    }
    Ok(Matrix { numbers: numbers.iter().map(|bytes| decode(*bytes)).collect(), columns })
}

/// The dictionary and what is behind it. Its length has 2 bytes in version 1 and 4 in version 2.
fn split_header(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let ([major, _minor], rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<2>()?;
    let (length, rest) = match major {
        1 => rest.split_first_chunk::<2>().map(|(length, rest)| (usize::from(u16::from_le_bytes(*length)), rest))?,
        _ => rest.split_first_chunk::<4>().map(|(length, rest)| (u32::from_le_bytes(*length) as usize, rest))?,
    };
    let (header, data) = rest.split_at_checked(length)?;
    Some((std::str::from_utf8(header).ok()?, data))
}

/// The second number of `'shape': (31000, 384)`.
fn columns(header: &str) -> Option<usize> {
    let (_, shape) = header.split_once("'shape': (")?;
    let (shape, _) = shape.split_once(')')?;
    shape.split(',').nth(1)?.trim().parse().ok()
}

/// An IEEE 754 half as a float of the same value: 1 sign bit, 5 of exponent with bias 15, 10 of fraction.
fn widen(half: u16) -> f32 {
    let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
    let fraction = f32::from(half & 0x3ff) / 1024.0;
    match i32::from(half >> 10 & 0x1f) {
        0 => sign * fraction * 2.0_f32.powi(-14),
        31 if fraction == 0.0 => sign * f32::INFINITY,
        31 => f32::NAN,
        exponent => sign * (1.0 + fraction) * 2.0_f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_have_their_values() {
        let known = [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65_504.0),
            (0x0001, 5.960_464_5e-8),
        ];
        for (half, value) in known {
            assert_eq!(widen(half), value, "{half:04x}");
        }
        assert_eq!(widen(0xfc00), f32::NEG_INFINITY);
        assert!(widen(0x7e00).is_nan());
    }

    #[test]
    fn headers_give_type_and_shape() {
        let text = "{'descr': '<u4', 'fortran_order': False, 'shape': (2, 3), }\n";
        let bytes = [MAGIC, &[1, 0], &(text.len() as u16).to_le_bytes(), text.as_bytes(), &[9]].concat();
        let (header, data) = split_header(&bytes).unwrap();
        assert_eq!((columns(header), data), (Some(3), &[9][..]));
        for cut in 0..MAGIC.len() + 4 + text.len() {
            assert!(split_header(&bytes[..cut]).is_none(), "cut at {cut}");
        }
    }
}
