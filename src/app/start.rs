//! Builds the components, from the database up, and starts the server.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use actix::{Arbiter, ArbiterHandle};
use actix_cors::Cors;
use actix_web::dev::Server;
use actix_web::middleware::{Condition, from_fn};
use actix_web::web;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use log::{info, warn};
use rustls::ClientConfig;
use tokio::sync::oneshot;

use super::connections::Connections;
use super::follow::InMemory;
use super::listeners::{Inherited, Listeners, bind_error};
use super::recording;
use super::running::{Running, Serving};
use super::server::Service;
use super::workers::Workers;
use super::{descriptors, tls, usage};
use crate::auth::Authenticator;
use crate::catalog::fetched_prices::FetchedPrices;
use crate::catalog::vault::{self, Vault};
use crate::catalog::watcher::{LoadError, Loader, OnPublish, OnTake, WatcherHandle, read_text};
use crate::catalog::{Access, Catalogue, Snapshot};
use crate::config;
use crate::config::own_address::OwnAddress;
use crate::config::settings::{BadVariable, Env, Flags, Settings, config_path};
use crate::domain::clock::Clock;
use crate::domain::hops::RouterId;
use crate::door::{BadPair, Certificate, Drain};
use crate::http::{AppState, Console, Exports, Live, WorkerContext, every_request, routes};
use crate::keys::{self, KeyService, Keyring, Sessions};
use crate::observe::metrics::Metrics;
use crate::providers::{Pools, ProviderStates, trust_roots};
use crate::recorder::{Feed, JournalHandle, OnTraced, OnWritten, RecorderHandle};
use crate::relay::{Cut, HealthChecker, InFlight, RelayContext, SelectionSeeds};
use crate::routing::dead_names;
use crate::store::reader::Reader;
use crate::store::space::{COMPACT, Space};
use crate::store::watcher::ChangeWatcher;
use crate::store::writer::WriterHandle;
use crate::store::{Connection, Database, StoreError, batches};
use crate::telemetry::{Spans, Tracing};

/// Thirty days. A process retries a batch for minutes, not for longer.
const BATCHES_REMEMBERED_US: i64 = 30 * 86_400 * 1_000_000;

