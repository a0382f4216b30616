//! The bytes on disk are a contract: these literals change only with the format version.

use super::super::lineage::Lineage;
use super::super::record::{FoundRecord, RecordHeader, RecordPlace, find};
use super::super::segment::{FileKind, HeaderFault, SegmentHeader, classify, segment_name, spare_name, temporary_name};
use super::*;

fn header(lineage: Option<Lineage>) -> SegmentHeader {
    SegmentHeader {
        capacity: 0x0001_0000,
        namespace_id: NAMESPACE,
        number: 7,
        first_seq: 0x0102_0304,
        salt: 0x1122_3344_5566_7789,
        lineage,
    }
}

const LINEAGE: Lineage = Lineage { epoch: 5, chain: 0xCCCC_CCCC };

#[rustfmt::skip]
const HEADER_BYTES: [u8; 80] = [
    b'T', b'O', b'O', b'N', b'L', b'O', b'G', 0,
    2, 0, 0, 0, 0, 0, 1, 0,
    b'0', b'1', b'2', b'3', b'4', b'5', b'6', b'7', b'8', b'9', b'a', b'b', b'c', b'd', b'e', b'f',
    7, 0, 0, 0, 0, 0, 0, 0,
    4, 3, 2, 1, 0, 0, 0, 0,
    0x89, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
    5, 0, 0, 0, 0, 0, 0, 0,
    0xCC, 0xCC, 0xCC, 0xCC, 0, 0, 0, 0,
    0x08, 0xF8, 0x27, 0xE4, 0x9E, 0xA3, 0xE6, 0xB4,
];

#[rustfmt::skip]
const RECORD_BYTES: [u8; 80] = [
    0x10, 0x08, 0xB5, 0xBF, 0xB6, 0xB2, 0x49, 0x1B,
    0x89, 0x77, 0x66, 0x55, 0x8C, 0x7A, 0x97, 0xCD,
    5, 0, 0, 0, 80, 0, 0, 0,
    4, 3, 2, 1, 0, 0, 0, 0,
    6, 3, 2, 1, 0, 0, 0, 0,
    0xAA, 0, 0, 0, 0, 0, 0, 0,
    0xBB, 0, 0, 0, 0, 0, 0, 0,
    6, 0, 0, 0, 0, 0, 0, 0,
    0xDD, 0, 0, 0, 0, 0, 0, 0,
    b'h', b'e', b'l', b'l', b'o', 0, 0, 0,
];

/// Behind that record.
const CHAIN: u64 = 0x04D5_4731_9283_FE38;

#[rustfmt::skip]
const HEADER_BYTES_OF_1: [u8; 64] = [
    b'T', b'O', b'O', b'N', b'L', b'O', b'G', 0,
    1, 0, 0, 0, 0, 0, 1, 0,
    b'0', b'1', b'2', b'3', b'4', b'5', b'6', b'7', b'8', b'9', b'a', b'b', b'c', b'd', b'e', b'f',
    7, 0, 0, 0, 0, 0, 0, 0,
    4, 3, 2, 1, 0, 0, 0, 0,
    0x89, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
    0xEB, 0xD5, 0x80, 0x44, 0x8B, 0x31, 0xFB, 0x83,
];

#[rustfmt::skip]
const RECORD_BYTES_OF_1: [u8; 64] = [
    0x99, 0xCA, 0xF4, 0x52, 0xB8, 0x01, 0xD2, 0xE7,
    0x89, 0x77, 0x66, 0x55, 0xF9, 0x7E, 0x45, 0x23,
    5, 0, 0, 0, 64, 0, 0, 0,
    4, 3, 2, 1, 0, 0, 0, 0,
    6, 3, 2, 1, 0, 0, 0, 0,
    0xAA, 0, 0, 0, 0, 0, 0, 0,
    0xBB, 0, 0, 0, 0, 0, 0, 0,
    b'h', b'e', b'l', b'l', b'o', 0, 0, 0,
];

/// The start of a segment as it is decoded: whatever comes behind a header.
fn decode(bytes: &[u8]) -> Result<SegmentHeader, HeaderFault> {
    let mut start = [0xEE; 80];
    start[..bytes.len()].copy_from_slice(bytes);
    SegmentHeader::decode(&start)
}

#[test]
fn segment_header_bytes() {
    assert_eq!(header(Some(LINEAGE)).encode(), HEADER_BYTES);
    assert_eq!(decode(&HEADER_BYTES), Ok(header(Some(LINEAGE))));
    assert_eq!(header(None).encode(), HEADER_BYTES_OF_1);
    assert_eq!(decode(&HEADER_BYTES_OF_1), Ok(header(None)));
}

