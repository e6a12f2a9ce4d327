//! How many exports are made at a time, and where their temporary files lie.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::http::problem::Problem;
use crate::store::Database;

/// Of the whole process. Each takes a core while its reader is fast enough.
const AT_A_TIME: usize = 2;
const WAIT: Duration = Duration::from_secs(2);
/// What the client of a refused one is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Exports {
    slots: Arc<Semaphore>,
    database: Database,
    folder: PathBuf,
}

/// Held until the last byte of an export is sent, or its reader has left.
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
        Self { slots: Arc::new(Semaphore::new(AT_A_TIME)), database, folder }
    }

    pub fn database(&self) -> &Database {
        &self.database
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// # Errors
    /// When none is free within 2 s.
    ///
    /// # Cancel safety
    /// Dropping it only ends the wait.
    pub async fn admit(&self) -> Result<ExportSlot, Problem> {
        let permit = timeout(WAIT, self.slots.clone().acquire_owned()).await;
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
