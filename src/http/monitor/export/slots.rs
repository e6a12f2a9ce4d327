//! How many exports are made at a time, where their temporary files lie, and their end at a stop.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::timeout;

use crate::domain::failure::Failure;
use crate::http::monitor::live::sockets::{Entry, Line, Sockets};
use crate::http::problem::Problem;
use crate::store::Database;

/// Of the whole process. Each takes a core while its reader is fast enough.
const AT_A_TIME: u16 = 2;
const WAIT: Duration = Duration::from_secs(2);
/// What the client of a refused one is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Exports {
    slots: Arc<Semaphore>,
    database: Database,
    folder: PathBuf,
    sockets: Sockets,
    is_stopping: watch::Sender<bool>,
}

/// Held until the thread of an export has ended.
pub struct ExportSlot {
    _permit: OwnedSemaphorePermit,
}

impl Exports {
    /// `temporary`: the folder for temporary files; the database's own where it is `None`, because
    /// that disk is made for as much.
    pub fn new(database: Database, temporary: Option<PathBuf>) -> Self {
        let folder = temporary.unwrap_or_else(|| {
            let path = PathBuf::from(database.path());
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            folder.map_or_else(|| PathBuf::from("."), Path::to_path_buf)
        });
        let slots = Arc::new(Semaphore::new(AT_A_TIME.into()));
        let is_stopping = watch::Sender::new(false);
        Self { slots, database, folder, sockets: Sockets::default(), is_stopping }
    }

    /// Ends all exports: a long one would last as long as a stop waits for connections, and its
    /// reader can ask the next router.
    pub fn close(&self) {
        self.sockets.close();
        self.is_stopping.send_replace(true);
    }

    /// Closes the connections of those that have not ended: their clients read nothing.
    pub fn cut(&self) {
        self.sockets.cut();
    }

    /// Waits for the threads of all exports.
    ///
    /// # Cancel safety
    /// Dropping it only ends the wait.
    pub async fn ended(&self) {
        // The semaphore is never closed.
        drop(self.slots.acquire_many(AT_A_TIME.into()).await);
    }

    pub fn is_stopping(&self) -> watch::Receiver<bool> {
        self.is_stopping.subscribe()
    }

    pub fn enter(&self, line: Option<Line>) -> Entry {
        self.sockets.enter(line)
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// # Errors
    /// When none is free within 2 s, or the router stops.
    ///
    /// # Cancel safety
    /// Dropping it only ends the wait.
    pub async fn admit(&self) -> Result<ExportSlot, Problem> {
        let permit = timeout(WAIT, self.slots.clone().acquire_owned()).await;
        if *self.is_stopping.borrow() {
            return Err(Failure::ShuttingDown.into());
        }
        let permit = permit.ok().and_then(Result::ok).ok_or_else(busy)?;
        Ok(ExportSlot { _permit: permit })
    }
}

fn busy() -> Problem {
    let message = format!(
        "{AT_A_TIME} exports are under way, and no more are made at a time; try again when one of \
         them has ended"
    );
    Problem { retry_after: Some(RETRY_AFTER), ..Problem::new(429, "too_many_exports", message) }
}
