//! The way to the config watcher.

use std::sync::Arc;

use actix::{Actor, Addr};
use arc_swap::ArcSwap;

use super::super::edit::{Edit, EditError, Edited};
use super::actor::ConfigWatcher;
use super::messages::{Change, Reload};
use super::reload::{LoadError, Loader, Outcome, read_text};
use super::status::ConfigStatus;

#[derive(Clone)]
pub struct WatcherHandle {
    address: Arc<Addr<ConfigWatcher>>,
    status: Arc<ArcSwap<ConfigStatus>>,
}

impl WatcherHandle {
    /// Loads the file for the first time, then watches it.
    ///
    /// # Errors
    /// What is wrong with the file or the database: the router does not start on either.
    pub async fn start(loader: Loader) -> Result<Self, LoadError> {
        let text = read_text(&loader.path)?;
        let outcome = loader.load(&text).await?;
        let status = Arc::new(ArcSwap::from_pointee(ConfigStatus::default()));
        let watcher = ConfigWatcher::new(loader, text, outcome, status.clone());
        Ok(Self { address: Arc::new(watcher.start()), status })
    }

    /// Takes the file now, changed or not, because `actor` asked for it.
    ///
    /// # Errors
    /// What is wrong; then the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// The reload goes on when nobody waits for it any more.
    pub async fn reload(&self, actor: &str) -> Result<Outcome, LoadError> {
        self.address.send(Reload { actor: actor.to_owned() }).await.unwrap_or_else(|_| {
            Err(LoadError::Unreadable {
                path: self.status().path.clone(),
                reason: String::from("the config watcher has stopped; restart the router"),
            })
        })
    }

    /// Makes a change over REST, because `actor` asked for it; it is in force when this answers.
    ///
    /// # Errors
    /// Why not; then the running catalogue stays as it is.
    ///
    /// # Cancel safety
    /// The change is made even when nobody waits for it any more.
    pub async fn change(&self, edit: Edit, actor: &str) -> Result<Edited, EditError> {
        let change = Change { edit, actor: actor.to_owned() };
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
