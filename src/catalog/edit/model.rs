//! Edits of models over REST.

use serde_json::{Map, Value, json};

use super::super::capabilities::misread;
use super::super::model::PRICE_SOURCE;
use super::super::price_list::FROM_API;
use super::super::provider::Origin;
use super::super::rows;
use super::{Body, Change, EditContext, EditError, Edited};
use crate::config::entries::ModelEntry;
use crate::config::rest::{self, merge, problem};
use crate::config::unknown_provider;
use crate::domain::difference::changed;
use crate::domain::event::EventKind;
use crate::store::catalogue::{self, CatalogueRows, Kind, ModelRow, NewModel};
use crate::store::{Connection, StoreError};

pub fn put(
    connection: &mut Connection,
    rows: &CatalogueRows,
    context: &EditContext,
    body: &Body,
) -> Result<Edited, EditError> {
    let entry = read(with_one_provider(body.clone())?)?;
    let names: Vec<&str> = rows.providers.iter().map(|row| row.fields.name.as_str()).collect();
    let Some(provider) = rows.providers.iter().find(|row| row.fields.name == entry.provider) else {
        let message = unknown_provider(&entry.name, &entry.provider, &names);
        return Err(EditError::Invalid(vec![problem(message, "provider")]));
    };
    let is_it =
        |row: &&ModelRow| row.fields.provider_id == provider.id && row.fields.name == entry.name;
    let known = rows.models.iter().find(is_it);
    write(connection, (rows, context), provider.id, known, &entry)
}

pub fn patch(
    connection: &mut Connection,
    rows: &CatalogueRows,
    context: &EditContext,
    (provider, name): (&str, &str),
    patch: &Body,
) -> Result<Edited, EditError> {
    let known = find(rows, provider, name)?;
    let patch = with_one_provider(patch.clone())?;
    for (field, is) in [("name", name), ("provider", provider)] {
        if patch.get(field).is_some_and(|new| new != is) {
            let message = format!(
                "`{field}` cannot be changed: calls are recorded with it; create another one"
            );
            return Err(EditError::Invalid(vec![problem(message, field)]));
        }
    }
    let mut merged = shown(provider, &known.fields, &tags_of(rows, known.id))?;
    merge(&mut merged, &patch);
    note_own_prices(&mut merged, &patch, &known.fields.origin);
    let entry = read(merged)?;
    write(connection, (rows, context), known.fields.provider_id, Some(known), &entry)
}

/// Prices that are set by hand no longer come from the file or from a list.
fn note_own_prices(merged: &mut Body, patch: &Body, origin: &str) {
    let Some(Value::Object(changed)) = patch.get("config") else { return };
    let is_price = |key: &String| key.starts_with("cost_per_1k_");
    if !changed.keys().any(is_price) || changed.contains_key(PRICE_SOURCE) {
        return;
    }
    let Some(Value::Object(config)) = merged.get_mut("config") else { return };
    let noted = config.remove(PRICE_SOURCE);
    // A model that came over REST has its prices from there unless a note says otherwise.
    let is_of_elsewhere = noted.is_some() || origin == Origin::File.as_str();
    if is_of_elsewhere && config.keys().any(is_price) {
        config.insert(String::from(PRICE_SOURCE), json!({"source": FROM_API}));
    }
}

pub fn delete(
    connection: &mut Connection,
    rows: &CatalogueRows,
    (provider, name): (&str, &str),
) -> Result<Edited, EditError> {
    let known = find(rows, provider, name)?;
    let change = remove(connection, rows, provider, known)?;
    let name = format!("{provider}/{name}");
    Ok(Edited { name, changes: vec![change], ..Edited::default() })
}

/// Deletes a model of a provider.
pub fn remove(
    connection: &mut Connection,
    rows: &CatalogueRows,
    provider: &str,
    row: &ModelRow,
) -> Result<Change, StoreError> {
    let name = format!("{provider}/{}", row.fields.name);
    catalogue::delete_model(connection, row, &name)?;
    Ok(Change {
        kind: EventKind::ModelDeleted,
        summary: format!("model `{name}` was deleted"),
        subject: name,
        before: Some(shown(provider, &row.fields, &tags_of(rows, row.id))?.into()),
        after: None,
        has_other_secrets: false,
    })
}

