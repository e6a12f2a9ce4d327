//! Sees within half a second what others changed in the database: another router, `llm-router
//! keys`, a person with a database tool.

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorFutureExt, Addr, AsyncContext, Context, WrapFuture};
use log::{info, warn};
use tokio::task::spawn_blocking;

use super::database::{Connection, Database, StoreError, shrink_log};
use super::reader::Reader;
use super::writer::WriterHandle;

const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Every so many looks it is seen to that the write-ahead log does not stay long.
const LOG_EVERY: u32 = 8;

/// Whoever keeps in memory what stands in the database.
pub trait Follower: Send + Sync + 'static {
    /// Reads anew what is no longer as it was. Answers whether spending has to be settled too.
    ///
    /// # Errors
    /// What SQLite says; it is called again soon.
    fn look(&self, reading: &mut Connection) -> Result<bool, StoreError>;

    /// Takes in what was spent, on the writing connection.
    ///
    /// # Errors
    /// As of [`Follower::look`].
    fn settle(&self, writing: &mut Connection) -> Result<(), StoreError>;
}

/// The watch on the database; it ends with the process.
#[derive(Clone)]
pub struct ChangeWatcher(Arc<Addr<Watch>>);

struct Watch {
    follower: Arc<dyn Follower>,
    database: Database,
    reader: Reader,
    writer: WriterHandle,
    /// A look is under way; the next one waits for it.
    is_looking: bool,
    is_failing: bool,
    looks: u32,
}

impl ChangeWatcher {
    pub fn start(
        follower: Arc<dyn Follower>,
        database: Database,
        reader: Reader,
        writer: WriterHandle,
    ) -> Self {
        let (is_looking, is_failing, looks) = (false, false, 0);
        let watch = Watch { follower, database, reader, writer, is_looking, is_failing, looks };
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
        self.looks = self.looks.wrapping_add(1);
        let database = self.looks.is_multiple_of(LOG_EVERY).then(|| self.database.clone());
        let (follower, reader, writer) =
            (self.follower.clone(), self.reader.clone(), self.writer.clone());
        let look = async move {
            let looking = follower.clone();
            let looked = spawn_blocking(move || reader.read(|connection| looking.look(connection)));
            if looked.await.unwrap_or(Err(StoreError::WriterStopped))? {
                writer.write(move |connection| follower.settle(connection)).await?;
            }
            if database.is_some_and(|database| database.has_long_log()) {
                writer.write(shrink_log).await?;
            }
            Ok(())
        };
        context.spawn(look.into_actor(self).map(|looked, watch, _| {
            watch.is_looking = false;
            watch.tell(looked);
        }));
    }

    fn tell(&mut self, looked: Result<(), StoreError>) {
        match looked {
            Ok(()) if self.is_failing => {
                self.is_failing = false;
                info!("changes by others in the database are seen again");
            }
            Err(error) if !self.is_failing => {
                self.is_failing = true;
                warn!("changes by others in the database cannot be seen, trying on: {error}");
            }
            Ok(()) | Err(_) => {}
        }
    }
}

impl Actor for Watch {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.run_interval(POLL_INTERVAL, Self::look);
    }
}
