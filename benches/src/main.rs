//! ToonDB's benchmarks. Each figure is a ratio against a named peer or a physical floor, both measured in the same run.
//!
//! `measure` takes time and prints rows, `peer` starts what is measured and what it is measured against, `load` is the
//! load generator, `data` makes or reads test data, and `figure` has one file for each group of figures.

mod cli;
mod data;
mod figure;
mod load;
mod measure;
mod outcome;
mod peer;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::measure::Report;
use crate::outcome::Outcome;

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("toondb-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Outcome<()> {
    if let Command::EchoServer(options) = &cli.command {
        return peer::serve_echo(&options.socket, options.exchange());
    }
    if let Command::GrpcEcho(options) = &cli.command {
        return peer::serve_grpc_echo(options.address);
    }
    let setup = cli.setup.resolve()?;
    let report = Report::new();
    match cli.command {
        Command::EchoServer(_) | Command::GrpcEcho(_) => Ok(()),
        Command::Get => figure::get(&setup, &report),
        Command::Put => figure::put(&setup, &report),
        Command::Load => figure::load(&setup, &report),
        Command::Pipeline => figure::pipeline(&setup, &report),
        Command::Stall => figure::stall(&setup, &report),
        Command::Once => figure::once(&setup, &report),
        Command::Temporal => figure::temporal(&setup, &report),
        Command::Search(options) => figure::search(&setup, &options.data, &report),
        Command::Insert => figure::insert(&setup, &report),
        Command::GrpcGet => figure::grpc_get(&setup, &report),
        Command::GrpcLoad => figure::grpc_load(&setup, &report),
        Command::GrpcInsert => figure::grpc_insert(&setup, &report),
        Command::Memory => figure::memory(&setup, &report),
        Command::Open => figure::open(&setup, &report),
        Command::Unread => figure::unread(&setup, &report),
        Command::Neighbour => figure::neighbour(&setup, &report),
        Command::Compare(options) => figure::compare(&setup, &options.against, &report),
        Command::Tokens(options) => figure::tokens(&options.data),
        Command::Encode(options) => figure::encode(&setup, &options.data, &report),
    }
}
