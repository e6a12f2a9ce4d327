//! Two routers on one database, as during a rolling restart: both serve, both write, and what is
//! changed in one is in force in the other.

use serde_json::{Value, json};

use crate::support::app::{Setup, said};
use crate::support::client::{Response, request};
use crate::support::{Config, Script, TestApp, Upstream, chat, eventually};

const KEY: &str = "sk-a-key-of-both-routers";

/// As a caller from elsewhere.
async fn send(app: &TestApp, method: &str, path: &str, key: &str, body: &Value) -> Response {
    let headers =
        [("host", "router.example"), ("x-api-key", key), ("content-type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    request(app.addr, method, path, &headers, body.as_bytes()).await
}

async fn status(app: &TestApp, key: &str) -> u16 {
    send(app, "GET", "/me", key, &Value::Null).await.status
}

/// Another router on the database of the first, with a file of its own.
async fn beside(first: &TestApp, config: &Config) -> TestApp {
    let database = first.folder.path().join("router.db").display().to_string();
    Setup::default().env("LLM_ROUTER_DATABASE_URL", &database).start(config).await
}

async fn two(config: &Config) -> (TestApp, TestApp) {
    let first = TestApp::start(config).await;
    let second = beside(&first, config).await;
    (first, second)
}

#[tokio::test]
async fn both_record_their_calls_under_ids_of_their_own() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let (first, second) = two(&Config::with(&upstream)).await;
    for _ in 0..3 {
        let body = chat("gpt-x");
        let calls = [&first, &second, &first].map(|app| app.chat(&body));
        futures_util::future::join_all(calls).await;
        first.records().await;
    }
    let (folder, stopped) = first.stop();
    assert_eq!((stopped.accepted, stopped.written), (6, 6));
    second.chat(&chat("gpt-x")).await;
    let records = second.records().await;
    let ids: std::collections::BTreeSet<i64> =
        records.iter().map(|record| record["id"].as_i64().unwrap()).collect();
    assert_eq!((records.len(), ids.len()), (10, 10));
    let (_, stopped) = second.stop();
    assert_eq!((stopped.accepted, stopped.written), (4, 4));
    drop(folder);
}

#[tokio::test]
async fn a_key_and_its_sessions_are_what_the_other_router_made_of_them() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let (first, second) = two(&Config::with(&upstream)).await;
    let made = first.post("/api-keys", &json!({"name": "team", "key": KEY})).await;
    let path = format!("/api-keys/{}", made.json()["id"]);
    eventually("the key opens the second", async || status(&second, KEY).await == 200).await;

    let login = send(&first, "POST", "/auth/login", KEY, &Value::Null).await.json();
    let token = login["token"].as_str().unwrap();
    eventually("so does its session", async || status(&second, token).await == 200).await;
    let model = json!({"provider_name": "up", "model_name": "gpt-x"});
    let bound = send(&second, "POST", "/auth/bind-model", token, &model).await;
    assert_eq!(bound.status, 200, "{}", bound.text());
    let unnamed = json!({"messages": [{"role": "user", "content": "hi"}]});
    eventually("the bound model serves in the first", async || {
        send(&first, "POST", "/v1/chat/completions", token, &unnamed).await.status == 200
    })
    .await;
    assert_eq!(send(&first, "POST", "/auth/logout", token, &json!({})).await.status, 200);
    // At once, whether or not the second has seen that the session is ended.
    let bound = send(&second, "POST", "/auth/bind-model", token, &model).await;
    assert_eq!(bound.status, 401, "{}", bound.text());
    eventually("the session is ended in both", async || status(&second, token).await == 401).await;
    assert_eq!(status(&first, token).await, 401, "nothing has brought it back");

    let changed = second.patch(&path, &json!({"allowed_models": ["nothing"]})).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    eventually("the new rule holds in the first", async || {
        send(&first, "POST", "/v1/chat/completions", KEY, &chat("gpt-x")).await.status == 403
    })
    .await;
    assert_eq!(second.delete(&path).await.status, 204);
    eventually("it is revoked in the first", async || status(&first, KEY).await == 401).await;
}

#[tokio::test]
async fn the_catalogue_is_what_the_other_router_made_of_it() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let (first, second) = two(&Config::with(&upstream)).await;
    let model = json!({"name": "new", "provider": "up", "tags": ["fresh"]});
    assert_eq!(first.post("/models", &model).await.status, 201);
    for named in ["up/new", "tag:fresh"] {
        eventually(&format!("the second serves {named}"), async || {
            second.chat(&chat(named)).await.status == 200
        })
        .await;
    }
    let inactive = json!({"is_active": false});
    assert_eq!(second.patch("/providers/up", &inactive).await.status, 200);
    eventually("nothing of it is served by the first", async || {
        first.chat(&chat("up/new")).await.status != 200
    })
    .await;
    assert_eq!(second.patch("/providers/up", &json!({"is_active": true})).await.status, 200);
    assert_eq!(second.delete("/models/up/new").await.status, 200);
    eventually("it is gone from the first", async || {
        first.chat(&chat("up/new")).await.status == 404
            && first.chat(&chat("gpt-x")).await.status == 200
    })
    .await;
    // Only the router that made the change has recorded it.
    assert_eq!(first.events("model.created").await.len(), 1);
    assert_eq!(first.events("model.deleted").await.len(), 1);
}

