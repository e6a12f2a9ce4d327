//! A started router, until it is told to stop. The order of stopping is numbered.

use std::future::pending;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix::ArbiterHandle;
use actix_web::dev::{Server, ServerHandle};
use actix_web::web;
use log::{debug, error, info, warn};
use socket2::SockRef;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{sleep, timeout};

use crate::config::settings::Settings;
use crate::http::AppState;

/// For the last records to reach the disk.
const FLUSH_DEADLINE: Duration = Duration::from_secs(10);

/// For the thread that accepts to hear that it has nothing to accept any more.
const PAUSE: Duration = Duration::from_millis(20);

/// How often it is looked whether calls are in flight.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// For calls that were told to end to do so, and then for their last bytes to go out.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// For the workers to end, which look once a second whether their connections have.
const CLOSING: Duration = Duration::from_secs(2);

pub struct Running {
    pub address: SocketAddr,
    pub settings: Settings,
    pub shared: web::Data<AppState>,
    /// The server's own socket once more.
    door: TcpListener,
    workers: Workers,
    handle: ServerHandle,
    server: JoinHandle<io::Result<()>>,
}

/// The threads that serve.
#[derive(Clone, Debug, Default)]
pub(super) struct Workers(Arc<Mutex<Vec<ArbiterHandle>>>);

impl Workers {
    pub fn add(&self, worker: ArbiterHandle) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
    }

    /// Ends them with all that they do.
    fn stop(&self) {
        for worker in &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            worker.stop();
        }
    }
}

/// How a stop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    pub accepted: u64,
    pub written: u64,
    /// Refused by the database and kept in another of its tables.
    pub set_aside: u64,
}

impl Stopped {
    pub fn is_clean(&self) -> bool {
        self.accepted == self.written + self.set_aside
    }
}

impl Running {
    pub(super) fn new(
        server: Server,
        door: TcpListener,
        workers: Workers,
        shared: web::Data<AppState>,
        (address, settings): (SocketAddr, Settings),
    ) -> Self {
        let handle = server.handle();
        let server = actix::spawn(server);
        Self { address, settings, shared, door, workers, handle, server }
    }

    /// Reads the configuration again; the watcher itself tells in the log what came of it.
    pub async fn reload(&self) {
        drop(self.shared.watcher.reload("SIGHUP").await);
    }

    /// Lets calls in flight end, for as long as `shutdown_timeout` says.
    pub async fn stop(self) -> Stopped {
        self.stop_until(pending()).await
    }

    /// The same, but when `hurry` is ready nothing is waited for any more than a moment.
    pub async fn stop_until(mut self, hurry: impl Future<Output = ()>) -> Stopped {
        // 1 readiness turns 503, and whole answers close their connections
        self.shared.is_stopping.store(true, Ordering::Relaxed);
        let patience = self.settings.shutdown_timeout;
        info!(
            "stopping; calls in flight have {} s, a second signal ends them at once",
            patience.as_secs()
        );
        let mut enough = pin!(async {
            tokio::select! {
                () = sleep(patience) => {}
                () = hurry => warn!("told to stop again; what is in flight ends now"),
            }
        });
        // 2 no new connections; the old ones serve on, so that nobody is cut off who is waiting
        //   for nothing but an answer
        self.close_door().await;
        let are_done = tokio::select! {
            () = self.no_call_in_flight() => true,
            () = &mut enough => false,
        };
        // 3 the workers end with their last connection, and with them the pools drop theirs
        let mut has_ended = false;
        if are_done {
            drop(self.handle.stop(true));
            has_ended = tokio::select! {
                ended = &mut self.server => { tell(ended); true }
                () = &mut enough => false,
            };
        }
        if !has_ended {
            self.cut_off().await;
        }
        // 4 the books and the journal
        self.close_books().await
    }

    /// Who comes now is refused. actix-server can only pause, which leaves them waiting, or stop,
    /// which closes idle connections on which a request may be under way.
    async fn close_door(&self) {
        self.handle.pause().await;
        sleep(PAUSE).await;
        if let Err(failure) = SockRef::from(&self.door).shutdown(Shutdown::Both) {
            debug!("new connections wait until the stop: {failure}");
        }
    }

    async fn no_call_in_flight(&self) {
        while self.shared.recorder.in_flight() > 0 {
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Calls end with an error that their clients can read; what takes no notice, because its
    /// client takes nothing, is dropped, which leaves its record as well.
    async fn cut_off(&mut self) {
        self.shared.cut.make();
        // Those that are left are dropped below.
        let _ = timeout(DRAIN_TIMEOUT, self.no_call_in_flight()).await;
        drop(self.handle.stop(true));
        if let Ok(ended) = timeout(CLOSING, &mut self.server).await {
            return tell(ended);
        }
        self.workers.stop();
        match timeout(CLOSING, &mut self.server).await {
            Ok(ended) => tell(ended),
            Err(_) => error!("the server does not end; it is left behind"),
        }
    }

    async fn close_books(self) -> Stopped {
        let AppState { recorder, journal, .. } = &**self.shared;
        let (missing, is_noted) =
            tokio::join!(recorder.flush(FLUSH_DEADLINE), journal.flush(FLUSH_DEADLINE));
        if !is_noted {
            warn!("the last events could not be written");
        }
        self.shared.recorder.close().await;
        let stopped = Stopped {
            accepted: self.shared.recorder.accepted(),
            written: self.shared.recorder.written(),
            set_aside: self.shared.recorder.set_aside(),
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

fn tell(ended: Result<io::Result<()>, JoinError>) {
    match ended {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => error!("the server ended with: {failure}"),
        Err(failure) => error!("the server's task ended with: {failure}"),
    }
}
