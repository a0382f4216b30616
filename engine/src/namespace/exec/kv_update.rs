//! Key-value writes that depend on what a key holds.

use super::kv::{Old, delete, end_of, forget, old, value_of, write_record};
use crate::api::{BatchDelete, Deleted, Error, Increment, Incremented, Result, Touch, Touched};
use crate::limits;
use crate::namespace::context::WriteContext;
use crate::namespace::exec::Execute;
use crate::store::KvRecord;

/// The integer that a value spells.
fn integer(value: &[u8]) -> Result<i64> {
    let spelled = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    spelled.ok_or_else(|| {
        let shown = String::from_utf8_lossy(value.get(..40).unwrap_or(value)).into_owned();
        Error::invalid(format!("the key holds {shown:?}, which is no integer of 64 bits as decimal text"))
    })
}

/// What a key holds, which is to be an integer.
fn spelled(ctx: &WriteContext<'_>, key: &[u8], old: &Old) -> Result<Vec<u8>> {
    match old.value_bytes {
        ..=limits::INTEGER_BYTES_MAX => value_of(ctx, key),
        bytes => Err(Error::invalid(format!("the key holds {bytes} bytes, which are no integer as decimal text"))),
    }
}

impl Execute for Increment {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Incremented> {
        let Increment { key, by, ttl_ms, durability } = self;
        let old = old(ctx, &key)?;
        let (before, expires_at) = match &old {
            Some(seen) if !seen.gone => (integer(&spelled(ctx, &key, seen)?)?, seen.expires_at),
            Some(_) | None => (0, end_of(ctx, ttl_ms)),
        };
        let value = before
            .checked_add(by)
            .ok_or_else(|| Error::limit(format!("{before} and {by} are more together than 64 signed bits hold")))?;
        if let Some(old) = &old {
            forget(ctx, &key, old);
        }
        let text = value.to_string();
        let record = KvRecord { seq: ctx.seq, expires_at, value: text.as_bytes() };
        write_record(ctx, key.into_vec(), record);
        Ok(Incremented { value, commit_seq: ctx.commit_seq(), durability })
    }
}

impl Execute for Touch {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Touched> {
        let Touch { keys, ttl_ms, persist, durability } = self;
        let (mut existing, mut changed) = (0, 0);
        let expires_at = (persist || ttl_ms.is_some()).then(|| end_of(ctx, ttl_ms));
        for key in keys {
            let Some(old) = old(ctx, &key)?.filter(|old| !old.gone) else { continue };
            existing += 1;
            let Some(expires_at) = expires_at.filter(|expires_at| *expires_at != old.expires_at) else { continue };
            changed += 1;
            let value = value_of(ctx, &key)?;
            forget(ctx, &key, &old);
            write_record(ctx, key.into_vec(), KvRecord { seq: old.seq, expires_at, value: &value });
            ctx.check_size()?;
        }
        Ok(Touched { existing, changed, commit_seq: ctx.commit_seq(), durability })
    }
}

impl Execute for BatchDelete {
    fn execute(self, ctx: &mut WriteContext<'_>) -> Result<Deleted> {
        let mut deleted = 0;
        for key in self.keys {
            deleted += u64::from(delete(ctx, key)?);
        }
        Ok(ctx.deleted(deleted))
    }
}
