//! A full disk, a file that cannot be written: calls are served as long as the recorder has slots,
//! no record is lost, and `/health/ready` names the fault.

use std::path::Path;
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection;
use llm_router::store::{Connection, Database};
use serde_json::{Value, json};

use crate::support::app::Setup;
use crate::support::client::{Response, request};
use crate::support::{Config, Script, TestApp, Upstream, chat, eventually, skip};

const KEY: &str = "sk-a-key-that-logs-in";

/// A connection like that of a database tool.
fn connection(app: &TestApp) -> Connection {
    let path = app.folder.path().join("router.db");
    Database::at(&path.display().to_string()).connect().unwrap()
}

async fn send(app: &TestApp, (method, path): (&str, &str), token: &str, body: &Value) -> Response {
    let mut headers = vec![("content-type", "application/json")];
    if !token.is_empty() {
        headers.push(("x-session-token", token));
    }
    let body = if body.is_null() { String::new() } else { body.to_string() };
    request(app.addr, method, path, &headers, body.as_bytes()).await
}

/// With a key `KEY`; answers its id and a session of it.
async fn with_session(app: &TestApp) -> (String, String) {
    let made = app.post("/api-keys", &json!({"name": "team", "key": KEY, "role": "admin"})).await;
    let login = app.post("/auth/login", &json!({"api_key": KEY})).await.json();
    (made.json()["id"].to_string(), login["token"].as_str().unwrap().to_owned())
}

/// Whatever needs the database, with a body that would be taken.
fn needs_the_database(key: &str) -> Vec<(&'static str, String, Value)> {
    let of_key = |rest: &str| format!("/api-keys/{key}{rest}");
    let model = json!({"provider_name": "up", "model_name": "gpt-x"});
    vec![
        ("POST", String::from("/api-keys"), json!({"name": "new"})),
        ("PATCH", of_key(""), json!({"is_active": false})),
        ("POST", of_key("/rotate"), json!({})),
        ("DELETE", of_key(""), Value::Null),
        ("POST", String::from("/providers"), json!({"name": "new", "type": "mock"})),
        ("PATCH", String::from("/providers/up"), json!({"is_active": false})),
        ("DELETE", String::from("/providers/up?force=true"), Value::Null),
        ("POST", String::from("/models"), json!({"name": "new", "provider": "up"})),
        ("PATCH", String::from("/models/up/gpt-x"), json!({"description": "new"})),
        ("DELETE", String::from("/models/up/gpt-x"), Value::Null),
        ("POST", String::from("/config/sync"), Value::Null),
        ("POST", String::from("/auth/login"), json!({"api_key": KEY})),
        ("POST", String::from("/auth/bind-model"), model),
        ("POST", String::from("/auth/logout"), Value::Null),
        ("GET", String::from("/events"), Value::Null),
        ("GET", String::from("/monitor/invocations"), Value::Null),
        ("GET", String::from("/monitor/invocations/1"), Value::Null),
    ]
}

fn assert_unavailable(answer: &Response, what: &str) {
    let code = answer.json()["code"].as_str().map(str::to_owned);
    let expected = (503, Some("database_unavailable"));
    assert_eq!((answer.status, code.as_deref()), expected, "{what}: {}", answer.text());
}

#[tokio::test]
async fn a_removed_database_is_reported_by_everything_that_needs_it() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let (key, token) = with_session(&app).await;
    app.chat(&chat("gpt-x")).await;
    app.records().await;
    let (there, away) = (app.folder.path().join("router.db"), app.folder.path().join("away.db"));
    std::fs::rename(&there, &away).unwrap();
    let kinds: [&dyn Fn(); 2] = [&|| {}, &|| std::fs::write(&there, "no database ").unwrap()];
    for kind in kinds {
        kind();
        for (method, path, body) in needs_the_database(&key) {
            let answer = send(&app, (method, &path), &token, &body).await;
            assert_unavailable(&answer, &format!("{method} {path}"));
            assert!(answer.text().contains("removed or replaced"), "{}", answer.text());
        }
        assert_eq!(app.get("/health/ready").await.status, 503);
        assert_eq!(app.chat(&chat("gpt-x")).await.status, 200, "calls are served on");
    }
    std::fs::rename(&away, &there).unwrap();
    assert_eq!(app.records().await.len(), 3, "nothing is lost once it is back");
    assert_eq!(
        send(&app, ("DELETE", &format!("/api-keys/{key}")), "", &Value::Null).await.status,
        204
    );
}

