//! Random values that go where formats break: texts that look like something else, numbers at the edge, tags.

use std::sync::Arc;

use crate::api::Value;
use crate::format::{Cell, Row, RowSet, RowTable};
use crate::rng::{Rng, SeededRng};

/// Texts that some format may take for something else.
pub const TEXTS: &[&str] = &[
    "",
    " ",
    "  ",
    "a",
    "A b",
    " a",
    "a ",
    "\t",
    "a\tb",
    "true",
    "false",
    "null",
    "True",
    "0",
    "-0",
    "1",
    "007",
    "+1",
    "1.0",
    "-1.5e10",
    "1e400",
    ".5",
    "5.",
    "0x10",
    "NaN",
    "inf",
    "-inf",
    "Infinity",
    "-",
    "- a",
    "--",
    "-a",
    "#",
    "# a",
    "a # b",
    ":",
    "a:",
    "a: b",
    ":a",
    "a,b",
    ",",
    "|",
    "a|b",
    "[",
    "]",
    "[]",
    "[3]",
    "[3]:",
    "x[2]: 1,2",
    "x[1]{a}:",
    "{",
    "}",
    "{}",
    "{\"a\":1}",
    "\"",
    "\"\"",
    "\"a\"",
    "'",
    "\\",
    "\\n",
    "a\\",
    "\n",
    "a\nb",
    "\r",
    "\r\n",
    "a\r",
    "\u{0}",
    "\u{1}",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{a0}a",
    "\u{2028}",
    "\u{feff}",
    "\u{feff}a",
    "\u{200b}",
    "é",
    "e\u{301}",
    "名前",
    "🦀",
    "\u{10ffff}",
    "$bytes",
    "$float",
    "$map",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551616",
    "<br>",
    "a  b",
    "~",
    "a.b",
    "..",
    "key-1",
    "_",
    "1a",
    "a1",
    "~null",
    "yes",
    "|---|",
    "##",
    "-1",
    "1,2",
    "\u{fffd}",
    "//",
    "/*",
];

/// Floats at every edge.
pub const FLOATS: &[f64] = &[
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.1,
    -0.1,
    0.5,
    1.5,
    1e15,
    1e16,
    1e17,
    1e20,
    1e21,
    1e22,
    -1e21,
    1e300,
    -1e300,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    -5e-324,
    1e-7,
    1e-6,
    123_456_789.123_456_78,
    9_007_199_254_740_992.0,
    9_007_199_254_740_993.0,
    9_223_372_036_854_775_807.0,
    -9_223_372_036_854_775_808.0,
    1e19,
    18_446_744_073_709_551_615.0,
    f64::EPSILON,
    1.797_693_134_862_315_5e308,
    2.225_073_858_507_201e-308,
    f64::INFINITY,
    f64::NEG_INFINITY,
    4.35,
    0.000_001,
    1e23,
];

const INTS: &[i64] =
    &[0, 1, -1, 10, i64::MAX, i64::MIN, i64::MAX - 1, i64::MIN + 1, 1 << 53, (1 << 53) + 1, -(1 << 53) - 1];

/// Draws from a seed.
pub struct Draw(SeededRng);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(SeededRng::new(seed))
    }

    pub fn bits(&self) -> u64 {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    pub fn below(&self, bound: usize) -> usize {
        usize::try_from(self.bits() % bound as u64).unwrap()
    }

    pub fn text(&self) -> String {
        match self.below(4) {
            0 => (0..self.below(12)).map(|_| char::from(u8::try_from(self.below(128)).unwrap())).collect(),
            1 => (0..3).map(|_| TEXTS[self.below(TEXTS.len())]).collect(),
            _ => TEXTS[self.below(TEXTS.len())].to_owned(),
        }
    }

    pub fn float(&self) -> f64 {
        match self.below(2) {
            0 => FLOATS[self.below(FLOATS.len())],
            _ => Some(f64::from_bits(self.bits())).filter(|float| !float.is_nan()).unwrap_or(0.25),
        }
    }

    pub fn scalar(&self) -> Value {
        match self.below(7) {
            0 => Value::Null,
            1 => Value::Bool(self.below(2) == 0),
            2 => Value::Int(INTS[self.below(INTS.len())]),
            3 => Value::Int(self.bits().cast_signed()),
            4 => Value::Float(self.float()),
            _ => Value::String(self.text()),
        }
    }

    pub fn value(&self, depth: usize) -> Value {
        match self.below(if depth == 0 { 6 } else { 11 }) {
            0..=4 => self.scalar(),
            5 => Value::Bytes((0..self.below(9)).map(|_| self.bits().to_le_bytes()[0]).collect()),
            6 | 7 => Value::List((0..self.below(5)).map(|_| self.value(depth - 1)).collect()),
            // Rows of one shape: what TOON writes as a table.
            8 => {
                let keys: Vec<String> = (0..=self.below(3)).map(|_| self.text()).collect();
                let row = || keys.iter().map(|key| (key.clone(), self.value(depth.saturating_sub(2)))).collect();
                Value::List((0..self.below(4)).map(|_| Value::Map(row())).collect())
            }
            // A map of maps of one shape: what TOON writes with keys before its rows.
            9 => {
                let key = self.text();
                let row = || Value::Map([(key.clone(), self.scalar())].into());
                Value::Map((0..self.below(4)).map(|_| (self.text(), row())).collect())
            }
            _ => Value::Map((0..self.below(4)).map(|_| (self.text(), self.value(depth - 1))).collect()),
        }
    }

    /// Tables with the same columns in every row, mostly.
    pub fn rows(&self) -> RowSet {
        let table = |name| {
            let mut columns: Vec<Arc<str>> = Vec::new();
            for _ in 0..=self.below(4) {
                let column = self.text();
                if !columns.iter().any(|other| **other == *column) {
                    columns.push(Arc::from(column));
                }
            }
            let nested = self.below(4) == 0;
            let cell = |column: &Arc<str>| {
                let value = if nested { self.value(2) } else { self.scalar() };
                Cell { column: Arc::clone(column), value }
            };
            let row = |_| Row { identity: None, cells: columns.iter().map(cell).collect() };
            RowTable { name, rows: (0..self.below(5)).map(row).collect() }
        };
        let tables = match self.below(3) {
            0 => vec![table("nodes"), table("edges")],
            _ => vec![table("rows")],
        };
        RowSet { tables }
    }
}

/// Equal to the bit: integers are not floats, and -0.0 is not 0.0.
pub fn same_bits(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_bits(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| same_bits(a, b))
        }
        _ => std::mem::discriminant(a) == std::mem::discriminant(b) && a == b,
    }
}
