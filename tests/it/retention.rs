//! What is recorded of calls, what is taken out of it, and how long it is kept.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use llm_router::store::{Connection, Database};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::app::Setup;
use crate::support::client::request;
use crate::support::process::{command, folder_with, run, serve};
use crate::support::{Config, Script, TestApp, Upstream, chat, streamed_chat};

const KEYS: &str = "
    [[api_keys]]
    key = \"sk-the-key-of-an-admin\"
    name = \"boss\"
    role = \"admin\"
    [[api_keys]]
    key = \"sk-the-key-of-the-silent\"
    name = \"silent\"
    record_bodies = false";

async fn upstream() -> Upstream {
    Upstream::with(|seen| {
        let body = seen.json();
        match (body["stream"] == true, body.to_string().contains("break")) {
            (_, true) => Script::status(400).json(
                "{\"error\":{\"message\":\"bad word of me@example.com\",\"type\":\"invalid_request_error\"}}",
            ),
            (true, _) => Script::stream(&["write to m", "e@exam", "ple.com", " now"]),
            (false, _) => Script::chat("write to me@example.com now"),
        }
    })
    .await
}

fn asked(text: &str, is_stream: bool) -> Value {
    json!({"model": "gpt-x", "stream": is_stream, "messages": [{"role": "user", "content": text}]})
}

/// The record of the newest call, whole.
async fn newest(app: &TestApp) -> Value {
    let id = app.records().await.pop().unwrap()["id"].clone();
    app.get(&format!("/monitor/invocations/{id}")).await.json()
}

fn has_bodies(record: &Value) -> bool {
    assert_eq!(record["request_body"].is_string(), record["response_body"].is_string());
    record["request_body"].is_string()
}

#[tokio::test]
async fn bodies_are_kept_of_failed_calls_alone_and_a_reload_changes_that() {
    let upstream = upstream().await;
    let config = Config::with(&upstream);
    let errors = config.clone().tables("[recording]\nbodies = \"errors\"");
    let app = TestApp::start(&errors).await;
    app.chat(&chat("gpt-x")).await;
    assert!(!has_bodies(&newest(&app).await));
    app.chat(&streamed_chat("gpt-x")).await;
    assert!(!has_bodies(&newest(&app).await));
    app.chat(&asked("break it", false)).await;
    let failed = newest(&app).await;
    assert_eq!(failed["status"], "error");
    assert!(failed["request_body"].as_str().unwrap().contains("break it"), "{failed}");

    app.reconfigure(&config.clone().tables("[recording]\nbodies = true").text()).await;
    app.chat(&chat("gpt-x")).await;
    assert!(has_bodies(&newest(&app).await));
    app.reconfigure(&config.tables("[recording]\nbodies = false").text()).await;
    app.chat(&asked("break it", false)).await;
    assert!(!has_bodies(&newest(&app).await));
}

#[tokio::test]
async fn a_key_may_say_that_its_bodies_are_not_kept() {
    let upstream = upstream().await;
    let app = TestApp::start(&Config::with(&upstream).tables(KEYS)).await;
    let call = async |key: &str| {
        let bearer = format!("Bearer {key}");
        let headers = [("authorization", &*bearer), ("content-type", "application/json")];
        let body = chat("gpt-x").to_string();
        let answer =
            request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await;
        assert_eq!(answer.status, 200);
        newest(&app).await
    };
    assert!(has_bodies(&call("sk-the-key-of-an-admin").await));
    let silent = call("sk-the-key-of-the-silent").await;
    assert!(!has_bodies(&silent));
    assert_eq!((&silent["api_key"], &silent["total_tokens"]), (&json!("silent"), &json!(12)));

    let made = app.post("/api-keys", &json!({"name": "new", "record_bodies": false})).await.json();
    assert_eq!(made["record_bodies"], false);
    let (key, path) = (made["key"].as_str().unwrap(), format!("/api-keys/{}", made["id"]));
    assert!(!has_bodies(&call(key).await));
    let changed = app.patch(&path, &json!({"record_bodies": null})).await.json();
    assert!(changed.get("record_bodies").is_none(), "{changed}");
    assert!(has_bodies(&call(key).await));
    app.patch(&path, &json!({"record_bodies": false})).await;
    assert_eq!(app.get(&path).await.json()["record_bodies"], false);
    assert!(!has_bodies(&call(key).await));
    assert_eq!(app.patch(&path, &json!({"record_bodies": "no"})).await.status, 400);
}

