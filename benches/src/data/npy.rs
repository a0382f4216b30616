//! Matrices in numpy's file format, read by `npyz`.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use npyz::{Deserialize, NpyFile, Order, half};

use crate::outcome::Outcome;

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
    let Matrix { numbers, columns } = read::<half::f16>(path)?;
    Ok(Matrix { numbers: numbers.into_iter().map(f32::from).collect(), columns })
}

/// Reads 32-bit integers.
pub fn read_u32(path: &Path) -> Outcome<Matrix<u32>> {
    read(path)
}

fn read<T: Deserialize>(path: &Path) -> Outcome<Matrix<T>> {
    let of_path = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let file = File::open(path).map_err(|error| of_path(&error))?;
    let file = NpyFile::new(BufReader::new(file)).map_err(|error| of_path(&error))?;
    let (&[_, columns], Order::C) = (file.shape(), file.order()) else {
        return Err(of_path(&"no matrix in C order").into());
    };
    let numbers = file.into_vec().map_err(|error| of_path(&error))?;
    Ok(Matrix { numbers, columns: usize::try_from(columns)?.max(1) })
}
