//! Applies the file to the database: first a diff (pure), then the writes.
//!
//! An entry is written only when the file's own entry changed, so an edit over REST persists until
//! the same entry is edited in the file.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::build::entry_of;
use super::destination::destination;
use super::provider::Origin;
use super::rows;
use crate::config::ConfigFile;
use crate::config::entries::{ModelEntry, ProviderEntry};
use crate::store::catalogue::{self, CatalogueRows, Kind, NewModel, NewProvider};
use crate::store::{Connection, StoreError, transaction};

/// The effect of a reload on the catalogue: providers by `name`, models by `provider/name`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ConfigDiff)]
pub struct Diff {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    /// No longer in the file: deactivated, never deleted.
    pub removed: Vec<String>,
    /// Unchanged in the file; edits over REST persist.
    pub kept: Vec<String>,
}

impl Diff {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }

    /// Appends the changes of another part of the file.
    pub fn append(&mut self, mut other: Self) {
        self.added.append(&mut other.added);
        self.changed.append(&mut other.changed);
        self.removed.append(&mut other.removed);
        self.kept.append(&mut other.kept);
    }
}

/// The count of each kind.
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
    /// Deleted over REST, and now removed from the file, too.
    forgotten: Vec<(Kind, String)>,
}

/// The diff, without writing anything.
pub fn diff(file: &ConfigFile, rows: &CatalogueRows) -> Diff {
    plan(file, rows).diff
}

/// Applies the file to the database, in one transaction.
///
/// # Errors
/// SQLite's error; then nothing has changed.
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
        forgotten: Vec::new(),
    };
    plan_providers(&mut plan, file, rows);
    plan_models(&mut plan, file, rows);
    plan_deleted(&mut plan, file, rows);
    plan
}

/// An entry that was deleted over REST stays deleted until it changes in the file. A provider is
/// restored with a model that changed in the file.
fn plan_deleted<'f>(plan: &mut Plan<'f>, file: &'f ConfigFile, rows: &CatalogueRows) {
    for entry in &file.providers {
        let is_deleted = rows.deleted_digest(Kind::Provider, &entry.name).is_some();
        let is_planned = plan.providers.iter().any(|(planned, _)| planned.name == entry.name);
        let is_needed = plan.models.iter().any(|(model, _)| model.provider == entry.name);
        if is_deleted && is_needed && !is_planned {
            plan.diff.kept.retain(|kept| *kept != entry.name);
            plan.diff.added.push(entry.name.clone());
            plan.providers.push((entry, digest(entry)));
        }
    }
    let in_file: HashSet<String> = file
        .providers
        .iter()
        .map(|entry| entry.name.clone())
        .chain(file.models.iter().map(|entry| format!("{}/{}", entry.provider, entry.name)))
        .collect();
    for kind in [Kind::Provider, Kind::Model] {
        let gone = rows.deleted_of(kind).filter(|name| !in_file.contains(*name));
        plan.forgotten.extend(gone.map(|name| (kind, name.to_owned())));
    }
}

fn plan_providers<'f>(plan: &mut Plan<'f>, file: &'f ConfigFile, rows: &CatalogueRows) {
    let known: HashMap<&str, Option<&str>> = rows
        .providers
        .iter()
        .map(|row| (row.fields.name.as_str(), row.fields.file_digest.as_deref()))
        .collect();
    let in_file: HashSet<&str> = file.providers.iter().map(|entry| entry.name.as_str()).collect();
    for entry in &file.providers {
        let digest = digest(entry);
        let before = known.get(entry.name.as_str()).copied();
        let before = before.or_else(|| rows.deleted_digest(Kind::Provider, &entry.name).map(Some));
        if plan.diff.classify(entry.name.clone(), before, &digest) {
            plan.providers.push((entry, digest));
        }
    }
    for row in &rows.providers {
        if row.fields.file_digest.is_some() && !in_file.contains(row.fields.name.as_str()) {
            plan.diff.removed.push(row.fields.name.clone());
            plan.retired_providers.push(row.id);
        }
    }
}

fn plan_models<'f>(plan: &mut Plan<'f>, file: &'f ConfigFile, rows: &CatalogueRows) {
    let provider_names: HashMap<i32, &str> =
        rows.providers.iter().map(|row| (row.id, row.fields.name.as_str())).collect();
    let full_name = |fields: &NewModel| {
        let provider = provider_names.get(&fields.provider_id).copied().unwrap_or_default();
        format!("{provider}/{}", fields.name)
    };
    let known: HashMap<String, Option<&str>> = rows
        .models
        .iter()
        .map(|row| (full_name(&row.fields), row.fields.file_digest.as_deref()))
        .collect();
    let mut in_file = HashSet::new();
    for entry in &file.models {
        let name = format!("{}/{}", entry.provider, entry.name);
        let digest = digest(entry);
        let before = known.get(&name).copied();
        let before = before.or_else(|| rows.deleted_digest(Kind::Model, &name).map(Some));
        if plan.diff.classify(name.clone(), before, &digest) {
            plan.models.push((entry, digest));
        }
        in_file.insert(name);
    }
    for row in &rows.models {
        let name = full_name(&row.fields);
        if row.fields.file_digest.is_some() && !in_file.contains(&name) {
            plan.diff.removed.push(name);
            plan.retired_models.push(row.id);
        }
    }
}

impl Diff {
    /// Counts an entry of the file as added, changed or kept; returns whether to write it.
    fn classify(&mut self, name: String, before: Option<Option<&str>>, digest: &str) -> bool {
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
        rows.providers.iter().map(|row| (row.fields.name.clone(), row.id)).collect();
    for (entry, digest) in &plan.providers {
        let known = rows.providers.iter().find(|row| row.fields.name == entry.name);
        let there = destination(entry.kind, entry.base_url.as_deref(), &entry.settings);
        let row = NewProvider {
            sealed: known.and_then(|row| still_sealed(entry, &row.fields, &there)),
            file_digest: Some(digest.clone()),
            file_destination: Some(there),
            ..rows::provider(entry, Origin::File, now_us)?
        };
        let id = catalogue::put_provider(connection, &row)?;
        provider_ids.insert(entry.name.clone(), id);
    }
    for (entry, digest) in &plan.models {
        let provider_id = provider_ids.get(&entry.provider).copied().unwrap_or_default();
        let row = NewModel {
            file_digest: Some(digest.clone()),
            ..rows::model(entry, provider_id, Origin::File, now_us)?
        };
        let name = format!("{}/{}", entry.provider, entry.name);
        catalogue::put_model(connection, &row, &name, &entry.tags)?;
    }
    for id in &plan.retired_models {
        catalogue::retire_model(connection, *id)?;
    }
    for id in &plan.retired_providers {
        catalogue::retire_provider(connection, *id)?;
    }
    for (kind, name) in &plan.forgotten {
        catalogue::clear_deleted(connection, *kind, name)?;
    }
    Ok(())
}

/// A key that was set over REST survives an edit of the file that neither sets a key nor changes
/// the destination.
fn still_sealed(entry: &ProviderEntry, known: &NewProvider, there: &str) -> Option<Vec<u8>> {
    let before = entry_of(known).ok()?;
    let before = destination(before.kind, before.base_url.as_deref(), &before.settings);
    let has_own = !entry.secrets.is_empty() || entry.api_key_env.is_some();
    known.sealed.clone().filter(|_| before == there && !has_own)
}

/// A digest of the parsed entry, so that comments and line order do not count.
fn digest(entry: &impl Serialize) -> String {
    let text = serde_json::to_vec(entry).unwrap_or_default();
    Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect()
}
