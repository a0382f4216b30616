//! Where on its line a malformed TOON text goes wrong.
//!
//! The decoder knows the line and what is wrong with it, but not the column. For the mistakes that are made most, a look
//! at that one line finds it: the quote that is never closed, the escape that does not exist, the first cell too many.
//! What is wrong is told by the decoder's message. One that is not known here, as any may be after an update of the
//! decoder, leaves the column at the start of the line's content, which is where the place always was that is meant.

/// The bytes of a line outside quotes, with their places; quotes as the decoder sees them, wherever they stand.
fn unquoted(line: &str) -> impl Iterator<Item = (usize, u8)> + '_ {
    let (mut in_quotes, mut is_escaped) = (false, false);
    line.bytes().enumerate().filter(move |(_, byte)| {
        if is_escaped {
            is_escaped = false;
            return false;
        }
        match byte {
            b'\\' if in_quotes => is_escaped = true,
            b'"' => in_quotes = !in_quotes,
            _ => return !in_quotes,
        }
        false
    })
}

/// Pairs of quotes; the last may lack its second.
fn quotes(line: &str) -> Vec<(usize, Option<usize>)> {
    let mut pairs: Vec<(usize, Option<usize>)> = Vec::new();
    let mut is_escaped = false;
    for (at, byte) in line.bytes().enumerate() {
        let open = pairs.last_mut().filter(|(_, end)| end.is_none());
        match (open, byte) {
            _ if is_escaped => is_escaped = false,
            (Some(_), b'\\') => is_escaped = true,
            (Some((_, end)), b'"') => *end = Some(at),
            (None, b'"') => pairs.push((at, None)),
            _ => {}
        }
    }
    pairs
}

/// The backslash of the first escape within quotes that TOON does not have.
fn bad_escape(line: &str) -> Option<usize> {
    quotes(line).into_iter().find_map(|(start, end)| {
        let text = line.get(start + 1..end.unwrap_or(line.len()))?;
        let mut rest = text;
        while let Some(at) = rest.find('\\') {
            let escape = rest.get(at + 1..)?;
            let length = match escape.bytes().next() {
                Some(b'n' | b'r' | b't' | b'"' | b'\\') => 1,
                Some(b'u') if is_scalar(escape.get(1..5)) => 5,
                _ => return Some(start + 1 + text.len() - rest.len() + at),
            };
            rest = escape.get(length..)?;
        }
        None
    })
}

fn is_scalar(digits: Option<&str>) -> bool {
    let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).and_then(char::from_u32).is_some()
}

/// Where something follows a quoted text that should end its cell or key.
fn after_quotes(line: &str) -> Option<usize> {
    quotes(line).into_iter().filter_map(|(_, end)| Some(end? + 1)).find(|after| {
        let next = line.get(*after..).unwrap_or_default().trim_start_matches(' ').bytes().next();
        next.is_some_and(|next| !b":,|\t[]{}".contains(&next))
    })
}

/// The first cell too many; where the next would have to stand if there are too few.
fn cell(line: &str, expected: usize, given: usize, has_head: bool) -> Option<usize> {
    let end = line.trim_end_matches(' ').len();
    if given <= expected {
        return Some(end);
    }
    let head =
        || unquoted(line).skip_while(|(_, byte)| line.contains(']') && *byte != b']').find(|(_, byte)| *byte == b':');
    let start = if has_head { head()?.0 + 1 } else { 0 };
    let marks = |mark: u8| unquoted(line).filter(move |(at, byte)| *at >= start && *byte == mark).map(|(at, _)| at);
    let mark = [b',', b'|', b'\t'].into_iter().find(|mark| marks(*mark).count() + 1 == given)?;
    let before = expected.checked_sub(1).map_or(Some(start - usize::from(start > 0)), |nth| marks(mark).nth(nth))?;
    let cell = line.get(before + usize::from(expected > 0 || has_head)..)?;
    Some(line.len() - cell.trim_start_matches(' ').len())
}

/// `Expected 2 tabular row values, but got 3`: both numbers.
fn counts(message: &str) -> Option<(usize, usize)> {
    let (expected, given) = message.strip_prefix("Expected ")?.split_once(", but got ")?;
    Some((expected.split(' ').next()?.parse().ok()?, given.parse().ok()?))
}

/// The place of a mistake on its line, as an offset in bytes.
fn offset(line: &str, message: &str) -> Option<usize> {
    let has = |part: &str| message.contains(part);
    let bracket = || unquoted(line).find(|(_, byte)| *byte == b'[').map(|(at, _)| at);
    if let Some((expected, given)) = counts(message) {
        return match has("row values") || has("cells") || has("inline-form values") {
            true => cell(line, expected, given, !has("row values")),
            false => None,
        };
    }
    match message {
        _ if has("Unterminated string") || has("Unterminated quoted key") => {
            quotes(line).last().map(|(start, _)| *start)
        }
        _ if has("escape sequence") => bad_escape(line),
        _ if has("after closing quote") => after_quotes(line),
        _ if has("Missing colon") => Some(line.trim_end_matches(' ').len()),
        _ if has("Tabs are not allowed") => line.find('\t'),
        _ if has("Invalid array length") => bracket().map(|at| at + 1),
        _ if has("bracket segment") => bracket(),
        _ => None,
    }
}

/// The column of a mistake, in characters from 1. A byte-order mark is none.
pub fn column(line: &str, message: &str) -> usize {
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let content = || line.find(|c| !matches!(c, ' ' | '\t')).unwrap_or(0);
    let offset = offset(line, message).unwrap_or_else(content);
    line.char_indices().take_while(|(at, _)| *at < offset).count() + 1
}
