//! Rows of `providers`, `models` and `model_tags`, and the records of deleted ones.

use diesel::prelude::*;

use super::database::{Connection, StoreError};
use super::schema::{deleted_entries, model_tags, models, providers, spent_ids};

#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = providers)]
pub struct ProviderRow {
    pub id: i32,
    #[diesel(embed)]
    pub fields: NewProvider,
}

/// The columns of a provider; `settings` is JSON.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = providers, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct NewProvider {
    pub name: String,
    pub kind: String,
    pub base_url: Option<String>,
    pub api_key_env: Option<String>,
    pub is_active: bool,
    pub settings: String,
    pub origin: String,
    pub file_digest: Option<String>,
    pub updated_at_us: i64,
    /// Secrets that were set over REST, encrypted.
    pub sealed: Option<Vec<u8>>,
    /// The destination to which the file's secrets may be sent.
    pub file_destination: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = models)]
pub struct ModelRow {
    pub id: i32,
    #[diesel(embed)]
    pub fields: NewModel,
}

/// The columns of a model; `default_params`, `config` and `rate_limit` are JSON.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = models, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct NewModel {
    pub provider_id: i32,
    pub name: String,
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub remote_identifier: Option<String>,
    pub is_active: bool,
    pub default_params: String,
    pub config: String,
    pub rate_limit: Option<String>,
    pub local_path: Option<String>,
    pub download_uri: Option<String>,
    pub origin: String,
    pub file_digest: Option<String>,
    pub updated_at_us: i64,
}

/// The whole catalogue, in the order in which entries were added.
#[derive(Clone, Debug, Default)]
pub struct CatalogueRows {
    pub providers: Vec<ProviderRow>,
    pub models: Vec<ModelRow>,
    /// Model id and tag, sorted.
    pub tags: Vec<(i32, String)>,
    /// Entries of the file that were deleted over REST.
    pub deleted: Vec<DeletedEntry>,
}

impl CatalogueRows {
    /// The digest of the file's entry at the time when it was deleted over REST.
    pub fn deleted_digest(&self, kind: Kind, name: &str) -> Option<&str> {
        let found = self.deleted.iter().find(|it| it.kind == kind.as_str() && it.name == name);
        found.map(|entry| entry.file_digest.as_str())
    }

    /// The names of entries that were deleted over REST.
    pub fn deleted_of(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let of_kind = self.deleted.iter().filter(move |entry| entry.kind == kind.as_str());
        of_kind.map(|entry| entry.name.as_str())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Provider,
    Model,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Model => "model",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = deleted_entries)]
pub struct DeletedEntry {
    pub kind: String,
    /// The name; `provider/name` for a model.
    pub name: String,
    pub file_digest: String,
}

/// # Errors
/// SQLite's error.
pub fn load(connection: &mut Connection) -> Result<CatalogueRows, StoreError> {
    Ok(CatalogueRows {
        providers: providers::table
            .order(providers::id)
            .select(ProviderRow::as_select())
            .load(connection)?,
        models: models::table.order(models::id).select(ModelRow::as_select()).load(connection)?,
        tags: model_tags::table.order((model_tags::model_id, model_tags::tag)).load(connection)?,
        deleted: deleted_entries::table.select(DeletedEntry::as_select()).load(connection)?,
    })
}

/// Inserts or replaces a provider by its name and returns its id. It no longer counts as deleted.
///
/// # Errors
/// SQLite's error.
pub fn put_provider(connection: &mut Connection, row: &NewProvider) -> Result<i32, StoreError> {
    let known: Option<i32> = providers::table
        .filter(providers::name.eq(&row.name))
        .select(providers::id)
        .first(connection)
        .optional()?;
    if let Some(id) = known {
        diesel::update(providers::table.find(id)).set(row).execute(connection)?;
        return Ok(id);
    }
    let highest = providers::table.select(diesel::dsl::max(providers::id)).first(connection)?;
    let id = next_id(connection, Kind::Provider, highest)?;
    diesel::insert_into(providers::table)
        .values((providers::id.eq(id), row))
        .execute(connection)?;
    clear_deleted(connection, Kind::Provider, &row.name)?;
    Ok(id)
}

