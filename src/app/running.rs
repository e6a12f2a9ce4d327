//! A started router, until it is stopped. The steps of a stop are numbered.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix_web::dev::{Server, ServerHandle};
use actix_web::web;
use log::{error, info, warn};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{sleep, timeout};

use super::connections::Connections;
use super::listeners::Listeners;
use super::workers::Workers;
use super::{notify, tls, watchdog};
use crate::config::settings::Settings;
use crate::http::AppState;
use crate::telemetry::Tracing;

/// For the last records to reach the disk.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// For the last spans to reach the collector.
const SPANS_TIMEOUT: Duration = Duration::from_secs(3);

/// For the accepting thread to notice the pause.
const PAUSE_SETTLES: Duration = Duration::from_millis(20);

/// How often the number of calls in flight is polled.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A client that has sent nothing for so long is not expected to send a request just when its
/// connection is closed.
const QUIET: Duration = Duration::from_secs(1);

/// For calls that were cut to end, and then for their last bytes to go out.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// For the workers to end, which check once a second whether their connections have.
const WORKER_TIMEOUT: Duration = Duration::from_secs(2);

pub struct Running {
    pub address: SocketAddr,
    pub settings: Settings,
    pub state: web::Data<AppState>,
    pub(super) listeners: Listeners,
    connections: Connections,
    workers: Workers,
    handle: ServerHandle,
    server: JoinHandle<io::Result<()>>,
    tracing: Tracing,
    watchdog: Option<JoinHandle<()>>,
    /// Another process serves on the same sockets.
    is_replaced: bool,
}

/// What a start leaves running.
pub(super) struct Serving {
    pub server: Server,
    pub listeners: Listeners,
    pub connections: Connections,
    pub workers: Workers,
    pub tracing: Tracing,
}

/// The result of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub accepted: u64,
    pub written: u64,
    /// Refused by the database and kept in its table `set_aside`.
    pub set_aside: u64,
}

impl Stopped {
    pub fn is_clean(&self) -> bool {
        self.accepted == self.written + self.set_aside
    }
}

impl Running {
    pub(super) fn new(
        Serving { server, listeners, connections, workers, tracing }: Serving,
        state: web::Data<AppState>,
        (address, settings): (SocketAddr, Settings),
    ) -> Self {
        let handle = server.handle();
        let server = actix::spawn(server);
        Self {
            address,
            settings,
            state,
            listeners,
            connections,
            workers,
            handle,
            server,
            tracing,
            watchdog: None,
            is_replaced: false,
        }
    }

    /// Tells systemd that the router serves, and from now on that it is alive.
    pub(super) fn announce(&mut self) {
        notify::ready(&self.status());
        self.watchdog = watchdog::start(self.workers.clone(), self.state.keys.writer.clone());
    }

    /// One line for `systemctl status`.
    pub(super) fn status(&self) -> String {
        format!("serving on {}", self.listeners.urls(self.settings.tls.is_some()))
    }

    /// Reads the configuration again; the watcher logs the result.
    pub async fn reload(&self) {
        tls::look(&self.state);
        drop(self.state.watcher.reload("SIGHUP").await);
    }

    /// Waits for calls in flight, for at most `shutdown_timeout`.
    pub async fn stop(self) -> Stopped {
        self.stop_until(pending()).await
    }

    /// The same, but once `second_signal` is ready, waits only for short timeouts.
    pub async fn stop_until(mut self, second_signal: impl Future<Output = ()>) -> Stopped {
        // 1 readiness turns 503, connections close after their answer, live streams and exports end
        self.state.is_stopping.store(true, Ordering::Relaxed);
        self.state.drain.begin();
        self.state.live.close();
        self.state.exports.close();
        let state = self.state.clone();
        actix::spawn(async move {
            sleep(DRAIN_TIMEOUT).await;
            state.live.cut();
            state.exports.cut();
        });
        let shutdown_timeout = self.settings.shutdown_timeout;
        info!(
            "stopping; calls in flight have {} s, a second signal ends them at once",
            shutdown_timeout.as_secs()
        );
        let mut no_more_time = pin!(async {
            tokio::select! {
                () = sleep(shutdown_timeout) => {}
                () = second_signal => warn!("second signal: calls in flight end now"),
            }
        });
        // 2 no new connections; established ones stay open, so that no client is cut off that
        //   only waits for an answer
        self.refuse_connections().await;
        let are_done = tokio::select! {
            () = self.all_have_left() => true,
            () = &mut no_more_time => false,
        };
        // 3 the workers end with their last connection, and the pools close theirs with them
        let mut has_ended = false;
        if are_done {
            drop(self.handle.stop(true));
            has_ended = tokio::select! {
                ended = &mut self.server => { log_end(ended); true }
                () = &mut no_more_time => false,
            };
        }
        if !has_ended {
            self.cut_off().await;
        }
        // Their temporary files and connections go with their threads.
        if timeout(DRAIN_TIMEOUT, self.state.exports.ended()).await.is_err() {
            warn!("an export has not ended");
        }
        // 4 the last records and events are written
        self.write_last_records().await
    }

