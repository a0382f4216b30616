//! The `toondb` command as a library: wires the frontends to the engine, asks a running server for signs of life, and converts
//! texts. The program `toondb` calls it, and so does the native module of the Python package, whose wheel carries the command.
//!
//! It is written for a process that does nothing else: `serve` takes the process's signals and its log, and the descriptors that
//! were handed over to it.

mod activation;
mod check;
mod cli;
mod descriptors;
mod formats;
mod grpc;
mod init;
mod log_file;
mod on_demand;
mod output;
mod paths;
mod program;
mod query;
mod serve;
mod signals;
mod stats;
mod supervisor;
mod text;
mod token;
mod units;

use std::error::Error;
use std::ffi::OsString;
use std::io::Write as _;

use clap::Parser as _;

use crate::cli::{Cli, Command};
pub use crate::program::Program;
use crate::query::Directory;

/// As every program says it.
const SUCCESS: u8 = 0;
const FAILURE: u8 = 1;

/// Carries the command out that the arguments say, without the program's name before them; gives the code that the process is to
/// end with. Everything printed is written out by then.
#[must_use = "the process ends with this code"]
pub fn run(program: &Program, arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let code = match Cli::try_parse_from(std::iter::once(OsString::from("toondb")).chain(arguments)) {
        Ok(cli) => ended(carry_out(program, cli)),
        Err(refused) => {
            // What help, the version or an error cannot be written to has nobody who reads it.
            let _ = refused.print();
            u8::try_from(refused.exit_code()).unwrap_or(FAILURE)
        }
    };
    // The standard library does it at the end of a program of Rust's own alone. Whoever reads may have stopped early.
    let _ = std::io::stdout().flush();
    code
}

fn carry_out(program: &Program, Cli { data, command }: Cli) -> Result<u8, Box<dyn Error>> {
    if data.is_some() && !command.asks_a_server() {
        return Err("--data in front of the command is for those that ask a server: ping, stats, check".into());
    }
    let directory = data.as_deref().map(|path| Directory { path, program });
    match command {
        Command::Serve(options) => serve::serve(&options)?,
        Command::Init(options) => init::init(&options)?,
        Command::InstallUnits(options) => units::install(program, &options)?,
        Command::Ping(options) => query::ping(&options, directory.as_ref())?,
        Command::Stats(options) => stats::stats(&options, directory.as_ref())?,
        Command::Check(options) => return check::check(&options, directory.as_ref()),
        Command::Convert(options) => text::convert(options)?,
        Command::Tokens(options) => text::tokens(options)?,
        Command::Token(options) => token::token(options.command)?,
    }
    Ok(SUCCESS)
}

fn ended(result: Result<u8, Box<dyn Error>>) -> u8 {
    result.unwrap_or_else(|error| {
        eprintln!("toondb: {error}");
        FAILURE
    })
}
