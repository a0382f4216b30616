//! Reads the sections, gives each its room, and counts the whole once more.
//!
//! Sections take their rows in the order of priority and stand in the text in the order given. A section that was read
//! leaves behind only the rows it was given, so memory is bounded by one read and the limit.

use super::body::Body;
use super::room::Room;
use super::seen::Seen;
use crate::api::{AssembleContext, Context, ContextContent, ContextSection, Error, Result, SectionResult};
use crate::format::count_tokens;
use crate::namespace::query::Query;
use crate::namespace::query::reader::Reader;
use crate::namespace::query::render::read_rows;
use crate::namespace::state::State;

impl Query for AssembleContext {
    /// Assembles a context.
    fn answer(self, state: &State, snapshot: &Reader<'_>) -> Result<Context> {
        assemble_from(&self, |section| read(state, snapshot, section))
    }
}

/// Assembles a context from whatever gives the bodies of sections, and says of each if a limit of the read cut it.
pub fn assemble_from(
    request: &AssembleContext,
    mut read: impl FnMut(&ContextSection) -> Result<(Body, bool)>,
) -> Result<Context> {
    let mut order: Vec<(usize, &ContextSection)> = request.sections.iter().enumerate().collect();
    order.sort_by_key(|(index, section)| (section.priority, *index));
    let mut room = Room::new(request);
    let mut results: Vec<(usize, SectionResult)> = Vec::with_capacity(order.len());
    let mut seen = Seen::default();
    for (index, section) in order {
        let (mut body, cut) = read(section)?;
        let duplicates = if request.deduplicate { seen.strip(&mut body) } else { 0 };
        let total = body.len();
        let rows = room.give(index, &body)?;
        body.truncate(rows);
        if request.deduplicate && rows > 0 {
            seen.add(&body);
        }
        let (content, tokens) = room.given(index);
        results.push((
            index,
            SectionResult {
                name: section.name.clone(),
                tokens,
                rows: rows as u64,
                rows_dropped: (total - rows) as u64,
                duplicates,
                truncated: cut || rows < total,
                content,
            },
        ));
    }
    if results.iter().all(|(_, result)| result.rows == 0)
        && let Some(error) = room.too_small()
    {
        return Err(error);
    }
    results.sort_by_key(|(index, _)| *index);
    let text = room.text();
    let tokens = count_tokens(&text, request.tokenizer)?;
    if tokens > u64::from(request.token_limit) {
        return Err(Error::internal("the parts of a context were counted wrongly"));
    }
    Ok(Context { text, tokens, sections: results.into_iter().map(|(_, result)| result).collect() })
}

fn read(state: &State, snapshot: &Reader<'_>, section: &ContextSection) -> Result<(Body, bool)> {
    snapshot.wanted.look()?;
    Ok(match &section.content {
        ContextContent::Text(text) if text.is_empty() => (Body::Text(Vec::new()), false),
        ContextContent::Text(text) => (Body::Text(text.split('\n').map(str::to_owned).collect()), false),
        ContextContent::Read { read, columns } => {
            let named = |error: Error| match section.name.as_str() {
                "" => error,
                name => Error::new(error.code, format!("section {name:?}: {}", error.message)),
            };
            let answer = read_rows(state, snapshot, read, columns.as_deref()).map_err(named)?;
            (Body::Rows(answer.rows), answer.truncated)
        }
    })
}
