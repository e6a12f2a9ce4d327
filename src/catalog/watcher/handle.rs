//! The handle of the config watcher.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix::{Actor, Addr};
use arc_swap::ArcSwap;

use super::super::edit::{Edit, EditError, Edited};
use super::actor::ConfigWatcher;
use super::messages::{Change, LookAhead, Refresh, Rehearse, Reload};
use super::preview::Preview;
use super::reload::{LoadError, Loader, Outcome, read_text};
use super::status::ConfigStatus;
use crate::store::changes::{Subject, generation};
use crate::store::writer::queue_deadline;
use crate::store::{Connection, StoreError};

#[derive(Clone)]
pub struct WatcherHandle {
    address: Arc<Addr<ConfigWatcher>>,
    status: Arc<ArcSwap<ConfigStatus>>,
    /// The database's change counter of the last published catalogue.
    seen: Arc<AtomicI64>,
}

impl WatcherHandle {
    /// Loads the file for the first time, then watches it.
    ///
    /// # Errors
    /// A problem of the file or the database; the router does not start then.
    pub async fn start(loader: Loader) -> Result<Self, LoadError> {
        let seen = loader.seen.clone();
        let text = read_text(&loader.path)?;
        let outcome = loader.load(&text).await?;
        let status = Arc::new(ArcSwap::from_pointee(ConfigStatus::default()));
        let watcher = ConfigWatcher::new(loader, text, outcome, status.clone());
        Ok(Self { address: Arc::new(watcher.start()), status, seen })
    }

    /// Loads the file now, changed or not, on behalf of `actor`.
    ///
    /// # Errors
    /// On an error the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// The reload continues when the caller stops waiting.
    pub async fn reload(&self, actor: &str) -> Result<Outcome, LoadError> {
        let reload = Reload { actor: actor.to_owned(), deadline: queue_deadline() };
        self.address.send(reload).await.unwrap_or(Err(LoadError::Stopped))
    }

    /// Requests a refresh if another process changed the catalogue. Blocks for the database, but
    /// does not wait for the refresh.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn refresh_if_changed(&self, connection: &mut Connection) -> Result<(), StoreError> {
        if generation(connection, Subject::Catalogue)? != self.seen.load(Ordering::Acquire) {
            // If the mailbox is full, the next check repeats the message.
            drop(self.address.try_send(Refresh));
        }
        Ok(())
    }

    /// Applies a change over REST on behalf of `actor`; it is in force when this returns.
    ///
    /// # Errors
    /// The reason of the refusal; then the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// The change is applied even when the caller stops waiting.
    pub async fn change(&self, edit: Edit, actor: &str) -> Result<Edited, EditError> {
        let change = Change { edit, actor: actor.to_owned(), deadline: queue_deadline() };
        self.address.send(change).await.unwrap_or(Err(EditError::Stopped))
    }

    /// What a change over REST would do, with all that is checked before. Nothing is written.
    ///
    /// # Errors
    /// The reason for which the change would be refused.
    ///
    /// # Cancel safety
    /// Dropping it has no effect.
    pub async fn rehearse(&self, edit: Edit) -> Result<Edited, EditError> {
        let rehearse = Rehearse { edit, deadline: queue_deadline() };
        self.address.send(rehearse).await.unwrap_or(Err(EditError::Stopped))
    }

    /// What loading the file now would do. Nothing is written.
    ///
    /// # Errors
    /// The reason for which the file would be refused.
    ///
    /// # Cancel safety
    /// Dropping it has no effect.
    pub async fn preview(&self) -> Result<Preview, LoadError> {
        let look_ahead = LookAhead { deadline: queue_deadline() };
        self.address.send(look_ahead).await.unwrap_or(Err(LoadError::Stopped))
    }

    pub fn status(&self) -> Arc<ConfigStatus> {
        self.status.load_full()
    }

    /// Whether the actor is still running.
    pub fn is_alive(&self) -> bool {
        self.address.connected()
    }
}
