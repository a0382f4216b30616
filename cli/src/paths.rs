//! Paths as people write them.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

/// A path in which a leading `~` is this user's home directory. Shells expand it themselves, but neither in
/// `--data=~/toondb` nor in environment variables of service files.
pub fn path(text: &str) -> Result<PathBuf, Infallible> {
    Ok(expand(text, std::env::home_dir().as_deref()))
}

fn expand(text: &str, home: Option<&Path>) -> PathBuf {
    match (text.strip_prefix('~'), home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(rest), Some(home)) if rest.starts_with('/') => home.join(rest.trim_start_matches('/')),
        _ => PathBuf::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_tilde_is_the_home_directory() {
        let home = Some(Path::new("/home/u"));
        for (text, path) in [
            ("~", "/home/u"),
            ("~/db", "/home/u/db"),
            ("~//db", "/home/u/db"),
            ("~other/db", "~other/db"),
            ("./~/db", "./~/db"),
            ("/a/~", "/a/~"),
        ] {
            assert_eq!(expand(text, home), Path::new(path), "{text}");
        }
        assert_eq!(expand("~/db", None), Path::new("~/db"));
    }
}
