//! Writes batches: each atomically, and exactly once, even if its commit seemed to fail. Rows that
//! the database rejects for good are set aside, each with its reason.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::database::{Connection, StoreError, transaction};
use super::schema::set_aside;

/// A kind of rows that are written in batches.
pub trait Batched: Sized {
    /// The name of the stream. A process writes the batches of a stream one after another.
    const STREAM: &'static str;

    /// What the process keeps in memory beside the tables.
    type Sink: Clone + Send + Sync + 'static;

    /// A try to write a batch begins: what an earlier one has inserted was rolled back.
    fn begin(_sink: &Self::Sink) {}

    /// Inserts the rows in their order. Called in a transaction.
    ///
    /// # Errors
    /// SQLite's error.
    fn insert_all(
        sink: &Self::Sink,
        connection: &mut Connection,
        rows: &[Self],
    ) -> Result<(), StoreError>;

    /// The batch is on disk.
    fn written(_sink: &Self::Sink) {}

    /// Counts what still counts of a row that was set aside. Called in a transaction.
    ///
    /// # Errors
    /// SQLite's error.
    fn count_aside(&self, _connection: &mut Connection) -> Result<(), StoreError> {
        Ok(())
    }

    /// An identifier to search for.
    fn reference(&self) -> String;

    /// The row as JSON, without bodies.
    fn record(&self) -> String;
}

/// Identifies a batch among those of all processes.
#[derive(Clone, Copy, Debug)]
pub struct BatchId<'a> {
    /// The process.
    pub writer: &'a str,
    /// The number within the stream, from 1. A batch is written before the next one begins.
    pub sequence: i64,
    pub now_us: i64,
}

/// A row that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    pub reference: String,
    pub reason: String,
}

/// Writes the batch, unless it is there already.
///
/// # Errors
/// SQLite's error; then nothing is written, unless the commit itself failed.
pub fn write<T: Batched>(
    connection: &mut Connection,
    sink: &T::Sink,
    id: BatchId<'_>,
    rows: &[T],
) -> Result<(), StoreError> {
    transaction(connection, |connection| match begin::<T>(connection, id)? {
        true => {
            T::begin(sink);
            T::insert_all(sink, connection, rows)
        }
        false => Ok::<_, StoreError>(()),
    })?;
    T::written(sink);
    Ok(())
}

