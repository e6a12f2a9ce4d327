use std::cell::Cell;

use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;

use super::*;
use crate::store::Database;
use crate::store::call_log::CallLog;
use crate::store::invocations::testing::{open, write};
use crate::store::invocations::{find, highest_id};
use crate::store::sums;

const DAY_US: i64 = 86_400_000_000;
const NOW_US: i64 = 1_795_737_600_000_000;

/// `calls` calls, an hour apart, the newest just before now; each with bodies, texts and a trace,
/// each third with an error.
fn filled(folder: &tempfile::TempDir, calls: i64) -> Connection {
    let (_, (mut connection, _)) = open(folder);
    fill(&mut connection, calls);
    connection
}

fn fill(connection: &mut Connection, calls: i64) {
    let rows = format!(
        "INSERT OR IGNORE INTO callers VALUES (1, 7, 'team');
        INSERT OR IGNORE INTO endpoints VALUES (1, 'chat');
        INSERT OR IGNORE INTO errors VALUES (1, 'upstream_error', 502);
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {calls})
        INSERT INTO invocations (id, started_at_us, api_key_id, caller_id, writer_id, request_id,
            endpoint_id, flags, status, http_status, error_id, attempts, total_tokens, duration_us)
        SELECT i, {NOW_US} - ({calls} - i) * 3600000000 - 1, 7, 1, 0, CAST('=r' || i AS BLOB), 1, 9,
            i % 3 = 0, 200, CASE WHEN i % 3 = 0 THEN 1 END, 1, i, 1000 FROM n;
        INSERT INTO invocation_bodies SELECT id, randomblob(700), randomblob(700), 0 FROM invocations;
        INSERT INTO invocation_traces SELECT id, '{{}}' FROM invocations;
        INSERT INTO invocation_texts SELECT id, CASE WHEN id % 3 = 0 THEN 'it broke' END, 'asked',
            'answered', 5, 8 FROM invocations;"
    );
    let rows = rows.replace("'{}' FROM", "CAST('{}' AS BLOB) FROM");
    connection.batch_execute(&rows).unwrap();
}

fn days(calls: i64, bodies: i64) -> Retention {
    let of = |days: i64| (days > 0).then_some(days * DAY_US);
    Retention { calls_us: of(calls), bodies_us: of(bodies), max_bytes: None }
}

fn all(connection: &mut Connection, rules: &Retention, now_us: i64) -> Progress {
    slice(connection, rules, now_us, &|| true).unwrap()
}

fn number(connection: &mut Connection, sql: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let asked = diesel::sql_query(format!("SELECT ({sql}) AS n"));
    asked.get_result::<Row>(connection).unwrap().n
}

fn counts(connection: &mut Connection) -> [i64; 4] {
    ["invocations", "invocation_bodies", "invocation_traces", "invocation_texts"]
        .map(|table| number(connection, &format!("SELECT count(*) FROM {table}")))
}

#[test]
fn what_is_old_is_deleted_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = filled(&folder, 240);
    assert_eq!(all(&mut connection, &days(0, 0), NOW_US), Progress::default());
    assert_eq!(counts(&mut connection), [240; 4]);

    let progress = all(&mut connection, &days(0, 2), NOW_US);
    assert_eq!((progress.apart, progress.calls, progress.is_more), (192, 0, false));
    // Errors are of the call, not of its bodies.
    assert_eq!(counts(&mut connection), [240, 48, 48, 48 + 64]);
    let errors = "SELECT count(*) FROM invocation_texts WHERE error_message IS NOT NULL \
        AND invocation_id <= 192 AND prompt IS NULL AND answer_length IS NULL";
    assert_eq!(number(&mut connection, errors), 64);
    let flags =
        "SELECT count(*) FROM invocations WHERE flags = CASE WHEN id <= 192 THEN 1 ELSE 9 END";
    assert_eq!(number(&mut connection, flags), 240);
    assert!(find(&mut connection, 192).unwrap().unwrap().bodies.is_none());
    assert!(find(&mut connection, 193).unwrap().unwrap().bodies.is_some());

    let progress = all(&mut connection, &days(5, 2), NOW_US);
    assert_eq!((progress.apart, progress.calls), (0, 120));
    assert_eq!(counts(&mut connection), [120, 48, 48, 48 + 24]);
    let oldest = number(&mut connection, "SELECT min(id) FROM invocations");
    assert_eq!(oldest, 121);
    assert_eq!(retained::load(&mut connection).unwrap().calls_until_us, NOW_US - 5 * DAY_US);
    assert_eq!(all(&mut connection, &days(5, 2), NOW_US), Progress::default());
}

