//! Counting tokens, exactly, with the tables of OpenAI's published tokenizers (the `tiktoken-rs` crate; the tables are
//! compiled in, nothing is fetched).
//!
//! A tokenizer cuts the text into pieces by a regular expression, then merges each piece's bytes by rank. The crate cuts
//! with a backtracking engine that gives up on long runs of white space, so the cutting is done here, by the `regex` crate
//! in linear time. The published expressions are kept but for their one look-ahead, `\s+(?!\S)`: a run of white space that
//! is followed by something else leaves its last character to that. Merging a piece of n bytes takes n log n steps.
//!
//! The tables are built when they are first needed and then kept: some tens of megabytes for each tokenizer in use.

use std::sync::LazyLock;

use regex::Regex;
use rustc_hash::FxHashMap;
use tiktoken_rs::CoreBPE;

use super::FormatError;
use super::json::check_length;
use crate::api::Tokenizer;
use crate::limits;

/// `o200k_base` without the alternative that looks ahead.
const O200K_PIECES: &str = concat!(
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+",
);
/// `cl100k_base`, likewise.
const CL100K_PIECES: &str = concat!(
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*",
    r"|\s+$|\s*[\r\n]|\s+",
);

static O200K: LazyLock<Option<TokenTables>> =
    LazyLock::new(|| TokenTables::new(&tiktoken_rs::o200k_base().ok()?, O200K_PIECES));
static CL100K: LazyLock<Option<TokenTables>> =
    LazyLock::new(|| TokenTables::new(&tiktoken_rs::cl100k_base().ok()?, CL100K_PIECES));

/// A tokenizer.
struct TokenTables {
    pieces: Regex,
    /// Merges whatever it is given as one piece.
    merge: CoreBPE,
}

impl TokenTables {
    fn new(published: &CoreBPE, pieces: &str) -> Option<Self> {
        // The crate keeps its ranks to itself, but tells what each stands for. Ordinary tokens have the lowest numbers,
        // without a gap; special ones come after a gap or not at all.
        let special = published.special_tokens();
        let ordinary = (0..).map_while(|rank| {
            let bytes = published.decode_bytes(&[rank]).ok()?;
            let is_special = std::str::from_utf8(&bytes).is_ok_and(|name| special.contains(name));
            (!is_special).then_some((bytes, rank))
        });
        let ranks: FxHashMap<Vec<u8>, u32> = ordinary.collect();
        let merge = CoreBPE::new(ranks, FxHashMap::default(), "(?s).+").ok()?;
        Some(Self { pieces: Regex::new(pieces).ok()?, merge })
    }
}

/// A piece of a text: its tokens are those of no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// How many tokens it has.
    pub tokens: u64,
}

/// The pieces of a text, one after the other without a gap. Each is found by looking forward from where it begins.
pub(super) struct Pieces<'t> {
    tables: &'static TokenTables,
    text: &'t str,
    at: usize,
}

impl Iterator for Pieces<'_> {
    type Item = Result<Piece, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.tables.pieces.find_at(self.text, self.at)?;
        let mut piece = found.as_str();
        let last = piece.chars().next_back().unwrap_or_default();
        // Only a run of white space ends in white space that is no line break.
        let is_run = last.is_whitespace() && !matches!(last, '\r' | '\n');
        if is_run && found.end() < self.text.len() && piece.len() > last.len_utf8() {
            piece = piece.strip_suffix(last).unwrap_or(piece);
        }
        if piece.len() > limits::TOKEN_PIECE_BYTES_MAX {
            let max = limits::TOKEN_PIECE_BYTES_MAX;
            return Some(Err(FormatError::Limit(format!("a word of the text has more than {max} bytes"))));
        }
        let tokens = self.tables.merge.count_ordinary(piece) as u64;
        self.at = found.start() + piece.len();
        Some(Ok(Piece { start: found.start(), end: self.at, tokens }))
    }
}

/// Cuts a text into pieces.
pub(super) fn pieces(text: &str, tokenizer: Tokenizer) -> Result<Pieces<'_>, FormatError> {
    check_length(text)?;
    let tables = match tokenizer {
        Tokenizer::O200k => &*O200K,
        Tokenizer::Cl100k => &*CL100K,
    };
    let tables = tables.as_ref().ok_or_else(|| FormatError::conversion("the tokenizer's tables are damaged"))?;
    Ok(Pieces { tables, text, at: 0 })
}

/// How many tokens a text has. Names of special tokens within it, such as `<|endoftext|>`, count as the text they are.
///
/// # Errors
/// `Limit` for a text longer than [`limits::TEXT_BYTES_MAX`] or a single word longer than
/// [`limits::TOKEN_PIECE_BYTES_MAX`].
pub fn count_tokens(text: &str, tokenizer: Tokenizer) -> Result<u64, FormatError> {
    pieces(text, tokenizer)?.try_fold(0, |tokens, piece| Ok(tokens + piece?.tokens))
}
