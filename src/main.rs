//! The `toondb` command: wires the frontends to the engine, and asks a running server for signs of life.

mod cli;
mod grpc;
mod query;
mod serve;
mod token;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Serve(options) => serve::serve(&options),
        Command::Ping(options) => query::ping(&options),
        Command::Stats(options) => query::stats(&options),
        Command::Token(options) => token::token(options.command),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("toondb: {error}");
            ExitCode::FAILURE
        }
    }
}
