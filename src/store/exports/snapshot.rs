//! Calls as a database file of their own. Only the tables named here are copied, into a file that
//! never held anything else: no key's digest, no login and no provider can be in it.

use std::path::Path;

use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::store::database::{Connection, Database, StoreError};

const NAMES: [&str; 5] = ["targets", "callers", "errors", "endpoints", "prices"];

/// Each with the column that is the call's id.
const CALLS: [(&str, &str); 4] = [
    ("invocations", "id"),
    ("invocation_texts", "invocation_id"),
    ("invocation_traces", "invocation_id"),
    ("invocation_bodies", "invocation_id"),
];

/// The file is thrown away if anything fails, and nobody else sees it: no journal, no waiting for
/// the disk, one lock.
const SETUP: &str = "PRAGMA copy.journal_mode = OFF; PRAGMA copy.synchronous = OFF; \
    PRAGMA copy.locking_mode = EXCLUSIVE;";

/// For people and other programs: rows with their names.
fn view() -> String {
    let (request_id, session_id) = (text_of("request_id"), text_of("session_id"));
    format!(
        "CREATE VIEW copy.calls AS SELECT
    invocations.id, {request_id} AS request_id,
    strftime('%Y-%m-%dT%H:%M:%fZ', started_at_us / 1000000.0, 'unixepoch') AS started_at,
    provider_name, targets.model_name, coalesce(requested, targets.model_name) AS requested,
    nullif(callers.name, '') AS api_key, endpoints.name AS endpoint,
    CASE status WHEN 0 THEN 'success' WHEN 1 THEN 'error' ELSE 'cancelled' END AS status,
    invocations.http_status, errors.code AS error_code, error_message,
    prompt_tokens, completion_tokens, cached_tokens, reasoning_tokens, total_tokens,
    cost_nano_usd / 1e9 AS cost, duration_us / 1e3 AS duration_ms, ttft_us / 1e3 AS ttft_ms, attempts,
    {session_id} AS session_id
    FROM invocations
    LEFT JOIN targets ON targets.id = target_id
    LEFT JOIN callers ON callers.id = caller_id
    LEFT JOIN endpoints ON endpoints.id = endpoint_id
    LEFT JOIN errors ON errors.id = error_id
    LEFT JOIN invocation_texts ON invocation_id = invocations.id;"
    )
}

/// A column as `store::request_ids` writes it.
fn text_of(column: &str) -> String {
    format!(
        "CASE WHEN length({column}) = 16
        THEN lower(substr(hex({column}), 1, 8) || '-' || substr(hex({column}), 9, 4) || '-' ||
            substr(hex({column}), 13, 4) || '-' || substr(hex({column}), 17, 4) || '-' ||
            substr(hex({column}), 21))
        ELSE rtrim(substr(CAST({column} AS TEXT), 2), char(0)) END"
    )
}

/// What a path in a `file:` address may not hold as it is.
const RESERVED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b'?').add(b'#');

/// A copy that is being made. Its connection cannot write the router's own file.
pub struct Snapshot {
    connection: Connection,
}

impl Snapshot {
    /// `file` is empty.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn begin(database: &Database, file: &Path) -> Result<Self, StoreError> {
        let path = database.path();
        let address = format!("file:{}?mode=ro", utf8_percent_encode(&path, RESERVED));
        let mut connection = Connection::establish(&address)
            .map_err(|error| StoreError::Open { path, reason: error.to_string() })?;
        connection.batch_execute("PRAGMA busy_timeout = 5000")?;
        diesel::sql_query("ATTACH DATABASE ? AS copy")
            .bind::<Text, _>(file.display().to_string())
            .execute(&mut connection)?;
        connection.batch_execute(SETUP)?;
        for table in NAMES.into_iter().chain(CALLS.map(|(table, _)| table)) {
            let definition = definition(&mut connection, table)?;
            connection.batch_execute(&definition)?;
        }
        connection.batch_execute(&view())?;
        Ok(Self { connection })
    }

    /// Copies these calls with what belongs to them.
    ///
    /// # Errors
    /// SQLite's error; the copy is of no use then.
    pub fn copy(&mut self, mut ids: Vec<i64>) -> Result<(), StoreError> {
        ids.sort_unstable();
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(()) };
        let is_range = usize::try_from(last - first).is_ok_and(|span| span + 1 == ids.len());
        let which = if is_range {
            format!("BETWEEN {first} AND {last}")
        } else {
            let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
            format!("IN ({})", ids.join(","))
        };
        self.connection.transaction(|connection| {
            for (table, id) in CALLS {
                connection.batch_execute(&format!(
                    "INSERT INTO copy.{table} SELECT * FROM main.{table} WHERE {id} {which}"
                ))?;
            }
            Ok(())
        })
    }

    /// Adds the names: whatever calls there are, theirs are known by now.
    ///
    /// # Errors
    /// SQLite's error; the copy is of no use then.
    pub fn finish(mut self) -> Result<(), StoreError> {
        self.connection.transaction(|connection| {
            for table in NAMES {
                connection.batch_execute(&format!(
                    "INSERT INTO copy.{table} SELECT * FROM main.{table}"
                ))?;
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(self.connection.batch_execute("DETACH DATABASE copy")?)
    }
}

/// There is no room on the disk of the copy.
pub fn is_of_a_full_disk(error: &StoreError) -> bool {
    error.to_string().contains("is full")
}

/// The statement that makes the table as it is, in the copy.
fn definition(connection: &mut Connection, table: &str) -> Result<String, StoreError> {
    #[derive(QueryableByName)]
    struct Definition {
        #[diesel(sql_type = Text)]
        sql: String,
    }
    let known = "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?";
    let known = diesel::sql_query(known).bind::<Text, _>(table);
    let Definition { sql } = known.get_result(connection)?;
    Ok(sql.replacen("CREATE TABLE ", "CREATE TABLE copy.", 1))
}
