//! `llm-router db`: work on the database file while no router runs on it.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::say;
use crate::config::settings::{database, process_env};
use crate::store::Database;
use crate::store::compact::{Compacted, compact};
use crate::store::space::Space;

#[derive(Subcommand)]
pub enum DbVerb {
    /// Make the file as small as what is in it; the router must be stopped
    ///
    /// A file of an older version can then give space back by itself. It takes a while, and for that
    /// time twice the file's size on the disk.
    Compact,
}

pub fn run(verb: &DbVerb) -> ExitCode {
    let DbVerb::Compact = verb;
    match compacted() {
        Ok(line) => {
            say(&line);
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn compacted() -> anyhow::Result<String> {
    let database = Database::at(&database(process_env));
    let path = database.path();
    if !Path::new(&path).exists() {
        anyhow::bail!("there is no database {path}: set LLM_ROUTER_DATABASE_URL");
    }
    let Compacted { before, after } = compact(&database)?;
    let told = match before.is_incremental {
        true => "",
        false => "; from now on it gives space back by itself",
    };
    Ok(format!("{path}: {} before, {} after{told}", size(&before), size(&after)))
}

fn size(space: &Space) -> String {
    let (bytes, kib) = (space.file_bytes(), space.file_bytes() / 1024);
    match kib {
        0..1024 => format!("{bytes} bytes"),
        _ => format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024),
    }
}
