//! The actor: after a file event it waits until the file is quiet, and reloads if the text changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use actix::fut::ready;
use actix::{
    Actor, ActorFutureExt, AsyncContext, AtomicResponse, Context, Handler, ResponseActFuture,
    SpawnHandle, WrapFuture,
};
use arc_swap::ArcSwap;
use log::{debug, error, info, warn};
use serde_json::json;

use super::super::edit::{EditError, Edited};
use super::super::sync::Diff;
use super::files::FileWatch;
use super::loss::Loss;
use super::messages::{Change, FileTouched, Refresh, Reload};
use super::reload::{LoadError, Loader, Outcome, Published, read_text};
use super::status::ConfigStatus;
use crate::config::sections::ServerSection;
use crate::domain::event::{Event, EventKind};
use crate::store::StoreError;

/// A save is complete when the file was quiet for this long.
const DEBOUNCE: Duration = Duration::from_millis(80);

/// A file that removes much may be half-written: it is applied once it was unchanged for this long.
const HOLD: Duration = Duration::from_secs(2);

/// Network file systems send no events, nor does a file that is replaced behind a symlink, so its
/// stamp is polled as well.
const POLL_INTERVAL: Duration = Duration::from_millis(400);

/// The wait before a file is retried that could not be read, or not be applied because of the database.
const RETRY: Duration = Duration::from_secs(1);

pub struct ConfigWatcher {
    pub(super) loader: Arc<Loader>,
    watch: Option<FileWatch>,
    /// The text that was last tried, applied or not.
    text: Arc<str>,
    stamp: Option<Stamp>,
    pub(super) started_with: ServerSection,
    check: Option<SpawnHandle>,
    /// A text that removes much and is not applied yet.
    held: Option<Held>,
    status: Arc<ArcSwap<ConfigStatus>>,
}

/// Changes when the file is saved; costs one `stat`.
type Stamp = (SystemTime, u64, PathBuf);

struct Held {
    text: String,
    stamp: Option<Stamp>,
    since: Instant,
}

impl ConfigWatcher {
    pub fn new(
        loader: Loader,
        text: String,
        outcome: Outcome,
        status: Arc<ArcSwap<ConfigStatus>>,
    ) -> Self {
        let mut watcher = Self {
            loader: Arc::new(loader),
            watch: None,
            text: text.into(),
            stamp: None,
            started_with: outcome.server.clone(),
            check: None,
            held: None,
            status,
        };
        watcher.stamp = watcher.stamp_now();
        watcher.report(&Ok(outcome), Event::BY_FILE);
        watcher
    }

    fn stamp_now(&self) -> Option<Stamp> {
        let target = self.loader.path.canonicalize().ok()?;
        let metadata = target.metadata().ok()?;
        Some((metadata.modified().ok()?, metadata.len(), target))
    }

    /// Checks the file once it is quiet; every further event postpones that.
    fn look_soon(&mut self, context: &mut Context<Self>) {
        if let Some(pending) = self.check.take() {
            context.cancel_future(pending);
        }
        self.check = Some(context.run_later(DEBOUNCE, Self::look));
    }

    fn look(&mut self, context: &mut Context<Self>) {
        self.check = None;
        self.stamp = self.stamp_now();
        if let Some(watch) = &mut self.watch
            && let Err(error) = watch.follow()
        {
            debug!("`{}` cannot be watched: {error}", self.loader.path.display());
        }
        match read_text(&self.loader.path) {
            Ok(text) if *text == *self.text => self.mark_unchanged(),
            Ok(text) if self.is_held(&text, context) => {}
            text => context.wait(self.load(text, Event::BY_FILE).map(|_, _, _| ())),
        }
    }

    /// Whether the text removes much and has not been unchanged for long enough; then it is checked
    /// again later.
    fn is_held(&mut self, text: &str, context: &mut Context<Self>) -> bool {
        let Some(loss) = self.loader.loss(text) else { return false };
        let is_same = |held: &&Held| held.text == text && held.stamp == self.stamp;
        let since = match self.held.as_ref().filter(is_same) {
            Some(held) => held.since,
            None => {
                let since = Instant::now();
                self.held = Some(Held { text: text.to_owned(), stamp: self.stamp.clone(), since });
                self.report_hold(&loss);
                since
            }
        };
        let left = HOLD.saturating_sub(since.elapsed());
        if !left.is_zero() {
            self.check = Some(context.run_later(left, Self::look));
        }
        !left.is_zero()
    }

    fn report_hold(&self, loss: &Loss) {
        let path = self.loader.path.display();
        let pending = format!(
            "{loss}; it is applied once unchanged for {} s, or at once by POST /config/sync",
            HOLD.as_secs()
        );
        warn!("{path} is not applied yet: {pending}");
        let status = ConfigStatus {
            is_current: false,
            pending: Some(pending),
            ..(**self.status.load()).clone()
        };
        self.status.store(Arc::new(status));
    }

