//! A name in a key's `allowed_models` grants what it resolves to; a key sees what it may call.

use serde_json::{Value, json};

use crate::support::app::said;
use crate::support::client::{Response, request};
use crate::support::{Config, Script, TestApp, Upstream, chat};

const KEY: &str = "sk-the-key-of-an-alias";

const NAMES: &str = "[routing.aliases]\n\
    fast = \"a/small\"\n\
    faster = \"fast\"\n\
    cheap = \"tag:free\"\n\
    both = \"pair:mixed\"\n\
    \"team/best\" = { target = \"b/large\", fallbacks = [\"fast\"] }\n\
    round = \"pair:circle\"\n\
    lost = \"nowhere\"\n\
    lame = { target = \"nowhere\", fallbacks = [\"a/small\"] }\n\
    [[routing.pairs]]\nname = \"mixed\"\nstrong = \"b/large\"\nweak = \"faster\"\n\
    [[routing.pairs]]\nname = \"circle\"\nstrong = \"round\"\nweak = \"a/small\"\n";

async fn start(allowed: &str) -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = config(&upstream, allowed);
    let app = TestApp::start(&config).await;
    (upstream, app)
}

fn config(upstream: &Upstream, allowed: &str) -> Config {
    let key = format!("[[api_keys]]\nkey = \"{KEY}\"\nname = \"team\"\n{allowed}\n");
    Config::new()
        .provider("a", &upstream.base_url())
        .provider("b", &upstream.base_url())
        .model("a", "small", "tags = [\"free\"]")
        .model("b", "large", "")
        .model("b", "free-one", "tags = [\"free\"]")
        .model("b", "other", "remote_identifier = \"secret-name\"")
        .tables(NAMES)
        .tables(&key)
}

async fn send(app: &TestApp, method: &str, path: &str, body: &Value) -> Response {
    let headers = [("x-api-key", KEY), ("content-type", "application/json")];
    request(app.addr, method, path, &headers, body.to_string().as_bytes()).await
}

