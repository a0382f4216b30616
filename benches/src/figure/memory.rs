//! Resident memory of an idle server, the same after 1,000 small namespaces were written, and the disk they take.
//!
//! A small namespace has ten keys of 100 bytes. Memory is `VmRSS` of `/proc/<pid>/status`, disk is the blocks that the
//! files of the data directory really occupy.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use toondb_engine::api::{Durability, Get, Ping};

use crate::cli::Setup;
use crate::data::{entries, key};
use crate::measure::{Report, note};
use crate::outcome::Outcome;
use crate::peer::ToonDb;

const KEYS: u64 = 10;
const SECTOR_BYTES: u64 = 512;
const MIB: f64 = (1 << 20) as f64;

/// Measures all three.
pub fn memory(setup: &Setup, report: &Report) -> Outcome<()> {
    let server = ToonDb::start(setup)?;
    let client = server.client()?;
    client.call_op("default", Ping {})?;
    report.row("resident memory of an idle server", "<= 32 MiB", &format!("{:.1} MiB", resident_mib(server.pid())?));
    let namespaces = setup.choose(1_000, 100);
    for number in 0..namespaces {
        let name = format!("tenant-{number}");
        let mut batch = entries(0..KEYS);
        batch.durability = Durability::Durable;
        client.call_op(&name, batch)?;
        client.call_op(&name, Get { key: key(number % KEYS), snapshot: None })?.found.ok_or("a key is missing")?;
        if number % 100 == 99 {
            note(&format!("{} namespaces: {:.1} MiB resident", number + 1, resident_mib(server.pid())?));
        }
    }
    let memory = format!("{:.1} MiB", resident_mib(server.pid())?);
    report.row(&format!("resident memory after touching {namespaces} small namespaces"), "<= 256 MiB", &memory);
    let disk = format!("{:.0} MiB", disk_bytes(&server.data())? as f64 / MIB);
    report.row(&format!("disk of {namespaces} small namespaces"), "<= 3 GiB", &disk);
    Ok(())
}

/// The resident memory of a process.
pub fn resident_mib(pid: u32) -> Outcome<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

fn disk_bytes(dir: &Path) -> Outcome<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        // A file may go at any moment: the server is running.
        let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
        bytes += metadata.blocks() * SECTOR_BYTES;
        if metadata.is_dir() {
            bytes += disk_bytes(&path)?;
        }
    }
    Ok(bytes)
}
