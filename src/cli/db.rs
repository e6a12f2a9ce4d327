//! `llm-router db`: work on the database file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::{complain, say};
use crate::config::settings::{database, process_env};
use crate::store::Database;
use crate::store::backup::backup;
use crate::store::compact::{Compacted, compact};
use crate::store::inspection::{Depth, Inspection, inspect};
use crate::store::priority;
use crate::store::space::Space;

#[derive(Subcommand)]
pub enum DbVerb {
    /// Copy the database to a file, also while routers work on it
    ///
    /// The copy is the database as it was at one moment. It holds what the database holds: recorded
    /// prompts and answers, digests of keys, sessions, and encrypted secrets. To restore it, stop the
    /// router, put it in the database's place, and remove the files -wal and -shm beside that.
    Backup {
        /// The file to write; its folder must exist
        file: PathBuf,
        /// Replace the file if it exists
        #[arg(long)]
        force: bool,
    },
    /// Look whether the database is sound, also while routers work on it
    ///
    /// Reads pages and indexes, what rows refer to, the version, and whether the sums agree with the
    /// calls. Changes nothing. The exit code is 1 if something is wrong.
    Check {
        /// A backup to look at [default: the database]
        file: Option<PathBuf>,
        /// Leave out whether each index has what its table has
        #[arg(long)]
        quick: bool,
    },
    /// Make the file as small as what is in it; the router must be stopped
    ///
    /// A file of an older version can then give space back by itself. It takes a while, and for that
    /// time twice the file's size on the disk.
    Compact,
}

pub fn run(verb: &DbVerb) -> ExitCode {
    let done = match verb {
        DbVerb::Backup { file, force } => backed_up(file, *force),
        DbVerb::Check { file, quick } => checked(file.as_deref(), *quick),
        DbVerb::Compact => compacted(),
    };
    match done {
        Ok(line) => {
            say(&line);
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The database, which must be there: SQLite would make one.
fn existing(database: Database) -> anyhow::Result<Database> {
    let path = database.path();
    if Path::new(&path).is_dir() {
        anyhow::bail!("`{path}` is a folder, and no database");
    }
    if !Path::new(&path).exists() {
        anyhow::bail!("there is no database {path}: set LLM_ROUTER_DATABASE_URL");
    }
    Ok(database)
}

fn own() -> anyhow::Result<Database> {
    existing(Database::at(&database(process_env)))
}

fn backed_up(file: &Path, force: bool) -> anyhow::Result<String> {
    let database = own()?;
    priority::lower();
    let bytes = backup(&database, file, force)?;
    Ok(format!(
        "{}: {} of {}; it holds recorded prompts, digests of keys and encrypted secrets: keep it as safe \
         as the database",
        file.display(),
        size(bytes),
        database.path()
    ))
}

fn checked(file: Option<&Path>, quick: bool) -> anyhow::Result<String> {
    let database = match file {
        Some(file) => existing(Database::at(&file.display().to_string()))?,
        None => own()?,
    };
    priority::lower();
    let depth = if quick { Depth::Quick } else { Depth::Whole };
    let Inspection { space, calls, set_aside, pending, problems } = inspect(&database, depth)?;
    let path = database.path();
    if !problems.is_empty() {
        for problem in &problems {
            complain(&format!("{path}: {problem}"));
        }
        anyhow::bail!(
            "`{path}` is damaged; stop the router and restore a backup, which `llm-router db check FILE` \
             looks at first"
        );
    }
    let bytes = size(space.file_bytes());
    if !pending.is_empty() {
        return Ok(format!(
            "{path}: ok, {bytes}, of an older version: the next start makes {} migrations, and then no \
             older version can use it; make a backup first",
            pending.len()
        ));
    }
    let told = match set_aside {
        0 => String::new(),
        several => format!("; {several} records were refused once and lie in `set_aside`"),
    };
    Ok(format!("{path}: ok, {bytes}, {calls} calls{told}"))
}

fn compacted() -> anyhow::Result<String> {
    let database = own()?;
    let Compacted { before, after } = compact(&database)?;
    let told = match before.is_incremental {
        true => "",
        false => "; from now on it gives space back by itself",
    };
    let bytes = |space: &Space| size(space.file_bytes());
    Ok(format!("{}: {} before, {} after{told}", database.path(), bytes(&before), bytes(&after)))
}

fn size(bytes: u64) -> String {
    let kib = bytes / 1024;
    match kib {
        0..1024 => format!("{bytes} bytes"),
        _ => format!("{}.{} MiB", kib / 1024, kib % 1024 * 10 / 1024),
    }
}
