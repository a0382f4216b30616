//! Writes to semantic caches. An entry is a row as a document is; its id is the entry's key, and its record also says when
//! it expires.

use super::collection::create_record;
use super::rows::{NewRow, Target, delete_row, resolve, write_row};
use crate::api::{
    CacheInvalidate, CachePut, CollectionName, Deleted, ErrorCode, Globs, Metric, Properties, Result, Written,
};
use crate::namespace::collection::Collection;
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::store::{CollectionKind, CollectionRecord, DocumentBody};

fn find(ctx: &WriteContext<'_>, name: &CollectionName) -> Result<Option<Target>> {
    match resolve(ctx, name, CollectionKind::Cache) {
        Ok(cache) => Ok(Some(cache)),
        Err(error) if error.code == ErrorCode::CollectionNotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes an entry, replacing what its key had. The first one creates the cache, in the same commit.
pub fn put(ctx: &mut WriteContext<'_>, request: CachePut) -> Result<()> {
    let CachePut { cache: name, key, value, embedding, ttl_ms, durability: _ } = request;
    let cache = match find(ctx, &name)? {
        Some(cache) => cache,
        None => {
            let record = CollectionRecord {
                seq: ctx.seq,
                id: 0,
                kind: CollectionKind::Cache,
                dimension: u32::try_from(embedding.0.len()).unwrap_or(u32::MAX),
                metric: Metric::Cosine,
                metadata: Properties::new(),
                created_at: ctx.now_ms,
            };
            create_record(ctx, &name, record)?.0
        }
    };
    cache.rows.check_dimension(&name, &embedding)?;
    let expires_at = ttl_ms.map(|ttl| ctx.now_ms.saturating_add(i64::try_from(ttl).unwrap_or(i64::MAX)));
    let body = DocumentBody { content: value, metadata: Properties::new(), expires_at };
    write_row(ctx, &cache, NewRow { id: key.as_bytes(), vector: Some(&embedding.0), body: Some(body) })
}

impl Execute for CachePut {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Written> {
        put(ctx, self)?;
        Ok(ctx.written())
    }
}

/// Deletes the entries whose keys match. Gives how many there were to be found; expired ones go with them uncounted.
pub fn invalidate(ctx: &mut WriteContext<'_>, request: &CacheInvalidate) -> Result<u64> {
    let Some(cache) = find(ctx, &request.cache)? else { return Ok(0) };
    let open = cache.rows.lifetimes.open(ctx.now_ms);
    let mut deleted = 0;
    for Match { row, key } in matching(ctx, &cache.rows, Globs::parse([request.pattern.as_str()])?)? {
        if delete_row(ctx, &cache, &key)? {
            deleted += u64::from(open.as_ref().is_none_or(|open| open.contains(row)));
        }
        ctx.check_size()?;
    }
    Ok(deleted)
}

impl Execute for CacheInvalidate {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let deleted = invalidate(ctx, &self)?;
        Ok(ctx.deleted(deleted))
    }
}

struct Match {
    row: u32,
    key: Vec<u8>,
}

/// The entries whose keys match, from the keys in memory: nothing is read that need not be deleted.
fn matching(ctx: &WriteContext<'_>, cache: &Collection, mut globs: Globs) -> Result<Vec<Match>> {
    let mut found = Vec::new();
    let mut failed = None;
    // Everything before this operation is in the index, and this operation has written nothing yet.
    cache.vectors.for_each(ctx.seq - 1, None, |row, key| {
        if failed.is_some() {
            return;
        }
        // Keys come from texts; what is none could only be damage, which reading the record reports.
        match std::str::from_utf8(key).map(|text| globs.take(text)) {
            Ok(Ok(true)) => found.push(Match { row, key: key.to_vec() }),
            Ok(Ok(false)) | Err(_) => {}
            Ok(Err(error)) => failed = Some(error),
        }
    });
    failed.map_or(Ok(found), Err)
}