#[tokio::test]
async fn a_change_that_cannot_be_written_is_reported_and_a_revocation_says_so() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config).await;
    let (key, token) = with_session(&app).await;
    assert!(app.events("key").await.len() == 1 && app.events("session").await.len() == 1);
    let mut holder = connection(&app);
    holder.batch_execute("BEGIN IMMEDIATE").unwrap();
    let of_key = format!("/api-keys/{key}");
    let [revoked, logged_out, made, synced, edited] = futures_util::future::join_all([
        send(&app, ("DELETE", &of_key), "", &Value::Null),
        send(&app, ("POST", "/auth/logout"), &token, &Value::Null),
        send(&app, ("POST", "/api-keys"), "", &json!({"name": "new"})),
        send(&app, ("POST", "/config/sync"), "", &Value::Null),
        send(&app, ("PATCH", "/models/up/gpt-x"), "", &json!({"description": "new"})),
    ])
    .await
    .try_into()
    .unwrap_or_else(|_| panic!("five answers"));
    for (what, answer) in [
        ("revoked", &revoked),
        ("logged out", &logged_out),
        ("made", &made),
        ("synced", &synced),
        ("edited", &edited),
    ] {
        assert_unavailable(answer, what);
    }
    assert!(revoked.text().contains("is not revoked and may still be used"), "{}", revoked.text());
    assert!(logged_out.text().contains("is not ended and may still be used"));
    assert_eq!(app.get("/events").await.status, 200, "what reads does not wait for it");
    let mine = send(&app, ("GET", "/me"), &token, &Value::Null).await;
    assert_eq!(mine.status, 200, "as it was told");

    // A file that is saved meanwhile is taken once that can be written.
    std::fs::write(app.config_path(), config.model("up", "later", "").text()).unwrap();
    eventually("the file's trouble is told", async || {
        app.get("/config/status").await.json()["is_current"] == false
    })
    .await;
    holder.batch_execute("ROLLBACK").unwrap();
    eventually("the file is taken", async || app.chat(&chat("up/later")).await.status == 200).await;
    assert_eq!(app.events("config.refused").await.len(), 1, "the same trouble is told once");
    assert_eq!(send(&app, ("DELETE", &of_key), "", &Value::Null).await.status, 204);
    assert_eq!(send(&app, ("GET", "/me"), &token, &Value::Null).await.status, 401);
}

#[tokio::test]
async fn a_record_that_the_database_refuses_holds_up_no_other() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let budget = format!(
        "[[api_keys]]\nkey = \"{KEY}\"\nname = \"team\"\n[api_keys.budget]\ntokens = 9999\n"
    );
    let config = Config::with(&upstream).model("up", "refused", "").tables(&budget);
    let app = TestApp::start(&config).await;
    connection(&app)
        .batch_execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON invocations WHEN (SELECT model_name FROM targets WHERE id = NEW.target_id) = 'refused' \
             BEGIN SELECT RAISE(ABORT, 'not this one'); END",
        )
        .unwrap();
    let names = ["gpt-x", "refused", "gpt-x"];
    let call = async |name: &str| {
        let headers = [("x-api-key", KEY), ("content-type", "application/json")];
        let body = chat(name).to_string();
        request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await.status
    };
    assert_eq!(futures_util::future::join_all(names.map(call)).await, [200; 3]);
    let records = app.records().await;
    let written: Vec<&Value> = records.iter().map(|record| &record["model_name"]).collect();
    assert_eq!(written, ["gpt-x", "gpt-x"]);
    let detail = app.get("/health/detail").await.json();
    assert_eq!(detail["records"], json!({"accepted": 3, "written": 2, "set_aside": 1}));
    let metrics = app.get("/metrics").await;
    assert!(metrics.text().contains("llm_router_records_set_aside_total 1"));
    assert_eq!(app.get("/health/ready").await.status, 200);

    let (folder, stopped) = app.stop();
    assert!(stopped.is_clean(), "{stopped:?}");
    let app = Setup::default().start_in(folder).await.unwrap();
    let me = request(app.addr, "GET", "/me", &[("x-api-key", KEY)], b"").await.json();
    assert_eq!(me["used"]["total"]["requests"], 3, "it was paid for all the same");
}

#[tokio::test]
async fn bodies_that_wait_for_the_disk_are_bounded_and_a_row_without_them_says_so() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream).tables("[recording]\nmax_body_bytes = 33554432\n");
    let app = TestApp::start(&config).await;
    let mut holder = connection(&app);
    holder.batch_execute("BEGIN IMMEDIATE").unwrap();
    let mut body = chat("gpt-x");
    body["messages"][0]["content"] = json!("x".repeat(30_000_000));
    for _ in 0..5 {
        assert_eq!(app.chat(&body).await.status, 200);
    }
    holder.batch_execute("COMMIT").unwrap();
    let mut kept = Vec::new();
    for record in app.records().await {
        let whole = app.get(&format!("/monitor/invocations/{}", record["id"])).await.json();
        assert_eq!(whole["bodies_dropped"].is_null(), whole["request_body"].is_string());
        kept.push(whole["bodies_dropped"].clone());
    }
    assert_eq!(kept, [json!(null), json!(null), json!(null), json!(null), json!("memory")]);
}