/// Writes the batch row by row, in one transaction, and sets aside what is rejected.
///
/// # Errors
/// As for [`write`].
pub fn write_singly<T: Batched>(
    connection: &mut Connection,
    sink: &T::Sink,
    id: BatchId<'_>,
    rows: &[T],
) -> Result<Vec<SetAside>, StoreError> {
    let aside = transaction(connection, |connection| {
        let mut aside = Vec::new();
        if !begin::<T>(connection, id)? {
            return Ok::<_, StoreError>(aside);
        }
        T::begin(sink);
        for row in rows {
            let one = std::slice::from_ref(row);
            let inserted =
                transaction(connection, |connection| T::insert_all(sink, connection, one));
            match inserted {
                Ok(()) => {}
                Err(error) if error.is_of_the_row() => {
                    aside.push(put_aside(connection, row, &error, id.now_us)?);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(aside)
    })?;
    T::written(sink);
    Ok(aside)
}

/// Whether the batch is still to be written.
fn begin<T: Batched>(connection: &mut Connection, id: BatchId<'_>) -> Result<bool, StoreError> {
    let changed = diesel::sql_query(
        "INSERT INTO written_batches (writer, stream, sequence, at_us) VALUES (?, ?, ?, ?) \
         ON CONFLICT (writer, stream) DO UPDATE SET sequence = excluded.sequence, \
         at_us = excluded.at_us WHERE sequence < excluded.sequence",
    )
    .bind::<Text, _>(id.writer)
    .bind::<Text, _>(T::STREAM)
    .bind::<BigInt, _>(id.sequence)
    .bind::<BigInt, _>(id.now_us)
    .execute(connection)?;
    Ok(changed > 0)
}

fn put_aside<T: Batched>(
    connection: &mut Connection,
    row: &T,
    error: &StoreError,
    now_us: i64,
) -> Result<SetAside, StoreError> {
    let aside = SetAside { reference: row.reference(), reason: error.to_string() };
    diesel::insert_into(set_aside::table)
        .values((
            set_aside::at_us.eq(now_us),
            set_aside::stream.eq(T::STREAM),
            set_aside::reference.eq(&aside.reference),
            set_aside::reason.eq(&aside.reason),
            set_aside::record.eq(row.record()),
        ))
        .execute(connection)?;
    match transaction(connection, |connection| row.count_aside(connection)) {
        // The row was rejected.
        Err(error) if error.is_of_the_row() => Ok(aside),
        counted => counted.map(|()| aside),
    }
}

/// Deletes the entries of processes that have written nothing since then.
///
/// # Errors
/// SQLite's error.
pub fn forget(connection: &mut Connection, before_us: i64) -> Result<(), StoreError> {
    diesel::sql_query("DELETE FROM written_batches WHERE at_us < ?")
        .bind::<BigInt, _>(before_us)
        .execute(connection)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;

    use super::*;
    use crate::domain::event::{Event, EventKind};
    use crate::store::{Database, events};

    fn event(summary: &str) -> Event {
        Event {
            at_us: 1,
            kind: EventKind::ConfigReloaded,
            subject: String::from("router.toml"),
            actor: String::from(Event::BY_FILE),
            summary: summary.to_owned(),
            before: None,
            after: None,
        }
    }

    fn database(folder: &tempfile::TempDir) -> Connection {
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        database.prepare().unwrap();
        database.connect().unwrap()
    }

    fn id(writer: &str, sequence: i64) -> BatchId<'_> {
        BatchId { writer, sequence, now_us: 5 }
    }

    /// Oldest first.
    fn summaries(connection: &mut Connection) -> String {
        let mut rows = events::list(connection, &events::Filter::default(), 99).unwrap();
        rows.reverse();
        rows.into_iter().map(|row| row.summary).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_batch_that_is_there_already_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = database(&folder);
        write(&mut connection, &(), id("one", 1), &[event("a")]).unwrap();
        // The writer did not learn of its success and retries: as a whole, then row by row.
        write(&mut connection, &(), id("one", 1), &[event("a")]).unwrap();
        assert_eq!(write_singly(&mut connection, &(), id("one", 1), &[event("a")]).unwrap(), []);
        write(&mut connection, &(), id("one", 2), &[event("b")]).unwrap();
        write(&mut connection, &(), id("other", 1), &[event("c")]).unwrap();
        assert_eq!(summaries(&mut connection), "a b c");
        forget(&mut connection, 6).unwrap();
        write(&mut connection, &(), id("one", 1), &[event("d")]).unwrap();
        assert_eq!(summaries(&mut connection), "a b c d", "entries are deleted in time");
    }

    #[test]
    fn rejected_rows_are_set_aside_and_the_rest_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = database(&folder);
        connection
            .batch_execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.summary = 'bad' \
                 BEGIN SELECT RAISE(ABORT, 'not this one'); END",
            )
            .unwrap();
        let rows = [event("a"), event("bad"), event("b")];
        let refused = write(&mut connection, &(), id("one", 1), &rows).unwrap_err();
        assert!(refused.is_of_the_row(), "{refused}");
        assert_eq!(summaries(&mut connection), "", "all or nothing");
        let aside = write_singly(&mut connection, &(), id("one", 1), &rows).unwrap();
        assert_eq!(summaries(&mut connection), "a b");
        let [SetAside { reference, reason }] = aside.as_slice() else { panic!("{aside:?}") };
        assert_eq!(reference, "config.reloaded router.toml");
        assert!(reason.contains("not this one"), "{reason}");
        let kept: (String, String) = set_aside::table
            .select((set_aside::reason, set_aside::record))
            .first(&mut connection)
            .unwrap();
        assert!(kept.0 == *reason && kept.1.contains("\"summary\":\"bad\""), "{kept:?}");
    }

    #[test]
    fn a_read_only_file_sets_no_row_aside() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = database(&folder);
        let mut other = database(&folder);
        other.batch_execute("BEGIN IMMEDIATE").unwrap();
        connection.batch_execute("PRAGMA busy_timeout = 1").unwrap();
        let held = write(&mut connection, &(), id("one", 1), &[event("a")]).unwrap_err();
        assert!(held.is_busy() && !held.is_of_the_row(), "{held}");
        other.batch_execute("ROLLBACK").unwrap();

        connection.batch_execute("PRAGMA query_only = ON").unwrap();
        let unwritable =
            write_singly(&mut connection, &(), id("one", 1), &[event("a")]).unwrap_err();
        assert!(!unwritable.is_of_the_row(), "{unwritable}");
        connection.batch_execute("PRAGMA query_only = OFF; PRAGMA max_page_count = 1").unwrap();
        let long = event(&"x".repeat(100_000));
        let full = write_singly(&mut connection, &(), id("one", 1), &[long]).unwrap_err();
        assert!(full.to_string().contains("full") && !full.is_of_the_row(), "{full}");
        connection.batch_execute("PRAGMA max_page_count = 1000000").unwrap();
        write(&mut connection, &(), id("one", 1), &[event("a")]).unwrap();
        assert_eq!(summaries(&mut connection), "a", "the connection works again");
    }
}
