//! The writer actor: one thread with the process's only writing connection. Every change of the
//! database goes through [`WriterHandle`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use actix::{Actor, Addr, Handler, Message, SyncArbiter, SyncContext};
use jiff::Timestamp;

use super::batches::{self, BatchId, Batched, SetAside};
use super::checkpoints::Checkpoints;
use super::database::{
    Connection, Database, FileId, StoreError, insistently, is_broken, looking_often,
};
use super::page_cache;
use super::priority;

/// A change that needs the writing connection.
type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A change that waited this long in the queue is not begun: a batch before it waits for another
/// program's lock, and so would the change.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(4);

/// The time until which a change that is requested now may begin.
pub fn queue_deadline() -> Instant {
    Instant::now() + QUEUE_TIMEOUT
}

/// The handle of the writer.
#[derive(Clone)]
pub struct WriterHandle {
    address: Arc<Addr<SqliteWriter>>,
    /// Identifies this process, so that its batches differ from those of others.
    id: Arc<str>,
}

impl WriterHandle {
    pub fn start(database: Database) -> Self {
        let checkpoints = Checkpoints::start(&database);
        let writer = move || SqliteWriter {
            database: database.clone(),
            connection: None,
            file: None,
            checkpoints: checkpoints.clone(),
        };
        let id = uuid::Uuid::now_v7().to_string();
        Self { address: Arc::new(SyncArbiter::start(1, writer)), id: id.into() }
    }

    /// Writes the batch in one transaction, exactly once, even if the caller stops waiting;
    /// `singly` sets aside what the database rejects. `written` is called with what is then on
    /// disk, before anything else is written.
    ///
    /// # Errors
    /// SQLite's error: the same batch must be retried with the same number.
    ///
    /// # Cancel safety
    /// The batch is written even if the caller stops waiting.
    pub async fn write_batch<T: Batched + Send + Sync + 'static>(
        &self,
        sink: T::Sink,
        sequence: i64,
        batch: Arc<[T]>,
        singly: bool,
        written: impl FnOnce(&[T]) + Send + 'static,
    ) -> Result<Vec<SetAside>, StoreError> {
        let writer = self.id.clone();
        let write = move |connection: &mut Connection| {
            let now_us = Timestamp::now().as_microsecond();
            let id = BatchId { writer: &writer, sequence, now_us };
            let write = |connection: &mut Connection| match singly {
                true => batches::write_singly(connection, &sink, id, &batch),
                false => batches::write(connection, &sink, id, &batch).map(|()| Vec::new()),
            };
            let aside = looking_often(connection, |connection| insistently(|| write(connection)))?;
            written(&batch);
            Ok(aside)
        };
        self.run(None, write).await
    }

    /// Runs a change on the writing connection.
    ///
    /// # Errors
    /// The change's own error, a change that waited too long and was not begun, or a stopped
    /// writer.
    ///
    /// # Cancel safety
    /// The change is made even if the caller stops waiting.
    pub async fn write<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        change: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        self.run(Some(queue_deadline()), change).await
    }

    async fn run<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        deadline: Option<Instant>,
        change: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // The caller may have stopped waiting; the change is valid all the same.
            let _ = reply.send(change(connection));
        });
        let sent = self.address.send(Run { job, deadline }).await;
        sent.map_err(|_| StoreError::WriterStopped)??;
        answer.await.unwrap_or(Err(StoreError::WriterStopped.into()))
    }
}

struct SqliteWriter {
    database: Database,
    /// Opened at the first message, and reopened when a transaction was left open in it.
    connection: Option<Connection>,
    /// The file that was opened first.
    file: Option<FileId>,
    checkpoints: Checkpoints,
}

impl SqliteWriter {
    fn connection(&mut self) -> Result<&mut Connection, StoreError> {
        self.database.refuse_other(self.file)?;
        if self.connection.is_none() {
            let mut connection = self.database.connect()?;
            Checkpoints::take_over(&mut connection)?;
            page_cache::fit(&mut connection)?;
            self.connection = Some(connection);
            self.file = self.file.or_else(|| self.database.file());
        }
        self.connection.as_mut().ok_or(StoreError::WriterStopped)
    }
}

impl Actor for SqliteWriter {
    type Context = SyncContext<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        priority::lower();
    }
}

#[derive(Message)]
#[rtype(result = "Result<(), StoreError>")]
struct Run {
    job: Job,
    deadline: Option<Instant>,
}

impl Handler<Run> for SqliteWriter {
    type Result = Result<(), StoreError>;

    fn handle(&mut self, Run { job, deadline }: Run, _: &mut Self::Context) -> Self::Result {
        if deadline.is_some_and(|deadline| deadline < Instant::now()) {
            return Err(StoreError::Busy);
        }
        let connection = self.connection()?;
        job(connection);
        match is_broken(connection) {
            true => self.connection = None,
            false => {
                if let Some(connection) = &mut self.connection {
                    self.checkpoints.wrote(connection);
                }
            }
        }
        Ok(())
    }
}
