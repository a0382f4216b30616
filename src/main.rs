//! The `toondb` command: wires the frontends to the engine, asks a running server for signs of life, and converts texts.

mod cli;
mod formats;
mod grpc;
mod output;
mod query;
mod serve;
mod stats;
mod text;
mod token;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Serve(options) => serve::serve(&options),
        Command::Ping(options) => query::ping(&options),
        Command::Stats(options) => stats::stats(&options),
        Command::Convert(options) => text::convert(options),
        Command::Tokens(options) => text::tokens(options),
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
