//! `toondb convert` and `toondb tokens`: texts from one format to another, and what they cost. No server is needed.

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use toondb_engine::api::{ConvertText, CountTokens, ToonOptions};
use toondb_engine::{format, limits};

use crate::cli::{Convert, Input, Tokens};
use crate::output::{print, print_text};

/// Converts a text and prints the other.
pub fn convert(options: Convert) -> Result<(), Box<dyn Error>> {
    let Convert { input, from, format, delimiter, indent, lenient, tokenizer } = options;
    let toon = ToonOptions { delimiter: delimiter.into(), indent, strict: !lenient };
    toon.validate()?;
    let (text, from, to, tokenizer) = (input.read()?, from.map(Into::into), format.into(), tokenizer.into());
    let request = ConvertText { text, from, to, tokenizer, toon };
    let converted =
        format::convert(&request, &mut || Ok(())).map_err(|error| format!("{}: {}", input.name(), error.message))?;
    Ok(print_text(&converted.data)?)
}

/// Prints how many tokens a text has.
pub fn tokens(options: Tokens) -> Result<(), Box<dyn Error>> {
    let Tokens { input, tokenizer } = options;
    let request = CountTokens { text: input.read()?, tokenizer: tokenizer.into() };
    let counted =
        format::count(&request, &mut || Ok(())).map_err(|error| format!("{}: {}", input.name(), error.message))?;
    Ok(print(format!("{}\n", counted.tokens).as_bytes())?)
}

impl Input {
    fn path(&self) -> Option<&Path> {
        self.file.as_deref().filter(|path| *path != Path::new("-"))
    }

    /// As it is called in errors.
    fn name(&self) -> String {
        self.path().map_or_else(|| "standard input".to_owned(), |path| path.display().to_string())
    }

    /// Reads it whole, but never more than a text may have.
    fn read(&self) -> Result<String, String> {
        let of_input = |what: &str| format!("{}: {what}", self.name());
        let mut bytes = Vec::new();
        let most = limits::TEXT_BYTES_MAX as u64 + 1;
        let read = match self.path() {
            Some(path) => File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)),
            None => std::io::stdin().take(most).read_to_end(&mut bytes),
        };
        read.map_err(|error| of_input(&error.to_string()))?;
        if bytes.len() > limits::TEXT_BYTES_MAX {
            return Err(of_input(&format!("more than {} bytes; convert it in parts", limits::TEXT_BYTES_MAX)));
        }
        String::from_utf8(bytes).map_err(|error| {
            let sound = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            let sound = String::from_utf8_lossy(sound);
            let (line, last) = sound.split('\n').enumerate().last().unwrap_or_default();
            of_input(&format!("no UTF-8 at line {}, column {}", line + 1, last.chars().count() + 1))
        })
    }
}