#[test]
fn a_slice_ends_when_its_time_is_over_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = filled(&folder, 240);
    let mut slices = 0;
    loop {
        let steps = Cell::new(2);
        let has_time = || steps.replace(steps.get() - 1) > 1;
        let progress = slice(&mut connection, &days(5, 2), NOW_US, &has_time).unwrap();
        assert!(progress.calls <= 64 && progress.apart <= 64, "{progress:?}");
        slices += 1;
        if !progress.is_more {
            break;
        }
    }
    assert!((5..12).contains(&slices), "{slices}");
    assert_eq!(counts(&mut connection)[0..2], [120, 48]);
}

#[test]
fn a_hundred_thousand_calls_are_deleted_with_new_ones_in_between() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut store) = open(&folder);
    fill(&mut store.0, 100_000);
    retained::save(&mut store.0, &Retained { seen_us: NOW_US, ..Retained::default() }).unwrap();
    let (mut new, mut deleted) = (0, 0);
    loop {
        write(&mut store, new..new + 5);
        new += 5;
        let progress = next_slice(&mut store.0, &days(100, 10), NOW_US).unwrap();
        deleted += progress.calls;
        if !progress.is_more {
            break;
        }
    }
    assert_eq!(deleted, 100_000 - 2_400);
    let young = i64::try_from(new).unwrap();
    assert_eq!(counts(&mut store.0)[0..2], [2_400 + young, 240]);
    assert_eq!(number(&mut store.0, "SELECT count(*) FROM invocations WHERE id > 100000"), young);
}

#[test]
fn two_processes_that_delete_at_once_do_each_other_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = filled(&folder, 5_000);
    retained::save(&mut connection, &Retained { seen_us: NOW_US, ..Retained::default() }).unwrap();
    let path = folder.path().join("router.db").display().to_string();
    let deleted: u64 = std::thread::scope(|scope| {
        let process = || {
            let mut connection = Database::at(&path).connect().unwrap();
            let mut deleted = 0;
            loop {
                match next_slice(&mut connection, &days(100, 10), NOW_US) {
                    Ok(progress) => {
                        deleted += progress.calls;
                        if !progress.is_more {
                            return deleted;
                        }
                    }
                    Err(error) => assert!(error.is_busy(), "{error}"),
                }
            }
        };
        let processes = [scope.spawn(process), scope.spawn(process)];
        processes.into_iter().map(|process| process.join().unwrap()).sum()
    });
    assert_eq!(deleted, 5_000 - 2_400);
    assert_eq!(counts(&mut connection)[0..2], [2_400, 240]);
}

#[test]
fn calls_that_began_at_one_moment_and_late_ones_are_not_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = filled(&folder, 240);
    let same =
        format!("UPDATE invocations SET started_at_us = {} WHERE id < 100", NOW_US - 9 * DAY_US);
    connection.batch_execute(&same).unwrap();
    assert_eq!(all(&mut connection, &days(0, 2), NOW_US).apart, 192);
    assert_eq!(counts(&mut connection)[1], 48);

    // A call that began long ago is written now: it lasted so long, or the clock was behind.
    connection
        .batch_execute(
            &format!(
                "UPDATE invocations SET started_at_us = {}, flags = 9 WHERE id = 5;
             INSERT INTO invocation_bodies VALUES (5, '', '', 0);",
                NOW_US - 8 * DAY_US
            )
            .replace("''", "x''"),
        )
        .unwrap();
    assert_eq!(all(&mut connection, &days(0, 2), NOW_US).apart, 0);
    retained::note_written(&mut connection, NOW_US - 8 * DAY_US).unwrap();
    assert!(all(&mut connection, &days(0, 2), NOW_US).apart > 0);
    assert_eq!(counts(&mut connection)[1], 48);
}

