//! Context assembly: sections into one text that never has more tokens than allowed.
//!
//! Sections take their rows in the order of priority and stand in the text in the order given. Tokens are not additive,
//! since two texts can merge at their border, so a section's number of rows is found by search: it doubles while the
//! whole text as it would be then, counted exactly, stays within the limit, and is then bisected. The result is a number
//! that fits while one row more, or all that follow it, would not. A section that was read leaves behind only the rows it
//! was given, so memory is bounded by one read and the limit.

use std::collections::HashSet;

use super::render::read_rows;
use crate::api::{
    AssembleContext, Context, ContextContent, ContextSection, Error, OutputFormat, Result, SectionResult,
};
use crate::format::{self, Identity, Row, RowSet, count_tokens};
use crate::namespace::state::State;
use crate::store::Snapshot;

/// What a section could hold, and then what it does.
enum Body {
    Rows(RowSet),
    Text(Vec<String>),
}

impl Body {
    fn len(&self) -> usize {
        match self {
            Body::Rows(rows) => rows.len(),
            Body::Text(lines) => lines.len(),
        }
    }

    fn truncate(&mut self, rows: usize) {
        match self {
            Body::Rows(set) => set.truncate(rows),
            Body::Text(lines) => lines.truncate(rows),
        }
    }

    fn text(&self, rows: usize, request: &AssembleContext) -> Result<String> {
        match self {
            Body::Text(lines) => Ok(lines.iter().take(rows).map(String::as_str).collect::<Vec<_>>().join("\n")),
            Body::Rows(set) => {
                // Only `auto` needs a count to choose by.
                let tokenizer = (request.format == OutputFormat::Auto).then_some(request.tokenizer);
                let encoded = format::encode(&set.first(rows), request.format, tokenizer)?;
                String::from_utf8(encoded.data).map_err(|_| Error::internal("a text format gave no text"))
            }
        }
    }
}

/// What earlier, more important sections hold already.
#[derive(Default)]
struct Seen {
    identities: HashSet<Identity>,
    contents: HashSet<String>,
}

impl Seen {
    /// Takes out what is known already; gives how much that was.
    fn strip(&self, body: &mut Body) -> u64 {
        let before = body.len();
        match body {
            Body::Rows(set) => set.tables.iter_mut().for_each(|table| table.rows.retain(|row| !self.knows(row))),
            Body::Text(lines) => {
                if self.contents.contains(&lines.join("\n")) {
                    lines.clear();
                }
            }
        }
        (before - body.len()) as u64
    }

    fn knows(&self, row: &Row) -> bool {
        row.identity.as_ref().is_some_and(|identity| self.identities.contains(identity))
            || self.contents.contains(&content(row))
    }

    fn add(&mut self, body: &Body) {
        match body {
            Body::Rows(set) => {
                for row in set.tables.iter().flat_map(|table| &table.rows) {
                    self.identities.extend(row.identity.clone());
                    self.contents.insert(content(row));
                }
            }
            Body::Text(lines) => {
                self.contents.insert(lines.join("\n"));
            }
        }
    }
}

/// The row as it reads, whatever it stands for.
fn content(row: &Row) -> String {
    let set = RowSet { tables: vec![format::Table { name: "", rows: vec![row.clone()] }] };
    format::encode(&set.all(), OutputFormat::Json, None)
        .map(|encoded| String::from_utf8_lossy(&encoded.data).into_owned())
        .unwrap_or_default()
}

/// A section as it stands in the text, with its heading; empty if it has no place there.
fn block(section: &ContextSection, body: &str) -> String {
    match (section.name.as_str(), body.trim_end_matches('\n')) {
        (_, "") => String::new(),
        ("", body) => body.to_owned(),
        // A comment in TOON, a heading in Markdown.
        (name, body) => format!("## {name}\n{body}"),
    }
}

