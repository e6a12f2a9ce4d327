//! What handlers work with: one [`AppState`] for the process, one [`WorkerContext`] a web worker.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::web::block;
use jiff::Timestamp;
use thiserror::Error;

use crate::auth::Authenticator;
use crate::catalog::Catalogue;
use crate::catalog::fetched_prices::FetchedPrices;
use crate::catalog::watcher::WatcherHandle;
use crate::config::settings::Settings;
use crate::domain::clock::Clock;
use crate::domain::hops::RouterId;
use crate::door::{Certificate, Drain};
use crate::http::console::Console;
use crate::http::middleware::caller::RequestMeta;
use crate::http::monitor::export::slots::Exports;
use crate::http::monitor::live::places::Live;
use crate::http::problem::Problem;
use crate::keys::{Clocks, KeyService};
use crate::observe::metrics::Metrics;
use crate::providers::ProviderStates;
use crate::recorder::{JournalHandle, RecorderHandle};
use crate::relay::{Cut, InFlight, RelayContext};
use crate::store::reader::Reader;
use crate::store::watcher::ChangeWatcher;
use crate::store::{Connection, StoreError};
use crate::telemetry::Spans;

pub struct AppState {
    /// Those of the start.
    pub settings: Settings,
    pub authenticator: Authenticator,
    pub keys: KeyService,
    pub changes: ChangeWatcher,
    pub catalogue: Arc<Catalogue>,
    pub states: Arc<ProviderStates>,
    pub watcher: WatcherHandle,
    pub recorder: RecorderHandle,
    pub in_flight: InFlight,
    pub live: Live,
    pub journal: JournalHandle,
    pub reader: Reader,
    pub exports: Exports,
    pub metrics: Arc<Metrics>,
    pub console: Console,
    pub spans: Spans,
    pub fetched_prices: FetchedPrices,
    pub max_body_bytes: usize,
    pub body_timeout: Duration,
    pub is_stopping: Arc<AtomicBool>,
    pub cut: Cut,
    /// Of `[server.tls]`.
    pub certificate: Option<Arc<Certificate>>,
    pub drain: Drain,
    /// This process, as other routers know it.
    pub router: RouterId,
    pub clock: Clock,
}

/// Why a query of the database has no result.
#[derive(Debug, Error)]
pub enum ReadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the database's threads are gone")]
    ThreadsGone,
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Store(error) => error.into(),
            ReadError::ThreadsGone => Self::new(503, "database_unavailable", error.to_string()),
        }
    }
}

impl AppState {
    /// Runs a query on a thread that may block.
    ///
    /// # Errors
    /// The query's own error, or that there is no connection or thread for it.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, ReadError> {
        let reader = self.reader.clone();
        let read = block(move || reader.read(query)).await;
        Ok(read.map_err(|_| ReadError::ThreadsGone)??)
    }

    pub fn now(&self) -> Duration {
        self.clock.uptime()
    }

    /// Now, on both clocks.
    pub fn clocks(&self) -> Clocks {
        Clocks::now(self.clock)
    }

    /// When a request arrived, from its own readings of the clocks.
    pub fn began(&self, meta: &RequestMeta) -> Clocks {
        Clocks {
            uptime: self.clock.at(meta.arrived),
            time: Timestamp::from_microsecond(meta.arrived_us).unwrap_or(Timestamp::MAX),
        }
    }

    pub fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::Relaxed)
    }
}

pub struct WorkerContext(pub Rc<RelayContext>);