#[tokio::test]
async fn what_matches_a_pattern_is_recorded_nowhere_also_in_pieces_of_a_stream() {
    let upstream = upstream().await;
    let redact = "[recording]\nredact = ['\\w+@\\w+\\.com', 'card \\d+']";
    let app = TestApp::start(&Config::with(&upstream).tables(redact)).await;
    let mail = "me@example.com";
    let asked_of = |text: &str| asked(&format!("{text} from {mail} with card 4111"), false);
    let whole = app.chat(&asked_of("ask")).await;
    assert!(whole.text().contains(mail), "the client gets all of it");
    let record = newest(&app).await;
    assert!(record["request_body"].as_str().unwrap().contains("from [redacted] with [redacted]"));
    assert!(record["response_body"].as_str().unwrap().contains("write to [redacted] now"));

    let streamed = app.chat(&asked(&format!("to {mail}"), true)).await;
    assert!(streamed.text().contains("e@exam"));
    let record = newest(&app).await;
    let response = record["response_body"].as_str().unwrap();
    assert!(response.contains("write to [redacted]") && response.contains(" now"), "{response}");
    assert!(!response.contains("@exam") && response.ends_with("data: [DONE]\n\n"), "{response}");

    let failed = app.chat(&asked_of("break")).await;
    assert!(failed.status >= 400);
    let record = newest(&app).await;
    assert!(record["error_message"].as_str().unwrap().contains("word of [redacted]"), "{record}");
    let (folder, _) = app.stop();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_string_lossy().starts_with("router.db") {
            let bytes = std::fs::read(file.path()).unwrap();
            for word in [&b"example.com"[..], b"card 4111"] {
                assert!(!bytes.windows(word.len()).any(|window| window == word));
            }
        }
    }
}

fn database(folder: &tempfile::TempDir, name: &str) -> Connection {
    Database::at(&folder.path().join(name).display().to_string()).connect().unwrap()
}

fn count(connection: &mut Connection, table: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = BigInt)]
        n: i64,
    }
    let asked = diesel::sql_query(format!("SELECT count(*) AS n FROM {table}"));
    asked.get_result::<Row>(connection).unwrap().n
}

/// Calls like the first one, each ten minutes before the next.
fn age(folder: &tempfile::TempDir) {
    let many = "
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
        INSERT INTO invocations (id, started_at_us, model_id, target_id, caller_id, writer_id,
            request_id, endpoint_id, flags, status, http_status, attempts, duration_us)
        SELECT id + i, started_at_us - i * 600000000, model_id, target_id, caller_id, 0,
            CAST('=r' || i AS BLOB), endpoint_id, flags, status, http_status, attempts, duration_us
        FROM invocations, n WHERE id = 1;
        INSERT INTO invocation_traces SELECT id, x'7b7d' FROM invocations WHERE id > 1;
        INSERT INTO invocation_bodies SELECT id, x'7b7d', x'7b7d', 0 FROM invocations WHERE id > 1;";
    database(folder, "router.db").batch_execute(many).unwrap();
}

