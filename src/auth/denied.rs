//! Why a request is not authenticated.

use std::sync::Arc;
use std::time::Duration;

use super::not_local::NotLocal;
use crate::keys::Unusable;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error(
        "this router takes only local calls: no key is configured; make one with `llm-router keys \
         create --name NAME`, or set LLM_ROUTER_API_KEYS, and send it as `Authorization: Bearer …`{}",
        not_local_hint(.0)
    )]
    NoKeyConfigured(Option<NotLocal>),
    #[error("a key is needed: send it as `Authorization: Bearer …`{}", not_local_hint(.0))]
    NoCredential(Option<NotLocal>),
    #[error("the key is unknown{}", not_local_hint(.0))]
    UnknownCredential(Option<NotLocal>),
    #[error("{0}")]
    Unusable(Unusable),
    /// `client`: the address that the caller counts as, and why.
    #[error("the key `{key}` may not be used from this address: {client}")]
    Address { key: Arc<str>, client: String },
    #[error("too many unknown keys came from this address; try again in {} s", .0.as_secs().max(1))]
    TooManyAttempts(Duration),
}

/// Why a call needs a key that a local one does not.
fn not_local_hint(reason: &Option<NotLocal>) -> String {
    reason.as_ref().map(|reason| format!(". The call is not local: {reason}")).unwrap_or_default()
}
