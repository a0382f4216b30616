//! Globs over texts: `*` any characters, `?` exactly one, `[a-z]` one of a set, `[!a-z]` one outside it, `\` takes the next
//! character literally.
//!
//! Matching keeps one place to go back to, that of the last `*`: an earlier star never needs another try, because
//! whatever it could take more of, the last one can take as well. The time is at most pattern times text, whatever the
//! pattern, so a hostile one cannot make it explode as it does with backtracking regular expressions.

use super::error::{Error, Result};
use crate::limits;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Literal(char),
    AnyOne,
    AnyMany,
    Set { ranges: Vec<(char, char)>, negated: bool },
}

impl Token {
    /// What looking at it costs.
    fn steps(&self) -> u64 {
        match self {
            Token::Literal(_) | Token::AnyOne | Token::AnyMany => 1,
            Token::Set { ranges, .. } => ranges.len() as u64,
        }
    }

    fn takes(&self, given: char) -> bool {
        match self {
            Token::Literal(wanted) => *wanted == given,
            Token::AnyOne => true,
            Token::AnyMany => false,
            Token::Set { ranges, negated } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&given)) != *negated
            }
        }
    }
}

/// A parsed pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    tokens: Vec<Token>,
}

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty pattern, an unfinished set or a `\` at the end; `LimitExceeded` for one that is
    /// longer than the longest key of a cache.
    pub fn parse(pattern: &str) -> Result<Self> {
        if pattern.is_empty() {
            return Err(Error::invalid("the pattern is empty; `*` matches everything"));
        }
        if pattern.len() > limits::ID_BYTES_MAX {
            let (given, max) = (pattern.len(), limits::ID_BYTES_MAX);
            return Err(Error::limit(format!("the pattern has {given} bytes; the limit is {max}")));
        }
        let mut tokens = Vec::new();
        let mut rest = pattern.chars();
        while let Some(next) = rest.next() {
            tokens.push(match next {
                '*' if tokens.last() == Some(&Token::AnyMany) => continue,
                '*' => Token::AnyMany,
                '?' => Token::AnyOne,
                '[' => set(pattern, &mut rest)?,
                '\\' => Token::Literal(rest.next().ok_or_else(|| refused(pattern, "it ends in a `\\`"))?),
                other => Token::Literal(other),
            });
        }
        Ok(Self { tokens })
    }

    /// True if the pattern takes the whole text. Takes the steps it needs off `steps`; nothing if they do not suffice.
    fn matches_within(&self, text: &str, steps: &mut u64) -> Option<bool> {
        let mut tokens = self.tokens.as_slice();
        let mut rest = text.chars();
        // What follows the last star, and the text from where that star stops taking.
        let mut last_star: Option<(&[Token], std::str::Chars<'_>)> = None;
        loop {
            *steps = steps.checked_sub(tokens.first().map_or(1, Token::steps))?;
            if let Some((Token::AnyMany, behind)) = tokens.split_first() {
                tokens = behind;
                last_star = Some((behind, rest.clone()));
                continue;
            }
            let mut ahead = rest.clone();
            match (tokens.split_first(), ahead.next()) {
                (None, None) => return Some(true),
                (Some((token, behind)), Some(given)) if token.takes(given) => {
                    tokens = behind;
                    rest = ahead;
                }
                // No star can bring text back that has ended.
                (_, None) => return Some(false),
                (_, Some(_)) => {
                    let Some((behind, from)) = &mut last_star else { return Some(false) };
                    from.next();
                    tokens = behind;
                    rest = from.clone();
                }
            }
        }
    }
}

/// The patterns of one request, and the steps that it may still take in matching them.
///
/// Pattern times text is little for one key and hours for a million long ones with 64 patterns. So there is one bound for a
/// whole request, whoever matches: a fixed number of steps, and a few for each key.
#[derive(Debug, Clone)]
pub struct Globs {
    globs: Vec<Glob>,
    steps: u64,
}

impl Globs {
    /// Reads patterns.
    ///
    /// # Errors
    /// As [`Glob::parse`].
    pub fn parse<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let globs = patterns.into_iter().map(Glob::parse).collect::<Result<_>>()?;
        Ok(Self { globs, steps: limits::MATCH_STEPS_MAX })
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.globs.is_empty()
    }

    /// True if one of the patterns takes the whole text.
    ///
    /// # Errors
    /// `LimitExceeded` if this and the texts before it take too long.
    pub fn take(&mut self, text: &str) -> Result<bool> {
        self.steps = self.steps.saturating_add(limits::MATCH_STEPS_EACH);
        for glob in &self.globs {
            let too_long =
                || Error::limit("the patterns take too long over so many and such long keys; use fewer `*` in them");
            if glob.matches_within(text, &mut self.steps).ok_or_else(too_long)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn refused(pattern: &str, why: &str) -> Error {
    Error::invalid(format!("the pattern {pattern:?} is refused: {why}"))
}

fn set(pattern: &str, rest: &mut std::str::Chars<'_>) -> Result<Token> {
    let unfinished = || refused(pattern, "a `[` has no `]`");
    let mut ranges = Vec::new();
    let mut negated = false;
    let mut next = rest.next().ok_or_else(unfinished)?;
    if next == '!' {
        negated = true;
        next = rest.next().ok_or_else(unfinished)?;
    }
    loop {
        match next {
            ']' if ranges.is_empty() => return Err(refused(pattern, "a set is empty")),
            ']' => return Ok(Token::Set { ranges, negated }),
            '\\' => next = rest.next().ok_or_else(unfinished)?,
            _ => {}
        }
        let first = next;
        next = rest.next().ok_or_else(unfinished)?;
        let mut last = first;
        if next == '-' {
            next = rest.next().ok_or_else(unfinished)?;
            if next == ']' {
                ranges.push((first, first));
                ranges.push(('-', '-'));
                return Ok(Token::Set { ranges, negated });
            }
            if next == '\\' {
                next = rest.next().ok_or_else(unfinished)?;
            }
            last = next;
            next = rest.next().ok_or_else(unfinished)?;
        }
        if last < first {
            return Err(refused(pattern, "a range ends before it begins"));
        }
        ranges.push((first, last));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

    use super::{Glob, Globs};
    use crate::api::ErrorCode;
    use crate::limits;

    fn matches(glob: &Glob, text: &str) -> bool {
        glob.matches_within(text, &mut { u64::MAX }).unwrap()
    }

    #[test]
    fn patterns_take_whole_texts() {
        let cases = [
            ("*", "", true),
            ("*", "anything", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbbd", false),
            ("a*b*c", "a-b-b-c", true),
            ("*.md", "notes.md", true),
            ("*.md", "notes.md5", false),
            ("?", "é", true),
            ("?", "", false),
            ("[a-c]x", "bx", true),
            ("[!a-c]x", "bx", false),
            ("[!a-c]x", "dx", true),
            ("[a-]", "-", true),
            (r"\*", "*", true),
            (r"\*", "x", false),
            (r"[\]]", "]", true),
            ("abc", "ab", false),
            ("**a**", "bab", true),
        ];
        for (pattern, text, wanted) in cases {
            assert_eq!(matches(&Glob::parse(pattern).unwrap(), text), wanted, "{pattern} on {text}");
        }
    }

    #[test]
    fn malformed_patterns_are_refused() {
        for pattern in ["", "[", "[a", "[a-", "[]", "[!]", r"\", r"[\", "[z-a]", &"x".repeat(1025)] {
            assert!(Glob::parse(pattern).is_err(), "{pattern}");
        }
    }

    /// A million steps at most: exponential time would not end.
    #[test]
    fn hostile_patterns_take_no_more_than_pattern_times_text() {
        let pattern = format!("{}b", "*a".repeat(500));
        let (glob, text) = (Glob::parse(&pattern).unwrap(), "a".repeat(1_000));
        assert!(!matches(&glob, &text));
        let mut steps = 2_000_000;
        assert_eq!(glob.matches_within(&text, &mut steps), Some(false));
        assert_eq!(glob.matches_within(&text, &mut 1_000), None, "too few steps are no answer");
    }

    /// Sixty-four of them over a few thousand long keys would take hours.
    #[test]
    fn hostile_patterns_over_many_keys_are_refused_and_plain_ones_are_not() {
        let hostile: Vec<String> = (0..64).map(|number| format!("{}{number}", "*a".repeat(500))).collect();
        let mut globs = Globs::parse(hostile.iter().map(String::as_str)).unwrap();
        // As many as a quick test may take.
        globs.steps = 1 << 20;
        let text = "a".repeat(limits::KEY_BYTES_MAX.min(16 << 10));
        let refused = (0..1_000).find_map(|_| globs.take(&text).err()).unwrap();
        assert_eq!(refused.code, ErrorCode::LimitExceeded);
        let mut plain = Globs::parse(["session:*", "*:draft"]).unwrap();
        let before = plain.steps;
        for number in 0..1_000 {
            assert!(plain.take(&format!("session:{number}")).unwrap());
            assert!(!plain.take(&format!("other:{number}")).unwrap());
        }
        assert!(plain.steps >= before, "any number of keys may be matched by what is plain");
    }
}