    /// The file equals the running one again, perhaps after a bad save.
    fn mark_unchanged(&mut self) {
        let was_held = self.held.take().is_some();
        let status = self.status.load();
        let was_unreadable =
            status.error.as_deref().is_some_and(|error| error.contains("cannot be read"));
        if was_unreadable || was_held {
            let error = status.error.clone().filter(|_| !was_unreadable);
            let is_current = error.is_none();
            let mended = ConfigStatus { is_current, error, pending: None, ..(**status).clone() };
            self.status.store(Arc::new(mended));
        }
    }

    fn load(
        &self,
        text: Result<String, LoadError>,
        actor: &str,
    ) -> ResponseActFuture<Self, Result<Outcome, LoadError>> {
        let (loader, actor) = (self.loader.clone(), actor.to_owned());
        let load = async move {
            let text = text?;
            let outcome = loader.load(&text).await;
            Ok((text, outcome))
        };
        Box::pin(load.into_actor(self).map(move |loaded, watcher, context| {
            let outcome = match loaded {
                // The text is not at fault: it is retried.
                Ok((_, Err(LoadError::Store(error)))) => {
                    watcher.look_again(context);
                    Err(LoadError::Store(error))
                }
                Ok((text, outcome)) => {
                    watcher.text = text.into();
                    outcome
                }
                // Without a free descriptor no file can be read; one that is not there is seen when
                // it comes.
                Err(unreadable) => {
                    if watcher.stamp.is_some() {
                        watcher.look_again(context);
                    }
                    Err(unreadable)
                }
            };
            if !matches!(outcome, Err(LoadError::Store(_))) {
                watcher.held = None;
            }
            if !watcher.is_reported(&outcome) {
                watcher.report(&outcome, &actor);
            }
            outcome
        }))
    }

    fn look_again(&mut self, context: &mut Context<Self>) {
        if self.check.is_none() {
            self.check = Some(context.run_later(RETRY, Self::look));
        }
    }

    /// The same error that is not the text's is reported once.
    fn is_reported(&self, outcome: &Result<Outcome, LoadError>) -> bool {
        let reported = self.status.load();
        matches!(outcome, Err(error @ (LoadError::Store(_) | LoadError::Unreadable { .. }))
            if reported.error.as_deref() == Some(error.to_string().as_str()))
    }

    /// Publishes changes of another process. If the file has changed as well, it is loaded first:
    /// its addresses and keys belong together.
    fn refresh(&self) -> ResponseActFuture<Self, ()> {
        let loader = self.loader.clone();
        let refresh = async move { loader.refresh().await };
        Box::pin(refresh.into_actor(self).map(|refreshed, watcher, _| match refreshed {
            Ok(None) => {}
            Ok(Some(published)) => {
                watcher.report_published(published);
                info!("a change of the catalogue by another process was applied");
            }
            Err(error) => {
                warn!("a change of the catalogue by another process cannot be applied: {error}")
            }
        }))
    }

    fn is_file_new(&self) -> bool {
        let is_looked_at = self.check.is_some() && self.held.is_none();
        is_looked_at || self.stamp_now() != self.stamp
    }

    /// Reports the outcome in the log, the status and the journal.
    fn report(&self, outcome: &Result<Outcome, LoadError>, actor: &str) {
        let now = jiff::Timestamp::now().to_string();
        let before = self.status.load_full();
        (self.loader.on_event)(event(&self.loader.path, outcome, actor));
        let status = match outcome {
            Ok(outcome) => self.applied(outcome, now),
            Err(error) => {
                error!("configuration rejected, the last valid one stays in force: {error}");
                ConfigStatus {
                    checked_at: now,
                    is_current: false,
                    error: Some(error.to_string()),
                    problems: error.problems().to_vec(),
                    pending: None,
                    ..(*before).clone()
                }
            }
        };
        self.status.store(Arc::new(status));
    }

    /// Updates the status and logs new warnings. The problems of a rejected file stay: they
    /// describe the file as it is now.
    fn report_published(&self, published: Published) {
        let before = self.status.load_full();
        let Published { generation, warnings } = published;
        let problems = if before.is_current { warnings } else { before.problems.clone() };
        for new in problems.iter().filter(|problem| !before.problems.contains(problem)) {
            warn!("{}:{new}", before.path);
        }
        self.status.store(Arc::new(ConfigStatus { generation, problems, ..(*before).clone() }));
    }

    /// Reports changes over REST in the log, the status and the journal.
    fn report_changes(&self, edited: &Edited, published: Published, actor: &str) {
        self.report_published(published);
        for change in edited.changes.iter().cloned() {
            info!(actor; "{}", change.summary);
            (self.loader.on_event)(Event {
                at_us: jiff::Timestamp::now().as_microsecond(),
                kind: change.kind,
                subject: change.subject,
                actor: actor.to_owned(),
                summary: change.summary,
                before: change.before,
                after: change.after,
            });
        }
    }

