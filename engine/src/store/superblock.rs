//! The head of a store's file: redb's own header, twice, each behind a checksum.
//!
//! redb overwrites its header (page 0 to it) in place, and a crash may tear that. It is therefore kept in memory between
//! syncs and written into two slots, one after the other, each in a sector of its own.
//!
//! ```text
//! slot A at 0, slot B at 4096:
//! 0..8 magic | 8..12 version u32 | 12..16 zero | 16..32 id of the file | 32..40 generation u64 | 40..360 redb's header
//! 360..368 xxh3-64 of everything before
//! ```
//!
//! **A sync** writes the next generation into the older slot and syncs the file, and with it every page written before.
//! Then it brings the other slot up to the same generation and syncs again, unless the two differ in nothing but the
//! commit that redb is still preparing (below). Only then is redb told that its header is durable.
//!
//! **Opening** takes the newer of the slots that verify. Why that is right whatever happened, where at most one slot is
//! damaged:
//!
//! - *Both verify, one generation*: nothing was under way.
//! - *Both verify, two generations*: a crash between the two writes, or the commit in preparation. The newer one was
//!   written behind all pages it refers to.
//! - *One verifies, because a crash tore the other*: redb had not been told that the new header is durable. The slot that
//!   is left is the header before (the first write was torn), or the new one (the second was).
//! - *One verifies, because the other was damaged later*: redb had been told, so both slots held the same header, or
//!   headers that differ in the commit in preparation alone.
//! - *None verifies*: two damages; reported.
//!
//! A **commit in preparation** is the first of the two phases of redb's commit: the header then names the new commit as
//! the secondary one, which redb does not look at when the primary was committed in two phases, as all of ours are. So one
//! slot is enough for that phase: without it the other one still names the same primary commit.
//!
//! Pages that a crash tore are only such that no durable header leads to, since redb never writes over a page that a
//! durable commit can reach.

use std::io;

use parking_lot::Mutex;
use xxhash_rust::xxh3::xxh3_64;

use super::error::{StoreError, StoreResult};
use crate::disk::{DiskFile, is_disk_full};
use crate::head_version;
use crate::planted::{self, Planted};

/// Bytes of redb's header. It reads and writes it as a whole.
pub const REDB_HEADER_BYTES: usize = 320;
/// Where the slots begin.
const SLOT_OFFSETS: [u64; 2] = [0, 4096];
/// Bytes of both slots; the pages follow.
pub const SUPERBLOCK_BYTES: u64 = 8192;

const MAGIC: [u8; 8] = *b"TOONPGS\0";
const VERSION: u32 = 1;
const VERSION_OFFSET: usize = 8;
const SEALED_BYTES: usize = 40 + REDB_HEADER_BYTES;
const SLOT_BYTES: usize = SEALED_BYTES + 8;

/// redb's header.
pub type RedbHeader = [u8; REDB_HEADER_BYTES];

/// What a slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct HeadSlot {
    generation: u64,
    header: RedbHeader,
}

/// What a slot on the medium turned out to be.
#[expect(clippy::large_enum_variant, reason = "two of them live for a moment, on the stack")]
enum FoundSlot {
    Valid(HeadSlot),
    /// It verifies and belongs to another file.
    Foreign,
    /// It does not verify; the version that it claims, if it begins as a slot does and that field is not what is damaged.
    Invalid(Option<u32>),
}

/// Both slots, and redb's header as redb last wrote it.
#[derive(Debug)]
pub struct Superblock {
    id: [u8; 16],
    state: Mutex<HeadState>,
}

#[derive(Debug)]
struct HeadState {
    current: RedbHeader,
    /// What is durably in the slots; nothing where that is unknown.
    slots: [Option<HeadSlot>; 2],
}

impl Superblock {
    /// For a file that has none yet.
    pub fn new(id: [u8; 16]) -> Self {
        Self { id, state: Mutex::new(HeadState { current: [0; REDB_HEADER_BYTES], slots: [None, None] }) }
    }

