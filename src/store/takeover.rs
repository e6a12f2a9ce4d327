//! Calls of an older table come into the narrow one, the newest first, a slice at a time while the
//! router runs; each slice with its sums, so that what is there is whole.

use std::borrow::Cow;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::call_log::CallLog;
use super::database::{Connection, StoreError, transaction};
use super::dictionaries::{Dictionaries, NewTarget};
use super::invocations::filter::status_named;
use super::invocations::insert::{
    NewBodies, NewInvocation, NewTexts, NewTrace, Rows, flags_of, status_code,
};
use super::invocations::{FLAG_BODIES, FLAG_DROPPED, FLAG_STREAM};
use super::packing::Packer;
use super::request_ids;
use super::retained;
use super::schema::{invocation_bodies_before, invocations_before};
use super::sums::{Accumulators, Added, CallRow, MINUTES_KEPT_US, add_to_table};
use crate::domain::invocation::Status;

/// Calls of one transaction; other writes have their turn between two.
const SLICE: i64 = 250;

/// Of calls that no running process wrote.
const NO_WRITER: i32 = 0;

#[derive(Queryable, Selectable)]
#[diesel(table_name = invocations_before)]
struct Before {
    id: i64,
    request_id: String,
    started_at_us: i64,
    endpoint: String,
    requested: String,
    provider_id: Option<i32>,
    provider_name: Option<String>,
    model_id: Option<i32>,
    model_name: Option<String>,
    tags: Option<String>,
    provider_key: Option<i32>,
    api_key: Option<String>,
    is_stream: bool,
    status: String,
    http_status: i32,
    error_code: Option<String>,
    error_message: Option<String>,
    finish_reason: Option<String>,
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
    cached_tokens: Option<i64>,
    cache_write_tokens: Option<i64>,
    reasoning_tokens: Option<i64>,
    total_tokens: Option<i64>,
    cost_nano_usd: Option<i64>,
    ttft_us: Option<i64>,
    duration_us: i64,
    attempts: i32,
    route: Option<String>,
    api_key_id: Option<i32>,
    bodies_dropped: Option<String>,
}

/// Takes the next slice over. Answers whether there may be more.
///
/// # Errors
/// SQLite's error; the slice stays where it was.
pub fn take_over(connection: &mut Connection) -> Result<bool, StoreError> {
    if left(connection)?.is_none() {
        return Ok(false);
    }
    transaction(connection, |connection| {
        let rows: Vec<Before> = invocations_before::table
            .order(invocations_before::id.desc())
            .limit(SLICE)
            .select(Before::as_select())
            .load(connection)?;
        let (mut names, mut packer) = (Dictionaries::default(), Packer::default());
        let Some(oldest) = rows.last().map(|oldest| oldest.id) else { return Ok(false) };
        let (mut sums, mut narrow) = (Accumulators::default(), Rows::default());
        if let Some(oldest_us) = rows.iter().map(|row| row.started_at_us).min() {
            retained::note_written(connection, oldest_us)?;
        }
        for row in rows {
            let call = row.put_into(&mut narrow, connection, (&mut names, &mut packer))?;
            sums.add(&call);
        }
        narrow.insert(connection)?;
        // Sums by minute that are too old to be kept need not be made.
        let now_us = jiff::Timestamp::now().as_microsecond();
        add_to_table(connection, &sums.by_grain(now_us.saturating_sub(MINUTES_KEPT_US)))?;
        let bodies = invocation_bodies_before::table
            .filter(invocation_bodies_before::invocation_id.ge(oldest));
        diesel::delete(bodies).execute(connection)?;
        diesel::delete(invocations_before::table.filter(invocations_before::id.ge(oldest)))
            .execute(connection)?;
        Ok(true)
    })
}

/// When the newest call began that was not taken over; `None` where all are.
///
/// # Errors
/// SQLite's error.
pub fn left(connection: &mut Connection) -> Result<Option<i64>, StoreError> {
    #[derive(QueryableByName)]
    struct Newest {
        #[diesel(sql_type = Nullable<BigInt>)]
        at_us: Option<i64>,
    }
    let newest = "SELECT (SELECT started_at_us FROM invocations_before ORDER BY id DESC LIMIT 1) \
                  AS at_us";
    Ok(diesel::sql_query(newest).get_result::<Newest>(connection)?.at_us)
}