#[test]
fn no_id_is_given_twice_and_sums_stay() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut store) = open(&folder);
    write(&mut store, 0..50);
    sums::flush(&mut store.0, &store.1).unwrap();
    let later = 1_795_737_600_000_000 + 40 * DAY_US;
    let summed = "SELECT sum(calls) FROM sums WHERE view = 0 AND grain = 3";
    connection_believes(&mut store.0, later);
    assert_eq!(all(&mut store.0, &days(1, 0), later).calls, 50);
    assert_eq!(counts(&mut store.0), [0; 4]);
    assert_eq!((highest_id(&mut store.0).unwrap(), number(&mut store.0, summed)), (50, 50));
    write(&mut store, 50..60);
    let ids = "SELECT min(id) FROM invocations";
    assert_eq!(number(&mut store.0, ids), 51);
    // Another process finds these, though it has seen none of the others.
    let other = CallLog::default();
    while sums::catch_up(&mut store.0, &other).unwrap() {}
    assert_eq!(number(&mut store.0, summed), 60);
}

#[test]
fn a_call_that_is_in_no_sum_yet_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut store) = open(&folder);
    write(&mut store, 0..50);
    sums::flush(&mut store.0, &store.1).unwrap();
    write(&mut store, 50..60);
    let later = 1_795_737_600_000_000 + 40 * DAY_US;
    connection_believes(&mut store.0, later);
    assert_eq!(all(&mut store.0, &days(1, 0), later).calls, 50);
    assert_eq!(counts(&mut store.0)[0], 10);
    sums::flush(&mut store.0, &store.1).unwrap();
    assert_eq!(all(&mut store.0, &days(1, 0), later).calls, 10);
}

/// As if a router had run all the time.
fn connection_believes(connection: &mut Connection, now_us: i64) {
    let retained = retained::load(connection).unwrap();
    retained::save(connection, &Retained { seen_us: now_us, ..retained }).unwrap();
}

#[test]
fn a_clock_that_jumps_ahead_deletes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = filled(&folder, 48);
    let rules = days(7, 3);
    assert_eq!(all(&mut connection, &rules, NOW_US), Progress::default());
    for hours in 0..5 {
        let ahead = NOW_US + 400 * DAY_US + hours * 3_600_000_000;
        let progress = all(&mut connection, &rules, ahead);
        assert!(progress.is_clock_doubted && progress.calls + progress.apart == 0);
        assert_eq!(counts(&mut connection), [48; 4]);
    }
    assert_eq!(all(&mut connection, &rules, NOW_US + DAY_US), Progress::default());
    assert_eq!(counts(&mut connection), [48; 4]);
    // Time goes by, and another process looks as well.
    let mut now = NOW_US + 400 * DAY_US;
    while all(&mut connection, &rules, now).is_clock_doubted {
        now += 300_000_000;
    }
    assert!(now >= NOW_US + 400 * DAY_US + DOUBT_US);
    assert_eq!(counts(&mut connection), [0; 4]);
}

#[test]
fn sums_by_minute_go_when_nothing_reads_them_any_more() {
    let folder = tempfile::tempdir().unwrap();
    let (_, mut store) = open(&folder);
    write(&mut store, 0..200);
    sums::flush(&mut store.0, &store.1).unwrap();
    let minutes = "SELECT count(*) FROM sums WHERE grain = 0";
    let quarters = "SELECT count(*) FROM sums WHERE grain > 0";
    let (before, kept) = (number(&mut store.0, minutes), number(&mut store.0, quarters));
    let began = 1_795_737_600_000_000;
    let old = began + MINUTES_KEPT_US + MINUTES_MARGIN_US;
    connection_believes(&mut store.0, old);
    all(&mut store.0, &days(0, 0), old);
    assert_eq!(number(&mut store.0, minutes), before, "the first minute is not over");
    all(&mut store.0, &days(0, 0), old + 60_000_000);
    assert!(number(&mut store.0, minutes) < before);
    all(&mut store.0, &days(0, 0), old + 3_600_000_000);
    assert_eq!((number(&mut store.0, minutes), number(&mut store.0, quarters)), (0, kept));
    assert_eq!(counts(&mut store.0)[0], 200);
}

