//! Edits of providers over REST.

use serde_json::{Map, Value, json};

use super::super::build::entry_of;
use super::super::provider::Origin;
use super::super::rows;
use super::secrets::{Outcome, seal};
use super::{Body, Change, EditContext, EditError, Edited, model};
use crate::config::entries::ProviderEntry;
use crate::config::rest::{self, merge, problem};
use crate::config::secrets::HIDDEN;
use crate::domain::difference::changed;
use crate::domain::event::EventKind;
use crate::store::catalogue::{self, CatalogueRows, Kind, NewProvider, ProviderRow};
use crate::store::{Connection, StoreError};

pub fn put(
    connection: &mut Connection,
    rows: &CatalogueRows,
    context: &EditContext,
    body: &Body,
) -> Result<Edited, EditError> {
    let entry = rest::provider(body, context.egress).map_err(EditError::Invalid)?;
    let known = find(rows, &entry.name);
    write(connection, (rows, context), known, entry, body.get("api_key"))
}

pub fn patch(
    connection: &mut Connection,
    rows: &CatalogueRows,
    context: &EditContext,
    name: &str,
    patch: &Body,
) -> Result<Edited, EditError> {
    let known = find(rows, name).ok_or_else(|| EditError::NoProvider(name.to_owned()))?;
    if patch.get("name").is_some_and(|new| new != name) {
        let message = "`name` cannot be changed: calls are recorded with it; create another one";
        return Err(EditError::Invalid(vec![problem(message.to_owned(), "name")]));
    }
    let mut merged = shown(&known.fields)?;
    // The shown form has `has_key` in its place.
    merged.remove("api_key");
    merge(&mut merged, patch);
    let entry = rest::provider(&merged, context.egress).map_err(EditError::Invalid)?;
    write(connection, (rows, context), Some(known), entry, patch.get("api_key"))
}

pub fn delete(
    connection: &mut Connection,
    rows: &CatalogueRows,
    name: &str,
    with_models: bool,
) -> Result<Edited, EditError> {
    let known = find(rows, name).ok_or_else(|| EditError::NoProvider(name.to_owned()))?;
    let its: Vec<_> = rows.models.iter().filter(|row| row.fields.provider_id == known.id).collect();
    if !its.is_empty() && !with_models {
        let models = its.iter().map(|row| format!("{name}/{}", row.fields.name)).collect();
        return Err(EditError::InUse { provider: name.to_owned(), models });
    }
    let mut edited = Edited { name: name.to_owned(), ..Edited::default() };
    for row in its {
        edited.changes.push(model::remove(connection, rows, name, row)?);
    }
    catalogue::delete_provider(connection, known)?;
    edited.changes.push(Change {
        kind: EventKind::ProviderDeleted,
        subject: name.to_owned(),
        summary: format!("provider `{name}` was deleted"),
        before: Some(shown(&known.fields)?.into()),
        after: None,
        has_other_secrets: false,
    });
    Ok(edited)
}

fn find<'r>(rows: &'r CatalogueRows, name: &str) -> Option<&'r ProviderRow> {
    rows.providers.iter().find(|row| row.fields.name == name)
}

/// An entry in its REST form, without its secrets.
///
/// # Errors
/// The row cannot be read.
pub fn shown(row: &NewProvider) -> Result<Map<String, Value>, StoreError> {
    let entry = entry_of(row)?;
    let unreadable = |error: serde_json::Error| {
        StoreError::Row(format!("provider `{}`", row.name), error.to_string())
    };
    let settings = serde_json::to_value(&entry.settings).map_err(unreadable)?;
    let shown = json!({
        "name": entry.name, "type": entry.kind.as_str(), "base_url": entry.base_url,
        "is_active": entry.is_active, "settings": settings,
        "api_key": row.sealed.as_ref().map(|_| HIDDEN),
    });
    Ok(shown.as_object().cloned().unwrap_or_default())
}

fn write(
    connection: &mut Connection,
    (rows, context): (&CatalogueRows, &EditContext),
    known: Option<&ProviderRow>,
    mut entry: ProviderEntry,
    api_key: Option<&Value>,
) -> Result<Edited, EditError> {
    let known = known.map(|row| &row.fields);
    entry.api_key_env = known.and_then(|known| known.api_key_env.clone());
    let Outcome { sealed, is_changed, notices } = seal(&mut entry, known, api_key, context)?;
    // An entry of the file keeps its origin until it changes in the file.
    let file_digest = match known {
        Some(known) => known.file_digest.as_deref(),
        None => rows.deleted_digest(Kind::Provider, &entry.name),
    };
    let origin = if file_digest.is_some() { Origin::File } else { Origin::Api };
    let row = NewProvider {
        file_digest: file_digest.map(str::to_owned),
        file_destination: known.and_then(|known| known.file_destination.clone()),
        sealed,
        ..rows::provider(&entry, origin, context.now_us)?
    };
    let before = known.map(shown).transpose()?.map(Value::from);
    let after = Value::from(shown(&row)?);
    let mut edited =
        Edited { name: entry.name.clone(), is_new: known.is_none(), notices, changes: Vec::new() };
    let mut what = before.as_ref().map(|before| changed(before, &after)).unwrap_or_default();
    let has_other_secrets = is_changed && !what.iter().any(|name| name == "api_key");
    if has_other_secrets {
        what.push(String::from("secrets"));
    }
    if known.is_some() && what.is_empty() {
        return Ok(edited);
    }
    catalogue::put_provider(connection, &row)?;
    let name = &entry.name;
    edited.changes.push(match before {
        None => Change {
            kind: EventKind::ProviderCreated,
            subject: name.clone(),
            summary: format!("provider `{name}` was created"),
            before: None,
            after: Some(after),
            has_other_secrets: false,
        },
        before @ Some(_) => Change {
            kind: EventKind::ProviderChanged,
            subject: name.clone(),
            summary: format!("provider `{name}` was changed: {}", what.join(", ")),
            before,
            after: Some(after),
            has_other_secrets,
        },
    });
    Ok(edited)
}
