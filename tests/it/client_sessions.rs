//! The sessions of clients: which a call belongs to, and all calls of one.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::support::app::Setup;
use crate::support::client::{RawClient, request};
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, streamed_chat};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const UUID: &str = "0d5c1f3e-9c1b-4b7e-8a53-0f6f7d1c2b3a";
const USER: &str = "sk-the-key-of-a-user";
const OTHER: &str = "sk-the-key-of-another";

type Headers<'a> = &'a [(&'a str, &'a str)];

async fn app(tables: &str) -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream).tables(tables)).await;
    (upstream, app)
}

async fn send(app: &TestApp, path: &str, headers: Headers<'_>, more: Value) {
    let mut body = chat("gpt-x");
    body["max_tokens"] = json!(50);
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let headers = [&[("content-type", "application/json")], headers].concat();
    let answer = request(app.addr, "POST", path, &headers, body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 200, "{headers:?} {more}: {}", answer.text());
}

/// The calls that a router lists of a session, oldest first.
async fn listed(app: &TestApp, id: &str, more: &str, key: Option<&str>) -> Value {
    let id = utf8_percent_encode(id, NON_ALPHANUMERIC);
    let path = format!("/monitor/invocations?session_id={id}&order_desc=false{more}");
    let headers: Vec<_> = key.map(|key| ("x-api-key", key)).into_iter().collect();
    let answer = request(app.addr, "GET", &path, &headers, b"").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

fn requests(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    items.map(|item| item["request_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_record_has_the_session_that_its_client_named() {
    let (_upstream, app) = app("").await;
    let compound = format!("user_3f_account__session_{UUID}");
    let user_id = |id: &str| json!({"metadata": {"user_id": id}});
    let cases: [(&str, Headers<'_>, Value, Value); 12] = [
        (CHAT, &[], json!({}), json!(null)),
        (CHAT, &[("x-session-id", "s-1")], json!({}), json!("s-1")),
        (CHAT, &[("x-session-affinity", "ses_2")], json!({}), json!("ses_2")),
        (CHAT, &[("session-id", UUID), ("x-session-id", "s-1")], json!({}), json!(UUID)),
        (CHAT, &[("session-id", " "), ("x-session-id", "s-1")], json!({}), json!("s-1")),
        (CHAT, &[], json!({"prompt_cache_key": "pk"}), json!("pk")),
        (CHAT, &[("x-session-id", "")], json!({"prompt_cache_key": "pk"}), json!("pk")),
        (CHAT, &[], json!({"user": "u"}), json!(null)),
        (MESSAGES, &[("x-claude-code-session-id", "cc")], user_id(&compound), json!("cc")),
        (MESSAGES, &[], user_id(&compound), json!(UUID)),
        (MESSAGES, &[], user_id("u-1"), json!(null)),
        (MESSAGES, &[], json!({}), json!(null)),
    ];
    for (path, headers, more, _) in &cases {
        send(&app, path, headers, more.clone()).await;
    }
    let mut records = app.records().await;
    records.sort_by_key(|record| record["id"].as_i64());
    assert_eq!(records.len(), cases.len());
    for (record, (path, headers, more, session)) in records.iter().zip(&cases) {
        assert_eq!(&record["session_id"], session, "{path} {headers:?} {more}");
        let one = app.get(&format!("/monitor/invocations/{}", record["id"])).await.json();
        assert_eq!(&one["session_id"], session);
    }
}

#[tokio::test]
async fn a_hostile_session_harms_nothing() {
    let (_upstream, app) = app("").await;
    let long = "x".repeat(129);
    for none in ["a\u{0}b", "a\nb", "\u{202e}gnp", "\u{1b}[2J", "\u{feff}", long.as_str()] {
        send(&app, CHAT, &[], json!({"prompt_cache_key": none})).await;
    }
    send(&app, CHAT, &[("x-session-id", &"y".repeat(5_000))], json!({})).await;
    send(&app, CHAT, &[], json!({"prompt_cache_key": {"a": [1]}, "session_id": [null]})).await;
    let records = app.records().await;
    assert!(records.iter().all(|record| record["session_id"].is_null()), "{records:#?}");

    let odd = [
        "'; DROP TABLE invocations; --",
        "%",
        "_",
        "=1+1",
        "<img src=x onerror=1>",
        "会话",
        "a,\"b",
    ];
    for id in odd {
        send(&app, CHAT, &[], json!({"prompt_cache_key": id})).await;
    }
    app.records().await;
    for id in odd {
        let list = listed(&app, id, "", None).await;
        let items = list["items"].as_array().unwrap();
        assert_eq!((items.len(), &items[0]["session_id"]), (1, &json!(id)));
    }
    let csv = app.get("/monitor/export/csv").await;
    assert!(csv.text().contains("'=1+1"), "{}", csv.text());
}

#[tokio::test]
async fn the_calls_of_a_session_are_listed_counted_and_exported() {
    let (_upstream, app) = app("").await;
    for (id, session) in [("a1", "a"), ("b1", "b"), ("a2", "a"), ("n1", ""), ("a3", "a")] {
        let headers = [("x-request-id", id), ("x-session-id", session)];
        send(&app, CHAT, &headers, json!({})).await;
    }
    app.records().await;
    let list = listed(&app, "a", "", None).await;
    assert_eq!(requests(&list), ["a1", "a2", "a3"]);
    assert_eq!((&list["total"], &list["total_is_exact"]), (&json!(3), &json!(true)));
    let narrowed = listed(&app, "a", "&status=error", None).await;
    assert_eq!((requests(&narrowed).len(), &narrowed["total"]), (0, &json!(0)));
    let by_size = listed(&app, "a", "&order_by=total_tokens&model_name=gpt-x", None).await;
    assert_eq!(requests(&by_size), ["a1", "a2", "a3"]);
    // A part of its name is not the session, and an empty filter is none.
    for (id, count) in [("A", 0), ("a%", 0), ("", 5)] {
        assert_eq!(requests(&listed(&app, id, "", None).await).len(), count, "{id}");
    }

    let statistics = app.get("/monitor/statistics?time_range=24h&session_id=a").await.json();
    let overall = &statistics["overall"];
    assert_eq!((&overall["total_calls"], &overall["total_tokens"]), (&json!(3), &json!(36)));
    let csv = app.get("/monitor/export/csv?session_id=b").await;
    let lines: Vec<&str> = csv.text().lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].ends_with(",Session ID") && lines[1].ends_with(",b"), "{lines:#?}");
    let exported = app.get("/monitor/export/json?session_id=b").await.json();
    assert_eq!(exported["invocations"][0]["session_id"], json!("b"));
    assert_eq!(exported["total_invocations"], json!(1));
}

#[tokio::test]
async fn a_key_sees_its_own_part_of_a_session() {
    let keys = format!(
        "[[api_keys]]\nkey = \"{USER}\"\nname = \"user\"\n\
         [[api_keys]]\nkey = \"{OTHER}\"\nname = \"other\"\n"
    );
    let (_upstream, app) = app(&keys).await;
    for (id, key) in [("mine", USER), ("theirs", OTHER)] {
        let headers = [("x-request-id", id), ("x-session-id", "shared"), ("x-api-key", key)];
        send(&app, CHAT, &headers, json!({})).await;
    }
    app.records().await;
    for (key, expected) in [(USER, "mine"), (OTHER, "theirs")] {
        assert_eq!(requests(&listed(&app, "shared", "", Some(key)).await), [expected]);
    }
    assert_eq!(requests(&listed(&app, "shared", "", None).await), ["mine", "theirs"]);
}

#[tokio::test]
async fn a_session_over_two_routers_is_one() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let first = TestApp::start(&config).await;
    let database = first.folder.path().join("router.db").display().to_string();
    let second = Setup::default().env("LLM_ROUTER_DATABASE_URL", &database).start(&config).await;
    for (id, app) in [("1", &first), ("2", &second), ("3", &first), ("4", &second)] {
        send(app, CHAT, &[("x-request-id", id), ("session-id", UUID)], json!({})).await;
    }
    for app in [&first, &second] {
        app.records().await;
    }
    for app in [&first, &second] {
        assert_eq!(requests(&listed(app, UUID, "", None).await), ["1", "2", "3", "4"]);
    }
}

#[tokio::test]
async fn what_is_redacted_is_redacted_in_a_session_too() {
    let (_upstream, app) = app("[recording]\nredact = [\"[a-z]+@example\\\\.com\"]\n").await;
    send(&app, CHAT, &[], json!({"prompt_cache_key": "chat of ann@example.com"})).await;
    let record = app.only_record().await;
    let session = record["session_id"].as_str().unwrap();
    assert!(session.starts_with("chat of ") && !session.contains("ann"), "{session}");
}

#[tokio::test]
async fn a_call_under_way_tells_its_session() {
    let script = Script::stream(&["a", "b"]).after_frames(2, Step::WaitForSignal);
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let mut client = RawClient::connect(app.addr).await;
    let body = streamed_chat("gpt-x").to_string();
    client.post_json(CHAT, &body, &[("x-session-id", "s-1")]).await;
    client.read_frame_after_head().await;
    let listed = app.get("/monitor/in-flight").await.json();
    assert_eq!(listed["items"][0]["session_id"], json!("s-1"), "{listed:#}");
}
