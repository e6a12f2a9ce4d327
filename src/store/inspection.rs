//! Whether a database is sound: its pages and indexes, what rows refer to, its version, and whether
//! the sums agree with the calls. Reads only; routers may work on it meanwhile.

use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::Error::DatabaseError;
use diesel::sql_types::{BigInt, Text};
use diesel_migrations::MigrationHarness;

use super::compact::is_ours;
use super::database::{Connection, Database, MIGRATIONS, StoreError};
use super::retained::calls_until_us;
use super::schema::{invocations, set_aside};
use super::space::Space;

/// How many of a kind are listed; one fault may have thousands of rows.
const MOST_LISTED: usize = 20;

const DAY_US: i64 = 86_400_000_000;

/// What a call's columns refer to, which SQLite does not watch over.
const REFERENCES: [(&str, &str); 5] = [
    ("target_id", "targets"),
    ("caller_id", "callers"),
    ("endpoint_id", "endpoints"),
    ("error_id", "errors"),
    ("price_id", "prices"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Pages alone.
    Quick,
    /// And whether each index has what its table has.
    Whole,
}

#[derive(Debug)]
pub struct Inspection {
    pub space: Space,
    pub calls: i64,
    /// Records that the database refused once.
    pub set_aside: i64,
    /// Migrations that the next start of this version makes.
    pub pending: Vec<String>,
    /// What is wrong.
    pub problems: Vec<String>,
}

/// # Errors
/// The file cannot be read, is no database of the router, or was written by a newer version.
pub fn inspect(database: &Database, depth: Depth) -> Result<Inspection, StoreError> {
    let path = database.path();
    let open = |reason: String| StoreError::Open { path: path.clone(), reason };
    let mut connection = Connection::establish(&path).map_err(|error| open(error.to_string()))?;
    connection
        .batch_execute(
            "PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16384; PRAGMA query_only = ON",
        )
        .map_err(|error| open(error.to_string()))?;
    let is_ours = is_ours(&mut connection).map_err(|error| open(error.to_string()))?;
    if !is_ours {
        return Err(open(String::from("it is no database of llm-router")));
    }
    database.refuse_newer(&mut connection)?;
    let pending = connection.pending_migrations(MIGRATIONS);
    let pending = pending.map_err(|error| open(error.to_string()))?;
    let pending: Vec<String> = pending.iter().map(|one| one.name().to_string()).collect();
    // One snapshot for all. Nothing is committed: that fails where pages are spoilt.
    connection.batch_execute("BEGIN")?;
    look(&mut connection, depth, pending)
}

fn look(
    connection: &mut Connection,
    depth: Depth,
    pending: Vec<String>,
) -> Result<Inspection, StoreError> {
    let mut problems = integrity(connection, depth)?;
    if problems.is_empty() {
        problems = foreign_keys(connection)?;
    }
    // An older version has other tables; what is broken cannot be counted.
    let is_countable = pending.is_empty() && problems.is_empty();
    if !is_countable {
        let space = Space::of(connection)?;
        return Ok(Inspection { space, calls: 0, set_aside: 0, pending, problems });
    }
    problems.extend(references(connection)?);
    problems.extend(sums(connection)?);
    Ok(Inspection {
        space: Space::of(connection)?,
        calls: invocations::table.count().get_result(connection)?,
        set_aside: set_aside::table.count().get_result(connection)?,
        pending,
        problems,
    })
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn integrity(connection: &mut Connection, depth: Depth) -> Result<Vec<String>, StoreError> {
    let check = match depth {
        Depth::Quick => "SELECT quick_check AS line FROM pragma_quick_check LIMIT 20",
        Depth::Whole => "SELECT integrity_check AS line FROM pragma_integrity_check LIMIT 20",
    };
    match diesel::sql_query(check).load::<Line>(connection) {
        Ok(lines) => {
            Ok(lines.into_iter().map(|row| row.line).filter(|line| line != "ok").collect())
        }
        // Some pages keep the check itself from going on.
        Err(DatabaseError(_, spoilt)) if spoilt.message().contains("malformed") => {
            Ok(vec![spoilt.message().to_owned()])
        }
        Err(error) => Err(error.into()),
    }
}

fn foreign_keys(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let check = format!(
        "SELECT 'row ' || coalesce(rowid, '?') || ' of `' || \"table\" || '` refers to nothing in `' || \
         parent || '`' AS line FROM pragma_foreign_key_check LIMIT {MOST_LISTED}"
    );
    let lines: Vec<Line> = diesel::sql_query(check).load(connection)?;
    Ok(lines.into_iter().map(|row| row.line).collect())
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn count(connection: &mut Connection, query: &str) -> Result<i64, StoreError> {
    Ok(diesel::sql_query(query).get_result::<Count>(connection)?.count)
}

fn references(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    for (column, table) in REFERENCES {
        let query = format!(
            "SELECT count(*) AS count FROM invocations WHERE {column} IS NOT NULL \
             AND {column} NOT IN (SELECT id FROM {table})"
        );
        let dangling = count(connection, &query)?;
        if dangling > 0 {
            found.push(format!("{dangling} calls have a `{column}` that `{table}` does not know"));
        }
    }
    Ok(found)
}

/// Compares calls and tokens by the days of which no call was deleted.
fn sums(connection: &mut Connection) -> Result<Vec<String>, StoreError> {
    let first = calls_until_us(connection)?.div_euclid(DAY_US) + 1;
    let first = if first == 1 { 0 } else { first };
    let mut found = Vec::new();
    for (what, of_call, of_sum) in
        [("calls", "1", "calls"), ("tokens", "coalesce(total_tokens, 0)", "total_tokens")]
    {
        let recorded = format!(
            "SELECT coalesce(sum({of_call}), 0) AS count FROM invocations LEFT JOIN call_writers \
             ON call_writers.id = writer_id WHERE started_at_us >= {} \
             AND (call_writers.id IS NULL OR invocations.id <= summed_to_id)",
            first.saturating_mul(DAY_US)
        );
        let summed = format!(
            "SELECT coalesce(sum({of_sum}), 0) AS count FROM sums \
             WHERE view = 0 AND grain = 3 AND bucket >= {first}"
        );
        let (recorded, summed) = (count(connection, &recorded)?, count(connection, &summed)?);
        if recorded != summed {
            found.push(format!("the sums tell of {summed} {what}, the calls of {recorded}"));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(folder: &tempfile::TempDir) -> Database {
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        database.prepare().unwrap();
        database
    }

    #[test]
    fn what_does_not_agree_is_listed() {
        let folder = tempfile::tempdir().unwrap();
        let database = made(&folder);
        let found = inspect(&database, Depth::Whole).unwrap();
        assert_eq!((found.problems.as_slice(), found.pending.len()), (&[][..], 0));
        let spoil = "PRAGMA foreign_keys = OFF;
            INSERT INTO model_tags (model_id, tag) VALUES (77, 'lost');
            ";
        database.connect().unwrap().batch_execute(spoil).unwrap();
        let found = inspect(&database, Depth::Quick).unwrap();
        assert_eq!(found.problems.len(), 1, "{found:?}");
        assert!(
            found.problems[0].contains("of `model_tags` refers to nothing in `models`"),
            "{found:?}"
        );
        let spoil = "DELETE FROM model_tags;
            INSERT INTO invocations (id, started_at_us, target_id, caller_id, writer_id, request_id,
                endpoint_id, flags, status, http_status, attempts, total_tokens, duration_us)
            VALUES (1, 1, 5, 6, 0, x'00', 7, 0, 0, 200, 1, 12, 1)";
        database.connect().unwrap().batch_execute(spoil).unwrap();
        let found = inspect(&database, Depth::Whole).unwrap();
        insta::assert_snapshot!(found.problems.join("\n"), @"
        1 calls have a `target_id` that `targets` does not know
        1 calls have a `caller_id` that `callers` does not know
        1 calls have a `endpoint_id` that `endpoints` does not know
        the sums tell of 0 calls, the calls of 1
        the sums tell of 0 tokens, the calls of 12
        ");
    }

    #[test]
    fn a_page_that_is_spoilt_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let database = made(&folder);
        let fill = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)
            INSERT INTO invocation_traces SELECT i, randomblob(2000) FROM n; PRAGMA wal_checkpoint(TRUNCATE)";
        database.connect().unwrap().batch_execute(fill).unwrap();
        let mut bytes = std::fs::read(database.path()).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..middle + 8192].fill(0xff);
        std::fs::write(database.path(), bytes).unwrap();
        let found = inspect(&database, Depth::Quick).unwrap();
        assert!(!found.problems.is_empty());
    }

    #[test]
    fn an_older_and_a_newer_version_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let database = made(&folder);
        let version = |sql: &str| database.connect().unwrap().batch_execute(sql).unwrap();
        version("DELETE FROM __diesel_schema_migrations WHERE version LIKE '20261127000040%'");
        assert_eq!(inspect(&database, Depth::Quick).unwrap().pending.len(), 1);
        version("INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000000')");
        let refusal = inspect(&database, Depth::Quick).unwrap_err();
        assert!(matches!(refusal, StoreError::Newer { .. }), "{refusal}");
        let other = Database::at(&folder.path().join("other.db").display().to_string());
        Connection::establish(&other.path()).unwrap().batch_execute("CREATE TABLE t (n)").unwrap();
        let refusal = inspect(&other, Depth::Quick).unwrap_err().to_string();
        assert!(refusal.contains("no database of llm-router"), "{refusal}");
    }
}
