//! The keys of the two lists of facts: by type, and by the commits that changed what is believed.
//!
//! Both follow from `TemporalOut`. A row of `TemporalTypes` has the type in front of a version's key; a row of
//! `TemporalChanges` has the commit that asserted or retracted the version in front of it. A directory of before these lists
//! has facts that are in neither: the row [`FACTS_LISTED`] of `TemporalTypes` says how far the engine has come with noting
//! them. Its value is the last key of `TemporalOut` that was noted, and empty once every fact is; what is written meanwhile
//! is noted at once.

use super::key::{KeyReader, KeyWriter};

/// The key in `TemporalTypes` of what says how far the lists reach. No type is empty, so no version has it.
pub const FACTS_LISTED: &[u8] = b"\0";

/// What a key of a version says: node, type, start, other end, asserting commit.
fn split(key: &[u8]) -> Option<(&str, &str, i64, &str, u64)> {
    let mut reader = KeyReader::new(key);
    let parts = (reader.text()?, reader.text()?, reader.time()?, reader.text()?, reader.u64()?);
    reader.rest().is_empty().then_some(parts)
}

/// The key in `TemporalTypes` of the version with this key in `TemporalOut`; the same function leads back.
pub fn type_key(key: &[u8]) -> Option<Vec<u8>> {
    let (first, second, valid_from, to, seq) = split(key)?;
    Some(KeyWriter::new().text(second).text(first).time(valid_from).text(to).u64(seq).finish())
}

/// The key in `TemporalChanges` of a change that a commit made to the version with this key in `TemporalOut`.
pub fn change_key(seq: u64, out_key: &[u8]) -> Vec<u8> {
    KeyWriter::new().u64(seq).raw(out_key).finish()
}

/// The commit that a key of `TemporalChanges` names, and the key in `TemporalOut` of the version that it changed.
pub fn changed_by(change_key: &[u8]) -> Option<(u64, &[u8])> {
    let mut reader = KeyReader::new(change_key);
    Some((reader.u64()?, reader.rest()))
}

/// The commit that asserted the version with this key in either table of versions.
pub fn asserted_by(key: &[u8]) -> Option<u64> {
    key.split_last_chunk().map(|(_, seq)| u64::from_be_bytes(*seq))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_leads_back_to_its_version() {
        let out = KeyWriter::new().text("ann").text("likes").time(-3).text("bob").u64(9).finish();
        let by_type = type_key(&out).unwrap();
        assert!(by_type.starts_with(b"likes\0ann\0"));
        assert_eq!(type_key(&by_type).unwrap(), out);
        assert_eq!((changed_by(&change_key(7, &out)), asserted_by(&out)), (Some((7, out.as_slice())), Some(9)));
        for cut in 0..out.len() {
            assert_eq!(type_key(&out[..cut]), None);
        }
        assert_eq!((type_key(FACTS_LISTED), changed_by(b"short"), asserted_by(b"short")), (None, None, None));
    }
}
