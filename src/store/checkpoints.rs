//! Brings the write-ahead log into the database file, on a thread and a connection of their own, so
//! that no batch of calls waits for it. While calls are written without a pause it never reaches
//! the log's end, where the log could begin anew: then the writer does the rest, which is little.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use actix::{Actor, Addr, Handler, Message, SyncArbiter, SyncContext};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use log::{info, warn};

use super::database::{Connection, Database, FileId, StoreError, looking_often};
use super::priority;

/// Between two checkpoints, while something is written.
const INTERVAL: Duration = Duration::from_secs(1);

/// The same while the log is [`LONG`].
const LONG_INTERVAL: Duration = Duration::from_millis(250);

/// Bytes of the log from which on it should begin anew.
const LONG: u64 = 32 * 1024 * 1024;

/// What its file may have when nothing is written: `journal_size_limit` of the connections.
const MAX_IDLE: u64 = 64 * 1024 * 1024;

/// As new files have it; others are measured a little wrong.
const PAGE_BYTES: u64 = 4096;

/// The writer's side.
#[derive(Clone)]
pub struct Checkpoints {
    address: Arc<Addr<Checkpointer>>,
    state: Arc<State>,
    asked_at: Option<Instant>,
}

#[derive(Default)]
struct State {
    is_under_way: AtomicBool,
    /// The log is long, and its end was not reached.
    is_behind: AtomicBool,
    is_long: AtomicBool,
}

impl Checkpoints {
    pub fn start(database: &Database) -> Self {
        let state = Arc::<State>::default();
        let (of_thread, database) = (state.clone(), database.clone());
        let start = move || Checkpointer {
            database: database.clone(),
            connection: None,
            file: None,
            state: of_thread.clone(),
            has_failed: false,
        };
        Self { address: Arc::new(SyncArbiter::start(1, start)), state, asked_at: None }
    }

    /// The writer's connection no longer does it by itself, in the middle of a batch.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn take_over(connection: &mut Connection) -> Result<(), StoreError> {
        Ok(connection.batch_execute("PRAGMA wal_autocheckpoint = 0")?)
    }

    /// Something was written.
    pub fn wrote(&mut self, connection: &mut Connection) {
        if self.state.is_under_way.load(Ordering::Acquire) {
            return;
        }
        if self.state.is_behind.swap(false, Ordering::AcqRel) {
            // Nobody waits for it, and the next one shows what became of it.
            let _ = passive(connection);
            return;
        }
        let wait = match self.state.is_long.load(Ordering::Acquire) {
            true => LONG_INTERVAL,
            false => INTERVAL,
        };
        if self.asked_at.is_none_or(|asked| asked.elapsed() >= wait) {
            self.asked_at = Some(Instant::now());
            self.state.is_under_way.store(true, Ordering::Release);
            if self.address.try_send(Checkpoint).is_err() {
                self.state.is_under_way.store(false, Ordering::Release);
            }
        }
    }
}

struct Checkpointer {
    database: Database,
    connection: Option<Connection>,
    /// The file that was opened first.
    file: Option<FileId>,
    state: Arc<State>,
    has_failed: bool,
}

impl Checkpointer {
    fn run(&mut self) -> Result<Log, StoreError> {
        self.database.refuse_other(self.file)?;
        if self.connection.is_none() {
            self.connection = Some(self.database.connect()?);
            self.file = self.file.or_else(|| self.database.file());
        }
        let connection = self.connection.as_mut().ok_or(StoreError::WriterStopped)?;
        passive(connection)
    }
}

impl Actor for Checkpointer {
    type Context = SyncContext<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        priority::lower();
    }
}

#[derive(Message)]
#[rtype(result = "()")]
struct Checkpoint;

impl Handler<Checkpoint> for Checkpointer {
    type Result = ();

    fn handle(&mut self, _: Checkpoint, _: &mut Self::Context) {
        match self.run() {
            Ok(log) => {
                let is_long = log.frames.saturating_mul(PAGE_BYTES) >= LONG;
                self.state.is_long.store(is_long, Ordering::Release);
                let is_behind = is_long && log.done < log.frames;
                self.state.is_behind.store(is_behind, Ordering::Release);
                if std::mem::take(&mut self.has_failed) {
                    info!("the write-ahead log comes into the database again");
                }
            }
            Err(error) => {
                self.connection = None;
                if !std::mem::replace(&mut self.has_failed, true) {
                    warn!("the write-ahead log grows, trying on to empty it: {error}");
                }
            }
        }
        self.state.is_under_way.store(false, Ordering::Release);
    }
}

/// Pages that were written to the log since it began anew, and how many of them are in the file.
#[derive(Clone, Copy, Debug)]
struct Log {
    frames: u64,
    done: u64,
}

