//! Counting joined blocks, against counting the joined text.

use super::random::Draw;
use crate::api::Tokenizer;
use crate::format::{BORDER, Block, End, count_tokens, joined_tokens, keeps_apart};
use crate::limits;

/// Beginnings and ends that could go over a border.
const AWKWARD: &[&str] = &[
    "/",
    "//",
    "/// doc",
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    " \n ",
    "\u{a0}",
    "\u{2028}",
    "\u{3000}",
    "!",
    "!!",
    ".",
    "}",
    "'",
    "'s",
    "'S",
    "don'",
    "r",
    "re",
    "ve",
    "1",
    "12",
    "1234",
    "a",
    "A",
    "aB",
    "Éa",
    "é\u{301}",
    "\u{301}",
    "🦀",
    "x = 1;",
    "## name\n",
    "[2]{a,b}:\n  1,2",
    "-",
    "- a",
    " a",
    "  a",
    "\n a",
    "/a",
    "/1",
    "/\n",
    "/\n/",
    " /",
    "\n/",
];

fn block(draw: &Draw) -> String {
    let words = 1 + draw.below(5);
    let word = || if draw.below(4) == 0 { draw.text() } else { AWKWARD[draw.below(AWKWARD.len())].to_owned() };
    (0..words).map(|_| word()).collect::<String>()
}

#[test]
fn joined_blocks_count_as_the_joined_text() {
    for tokenizer in [Tokenizer::O200k, Tokenizer::Cl100k] {
        for seed in 0..30_000 {
            let draw = Draw::new(seed);
            let texts: Vec<String> = (0..draw.below(5)).map(|_| block(&draw)).filter(|text| !text.is_empty()).collect();
            let blocks: Vec<Block> =
                texts.iter().map(|text| Block::new(text.clone(), tokenizer, u64::MAX).unwrap().unwrap()).collect();
            for (block, text) in blocks.iter().zip(&texts) {
                assert_eq!(block.tokens(), count_tokens(text, tokenizer).unwrap());
            }
            let joined = joined_tokens(blocks.iter(), End::Text, tokenizer).unwrap();
            let whole = count_tokens(&texts.join(BORDER), tokenizer).unwrap();
            assert_eq!(joined, Some(whole), "seed {seed}, {tokenizer:?}: {texts:?}");
            if let Some(at) = texts.iter().skip(1).position(|text| keeps_apart(text)) {
                let (before, after) = blocks.split_at(at + 1);
                let before = joined_tokens(before.iter(), End::Border, tokenizer).unwrap().unwrap();
                let after = joined_tokens(after.iter(), End::Text, tokenizer).unwrap().unwrap();
                assert_eq!(before + after, whole, "seed {seed}, {tokenizer:?}: {texts:?} parted at {at}");
            }
        }
    }
}

#[test]
fn what_has_too_many_tokens_or_bytes_is_not_counted_out() {
    let words = "one two three".to_owned();
    assert!(Block::new(words.clone(), Tokenizer::O200k, 2).unwrap().is_none(), "the border is the last piece");
    assert_eq!(Block::new(words, Tokenizer::O200k, 3).unwrap().map(|block| block.tokens()), Some(3));
    let half = "word ".repeat(limits::TEXT_BYTES_MAX / 10 + 1);
    let blocks = [1, 2].map(|_| Block::new(half.clone(), Tokenizer::O200k, u64::MAX).unwrap().unwrap());
    assert!(joined_tokens(blocks[..1].iter(), End::Text, Tokenizer::O200k).unwrap().is_some());
    assert_eq!(joined_tokens(blocks.iter(), End::Text, Tokenizer::O200k).unwrap(), None);
}
