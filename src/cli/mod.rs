//! The command line: `serve` (also without a verb), `init`, `check`, `health`, `providers test`, `keys`, `db`,
//! `completions`, `man`, `version`.

mod check;
mod completions;
mod db;
mod dotenv;
mod health;
mod init;
mod keys;
mod man;
mod own_https;
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
    about = "One REST interface in front of every language model provider",
    after_help = "Settings: flag, then environment (also from a file .env in the working folder), then router.toml, \
        then default."
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
    ///
    /// SIGTERM and SIGINT stop it in order, a second one at once; SIGHUP reloads router.toml. The exit
    /// code is 0 after a clean stop, and 1 when it could not start or records could not be written.
    Serve,
    /// Write a first router.toml and .env
    ///
    /// For the providers whose keys are in the environment, and with a new key of an administrator.
    /// Asks nothing, prints no secret and replaces no file. --config says where the router.toml is
    /// written; .env is written into the working folder, where it is read.
    Init,
    /// Report the problems of a router.toml, and what it would change
    ///
    /// Writes nothing. The exit code is 1 when the file would be refused, 0 with warnings only.
    Check,
    Health(health::Health),
    /// Tell of the configuration
    Config {
        #[command(subcommand)]
        verb: ConfigVerb,
    },
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
    Completions(completions::Completions),
    /// Print the manual page
    ///
    /// For example: `llm-router man | man -l -`.
    Man,
    /// Print the version
    Version,
}

#[derive(Subcommand)]
enum ConfigVerb {
    /// Print the JSON Schema of router.toml, for editors
    ///
    /// With `#:schema ./router.schema.json` as its first line, editors with Taplo (Even Better TOML) check
    /// and complete a router.toml by the file of that name beside it.
    Schema,
}

#[derive(Subcommand)]
enum ProvidersVerb {
    /// Make a real, small call: list its models, or else a chat of one token
    ///
    /// The exit code is 1 when it fails.
    Test {
        /// The provider's name in router.toml
        name: String,
    },
}

#[derive(Args)]
struct Options {
    /// The router.toml to use [default: ./router.toml]
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
    /// The address that the router listens on [default: 0.0.0.0]
    #[arg(long, global = true)]
    host: Option<String>,
    /// The port that the router listens on [default: 8000]
    #[arg(long, global = true)]
    port: Option<u16>,
}

impl Verb {
    /// Whether a line of `.env` that cannot be read stops it. `health` and `init` go by the other lines:
    /// what they do opens no access.
    fn needs_dotenv(&self) -> bool {
        match self {
            Self::Init
            | Self::Health(_)
            | Self::Config { .. }
            | Self::Completions(_)
            | Self::Man
            | Self::Version => false,
            Self::Serve
            | Self::Check
            | Self::Providers { .. }
            | Self::Keys { .. }
            | Self::Db { .. } => true,
        }
    }
}

/// Runs the program.
pub fn run() -> ExitCode {
    if let Some(launched) = crate::app::launch() {
        return if launched.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let Cli { verb, options } = Cli::parse();
    let verb = verb.unwrap_or(Verb::Serve);
    let dotenv = dotenv::load();
    log::start();
    if verb.needs_dotenv() && !dotenv.may_go_on(matches!(verb, Verb::Check)) {
        return ExitCode::FAILURE;
    }
    let Options { config, host, port } = options;
    let flags = Flags { config, host, port };
    match verb {
        Verb::Serve => serve::serve(flags, dotenv.into_names()),
        Verb::Init => init::init(&flags),
        Verb::Check => check::check(&flags),
        Verb::Config { verb: ConfigVerb::Schema } => {
            print(format!("{:#}\n", crate::config::schema::schema()).as_bytes())
        }
        Verb::Health(wanted) => health::health(&flags, &wanted),
        Verb::Providers { verb: ProvidersVerb::Test { name } } => providers::test(&flags, &name),
        Verb::Keys { verb } => keys::run(&flags, verb),
        Verb::Db { verb } => db::run(&verb),
        Verb::Completions(wanted) => completions::print_for(&wanted),
        Verb::Man => man::print_page(),
        Verb::Version => {
            say(concat!("llm-router ", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
    }
}

/// Prints a line of output. A closed pipe, as of `head`, is no error.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints an error, or what else is not the verb's output.
fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints a whole text, which ends with its own line end.
fn print(text: &[u8]) -> ExitCode {
    match std::io::stdout().write_all(text) {
        // A full disk is an error, a reader that has left is none.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            complain(&format!("error: standard output cannot be written: {error}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