/// The inputs of a start.
#[derive(Clone)]
pub struct Launch {
    pub flags: Flags,
    pub env: Env,
    pub inherited: Inherited,
    /// Another router serves with the same database and stops once this one is ready.
    pub takes_over: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Config(#[from] LoadError),

    #[error(transparent)]
    Variable(#[from] BadVariable),

    #[error(transparent)]
    Store(#[from] StoreError),

    #[error("the certificate of [server.tls] cannot be used: {0}")]
    Certificate(#[from] BadPair),

    #[error("cannot listen on {address}: {reason}")]
    Bind { address: String, reason: String },

    #[error("the listening socket has no address")]
    NoAddress,

    #[error("socket {0} that was passed in LISTEN_FDS cannot be used: {1}")]
    Inherited(usize, String),

    #[error("signals cannot be received: {0}")]
    Signals(String),

    #[error("the sockets of the router that this one was to replace did not come: {0}")]
    TakeOver(String),

    #[error(
        "this version changes the database, which the running one cannot write then; stop that one \
         first (`systemctl restart`)"
    )]
    OtherSchema,
}

pub struct App;

impl App {
    /// Starts everything and returns once the port is open. Must run in an actix system.
    ///
    /// # Errors
    /// When the configuration, the database or the port cannot be used.
    pub async fn start(launch: Launch) -> Result<Running, StartError> {
        let settings = settings(&launch)?;
        // The port comes first: a start that fails must not have touched the database of a running
        // router.
        let listeners = Listeners::open(&settings, &launch.inherited)?;
        let settings = listeners.settle(settings);
        let certificate = tls::read(&settings)?;
        let database = Database::at(&settings.database);
        prepare(&database, launch.takes_over).await?;
        let (components, tracing) =
            Components::build(&launch, &settings, (&database, certificate)).await?;
        warn_if_open(&settings);
        let snapshot = components.state.catalogue.snapshot();
        log_providers_without_key(&snapshot);
        log_space(&components.state.reader);
        HealthChecker::start_with(components.context().0);
        tls::watch(&components.state);
        actix::spawn(descriptors::watch());
        let (workers, connections) = (Workers::default(), Connections::default());
        let accepting = (&listeners, connections.clone());
        let server = components.serve(accepting, &settings, &workers)?;
        let addresses = listeners.addresses();
        let address = addresses.first().copied().ok_or(StartError::NoAddress)?;
        let everywhere = match addresses.iter().find(|address| address.ip().is_unspecified()) {
            Some(address) => {
                format!(", and on every other address of this machine ({address})")
            }
            None => String::new(),
        };
        info!(
            "listening on {}, database {}{everywhere}",
            listeners.urls(settings.tls.is_some()),
            database.path()
        );
        if !settings.base_path.is_root() {
            info!("the console and the API are also below {}", settings.base_path);
        }
        let serving = Serving { server, listeners, connections, workers, tracing };
        Ok(Running::new(serving, components.state, (address, settings)))
    }
}

/// The settings; the file is read once for them before it is loaded.
fn settings(launch: &Launch) -> Result<Settings, StartError> {
    let path = config_path(&launch.flags, &*launch.env);
    let text = read_text(&path)?;
    let server = match config::read_with(&text, &*launch.env) {
        Ok((file, _)) => file.server,
        Err(problems) => {
            return Err(LoadError::Invalid { path: path.display().to_string(), problems }.into());
        }
    };
    Ok(Settings::resolve(&launch.flags, &*launch.env, &server)?)
}

/// Everything that outlives a request.
#[derive(Clone)]
struct Components {
    state: web::Data<AppState>,
    /// The main thread's.
    arbiter: ArbiterHandle,
    states: Arc<ProviderStates>,
    tls: Arc<ClientConfig>,
    seeds: Arc<SelectionSeeds>,
}

impl Components {
    async fn build(
        launch: &Launch,
        settings: &Settings,
        (database, certificate): (&Database, Option<Arc<Certificate>>),
    ) -> Result<(Self, Tracing), StartError> {
        let metrics = Arc::new(Metrics::default());
        let writer = WriterHandle::start(database.clone());
        let keyring: Arc<Keyring> = Arc::default();
        let reader = Reader::of(database);
        let feed = Feed::of(reader.clone());
        let catalogue = Arc::new(Catalogue::default());
        let tracing = Tracing::start();
        let (on_written, on_traced) = (on_written(&keyring, &feed), on_traced(tracing.spans()));
        let count_usage = usage::counter(&keyring);
        let hooks = recording::hooks(&catalogue, on_written, count_usage, on_traced);
        let recorder = RecorderHandle::start(writer.clone(), metrics.clone(), hooks);
        let journal = JournalHandle::start(writer.clone());
        let clock = Clock::start();
        let states = Arc::new(ProviderStates::by(clock));
        let keys = KeyService {
            keyring: keyring.clone(),
            sessions: Arc::new(Sessions::new(writer.clone())),
            writer: writer.clone(),
        };
        let sessions = keys.sessions.clone();
        let expired = Timestamp::now().as_microsecond() - BATCHES_REMEMBERED_US;
        let begin = move |connection: &mut Connection| {
            batches::forget(connection, expired)?;
            sessions.refresh(connection)
        };
        writer.write(begin).await?;
        let watcher = WatcherHandle::start(Loader {
            path: settings.config_path.clone(),
            writer: writer.clone(),
            reader: reader.clone(),
            catalogue: catalogue.clone(),
            head_timeout: settings.head_timeout,
            on_take: on_take(settings, &launch.env),
            on_taken: {
                let keyring = keyring.clone();
                Arc::new(move |connection| keyring.refresh(connection))
            },
            on_names: Arc::new(dead_names::warnings),
            own_address: OwnAddress::of(settings),
            on_publish: on_publish(&states, tracing.spans()),
            on_event: {
                let journal = journal.clone();
                Arc::new(move |event| journal.note(event))
            },
            vault: Vault::of((launch.env)(vault::VARIABLE).as_deref()),
            env: launch.env.clone(),
            file_state: ArcSwap::default(),
            seen: Arc::default(),
        })
        .await?;
        let followers =
            InMemory { keyring, sessions: keys.sessions.clone(), catalogue: watcher.clone() };
        let state = web::Data::new(AppState {
            settings: settings.clone(),
            authenticator: Authenticator::new(
                settings,
                keys.keyring.clone(),
                keys.sessions.clone(),
            ),
            changes: ChangeWatcher::start(
                Arc::new(followers),
                database.clone(),
                reader.clone(),
                writer,
            ),
            keys,
            catalogue,
            states: states.clone(),
            watcher,
            recorder,
            in_flight: InFlight::default(),
            live: Live::new(feed),
            journal,
            reader,
            exports: Exports::new(database.clone(), temporary_folder(&launch.env)),
            metrics,
            console: Console::at(settings.base_path.clone()),
            spans: tracing.spans(),
            fetched_prices: FetchedPrices::default(),
            max_body_bytes: settings.max_body_bytes,
            body_timeout: settings.body_timeout,
            is_stopping: Arc::new(AtomicBool::new(false)),
            cut: Cut::default(),
            certificate,
            drain: Drain::default(),
            router: RouterId::random(),
            clock,
        });
        let components = Self {
            state,
            arbiter: Arbiter::current(),
            states,
            tls: trust_roots(),
            seeds: Arc::default(),
        };
        Ok((components, tracing))
    }

    /// The context of the worker on whose thread this is called.
    fn context(&self) -> WorkerContext {
        WorkerContext(Rc::new(RelayContext {
            catalogue: self.state.catalogue.clone(),
            states: self.states.clone(),
            pools: Pools::new(self.tls.clone(), self.state.router),
            recorder: self.state.recorder.clone(),
            calls: self.state.in_flight.worker(),
            journal: self.state.journal.clone(),
            is_stopping: self.state.is_stopping.clone(),
            cut: self.state.cut.clone(),
            clock: self.state.clock,
            arbiter: self.arbiter.clone(),
            seeds: self.seeds.clone(),
        }))
    }

    fn serve(
        &self,
        (listeners, connections): (&Listeners, Connections),
        settings: &Settings,
        workers: &Workers,
    ) -> Result<Server, StartError> {
        let bind_failed = |error: io::Error| bind_error(settings, &error);
        let (components, workers) = (self.clone(), workers.clone());
        let origins = settings.cors_origins.clone();
        let application = move || {
            workers.add(Arbiter::current());
            actix_web::App::new()
                .app_data(components.state.clone())
                .app_data(web::Data::new(components.context()))
                .wrap(from_fn(every_request))
                .wrap(Condition::new(!origins.is_empty(), cors(&origins)))
                .configure(routes)
        };
        let sockets = listeners.duplicates().map_err(bind_failed)?;
        let service = Service::new(settings, sockets, connections);
        let server = match &self.state.certificate {
            None => service.plain(application),
            Some(certificate) => {
                service.secured(application, certificate.clone(), self.state.drain.clone())
            }
        };
        server.map_err(bind_failed)
    }
}

/// Creates or migrates the database, on a thread that a stop does not wait for: SQLite undoes what
/// is not finished.
async fn prepare(database: &Database, takes_over: bool) -> Result<(), StartError> {
    let database = database.clone();
    let (sender, prepared) = oneshot::channel();
    let prepare = move || match takes_over && database.is_to_be_migrated()? {
        true => Err(StartError::OtherSchema),
        false => database.prepare().map_err(StartError::from),
    };
    // Nobody listens any more after a signal.
    std::thread::spawn(move || sender.send(prepare()));
    prepared.await.unwrap_or(Err(StoreError::WriterStopped.into()))
}

/// Where `TMPDIR` says.
fn temporary_folder(env: &Env) -> Option<PathBuf> {
    env("TMPDIR").filter(|folder| !folder.is_empty()).map(PathBuf::from)
}

/// Stores the keys of the file and of the environment in the database.
fn on_take(settings: &Settings, env: &Env) -> OnTake {
    let (of_environment, env) = (settings.api_keys.clone(), env.clone());
    Arc::new(move |connection, file| {
        keys::sync::apply(connection, file, &of_environment, &*env, Timestamp::now())
    })
}

/// Charges the cost of calls to the accounts of their keys once it is on disk, and has those who
/// watch look.
fn on_written(keyring: &Arc<Keyring>, feed: &Feed) -> OnWritten {
    let (keyring, feed) = (keyring.clone(), feed.clone());
    Arc::new(move |batch| {
        for record in batch {
            keyring.wrote(std::slice::from_ref(&record.call));
        }
        feed.wrote();
    })
}

fn on_traced(spans: Spans) -> OnTraced {
    Arc::new(move |call| spans.offer(call))
}

fn on_publish(states: &Arc<ProviderStates>, spans: Spans) -> OnPublish {
    let states = states.clone();
    Arc::new(move |snapshot| {
        states.refresh(snapshot);
        spans.configure(snapshot.policy.telemetry.as_ref());
    })
}

fn cors(origins: &[String]) -> Cors {
    origins
        .iter()
        .fold(Cors::default(), |cors, origin| match origin.as_str() {
            "*" => cors.allow_any_origin(),
            origin => cors.allowed_origin(origin),
        })
        .allow_any_method()
        .allow_any_header()
        .expose_any_header()
        .max_age(3600)
}

fn warn_if_open(settings: &Settings) {
    if !settings.require_auth {
        warn!(
            "LLM_ROUTER_REQUIRE_AUTH is false: anyone who reaches port {} can use every provider's key",
            settings.port
        );
    }
}

fn log_space(reader: &Reader) {
    if reader.read(Space::of).is_ok_and(|space| !space.is_incremental) {
        info!("{COMPACT}");
    }
}

fn log_providers_without_key(snapshot: &Snapshot) {
    let without: Vec<String> = snapshot
        .providers()
        .iter()
        .filter(|provider| provider.is_active)
        .filter_map(|provider| match &provider.access {
            Access::NoKey { variable: Some(variable) } => {
                Some(format!("{} ({variable})", provider.name))
            }
            Access::NoKey { variable: None } => Some(provider.name.clone()),
            Access::KeyUnusable(reason) => Some(format!("{}: {reason}", provider.name)),
            Access::Ready | Access::NoUrl(_) => None,
        })
        .collect();
    if !without.is_empty() {
        info!("no key, not used: {}", without.join(", "));
    }
}
