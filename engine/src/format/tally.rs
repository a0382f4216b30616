//! Tokens of a text that is joined from blocks, exactly, without counting every block again.
//!
//! A tokenizer cuts a text into pieces by looking forward from where each begins (`tokens.rs`). So what follows a piece's
//! start alone decides how the text is cut from there, and once two texts with the same rest have a piece that begins at
//! the same place of that rest, they are cut alike from there on. What comes before a line break is cut alike whatever
//! follows it, but for the piece that holds the break: line breaks end words, numbers and marks, and only a run of marks
//! or white space that reaches the break can go on behind it.
//!
//! Each block is therefore counted once, with the border behind it that it has if another follows. To join two, the last
//! piece of the one, which is still open, is put before the other, and pieces are cut until one begins where the other's
//! own did: nearly always at once. A block that begins with neither a line break, a slash nor a blank line does not even
//! need that: no piece reaches over the border into it.

use super::FormatError;
use super::tokens::{Piece, count_tokens, pieces};
use crate::api::Tokenizer;
use crate::limits;

/// What stands between two blocks. It ends in a line break.
pub const BORDER: &str = "\n\n";

/// How many of a block's first pieces are remembered. If none of them begins where a joined text has a piece begin, the
/// joined text is counted to its end, which is right as well.
const MARKS: usize = 64;

/// Where a piece begins, and the tokens before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct PieceStart {
    at: usize,
    tokens: u64,
}

/// A block of a text, counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// With the border behind it.
    text: String,
    /// Its first pieces.
    marks: Vec<PieceStart>,
    /// Its last piece, which holds the border or what of it stands apart.
    last: PieceStart,
    /// Tokens of the last piece.
    last_tokens: u64,
    /// Tokens of what is left of the last piece without the border.
    end_tokens: u64,
}

impl Block {
    /// Counts a block; nothing if it has more than `max` tokens before its last piece, or is longer than a text may be.
    ///
    /// # Errors
    /// Those of [`super::count_tokens`].
    pub fn new(text: String, tokenizer: Tokenizer, max: u64) -> Result<Option<Self>, FormatError> {
        let bytes = text.len();
        if bytes > limits::TEXT_BYTES_MAX - BORDER.len() {
            return Ok(None);
        }
        let text = text + BORDER;
        let (mut marks, mut last, mut last_tokens) = (Vec::new(), PieceStart::default(), 0);
        for piece in pieces(&text, tokenizer)? {
            let Piece { start, end: _, tokens } = piece?;
            last = PieceStart { at: start, tokens: last.tokens + last_tokens };
            last_tokens = tokens;
            if marks.len() < MARKS {
                marks.push(last);
            }
            if last.tokens > max {
                return Ok(None);
            }
        }
        // Without the border all before the last piece is cut alike, too: the end of a text ends what a line break ends.
        let end_tokens = count_tokens(text.get(last.at..bytes).unwrap_or_default(), tokenizer)?;
        Ok(Some(Self { text, marks, last, last_tokens, end_tokens }))
    }

    /// Its text, without a border.
    pub fn text(&self) -> &str {
        self.text.strip_suffix(BORDER).unwrap_or(&self.text)
    }

    /// Its tokens by itself.
    pub fn tokens(&self) -> u64 {
        self.last.tokens + self.end_tokens
    }

    /// The piece that begins there, if it is remembered.
    fn mark(&self, at: usize) -> Option<PieceStart> {
        if at == self.last.at {
            return Some(self.last);
        }
        let place = self.marks.binary_search_by_key(&at, |mark| mark.at).ok()?;
        self.marks.get(place).copied()
    }
}

/// True if a border before this text is cut as though nothing followed: neither the line breaks and slashes that may end
/// a run of marks, nor a run of white space with a line break in it, goes on in the text. Its tokens are then simply added.
pub fn keeps_apart(text: &str) -> bool {
    let is_break = |c: char| matches!(c, '\r' | '\n');
    let Some(solid) = text.find(|c: char| !c.is_whitespace()) else { return false };
    let (blank, rest) = text.split_at(solid);
    !blank.contains(is_break) && (!blank.is_empty() || !rest.starts_with('/'))
}

/// The text so far, of which the last piece is still open.
#[derive(Default)]
struct Joined {
    /// Tokens before the open piece.
    tokens: u64,
    /// The open piece.
    open: String,
    open_tokens: u64,
}

impl Joined {
    /// Takes the rest of a block's pieces, from one of them on.
    fn take(&mut self, block: &Block, is_last: bool, from: PieceStart) {
        let text = if is_last { block.text() } else { &block.text };
        self.tokens += block.last.tokens - from.tokens;
        text.get(block.last.at..).unwrap_or_default().clone_into(&mut self.open);
        self.open_tokens = if is_last { block.end_tokens } else { block.last_tokens };
    }

    fn push(&mut self, block: &Block, is_last: bool, tokenizer: Tokenizer) -> Result<(), FormatError> {
        let text = if is_last { block.text() } else { &block.text };
        if self.open.is_empty() || keeps_apart(text) {
            self.tokens += self.open_tokens;
            self.take(block, is_last, PieceStart::default());
            return Ok(());
        }
        let before = self.open.len();
        let text = [self.open.as_str(), text].concat();
        let mut last = Piece { start: 0, end: 0, tokens: 0 };
        for piece in pieces(&text, tokenizer)? {
            self.tokens += last.tokens;
            last = piece?;
            if let Some(mark) = last.start.checked_sub(before).and_then(|at| block.mark(at)) {
                self.take(block, is_last, mark);
                return Ok(());
            }
        }
        text.get(last.start..).unwrap_or_default().clone_into(&mut self.open);
        self.open_tokens = last.tokens;
        Ok(())
    }
}

/// What stands behind the last of several blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing: it is the last of the text.
    Text,
    /// A border, and a block that keeps apart.
    Border,
}

/// The tokens of blocks with a [`BORDER`] between each two; nothing if they are longer than a text may be. None of the
/// blocks may be empty.
///
/// # Errors
/// Those of [`super::count_tokens`].
pub fn joined_tokens<'b>(
    blocks: impl Iterator<Item = &'b Block> + Clone,
    end: End,
    tokenizer: Tokenizer,
) -> Result<Option<u64>, FormatError> {
    let bytes: usize = blocks.clone().map(|block| block.text.len()).sum();
    if bytes > limits::TEXT_BYTES_MAX + BORDER.len() {
        return Ok(None);
    }
    let mut joined = Joined::default();
    let mut blocks = blocks.peekable();
    while let Some(block) = blocks.next() {
        joined.push(block, end == End::Text && blocks.peek().is_none(), tokenizer)?;
    }
    Ok(Some(joined.tokens + joined.open_tokens))
}
