//! Comparison of texts without regard to case.
//!
//! A text is folded character by character: to upper case, and that to lower case, as the Unicode Character Database maps
//! them without regard to language. Going through upper case brings forms together that lower case alone keeps apart: `ß`
//! folds to `ss`, `ς` and `Σ` to `σ`, `ſ` to `s`; so does dotless `ı`, to `i`. Accents stay: `é` folds as `É`, not as `e`.

use std::borrow::Cow;

/// A text that is asked for without regard to case.
#[derive(Debug, Clone)]
pub struct Folded {
    given: String,
    folded: String,
}

impl Folded {
    /// As it was given.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// True if it is a part of a text.
    pub fn is_in(&self, text: &str) -> bool {
        fold(text).contains(&self.folded)
    }

    /// True if it is a text.
    pub fn is(&self, text: &str) -> bool {
        fold(text) == self.folded
    }
}

impl From<String> for Folded {
    fn from(given: String) -> Self {
        let folded = fold(&given).into_owned();
        Self { given, folded }
    }
}

/// As given, so that what is told is what was asked.
impl PartialEq for Folded {
    fn eq(&self, other: &Self) -> bool {
        self.given == other.given
    }
}

impl Eq for Folded {}

fn fold(text: &str) -> Cow<'_, str> {
    if !text.is_ascii() {
        return Cow::Owned(text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect());
    }
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}
