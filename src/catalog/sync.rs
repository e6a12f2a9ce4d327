//! The file gets into the database: first what would change (pure), then the change itself.
//!
//! An entry is written only when the file's text for it changed, so an edit made over REST
//! stands until somebody edits that same entry in the file.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::config::ConfigFile;
use crate::config::entries::{ModelEntry, ProviderEntry};
use crate::store::catalogue::{self, CatalogueRows, NewModel, NewProvider};
use crate::store::{Connection, StoreError, transaction};

/// What a reload does to the catalogue. Providers go by `name`, models by `provider/name`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diff {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    /// Left the file: deactivated, never deleted.
    pub removed: Vec<String>,
    /// The file says what it said before; edits made over REST stand.
    pub kept: Vec<String>,
}

impl Diff {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// How many of each.
impl fmt::Display for Diff {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { added, changed, removed, kept } = self;
        let [added, changed, removed, kept] = [added, changed, removed, kept].map(Vec::len);
        write!(out, "{added} added, {changed} changed, {removed} removed, {kept} kept")
    }
}

/// The diff and the entries to write for it.
struct Plan<'f> {
    diff: Diff,
    providers: Vec<(&'f ProviderEntry, String)>,
    models: Vec<(&'f ModelEntry, String)>,
    retired_providers: Vec<i32>,
    retired_models: Vec<i32>,
}

/// What would change, without changing it.
pub fn diff(file: &ConfigFile, rows: &CatalogueRows) -> Diff {
    plan(file, rows).diff
}

/// Brings the database in step with the file, in one transaction.
///
/// # Errors
/// What SQLite says; then nothing has changed.
pub fn apply(
    connection: &mut Connection,
    file: &ConfigFile,
    now_us: i64,
) -> Result<Diff, StoreError> {
    transaction(connection, |connection| {
        let rows = catalogue::load(connection)?;
        let plan = plan(file, &rows);
        write(connection, &plan, &rows, now_us)?;
        Ok(plan.diff)
    })
}

fn plan<'f>(file: &'f ConfigFile, rows: &CatalogueRows) -> Plan<'f> {
    let mut plan = Plan {
        diff: Diff::default(),
        providers: Vec::new(),
        models: Vec::new(),
        retired_providers: Vec::new(),
        retired_models: Vec::new(),
    };
    plan_providers(&mut plan, file, rows);
    plan_models(&mut plan, file, rows);
    plan
}

fn plan_providers<'f>(plan: &mut Plan<'f>, file: &'f ConfigFile, rows: &CatalogueRows) {
    let known: HashMap<&str, Option<&str>> = rows
        .providers
        .iter()
        .map(|row| (row.said.name.as_str(), row.said.file_digest.as_deref()))
        .collect();
    let in_file: HashSet<&str> = file.providers.iter().map(|entry| entry.name.as_str()).collect();
    for entry in &file.providers {
        let digest = digest(entry);
        let before = known.get(entry.name.as_str()).copied();
        if plan.diff.note(entry.name.clone(), before, &digest) {
            plan.providers.push((entry, digest));
        }
    }
    for row in &rows.providers {
        if row.said.file_digest.is_some() && !in_file.contains(row.said.name.as_str()) {
            plan.diff.removed.push(row.said.name.clone());
            plan.retired_providers.push(row.id);
        }
    }
}

fn plan_models<'f>(plan: &mut Plan<'f>, file: &'f ConfigFile, rows: &CatalogueRows) {
    let provider_names: HashMap<i32, &str> =
        rows.providers.iter().map(|row| (row.id, row.said.name.as_str())).collect();
    let full_name = |said: &NewModel| {
        let provider = provider_names.get(&said.provider_id).copied().unwrap_or_default();
        format!("{provider}/{}", said.name)
    };
    let known: HashMap<String, Option<&str>> = rows
        .models
        .iter()
        .map(|row| (full_name(&row.said), row.said.file_digest.as_deref()))
        .collect();
    let mut in_file = HashSet::new();
    for entry in &file.models {
        let name = format!("{}/{}", entry.provider, entry.name);
        let digest = digest(entry);
        if plan.diff.note(name.clone(), known.get(&name).copied(), &digest) {
            plan.models.push((entry, digest));
        }
        in_file.insert(name);
    }
    for row in &rows.models {
        let name = full_name(&row.said);
        if row.said.file_digest.is_some() && !in_file.contains(&name) {
            plan.diff.removed.push(name);
            plan.retired_models.push(row.id);
        }
    }
}

impl Diff {
    /// Files an entry of the file under added, changed or kept; answers whether to write it.
    fn note(&mut self, name: String, before: Option<Option<&str>>, digest: &str) -> bool {
        let list = match before {
            None => &mut self.added,
            Some(Some(known)) if known == digest => {
                self.kept.push(name);
                return false;
            }
            Some(_) => &mut self.changed,
        };
        list.push(name);
        true
    }
}

fn write(
    connection: &mut Connection,
    plan: &Plan<'_>,
    rows: &CatalogueRows,
    now_us: i64,
) -> Result<(), StoreError> {
    let mut provider_ids: HashMap<String, i32> =
        rows.providers.iter().map(|row| (row.said.name.clone(), row.id)).collect();
    for (entry, digest) in &plan.providers {
        let id = catalogue::put_provider(connection, &provider_row(entry, digest, now_us)?)?;
        provider_ids.insert(entry.name.clone(), id);
    }
    for (entry, digest) in &plan.models {
        let provider_id = provider_ids.get(&entry.provider).copied().unwrap_or_default();
        let row = model_row(entry, provider_id, digest, now_us)?;
        catalogue::put_model(connection, &row, &entry.tags)?;
    }
    for id in &plan.retired_models {
        catalogue::retire_model(connection, *id)?;
    }
    for id in &plan.retired_providers {
        catalogue::retire_provider(connection, *id)?;
    }
    Ok(())
}

fn provider_row(
    entry: &ProviderEntry,
    digest: &str,
    now_us: i64,
) -> Result<NewProvider, StoreError> {
    Ok(NewProvider {
        name: entry.name.clone(),
        kind: entry.kind.as_str().to_owned(),
        base_url: entry.base_url.clone(),
        api_key_env: entry.api_key_env.clone(),
        is_active: entry.is_active,
        settings: to_json(&entry.settings)?,
        origin: String::from("file"),
        file_digest: Some(digest.to_owned()),
        updated_at_us: now_us,
    })
}

fn model_row(
    entry: &ModelEntry,
    provider_id: i32,
    digest: &str,
    now_us: i64,
) -> Result<NewModel, StoreError> {
    Ok(NewModel {
        provider_id,
        name: entry.name.clone(),
        display_name: entry.display_name.clone(),
        description: entry.description.clone(),
        remote_identifier: entry.remote_identifier.clone(),
        is_active: entry.is_active,
        default_params: to_json(&entry.default_params)?,
        config: to_json(&entry.config)?,
        rate_limit: entry.rate_limit.as_ref().map(to_json).transpose()?,
        local_path: entry.local_path.clone(),
        download_uri: entry.download_uri.clone(),
        origin: String::from("file"),
        file_digest: Some(digest.to_owned()),
        updated_at_us: now_us,
    })
}

fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Row(String::from("the file's entry"), error.to_string()))
}

/// Of what the entry means, so that a comment or a moved line changes nothing.
fn digest(entry: &impl Serialize) -> String {
    let text = serde_json::to_vec(entry).unwrap_or_default();
    Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect()
}