impl Before {
    /// Adds the narrow row and what stands apart from it; returns what sums need of it.
    fn put_into(
        self,
        rows: &mut Rows,
        connection: &mut Connection,
        (names, packer): (&mut Dictionaries, &mut Packer),
    ) -> Result<Added, StoreError> {
        let bodies: Option<(Vec<u8>, Vec<u8>, bool)> = invocation_bodies_before::table
            .find(self.id)
            .select((
                invocation_bodies_before::request,
                invocation_bodies_before::response,
                invocation_bodies_before::is_truncated,
            ))
            .get_result(connection)
            .optional()?;
        let row = self.narrow(connection, names, bodies.is_some())?;
        let added = CallRow::from(&row).added();
        rows.calls.push(row);
        let invocation_id = self.id;
        if self.error_message.is_some() {
            let error_message = self.error_message;
            rows.texts.push(NewTexts { invocation_id, error_message, ..NewTexts::default() });
        }
        if let Some(route) = self.route {
            rows.traces.push(NewTrace { invocation_id, trace: packer.pack(route.as_bytes()) });
        }
        if let Some((request, response, is_truncated)) = bodies {
            let [request, response] = [request, response].map(|body| packer.pack(&body));
            rows.bodies.push(NewBodies { invocation_id, request, response, is_truncated });
        }
        Ok(added)
    }

    fn narrow(
        &self,
        connection: &mut Connection,
        names: &mut Dictionaries,
        has_bodies: bool,
    ) -> Result<NewInvocation, StoreError> {
        let target_id = match self.target() {
            Some(target) => Some(names.target(connection, target)?),
            None => None,
        };
        let caller_id = names.caller(
            connection,
            self.api_key_id.unwrap_or(0),
            self.api_key.as_deref().unwrap_or_default(),
        )?;
        let error_id = match &self.error_code {
            Some(code) => Some(names.error(connection, code, self.http_status)?),
            None => None,
        };
        let is_model = self.model_name.as_ref() == Some(&self.requested);
        Ok(NewInvocation {
            id: self.id,
            started_at_us: self.started_at_us,
            model_id: self.model_id,
            target_id,
            api_key_id: self.api_key_id,
            caller_id,
            writer_id: NO_WRITER,
            request_id: request_ids::to_bytes(&self.request_id),
            requested: (!is_model).then(|| self.requested.clone()),
            endpoint_id: names.endpoint(connection, &self.endpoint)?,
            flags: flags_of([
                (self.is_stream, FLAG_STREAM),
                (has_bodies, FLAG_BODIES),
                (self.bodies_dropped.is_some(), FLAG_DROPPED),
            ]),
            // The table holds no other names.
            status: status_code(status_named(&self.status).unwrap_or(Status::Cancelled)),
            http_status: self.http_status,
            error_id,
            finish_reason: self.finish_reason.clone().map(Cow::Owned),
            attempts: self.attempts,
            provider_key: self.provider_key,
            prompt_tokens: self.prompt_tokens,
            completion_tokens: self.completion_tokens,
            cached_tokens: self.cached_tokens,
            cache_write_tokens: self.cache_write_tokens,
            reasoning_tokens: self.reasoning_tokens,
            total_tokens: self.total_tokens,
            cost_nano_usd: self.cost_nano_usd,
            price_id: None,
            duration_us: self.duration_us,
            ttft_us: self.ttft_us,
            router_us: None,
            wait_us: None,
            session_id: None,
        })
    }

    fn target(&self) -> Option<NewTarget> {
        Some(NewTarget {
            provider_id: self.provider_id?,
            provider_name: self.provider_name.clone()?,
            model_id: self.model_id?,
            model_name: self.model_name.clone()?,
            tags: self.tags.clone().unwrap_or_else(|| String::from(",,")),
        })
    }
}

