//! The in-memory copies of the database, refreshed when another process changes it.

use std::sync::Arc;

use crate::catalog::watcher::WatcherHandle;
use crate::keys::{Keyring, Sessions};
use crate::store::watcher::Follower;
use crate::store::{Connection, StoreError};

pub struct InMemory {
    pub keyring: Arc<Keyring>,
    pub sessions: Arc<Sessions>,
    pub catalogue: WatcherHandle,
}

impl Follower for InMemory {
    fn poll(&self, reading: &mut Connection) -> Result<bool, StoreError> {
        self.keyring.refresh_if_changed(reading)?;
        self.sessions.refresh_if_changed(reading)?;
        self.catalogue.refresh_if_changed(reading)?;
        self.keyring.has_new_spending(reading)
    }

    fn settle(&self, writing: &mut Connection) -> Result<(), StoreError> {
        self.keyring.follow_spending(writing)
    }
}
