//! Printing figures: one row of a Markdown table each on standard output, everything else on standard error.

use std::fs;

use super::clock::today;

/// Prints rows, all with the same machine and date.
#[derive(Debug)]
pub struct Report {
    machine: String,
    date: String,
}

/// Tells the person who waits what is happening.
pub fn note(text: &str) {
    eprintln!("  {text}");
}

impl Report {
    /// A report of this machine and day.
    pub fn new() -> Self {
        Self { machine: machine(), date: today() }
    }

    /// Prints `| figure | target | measured | machine | date |`.
    pub fn row(&self, figure: &str, target: &str, measured: &str) {
        println!("| {figure} | {target} | {measured} | {} | {} |", self.machine, self.date);
    }
}

/// The processor, its cores, the memory and the kernel.
fn machine() -> String {
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory_kib =
        field("/proc/meminfo", "MemTotal").and_then(|text| text.trim_end_matches(" kB").parse::<u64>().ok());
    let memory_gib = memory_kib.map_or(0, |kib| (kib + (1 << 19)) >> 20);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{cores} cores of {processor}, {memory_gib} GiB, Linux {}", kernel.trim())
}

/// The value of the first line `name: value` of a file.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'))?;
    Some(value.trim().to_owned())
}
