//! Converts entries to database rows. Columns that only the file or only REST sets are added by the
//! caller.

use serde::Serialize;

use super::provider::Origin;
use crate::config::entries::{ModelEntry, ProviderEntry};
use crate::store::StoreError;
use crate::store::catalogue::{NewModel, NewProvider};

pub fn provider(
    entry: &ProviderEntry,
    origin: Origin,
    now_us: i64,
) -> Result<NewProvider, StoreError> {
    Ok(NewProvider {
        name: entry.name.clone(),
        kind: entry.kind.as_str().to_owned(),
        base_url: entry.base_url.clone(),
        api_key_env: entry.api_key_env.clone(),
        is_active: entry.is_active,
        settings: to_json(&entry.settings)?,
        origin: origin.as_str().to_owned(),
        file_digest: None,
        updated_at_us: now_us,
        sealed: None,
        file_destination: None,
    })
}

pub fn model(
    entry: &ModelEntry,
    provider_id: i32,
    origin: Origin,
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
        origin: origin.as_str().to_owned(),
        file_digest: None,
        updated_at_us: now_us,
    })
}

fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Row(String::from("an entry"), error.to_string()))
}