/// The whole text: blocks in their order, a blank line between them.
fn join<'a>(blocks: impl Iterator<Item = &'a str>) -> String {
    blocks.filter(|block| !block.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// The text under construction.
struct Assembly<'a> {
    request: &'a AssembleContext,
    blocks: Vec<String>,
    /// Tokens of the smallest text that was tried and did not fit.
    least: Option<u64>,
}

impl Assembly<'_> {
    /// The block of a section with so many rows, if the whole text then still fits.
    fn try_rows(&mut self, index: usize, section: &ContextSection, body: &Body, rows: usize) -> Result<Option<String>> {
        let block = match rows {
            0 => String::new(),
            rows => block(section, &body.text(rows, self.request)?),
        };
        let pick =
            |(at, old): (usize, &'_ String)| (if at == index { block.as_str() } else { old.as_str() }).to_owned();
        let all: Vec<String> = self.blocks.iter().enumerate().map(pick).collect();
        let tokens = count_tokens(&join(all.iter().map(String::as_str)), self.request.tokenizer)?;
        if tokens <= u64::from(self.request.token_limit) {
            return Ok(Some(block));
        }
        self.least = Some(self.least.map_or(tokens, |least| least.min(tokens)));
        Ok(None)
    }

    /// Gives a section as many rows as fit; says how many.
    fn give(&mut self, index: usize, section: &ContextSection, body: &Body) -> Result<usize> {
        let (mut fits, mut too_many, mut best) = (0, None, String::new());
        let mut next = 1.min(body.len());
        while next > fits {
            match self.try_rows(index, section, body, next)? {
                Some(block) => (fits, best) = (next, block),
                None => too_many = Some(next),
            }
            next = match too_many {
                Some(too_many) => fits + (too_many - fits) / 2,
                None => (2 * fits).min(body.len()),
            };
        }
        if let Some(slot) = self.blocks.get_mut(index) {
            *slot = best;
        }
        Ok(fits)
    }
}

/// Assembles a context.
pub fn assemble(state: &State, snapshot: &Snapshot, request: &AssembleContext) -> Result<Context> {
    let mut order: Vec<(usize, &ContextSection)> = request.sections.iter().enumerate().collect();
    order.sort_by_key(|(index, section)| (section.priority, *index));
    let mut assembly = Assembly { request, blocks: vec![String::new(); request.sections.len()], least: None };
    let mut results: Vec<(usize, SectionResult)> = Vec::with_capacity(order.len());
    let mut seen = Seen::default();
    for (index, section) in order {
        let (mut body, cut) = read(state, snapshot, section)?;
        let duplicates = if request.deduplicate { seen.strip(&mut body) } else { 0 };
        let total = body.len();
        let rows = assembly.give(index, section, &body)?;
        body.truncate(rows);
        if request.deduplicate && rows > 0 {
            seen.add(&body);
        }
        let content = assembly.blocks.get(index).cloned().unwrap_or_default();
        results.push((
            index,
            SectionResult {
                name: section.name.clone(),
                tokens: count_tokens(&content, request.tokenizer)?,
                rows: rows as u64,
                rows_dropped: (total - rows) as u64,
                duplicates,
                truncated: cut || rows < total,
                content,
            },
        ));
    }
    if let (true, Some(least)) = (results.iter().all(|(_, result)| result.rows == 0), assembly.least) {
        let limit = request.token_limit;
        return Err(Error::invalid(format!("token_limit {limit} is too small for one row; the least needs {least}")));
    }
    results.sort_by_key(|(index, _)| *index);
    let text = join(assembly.blocks.iter().map(String::as_str));
    let tokens = count_tokens(&text, request.tokenizer)?;
    Ok(Context { text, tokens, sections: results.into_iter().map(|(_, result)| result).collect() })
}

fn read(state: &State, snapshot: &Snapshot, section: &ContextSection) -> Result<(Body, bool)> {
    Ok(match &section.content {
        ContextContent::Text(text) if text.is_empty() => (Body::Text(Vec::new()), false),
        ContextContent::Text(text) => (Body::Text(text.split('\n').map(str::to_owned).collect()), false),
        ContextContent::Read { read, columns } => {
            let answer = read_rows(state, snapshot, read, columns.as_deref())?;
            (Body::Rows(answer.rows), answer.truncated)
        }
    })
}
