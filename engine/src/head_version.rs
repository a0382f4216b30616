//! Tells a head that a newer version wrote from one of ours whose version field is damaged.
//!
//! Every head of a file of ours begins with a magic and a version, and carries a checksum, whose place a newer version may
//! have changed. So the version is looked at before the checksum. But a head that verifies once a version of ours stands
//! in that field was written by us: nothing but the field is damaged. That matters, because what is damaged can be restored
//! over and made again, and what is newer must not be touched.

use xxhash_rust::xxh3::xxh3_64;

/// True if `sealed`, which ends where its checksum begins, has that checksum once one of the versions up to `known` stands
/// at the offset.
pub fn is_damaged(sealed: &[u8], offset: usize, known: u32, checksum: u64) -> bool {
    let mut ours = sealed.to_vec();
    (1..=known).any(|version| {
        let Some(field) = ours.get_mut(offset..).and_then(|rest| rest.first_chunk_mut::<4>()) else { return false };
        *field = version.to_le_bytes();
        xxh3_64(&ours) == checksum
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_head_of_ours_has_a_damaged_version() {
        for known in 1..=2_u32 {
            let mut head = b"TOONTEST????and what follows".to_vec();
            head[8..12].copy_from_slice(&known.to_le_bytes());
            let checksum = xxh3_64(&head);
            for bit in 0..32 {
                head[8 + bit / 8] ^= 1 << (bit % 8);
                assert!(is_damaged(&head, 8, known, checksum), "bit {bit}");
                assert!(!is_damaged(&head, 8, known - 1, checksum), "not one of ours");
                assert!(!is_damaged(&head, 8, known, xxh3_64(&head)), "a newer one verifies as it is");
                assert!(!is_damaged(&head[..10], 8, known, checksum), "it is cut");
                head[8 + bit / 8] ^= 1 << (bit % 8);
            }
        }
    }
}
