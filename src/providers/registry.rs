//! The pools of one worker. A pool is made at the first call to its provider, and made anew when
//! the provider's settings that connections depend on change; calls in flight on the old one run
//! to their end.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::actor::Transport;
use super::handle::PoolHandle;
use super::http::HttpTransport;
use super::state::ProviderState;
use crate::catalog::Provider;
use crate::domain::failure::Fault;
use crate::domain::hops::RouterId;
use crate::domain::ids::ProviderId;
use crate::domain::provider_kind::ProviderKind;

pub struct Pools {
    tls: Arc<ClientConfig>,
    router: RouterId,
    by_provider: RefCell<HashMap<ProviderId, Entry>>,
}

struct Entry {
    key: (u64, Duration),
    handle: PoolHandle,
}

impl Pools {
    pub fn new(tls: Arc<ClientConfig>, router: RouterId) -> Self {
        Self { tls, router, by_provider: RefCell::default() }
    }

    /// The provider's pool on this worker; its connections are counted in `state`.
    ///
    /// # Errors
    /// When the provider has no URL that can be called.
    pub fn of(
        &self,
        provider: &Provider,
        state: &ProviderState,
        connect: Duration,
    ) -> Result<PoolHandle, Fault> {
        let key = (provider.revision, connect);
        if let Some(entry) = self.by_provider.borrow().get(&provider.id)
            && entry.key == key
            && entry.handle.is_alive()
        {
            return Ok(entry.handle.clone());
        }
        let transport = match provider.kind {
            ProviderKind::Mock => Transport::Mock,
            _ => {
                let counted = (self.tls.clone(), state.counts.clone());
                let http = HttpTransport::new(provider, connect, counted, self.router)?;
                Transport::Http(Rc::new(http))
            }
        };
        let handle = PoolHandle::new(transport);
        let entry = Entry { key, handle: handle.clone() };
        self.by_provider.borrow_mut().insert(provider.id, entry);
        Ok(handle)
    }
}
