//! The bytes on disk are a contract: these literals change only with the format version.

use super::super::record::{FoundRecord, RecordHeader, RecordPlace, find};
use super::super::segment::{FileKind, HeaderFault, SegmentHeader, classify, segment_name, spare_name, temporary_name};
use super::*;

fn header() -> SegmentHeader {
    SegmentHeader {
        capacity: 0x0001_0000,
        namespace_id: NAMESPACE,
        number: 7,
        first_seq: 0x0102_0304,
        salt: 0x1122_3344_5566_7789,
    }
}

#[rustfmt::skip]
const HEADER_BYTES: [u8; 64] = [
    b'T', b'O', b'O', b'N', b'L', b'O', b'G', 0,
    1, 0, 0, 0, 0, 0, 1, 0,
    b'0', b'1', b'2', b'3', b'4', b'5', b'6', b'7', b'8', b'9', b'a', b'b', b'c', b'd', b'e', b'f',
    7, 0, 0, 0, 0, 0, 0, 0,
    4, 3, 2, 1, 0, 0, 0, 0,
    0x89, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
    0xEB, 0xD5, 0x80, 0x44, 0x8B, 0x31, 0xFB, 0x83,
];

#[rustfmt::skip]
const RECORD_BYTES: [u8; 64] = [
    0x99, 0xCA, 0xF4, 0x52, 0xB8, 0x01, 0xD2, 0xE7,
    0x89, 0x77, 0x66, 0x55, 0xF9, 0x7E, 0x45, 0x23,
    5, 0, 0, 0, 64, 0, 0, 0,
    4, 3, 2, 1, 0, 0, 0, 0,
    6, 3, 2, 1, 0, 0, 0, 0,
    0xAA, 0, 0, 0, 0, 0, 0, 0,
    0xBB, 0, 0, 0, 0, 0, 0, 0,
    b'h', b'e', b'l', b'l', b'o', 0, 0, 0,
];

#[test]
fn segment_header_bytes() {
    assert_eq!(header().encode(), HEADER_BYTES);
    assert_eq!(SegmentHeader::decode(&HEADER_BYTES), Ok(header()));
}

#[test]
fn record_bytes() {
    let record = RecordHeader {
        synced_through: 64,
        seqs: SeqRange { first: 0x0102_0304, last: 0x0102_0306 },
        previous: 0xAA,
        opening: 0xBB,
    };
    let place = RecordPlace { salt: header().salt, offset: 64 };
    let (encoded, checksum) = record.encode(place, b"hello");
    assert_eq!(encoded, RECORD_BYTES[..56]);
    assert_eq!(checksum.to_le_bytes(), RECORD_BYTES[..8]);

    let mut segment = HEADER_BYTES.to_vec();
    segment.extend(RECORD_BYTES);
    let FoundRecord::Record(found) = find(&segment, place) else { panic!("record not found") };
    assert_eq!((found.header, found.payload, found.end), (record, &b"hello"[..], 128));
}

#[test]
fn a_record_verifies_only_in_its_place() {
    let place = RecordPlace { salt: header().salt, offset: 64 };
    let mut segment = HEADER_BYTES.to_vec();
    segment.extend(RECORD_BYTES);
    segment.extend(RECORD_BYTES);
    assert!(matches!(find(&segment, place), FoundRecord::Record(_)));
    assert!(matches!(find(&segment, RecordPlace { offset: 128, ..place }), FoundRecord::Torn { end: 184 }));
    assert_eq!(find(&segment, RecordPlace { salt: place.salt ^ 1, ..place }), FoundRecord::Nothing);
    assert!(matches!(find(&segment, RecordPlace { salt: place.salt ^ (1 << 40), ..place }), FoundRecord::Torn { .. }));
    for len in 0..segment.len() {
        assert!(len >= 128 || !matches!(find(&segment[..len], place), FoundRecord::Record(_)), "{len} bytes");
    }
}

#[test]
fn header_faults_are_told_apart() {
    // A version that nothing but damage explains is damage; one under a checksum that is not ours may be laid out otherwise.
    let mut newer = HEADER_BYTES;
    newer[8] = 2;
    newer[60] ^= 1;
    assert_eq!(SegmentHeader::decode(&newer), Err(HeaderFault::Newer(2)));
    for position in 0..64 {
        let mut flipped = HEADER_BYTES;
        flipped[position] ^= 0x10;
        assert!(matches!(SegmentHeader::decode(&flipped), Err(HeaderFault::Damaged(_))), "byte {position}");
    }
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