/// A small file system of its own, unmounted when dropped. `None` where the user may not.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let options = format!("size={size},mode=700");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(folder.path())
            .status()
            .is_ok_and(|status| status.success());
        if !mounted {
            skip("this user may not mount a file system");
            return None;
        }
        Some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Waits until those who stopped have closed their files.
    async fn remount(&self, options: &str) {
        eventually(&format!("it is remounted {options}"), async || {
            Command::new("mount")
                .args(["-o", &format!("remount,{options}")])
                .arg(self.path())
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
        })
        .await;
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let mut filler = std::fs::File::create(self.path().join("filler")).unwrap();
        let block = [0u8; 4096];
        while std::io::Write::write_all(&mut filler, &block).is_ok() {}
    }

    fn clear(&self) {
        std::fs::remove_file(self.path().join("filler")).unwrap();
    }

    fn database(&self) -> String {
        format!("sqlite://{}", self.path().join("router.db").display())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a process that still has a file open there is about to end.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_reported_and_nothing_is_lost_once_there_is_room_again() {
    let Some(disk) = SmallDisk::mount("3m") else { return };
    let upstream = Upstream::start(Script::chat("hi")).await;
    let setup = Setup::default().env("LLM_ROUTER_DATABASE_URL", &disk.database());
    let app = setup.start(&Config::with(&upstream)).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    app.records().await;

    disk.fill();
    let mut body = chat("gpt-x");
    body["messages"][0]["content"] = json!("x".repeat(20_000));
    for _ in 0..20 {
        assert_eq!(app.chat(&body).await.status, 200, "calls are served on");
    }
    eventually("readiness tells that the disk is full", async || {
        let ready = app.get("/health/ready").await;
        ready.status == 503 && ready.text().contains("full")
    })
    .await;

    disk.clear();
    assert_eq!(app.records().await.len(), 21);
    eventually("it is ready again", async || app.get("/health/ready").await.status == 200).await;
}

#[tokio::test]
async fn an_export_that_finds_the_disk_full_says_so_and_leaves_nothing() {
    let Some(disk) = SmallDisk::mount("2m") else { return };
    let upstream = Upstream::start(Script::chat("hi")).await;
    let setup = Setup::default().env("TMPDIR", &disk.path().display().to_string());
    let app = setup.start(&Config::with(&upstream)).await;
    app.chat(&chat("gpt-x")).await;
    app.records().await;
    disk.fill();
    for path in ["/monitor/export/excel", "/monitor/database"] {
        let answer = app.get(path).await;
        assert_eq!((answer.status, &answer.json()["code"]), (503, &json!("disk_full")));
        assert!(answer.text().contains(&disk.path().display().to_string()), "{}", answer.text());
    }
    for path in ["/monitor/export/json", "/monitor/export/csv"] {
        assert_eq!(app.get(path).await.status, 200, "{path} needs no file");
    }
    let left: Vec<_> = std::fs::read_dir(disk.path()).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "the filler: {left:?}");
    disk.clear();
    for path in ["/monitor/export/excel", "/monitor/database"] {
        assert_eq!(app.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn a_database_locked_by_another_program_is_reported_and_nothing_is_lost() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    app.chat(&chat("gpt-x")).await;
    app.records().await;
    let mut holder = connection(&app);
    holder.batch_execute("BEGIN IMMEDIATE").unwrap();
    for _ in 0..5 {
        assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    }
    eventually("readiness tells that records cannot be written", async || {
        app.get("/health/ready").await.status == 503
    })
    .await;
    holder.batch_execute("COMMIT").unwrap();
    assert_eq!(app.records().await.len(), 6);
}

#[tokio::test]
async fn a_database_that_cannot_be_written_is_reported_at_start() {
    let Some(disk) = SmallDisk::mount("8m") else { return };
    let upstream = Upstream::start(Script::chat("hi")).await;
    let start = || {
        let setup = Setup::default().env("LLM_ROUTER_DATABASE_URL", &disk.database());
        let config = Config::with(&upstream);
        async move { setup.try_start(&config).await }
    };
    drop(start().await.unwrap());
    disk.remount("ro").await;
    let error = start().await.err().expect("a read-only database is refused");
    assert!(error.contains("router.db") && error.contains("writable"), "{error}");
    disk.remount("rw").await;
    drop(start().await.unwrap());

    let missing =
        Setup::default().env("LLM_ROUTER_DATABASE_URL", "sqlite:///no/such/folder/router.db");
    let error = missing.try_start(&Config::with(&upstream)).await.err().expect("no such folder");
    assert!(error.contains("/no/such/folder/router.db` cannot be opened"), "{error}");
}
