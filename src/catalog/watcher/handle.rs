//! The way to the config watcher.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix::{Actor, Addr};
use arc_swap::ArcSwap;

use super::super::edit::{Edit, EditError, Edited};
use super::actor::ConfigWatcher;
use super::messages::{Change, Refresh, Reload};
use super::reload::{LoadError, Loader, Outcome, read_text};
use super::status::ConfigStatus;
use crate::store::changes::{Subject, generation};
use crate::store::writer::queue_deadline;
use crate::store::{Connection, StoreError};

#[derive(Clone)]
pub struct WatcherHandle {
    address: Arc<Addr<ConfigWatcher>>,
    status: Arc<ArcSwap<ConfigStatus>>,
    /// The database's count of changes in what was published last.
    seen: Arc<AtomicI64>,
}

impl WatcherHandle {
    /// Loads the file for the first time, then watches it.
    ///
    /// # Errors
    /// What is wrong with the file or the database: the router does not start on either.
    pub async fn start(loader: Loader) -> Result<Self, LoadError> {
        let seen = loader.seen.clone();
        let text = read_text(&loader.path)?;
        let outcome = loader.load(&text).await?;
        let status = Arc::new(ArcSwap::from_pointee(ConfigStatus::default()));
        let watcher = ConfigWatcher::new(loader, text, outcome, status.clone());
        Ok(Self { address: Arc::new(watcher.start()), status, seen })
    }

    /// Takes the file now, changed or not, because `actor` asked for it.
    ///
    /// # Errors
    /// What is wrong; then the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// The reload goes on when nobody waits for it any more.
    pub async fn reload(&self, actor: &str) -> Result<Outcome, LoadError> {
        let reload = Reload { actor: actor.to_owned(), deadline: queue_deadline() };
        self.address.send(reload).await.unwrap_or(Err(LoadError::Stopped))
    }

    /// Has the catalogue published anew if another process changed it. Blocks, but does not wait
    /// for that.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn refresh_if_changed(&self, connection: &mut Connection) -> Result<(), StoreError> {
        if generation(connection, Subject::Catalogue)? != self.seen.load(Ordering::Acquire) {
            // Where its mailbox is full it is told at the next look.
            drop(self.address.try_send(Refresh));
        }
        Ok(())
    }

    /// Makes a change over REST, because `actor` asked for it; it is in force when this answers.
    ///
    /// # Errors
    /// Why not; then the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// The change is made even when nobody waits for it any more.
    pub async fn change(&self, edit: Edit, actor: &str) -> Result<Edited, EditError> {
        let change = Change { edit, actor: actor.to_owned(), deadline: queue_deadline() };
        self.address.send(change).await.unwrap_or(Err(EditError::Stopped))
    }

    pub fn status(&self) -> Arc<ConfigStatus> {
        self.status.load_full()
    }

    /// Whether the actor still lives.
    pub fn is_alive(&self) -> bool {
        self.address.connected()
    }
}
