//! `llm-router check`: the problems of a router.toml, the URL of each provider, and the changes
//! against the database. Writes nothing.

use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;

use super::say;
use crate::catalog::Provider;
use crate::catalog::build::provider_of_entry;
use crate::catalog::sync::{Diff, diff};
use crate::catalog::warnings;
use crate::catalog::watcher::read_text;
use crate::config::own_address::OwnAddress;
use crate::config::settings::{Flags, Settings, config_path, database, process_env};
use crate::config::{self, ConfigFile, Problem, Problems};
use crate::domain::secret::Secret;
use crate::door::Certificate;
use crate::keys::sync;
use crate::routing::dead_names;
use crate::store::catalogue::CatalogueRows;
use crate::store::reader::Reader;
use crate::store::{Connection, Database, StoreError, api_keys, catalogue};

pub fn check(flags: &Flags) -> ExitCode {
    let path = config_path(flags, process_env);
    let path_text = path.display();
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(error) => {
            say(&format!("error: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let read = config::refuse_empty(&text).and_then(|()| config::read_with(&text, &process_env));
    let (file, problems) = match read {
        Ok((file, mut problems)) => {
            let dead_names = dead_names::warnings(&text, &file, &rows());
            problems.extend(warnings::warnings(&text, &file, &process_env, dead_names));
            problems.extend(own_addresses(&text, &file, flags));
            (Some(file), problems)
        }
        Err(problems) => (None, problems),
    };
    for problem in &problems {
        say(&format!("{path_text}:{problem}"));
    }
    let Some(file) = file else {
        say(&format!("{path_text}: has errors and would be refused"));
        return ExitCode::FAILURE;
    };
    let ConfigFile { providers, models, api_keys, .. } = &file;
    let [providers, models, keys] = [providers.len(), models.len(), api_keys.len()];
    say(&format!("{path_text}: ok, {providers} providers, {models} models, {keys} [[api_keys]]"));
    let can_start = say_certificate(&file, flags);
    say_providers(&file);
    say_changes(&file);
    if can_start { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether a start would take the files of `[server.tls]`, where there are any.
fn say_certificate(file: &ConfigFile, flags: &Flags) -> bool {
    let settings = Settings::resolve(flags, process_env, &file.server).ok();
    let Some(files) = settings.and_then(|settings| settings.tls) else { return true };
    match Certificate::read(files) {
        Err(bad) => {
            say(&format!("error: the certificate of [server.tls] cannot be used: {bad}"));
            false
        }
        Ok(certificate) => {
            let status = certificate.status(Timestamp::now());
            say(&match status.problem {
                Some(problem) => format!("warning: {problem}"),
                None => format!("certificate: valid until {}", status.valid_until),
            });
            true
        }
    }
}

fn own_addresses(text: &str, file: &ConfigFile, flags: &Flags) -> Vec<Problem> {
    match Settings::resolve(flags, process_env, &file.server) {
        Err(bad) => {
            let problems = Problems::of(text);
            problems.warning(0, bad.to_string());
            problems.into_sorted()
        }
        Ok(settings) => {
            let provider = |entry| provider_of_entry(entry, file.egress(), &process_env);
            let providers: Vec<Provider> = file.providers.iter().map(provider).collect();
            warnings::own_addresses(text, file, &providers, &OwnAddress::of(&settings))
        }
    }
}

/// The rows of the database. An unreadable database is reported with the changes.
fn rows() -> CatalogueRows {
    let database = Database::at(&database(process_env));
    if !Path::new(&database.path()).exists() {
        return CatalogueRows::default();
    }
    Reader::of(&database).read(catalogue::load).unwrap_or_default()
}

fn say_providers(file: &ConfigFile) {
    say("\nproviders:");
    let width = file.providers.iter().map(|entry| entry.name.len()).max().unwrap_or(0);
    for entry in &file.providers {
        let provider = provider_of_entry(entry, file.egress(), &process_env);
        say(&format!(
            "  {:width$}  {:17}  {}",
            entry.name,
            provider.state(),
            destination(&provider)
        ));
    }
}

fn destination(provider: &Provider) -> String {
    match (provider.url(), provider.unavailable_reason()) {
        (Some(url), None) => url.to_string(),
        (Some(url), Some(reason)) => format!("{url}  ({reason})"),
        (None, Some(reason)) => format!("({reason})"),
        (None, None) => String::from("(synthetic answers)"),
    }
}

fn say_changes(file: &ConfigFile) {
    let database = Database::at(&database(process_env));
    let path = database.path();
    if !Path::new(&path).exists() {
        say(&format!("\ndatabase {path} does not exist yet: everything would be added"));
        return;
    }
    let changes = Reader::of(&database).read(|connection| changes(connection, file));
    match changes {
        Err(error) => say(&format!("\nchanges cannot be determined: {error}")),
        Ok(Diff { added, changed, removed, kept }) => {
            say(&format!("\nchanges against {path}: {} kept", kept.len()));
            for (sign, names) in [("+", added), ("~", changed), ("-", removed)] {
                for name in names {
                    say(&format!("  {sign} {name}"));
                }
            }
        }
    }
}

fn changes(connection: &mut Connection, file: &ConfigFile) -> Result<Diff, StoreError> {
    let mut all = diff(file, &catalogue::load(connection)?);
    let of_environment = process_env("LLM_ROUTER_API_KEYS");
    let of_environment = of_environment.map(|list| Secret::list(&list)).unwrap_or_default();
    let rows = api_keys::load(connection)?;
    let keys = sync::diff(file, &of_environment, &process_env, &rows, Timestamp::now())?;
    all.added.extend(keys.added);
    all.changed.extend(keys.changed);
    all.removed.extend(keys.removed);
    all.kept.extend(keys.kept);
    Ok(all)
}
