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

static O200K: LazyLock<Option<Tables>> = LazyLock::new(|| Tables::new(&tiktoken_rs::o200k_base().ok()?, O200K_PIECES));
static CL100K: LazyLock<Option<Tables>> =
    LazyLock::new(|| Tables::new(&tiktoken_rs::cl100k_base().ok()?, CL100K_PIECES));

/// A tokenizer.
struct Tables {
    pieces: Regex,
    /// Merges whatever it is given as one piece.
    merge: CoreBPE,
}

impl Tables {
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

    fn count(&self, text: &str) -> Result<u64, FormatError> {
        let (mut tokens, mut at) = (0, 0);
        while let Some(found) = self.pieces.find_at(text, at) {
            let mut piece = found.as_str();
            let last = piece.chars().next_back().unwrap_or_default();
            // Only a run of white space ends in white space that is no line break.
            let is_run = last.is_whitespace() && !matches!(last, '\r' | '\n');
            if is_run && found.end() < text.len() && piece.len() > last.len_utf8() {
                piece = piece.strip_suffix(last).unwrap_or(piece);
            }
            if piece.len() > limits::TOKEN_PIECE_BYTES_MAX {
                let max = limits::TOKEN_PIECE_BYTES_MAX;
                return Err(FormatError::Limit(format!("a word of the text has more than {max} bytes")));
            }
            tokens += self.merge.count_ordinary(piece) as u64;
            at = found.start() + piece.len();
        }
        Ok(tokens)
    }
}

/// How many tokens a text has. Names of special tokens within it, such as `<|endoftext|>`, count as the text they are.
///
/// # Errors
/// `Limit` for a text longer than [`limits::TEXT_BYTES_MAX`] or a single word longer than
/// [`limits::TOKEN_PIECE_BYTES_MAX`].
pub fn count_tokens(text: &str, tokenizer: Tokenizer) -> Result<u64, FormatError> {
    check_length(text)?;
    let tables = match tokenizer {
        Tokenizer::O200k => &*O200K,
        Tokenizer::Cl100k => &*CL100K,
    };
    let tables = tables.as_ref().ok_or_else(|| FormatError::conversion("the tokenizer's tables are damaged"))?;
    tables.count(text)
}
