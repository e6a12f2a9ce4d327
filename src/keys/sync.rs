//! Applies the keys of router.toml and of the environment to the database. As in the catalogue, a
//! row is written only when its entry changed, and a key without an entry is deactivated. A
//! revoked key stays revoked.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use log::warn;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::key::KeyOrigin;
use super::rows::{KeyFields, changed_row, new_row};
use crate::catalog::sync::Diff;
use crate::config::ConfigFile;
use crate::config::key_entry::KeyEntry;
use crate::config::key_rules::{KeyRules, Role};
use crate::domain::secret::Secret;
use crate::store::api_keys::{self, KeyRow, NewKey};
use crate::store::{Connection, StoreError, transaction};

/// A key that is defined in the file or the environment.
struct ConfiguredKey {
    key: Secret,
    origin: KeyOrigin,
    fields: KeyFields,
    digest: String,
}

/// Applies the keys of the file and of the environment to the rows, in one transaction. `env`
/// resolves `key_env`.
///
/// # Errors
/// SQLite's error; then nothing has changed.
pub fn apply(
    connection: &mut Connection,
    file: &ConfigFile,
    of_environment: &[Secret],
    env: &dyn Fn(&str) -> Option<String>,
    now: Timestamp,
) -> Result<Diff, StoreError> {
    let spoken = spoken(file, of_environment, env);
    transaction(connection, |connection| {
        let rows = api_keys::load(connection)?;
        let (diff, steps) = plan(&spoken, &rows, now)?;
        for step in steps {
            match step {
                Step::Insert(row) => drop(api_keys::insert(connection, &row)?),
                Step::Update(id, row) => api_keys::update(connection, id, &row)?,
            }
        }
        Ok(diff)
    })
}

/// What [`apply`] would change.
///
/// # Errors
/// A key cannot be converted to a row.
pub fn diff(
    file: &ConfigFile,
    of_environment: &[Secret],
    env: &dyn Fn(&str) -> Option<String>,
    rows: &[KeyRow],
    now: Timestamp,
) -> Result<Diff, StoreError> {
    Ok(plan(&spoken(file, of_environment, env), rows, now)?.0)
}

/// A row to write.
enum Step {
    Insert(NewKey),
    Update(i32, NewKey),
}

fn spoken(
    file: &ConfigFile,
    of_environment: &[Secret],
    env: &dyn Fn(&str) -> Option<String>,
) -> Vec<ConfiguredKey> {
    let unrestricted = |(place, key): (usize, &Secret)| {
        let fields = KeyFields {
            name: format!("LLM_ROUTER_API_KEYS#{}", place + 1),
            role: Role::Admin,
            is_active: true,
            expires_at: None,
            rules: KeyRules::default(),
        };
        ConfiguredKey {
            key: key.clone(),
            origin: KeyOrigin::Env,
            digest: digest(&fields.name),
            fields,
        }
    };
    let mut spoken: Vec<ConfiguredKey> =
        of_environment.iter().enumerate().map(unrestricted).collect();
    for (place, entry) in file.api_keys.iter().enumerate() {
        spoken.extend(of_entry(entry, place, env));
    }
    let mut known = HashSet::new();
    spoken.retain(|one| {
        let is_first = known.insert(one.key.expose().to_owned());
        if !is_first {
            warn!(
                "the key `{}` is configured elsewhere already; that entry applies",
                one.fields.name
            );
        }
        is_first
    });
    spoken
}

fn of_entry(
    entry: &KeyEntry,
    place: usize,
    env: &dyn Fn(&str) -> Option<String>,
) -> impl Iterator<Item = ConfiguredKey> {
    let of_env = entry.key_env.as_deref().and_then(env).map(|list| Secret::list(&list));
    let keys = of_env.unwrap_or_else(|| entry.keys.clone());
    let name = entry.name.clone().unwrap_or_else(|| format!("api_keys#{}", place + 1));
    let fields = KeyFields {
        name,
        role: entry.role,
        is_active: entry.is_active,
        expires_at: entry.expires_at_us.and_then(|us| Timestamp::from_microsecond(us).ok()),
        rules: entry.rules.clone(),
    };
    let digest = digest(entry);
    keys.into_iter().enumerate().map(move |(place, key)| {
        let mut fields = fields.clone();
        if place > 0 {
            fields.name = format!("{}#{}", fields.name, place + 1);
        }
        ConfiguredKey { key, origin: KeyOrigin::File, fields, digest: digest.clone() }
    })
}

fn plan(
    spoken: &[ConfiguredKey],
    rows: &[KeyRow],
    now: Timestamp,
) -> Result<(Diff, Vec<Step>), StoreError> {
    let mut steps = Vec::new();
    let known: HashMap<&str, &KeyRow> =
        rows.iter().map(|row| (row.fields.digest.as_str(), row)).collect();
    // The diff covers the file, not the environment's keys.
    let mut diff = Diff::default();
    let mut of_environment = Diff::default();
    let mut seen = HashSet::new();
    for one in spoken {
        let shown = format!("api_keys/{}", one.fields.name);
        let diff = match one.origin {
            KeyOrigin::Env => &mut of_environment,
            KeyOrigin::File | KeyOrigin::Api | KeyOrigin::Cli => &mut diff,
        };
        let fresh = NewKey {
            file_digest: Some(one.digest.clone()),
            ..new_row(one.key.expose(), &one.fields, one.origin, now)?
        };
        let Some(row) = known.get(fresh.digest.as_str()) else {
            steps.push(Step::Insert(fresh));
            diff.added.push(shown);
            continue;
        };
        seen.insert(row.id);
        if row.fields.revoked_at_us.is_some() {
            warn!("`{}` stays revoked: set another key for it", one.fields.name);
            diff.kept.push(shown);
        } else if row.fields.file_digest == fresh.file_digest {
            diff.kept.push(shown);
        } else {
            let (origin, file_digest) = (fresh.origin, fresh.file_digest);
            let changed = changed_row(&row.fields, &one.fields, now)?;
            steps.push(Step::Update(row.id, NewKey { origin, file_digest, ..changed }));
            diff.changed.push(shown);
        }
    }
    for row in rows {
        if row.fields.file_digest.is_some() && !seen.contains(&row.id) {
            let gone = NewKey {
                is_active: false,
                file_digest: None,
                updated_at_us: now.as_microsecond(),
                ..row.fields.clone()
            };
            steps.push(Step::Update(row.id, gone));
            if row.fields.origin == KeyOrigin::File.as_str() {
                diff.removed.push(format!("api_keys/{}", row.fields.name));
            }
        }
    }
    Ok((diff, steps))
}

/// A digest of the parsed entry, so that comments and line order do not count.
fn digest(fields: &impl Serialize) -> String {
    let text = serde_json::to_vec(fields).unwrap_or_default();
    data_encoding::HEXLOWER.encode(&Sha256::digest(&text))
}

#[cfg(test)]
mod tests;
