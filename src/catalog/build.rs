//! Builds a snapshot from the database's rows and the environment's keys.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::capabilities::Table;
use super::credentials::{Credentials, SecretProblem, Sources, StoredSecrets, headers};
use super::destination::destination;
use super::endpoint::{Endpoints, endpoints};
use super::model::{Model, price_of};
use super::price_list::PriceList;
use super::provider::{Access, Origin, Provider};
use super::proxy;
use super::snapshot::{Policy, Snapshot};
use super::vault::Vault;
use crate::config::egress::EgressPolicy;
use crate::config::entries::ProviderEntry;
use crate::config::secrets::ProviderSecrets;
use crate::config::variable;
use crate::domain::ids::{ModelId, ProviderId};
use crate::domain::provider_kind::ProviderKind;
use crate::domain::provider_kind::facts::{BaseUrl, KeyNeed};
use crate::domain::secret::Secret;
use crate::domain::service::{ModelKind, Service, ServiceSet};
use crate::store::StoreError;
use crate::store::catalogue::{CatalogueRows, ModelRow, NewProvider, ProviderRow};

/// # Errors
/// A row holds a value that this version cannot read.
pub fn snapshot(
    generation: u64,
    policy: Policy,
    rows: CatalogueRows,
    sources: &Sources<'_>,
    before: &Snapshot,
) -> Result<Snapshot, StoreError> {
    let mut providers = HashMap::new();
    let mut in_order = Vec::with_capacity(rows.providers.len());
    for row in rows.providers {
        let mut provider = provider(row, policy.egress, sources)?;
        let known = before.providers().iter().find(|known| known.id == provider.id);
        // A changed address or key starts with fresh health.
        let known = known.filter(|known| known.revision == provider.revision);
        if let Some(known) = known {
            provider.health = known.health.clone();
            provider.limits.keep_capacity_of(&known.limits);
        }
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
    let list = PriceList::shipped()
        .map_err(|error| StoreError::Row(String::from("prices.toml"), error.to_string()))?;
    let mut models = Vec::with_capacity(rows.models.len());
    for row in rows.models {
        let Some(provider) = providers.get(&row.fields.provider_id) else { continue };
        let tags = tags.remove(&row.id).unwrap_or_default();
        let mut model = model(row, provider.clone(), tags, (&table, &list))?;
        let known = before.models().iter().find(|known| known.id == model.id);
        if let Some(known) = known {
            model.limits.keep_queue_of(&known.limits);
        }
        let known = known.filter(|known| known.provider.revision == provider.revision);
        if let Some(known) = known {
            model.health = known.health.clone();
            model.limits.keep_capacity_of(&known.limits);
        }
        models.push(Arc::new(model));
    }
    Ok(Snapshot::new(generation, policy, in_order, models))
}

fn provider(
    ProviderRow { id, fields: row }: ProviderRow,
    egress: EgressPolicy,
    sources: &Sources<'_>,
) -> Result<Provider, StoreError> {
    let entry = entry_of(&row)?;
    let stored = StoredSecrets {
        sealed: row.sealed.as_deref(),
        file_destination: row.file_destination.as_deref(),
    };
    let credentials = Credentials::find(&entry, stored, sources);
    Ok(Provider {
        id: ProviderId(id),
        origin: origin(&row.origin),
        ..assembled(&entry, credentials, egress, sources.env)
    })
}

/// The entry of a provider's row, without the secrets.
///
/// # Errors
/// The row holds a value that this version cannot read.
pub fn entry_of(row: &NewProvider) -> Result<ProviderEntry, StoreError> {
    let unreadable = |what: String| StoreError::Row(format!("provider `{}`", row.name), what);
    let kind = ProviderKind::parse(&row.kind)
        .ok_or_else(|| unreadable(format!("type `{}` is unknown", row.kind)))?;
    let settings = serde_json::from_str(&row.settings)
        .map_err(|error| unreadable(format!("settings: {error}")))?;
    Ok(ProviderEntry {
        name: row.name.clone(),
        kind,
        base_url: row.base_url.clone(),
        // An older version stored any text here.
        api_key_env: row.api_key_env.clone().filter(|name| variable::is_word(name)),
        is_active: row.is_active,
        settings,
        secrets: ProviderSecrets::default(),
        at: 0,
    })
}

/// The provider for an entry of the file, as far as it can be built without the database.
pub fn provider_of_entry(
    entry: &ProviderEntry,
    egress: EgressPolicy,
    env: &dyn Fn(&str) -> Option<String>,
) -> Provider {
    let there = destination(entry.kind, entry.base_url.as_deref(), &entry.settings);
    let stored = StoredSecrets { sealed: None, file_destination: Some(&there) };
    let in_file = HashMap::from([(entry.name.clone(), entry.secrets.clone())]);
    let destinations = HashMap::from([(entry.name.clone(), there.clone())]);
    let (in_file, destinations) = (&in_file, &destinations);
    let sources = Sources { in_file, destinations, env, vault: &Vault::of(None) };
    assembled(entry, Credentials::find(entry, stored, &sources), egress, env)
}

fn assembled(
    entry: &ProviderEntry,
    Credentials { secrets, problem }: Credentials,
    egress: EgressPolicy,
    env: &dyn Fn(&str) -> Option<String>,
) -> Provider {
    let base_url = entry.base_url.clone();
    let mut provider = Provider {
        id: ProviderId(0),
        headers: headers(&entry.settings, &secrets),
        keys: secrets.api_key,
        name: entry.name.clone(),
        kind: entry.kind,
        base_url: base_url.or_else(|| entry.kind.facts().base_url.default().map(str::to_owned)),
        apis: Vec::new(),
        services: Vec::new(),
        models_url: None,
        api_key_env: entry.api_key_env.clone(),
        is_active: entry.is_active,
        limits: Provider::limits_of(&entry.settings),
        settings: entry.settings.clone(),
        origin: Origin::File,
        access: Access::Ready,
        proxy: None,
        egress,
        revision: 0,
        health: Arc::default(),
    };
    provider.access = access(&mut provider, secrets.proxy.as_ref(), problem, env);
    provider.revision = revision(&provider);
    provider
}

fn access(
    provider: &mut Provider,
    hidden_proxy: Option<&Secret>,
    problem: Option<SecretProblem>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Access {
    if provider.kind.facts().base_url == BaseUrl::InProcess {
        return Access::Ready;
    }
    if let Some(SecretProblem::Locked(reason)) = problem {
        return Access::KeyUnusable(reason);
    }
    if let Err(reason) = resolve_url(provider, hidden_proxy, env) {
        return Access::NoUrl(reason);
    }
    let needs_key = match provider.kind.facts().key {
        KeyNeed::Always => true,
        KeyNeed::IfNamed => provider.api_key_env.is_some(),
        KeyNeed::Never => false,
    };
    if !provider.keys.is_empty() || !needs_key {
        return Access::Ready;
    }
    match problem {
        Some(SecretProblem::Withheld(reason)) => Access::KeyUnusable(reason),
        Some(SecretProblem::Locked(_)) | None => {
            Access::NoKey { variable: provider.api_key_env.clone() }
        }
    }
}

/// Sets the provider's URL and proxy.
fn resolve_url(
    provider: &mut Provider,
    hidden_proxy: Option<&Secret>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<(), String> {
    let base_url = provider.base_url.as_deref().unwrap_or_default();
    let Endpoints { apis, services, models } =
        endpoints(provider.kind, base_url, &provider.settings)
            .map_err(|error| error.to_string())?;
    if let Some(refusal) =
        apis.iter().chain(&services).find_map(|(_, url)| provider.egress.refuse(url))
    {
        return Err(refusal);
    }
    let written = match (hidden_proxy, provider.settings.has_hidden_proxy()) {
        (Some(hidden), true) => Some(hidden.expose()),
        (None, true) => return Err(String::from("the credentials of its proxy are not available")),
        (_, false) => provider.settings.proxy.as_deref(),
    };
    provider.proxy = proxy::choose(written, &models, env)?;
    if let Some(proxy) = &provider.proxy
        && let Some(refusal) = provider.egress.refuse_host(&proxy.host)
    {
        return Err(format!("its proxy: {refusal}"));
    }
    provider.apis = apis;
    provider.services = services;
    provider.models_url = Some(models);
    Ok(())
}

/// A digest of everything that the connections and the key ring depend on.
fn revision(provider: &Provider) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (_, url) in provider.apis.iter().chain(&provider.services) {
        url.as_str().hash(&mut hasher);
    }
    for key in &provider.keys {
        key.expose().hash(&mut hasher);
    }
    for (name, value) in &provider.headers {
        (name, value.expose()).hash(&mut hasher);
    }
    if let Some((user, password)) = provider.proxy.as_ref().and_then(|it| it.credentials.as_ref()) {
        (user, password.expose()).hash(&mut hasher);
    }
    format!("{:?} {:?} {:?}", provider.settings, provider.proxy, provider.egress).hash(&mut hasher);
    hasher.finish()
}

fn model(
    ModelRow { id, fields: row }: ModelRow,
    provider: Arc<Provider>,
    tags: Vec<String>,
    (table, list): (&Table, &PriceList),
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
    let remote_name = row.remote_identifier.as_deref().unwrap_or(&row.name);
    let price = price_of(&config, origin(&row.origin));
    let price = price.or_else(|| list.for_calls(&provider, remote_name)).map(Arc::new);
    let mut facts = table.facts(remote_name, &config);
    facts.capabilities.takes_text_files = provider.kind.facts().takes_text_files;
    facts.capabilities.services = services_of(&provider, facts.capabilities.kind);
    Ok(Model {
        id: ModelId(id),
        name: row.name,
        display_name: row.display_name,
        description: row.description,
        remote_identifier: row.remote_identifier,
        is_active: row.is_active,
        tags,
        default_params,
        prices: price.as_ref().map(|price| price.prices).unwrap_or_default(),
        price,
        facts,
        limits: Model::limits_of(&config, rate_limit.as_ref()),
        config,
        rate_limit,
        local_path: row.local_path,
        download_uri: row.download_uri,
        origin: origin(&row.origin),
        provider,
        health: Arc::default(),
    })
}

/// What the provider serves with a model of this kind. A mock does so without any URL.
fn services_of(provider: &Provider, kind: Option<ModelKind>) -> ServiceSet {
    let facts = provider.kind.facts();
    let completes = facts.completes_by_chat_models || kind == Some(ModelKind::Completion);
    let of_mock = facts.services.iter().map(|(service, _)| *service);
    let is_mock = provider.kind == ProviderKind::Mock;
    let own = provider.services.iter().map(|(dialect, _)| dialect.service());
    own.chain(of_mock.filter(|_| is_mock))
        .filter(|service| completes || *service != Service::Completions)
        .collect()
}

fn origin(text: &str) -> Origin {
    if text == "api" { Origin::Api } else { Origin::File }
}
