//! How many rows of a section there is room for.
//!
//! Tokens are not additive, since two texts can merge at their border, and a table's head tells how many rows follow. So
//! the number is found by search: it doubles while the whole text as it would be then stays within the limit, and is then
//! closed in on, first by what a row has cost so far, which is right at once where rows are alike, and in the end by
//! halves. The result is a number that fits while one row more would not.
//!
//! Each step writes and counts the rows of this one section; what the other sections add is known, and borders are
//! counted exactly (`format/tally.rs`). Counting ends as soon as there is no room left, so a step costs no more than the
//! rows it tries or the room there is, and all sections together about as much as the whole text some times over.

use super::body::Body;
use crate::api::{AssembleContext, Error, ErrorCode, Result};
use crate::format::{BORDER, Block, End, joined_tokens, keeps_apart};
use crate::limits;

/// Steps by the cost of a row before the rest goes by halves.
const ESTIMATES: u64 = 8;

/// The text under construction.
#[derive(Debug)]
pub struct Room<'a> {
    request: &'a AssembleContext,
    /// What each section has been given, in the order of the text.
    blocks: Vec<Option<Block>>,
    /// Tokens of the whole text.
    tokens: u64,
    /// Tokens of the smallest row that did not fit.
    least: Option<u64>,
    /// Why a row could not even be counted.
    refusal: Option<Error>,
}

/// A section with some rows.
enum Trial {
    /// With this block the whole text has so many tokens.
    Fits(Option<Block>, u64),
    TooMany,
}

/// A search for the number of rows.
struct CountSearch {
    /// So many rows fit.
    fits: usize,
    /// So many tokens they add.
    cost: u64,
    /// So many rows do not.
    too_many: usize,
    /// Tokens that are left beside the rows that fit.
    left: u64,
    steps: u64,
}

impl CountSearch {
    /// A number between the two, or the one that fits if there is none.
    fn next(&mut self) -> usize {
        let between = self.too_many - self.fits;
        if between <= 1 || self.fits == 0 {
            return self.fits;
        }
        self.steps += 1;
        if self.steps > ESTIMATES {
            return self.fits + between / 2;
        }
        let more = self.left.saturating_mul(self.fits as u64) / self.cost.max(1);
        // An estimate that was too high will be so again: each step is a little more careful.
        let more = more.saturating_sub((self.steps - 1) * (more / 64));
        let more = usize::try_from(more).unwrap_or(usize::MAX);
        self.fits + more.clamp(1, between - 1)
    }
}

impl<'a> Room<'a> {
    /// Room for all sections of a request; none has anything yet.
    pub fn new(request: &'a AssembleContext) -> Self {
        let blocks = request.sections.iter().map(|_| None).collect();
        Self { request, blocks, tokens: 0, least: None, refusal: None }
    }

    /// Gives a section as many rows as fit; says how many.
    pub fn give(&mut self, index: usize, body: &Body) -> Result<usize> {
        let (limit, before, all) = (u64::from(self.request.token_limit), self.tokens, body.len());
        let spare = self.spare(index)?;
        let (mut best, mut next) = (None, all.min(1));
        let mut search =
            CountSearch { fits: 0, cost: 0, too_many: usize::MAX, left: limit - before.min(limit), steps: 0 };
        while next > search.fits {
            match self.try_rows(index, body, next, spare)? {
                Trial::Fits(block, tokens) => {
                    (best, self.tokens, search.fits) = (block, tokens, next);
                    (search.cost, search.left) = (tokens.saturating_sub(before), limit - tokens);
                }
                Trial::TooMany => search.too_many = next,
            }
            next = match search.too_many {
                usize::MAX => (2 * search.fits).min(all),
                _ => search.next(),
            };
        }
        if let Some(slot) = self.blocks.get_mut(index) {
            *slot = best;
        }
        Ok(search.fits)
    }

