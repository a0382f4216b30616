//! The `toondb` command as a program of its own; what it does is in `cli/`.

use std::process::ExitCode;

/// Gives the memory of what was deleted or closed back to the system, which the system's own allocator does not; figures are in
/// `benches/RESULTS.md`. Only this program has it: the Python package keeps the allocator of the process it is loaded into.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    ExitCode::from(toondb_cli::run(&toondb_cli::Program::of_this_process(), std::env::args_os().skip(1)))
}