#[tokio::test]
async fn old_calls_are_deleted_while_others_are_recorded() {
    let upstream = upstream().await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config).await;
    app.chat(&chat("gpt-x")).await;
    let (folder, _) = app.stop();
    age(&folder);
    let app = Setup::default().start_in(folder).await.unwrap();
    let before = app.get("/monitor/statistics?time_range=24h").await.json();
    assert_eq!(app.get("/health/detail").await.json()["database"]["calls_kept_from"], json!(null));

    // 144 calls a day: of thirty days, and bodies of ten.
    let keep = "[recording]\nkeep_days = 30\nkeep_bodies_days = 10";
    app.reconfigure(&config.tables(keep).text()).await;
    let mut calls = 0;
    let mut rows = database(&app.folder, "router.db");
    // The next look may be ten seconds away.
    for _ in 0..6 {
        let is_done = async || {
            app.chat(&chat("gpt-x")).await;
            calls += 1;
            count(&mut rows, "invocations WHERE id > 1 AND id <= 10001") <= 30 * 144
                && count(&mut rows, "invocation_bodies WHERE invocation_id <= 10001")
                    <= 10 * 144 + 1
        };
        if within_ten_seconds(is_done).await {
            break;
        }
    }
    app.records().await;
    let old = count(&mut rows, "invocations WHERE id > 1 AND id <= 10001");
    assert!((30 * 144 - 2..=30 * 144).contains(&old), "{old}");
    assert_eq!(count(&mut rows, "invocations WHERE id = 1 OR id > 10001"), calls + 1);
    let bodies = count(&mut rows, "invocation_bodies WHERE invocation_id <= 10001");
    assert!((10 * 144 - 1..=10 * 144 + 1).contains(&bodies), "{bodies}");
    assert_eq!(count(&mut rows, "invocation_bodies WHERE invocation_id > 10001"), calls);
    let after = app.get("/monitor/statistics?time_range=24h").await.json();
    let total = |found: &Value| found["overall"]["total_calls"].as_i64().unwrap();
    assert_eq!(total(&after), total(&before) + calls);
    let health = app.get("/health/detail").await.json();
    assert!(health["database"]["calls_kept_from"].is_string(), "{health}");
    assert_eq!(health["database"]["gives_space_back"], true);
}

async fn within_ten_seconds(mut is_so: impl AsyncFnMut() -> bool) -> bool {
    for _ in 0..500 {
        if is_so().await {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    false
}

/// A file of an older version, with a lot of free space.
fn older(name: &str) -> tempfile::TempDir {
    let folder = folder_with("[[providers]]\nname = \"demo\"\ntype = \"mock\"\n");
    Database::at(&folder.path().join(name).display().to_string()).prepare().unwrap();
    let fill = "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM;
        PRAGMA journal_mode = WAL;
        WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 16000)
        INSERT INTO invocation_traces SELECT i, randomblob(2000) FROM n;
        DELETE FROM invocation_traces WHERE invocation_id % 2";
    database(&folder, name).batch_execute(fill).unwrap();
    folder
}

#[tokio::test]
async fn an_older_file_is_told_of_and_compacted() {
    let folder = older("llm_router.db");
    let compact = || {
        let mut compact = command(folder.path());
        compact.args(["db", "compact"]);
        run(compact)
    };
    for is_compacted in [false, true] {
        let (mut child, addr) = serve(command(folder.path())).await;
        let health = request(addr, "GET", "/health/detail", &[], b"").await.json();
        assert_eq!(health["database"]["gives_space_back"], is_compacted);
        let advice = health["database"]["advice"].as_str().unwrap_or_default();
        assert_eq!(advice.contains("llm-router db compact"), !is_compacted, "{advice}");
        let (code, _, log) = compact().await;
        assert!(code == 1 && log.contains("is open in another process"), "{log}");
        let pid = child.id().unwrap().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        assert!(child.wait().await.unwrap().success());
        let (code, out, _) = compact().await;
        assert_eq!(code, 0, "{out}");
        assert_eq!(out.contains("gives space back by itself"), !is_compacted, "{out}");
    }
    std::fs::remove_file(folder.path().join("llm_router.db")).unwrap();
    let (code, _, log) = compact().await;
    assert!(code == 1 && log.contains("there is no database llm_router.db"), "{log}");
    assert!(!folder.path().join("llm_router.db").exists());
}

#[tokio::test]
async fn a_compaction_that_is_killed_leaves_the_file_whole() {
    let folder = older("router.db");
    // However far it comes on this machine, one of these is in its middle.
    for ms in [5, 20, 40, 80, 120, 200] {
        let mut compact = command(folder.path());
        compact.args(["db", "compact"]).env("LLM_ROUTER_DATABASE_URL", "router.db");
        let mut child = compact.spawn().unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
        child.kill().await.unwrap();
        let mut rows = database(&folder, "router.db");
        assert_eq!(count(&mut rows, "pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
        assert_eq!(count(&mut rows, "invocation_traces WHERE length(trace) = 2000"), 8000);
    }
}
