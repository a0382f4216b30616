//! A look over a TOON text before it is decoded.
//!
//! A table's header names its fields once; every row then stands for a map with all those names, and a nested group
//! `a{b{c}}` for maps within maps. A few megabytes of text can so ask for gigabytes. One pass counts, without allocating,
//! the values and the bytes of names that the text can stand for at most.

use super::FormatError;
use super::tagged::TEXT_DEPTH_MAX;
use crate::limits;

/// What one line may stand for.
#[derive(Debug, Clone, Copy, Default)]
struct Line {
    /// Cells and fields.
    values: usize,
    /// Deepest group of fields.
    groups: usize,
    /// Bytes.
    bytes: usize,
    /// Spaces before the first other byte, and tabs, which only a lenient reader takes.
    indent: usize,
}

fn look_at(line: &str) -> Line {
    let (mut values, mut depth, mut groups) = (1, 0_usize, 0_usize);
    let (mut in_quotes, mut is_escape) = (false, false);
    for byte in line.bytes() {
        if is_escape {
            is_escape = false;
            continue;
        }
        match byte {
            b'\\' if in_quotes => is_escape = true,
            b'"' => in_quotes = !in_quotes,
            b',' | b'|' | b'\t' | b':' if !in_quotes => values += 1,
            b'{' if !in_quotes => {
                values += 1;
                depth += 1;
                groups = groups.max(depth);
            }
            b'}' if !in_quotes => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
    Line { values, groups, bytes: line.len(), indent }
}

/// Refuses a text that stands for more than a text may.
pub fn check(text: &str) -> Result<(), FormatError> {
    let (mut values, mut names) = (0_usize, 0_usize);
    let mut header = Line::default();
    for line in text.split('\n') {
        // Blank lines and comments end no table, wherever they stand.
        let is_nothing = matches!(line.trim_start().as_bytes().first(), None | Some(b'#'));
        let line = look_at(line);
        if line.groups > TEXT_DEPTH_MAX {
            return Err(FormatError::Limit("the text is nested deeper than a value may be".to_owned()));
        }
        if line.groups > 0 {
            header = line;
        } else if line.indent <= header.indent && !is_nothing {
            // The rows of a table stand deeper than its header: this line is behind the table.
            header = Line::default();
        }
        values = values.saturating_add(line.values.max(header.values));
        names = names.saturating_add(header.bytes);
        if values > limits::TEXT_VALUES_MAX {
            return Err(FormatError::Limit("the text holds too many values; convert it in parts".to_owned()));
        }
        if names > limits::TEXT_NAMES_BYTES_MAX {
            let text = "the tables of the text repeat too many bytes of field names; convert it in parts";
            return Err(FormatError::Limit(text.to_owned()));
        }
    }
    Ok(())
}
