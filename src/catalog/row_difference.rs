//! What two states of the catalogue's rows differ in, entry by entry, in the form that REST shows.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::edit::{Change, shown_model, shown_provider};
use crate::domain::difference::changed;
use crate::domain::event::EventKind;
use crate::domain::times::rfc3339;
use crate::store::StoreError;
use crate::store::api_keys::{KeyRow, NewKey};
use crate::store::catalogue::CatalogueRows;

/// The state before, and the providers whose secrets in the file are others now.
pub struct Before<'a> {
    pub rows: &'a CatalogueRows,
    pub other_secrets: &'a HashSet<String>,
}

/// The kinds of the events for a new entry and a changed one.
type Kinds = (EventKind, EventKind);

/// Of providers, then of models. Rows are never deleted by a file.
///
/// # Errors
/// A row that cannot be read.
pub fn row_changes(before: &Before<'_>, after: &CatalogueRows) -> Result<Vec<Change>, StoreError> {
    let (was, is) = (providers(before.rows)?, providers(after)?);
    let kinds = (EventKind::ProviderCreated, EventKind::ProviderChanged);
    let mut changes = changes("provider", kinds, &was, &is, before.other_secrets);
    let (was, is) = (models(before.rows)?, models(after)?);
    let kinds = (EventKind::ModelCreated, EventKind::ModelChanged);
    changes.extend(self::changes("model", kinds, &was, &is, &HashSet::new()));
    Ok(changes)
}

/// Of callers' keys, without the keys.
pub fn key_changes(before: &[KeyRow], after: &[KeyRow]) -> Vec<Change> {
    let known: HashMap<i32, &NewKey> = before.iter().map(|row| (row.id, &row.fields)).collect();
    let changes = after.iter().filter_map(|row| {
        let was = known.get(&row.id).map(|fields| key(fields));
        let kinds = (EventKind::KeyCreated, EventKind::KeyChanged);
        change("key", kinds, &row.fields.name, was.as_ref(), &key(&row.fields), false)
    });
    changes.collect()
}

fn changes(
    noun: &str,
    kinds: Kinds,
    before: &BTreeMap<String, Value>,
    after: &BTreeMap<String, Value>,
    other_secrets: &HashSet<String>,
) -> Vec<Change> {
    let changes = after.iter().filter_map(|(name, is)| {
        change(noun, kinds, name, before.get(name), is, other_secrets.contains(name))
    });
    changes.collect()
}

fn change(
    noun: &str,
    (created, changed_kind): Kinds,
    name: &str,
    before: Option<&Value>,
    after: &Value,
    has_other_secrets: bool,
) -> Option<Change> {
    let what = before.map(|before| changed(before, after)).unwrap_or_default();
    if before.is_some() && what.is_empty() && !has_other_secrets {
        return None;
    }
    let (kind, summary) = match before {
        None => (created, format!("{noun} `{name}` was created")),
        Some(_) => (changed_kind, format!("{noun} `{name}` was changed: {}", what.join(", "))),
    };
    Some(Change {
        kind,
        subject: name.to_owned(),
        summary,
        before: before.cloned(),
        after: Some(after.clone()),
        has_other_secrets,
    })
}

fn providers(rows: &CatalogueRows) -> Result<BTreeMap<String, Value>, StoreError> {
    let shown = rows.providers.iter().map(|row| {
        let mut shown = shown_provider(&row.fields)?;
        shown.insert(String::from("api_key_env"), json!(row.fields.api_key_env));
        shown.insert(String::from("origin"), json!(row.fields.origin));
        Ok((row.fields.name.clone(), Value::from(shown)))
    });
    shown.collect()
}

fn models(rows: &CatalogueRows) -> Result<BTreeMap<String, Value>, StoreError> {
    let names: HashMap<i32, &str> =
        rows.providers.iter().map(|row| (row.id, row.fields.name.as_str())).collect();
    let mut tags: HashMap<i32, Vec<String>> = HashMap::new();
    for (model, tag) in &rows.tags {
        tags.entry(*model).or_default().push(tag.clone());
    }
    let shown = rows.models.iter().map(|row| {
        let provider = names.get(&row.fields.provider_id).copied().unwrap_or_default();
        let tags = tags.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        let mut shown = shown_model(provider, &row.fields, tags)?;
        shown.insert(String::from("origin"), json!(row.fields.origin));
        Ok((format!("{provider}/{}", row.fields.name), Value::from(shown)))
    });
    shown.collect()
}

fn key(fields: &NewKey) -> Value {
    let mut shown: Map<String, Value> = serde_json::from_str(&fields.rules).unwrap_or_default();
    let own = json!({
        "name": fields.name, "role": fields.role, "is_active": fields.is_active,
        "origin": fields.origin, "expires_at": fields.expires_at_us.map(rfc3339),
    });
    shown.extend(own.as_object().cloned().unwrap_or_default());
    Value::from(shown)
}