/// A slice of what is to be done beside the writing of calls: calls of an older table, and sums of
/// processes that have ended. Answers whether there may be more.
///
/// # Errors
/// SQLite's error.
pub fn next_slice(connection: &mut Connection, log: &CallLog) -> Result<bool, StoreError> {
    Ok(super::sums::catch_up(connection, log)? || take_over(connection)?)
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;
    use diesel_migrations::MigrationHarness;

    use super::*;
    use crate::domain::sums::Sums;
    use crate::store::Database;
    use crate::store::database::MIGRATIONS;
    use crate::store::sums::{Grain, Range, View, read};

    /// As diesel writes the version of the migration.
    const NARROW: &str = "20261127000020";

    const OLD_ROWS: &str = "
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 600)
        INSERT INTO invocations
        SELECT i, CASE i % 2 WHEN 0 THEN 'req-' || i
                  ELSE printf('01931f5a-6f2b-7c3d-8e4f-%012x', i) END,
               1795737600000000 + i * 1000000, 'chat', 'model-' || (i % 3),
               CASE WHEN i % 5 THEN 1 END, CASE WHEN i % 5 THEN 'openai' END,
               CASE WHEN i % 5 THEN i % 3 + 1 END, CASE WHEN i % 5 THEN 'model-' || (i % 3) END,
               CASE WHEN i % 5 THEN ',fast,' END, NULL, CASE WHEN i % 4 THEN 'team' END, i % 2,
               CASE WHEN i % 5 THEN 'success' ELSE 'error' END, CASE WHEN i % 5 THEN 200 ELSE 502 END,
               CASE WHEN i % 5 THEN NULL ELSE 'upstream_error' END,
               CASE WHEN i % 5 THEN NULL ELSE 'it broke' END, 'stop',
               CASE WHEN i % 5 THEN i END, 1, 0, 0, 0, CASE WHEN i % 5 THEN i + 1 END,
               i * 10, NULL, i, 1, '{\"strategy\":\"priority\"}', CASE WHEN i % 4 THEN 7 END, NULL
        FROM n;
        INSERT INTO invocation_bodies SELECT id, 'ask ' || id, 'answer ' || id, 0 FROM invocations
        WHERE id % 2;";

    /// Back to the table of before.
    fn revert(connection: &mut Connection) {
        while connection
            .applied_migrations()
            .unwrap()
            .iter()
            .any(|version| *version >= NARROW.into())
        {
            connection.revert_last_migration(MIGRATIONS).unwrap();
        }
    }

    fn texts(connection: &mut Connection) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Line {
            #[diesel(sql_type = diesel::sql_types::Text)]
            line: String,
        }
        let all = "SELECT json_array(i.id, request_id, started_at_us, endpoint, requested,             provider_id, provider_name, model_id, model_name, tags, api_key, is_stream, status,             http_status, error_code, error_message, finish_reason, prompt_tokens, total_tokens,             cost_nano_usd, ttft_us, duration_us, attempts, route, api_key_id, bodies_dropped,             CAST(request AS TEXT), CAST(response AS TEXT)) AS line             FROM invocations i LEFT JOIN invocation_bodies b ON b.invocation_id = i.id ORDER BY i.id";
        let lines: Vec<Line> = diesel::sql_query(all).load(connection).unwrap();
        lines.into_iter().map(|line| line.line).collect()
    }

    #[test]
    fn calls_of_an_older_file_are_taken_over_with_their_sums_and_can_go_back() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::at(&folder.path().join("router.db").display().to_string());
        database.prepare().unwrap();
        let mut connection = database.connect().unwrap();
        revert(&mut connection);
        let old = OLD_ROWS.replace("'ask ' || id", "CAST('ask ' || id AS BLOB)");
        let old = old.replace("'answer ' || id", "CAST('answer ' || id AS BLOB)");
        connection.batch_execute(&old).unwrap();
        let before = texts(&mut connection);

        database.prepare().unwrap();
        let log = CallLog::default();
        let mut slices = 0;
        while next_slice(&mut connection, &log).unwrap() {
            slices += 1;
        }
        assert_eq!((slices, left(&mut connection).unwrap()), (3, None));
        let days = Range { grain: Grain::Day, from: 0, to: 100_000 };
        let mut total = Sums::default();
        let found = read(&mut connection, &log, View::CallerTarget, &[days], |_| true).unwrap();
        found.iter().for_each(|summed| total.merge(&summed.sums));
        assert_eq!((total.calls, total.unpriced, total.cost_nano_usd), (600, 0, 1_803_000));

        revert(&mut connection);
        assert_eq!(texts(&mut connection), before);
    }
}
