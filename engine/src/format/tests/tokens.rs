//! Counting tokens.

use std::time::{Duration, Instant};

use super::random::Draw;
use crate::api::{CountTokens, Error, ErrorCode, Tokenizer};
use crate::format::{count, count_tokens};
use crate::limits;

fn o200k(text: &str) -> u64 {
    count_tokens(text, Tokenizer::O200k).unwrap()
}

fn cl100k(text: &str) -> u64 {
    count_tokens(text, Tokenizer::Cl100k).unwrap()
}

/// Counts that OpenAI's own library gives.
#[test]
fn counts_are_those_of_the_published_tokenizers() {
    assert_eq!((o200k(""), cl100k("")), (0, 0));
    assert_eq!((o200k("hello world"), cl100k("hello world")), (2, 2));
    assert_eq!((o200k("tiktoken is great!"), cl100k("tiktoken is great!")), (6, 6));
    assert_eq!((o200k("antidisestablishmentarianism"), cl100k("antidisestablishmentarianism")), (6, 6));
    assert_eq!((o200k("2 + 2 = 4"), cl100k("2 + 2 = 4")), (7, 7));
    assert_eq!((o200k("お誕生日おめでとう"), cl100k("お誕生日おめでとう")), (8, 9));
    assert!(o200k("<|endoftext|>") > 1, "a name of a special token is text");
}

/// Uniform and awkward megabytes take time in proportion to their length, and the same count as in any other way.
#[test]
fn long_texts_take_linear_time() {
    o200k("warm");
    cl100k("warm");
    for unit in [" ", "a", "A", "\n", " \n", "!", "1", "é", "\t ", "aA", "\u{a0}", "'", "\r", "🦀", "a ", " a", "<|"]
    {
        let text = unit.repeat(((1 << 19) - 8) / unit.len());
        let text = format!("{text}x{text}");
        for count in [o200k, cl100k] {
            #[expect(clippy::disallowed_methods, reason = "a quadratic count would take hours, not seconds")]
            let start = Instant::now();
            assert!(count(&text) > 0);
            assert!(start.elapsed() < Duration::from_secs(20), "{unit:?} took {:?}", start.elapsed());
            eprintln!("{unit:?}: {:?}", start.elapsed());
        }
    }
}

/// The cutting done here agrees with the crate's own wherever that does not give up.
#[test]
fn random_texts_count_as_the_crate_counts() {
    let published = [tiktoken_rs::o200k_base().unwrap(), tiktoken_rs::cl100k_base().unwrap()];
    for seed in 0..4_000 {
        let draw = Draw::new(seed);
        let words = [
            "it's",
            "WE'LL",
            " ",
            "  ",
            "\n",
            "\r\n",
            "\t",
            "\u{a0}",
            "\u{3000}",
            "12345",
            "aB",
            "Éa",
            "//\n",
            "<|endoftext|>",
        ];
        let word = || if draw.below(3) == 0 { draw.text() } else { words[draw.below(words.len())].to_owned() };
        let text: String = (0..12).map(|_| word()).collect();
        let counts = [o200k(&text), cl100k(&text)];
        assert_eq!(
            counts.map(|count| usize::try_from(count).unwrap()),
            [0, 1].map(|n: usize| published[n].count_ordinary(&text)),
            "seed {seed}: {text:?}"
        );
    }
}

#[test]
fn too_long_texts_are_refused() {
    assert!(count_tokens(&"a".repeat(limits::TOKEN_PIECE_BYTES_MAX + 1), Tokenizer::O200k).is_err());
    assert!(count_tokens(&"a".repeat(limits::TEXT_BYTES_MAX + 1), Tokenizer::O200k).is_err());
}

/// Nobody waits for it any more: it ends at the next word.
#[test]
fn a_count_that_is_not_wanted_ends() {
    let request = CountTokens { text: "some words ".repeat(10_000), tokenizer: Tokenizer::O200k };
    let mut left = 100;
    let mut wanted = || {
        left -= 1;
        if left > 0 { Ok(()) } else { Err(Error::new(ErrorCode::Timeout, "nobody waits")) }
    };
    assert_eq!(count(&request, &mut wanted).unwrap_err().code, ErrorCode::Timeout);
    assert_eq!(left, 0, "it was not asked again");
    let whole = count(&request, &mut || Ok(())).unwrap();
    assert_eq!(whole.tokens, count_tokens(&request.text, Tokenizer::O200k).unwrap());
}
