//! What a token lets its bearer do: a set of rights. Which right an operation needs stands in the table of operations.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use toondb_engine::api::Right;

/// The place of a right in the set.
fn bit(right: Right) -> u8 {
    match right {
        Right::Read => 1,
        Right::Write => 2,
        Right::Admin => 4,
    }
}

/// A set of rights. In files it is a list of names.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Right>", into = "Vec<Right>")]
pub struct Rights(u8);

impl Rights {
    /// All of them.
    #[must_use]
    pub fn all() -> Self {
        Right::ALL.into_iter().collect()
    }

    /// True if `right` is among them.
    #[must_use]
    pub fn contains(self, right: Right) -> bool {
        self.0 & bit(right) != 0
    }

    /// True if there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are there, in the order of [`Right::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.into_iter().filter(move |right| self.contains(*right))
    }
}

impl FromIterator<Right> for Rights {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        Self(rights.into_iter().fold(0, |bits, right| bits | bit(right)))
    }
}

impl From<Vec<Right>> for Rights {
    fn from(rights: Vec<Right>) -> Self {
        rights.into_iter().collect()
    }
}

impl From<Rights> for Vec<Right> {
    fn from(rights: Rights) -> Self {
        rights.iter().collect()
    }
}

impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.iter().map(Right::name).collect();
        f.write_str(&names.join(","))
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Reads names separated by commas, at least one.
impl FromStr for Rights {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',')
            .map(|name| {
                let found = Right::ALL.into_iter().find(|right| right.name() == name.trim());
                found.ok_or_else(|| format!("{name:?} is no right; the rights are read, write and admin"))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_rights_are_read_and_shown() {
        let some: Rights = "write, read".parse().unwrap();
        assert_eq!(some.to_string(), "read,write");
        assert!(some.contains(Right::Read) && some.contains(Right::Write) && !some.contains(Right::Admin));
        assert_eq!("read,write,admin".parse::<Rights>().unwrap(), Rights::all());
        for wrong in ["", "read,", "all", "Read", "read;write"] {
            assert!(wrong.parse::<Rights>().is_err(), "{wrong:?}");
        }
        assert_eq!(serde_json::to_string(&some).unwrap(), r#"["read","write"]"#);
        assert_eq!(serde_json::from_str::<Rights>(r#"["write","read"]"#).unwrap(), some);
        assert!(serde_json::from_str::<Rights>(r#"["root"]"#).is_err());
    }
}
