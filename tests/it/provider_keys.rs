//! Several keys of a provider: used in turn, with cooldowns, and the next one within the same
//! request.

use serde_json::json;

use crate::support::app::{Setup, outcome};
use crate::support::{Config, Script, TestApp, Upstream, chat, streamed_chat};

fn config(upstream: &Upstream, keys: &str) -> Config {
    Config::new().provider_with("up", &upstream.base_url(), keys).model("up", "gpt-x", "")
}

/// An upstream that refuses `Bearer bad…` with the status.
async fn choosy(status: u16) -> Upstream {
    Upstream::with(move |seen| {
        let is_bad = seen.header("authorization").is_some_and(|key| key.contains("bad"));
        match (is_bad, seen.json()["stream"] == true) {
            (true, _) => Script::status(status).json(r#"{"error":{"message":"no"}}"#),
            (false, true) => Script::stream(&["a"]),
            (false, false) => Script::chat("hi"),
        }
    })
    .await
}

fn keys_seen(upstream: &Upstream) -> Vec<String> {
    let key = |seen: &crate::support::upstream::Seen| {
        seen.header("authorization").unwrap_or("none").replace("Bearer ", "")
    };
    upstream.requests().iter().map(key).collect()
}

#[tokio::test]
async fn keys_are_used_in_turn() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream, "api_key = \"a, b,c\"")).await;
    for _ in 0..6 {
        app.chat(&chat("gpt-x")).await;
    }
    assert_eq!(keys_seen(&upstream), ["a", "b", "c", "a", "b", "c"]);
    let places: Vec<_> =
        app.records().await.iter().map(|record| record["provider_key"].clone()).collect();
    assert_eq!(places, [1, 2, 3, 1, 2, 3].map(|place| json!(place)));
}

#[tokio::test]
async fn a_refused_key_cools_down_and_the_next_serves_the_same_request() {
    for status in [401, 402, 403, 429] {
        for body in [chat("gpt-x"), streamed_chat("gpt-x")] {
            let upstream = choosy(status).await;
            let app = TestApp::start(&config(&upstream, "api_key = \"bad1,bad2,good\"")).await;
            for _ in 0..4 {
                let answer = app.chat(&body).await;
                assert_eq!(answer.status, 200, "{status}: {}", answer.text());
            }
            let seen = keys_seen(&upstream);
            assert_eq!(seen[..3], ["bad1", "bad2", "good"], "{status}");
            assert!(seen[3..].iter().all(|key| key == "good"), "{status}: {seen:?}");
            assert_eq!(app.records().await[0]["attempts"], 3);
        }
    }
}

#[tokio::test]
async fn when_every_key_is_refused_the_client_gets_one_error_without_a_key() {
    let upstream = choosy(401).await;
    let app = TestApp::start(&config(&upstream, "api_key = \"bad1,bad2\"")).await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!(answer.status, 502);
    assert!(!answer.text().contains("bad1") && !answer.text().contains("bad2"));
    assert_eq!(upstream.request_count(), 2);
    assert_eq!(outcome(&app.only_record().await), "error 502 upstream_refused_key");
}

#[tokio::test]
async fn another_fault_is_not_the_keys() {
    let upstream = choosy(500).await;
    let app = TestApp::start(&config(&upstream, "api_key = \"bad1,good\"")).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 502);
    assert_eq!(upstream.request_count(), 1);
}

#[tokio::test]
async fn keys_come_from_the_environment_and_a_missing_one_takes_the_provider_out() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let from_env = config(&upstream, "api_key_env = \"UP_KEY\"");
    let app = Setup::default().env("UP_KEY", "from-env").start(&from_env).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    assert_eq!(keys_seen(&upstream), ["from-env"]);

    let app = TestApp::start(&from_env).await;
    let answer = app.chat(&chat("up/gpt-x")).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    assert!(answer.text().contains("set UP_KEY"), "{}", answer.text());
    let provider = app.get("/providers").await.json()[0].clone();
    assert_eq!((&provider["health"], &provider["has_key"]), (&json!("no key"), &json!(false)));
    assert_eq!(app.get("/v1/models").await.json()["data"], json!([]));
    assert_eq!(app.chat(&chat("auto")).await.status, 503);
}

#[tokio::test]
async fn auth_header_scheme_and_further_headers_are_as_configured() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let lines = "api_key = \"k\"\n[providers.settings]\nauth_header = \"x-key\"\nauth_scheme = \"\"\n\
        headers = { \"HTTP-Referer\" = \"https://me\", \"user-agent\" = \"mine\" }\nendpoint = \"/custom/chat\"";
    let app = TestApp::start(&config(&upstream, lines)).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 200);
    let seen = upstream.requests().remove(0);
    assert_eq!(seen.header("x-key"), Some("k"));
    assert_eq!(seen.header("authorization"), None);
    assert_eq!(seen.header("http-referer"), Some("https://me"));
    assert_eq!(seen.header("user-agent"), Some("mine"));
    assert_eq!(seen.path, "/custom/chat");
    let providers = app.get("/providers").await;
    assert!(!providers.text().contains("https://me"), "{}", providers.text());
}
