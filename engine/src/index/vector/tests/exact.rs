//! The index without a graph: every answer is exact, at every size, sequence number and filter.

use roaring::RoaringBitmap;

use super::support::{METRICS, Pair, Random};
use crate::api::Metric;
use crate::index::vector::{SearchParams, VectorError, VectorIndex, VectorParams, validate};

#[test]
fn searches_agree_with_a_naive_model_around_chunk_borders() {
    for metric in METRICS {
        for (seed, count) in [0, 1, 2, 63, 64, 65, 255, 256, 257, 511, 512, 513, 1000].into_iter().enumerate() {
            let mut random = Random::new(seed as u64);
            let mut pair = Pair::new(VectorParams::new(1 + seed * 3, metric));
            pair.fill(&mut random, 0, count, 1);
            assert_eq!(pair.index.live_count(), count as usize);
            for k in [1, 10, 300, 2000] {
                let query = random.vector(1 + seed * 3);
                let params = SearchParams::new(k, 1);
                let hits = pair.index.search(&query, &params).unwrap();
                pair.check_exact(&query, &params, &hits, &format!("{metric:?}, seed {seed}, {count} rows, k {k}"));
                assert_eq!(hits, pair.index.search_exact(&query, &params).unwrap());
            }
        }
    }
}

#[test]
fn every_reader_sees_the_rows_of_its_sequence_number() {
    for metric in METRICS {
        let seed = 7;
        let mut random = Random::new(seed);
        let mut pair = Pair::new(VectorParams::new(5, metric));
        let mut next_row = 0;
        for seq in 1..600 {
            if seq % 3 == 0 && next_row > 0 {
                pair.delete(random.below(u64::from(next_row)) as u32, seq);
            } else if seq % 5 == 0 && next_row > 0 {
                // An overwrite: the old row ends where the new one of the same identifier begins.
                let old = random.below(u64::from(next_row)) as u32;
                pair.delete(old, seq);
                pair.insert(next_row, &u64::from(old).to_be_bytes(), random.vector(5), seq);
                next_row += 1 + random.below(40) as u32;
            } else {
                pair.insert(next_row, &u64::from(next_row).to_be_bytes(), random.vector(5), seq);
                next_row += 1;
            }
        }
        for seq in [0, 1, 2, 99, 100, 350, 599, 10_000, u64::MAX - 2, u64::MAX] {
            let query = random.vector(5);
            let params = SearchParams::new(20, seq);
            let hits = pair.index.search(&query, &params).unwrap();
            pair.check_exact(&query, &params, &hits, &format!("{metric:?}, seed {seed}, seq {seq}"));
        }
    }
}

#[test]
fn filters_return_all_that_match() {
    let mut random = Random::new(3);
    let mut pair = Pair::new(VectorParams::new(4, Metric::Euclidean));
    pair.fill(&mut random, 0, 700, 1);
    pair.fill(&mut random, 100_000, 100_700, 2);
    for row in (0..700).step_by(3) {
        pair.delete(row, 3);
    }
    let filters = [
        RoaringBitmap::new(),
        RoaringBitmap::from_iter([5, 6, 650, 701, 99_999, 100_000, 100_699, 100_700, u32::MAX]),
        (0..2_000_000).step_by(17).collect(),
        (300..100_300).collect(),
        RoaringBitmap::full(),
    ];
    for (i, allowed) in filters.iter().enumerate() {
        for seq in [1, 2, 3] {
            for k in [1, 8, 100_000] {
                let query = random.vector(4);
                let params = SearchParams { k, ef: None, seq, allowed: Some(allowed) };
                let hits = pair.index.search(&query, &params).unwrap();
                pair.check_exact(&query, &params, &hits, &format!("filter {i}, seq {seq}, k {k}"));
            }
        }
    }
}

#[test]
fn ties_break_by_identifier_bytes() {
    let index = VectorIndex::new(VectorParams::new(2, Metric::Cosine));
    let ids: [&[u8]; 6] = [b"b", b"a", b"ab", &[0xff], b"", b"a longer identifier than fits inline"];
    for (row, id) in ids.iter().enumerate() {
        // Under cosine, vectors of one direction tie whatever their length.
        index.insert(row as u32, id, &[1.0 + row as f32, 2.0 + 2.0 * row as f32], 1).unwrap();
    }
    let mut sorted = ids;
    sorted.sort();
    let hits = index.search(&[3.0, 6.0], &SearchParams::new(6, 1)).unwrap();
    assert_eq!(hits.iter().map(|hit| &*hit.id).collect::<Vec<_>>(), sorted);
    let hits = index.search(&[3.0, 6.0], &SearchParams::new(2, 1)).unwrap();
    assert_eq!(hits.iter().map(|hit| &*hit.id).collect::<Vec<_>>(), sorted[..2]);
}

#[test]
fn vectors_come_back_bit_for_bit() {
    for metric in METRICS {
        let index = VectorIndex::new(VectorParams::new(4, metric));
        let vector = [-0.0, f32::MIN_POSITIVE / 8.0, f32::MAX, -1.000_000_1];
        index.insert(u32::MAX, b"last", &vector, 9).unwrap();
        let back = index.vector(u32::MAX).unwrap();
        assert_eq!(back.iter().map(|x| x.to_bits()).collect::<Vec<_>>(), vector.map(f32::to_bits));
        assert_eq!(&*index.id(u32::MAX).unwrap(), b"last");
        assert_eq!((index.vector(0), index.id(u32::MAX - 1)), (None, None));
    }
}