    /// Refuses new connections. actix-server can only pause, which leaves them waiting, or stop,
    /// which closes idle connections on which a request may be under way.
    async fn refuse_connections(&self) {
        self.stop_accepting().await;
        self.listeners.refuse();
    }

    /// Another process accepts new connections from now on, and is the one that systemd watches.
    pub(super) async fn leave_to_another(&mut self, process_id: u32) {
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.abort();
        }
        notify::main_process(process_id);
        self.is_replaced = true;
        self.listeners.share();
        self.stop_accepting().await;
    }

    /// Leaves new connections in the listening sockets.
    async fn stop_accepting(&self) {
        self.handle.pause().await;
        sleep(PAUSE_SETTLES).await;
    }

    /// Waits until no call is in flight, and no client is expected to send a request over a
    /// connection that it keeps alive: the one it sent just before the connection is closed would
    /// fail. Each answer asks its client to close, so that only idle connections are left. A router
    /// that has been replaced leaves their clients as long as it may; otherwise new connections
    /// wait meanwhile.
    async fn all_have_left(&self) {
        self.no_call_in_flight().await;
        let clients = || (self.connections.open(), self.state.recorder.accepted());
        let (mut before, mut since) = (clients(), Instant::now());
        loop {
            let now = clients();
            if now != before || self.state.recorder.in_flight() > 0 {
                (before, since) = (now, Instant::now());
            }
            let are_quiet = since.elapsed() >= QUIET && !self.is_replaced;
            if self.connections.open() == 0 || are_quiet {
                return;
            }
            sleep(POLL_INTERVAL).await;
        }
    }

    async fn no_call_in_flight(&self) {
        while self.state.recorder.in_flight() > 0 {
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Ends calls with an error that their clients can read; a call whose client reads nothing is
    /// dropped, which leaves its record as well.
    async fn cut_off(&mut self) {
        self.state.cut.make();
        // The remaining ones are dropped below.
        let _ = timeout(DRAIN_TIMEOUT, self.no_call_in_flight()).await;
        drop(self.handle.stop(true));
        if let Ok(ended) = timeout(WORKER_TIMEOUT, &mut self.server).await {
            return log_end(ended);
        }
        self.workers.stop();
        match timeout(WORKER_TIMEOUT, &mut self.server).await {
            Ok(ended) => log_end(ended),
            Err(_) => error!("the server does not stop; it is abandoned"),
        }
    }

    async fn write_last_records(self) -> Stopped {
        let AppState { recorder, journal, .. } = &**self.state;
        let (missing, are_events_written) =
            tokio::join!(recorder.flush(FLUSH_TIMEOUT), journal.flush(FLUSH_TIMEOUT));
        if !are_events_written {
            warn!("the last events could not be written");
        }
        self.state.recorder.close().await;
        self.tracing.flush(SPANS_TIMEOUT).await;
        let stopped = Stopped {
            accepted: self.state.recorder.accepted(),
            written: self.state.recorder.written(),
            set_aside: self.state.recorder.set_aside(),
        };
        if stopped.set_aside > 0 {
            let count = stopped.set_aside;
            warn!("{count} records were refused by the database: see its table `set_aside`");
        }
        match missing {
            0 => info!("stopped; {} calls recorded", stopped.written),
            missing => {
                warn!("stopped; {missing} of {} records could not be written", stopped.accepted)
            }
        }
        stopped
    }
}

fn log_end(ended: Result<io::Result<()>, JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => error!("the server ended with: {failure}"),
        Err(failure) => error!("the server's task ended with: {failure}"),
    }
}
