//! Aliases such as `claude-*`: the names that a client knows, on any model.

use serde_json::{Value, json};

use crate::support::app::said;
use crate::support::client::{Response, request};
use crate::support::{Config, Script, TestApp, Upstream, chat};

const KEY: &str = "sk-the-key-of-a-team";

const NAMES: &str = "[routing.aliases]\n\
    \"claude-*\" = \"tag:coding\"\n\
    \"claude-opus-*\" = { target = \"large\", strategy = \"sticky\" }\n\
    \"claude-opus-old\" = \"a/small\"\n\
    \"vendor/*\" = \"claude-opus-old\"\n\
    \"mix-*\" = \"pair:mixed\"\n\
    \"lost-*\" = \"claude-of-the-file\"\n\
    [[routing.pairs]]\nname = \"mixed\"\nstrong = \"claude-strong\"\nweak = \"small\"\n";

async fn start(allowed: &str) -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = config(&upstream, NAMES, allowed);
    let app = TestApp::start(&config).await;
    (upstream, app)
}

fn config(upstream: &Upstream, names: &str, allowed: &str) -> Config {
    let key = format!("[[api_keys]]\nkey = \"{KEY}\"\nname = \"team\"\n{allowed}\n");
    Config::new()
        .provider("a", &upstream.base_url())
        .provider("b", &upstream.base_url())
        .model("a", "small", "")
        .model("b", "large", "")
        .model("b", "coder", "tags = [\"coding\"]")
        .model("b", "claude-real", "")
        .tables(names)
        .tables(&key)
}

async fn send(app: &TestApp, method: &str, path: &str, body: &Value) -> Response {
    let headers = [("x-api-key", KEY), ("content-type", "application/json")];
    request(app.addr, method, path, &headers, body.to_string().as_bytes()).await
}

/// The first candidate and the aliases that led to it.
async fn explained(app: &TestApp, name: &str) -> (Value, Value) {
    let told = send(app, "POST", "/route/explain", &chat(name)).await.json();
    (told["candidates"][0]["model"].clone(), told["aliases"].clone())
}

#[tokio::test]
async fn a_name_leads_where_the_longest_beginning_says() {
    let (_upstream, app) = start("").await;
    for (name, model, aliases) in [
        ("claude-real", "b/claude-real", Value::Null),
        ("b/claude-real", "b/claude-real", Value::Null),
        ("claude-opus-old", "a/small", json!(["claude-opus-old"])),
        ("claude-opus-5", "b/large", json!(["claude-opus-*"])),
        ("claude-sonnet-5", "b/coder", json!(["claude-*"])),
        ("claude-", "b/coder", json!(["claude-*"])),
        ("vendor/any/thing", "a/small", json!(["vendor/*", "claude-opus-old"])),
        ("mix-1", "a/small", json!(["mix-*"])),
    ] {
        assert_eq!(explained(&app, name).await, (json!(model), aliases), "{name}");
        let answer = send(&app, "POST", "/v1/chat/completions", &chat(name)).await;
        assert_eq!(said(&answer), "hi", "{name}: {}", answer.text());
        let found = send(&app, "GET", &format!("/v1/models/{name}"), &Value::Null).await;
        assert_eq!((found.status, &found.json()["id"]), (200, &json!(name)), "{name}");
    }
    // Neither the target of an alias nor the side of a pair is a name that a client chose.
    for name in ["claude", "Claude-x", "lost-1", "vendor"] {
        let answer = send(&app, "POST", "/v1/chat/completions", &chat(name)).await;
        assert_eq!(answer.status, 404, "{name}: {}", answer.text());
        let found = send(&app, "GET", &format!("/v1/models/{name}"), &Value::Null).await;
        assert_eq!(found.status, 404, "{name}");
    }
}

