use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::*;
use crate::domain::invocation::Status;
use crate::store::invocations::Filter;
use crate::store::{Connection, Database};

/// 1000 calls, ten at each time; every third failed, each second by the key 7.
const ROWS: &str = "
    INSERT INTO callers VALUES (1, 7, 'team'), (2, 0, '');
    INSERT INTO endpoints VALUES (1, 'chat');
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
    INSERT INTO invocations (id, started_at_us, api_key_id, caller_id, writer_id, request_id,
        endpoint_id, flags, status, http_status, attempts, total_tokens, cost_nano_usd, duration_us)
    SELECT i, (1000 - i) / 10, CASE WHEN i % 2 THEN 7 END, 2 - i % 2, 0, CAST('=r' || i AS BLOB),
        1, 0, i % 3 = 0, 200, 1, i, CASE WHEN i % 5 THEN i END, 1000 FROM n;";

fn database() -> (tempfile::TempDir, Database, Connection) {
    let folder = tempfile::tempdir().unwrap();
    // A name that an address would have to hide.
    let path = folder.path().join("router %?#.db");
    let database = Database::at(&path.display().to_string());
    database.prepare().unwrap();
    let mut connection = database.connect().unwrap();
    connection.batch_execute(ROWS).unwrap();
    (folder, database, connection)
}

fn planned(connection: &mut Connection, filter: &Filter, slice: i64) -> Plan {
    let plan = Plan::begin(connection, filter.clone(), true).unwrap();
    let mut plan = plan.with_slices_of(slice);
    while plan.extend(connection).unwrap() {}
    plan
}

#[test]
fn each_call_is_there_once_whatever_the_slices() {
    let (_folder, _database, mut connection) = database();
    let all = Filter::default();
    let failed = Filter { status: Some(Status::Error), only_key: Some(7), ..all.clone() };
    let late = Filter { start_us: Some(20), end_us: Some(30), ..all.clone() };
    let none = Filter { start_us: Some(5000), ..all.clone() };
    for (filter, count) in [(all, 1000), (failed, 167), (late, 100), (none, 0)] {
        for slice in [1, 7, 10, 70, 999, 1000, 50_000] {
            let plan = planned(&mut connection, &filter, slice);
            let [success, error, _] = plan.sums();
            assert_eq!((plan.total(), success.calls + error.calls), (count, count), "{filter:?}");
            // What is written now is not of this export.
            let later =
                "INSERT INTO invocations SELECT 1001, 25, model_id, target_id, 7, caller_id,
                writer_id, request_id, requested, endpoint_id, flags, 1, http_status, error_id,
                finish_reason, attempts, provider_key, prompt_tokens, completion_tokens,
                cached_tokens, cache_write_tokens, reasoning_tokens, total_tokens, cost_nano_usd,
                price_id, duration_us, ttft_us, router_us, wait_us, session_id
                FROM invocations WHERE id = 1";
            connection.batch_execute(later).unwrap();
            let (mut pages, mut found) = (Pages::from(plan), Vec::new());
            loop {
                let page = pages.next(&mut connection).unwrap();
                if page.is_empty() {
                    break;
                }
                found.extend(page.iter().map(|row| (row.call.started_at_us, row.call.id)));
            }
            connection.batch_execute("DELETE FROM invocations WHERE id = 1001").unwrap();
            assert_eq!(found.len() as u64, count);
            assert!(found.is_sorted_by(|one, next| one < next), "oldest first, each once");
        }
    }
}

#[test]
fn calls_that_were_deleted_meanwhile_end_nothing() {
    let (_folder, _database, mut connection) = database();
    let mut pages = Pages::from(planned(&mut connection, &Filter::default(), 50_000));
    assert_eq!(pages.next_ids(&mut connection).unwrap().len(), 500);
    connection.batch_execute("DELETE FROM invocations WHERE id > 100").unwrap();
    assert_eq!(pages.next(&mut connection).unwrap().len(), 100);
    assert_eq!(pages.next(&mut connection).unwrap().len(), 0);
}

#[test]
fn a_copy_has_the_calls_that_were_asked_for_and_nothing_of_the_keys() {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let (folder, database, mut connection) = database();
    let file = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
    let mut snapshot = Snapshot::begin(&database, file.path()).unwrap();
    let (file, path) = file.into_parts();
    path.close().unwrap();
    for ids in [vec![3, 1, 2], vec![], vec![10, 20, 999]] {
        snapshot.copy(ids).unwrap();
    }
    connection.batch_execute("INSERT INTO endpoints VALUES (2, 'batch')").unwrap();
    snapshot.finish().unwrap();

    let copied = folder.path().join("copied.db");
    std::io::copy(&mut &file, &mut std::fs::File::create(&copied).unwrap()).unwrap();
    let mut copy = Connection::establish(&copied.display().to_string()).unwrap();
    let mut ask = |sql: &str| diesel::sql_query(sql).get_result::<Found>(&mut copy).unwrap().text;
    assert_eq!(ask("SELECT integrity_check AS text FROM pragma_integrity_check"), "ok");
    let tables = "SELECT group_concat(name) AS text FROM (SELECT name FROM sqlite_schema
        WHERE type IN ('table', 'view') ORDER BY name)";
    assert_eq!(
        ask(tables),
        "callers,calls,endpoints,errors,invocation_bodies,invocation_texts,invocation_traces,\
         invocations,prices,targets"
    );
    let ids = "SELECT group_concat(id) AS text FROM invocations";
    assert_eq!(ask(ids), "1,2,3,10,20,999");
    let call = "SELECT json_array(request_id, api_key, endpoint, status, started_at, duration_ms)
        AS text FROM calls WHERE id = 3";
    assert_eq!(ask(call), r#"["r3","team","chat","error","1970-01-01T00:00:00.000Z",1.0]"#);
}
