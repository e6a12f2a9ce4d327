//! `llm-router completions SHELL`: the words that a shell completes.

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};

use super::{Cli, print};

/// Print the completions for a shell
///
/// For example: `source <(llm-router completions bash)`, or for good into
/// `/usr/share/bash-completion/completions/llm-router`.
#[derive(Args)]
pub struct Completions {
    shell: Shell,
}

pub fn print_for(wanted: &Completions) -> ExitCode {
    // Written to memory first: on a closed pipe `generate` panics.
    let mut text = Vec::new();
    generate(wanted.shell, &mut Cli::command(), "llm-router", &mut text);
    print(&text)
}