/// Copies as much as is possible without waiting for anybody.
fn passive(connection: &mut Connection) -> Result<Log, StoreError> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Integer)]
        log: i32,
        #[diesel(sql_type = Integer)]
        checkpointed: i32,
    }
    let row = diesel::sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result::<Row>(connection)?;
    // -1 where another process is at it.
    let count = |frames: i32| u64::try_from(frames).unwrap_or_default();
    Ok(Log { frames: count(row.log), done: count(row.checkpointed) })
}

/// Moves the write-ahead log into the database file and empties it.
///
/// # Errors
/// SQLite's error.
pub fn checkpoint(connection: &mut Connection) -> Result<(), StoreError> {
    connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// Whether the write-ahead log is longer than its limit for an idle database.
pub fn has_long_log(database: &Database) -> bool {
    database.log_bytes() > MAX_IDLE
}

/// Truncates a write-ahead log that has grown beyond its limit, unless it is being read or
/// written.
///
/// # Errors
/// SQLite's error.
pub fn shrink_log(connection: &mut Connection) -> Result<(), StoreError> {
    // Other writers must not wait for this.
    looking_often(connection, checkpoint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::reader::Reader;
    use crate::store::writer::WriterHandle;
    use crate::store::{in_snapshot, ping};

    fn database(folder: &tempfile::TempDir) -> Database {
        Database::at(&folder.path().join("router.db").display().to_string())
    }

    #[test]
    fn the_log_of_a_burst_shrinks_again() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder);
        let mut connection = database.connect().unwrap();
        let burst = "CREATE TABLE t (b BLOB) STRICT; BEGIN; \
            INSERT INTO t VALUES (zeroblob(90000000)); DELETE FROM t; COMMIT";
        connection.batch_execute(burst).unwrap();
        assert!(has_long_log(&database));
        // The next commit that resets the log truncates it to the limit.
        connection.batch_execute("INSERT INTO t VALUES (x'00')").unwrap();
        connection.batch_execute("INSERT INTO t VALUES (x'00')").unwrap();
        assert!(!has_long_log(&database), "by the pragma");
        connection.batch_execute(&burst.replace("CREATE TABLE t (b BLOB) STRICT; ", "")).unwrap();
        assert!(has_long_log(&database));
        shrink_log(&mut connection).unwrap();
        assert!(!has_long_log(&database), "by itself");
    }

    /// 4 MB of new rows.
    async fn write(writer: &WriterHandle) {
        let row = |connection: &mut Connection| -> Result<(), StoreError> {
            Ok(connection.batch_execute("INSERT INTO t VALUES (randomblob(4000000))")?)
        };
        writer.write(row).await.unwrap();
    }

    #[actix::test]
    async fn the_log_stays_short_while_two_processes_write_and_grows_only_under_a_long_read() {
        let folder = tempfile::tempdir().unwrap();
        let database = database(&folder);
        database.connect().unwrap().batch_execute("CREATE TABLE t (b BLOB) STRICT").unwrap();
        let writers = [1, 2].map(|_| WriterHandle::start(database.clone()));
        let mut longest = 0;
        for _ in 0..60 {
            for writer in &writers {
                write(writer).await;
            }
            longest = longest.max(database.log_bytes());
            // What the checkpoints need when the disk is slow.
            while database.log_bytes() > 4 * MAX_IDLE {
                write(&writers[0]).await;
                actix::clock::sleep(LONG_INTERVAL).await;
            }
        }
        assert!(longest < 6 * MAX_IDLE, "{longest} of 480 MB");

        let (reading, read) = std::sync::mpsc::channel::<()>();
        let reader = Reader::of(&database);
        let held = std::thread::spawn(move || {
            reader.read(|connection| {
                in_snapshot(connection, |connection| {
                    diesel::sql_query("SELECT count(*) FROM t").execute(connection)?;
                    read.recv().unwrap();
                    ping(connection)
                })
            })
        });
        for _ in 0..10 {
            write(&writers[0]).await;
        }
        reading.send(()).unwrap();
        held.join().unwrap().unwrap();
        // The log begins anew with what is written next.
        let mut tries = 0;
        while database.log_bytes() > MAX_IDLE {
            write(&writers[0]).await;
            actix::clock::sleep(LONG_INTERVAL).await;
            tries += 1;
            assert!(tries < 200, "{} bytes", database.log_bytes());
        }
        let mut connection = database.connect().unwrap();
        let count = diesel::dsl::sql::<diesel::sql_types::BigInt>("(SELECT count(*) FROM t)");
        assert!(diesel::select(count).get_result::<i64>(&mut connection).unwrap() >= 130);
    }
}
