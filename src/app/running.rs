//! A started router, until it is told to stop. The order of stopping is numbered.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web;
use log::{error, info, warn};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

use crate::config::settings::Settings;
use crate::http::Shared;

/// For the last records to reach the disk.
const FLUSH_DEADLINE: Duration = Duration::from_secs(10);

pub struct Running {
    pub address: SocketAddr,
    pub settings: Settings,
    pub shared: web::Data<Shared>,
    handle: ServerHandle,
    server: JoinHandle<io::Result<()>>,
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
        address: SocketAddr,
        shared: web::Data<Shared>,
        settings: Settings,
    ) -> Self {
        let handle = server.handle();
        Self { address, settings, shared, handle, server: actix::spawn(server) }
    }

    /// Waits for SIGTERM or SIGINT; SIGHUP reloads the configuration.
    ///
    /// # Errors
    /// When the system gives no signals.
    pub async fn until_told_to_stop(&self) -> io::Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        loop {
            tokio::select! {
                _ = terminate.recv() => return Ok(()),
                _ = interrupt.recv() => return Ok(()),
                // The watcher itself tells in the log what came of it.
                _ = hang_up.recv() => drop(self.shared.watcher.reload("SIGHUP").await),
            }
        }
    }

    pub async fn stop(self) -> Stopped {
        // 1 readiness turns 503
        self.shared.is_stopping.store(true, Ordering::Relaxed);
        info!("stopping; calls in flight have {} s", self.settings.shutdown_timeout.as_secs());
        // 2 the server stops accepting; calls in flight, streams too, get their time; workers
        //   and with them the pools drop their connections
        self.handle.stop(true).await;
        match self.server.await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => error!("the server ended with: {failure}"),
            Err(failure) => error!("the server's task ended with: {failure}"),
        }
        // 3 the books and the journal
        let Shared { recorder, journal, .. } = &**self.shared;
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
