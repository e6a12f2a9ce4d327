//! Room at a model and its provider: calls at once and tokens of the minute.

use serde_json::{Value, json};

use crate::support::app::said;
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, eventually};

/// A provider `slow` that waits for a signal, and a spare one.
async fn stage() -> (Upstream, Upstream) {
    let slow = Upstream::start(Script::chat("slow").before_head(Step::WaitForSignal)).await;
    (slow, Upstream::start(Script::chat("spare")).await)
}

fn why(explained: &Value, model: &str) -> String {
    let left = explained["left_out"].as_array().unwrap();
    let found = left.iter().find(|entry| entry["model"] == model).expect("it is left out");
    format!("{}: {}", found["why"].as_str().unwrap(), found["reason"].as_str().unwrap())
}

#[tokio::test]
async fn calls_beyond_what_a_model_or_its_provider_answers_at_once_go_to_the_next_one() {
    for (settings, config, whose) in [
        ("", "max_concurrent = 1", "`slow/m` already has"),
        ("[providers.settings]\nmax_concurrent = 1", "", "provider `slow` already has"),
    ] {
        let (slow, spare) = stage().await;
        let config = Config::new()
            .provider_with("slow", &slow.base_url(), settings)
            .provider("spare", &spare.base_url())
            .model("slow", "m", &format!("[models.config]\npriority = 9\n{config}"))
            .model("spare", "m", "");
        let app = TestApp::start(&config).await;
        let first = app.begin_chat(&chat("m")).await;
        slow.wait_for_requests(1).await;
        assert_eq!(said(&app.chat(&chat("m")).await), "spare");
        let explained = app.post("/route/explain", &chat("m")).await.json();
        assert_eq!(
            why(&explained, "slow/m"),
            "limit: already has 1 calls in flight (`max_concurrent`)"
        );

        let alone = app.chat(&chat("slow/m")).await;
        let error = &alone.json()["error"];
        assert_eq!((alone.status, &error["code"]), (429, &json!("concurrency_limit_exceeded")));
        assert!(error["message"].as_str().unwrap().contains(whose), "{error}");
        assert!(alone.header("retry-after").is_some());

        // A client that leaves leaves its place.
        drop(first);
        slow.set(Script::chat("free again"));
        eventually("the place is free", async || {
            said(&app.chat(&chat("slow/m")).await) == "free again"
        })
        .await;
    }
}

#[tokio::test]
async fn tokens_of_the_minute_are_reserved_settled_and_reported() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::new().provider("up", &upstream.base_url()).model(
        "up",
        "gpt-x",
        "[models.config]\ntokens_per_minute = 1000",
    );
    let app = TestApp::start(&config).await;
    let first = app.chat(&chat("gpt-x")).await;
    assert_eq!(first.header("x-ratelimit-limit-tokens"), Some("1000"));
    // About 500 are reserved for an answer; the scripted upstream says that it took a few.
    let left: u64 = first.header("x-ratelimit-remaining-tokens").unwrap().parse().unwrap();
    assert!((400..600).contains(&left), "{left}");
    let second = app.chat(&chat("gpt-x")).await;
    let left: u64 = second.header("x-ratelimit-remaining-tokens").unwrap().parse().unwrap();
    assert!((400..600).contains(&left), "what the first did not take went back: {left}");

    let mut long = chat("gpt-x");
    long["messages"][0]["content"] = json!("word ".repeat(100));
    assert_eq!(app.chat(&long).await.status, 200);
    let mut longer = chat("gpt-x");
    longer["messages"][0]["content"] = json!("word ".repeat(4000));
    let refused = app.chat(&longer).await;
    let code = &refused.json()["error"]["code"];
    assert_eq!((refused.status, code), (429, &json!("tokens_per_minute_exceeded")));
    assert!(refused.header("retry-after").unwrap().parse::<u64>().unwrap() > 0);
    assert_eq!(refused.header("x-ratelimit-remaining-tokens"), Some("0"));
    let explained = app.post("/route/explain", &longer).await.json();
    assert_eq!(explained["candidates"][0]["model"], "up/gpt-x", "a lone one says itself how long");
}

#[tokio::test]
async fn a_call_that_gave_nothing_takes_no_tokens() {
    let upstream = Upstream::start(Script::status(500).json("{}")).await;
    let config = Config::new().provider("up", &upstream.base_url()).model(
        "up",
        "gpt-x",
        "[models.config]\ntokens_per_minute = 600",
    );
    let app = TestApp::start(&config).await;
    for _ in 0..5 {
        assert_eq!(app.chat(&chat("gpt-x")).await.status, 502);
    }
}
