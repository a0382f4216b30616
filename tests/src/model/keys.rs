//! Writes to keys that depend on what they hold, and listings.

use toondb_engine::api::{ErrorCode, Increment, ScanPrefixes, Touch};

use super::state::{KvRow, Model, Now, Outcome};

fn end(ttl_ms: Option<u64>, now: Now) -> Option<i64> {
    ttl_ms.map(|ttl| now.ms.saturating_add(i64::try_from(ttl).unwrap_or(i64::MAX)))
}

impl Model {
    pub(super) fn increment(&mut self, increment: &Increment, now: Now) -> Result<Outcome, ErrorCode> {
        let seen = self.kv.get(increment.key.as_slice()).filter(|row| !row.is_expired(now.ms));
        let (before, expires_at) = match seen {
            Some(row) => {
                let text = String::from_utf8(row.value.clone()).map_err(|_| ErrorCode::InvalidArgument)?;
                (text.parse::<i64>().map_err(|_| ErrorCode::InvalidArgument)?, row.expires_at)
            }
            None => (0, end(increment.ttl_ms, now)),
        };
        let value = before.checked_add(increment.by).ok_or(ErrorCode::LimitExceeded)?;
        let row = KvRow { value: value.to_string().into_bytes(), version: now.seq, expires_at };
        self.kv.insert(increment.key.to_vec(), row);
        Ok(Outcome { wrote: true, number: value.cast_unsigned(), ..Outcome::default() })
    }

    pub(super) fn touch(&mut self, touch: &Touch, now: Now) -> Outcome {
        let mut outcome = Outcome::default();
        for key in &touch.keys {
            let Some(row) = self.kv.get_mut(key.as_slice()).filter(|row| !row.is_expired(now.ms)) else { continue };
            outcome.number += 1;
            let expires_at = end(touch.ttl_ms, now);
            if (touch.persist || touch.ttl_ms.is_some()) && row.expires_at != expires_at {
                row.expires_at = expires_at;
                outcome.wrote = true;
            }
        }
        outcome
    }

    /// Removes keys; what had expired is not counted.
    pub(super) fn remove(&mut self, keys: &[Vec<u8>], now: Now) -> Outcome {
        let removed: Vec<KvRow> = keys.iter().filter_map(|key| self.kv.remove(key)).collect();
        let number = removed.iter().filter(|row| !row.is_expired(now.ms)).count() as u64;
        let wrote = !removed.is_empty();
        Outcome { wrote, ambiguous: wrote && number == 0, number, ..Outcome::default() }
    }

    /// What a listing gives: each thing, and whether it is a prefix. Every key is looked at.
    #[must_use]
    pub fn list(&self, list: &ScanPrefixes, now_ms: i64) -> Vec<(Vec<u8>, bool)> {
        let prefix = list.prefix.as_ref().map_or(&[][..], |prefix| prefix);
        let mut found: Vec<(Vec<u8>, bool)> = Vec::new();
        for (key, _) in self.kv.iter().filter(|(key, row)| key.starts_with(prefix) && !row.is_expired(now_ms)) {
            let mut end = prefix.len();
            let mut levels = 0;
            while levels < list.depth && end < key.len() {
                let at = (end..key.len()).find(|at| key[*at..].starts_with(&list.delimiter));
                let Some(at) = at else { break };
                end = at + list.delimiter.len();
                levels += 1;
            }
            let entry = if levels == list.depth { (key[..end].to_vec(), true) } else { (key.clone(), false) };
            if found.last() != Some(&entry) {
                found.push(entry);
            }
        }
        found
    }
}
