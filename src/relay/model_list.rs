//! Asks a provider for the list of its models, page by page, through its pool and with its key.

use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::upstream::{Dispatch, Upstream, is_good};
use crate::catalog::Provider;
use crate::config::entries::MockSettings;
use crate::config::sections::Timeouts;
use crate::dialects::Dialect;
use crate::dialects::model_list::{Page, ReportedModel, first_query, read};
use crate::domain::failure::{Fault, Stage, UpstreamFailure};
use crate::domain::hops::Hops;
use crate::domain::vendor_headers::VendorHeaders;
use crate::providers::{DispatchError, Operation, Pools, ProviderStates, ReplyBody};

/// For all pages together.
const DEADLINE: Duration = Duration::from_secs(30);

const MAX_PAGES: usize = 20;

/// What is beyond is not read.
const MAX_MODELS: usize = 5_000;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelList {
    /// In the upstream's order, each name once.
    pub models: Vec<ReportedModel>,
    /// Entries whose name cannot be one.
    pub unusable: usize,
    /// There were more than are read.
    pub is_cut: bool,
}

/// For a provider that can be called and has a list. `configured`: the upstream's names of its
/// models, which a mock reports unless its settings name others.
///
/// # Errors
/// Why there is no list. It is kept as the provider's last error, and holds no secret.
///
/// # Cancel safety
/// Dropping the future cancels the call.
pub async fn list_models(
    pools: &Pools,
    states: &ProviderStates,
    provider: &Provider,
    timeouts: &Timeouts,
    configured: &[&str],
) -> Result<ModelList, UpstreamFailure> {
    let asked = async {
        let upstream = Upstream::of(pools, states, provider, timeouts)?;
        let mut mock = provider.settings.mock.clone().unwrap_or_default();
        let configured = || configured.iter().map(|name| (*name).to_owned()).collect();
        mock.models.get_or_insert_with(configured);
        pages(Asked { dialect: provider.kind.facts().dialect, upstream, mock }).await
    };
    let too_slow = Fault::TooSlow { stage: Stage::Head, limit: DEADLINE };
    let outcome = timeout(DEADLINE, asked).await.unwrap_or(Err(too_slow));
    outcome.map_err(|fault| {
        let failure = provider.failure(fault);
        let at_us = jiff::Timestamp::now().as_microsecond();
        provider.health.last_error.set(at_us, None, &failure);
        failure
    })
}

struct Asked<'a> {
    dialect: Dialect,
    upstream: Upstream<'a>,
    mock: MockSettings,
}

async fn pages(asked: Asked<'_>) -> Result<ModelList, Fault> {
    let dialect = asked.dialect;
    let mut list = ModelList::default();
    let mut known = HashSet::new();
    let mut seen = HashSet::new();
    let mut query = first_query(dialect);
    loop {
        let page = page(&asked, query.clone()).await?;
        list.unusable += page.unusable;
        for model in page.models {
            if list.models.len() == MAX_MODELS {
                list.is_cut = true;
                return Ok(list);
            }
            if known.insert(model.name.clone()) {
                list.models.push(model);
            }
        }
        let Some(next) = page.next else { return Ok(list) };
        // The same page again would go on for ever.
        if !seen.insert(next.clone()) {
            let what = "its list of models leads to the same page again and again";
            return Err(Fault::BadAnswer(String::from(what)));
        }
        if seen.len() == MAX_PAGES {
            list.is_cut = true;
            return Ok(list);
        }
        query = Some(next);
    }
}

async fn page(asked: &Asked<'_>, query: Option<String>) -> Result<Page, Fault> {
    let Asked { dialect, upstream, mock } = asked;
    let request = Dispatch {
        operation: Operation::ListModels,
        body: Bytes::new().into(),
        path: query,
        hops: Hops::default(),
        trace: None,
        vendor: VendorHeaders::default(),
        is_stream: false,
        mock: Some(mock.clone()),
    };
    let key = upstream.choose_key(&[]);
    let reply = upstream.send(request, key.as_ref()).await.map_err(|error| match error {
        DispatchError::Fault(fault) => fault,
        DispatchError::Saturated { .. } => Fault::Connect(error.to_string()),
    })?;
    if !is_good(&reply) {
        let read = upstream.read_error(*dialect, &reply, None);
        let (refusal, message) = (read.refusal, read.error.message);
        let (status, retry_after) = (reply.status, reply.retry_after);
        return Err(Fault::Status { status, refusal, message, retry_after, vendor: None });
    }
    let body: &[u8] = match &reply.body {
        ReplyBody::Whole(body) => body,
        ReplyBody::Stream(_) => b"",
    };
    let unread = |reason| Fault::BadAnswer(format!("its list of models cannot be read ({reason})"));
    read(*dialect, body).map_err(unread)
}