/// Inserts or replaces a model by its provider and name, with its tags, and returns its id. It no
/// longer counts as deleted. `full_name` is `provider/name`.
///
/// # Errors
/// SQLite's error.
pub fn put_model(
    connection: &mut Connection,
    row: &NewModel,
    full_name: &str,
    tags: &[String],
) -> Result<i32, StoreError> {
    let known: Option<i32> = models::table
        .filter(models::provider_id.eq(row.provider_id).and(models::name.eq(&row.name)))
        .select(models::id)
        .first(connection)
        .optional()?;
    let id = match known {
        Some(id) => {
            diesel::update(models::table.find(id)).set(row).execute(connection)?;
            id
        }
        None => {
            let highest = models::table.select(diesel::dsl::max(models::id)).first(connection)?;
            let id = next_id(connection, Kind::Model, highest)?;
            diesel::insert_into(models::table)
                .values((models::id.eq(id), row))
                .execute(connection)?;
            clear_deleted(connection, Kind::Model, full_name)?;
            id
        }
    };
    diesel::delete(model_tags::table.filter(model_tags::model_id.eq(id))).execute(connection)?;
    for tag in tags {
        diesel::insert_into(model_tags::table)
            .values((model_tags::model_id.eq(id), model_tags::tag.eq(tag)))
            .execute(connection)?;
    }
    Ok(id)
}

/// Deactivates a provider that is no longer in the file; its row and its calls stay.
///
/// # Errors
/// SQLite's error.
pub fn retire_provider(connection: &mut Connection, id: i32) -> Result<(), StoreError> {
    diesel::update(providers::table.find(id))
        .set((providers::is_active.eq(false), providers::file_digest.eq(None::<String>)))
        .execute(connection)?;
    Ok(())
}

/// Deactivates a model that is no longer in the file; its row and its calls stay.
///
/// # Errors
/// SQLite's error.
pub fn retire_model(connection: &mut Connection, id: i32) -> Result<(), StoreError> {
    diesel::update(models::table.find(id))
        .set((models::is_active.eq(false), models::file_digest.eq(None::<String>)))
        .execute(connection)?;
    Ok(())
}

/// Deletes a provider without models. Its calls stay.
///
/// # Errors
/// SQLite's error.
pub fn delete_provider(connection: &mut Connection, row: &ProviderRow) -> Result<(), StoreError> {
    diesel::delete(providers::table.find(row.id)).execute(connection)?;
    record_deleted(
        connection,
        Kind::Provider,
        &row.fields.name,
        row.fields.file_digest.as_deref(),
        row.id,
    )
}

/// Deletes a model. Its calls stay. `full_name` is `provider/name`.
///
/// # Errors
/// SQLite's error.
pub fn delete_model(
    connection: &mut Connection,
    row: &ModelRow,
    full_name: &str,
) -> Result<(), StoreError> {
    diesel::delete(models::table.find(row.id)).execute(connection)?;
    record_deleted(connection, Kind::Model, full_name, row.fields.file_digest.as_deref(), row.id)
}

/// Removes the record of a deletion: the entry was restored, or is no longer in the file.
///
/// # Errors
/// SQLite's error.
pub fn clear_deleted(
    connection: &mut Connection,
    kind: Kind,
    name: &str,
) -> Result<(), StoreError> {
    diesel::delete(deleted_entries::table.find((kind.as_str(), name))).execute(connection)?;
    Ok(())
}

fn record_deleted(
    connection: &mut Connection,
    kind: Kind,
    name: &str,
    file_digest: Option<&str>,
    id: i32,
) -> Result<(), StoreError> {
    if let Some(digest) = file_digest {
        let row = DeletedEntry {
            kind: kind.as_str().to_owned(),
            name: name.to_owned(),
            file_digest: digest.to_owned(),
        };
        diesel::replace_into(deleted_entries::table).values(&row).execute(connection)?;
    }
    let spent = spent_id(connection, kind)?.map_or(id, |spent| spent.max(id));
    let row = (spent_ids::kind.eq(kind.as_str()), spent_ids::id.eq(spent));
    diesel::replace_into(spent_ids::table).values(row).execute(connection)?;
    Ok(())
}

/// Ids are never reused: call records refer to them.
fn next_id(
    connection: &mut Connection,
    kind: Kind,
    highest: Option<i32>,
) -> Result<i32, StoreError> {
    let spent = spent_id(connection, kind)?;
    Ok(highest.max(spent).unwrap_or(0).saturating_add(1))
}

fn spent_id(connection: &mut Connection, kind: Kind) -> Result<Option<i32>, StoreError> {
    let found = spent_ids::table.find(kind.as_str()).select(spent_ids::id).first(connection);
    Ok(found.optional()?)
}
