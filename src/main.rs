//! The `toondb` command: wires the frontends to the engine, asks a running server for signs of life, and converts texts.

mod activation;
mod check;
mod cli;
mod descriptors;
mod formats;
mod grpc;
mod log_file;
mod on_demand;
mod output;
mod paths;
mod query;
mod serve;
mod signals;
mod stats;
mod supervisor;
mod text;
mod token;
mod units;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

/// Gives the memory of what was deleted or closed back to the system, which the system's own allocator does not; figures are in
/// `benches/RESULTS.md`. Only the server has it: the Python package keeps the allocator of the process it is loaded into.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let data = cli.data.as_deref();
    if data.is_some() && !cli.command.asks_a_server() {
        return ended(Err("--data in front of the command is for those that ask a server: ping, stats, check".into()));
    }
    let result = match cli.command {
        Command::Serve(options) => serve::serve(&options),
        Command::InstallUnits(options) => units::install(&options),
        Command::Ping(options) => query::ping(&options, data),
        Command::Stats(options) => stats::stats(&options, data),
        Command::Check(options) => return ended(check::check(&options, data)),
        Command::Convert(options) => text::convert(options),
        Command::Tokens(options) => text::tokens(options),
        Command::Token(options) => token::token(options.command),
    };
    ended(result.map(|()| ExitCode::SUCCESS))
}

fn ended(result: Result<ExitCode, Box<dyn std::error::Error>>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("toondb: {error}");
            ExitCode::FAILURE
        }
    }
}
