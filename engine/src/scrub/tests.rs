//! The scrubber finds what nobody reads, at its pace, and calls nothing damaged that is not.
#![allow(clippy::unwrap_used, reason = "whatever fails here fails the test")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::api::{
    ByteBuf, CreateCheckpoint, DeleteCheckpoint, DeleteNamespace, Durability, Flush, Get, Put, RestoreCheckpoint,
    ServerStats, ServerStatsRequest,
};
use crate::clock::ManualClock;
use crate::disk::{Disk, SimDisk};
use crate::tests::world::within;
use crate::{Engine, EngineOptions, limits};

/// Where the pages of a store begin, and how far one is from the next.
const PAGES_AT: u64 = 8_192;
const STRIDE_BYTES: u64 = 4_104;

struct World {
    disk: SimDisk,
    clock: Arc<ManualClock>,
    engine: Engine,
}

impl World {
    /// Namespaces of these names with something in each store; all of them closed again.
    fn new(names: &[&str]) -> Self {
        let disk = SimDisk::new();
        let mut world = Self::open(&disk);
        for name in names {
            for i in 0..100 {
                world.put(name, &format!("key{i}"));
            }
            world.engine.run(name, Flush {}).unwrap();
        }
        world.engine.close().unwrap();
        world = Self::open(&disk);
        world
    }

    fn open(disk: &SimDisk) -> Self {
        let clock = Arc::new(ManualClock::new(1_000));
        let mut options = EngineOptions::new("/db").on_disk(Arc::new(disk.clone()));
        options.clock = Arc::clone(&clock) as _;
        Self { disk: disk.clone(), clock, engine: Engine::open(options).unwrap() }
    }

    fn put(&self, name: &str, key: &str) {
        let (key, value) = (ByteBuf::from(key), ByteBuf::from(vec![b'v'; 700]));
        let put = Put { key, value, ttl_ms: None, durability: Durability::Volatile };
        // Ticks as fast as a test makes them fill its mailbox.
        within(Duration::from_secs(60), || self.engine.run(name, put.clone()));
    }

    fn stats(&self) -> ServerStats {
        self.engine.run("", ServerStatsRequest {}).unwrap()
    }

    /// Lets time pass until another round has ended.
    fn round(&self) -> ServerStats {
        let rounds = self.stats().scrub_rounds;
        self.clock.advance_ms(limits::SCRUB_REST.max(limits::SCRUB_REST_FIRST).as_millis() as u64);
        loop {
            let stats = self.stats();
            if stats.scrub_rounds > rounds {
                return stats;
            }
            self.clock.advance_ms(limits::TICK.as_millis() as u64);
            self.engine.tick().unwrap();
            std::thread::yield_now();
        }
    }

    /// The stores, the largest first.
    fn stores(&self) -> Vec<PathBuf> {
        let root = PathBuf::from("/db/ns");
        let names = self.disk.list_dir(&root).unwrap();
        let mut stores: Vec<PathBuf> = names.iter().map(|name| root.join(name).join("store.redb")).collect();
        stores.retain(|path| self.disk.bytes(path).is_some());
        stores.sort_by_key(|path| std::cmp::Reverse(self.disk.bytes(path).unwrap().len()));
        stores
    }

    fn pages(&self, store: &Path) -> u64 {
        (self.disk.bytes(store).unwrap().len() as u64 - PAGES_AT) / STRIDE_BYTES
    }

    fn byte(&self, store: &Path, page: u64) -> Option<u8> {
        let offset = usize::try_from(PAGES_AT + page * STRIDE_BYTES + 100).unwrap();
        self.disk.bytes(store)?.get(offset).copied()
    }

    fn flip(&self, store: &Path, page: u64) {
        self.disk.corrupt(store, PAGES_AT + page * STRIDE_BYTES + 100, 4).unwrap();
    }
}

#[test]
fn sound_stores_are_called_sound_round_after_round() {
    let world = World::new(&["a", "b"]);
    for round in 1..=3 {
        let ServerStats { scrub_rounds, scrubbed_bytes, damaged_namespaces, .. } = world.round();
        assert_eq!((scrub_rounds, damaged_namespaces), (round, 0));
        let bytes: u64 = world.stores().iter().map(|store| (world.pages(store) + 1) * 4_096).sum();
        assert_eq!(scrubbed_bytes, round * bytes, "every page of every store, once a round");
    }
    assert_eq!(world.stats().open_namespaces, 0, "nothing had to be opened");
}