#[tokio::test]
async fn a_clients_own_fallbacks_may_be_such_names() {
    let (_upstream, app) = start("").await;
    let mut body = chat("a/small");
    body["models"] = json!(["claude-opus-5"]);
    let told = send(&app, "POST", "/route/explain", &body).await.json();
    assert_eq!(told["candidates"][1]["model"], "b/large", "{told}");
}

#[tokio::test]
async fn the_record_names_the_alias() {
    let (_upstream, app) = start("").await;
    send(&app, "POST", "/v1/chat/completions", &chat("claude-opus-5")).await;
    let record = app.only_record().await;
    assert_eq!(record["requested"], "claude-opus-5");
    let whole = app.get(&format!("/monitor/invocations/{}", record["id"])).await.json();
    assert_eq!(whole["route"]["aliases"], json!(["claude-opus-*"]), "{whole}");
}

/// A key needs the right to what a wildcard leads to.
#[tokio::test]
async fn a_wildcard_gives_a_key_no_rights() {
    for (allowed, name, status) in [
        ("tag:coding", "claude-sonnet-5", 200),
        ("coder", "claude-sonnet-5", 200),
        ("tag:coding", "claude-opus-5", 403),
        ("claude-*", "claude-sonnet-5", 403),
        ("claude-*", "claude-real", 200),
        ("claude-sonnet-5", "claude-sonnet-5", 403),
        ("claude-sonnet-5", "b/coder", 403),
    ] {
        let (_upstream, app) = start(&format!("allowed_models = [\"{allowed}\"]")).await;
        let answer = send(&app, "POST", "/v1/chat/completions", &chat(name)).await;
        assert_eq!(answer.status, status, "{allowed} {name}: {}", answer.text());
        let found = send(&app, "GET", &format!("/v1/models/{name}"), &Value::Null).await;
        assert_eq!(found.status == 200, status == 200, "{allowed} {name}");
    }
}

/// A list is of what can be sent; where all names lead is another one.
#[tokio::test]
async fn wildcards_are_told_where_targets_are() {
    let (_upstream, app) = start("").await;
    let list = send(&app, "GET", "/v1/models", &Value::Null).await;
    let list = list.text();
    assert!(!list.contains('*') && list.contains("claude-opus-old"), "{list}");
    let targets = send(&app, "GET", "/route/targets", &Value::Null).await.json();
    let targets = targets["targets"].as_array().unwrap();
    let found = targets.iter().find(|target| target["name"] == "claude-opus-*").unwrap();
    assert_eq!((&found["kind"], &found["models"]), (&json!("alias"), &json!(["b/large"])));
    let config = app.get("/config").await.json();
    assert_eq!(config["routing"]["aliases"]["claude-*"]["target"], "tag:coding", "{config}");
}

#[tokio::test]
async fn a_reload_turns_a_wildcard_and_refuses_a_wrong_one() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let names = |line: &str| format!("[routing.aliases]\n{line}\n");
    let app = TestApp::start(&config(&upstream, &names("\"x-*\" = \"a/small\""), "")).await;
    assert_eq!(explained(&app, "x-1").await.0, "a/small");
    app.reconfigure(&config(&upstream, &names("\"x-*\" = \"b/large\""), "").text()).await;
    assert_eq!(explained(&app, "x-1").await.0, "b/large");
    let wrong =
        config(&upstream, &names("\"x-1\" = \"a/small\"\n\"x-*y\" = \"a/small\""), "").text();
    app.reconfigure(&wrong).await;
    let refused = app.post("/config/sync", &json!({})).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    let status = app.get("/config/status").await.json();
    let problem = &status["problems"][0];
    let told = problem["message"].as_str().unwrap();
    assert!(told.contains("alias `x-*y`: a wildcard is one `*` at the end"), "{told}");
    let line = wrong.lines().position(|line| line.starts_with("\"x-*y\"")).unwrap() + 1;
    assert_eq!(problem["line"], line, "{problem}");
    assert_eq!(explained(&app, "x-1").await.0, "b/large");
}