    /// The most tokens that a block may have before its last piece and yet fit, if it keeps apart from what stands before
    /// it; nothing if that cannot be told, because what follows goes on from its end.
    fn spare(&self, index: usize) -> Result<Option<u64>> {
        let (before, after) = self.blocks.split_at_checked(index).unwrap_or_default();
        if after.iter().flatten().next().is_some_and(|block| !keeps_apart(block.text())) {
            return Ok(None);
        }
        let tokenizer = self.request.tokenizer;
        let before = joined_tokens(before.iter().flatten(), End::Border, tokenizer)?.unwrap_or_default();
        let after = joined_tokens(after.iter().flatten(), End::Text, tokenizer)?.unwrap_or_default();
        Ok(Some(u64::from(self.request.token_limit).saturating_sub(before + after)))
    }

    fn try_rows(&mut self, index: usize, body: &Body, rows: usize, spare: Option<u64>) -> Result<Trial> {
        // What the least row needs is told if nothing fits at all, so a first row is counted out.
        let is_first = rows == 1 && self.blocks.iter().all(Option::is_none);
        let spare = match (spare, is_first) {
            (Some(spare), true) => self.least.map_or(u64::MAX, |least| least.max(spare)),
            (Some(spare), false) => spare,
            (None, _) => u64::MAX,
        };
        let tokens = match self.count(index, body, rows, spare) {
            Ok(Some((block, tokens))) if tokens <= u64::from(self.request.token_limit) => {
                return Ok(Trial::Fits(block, tokens));
            }
            Ok(counted) => counted.map(|(_, tokens)| tokens),
            Err(error) if error.code == ErrorCode::LimitExceeded => {
                self.refusal.get_or_insert(error);
                None
            }
            Err(error) => return Err(error),
        };
        if rows == 1 {
            self.least = self.least.into_iter().chain(tokens).min();
        }
        Ok(Trial::TooMany)
    }

    /// A section's block with some rows and the tokens of the whole text with it, unless they are certainly too many.
    fn count(&self, index: usize, body: &Body, rows: usize, spare: u64) -> Result<Option<(Option<Block>, u64)>> {
        let (request, tokenizer) = (self.request, self.request.tokenizer);
        let Some(section) = request.sections.get(index) else { return Ok(None) };
        let text = body.block(section, rows, request)?;
        if text.is_empty() {
            return Ok(Some((None, self.tokens)));
        }
        let (bytes, bytes_max) = (text.len(), limits::TEXT_BYTES_MAX - BORDER.len());
        if bytes > bytes_max {
            return Err(Error::limit(format!("rows of {bytes} bytes; a text has at most {bytes_max}")));
        }
        let max = if keeps_apart(&text) { spare } else { u64::MAX };
        let Some(block) = Block::new(text, tokenizer, max)? else { return Ok(None) };
        let sections = self.blocks.iter().enumerate();
        let all = sections.filter_map(|(at, given)| if at == index { Some(&block) } else { given.as_ref() });
        let tokens = joined_tokens(all, End::Text, tokenizer)?;
        Ok(tokens.map(|tokens| (Some(block), tokens)))
    }

    /// What a section has been given: its text and tokens.
    pub fn given(&self, index: usize) -> (String, u64) {
        let block = self.blocks.get(index).and_then(Option::as_ref);
        block.map_or_else(Default::default, |block| (block.text().to_owned(), block.tokens()))
    }

    /// Why nothing fits, if no section has been given anything though there was something.
    pub fn too_small(&self) -> Option<Error> {
        let limit = self.request.token_limit;
        match (self.least, &self.refusal) {
            (Some(least), _) => {
                Some(Error::invalid(format!("token_limit {limit} is too small for one row; the least needs {least}")))
            }
            (None, refusal) => refusal.clone(),
        }
    }

    /// The whole text: blocks in their order, a blank line between them.
    pub fn text(&self) -> String {
        self.blocks.iter().flatten().map(Block::text).collect::<Vec<_>>().join(BORDER)
    }
}