    fn applied(&self, outcome: &Outcome, now: String) -> ConfigStatus {
        let path = self.loader.path.display().to_string();
        for warning in &outcome.warnings {
            warn!("{path}:{warning}");
        }
        let restart_needed = changed_keys(&self.started_with, &outcome.server);
        if !restart_needed.is_empty() {
            warn!("[server] {} changed: restart the router to apply", restart_needed.join(", "));
        }
        let Outcome { diff, .. } = outcome;
        info!("{path} applied: {diff}");
        ConfigStatus {
            path,
            generation: outcome.generation,
            loaded_at: now.clone(),
            checked_at: now,
            is_current: true,
            error: None,
            problems: outcome.warnings.clone(),
            pending: None,
            restart_needed,
            last_change: diff.clone(),
        }
    }
}

fn event(path: &Path, outcome: &Result<Outcome, LoadError>, actor: &str) -> Event {
    let (kind, summary, after) = match outcome {
        Ok(Outcome { diff, .. }) => {
            let Diff { added, changed, removed, .. } = diff;
            let after = json!({"added": added, "changed": changed, "removed": removed});
            let summary = format!("{} applied: {diff}", path.display());
            (EventKind::ConfigReloaded, summary, Some(after))
        }
        Err(error) => (EventKind::ConfigRefused, error.to_string(), None),
    };
    let subject = path.file_name().unwrap_or(path.as_os_str());
    Event {
        at_us: jiff::Timestamp::now().as_microsecond(),
        kind,
        subject: subject.to_string_lossy().into_owned(),
        actor: actor.to_owned(),
        summary,
        before: None,
        after,
    }
}

pub(super) fn changed_keys(before: &ServerSection, now: &ServerSection) -> Vec<&'static str> {
    let keys = [
        ("host", before.host == now.host),
        ("port", before.port == now.port),
        ("workers", before.workers == now.workers),
        ("base_path", before.base_path == now.base_path),
        (
            "allow_local_without_auth",
            before.allow_local_without_auth == now.allow_local_without_auth,
        ),
        ("trusted_proxies", before.trusted_proxies == now.trusted_proxies),
        ("cors_origins", before.cors_origins == now.cors_origins),
        ("allowed_hosts", before.allowed_hosts == now.allowed_hosts),
        ("max_body_bytes", before.max_body_bytes == now.max_body_bytes),
        ("body_timeout", before.body_timeout == now.body_timeout),
        ("shutdown_timeout", before.shutdown_timeout == now.shutdown_timeout),
        ("client_stall_timeout", before.client_stall_timeout == now.client_stall_timeout),
    ];
    keys.into_iter().filter(|(_, is_same)| !is_same).map(|(key, _)| key).collect()
}

impl Actor for ConfigWatcher {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        let address = context.address();
        // A full mailbox already holds such an event.
        let on_event = move || drop(address.try_send(FileTouched));
        match FileWatch::start(&self.loader.path, on_event) {
            Ok(watch) => self.watch = Some(watch),
            Err(error) => {
                warn!("no file events ({error}): `{}` is polled", self.loader.path.display())
            }
        }
        context.run_interval(POLL_INTERVAL, |watcher, context| {
            if watcher.check.is_none() && watcher.stamp_now() != watcher.stamp {
                watcher.look_soon(context);
            }
        });
    }
}

impl Handler<FileTouched> for ConfigWatcher {
    type Result = ();

    fn handle(&mut self, _: FileTouched, context: &mut Self::Context) {
        self.look_soon(context);
    }
}

impl Handler<Refresh> for ConfigWatcher {
    type Result = AtomicResponse<Self, ()>;

    fn handle(&mut self, _: Refresh, context: &mut Self::Context) -> Self::Result {
        if !self.is_file_new() {
            return AtomicResponse::new(self.refresh());
        }
        // The message is repeated as long as there is a change.
        if self.check.is_none() {
            self.look_soon(context);
        }
        AtomicResponse::new(Box::pin(ready(())))
    }
}

impl Handler<Reload> for ConfigWatcher {
    /// One at a time, so that no later catalogue is replaced by an earlier one.
    type Result = AtomicResponse<Self, Result<Outcome, LoadError>>;

    fn handle(&mut self, reload: Reload, _: &mut Self::Context) -> Self::Result {
        if reload.deadline < Instant::now() {
            return AtomicResponse::new(Box::pin(ready(Err(StoreError::Busy.into()))));
        }
        AtomicResponse::new(self.load(read_text(&self.loader.path), &reload.actor))
    }
}

impl Handler<Change> for ConfigWatcher {
    type Result = AtomicResponse<Self, Result<Edited, EditError>>;

    fn handle(&mut self, change: Change, _: &mut Self::Context) -> Self::Result {
        let Change { edit, actor, deadline } = change;
        if deadline < Instant::now() {
            return AtomicResponse::new(Box::pin(ready(Err(StoreError::Busy.into()))));
        }
        let loader = self.loader.clone();
        let change = async move { loader.change(edit).await };
        let told = change.into_actor(self).map(move |outcome, watcher, _| {
            let (edited, published) = outcome?;
            watcher.report_changes(&edited, published, &actor);
            Ok(edited)
        });
        AtomicResponse::new(Box::pin(told))
    }
}
