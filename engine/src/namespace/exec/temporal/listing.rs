//! Notes the facts of a directory of before the lists of facts in them, a few in each commit of the engine's own. How far that
//! has come is noted with them, so that it goes on after whatever interrupts it; until the end, whoever reads does without.

use crate::api::Result;
use crate::namespace::context::WriteContext;
use crate::namespace::timelines::{decode_some, type_key};
use crate::store::{FACTS_LISTED, KeyRange, Read, Table, change_key};

/// Notes at most `limit` facts that may not have been noted yet. True if more are left.
pub fn list_facts(ctx: &mut WriteContext<'_>, limit: usize) -> Result<bool> {
    if ctx.counters.temporal_versions == 0 {
        return Ok(false);
    }
    let rest = match ctx.txn.get(Table::TemporalTypes, FACTS_LISTED)? {
        Some(noted) if noted.is_empty() => return Ok(false),
        Some(noted) => KeyRange::all().after(&noted, false),
        None => KeyRange::all(),
    };
    // What facts say may be large, and is not needed: one at a time is read.
    let mut found = Vec::new();
    for row in ctx.txn.scan(Table::TemporalOut, &rest, false)?.take(limit) {
        let row = row?;
        let edge = decode_some(&row.key, Some(&row.value))?;
        found.push((row.key, edge));
    }
    let is_more = found.len() == limit;
    let reached = found.last().filter(|_| is_more).map(|(key, _)| key.clone()).unwrap_or_default();
    for (key, edge) in found {
        ctx.txn.put(Table::TemporalTypes, type_key(&edge), Vec::new());
        for seq in [Some(edge.asserted_seq), edge.retracted_seq].into_iter().flatten() {
            ctx.txn.put(Table::TemporalChanges, change_key(seq.0, &key), Vec::new());
        }
    }
    ctx.txn.put(Table::TemporalTypes, FACTS_LISTED.to_vec(), reached);
    Ok(is_more)
}