fn check_record(segment: &[u8], record: &[u8], header: SegmentHeader, lineages: [Option<Lineage>; 2]) {
    let (offset, [own, behind]) = (header.first_offset(), lineages);
    let expected = RecordHeader {
        synced_through: offset,
        seqs: SeqRange { first: 0x0102_0304, last: 0x0102_0306 },
        previous: 0xAA,
        opening: 0xBB,
        lineage: own,
    };
    let encoded = expected.encode(header.place(offset), b"hello");
    assert_eq!(encoded.header(), &record[..record.len() - 8]);
    assert_eq!((encoded.checksum.to_le_bytes().as_slice(), encoded.lineage), (&record[..8], behind));

    let bytes = [segment, record].concat();
    let FoundRecord::Record(found) = find(&bytes, header.place(offset)) else { panic!("record not found") };
    assert_eq!((found.header, found.lineage), (expected, behind));
    assert_eq!((found.payload, found.end as usize), (&b"hello"[..], segment.len() + record.len()));
}

#[test]
fn record_bytes() {
    let behind = Some(Lineage { epoch: 6, chain: CHAIN });
    let own = Some(Lineage { epoch: 6, chain: 0xDD });
    check_record(&HEADER_BYTES, &RECORD_BYTES, header(Some(LINEAGE)), [own, behind]);
    check_record(&HEADER_BYTES_OF_1, &RECORD_BYTES_OF_1, header(None), [None, None]);
}

#[test]
fn a_record_verifies_only_in_its_place() {
    for (head, record, lineage) in
        [(&HEADER_BYTES[..], &RECORD_BYTES[..], Some(LINEAGE)), (&HEADER_BYTES_OF_1, &RECORD_BYTES_OF_1, None)]
    {
        let place = header(lineage).place(head.len() as u32);
        let segment = [head, record, record].concat();
        let (second, header_bytes) = ((head.len() + record.len()) as u32, record.len() as u64 - 8);
        assert!(matches!(find(&segment, place), FoundRecord::Record(_)));
        let moved = find(&segment, RecordPlace { offset: second, ..place });
        assert!(matches!(moved, FoundRecord::Torn { end } if end == u64::from(second) + header_bytes));
        assert_eq!(find(&segment, RecordPlace { salt: place.salt ^ 1, ..place }), FoundRecord::Nothing);
        let resalted = find(&segment, RecordPlace { salt: place.salt ^ (1 << 40), ..place });
        assert!(matches!(resalted, FoundRecord::Torn { .. }));
        for len in 0..segment.len() {
            let is_whole = len >= second as usize;
            assert!(is_whole || !matches!(find(&segment[..len], place), FoundRecord::Record(_)), "{len} bytes");
        }
    }
}

#[test]
fn header_faults_are_told_apart() {
    // A version that nothing but damage explains is damage; one under a checksum that is not ours may be laid out otherwise.
    let mut newer = HEADER_BYTES;
    newer[8] = 3;
    newer[76] ^= 1;
    assert_eq!(decode(&newer), Err(HeaderFault::Newer(3)));
    for header in [&HEADER_BYTES[..], &HEADER_BYTES_OF_1] {
        for position in 0..header.len() {
            let mut flipped = header.to_vec();
            flipped[position] ^= 0x10;
            assert!(matches!(decode(&flipped), Err(HeaderFault::Damaged(_))), "byte {position} of {}", header.len());
        }
        // Neither format is taken for the other.
        let mut other = header.to_vec();
        other[8] ^= 3;
        assert_eq!(decode(&other), Err(HeaderFault::Damaged("segment header checksum")));
    }
}

/// A build that knows format 1 alone asks this of the first 64 bytes: whether they are its own, with a damaged version.
#[test]
fn a_segment_of_format_2_is_a_newer_version_to_a_build_of_format_1() {
    let (sealed, checksum) = HEADER_BYTES[..64].split_last_chunk::<8>().unwrap();
    assert!(!crate::head_version::is_damaged(sealed, 8, 1, u64::from_le_bytes(*checksum)));
}

#[test]
fn only_names_that_the_log_gives_are_the_logs() {
    for name in [
        "tmp-before-upgrade.log",
        "spare-copy.log",
        "tmp-",
        "spare-0123456789abcdeF",
        "spare-123",
        "tmp-+123456789abcdef",
    ] {
        assert_eq!(classify(name), FileKind::Foreign, "{name}");
    }
    assert_eq!(classify(&spare_name(7)), FileKind::Spare);
    assert_eq!(classify(&temporary_name(u64::MAX)), FileKind::Temporary);
    assert_eq!(classify(&segment_name(7)), FileKind::Segment(7));
}