#[test]
fn a_file_that_is_too_large_loses_bodies_first_and_shrinks() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = filled(&folder, 4_000);
    let space = Space::of(&mut connection).unwrap();
    assert!(space.is_incremental);
    let rules = |max_bytes| Retention { max_bytes: Some(max_bytes), ..Retention::default() };
    let size = space.file_bytes();
    assert_eq!(all(&mut connection, &rules(size), NOW_US), Progress::default());

    let progress = all(&mut connection, &rules(size * 3 / 4), NOW_US);
    assert!(progress.apart > 500 && progress.calls == 0 && !progress.is_more, "{progress:?}");
    let space = Space::of(&mut connection).unwrap();
    assert!(space.file_bytes() <= size * 3 / 4 && space.used_bytes() <= size * 3 / 4 / 100 * 95);
    let young = "SELECT count(*) FROM invocation_bodies WHERE invocation_id > 3000";
    assert_eq!(number(&mut connection, young), 1000, "the oldest went");

    // Bodies of the last eighth stay as long as there are older calls.
    let progress = all(&mut connection, &rules(size / 10), NOW_US);
    assert!(progress.calls > 0 && !progress.is_too_large, "{progress:?}");
    let [calls, bodies, ..] = counts(&mut connection);
    assert!(calls > 7 * bodies && bodies > 20, "{calls} {bodies}");

    let progress = all(&mut connection, &rules(4095), NOW_US);
    assert!(progress.is_too_large && !progress.is_more);
    assert_eq!(counts(&mut connection), [0; 4]);
    assert_eq!(Space::of(&mut connection).unwrap().free_pages, 0);
}

#[test]
fn a_file_of_an_older_version_cannot_shrink_but_is_kept_in_bounds() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = filled(&folder, 2_000);
    connection
        .batch_execute(
            "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM;
             PRAGMA journal_mode = WAL",
        )
        .unwrap();
    let space = Space::of(&mut connection).unwrap();
    assert!(!space.is_incremental);
    let rules = Retention { max_bytes: Some(space.file_bytes() / 2), ..Retention::default() };
    let progress = all(&mut connection, &rules, NOW_US);
    assert!(!progress.is_more && progress.apart > 0);
    let after = Space::of(&mut connection).unwrap();
    assert_eq!(after.pages, space.pages);
    assert!(after.used_bytes() <= space.file_bytes() / 2);
    assert_eq!(all(&mut connection, &rules, NOW_US), Progress::default());
}

#[test]
fn rows_that_were_refused_are_deleted_with_calls_of_their_age() {
    let folder = tempfile::tempdir().unwrap();
    let (_, (mut connection, _)) = open(&folder);
    let aside = |at: i64| {
        format!(
            "INSERT INTO set_aside (at_us, stream, reference, reason, record) VALUES ({at}, 'a', 'b', 'c', 'd');"
        )
    };
    for number in 0..250 {
        connection.batch_execute(&aside(NOW_US - (249 - number) * DAY_US / 25)).unwrap();
    }
    all(&mut connection, &days(0, 1), NOW_US);
    assert_eq!(number(&mut connection, "SELECT count(*) FROM set_aside"), 250);
    all(&mut connection, &days(2, 1), NOW_US);
    assert_eq!(number(&mut connection, "SELECT count(*) FROM set_aside"), 51);
}

#[test]
fn nothing_is_deleted_while_calls_of_an_older_table_wait() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = filled(&folder, 100);
    connection
        .batch_execute(
            "INSERT INTO invocations_before (id, request_id, started_at_us, endpoint, requested,
                is_stream, status, http_status, duration_us, attempts)
             VALUES (0, 'r', 1, 'chat', 'm', 0, 'error', 500, 1, 1)",
        )
        .unwrap();
    let rules = Retention { max_bytes: Some(1), ..days(1, 1) };
    assert_eq!(all(&mut connection, &rules, NOW_US), Progress::default());
    assert_eq!(counts(&mut connection), [100; 4]);
}

/// They say themselves how long they are kept, and take their items with them.
#[test]
fn kept_responses_go_when_they_are_too_old() {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = filled(&folder, 3);
    let many = 250;
    connection
        .batch_execute(&format!(
            "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {many})
             INSERT INTO responses SELECT i % 3, 'resp_' || i, NULL, 1, {NOW_US} + i - 200, '[]', '{{}}' FROM n;
             INSERT INTO response_items SELECT api_key_id, 'msg_' || id, id FROM responses;"
        ))
        .unwrap();
    let progress = slice(&mut connection, &Retention::default(), NOW_US, &|| true).unwrap();
    assert!(progress.is_more, "a slice deletes some of them");
    while slice(&mut connection, &Retention::default(), NOW_US, &|| true).unwrap().is_more {}
    let mut left = |table: &str| number(&mut connection, &format!("SELECT count(*) FROM {table}"));
    assert_eq!((left("responses"), left("response_items")), (50, 50));
    let young = format!("SELECT count(*) FROM responses WHERE expires_at_us > {NOW_US}");
    assert_eq!(number(&mut connection, &young), 50);
    assert_eq!(counts(&mut connection), [3; 4], "calls have rules of their own");
}