/// Nobody reads the namespace, and it is found; when it is whole again that is found too.
#[test]
fn damage_in_a_store_that_nobody_opens_is_found_and_forgotten_when_it_is_mended() {
    let world = World::new(&["a", "b"]);
    let store = world.stores().remove(0);
    let pages: Vec<u64> = (0..world.pages(&store)).collect();
    for page in &pages {
        world.flip(&store, *page);
    }
    assert_eq!(world.round().damaged_namespaces, 1);
    assert_eq!(world.round().damaged_namespaces, 1, "it stays counted");
    for page in &pages {
        world.flip(&store, *page);
    }
    assert_eq!(world.round().damaged_namespaces, 0);
}

#[test]
fn damage_under_an_open_namespace_is_found_and_its_service_goes_on() {
    let world = World::new(&["a"]);
    let get = |key: &str| world.engine.run("a", Get { key: ByteBuf::from(key), snapshot: None });
    assert!(get("key1").unwrap().found.is_some());
    let store = world.stores().remove(0);
    let mut found = 0;
    for page in 0..world.pages(&store) {
        world.flip(&store, page);
        let flipped = world.byte(&store, page);
        found += world.round().damaged_namespaces;
        // Housekeeping may have written the page anew.
        if world.byte(&store, page) == flipped {
            world.flip(&store, page);
        }
        // What was damaged is whole again: no handle was spent on finding out.
        assert!(get("key1").unwrap().found.is_some(), "page {page}");
        world.put("a", "more");
    }
    assert!(found > 3, "pages in use are damage: {found}");
    assert!(found < world.pages(&store), "free ones are not: {found}");
}

/// Nobody may need a checkpoint for years, and then nothing else will do.
#[test]
fn damage_in_a_checkpoint_is_found_and_forgotten_when_it_is_deleted() {
    let world = World::new(&["a"]);
    let create = |name: &str| {
        let create = CreateCheckpoint { name: name.to_owned(), ..CreateCheckpoint::default() };
        world.engine.run("a", create).unwrap().id
    };
    let (kept, damaged) = (create("kept"), create("damaged"));
    let path = PathBuf::from(format!("/db/checkpoints/{damaged}.toondb"));
    assert_eq!(world.round().damaged_checkpoints, 0);
    let len = world.disk.bytes(&path).unwrap().len() as u64;
    for offset in [0, 40, len / 2, len - 1] {
        world.disk.corrupt(&path, offset, 4).unwrap();
        let ServerStats { damaged_checkpoints, damaged_namespaces, .. } = world.round();
        assert_eq!((damaged_checkpoints, damaged_namespaces), (1, 0), "byte {offset}");
        world.disk.corrupt(&path, offset, 4).unwrap();
        assert_eq!(world.round().damaged_checkpoints, 0, "byte {offset} is whole again");
    }
    world.disk.corrupt(&path, len / 2, 4).unwrap();
    assert_eq!(world.round().damaged_checkpoints, 1);
    world.engine.run("a", DeleteCheckpoint { checkpoint_id: damaged }).unwrap();
    assert_eq!(world.round().damaged_checkpoints, 0);
    world.engine.run("a", RestoreCheckpoint { checkpoint_id: kept, overwrite: true }).unwrap();
}

#[test]
fn a_namespace_that_is_deleted_is_no_longer_counted() {
    let world = World::new(&["a", "b"]);
    for store in world.stores() {
        (0..world.pages(&store)).for_each(|page| world.flip(&store, page));
    }
    let before = world.round().damaged_namespaces;
    assert!(before >= 2, "{before}");
    world.engine.run("b", DeleteNamespace {}).unwrap();
    assert_eq!(world.round().damaged_namespaces, before - 1);
}

/// However fast the clock runs, no more is read than its time allows.
#[test]
fn reading_keeps_its_pace() {
    let world = World::new(&["a"]);
    for i in 0..3_000 {
        world.put("a", &format!("more{i}"));
    }
    world.engine.run("a", Flush {}).unwrap();
    world.clock.advance_ms(limits::SCRUB_REST_FIRST.as_millis() as u64);
    let mut seconds = 0.0;
    let keeps_its_pace = |seconds: f64| {
        let allowed = (seconds * limits::SCRUB_BYTES_PER_S as f64) as u64 + limits::SCRUB_READ_BYTES;
        let read = world.stats().scrubbed_bytes;
        assert!(read <= allowed, "{read} bytes in {seconds} s");
        read
    };
    while world.stats().scrub_rounds == 0 {
        world.clock.advance_ms(50);
        seconds += 0.05;
        world.engine.tick().unwrap();
        keeps_its_pace(seconds);
        std::thread::yield_now();
    }
    // The whole round: what was seen of it on the way depends on when the reader had its turn.
    let most = keeps_its_pace(seconds);
    assert!(most > limits::SCRUB_READ_BYTES, "so little says nothing about a pace: {most}");
}