fn find<'r>(
    rows: &'r CatalogueRows,
    provider: &str,
    name: &str,
) -> Result<&'r ModelRow, EditError> {
    let of = rows.providers.iter().find(|row| row.fields.name == provider);
    let found = of.and_then(|of| {
        rows.models.iter().find(|row| row.fields.provider_id == of.id && row.fields.name == name)
    });
    found.ok_or_else(|| EditError::NoModel(format!("{provider}/{name}")))
}

/// The file's `provider` is `provider_name` in the router's answers; both are accepted.
fn with_one_provider(mut body: Body) -> Result<Body, EditError> {
    let Some(also) = body.remove("provider_name") else { return Ok(body) };
    match body.get("provider") {
        Some(named) if *named != also => {
            let message = "`provider` and `provider_name` name two providers";
            Err(EditError::Invalid(vec![problem(message.to_owned(), "provider")]))
        }
        Some(_) => Ok(body),
        None => {
            body.insert(String::from("provider"), also);
            Ok(body)
        }
    }
}

fn read(body: Body) -> Result<ModelEntry, EditError> {
    let entry = rest::model(&body).map_err(EditError::Invalid)?;
    // For a file these are warnings.
    let misread = misread(&entry.config);
    if misread.is_empty() {
        return Ok(entry);
    }
    let problems =
        misread.into_iter().map(|what| problem(format!("[models.config] {what}"), "config"));
    Err(EditError::Invalid(problems.collect()))
}

fn tags_of(rows: &CatalogueRows, id: i32) -> Vec<String> {
    let tags = rows.tags.iter().filter(|(model, _)| *model == id);
    tags.map(|(_, tag)| tag.clone()).collect()
}

/// An entry in its REST form.
///
/// # Errors
/// The row cannot be read.
pub fn shown(
    provider: &str,
    row: &NewModel,
    tags: &[String],
) -> Result<Map<String, Value>, StoreError> {
    let read = |text: &str| {
        serde_json::from_str::<Value>(text).map_err(|error| {
            StoreError::Row(format!("model `{provider}/{}`", row.name), error.to_string())
        })
    };
    let shown = json!({
        "name": row.name, "provider": provider, "display_name": row.display_name,
        "description": row.description, "remote_identifier": row.remote_identifier,
        "is_active": row.is_active, "tags": tags, "default_params": read(&row.default_params)?,
        "rate_limit": row.rate_limit.as_deref().map(read).transpose()?,
        "config": read(&row.config)?, "local_path": row.local_path,
        "download_uri": row.download_uri,
    });
    Ok(shown.as_object().cloned().unwrap_or_default())
}

fn write(
    connection: &mut Connection,
    (rows, context): (&CatalogueRows, &EditContext),
    provider_id: i32,
    known: Option<&ModelRow>,
    entry: &ModelEntry,
) -> Result<Edited, EditError> {
    let name = format!("{}/{}", entry.provider, entry.name);
    // An entry of the file keeps its origin until it changes in the file.
    let file_digest = match known {
        Some(known) => known.fields.file_digest.as_deref(),
        None => rows.deleted_digest(Kind::Model, &name),
    };
    let origin = if file_digest.is_some() { Origin::File } else { Origin::Api };
    let row = NewModel {
        file_digest: file_digest.map(str::to_owned),
        ..rows::model(entry, provider_id, origin, context.now_us)?
    };
    let before = known.map(|row| shown(&entry.provider, &row.fields, &tags_of(rows, row.id)));
    let before = before.transpose()?.map(Value::from);
    let after = Value::from(shown(&entry.provider, &row, &entry.tags)?);
    let what = before.as_ref().map(|before| changed(before, &after)).unwrap_or_default();
    let mut edited = Edited { name: name.clone(), is_new: known.is_none(), ..Edited::default() };
    if known.is_some() && what.is_empty() {
        return Ok(edited);
    }
    catalogue::put_model(connection, &row, &name, &entry.tags)?;
    let (kind, summary) = match before {
        None => (EventKind::ModelCreated, format!("model `{name}` was created")),
        Some(_) => {
            let what = what.join(", ");
            (EventKind::ModelChanged, format!("model `{name}` was changed: {what}"))
        }
    };
    edited.changes.push(Change {
        kind,
        subject: name,
        summary,
        before,
        after: Some(after),
        has_other_secrets: false,
    });
    Ok(edited)
}
