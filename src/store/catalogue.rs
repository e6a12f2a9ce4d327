//! Rows of `providers`, `models` and `model_tags`.

use diesel::prelude::*;

use super::database::{Connection, StoreError};
use super::schema::{model_tags, models, providers};

#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = providers)]
pub struct ProviderRow {
    pub id: i32,
    #[diesel(embed)]
    pub said: NewProvider,
}

/// What is said of a provider; `settings` is JSON.
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
}

#[derive(Clone, Debug, PartialEq, Queryable, Selectable)]
#[diesel(table_name = models)]
pub struct ModelRow {
    pub id: i32,
    #[diesel(embed)]
    pub said: NewModel,
}

/// What is said of a model; `default_params`, `config` and `rate_limit` are JSON.
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

/// Everything of the catalogue, in the order in which it was added.
#[derive(Clone, Debug, Default)]
pub struct CatalogueRows {
    pub providers: Vec<ProviderRow>,
    pub models: Vec<ModelRow>,
    /// Model id and tag, sorted.
    pub tags: Vec<(i32, String)>,
}

/// # Errors
/// What SQLite says.
pub fn load(connection: &mut Connection) -> Result<CatalogueRows, StoreError> {
    Ok(CatalogueRows {
        providers: providers::table
            .order(providers::id)
            .select(ProviderRow::as_select())
            .load(connection)?,
        models: models::table.order(models::id).select(ModelRow::as_select()).load(connection)?,
        tags: model_tags::table.order((model_tags::model_id, model_tags::tag)).load(connection)?,
    })
}

/// Inserts or replaces a provider by its name and answers its id.
///
/// # Errors
/// What SQLite says.
pub fn put_provider(connection: &mut Connection, row: &NewProvider) -> Result<i32, StoreError> {
    let id = diesel::insert_into(providers::table)
        .values(row)
        .on_conflict(providers::name)
        .do_update()
        .set(row)
        .returning(providers::id)
        .get_result(connection)?;
    Ok(id)
}

/// Inserts or replaces a model by its provider and name, with its tags, and answers its id.
///
/// # Errors
/// What SQLite says.
pub fn put_model(
    connection: &mut Connection,
    row: &NewModel,
    tags: &[String],
) -> Result<i32, StoreError> {
    let id: i32 = diesel::insert_into(models::table)
        .values(row)
        .on_conflict((models::provider_id, models::name))
        .do_update()
        .set(row)
        .returning(models::id)
        .get_result(connection)?;
    diesel::delete(model_tags::table.filter(model_tags::model_id.eq(id))).execute(connection)?;
    for tag in tags {
        diesel::insert_into(model_tags::table)
            .values((model_tags::model_id.eq(id), model_tags::tag.eq(tag)))
            .execute(connection)?;
    }
    Ok(id)
}

/// Deactivates a provider that has left the file; its row and its calls stay.
///
/// # Errors
/// What SQLite says.
pub fn retire_provider(connection: &mut Connection, id: i32) -> Result<(), StoreError> {
    diesel::update(providers::table.find(id))
        .set((providers::is_active.eq(false), providers::file_digest.eq(None::<String>)))
        .execute(connection)?;
    Ok(())
}

/// Deactivates a model that has left the file; its row and its calls stay.
///
/// # Errors
/// What SQLite says.
pub fn retire_model(connection: &mut Connection, id: i32) -> Result<(), StoreError> {
    diesel::update(models::table.find(id))
        .set((models::is_active.eq(false), models::file_digest.eq(None::<String>)))
        .execute(connection)?;
    Ok(())
}
