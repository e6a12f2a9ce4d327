//! The command line: `serve` (also without a verb), `check`, `providers test`, `keys`, `db compact`,
//! `version`.

mod check;
mod db;
mod dotenv;
mod keys;
mod providers;
mod serve;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::settings::Flags;
use crate::observe::log;

#[derive(Parser)]
#[command(
    name = "llm-router",
    version,
    about = "One REST interface in front of every language model provider"
)]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve (the default)
    Serve,
    /// Report the problems of a router.toml, and what it would change
    Check,
    /// Work with a provider
    Providers {
        #[command(subcommand)]
        verb: ProvidersVerb,
    },
    /// Create, list and revoke the keys of callers
    Keys {
        #[command(subcommand)]
        verb: keys::KeysVerb,
    },
    /// Work on the database file
    Db {
        #[command(subcommand)]
        verb: db::DbVerb,
    },
    /// Print the version
    Version,
}

#[derive(Subcommand)]
enum ProvidersVerb {
    /// Make a real, small call: list its models, or else a chat of one token
    Test {
        /// The provider's name in router.toml
        name: String,
    },
}

#[derive(Args)]
struct Options {
    /// The router.toml to use
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
    /// The address to listen on
    #[arg(long, global = true)]
    host: Option<String>,
    /// The port to listen on
    #[arg(long, global = true)]
    port: Option<u16>,
}

/// Runs the program.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let dotenv = dotenv::load();
    log::start();
    let is_check = matches!(cli.verb, Some(Verb::Check));
    if !dotenv.may_go_on(is_check) && !matches!(cli.verb, Some(Verb::Version)) {
        return ExitCode::FAILURE;
    }
    let Options { config, host, port } = cli.options;
    let flags = Flags { config, host, port };
    match cli.verb {
        None | Some(Verb::Serve) => serve::serve(flags),
        Some(Verb::Check) => check::check(&flags),
        Some(Verb::Providers { verb: ProvidersVerb::Test { name } }) => {
            providers::test(&flags, &name)
        }
        Some(Verb::Keys { verb }) => keys::run(&flags, verb),
        Some(Verb::Db { verb }) => db::run(&verb),
        Some(Verb::Version) => {
            say(concat!("llm-router ", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
    }
}

/// Prints a line of output. A closed pipe, as of `head`, is no error.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}
