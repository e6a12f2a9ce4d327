//! Notices within half a second what others changed in the database: another router, `llm-router
//! keys`, a database tool.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, WrapFuture};
use log::{info, warn};
use tokio::task::spawn_blocking;

use super::checkpoints::{has_long_log, shrink_log};
use super::database::{Connection, Database, StoreError};
use super::reader::Reader;
use super::writer::WriterHandle;

const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Every this many polls the length of the write-ahead log is checked.
const LOG_EVERY: u32 = 8;

/// A component that caches parts of the database in memory.
pub trait Follower: Send + Sync + 'static {
    /// Reloads what has changed. Returns whether there is new spending to settle.
    ///
    /// # Errors
    /// SQLite's error; the next poll retries.
    fn poll(&self, reading: &mut Connection) -> Result<bool, StoreError>;

    /// Adopts new spending, on the writing connection.
    ///
    /// # Errors
    /// As for [`Follower::poll`].
    fn settle(&self, writing: &mut Connection) -> Result<(), StoreError>;
}

/// The handle of the database watch, which ends with the process.
#[derive(Clone)]
pub struct ChangeWatcher(Arc<Addr<Watch>>);

struct Watch {
    follower: Arc<dyn Follower>,
    database: Database,
    reader: Reader,
    writer: WriterHandle,
    /// A poll is under way; the next one is skipped until it ends.
    is_polling: bool,
    is_failing: bool,
    polls: u32,
}

impl ChangeWatcher {
    pub fn start(
        follower: Arc<dyn Follower>,
        database: Database,
        reader: Reader,
        writer: WriterHandle,
    ) -> Self {
        let (is_polling, is_failing, polls) = (false, false, 0);
        let watch = Watch { follower, database, reader, writer, is_polling, is_failing, polls };
        Self(Arc::new(watch.start()))
    }

    /// Whether the actor is still running.
    pub fn is_alive(&self) -> bool {
        self.0.connected()
    }
}

impl Watch {
    fn poll(&mut self, context: &mut Context<Self>) {
        if self.is_polling {
            return;
        }
        self.is_polling = true;
        self.polls = self.polls.wrapping_add(1);
        let database = self.polls.is_multiple_of(LOG_EVERY).then(|| self.database.clone());
        let (follower, reader, writer) =
            (self.follower.clone(), self.reader.clone(), self.writer.clone());
        let poll = async move {
            let polled = follower.clone();
            let outcome = spawn_blocking(move || reader.read(|connection| polled.poll(connection)));
            if outcome.await.unwrap_or(Err(StoreError::WriterStopped))? {
                writer.write(move |connection| follower.settle(connection)).await?;
            }
            if database.is_some_and(|database| has_long_log(&database)) {
                writer.write(shrink_log).await?;
            }
            Ok(())
        };
        context.spawn(poll.into_actor(self).map(|outcome, watch, _| {
            watch.is_polling = false;
            watch.report(outcome);
        }));
    }

    fn report(&mut self, outcome: Result<(), StoreError>) {
        match outcome {
            Ok(()) if self.is_failing => {
                self.is_failing = false;
                info!("changes of other processes in the database are noticed again");
            }
            Err(error) if !self.is_failing => {
                self.is_failing = true;
                warn!(
                    "changes of other processes in the database cannot be read, retrying: {error}"
                );
            }
            Ok(()) | Err(_) => {}
        }
    }
}

impl Actor for Watch {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.run_interval(POLL_INTERVAL, Self::poll);
    }
}