async fn listed(app: &TestApp) -> Vec<String> {
    let list = send(app, "GET", "/v1/models", &Value::Null).await.json();
    let ids = list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_name_grants_what_it_stands_for_and_no_more() {
    for (allowed, granted) in [
        ("fast", vec!["a/small"]),
        ("faster", vec!["a/small"]),
        ("cheap", vec!["a/small", "b/free-one"]),
        ("tag:free", vec!["a/small", "b/free-one"]),
        ("both", vec!["a/small", "b/large"]),
        ("pair:mixed", vec!["a/small", "b/large"]),
        ("team/best", vec!["a/small", "b/large"]),
        ("round", vec!["a/small"]),
        ("auto", vec!["a/small", "b/free-one", "b/large", "b/other"]),
        ("lost", vec![]),
        ("lame", vec![]),
        ("tag:((", vec![]),
        ("pair:none", vec![]),
        // Patterns are for models' names, and so is a name that an upstream gives one.
        ("fast*", vec![]),
        ("chea?", vec![]),
        ("secret-name", vec![]),
        ("b/secret-name", vec![]),
    ] {
        let (_upstream, app) = start(&format!("allowed_models = [\"{allowed}\"]")).await;
        for model in ["a/small", "b/free-one", "b/large", "b/other"] {
            let expected = if granted.contains(&model) { 200 } else { 403 };
            let (provider, name) = model.split_once('/').unwrap();
            for (path, body) in [
                (String::from("/v1/chat/completions"), chat(model)),
                (format!("/models/{model}/invoke"), json!({"prompt": "hi"})),
                (
                    String::from("/route/invoke"),
                    json!({"query": {"name": name, "providers": [provider]}, "request": {"prompt": "hi"}}),
                ),
            ] {
                let answer = send(&app, "POST", &path, &body).await;
                assert_eq!(answer.status, expected, "{allowed}: {path} {model}: {}", answer.text());
            }
            let is_listed = listed(&app).await.contains(&model.to_owned());
            assert_eq!(is_listed, expected == 200, "{allowed}: {model}");
            let found = send(&app, "GET", &format!("/models/{model}"), &Value::Null).await;
            assert_eq!(found.status == 200, expected == 200, "{allowed}: {model}");
            let explained = send(&app, "POST", "/route/explain", &chat(model)).await.json();
            let count = explained["candidates"].as_array().map_or(0, Vec::len);
            assert_eq!(count > 0, expected == 200, "{allowed}: {explained}");
        }
    }
}

#[tokio::test]
async fn a_key_calls_by_the_name_that_it_was_granted() {
    for name in ["fast", "faster", "cheap", "both", "pair:mixed", "team/best", "round", "tag:free"]
    {
        let (_upstream, app) = start(&format!("allowed_models = [\"{name}\"]")).await;
        let answer = send(&app, "POST", "/v1/chat/completions", &chat(name)).await;
        assert_eq!(said(&answer), "hi", "{name}: {}", answer.text());
    }
    let (_upstream, app) = start("allowed_models = [\"cheap\"]\nallowed_providers = [\"a\"]").await;
    assert_eq!(listed(&app).await.first().map(String::as_str), Some("a/small"));
    let answer = send(&app, "POST", "/v1/chat/completions", &chat("b/free-one")).await;
    assert_eq!(answer.status, 403, "the other rules of the key hold: {}", answer.text());
}

#[tokio::test]
async fn a_session_is_bound_to_a_model_that_an_alias_grants() {
    let (_upstream, app) = start("allowed_models = [\"faster\"]").await;
    let login = app.post("/auth/login", &json!({"api_key": KEY})).await.json();
    let token = login["token"].as_str().unwrap();
    let headers = [("x-session-token", token), ("content-type", "application/json")];
    for (provider, model, status) in [("a", "small", 200), ("b", "large", 403)] {
        let body = json!({"provider_name": provider, "model_name": model}).to_string();
        let answer = request(app.addr, "POST", "/auth/bind-model", &headers, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    let body = json!({"messages": [{"role": "user", "content": "hi"}]}).to_string();
    let answer = request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn a_key_is_shown_the_names_that_it_can_use() {
    let every =
        ["both", "cheap", "fast", "faster", "round", "team/best", "pair:mixed", "pair:circle"];
    for (allowed, names) in [
        ("", every.to_vec()),
        ("allowed_models = []", vec![]),
        ("allowed_models = [\"nothing\"]", vec![]),
        ("allowed_models = [\"b/large\"]", vec!["both", "team/best", "pair:mixed"]),
        ("allowed_models = [\"b/free-one\"]", vec!["cheap"]),
        ("allowed_models = [\"cheap\"]\nallowed_providers = [\"b\"]", vec!["cheap"]),
    ] {
        let (_upstream, app) = start(allowed).await;
        let listed = listed(&app).await;
        let shown: Vec<&str> = listed
            .iter()
            .map(String::as_str)
            .filter(|id| !id.starts_with("a/") && !id.starts_with("b/"))
            .collect();
        assert_eq!(shown, names, "{allowed}");
        for name in every.into_iter().chain(["lost", "lame"]) {
            let answer = send(&app, "GET", &format!("/v1/models/{name}"), &Value::Null).await;
            let expected = if names.contains(&name) { 200 } else { 404 };
            assert_eq!(answer.status, expected, "{allowed}: {name}");
        }
    }
}

#[tokio::test]
async fn a_grant_follows_the_file() {
    let (upstream, app) = start("allowed_models = [\"fast\"]").await;
    assert_eq!(send(&app, "POST", "/v1/chat/completions", &chat("a/small")).await.status, 200);
    let moved = config(&upstream, "allowed_models = [\"fast\"]").text();
    app.reconfigure(&moved.replace("fast = \"a/small\"", "fast = \"b/large\"")).await;
    assert_eq!(send(&app, "POST", "/v1/chat/completions", &chat("a/small")).await.status, 403);
    assert_eq!(send(&app, "POST", "/v1/chat/completions", &chat("fast")).await.status, 200);
    assert_eq!(send(&app, "POST", "/v1/chat/completions", &chat("b/large")).await.status, 200);
}
