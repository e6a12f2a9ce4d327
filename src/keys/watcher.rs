//! Sees within half a second what another process changed: `llm-router keys`, or a person with a
//! database tool.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, WrapFuture};
use log::{info, warn};
use tokio::task::spawn_blocking;

use super::keyring::Keyring;
use crate::store::StoreError;
use crate::store::reader::Reader;

const GLANCE: Duration = Duration::from_millis(300);

/// The watch on the database's keys; it ends with the process.
#[derive(Clone)]
pub struct KeyWatcher(Arc<Addr<Watch>>);

struct Watch {
    keyring: Arc<Keyring>,
    reader: Reader,
    /// A look is under way; the next one waits for it.
    is_looking: bool,
    is_failing: bool,
}

impl KeyWatcher {
    pub fn start(keyring: Arc<Keyring>, reader: Reader) -> Self {
        let watch = Watch { keyring, reader, is_looking: false, is_failing: false };
        Self(Arc::new(watch.start()))
    }

    /// Whether the actor still lives.
    pub fn is_alive(&self) -> bool {
        self.0.connected()
    }
}

impl Watch {
    fn look(&mut self, context: &mut Context<Self>) {
        if self.is_looking {
            return;
        }
        self.is_looking = true;
        let (keyring, reader) = (self.keyring.clone(), self.reader.clone());
        let look = spawn_blocking(move || {
            reader.read(|connection| keyring.refresh_if_changed(connection))
        });
        context.spawn(look.into_actor(self).map(|looked, watch, _| {
            watch.is_looking = false;
            watch.tell(looked.unwrap_or(Err(StoreError::WriterStopped)));
        }));
    }

    fn tell(&mut self, looked: Result<(), StoreError>) {
        match looked {
            Ok(()) if self.is_failing => {
                self.is_failing = false;
                info!("changes of keys are seen again");
            }
            Err(error) if !self.is_failing => {
                self.is_failing = true;
                warn!("changes of keys cannot be seen, trying on: {error}");
            }
            Ok(()) | Err(_) => {}
        }
    }
}

impl Actor for Watch {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.run_interval(GLANCE, Self::look);
    }
}
