//! Rows of the database, with the keys of the environment, become a snapshot.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::capabilities::Table;
use super::endpoint::chat_url;
use super::model::{Model, prices_of};
use super::provider::{Access, Origin, Provider};
use super::proxy;
use super::snapshot::{Policy, Snapshot};
use crate::config::entries::{ProviderEntry, ProviderKind};
use crate::domain::ids::{ModelId, ProviderId};
use crate::domain::secret::Secret;
use crate::store::StoreError;
use crate::store::catalogue::{CatalogueRows, ModelRow, ProviderRow};

/// Where keys come from: those written in the file, by provider, and the environment.
pub struct Keys<'a> {
    pub in_file: &'a HashMap<String, Vec<Secret>>,
    pub env: &'a dyn Fn(&str) -> Option<String>,
}

/// # Errors
/// When a row holds what this version cannot read.
pub fn snapshot(
    generation: u64,
    policy: Policy,
    rows: CatalogueRows,
    keys: &Keys<'_>,
    before: &Snapshot,
) -> Result<Snapshot, StoreError> {
    let mut providers = HashMap::new();
    let mut in_order = Vec::with_capacity(rows.providers.len());
    for row in rows.providers {
        let mut provider = provider(row, keys)?;
        let known = before.providers().iter().find(|known| known.id == provider.id);
        // Another address or another key is another chance.
        let known = known.filter(|known| known.revision == provider.revision);
        provider.vitals = known.map(|known| known.vitals.clone()).unwrap_or_default();
        let provider = Arc::new(provider);
        providers.insert(provider.id.0, provider.clone());
        in_order.push(provider);
    }
    let mut tags: HashMap<i32, Vec<String>> = HashMap::new();
    for (model, tag) in rows.tags {
        tags.entry(model).or_default().push(tag);
    }
    let table = Table::shipped()
        .map_err(|error| StoreError::Row(String::from("capabilities.toml"), error.to_string()))?;
    let mut models = Vec::with_capacity(rows.models.len());
    for row in rows.models {
        let Some(provider) = providers.get(&row.said.provider_id) else { continue };
        let tags = tags.remove(&row.id).unwrap_or_default();
        let mut model = model(row, provider.clone(), tags, &table)?;
        let known = before.models().iter().find(|known| known.id == model.id);
        let known = known.filter(|known| known.provider.revision == provider.revision);
        model.vitals = known.map(|known| known.vitals.clone()).unwrap_or_default();
        models.push(Arc::new(model));
    }
    Ok(Snapshot::new(generation, policy, in_order, models))
}

fn provider(
    ProviderRow { id, said: row }: ProviderRow,
    keys: &Keys<'_>,
) -> Result<Provider, StoreError> {
    let unreadable = |what: String| StoreError::Row(format!("provider `{}`", row.name), what);
    let kind = ProviderKind::parse(&row.kind)
        .ok_or_else(|| unreadable(format!("type `{}` is unknown", row.kind)))?;
    let settings = serde_json::from_str(&row.settings)
        .map_err(|error| unreadable(format!("settings: {error}")))?;
    let entry = ProviderEntry {
        name: row.name,
        kind,
        base_url: row.base_url,
        api_key_env: row.api_key_env,
        is_active: row.is_active,
        settings,
        api_key: Vec::new(),
        at: 0,
    };
    let id = ProviderId(id);
    Ok(Provider {
        id,
        origin: origin(&row.origin),
        ..provider_of_entry(&entry, keys.in_file, keys.env)
    })
}

/// The provider that an entry would become, as far as that can be said without a database.
pub fn provider_of_entry(
    entry: &ProviderEntry,
    in_file: &HashMap<String, Vec<Secret>>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Provider {
    let base_url = entry.base_url.clone();
    let mut provider = Provider {
        id: ProviderId(0),
        keys: keys_of(&entry.name, entry.api_key_env.as_deref(), &Keys { in_file, env }),
        name: entry.name.clone(),
        kind: entry.kind,
        base_url: base_url.or_else(|| entry.kind.default_base_url().map(str::to_owned)),
        chat_url: None,
        api_key_env: entry.api_key_env.clone(),
        is_active: entry.is_active,
        settings: entry.settings.clone(),
        origin: Origin::File,
        access: Access::Ready,
        proxy: None,
        revision: 0,
        vitals: Arc::default(),
    };
    provider.access = access(&mut provider, env);
    provider.revision = revision(&provider);
    provider
}

fn keys_of(name: &str, variable: Option<&str>, keys: &Keys<'_>) -> Vec<Secret> {
    if let Some(written) = keys.in_file.get(name)
        && !written.is_empty()
    {
        return written.clone();
    }
    variable.and_then(keys.env).map(|list| Secret::list(&list)).unwrap_or_default()
}

fn access(provider: &mut Provider, env: &dyn Fn(&str) -> Option<String>) -> Access {
    if provider.kind == ProviderKind::Mock {
        return Access::Ready;
    }
    let base_url = provider.base_url.as_deref().unwrap_or_default();
    match chat_url(provider.kind, base_url, provider.settings.endpoint.as_deref()) {
        Ok(url) => match proxy::choose(provider.settings.proxy.as_deref(), &url, env) {
            Ok(proxy) => {
                provider.proxy = proxy;
                provider.chat_url = Some(url);
            }
            Err(error) => return Access::NoUrl(error),
        },
        Err(error) => return Access::NoUrl(error.to_string()),
    }
    let names_a_key =
        provider.kind == ProviderKind::OpenaiCompatible && provider.api_key_env.is_some();
    if provider.keys.is_empty() && (provider.kind.needs_key() || names_a_key) {
        return Access::NoKey { variable: provider.api_key_env.clone() };
    }
    Access::Ready
}

/// A digest of all that the connections and the key ring are made of.
fn revision(provider: &Provider) -> u64 {
    let mut hasher = DefaultHasher::new();
    provider.chat_url.as_ref().map(url::Url::as_str).hash(&mut hasher);
    for key in &provider.keys {
        key.expose().hash(&mut hasher);
    }
    format!("{:?} {:?}", provider.settings, provider.proxy).hash(&mut hasher);
    hasher.finish()
}

fn model(
    ModelRow { id, said: row }: ModelRow,
    provider: Arc<Provider>,
    tags: Vec<String>,
    table: &Table,
) -> Result<Model, StoreError> {
    let unreadable = |what: &str, error: serde_json::Error| {
        StoreError::Row(
            format!("model `{}/{}`", provider.name, row.name),
            format!("{what}: {error}"),
        )
    };
    let default_params = serde_json::from_str(&row.default_params)
        .map_err(|error| unreadable("default_params", error))?;
    let config = serde_json::from_str(&row.config).map_err(|error| unreadable("config", error))?;
    let rate_limit = row
        .rate_limit
        .as_deref()
        .map(serde_json::from_str)
        .transpose()
        .map_err(|error| unreadable("rate_limit", error))?;
    let prices = prices_of(&config);
    let facts = table.facts(row.remote_identifier.as_deref().unwrap_or(&row.name), &config);
    Ok(Model {
        id: ModelId(id),
        name: row.name,
        display_name: row.display_name,
        description: row.description,
        remote_identifier: row.remote_identifier,
        is_active: row.is_active,
        tags,
        default_params,
        prices,
        facts,
        config,
        rate_limit,
        local_path: row.local_path,
        download_uri: row.download_uri,
        origin: origin(&row.origin),
        provider,
        vitals: Arc::default(),
    })
}

fn origin(text: &str) -> Origin {
    if text == "api" { Origin::Api } else { Origin::File }
}
