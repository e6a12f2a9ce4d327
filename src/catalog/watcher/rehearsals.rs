//! Looks ahead: the outcome of a change or of a reload, which is not made. As each is a message of
//! the watcher, it sees the state that the next change would find.

use std::time::Instant;

use actix::fut::ready;
use actix::{ActorFutureExt, AtomicResponse, Handler, WrapFuture};

use super::super::edit::{EditError, Edited};
use super::actor::{ConfigWatcher, changed_keys};
use super::messages::{LookAhead, Rehearse};
use super::preview::Preview;
use super::reload::LoadError;
use crate::store::StoreError;

impl Handler<Rehearse> for ConfigWatcher {
    type Result = AtomicResponse<Self, Result<Edited, EditError>>;

    fn handle(&mut self, rehearse: Rehearse, _: &mut Self::Context) -> Self::Result {
        if rehearse.deadline < Instant::now() {
            return AtomicResponse::new(Box::pin(ready(Err(StoreError::Busy.into()))));
        }
        let loader = self.loader.clone();
        let rehearsed = async move { loader.rehearse(rehearse.edit).await };
        AtomicResponse::new(Box::pin(rehearsed.into_actor(self)))
    }
}

impl Handler<LookAhead> for ConfigWatcher {
    type Result = AtomicResponse<Self, Result<Preview, LoadError>>;

    fn handle(&mut self, look_ahead: LookAhead, _: &mut Self::Context) -> Self::Result {
        if look_ahead.deadline < Instant::now() {
            return AtomicResponse::new(Box::pin(ready(Err(StoreError::Busy.into()))));
        }
        let loader = self.loader.clone();
        let preview = async move { loader.preview().await };
        let told = preview.into_actor(self).map(|outcome, watcher, _| {
            let (preview, server) = outcome?;
            let restart_needed = changed_keys(&watcher.started_with, &server);
            Ok(Preview { restart_needed, ..preview })
        });
        AtomicResponse::new(Box::pin(told))
    }
}
