//! The writer actor: one thread, the only connection that writes. Everything that changes the
//! database comes through [`WriterHandle`].

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix::{Actor, Addr, Handler, Message, SyncArbiter, SyncContext};

use super::database::{Connection, Database, StoreError};
use super::invocations;
use crate::domain::invocation::Invocation;

/// A change that needs the writing connection.
type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The way to the writer.
#[derive(Clone)]
pub struct WriterHandle {
    address: Arc<Addr<SqliteWriter>>,
}

impl WriterHandle {
    pub fn start(database: Database) -> Self {
        let next_id = Arc::new(AtomicI64::new(0));
        let writer = move || SqliteWriter {
            database: database.clone(),
            connection: None,
            next_id: next_id.clone(),
        };
        Self { address: Arc::new(SyncArbiter::start(1, writer)) }
    }

    /// Writes the batch in one transaction.
    ///
    /// # Errors
    /// The batch comes back with the reason, so that nothing is lost.
    ///
    /// # Cancel safety
    /// The batch is written even when nobody waits any more.
    pub async fn commit(&self, batch: Vec<Invocation>) -> Result<(), Unwritten> {
        match self.address.send(Commit(batch)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Unwritten { batch: Vec::new(), error: StoreError::WriterStopped }),
        }
    }

    /// Runs a change on the writing connection.
    ///
    /// # Errors
    /// What the change says, or that the writer is gone.
    ///
    /// # Cancel safety
    /// The change is made even when nobody waits any more.
    pub async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Nobody waiting for the outcome is no fault of the change.
            let _ = reply.send(change(connection));
        });
        let sent = self.address.send(Run(job)).await;
        sent.map_err(|_| StoreError::WriterStopped)??;
        answer.await.map_err(|_| StoreError::WriterStopped)?
    }
}

/// A batch that could not be written, and why.
#[derive(Debug)]
pub struct Unwritten {
    pub batch: Vec<Invocation>,
    pub error: StoreError,
}

struct SqliteWriter {
    database: Database,
    /// Opened at the first message, and anew after an error of the file itself.
    connection: Option<Connection>,
    next_id: Arc<AtomicI64>,
}

impl SqliteWriter {
    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        if self.connection.is_none() {
            let mut connection = self.database.connect()?;
            let last_id = invocations::last_id(&mut connection)?;
            self.next_id.store(last_id + 1, Ordering::Relaxed);
            self.connection = Some(connection);
        }
        self.connection.as_mut().ok_or(StoreError::WriterStopped)
    }

    fn commit(&mut self, batch: &[Invocation]) -> Result<(), StoreError> {
        let next_id = self.next_id.clone();
        let connection = self.connection()?;
        let first_id = next_id.load(Ordering::Relaxed);
        invocations::insert_batch(connection, first_id, batch)?;
        let written = i64::try_from(batch.len()).unwrap_or(i64::MAX);
        next_id.fetch_add(written, Ordering::Relaxed);
        Ok(())
    }
}

impl Actor for SqliteWriter {
    type Context = SyncContext<Self>;
}

#[derive(Message)]
#[rtype(result = "Result<(), Unwritten>")]
struct Commit(Vec<Invocation>);

impl Handler<Commit> for SqliteWriter {
    type Result = Result<(), Unwritten>;

    fn handle(&mut self, Commit(batch): Commit, _: &mut Self::Context) -> Self::Result {
        self.commit(&batch).map_err(|error| Unwritten { batch, error })
    }
}

#[derive(Message)]
#[rtype(result = "Result<(), StoreError>")]
struct Run(Job);

impl Handler<Run> for SqliteWriter {
    type Result = Result<(), StoreError>;

    fn handle(&mut self, Run(job): Run, _: &mut Self::Context) -> Self::Result {
        job(self.connection()?);
        Ok(())
    }
}
