//! Tells systemd that the router is alive (`WatchdogSec=`), as long as all its parts are: the main
//! thread, on which this runs, each web worker, and the thread that writes the database. When one
//! is stuck, systemd ends the process and starts it anew.

use std::future::Future;
use std::time::Duration;

use log::{info, warn};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::notify;
use super::workers::Workers;
use crate::store::StoreError;
use crate::store::writer::WriterHandle;

/// Starts it, if systemd wants to be told.
pub(super) fn start(workers: Workers, writer: WriterHandle) -> Option<JoinHandle<()>> {
    let limit = sd_notify::watchdog_enabled()?;
    Some(actix::spawn(async move { tell(limit, &workers, &writer).await }))
}

async fn tell(limit: Duration, workers: &Workers, writer: &WriterHandle) {
    let pause = limit / 4;
    let mut was_alive = true;
    loop {
        let stuck = stuck(limit / 2, workers, writer).await;
        match &stuck {
            None => notify::alive(),
            Some(part) if was_alive => {
                warn!("{part} does not answer; systemd restarts the router unless it does soon");
            }
            Some(_) => {}
        }
        if stuck.is_none() && !was_alive {
            info!("every part of the router answers again");
        }
        was_alive = stuck.is_none();
        sleep(pause).await;
    }
}

/// The first part that does not answer in time.
async fn stuck(within: Duration, workers: &Workers, writer: &WriterHandle) -> Option<&'static str> {
    let (writes, works) =
        tokio::join!(in_time(within, answers(writer)), in_time(within, workers.answer()));
    match (writes, works) {
        (false, _) => Some("the thread that writes the database"),
        (true, false) => Some("a web worker"),
        (true, true) => None,
    }
}

async fn in_time(within: Duration, answer: impl Future<Output = bool>) -> bool {
    timeout(within, answer).await.unwrap_or(false)
}

/// A writer that waits for a lock or a full disk answers with that.
async fn answers(writer: &WriterHandle) -> bool {
    let nothing = writer.write(|_| Ok::<_, StoreError>(()));
    !matches!(nothing.await, Err(StoreError::WriterStopped))
}

#[cfg(test)]
mod tests {
    use actix::Arbiter;

    use super::*;
    use crate::store::Database;

    fn writer() -> (tempfile::TempDir, WriterHandle) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        database.prepare().unwrap();
        (folder, WriterHandle::start(database))
    }

    #[actix::test]
    async fn the_part_that_does_not_answer_is_named() {
        let (_folder, writer) = writer();
        let (worker, workers) = (Arbiter::new(), Workers::default());
        workers.add(worker.handle());
        assert_eq!(stuck(Duration::from_secs(60), &workers, &writer).await, None);

        let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
        worker.spawn_fn(move || {
            let _ = goes_on.recv();
        });
        let soon = Duration::from_millis(50);
        assert_eq!(stuck(soon, &workers, &writer).await, Some("a web worker"));
        drop(go_on);
        assert_eq!(stuck(Duration::from_secs(60), &workers, &writer).await, None);

        let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
        let held = writer.clone();
        let holding = actix::spawn(async move {
            let hold = move |_: &mut _| {
                let _ = goes_on.recv();
                Ok::<_, StoreError>(())
            };
            held.write(hold).await
        });
        tokio::task::yield_now().await;
        let part = stuck(soon, &workers, &writer).await;
        assert_eq!(part, Some("the thread that writes the database"));
        drop(go_on);
        holding.await.unwrap().unwrap();
        assert_eq!(stuck(Duration::from_secs(60), &workers, &writer).await, None);
    }
}