#[tokio::test]
async fn an_edit_in_one_router_outlives_a_reload_by_the_other() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let (first, second) = two(&config).await;
    let edit = json!({"description": "edited"});
    assert_eq!(first.patch("/models/up/gpt-x", &edit).await.status, 200);
    let synced = second.post("/config/sync", &Value::Null).await.json();
    assert_eq!(synced["changed"], json!([]), "{synced}");
    second.reconfigure(&config.clone().model("up", "other", "").text()).await;
    eventually("the first serves what the second took from its file", async || {
        first.chat(&chat("up/other")).await.status == 200
    })
    .await;
    for app in [&first, &second] {
        let model = app.get("/models/up/gpt-x").await.json();
        assert_eq!(model["description"], "edited");
    }
}

#[tokio::test]
async fn routing_that_one_router_takes_from_its_file_holds_in_the_other() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream).one_worker();
    let (first, second) = two(&config).await;
    assert_eq!(second.chat(&chat("quick")).await.status, 404);
    let with_alias = config
        .text()
        .replace("[routing.circuit]", "[routing.aliases]\nquick = \"up/gpt-x\"\n[routing.circuit]");
    first.reconfigure(&with_alias).await;
    assert_eq!(said(&first.chat(&chat("quick")).await), "hi");
    eventually("the alias is known to the second", async || {
        second.chat(&chat("quick")).await.status == 200
    })
    .await;
    // The last file that was applied is in force.
    assert_eq!(second.post("/config/sync", &Value::Null).await.status, 200);
    eventually("the alias is gone from both", async || {
        first.chat(&chat("quick")).await.status == 404
            && second.chat(&chat("quick")).await.status == 404
    })
    .await;
}

/// An answer has 3 tokens and costs 3 cents; prompts are free.
const PRICES: &str =
    "[models.config]\ncost_per_1k_tokens = 0\ncost_per_1k_completion_tokens = 10\n";

#[tokio::test]
async fn a_budget_is_spent_by_both_routers_together() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "gpt-x", PRICES)
        .tables(&format!(
            "[[api_keys]]\nkey = \"{KEY}\"\nname = \"team\"\n[api_keys.budget]\nusd = 0.15\n"
        ));
    let (first, second) = two(&config).await;
    let call = async |app: &TestApp| {
        let mut body = chat("gpt-x");
        body["max_tokens"] = json!(3);
        send(app, "POST", "/v1/chat/completions", KEY, &body).await.status
    };
    let used = async |app: &TestApp| {
        let me = send(app, "GET", "/me", KEY, &Value::Null).await.json();
        ["day", "month", "total"].map(|span| me["used"][span]["requests"].as_u64().unwrap())
    };
    for app in [&first, &second, &first, &first] {
        assert_eq!(call(app).await, 200);
    }
    for app in [&first, &second] {
        eventually("both know of all four calls", async || used(app).await == [4; 3]).await;
    }
    assert_eq!(call(&second).await, 200);
    eventually("the first knows what the second has spent", async || used(&first).await == [5; 3])
        .await;
    for app in [&first, &second] {
        assert_eq!(call(app).await, 402);
        app.records().await;
        assert_eq!(used(app).await, [5; 3], "nothing is counted twice");
    }
    let third = beside(&first, &config).await;
    assert_eq!(used(&third).await, [5; 3], "as the database has it");
}

#[tokio::test]
async fn the_keys_of_one_file_are_not_sent_where_another_file_says() {
    let (own, theirs) =
        (Upstream::start(Script::chat("own")).await, Upstream::start(Script::chat("x")).await);
    let first = TestApp::start(&Config::with(&own)).await;
    let other = Config::new()
        .provider_with("up", &theirs.base_url(), "api_key = \"sk-of-the-other-file\"")
        .model("up", "gpt-x", "");
    let second = beside(&first, &other).await;
    eventually("the first has taken the other address", async || {
        first.get("/providers/up").await.json()["base_url"] == json!(theirs.base_url())
    })
    .await;
    assert_eq!(second.chat(&chat("gpt-x")).await.status, 200);
    first.chat(&chat("gpt-x")).await;
    let sent: Vec<String> =
        theirs.requests().iter().map(|request| format!("{request:?}")).collect();
    assert!(sent.iter().any(|request| request.contains("sk-of-the-other-file")), "{sent:?}");
    assert!(sent.iter().all(|request| !request.contains("sk-upstream")));
}
