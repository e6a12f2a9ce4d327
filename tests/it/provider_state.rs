//! What `GET /providers` shows of a provider beside its settings: its keys, its connections and its
//! last failure.

use serde_json::{Value, json};

use crate::support::{Config, Script, Step, TestApp, Upstream, chat, eventually, streamed_chat};

async fn shown(app: &TestApp) -> Value {
    let one = app.get("/providers/up").await.json();
    let all = app.get("/providers").await.json();
    assert_eq!(all[0]["name"], one["name"]);
    one
}

#[tokio::test]
async fn each_key_is_shown_by_its_place_with_its_state_and_never_with_its_text() {
    let upstream = Upstream::with(|seen| {
        let key = seen.header("authorization").unwrap_or_default();
        match key {
            "Bearer sk-limited" => Script::status(429).header("retry-after", "70").json("{}"),
            "Bearer sk-rejected" => Script::status(401).json(r#"{"error":{"message":"no"}}"#),
            _ => Script::chat("hi"),
        }
    })
    .await;
    let keys = "api_key = \"sk-limited,sk-rejected,sk-good\"";
    let config = Config::new().provider_with("up", &upstream.base_url(), keys);
    let app = TestApp::start(&config.model("up", "gpt-x", "")).await;
    let ready = json!({"state": "ready", "cooldown_s": null, "reason": null});
    for (place, key) in shown(&app).await["keys"].as_array().unwrap().iter().enumerate() {
        let mut expected = ready.clone();
        expected["index"] = json!(place + 1);
        assert_eq!(*key, expected);
    }

    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    let provider = shown(&app).await;
    let keys = provider["keys"].as_array().unwrap();
    let of = |name: &str| -> Vec<_> { keys.iter().map(|key| key[name].clone()).collect() };
    assert_eq!(of("state"), ["cooling_down", "rejected", "ready"]);
    assert_eq!(
        of("reason"),
        [json!("upstream_rate_limited"), json!("upstream_refused_key"), Value::Null]
    );
    let left = |place: usize| keys[place]["cooldown_s"].as_f64().unwrap();
    assert!(left(0) > 0.0 && left(0) <= 70.0, "{provider}");
    assert!(left(1) > left(0), "{provider}");
    assert!(!provider.to_string().contains("sk-"), "{provider}");
}

#[tokio::test]
async fn calls_that_have_a_connection_and_those_that_wait_are_counted() {
    let upstream =
        Upstream::start(Script::stream(&["a", "b"]).after_frames(2, Step::WaitForSignal)).await;
    let lines = "api_key = \"k\"\n[providers.settings]\nmax_connections = 1\nconnect_timeout = 60";
    let config = Config::new().provider_with("up", &upstream.base_url(), lines);
    let app = TestApp::start(&config.model("up", "gpt-x", "")).await;
    let figures = async || {
        let provider = shown(&app).await;
        ["in_flight", "waiting", "max_connections"].map(|name| provider[name].as_u64().unwrap())
    };
    assert_eq!(figures().await, [0, 0, 1]);
    let mut first = app.begin_chat(&streamed_chat("gpt-x")).await;
    first.read_frame_after_head().await;
    let second = app.begin_chat(&streamed_chat("gpt-x")).await;
    eventually("one has a connection, one waits", async || figures().await == [1, 1, 1]).await;
    drop(second);
    eventually("who leaves waits no longer", async || figures().await == [1, 0, 1]).await;
    upstream.proceed();
    first.read_to_end().await;
    eventually("the connection is free", async || figures().await == [0, 0, 1]).await;
}

#[tokio::test]
async fn the_last_failure_of_a_call_or_a_check_stays_with_its_time_and_without_secrets() {
    let upstream = Upstream::with(|seen| match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", _) => {
            Script::status(403).json(r#"{"error":{"message":"sk-upstream may not list"}}"#)
        }
        _ if seen.json()["messages"][0]["content"] == "bad" => {
            Script::status(400).json(r#"{"error":{"message":"no such parameter"}}"#)
        }
        _ if seen.json()["messages"][0]["content"] == "good" => Script::chat("hi"),
        _ => Script::status(500).json(r#"{"error":{"message":"sk-upstream broke"}}"#),
    })
    .await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let says =
        |text: &str| json!({"model": "gpt-x", "messages": [{"role": "user", "content": text}]});
    assert_eq!(shown(&app).await["last_error"], Value::Null);
    assert_eq!(app.chat(&says("bad")).await.status, 400);
    assert_eq!(shown(&app).await["last_error"], Value::Null, "the request was at fault");

    assert_eq!(app.chat(&says("break")).await.status, 502);
    assert_eq!(app.chat(&says("good")).await.status, 200);
    let mut error = shown(&app).await["last_error"].take();
    let at = error["at"].take();
    assert!(at.as_str().unwrap().parse::<jiff::Timestamp>().is_ok(), "{at}");
    assert_eq!(
        error,
        json!({
            "at": null, "code": "upstream_error", "http_status": 500, "model": "gpt-x",
            "message": "answered 500: [redacted] broke",
        })
    );

    assert_eq!(app.post("/providers/up/test", &json!({})).await.json()["ok"], false);
    let error = shown(&app).await["last_error"].take();
    assert_eq!(
        (&error["code"], &error["model"], &error["message"]),
        (
            &json!("upstream_refused_key"),
            &Value::Null,
            &json!("answered 403: [redacted] may not list")
        )
    );
    assert!(error["at"].as_str() >= at.as_str());
}
