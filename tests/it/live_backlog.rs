//! `GET /monitor/live` for those who are far behind or read slowly, and what a stop does with them.

use diesel::connection::SimpleConnection;
use serde_json::json;

use crate::live::Watcher;
use crate::support::client::RawClient;
use crate::support::{Config, Script, TestApp, Upstream, chat, secs};

/// As many as one who comes back is told of.
const MOST: i64 = 10_000;

/// A router with so many calls, of which it has served one.
async fn router_with(calls: i64, config: impl Fn(&Upstream) -> Config) -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream)).await;
    app.chat(&chat("gpt-x")).await;
    app.records().await;
    let database = app.folder.path().join("router.db").display().to_string();
    let mut connection: diesel::SqliteConnection =
        diesel::Connection::establish(&database).unwrap();
    let copies = format!(
        "PRAGMA busy_timeout = 60000; \
         CREATE TEMP TABLE copies AS WITH RECURSIVE n(i) AS \
         (VALUES (2) UNION ALL SELECT i + 1 FROM n WHERE i < {calls}) \
         SELECT n.i AS number, invocations.* FROM n, invocations; \
         UPDATE copies SET id = number; ALTER TABLE copies DROP COLUMN number; \
         INSERT INTO invocations SELECT * FROM copies;"
    );
    connection.batch_execute(&copies).unwrap();
    (upstream, app)
}

#[tokio::test]
async fn one_who_is_far_behind_and_cut_off_at_any_moment_gets_each_call_once_and_in_order() {
    let (_upstream, app) = router_with(MOST, Config::with).await;
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut got = Vec::new();
    while got.len() < usize::try_from(MOST).unwrap() {
        let client = RawClient::connect_with_small_buffer(app.addr).await;
        let last = got.last().copied().unwrap_or(0_i64).to_string();
        let mut watcher = Watcher::over(client, "?after=0", &[("last-event-id", &last)]).await;
        for _ in 0..random.usize(..2_000).min(usize::try_from(MOST).unwrap() - got.len()) {
            got.push(watcher.next_id().await);
        }
        // What came beyond that is lost with the connection.
        if random.bool() { watcher.0.hang_up_rst() } else { watcher.0.close() }
    }
    assert!(got.iter().copied().eq(1..=MOST), "seed {seed}: {} ids", got.len());

    // With one call more it is told how many it has missed, and goes on with the next one.
    app.chat(&chat("gpt-x")).await;
    app.records().await;
    let mut away = Watcher::open(app.addr, "?after=0", &[]).await;
    assert_eq!(
        away.next_of("behind").await.data,
        json!({"from_id": MOST + 1, "skipped": MOST + 1})
    );
    app.chat(&chat("gpt-x")).await;
    assert_eq!(away.next_id().await, MOST + 2);
}

/// Megabytes are on the way to clients that read nothing: neither the kernel's buffers nor the
/// router's take what a stop sends last.
#[tokio::test]
async fn a_stop_does_not_wait_for_who_reads_nothing() {
    let patient = |upstream: &Upstream| {
        Config::with(upstream).server("shutdown_timeout = 3600\nclient_stall_timeout = 3600")
    };
    let (_upstream, app) = router_with(MOST, patient).await;
    let mut stalled = Vec::new();
    for _ in 0..2 {
        let client = RawClient::connect_with_small_buffer(app.addr).await;
        let mut watcher = Watcher::over(client, "?after=0", &[]).await;
        assert_eq!(watcher.next_id().await, 1);
        stalled.push(watcher);
    }
    // One that follows another request over its connection.
    let mut client = RawClient::connect_with_small_buffer(app.addr).await;
    client.send_request("GET", "/health", &[], b"").await;
    client.read_head().await;
    client.read_body().await;
    stalled.push(Watcher::over(client, "?after=0", &[]).await);
    let mut reading = Watcher::open(app.addr, "", &[]).await;
    reading.next_of("hello").await;
    let stopping = tokio::task::spawn_blocking(move || app.stop());
    while reading.next().await.is_some() {}
    // Longer than any machine takes, and shorter than the stop would wait.
    let stopped = tokio::time::timeout(secs(300), stopping).await;
    let (_, stopped) = stopped.expect("the stop ends").unwrap();
    assert_eq!((stopped.accepted, stopped.written), (1, 1));
    drop(stalled);
}