    /// True if a file that begins so is one of ours, be it damaged in one slot.
    pub fn is_ours(file: &dyn DiskFile) -> io::Result<bool> {
        for offset in SLOT_OFFSETS {
            let mut magic = [0; MAGIC.len()];
            if file.len()? >= offset + SLOT_BYTES as u64 {
                file.read_exact_at(offset, &mut magic)?;
            }
            if magic == MAGIC {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Reads both slots and takes the newer one that verifies. Writes nothing: the other is mended by the next sync.
    pub fn open(file: &dyn DiskFile, id: [u8; 16]) -> StoreResult<Self> {
        if file.len().map_err(StoreError::io)? < SUPERBLOCK_BYTES {
            return Err(StoreError::NotAStore("it is shorter than its header"));
        }
        let mut slots = [None, None];
        let (mut foreign, mut newer) = (false, Vec::new());
        for (offset, slot) in SLOT_OFFSETS.into_iter().zip(&mut slots) {
            match read_slot(file, offset, id).map_err(StoreError::io)? {
                FoundSlot::Valid(valid) => *slot = Some(valid),
                FoundSlot::Foreign => foreign = true,
                FoundSlot::Invalid(version) => newer.extend(version.filter(|version| *version > VERSION)),
            }
        }
        let newest = slots.iter().flatten().max_by_key(|slot| slot.generation).copied();
        match (newest, foreign, newer.as_slice()) {
            (Some(newest), _, _) => Ok(Self { id, state: Mutex::new(HeadState { current: newest.header, slots }) }),
            (None, true, _) => Err(StoreError::NotAStore("it belongs to another namespace")),
            (None, false, [found, other]) if found == other => {
                Err(StoreError::UnsupportedVersion { found: *found, known: VERSION })
            }
            (None, false, _) => Err(StoreError::NotAStore("both copies of its header are damaged")),
        }
    }

    /// redb's header as redb last wrote it.
    pub fn header(&self) -> RedbHeader {
        self.state.lock().current
    }

    /// The header that an opening would find now; nothing where nobody knows.
    pub fn durable_header(&self) -> Option<RedbHeader> {
        let [a, b] = self.state.lock().slots;
        [a?, b?].into_iter().max_by_key(|slot| slot.generation).map(|slot| slot.header)
    }

    /// Takes a header from redb; the next sync writes it.
    pub fn set_header(&self, header: RedbHeader) {
        self.state.lock().current = header;
    }

    /// Makes the header, and everything written to the file before, durable. An error that says that the disk is full means
    /// that a slot could not be written, and this can be called again.
    pub fn sync(&self, file: &dyn DiskFile) -> io::Result<()> {
        let mut state = self.state.lock();
        let current = state.current;
        let [a, b] = state.slots;
        if a.is_some_and(|slot| slot.header == current) && b.is_some_and(|slot| slot.header == current) {
            drop(state);
            return sync_file(file);
        }
        let generation = a.max_generation(b) + 1;
        let order = if a.generation() <= b.generation() { [0, 1] } else { [1, 0] };
        for (turn, index) in order.into_iter().enumerate() {
            let (Some(slot), Some(offset)) = (state.slots.get_mut(index), SLOT_OFFSETS.get(index)) else { continue };
            if turn == 1 && slot.is_some_and(|slot| only_prepares(&slot.header, &current)) {
                break;
            }
            // Until the sync has succeeded nobody knows what the slot holds.
            *slot = None;
            file.write_all_at(*offset, &encode(self.id, generation, &current))?;
            sync_file(file)?;
            *slot = Some(HeadSlot { generation, header: current });
        }
        Ok(())
    }

    /// Whether both slots hold the same header, and which ones verify: what a check reports.
    pub fn check(file: &dyn DiskFile, id: [u8; 16]) -> io::Result<[bool; 2]> {
        let mut verify = [false; 2];
        for (offset, verifies) in SLOT_OFFSETS.into_iter().zip(&mut verify) {
            *verifies = matches!(read_slot(file, offset, id)?, FoundSlot::Valid(_));
        }
        Ok(verify)
    }
}

/// A sync is final also where it failed for want of space: what was written may be gone.
fn sync_file(file: &dyn DiskFile) -> io::Result<()> {
    file.sync_data().map_err(|error| if is_disk_full(&error) { io::Error::other(error) } else { error })
}

/// How generations of slots compare; an unknown slot is older than any.
trait Generations {
    fn generation(&self) -> Option<u64>;
    fn max_generation(self, other: Self) -> u64;
}

impl Generations for Option<HeadSlot> {
    fn generation(&self) -> Option<u64> {
        self.map(|slot| slot.generation)
    }

    fn max_generation(self, other: Self) -> u64 {
        self.generation().max(other.generation()).unwrap_or(0)
    }
}

fn encode(id: [u8; 16], generation: u64, header: &RedbHeader) -> Vec<u8> {
    let mut slot = Vec::with_capacity(SLOT_BYTES);
    slot.extend_from_slice(&MAGIC);
    slot.extend_from_slice(&VERSION.to_le_bytes());
    slot.extend_from_slice(&[0; 4]);
    slot.extend_from_slice(&id);
    slot.extend_from_slice(&generation.to_le_bytes());
    slot.extend_from_slice(header);
    let checksum = xxh3_64(&slot);
    slot.extend_from_slice(&checksum.to_le_bytes());
    slot
}

fn read_slot(file: &dyn DiskFile, offset: u64, id: [u8; 16]) -> io::Result<FoundSlot> {
    let mut slot = [0; SLOT_BYTES];
    file.read_exact_at(offset, &mut slot)?;
    Ok(decode(&slot, id).unwrap_or(FoundSlot::Invalid(None)))
}

fn decode(slot: &[u8; SLOT_BYTES], id: [u8; 16]) -> Option<FoundSlot> {
    let (sealed, checksum) = slot.split_first_chunk::<SEALED_BYTES>()?;
    let (magic, rest) = sealed.split_first_chunk::<8>()?;
    let (version, rest) = rest.split_first_chunk::<4>()?;
    let (_, rest) = rest.split_first_chunk::<4>()?;
    let (owner, rest) = rest.split_first_chunk::<16>()?;
    let (generation, header) = rest.split_first_chunk::<8>()?;
    let version = u32::from_le_bytes(*version);
    let checksum = u64::from_le_bytes(checksum.try_into().ok()?);
    let is_sound = xxh3_64(sealed) == checksum || planted::is(Planted::StoreHeadChecksumSkipped);
    if !is_sound || *magic != MAGIC || version != VERSION {
        let claims = *magic == MAGIC && !head_version::is_damaged(sealed, VERSION_OFFSET, VERSION, checksum);
        return Some(FoundSlot::Invalid(claims.then_some(version)));
    }
    if *owner != id {
        return Some(FoundSlot::Foreign);
    }
    Some(FoundSlot::Valid(HeadSlot { generation: u64::from_le_bytes(*generation), header: header.try_into().ok()? }))
}

/// Where redb's header keeps what is looked at here (its file format, version 4).
mod redb_format {
    pub const FLAGS: usize = 9;
    pub const PRIMARY_IS_SECOND: u8 = 1;
    pub const PAGE_BYTES: usize = 12;
    pub const REGION_HEADER_PAGES: usize = 16;
    pub const REGION_PAGES: usize = 20;
    pub const FULL_REGIONS: usize = 24;
    pub const TRAILING_PAGES: usize = 28;
    pub const FIXED_BYTES: usize = 64;
    pub const COMMIT_BYTES: usize = 128;
}

/// True if the headers differ in nothing but their secondary commit.
fn only_prepares(old: &RedbHeader, new: &RedbHeader) -> bool {
    use redb_format::{COMMIT_BYTES, FIXED_BYTES, FLAGS, PRIMARY_IS_SECOND};
    let second = new.get(FLAGS).is_some_and(|flags| flags & PRIMARY_IS_SECOND != 0);
    let start = FIXED_BYTES + if second { COMMIT_BYTES } else { 0 };
    let same = |range: std::ops::Range<usize>| old.get(range.clone()) == new.get(range);
    same(0..FIXED_BYTES) && same(start..start + COMMIT_BYTES)
}

/// The least length that redb's file has by its header: it grows the file before it writes a header that says so, and
/// shrinks it after. A shorter file was cut.
pub fn least_len(header: &RedbHeader) -> Option<u64> {
    use redb_format::{FULL_REGIONS, PAGE_BYTES, REGION_HEADER_PAGES, REGION_PAGES, TRAILING_PAGES};
    let field =
        |at: usize| -> Option<u64> { Some(u64::from(u32::from_le_bytes(*header.get(at..)?.first_chunk::<4>()?))) };
    let (head, trailing) = (field(REGION_HEADER_PAGES)?, field(TRAILING_PAGES)?);
    let full = field(FULL_REGIONS)?.checked_mul(head.checked_add(field(REGION_PAGES)?)?)?;
    let rest = if trailing > 0 { head.checked_add(trailing)? } else { 0 };
    full.checked_add(rest)?.checked_add(1)?.checked_mul(field(PAGE_BYTES)?)
}
