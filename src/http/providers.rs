//! `GET /providers`.

use actix_web::web::{Data, Json};
use serde::Serialize;

use super::shared::Shared;
use super::visitor::Visitor;
use crate::catalog::Provider;
use crate::config::entries::ProviderSettings;

#[derive(Serialize)]
pub struct ProviderView {
    id: i32,
    name: String,
    r#type: &'static str,
    is_active: bool,
    base_url: Option<String>,
    origin: &'static str,
    /// Whether there is a key; never the key.
    has_key: bool,
    settings: ProviderSettings,
    /// `ready`, `inactive`, `no key`, `no url`, `not supported yet`.
    health: &'static str,
    /// What to do about it, where it is not ready.
    detail: Option<String>,
}

impl From<&Provider> for ProviderView {
    fn from(provider: &Provider) -> Self {
        Self {
            id: provider.id.0,
            name: provider.name.clone(),
            r#type: provider.kind.as_str(),
            is_active: provider.is_active,
            base_url: provider.base_url.clone(),
            origin: provider.origin.as_str(),
            has_key: !provider.keys.is_empty(),
            settings: without_secrets(&provider.settings),
            health: provider.state(),
            detail: provider.why_not(),
        }
    }
}

/// Headers may hold credentials of a proxy on the way.
fn without_secrets(settings: &ProviderSettings) -> ProviderSettings {
    let hide = |(name, _): &(String, String)| (name.clone(), String::from("[hidden]"));
    let headers = settings.headers.iter().map(hide).collect();
    ProviderSettings { headers, ..settings.clone() }
}

pub async fn list(_: Visitor, shared: Data<Shared>) -> Json<Vec<ProviderView>> {
    let snapshot = shared.catalogue.snapshot();
    Json(snapshot.providers().iter().map(|provider| ProviderView::from(&**provider)).collect())
}