#[test]
fn what_cannot_be_compared_is_refused_everywhere() {
    for metric in METRICS {
        let params = VectorParams::new(3, metric);
        let index = VectorIndex::new(params);
        let mut bad = vec![
            (vec![1.0; 2], VectorError::Dimension { want: 3, got: 2 }),
            (vec![1.0; 4], VectorError::Dimension { want: 3, got: 4 }),
            (vec![], VectorError::Dimension { want: 3, got: 0 }),
            (vec![1.0, f32::NAN, 1.0], VectorError::NotFinite { position: 1 }),
            (vec![1.0, 1.0, f32::NEG_INFINITY], VectorError::NotFinite { position: 2 }),
        ];
        if metric == Metric::Cosine {
            bad.push((vec![0.0, -0.0, 0.0], VectorError::ZeroNorm));
        } else {
            assert_eq!(validate(&params, &[0.0; 3]), Ok(()));
        }
        for (vector, error) in bad {
            assert_eq!(validate(&params, &vector), Err(error.clone()));
            assert_eq!(index.insert(0, b"x", &vector, 1), Err(error.clone()));
            assert_eq!(index.search(&vector, &SearchParams::new(1, 1)), Err(error.clone()));
            assert_eq!(index.search_exact(&vector, &SearchParams::new(1, 1)), Err(error));
        }
        assert_eq!(index.stats().rows, 0);
        index.insert(5, b"x", &[1.0; 3], 1).unwrap();
        assert_eq!(index.insert(5, b"y", &[1.0; 3], 1), Err(VectorError::RowOrder { row: 5, last: 5 }));
        assert_eq!(index.insert(4, b"y", &[1.0; 3], 1), Err(VectorError::RowOrder { row: 4, last: 5 }));
        assert_eq!(index.insert(6, b"y", &[1.0; 3], u64::MAX), Err(VectorError::ReservedSeq { seq: u64::MAX }));
        assert!(!index.delete(5, u64::MAX) && !index.delete(4, 2) && index.delete(5, 2) && !index.delete(5, 3));
        assert_eq!(index.search(&[1.0; 3], &SearchParams::new(0, 1)), Ok(vec![]));
        assert_eq!(index.live_count(), 0);
    }
}

#[test]
fn gaps_cost_no_memory_and_reclaimed_chunks_are_freed() {
    let mut random = Random::new(11);
    let mut pair = Pair::new(VectorParams::new(64, Metric::Dot));
    let empty = pair.index.memory_bytes();
    pair.fill(&mut random, 0, 256, 1);
    let one_chunk = pair.index.memory_bytes() - empty;
    pair.fill(&mut random, 4_000_000_000, 4_000_000_256, 2);
    pair.fill(&mut random, 4_100_000_000, 4_100_000_010, 3);
    assert!(pair.index.memory_bytes() - empty < 3 * one_chunk);

    (0..256).for_each(|row| pair.delete(row, 4 + u64::from(row % 2)));
    assert_eq!(pair.index.reclaim(4), 0, "rows deleted at 5 are still seen at 4");
    let params = SearchParams::new(1000, 4);
    let query = random.vector(64);
    pair.check_exact(&query, &params, &pair.index.search(&query, &params).unwrap(), "seq 4");
    assert_eq!(pair.index.reclaim(5), 1);
    assert_eq!((pair.index.vector(0), pair.index.stats().rows, pair.index.stats().dead), (None, 266, 0));
    assert_eq!(pair.index.reclaim(u64::MAX), 0, "live rows are never reclaimed");

    // The tail chunk goes when all its rows are dead, and comes back for the next row of it.
    (4_100_000_000..4_100_000_010).for_each(|row| pair.delete(row, 6));
    assert_eq!(pair.index.reclaim(6), 1);
    pair.fill(&mut random, 4_100_000_010, 4_100_000_012, 7);
    for seq in [6, 7] {
        let params = SearchParams::new(1000, seq);
        let hits = pair.index.search(&query, &params).unwrap();
        pair.check_exact(&query, &params, &hits, &format!("after reclaim, seq {seq}"));
    }
    assert_eq!(pair.index.live_count(), 258);
}

#[test]
fn a_search_that_is_not_wanted_any_more_ends_at_the_next_chunk() {
    let mut random = Random::new(12);
    let mut pair = Pair::new(VectorParams::new(4, Metric::Cosine));
    pair.fill(&mut random, 0, 2_000, 1);
    let (query, every_row) = (random.vector(4), RoaringBitmap::from_iter(0..2_000));
    for allowed in [None, Some(&every_row)] {
        let params = SearchParams { allowed, ..SearchParams::new(10, 1) };
        for last in 1..=3 {
            let mut asked = 0;
            let ended = pair.index.search_while(&query, &params, &mut || {
                asked += 1;
                if asked < last { Ok(()) } else { Err(VectorError::Build { reason: "enough".to_owned() }) }
            });
            assert_eq!((ended.is_err(), asked), (true, last));
        }
        let mut asked = 0;
        let found = pair.index.search_while(&query, &params, &mut || {
            asked += 1;
            Ok::<_, VectorError>(())
        });
        assert_eq!(found, pair.index.search(&query, &params));
        assert_eq!(asked, 7, "2,000 rows are eight chunks");
    }
}
