//! What a key may call, how often, and with which parameters.

use serde_json::{Value, json};

use crate::support::client::{RawClient, Response, request};
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, streamed_chat};

const KEY: &str = "sk-the-key-with-limits";

fn key(lines: &str) -> String {
    format!("[[api_keys]]\nkey = \"{KEY}\"\nname = \"team\"\n{lines}\n")
}

async fn send(app: &TestApp, method: &str, path: &str, body: &Value) -> Response {
    let headers = [("x-api-key", KEY), ("content-type", "application/json")];
    request(app.addr, method, path, &headers, body.to_string().as_bytes()).await
}

async fn post(app: &TestApp, path: &str, body: &Value) -> Response {
    send(app, "POST", path, body).await
}

async fn newest(app: &TestApp) -> Value {
    let records = app.records().await;
    let path = format!("/monitor/invocations/{}", records.last().unwrap()["id"]);
    app.get(&path).await.json()
}

#[tokio::test]
async fn only_what_the_key_may_call_is_called_and_listed() {
    let (a, b) =
        (Upstream::start(Script::chat("a")).await, Upstream::start(Script::chat("b")).await);
    let config = Config::new()
        .provider("a", &a.base_url())
        .provider("b", &b.base_url())
        .model("a", "gpt-x", "")
        .model("b", "gpt-x", "[models.config]\npriority = 9\n")
        .model("b", "other", "")
        .tables("[routing.aliases]\nmine = \"a/gpt-x\"\nbeyond = \"b/other\"\n");
    let app = TestApp::start(&config.clone().tables(&key("allowed_models = [\"a/*\"]"))).await;
    for body in [chat("gpt-x"), chat("auto"), chat("a/gpt-x")] {
        let answer = post(&app, "/v1/chat/completions", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("x-llm-router-route"), Some("a/gpt-x;attempts=1"));
    }
    for (path, body) in [
        ("/v1/chat/completions", chat("b/gpt-x")),
        ("/v1/chat/completions", streamed_chat("other")),
        ("/models/b/other/invoke", json!({"prompt": "hi"})),
        ("/route/invoke", json!({"query": {"providers": ["b"]}, "request": {"prompt": "hi"}})),
    ] {
        let refused = post(&app, path, &body).await;
        assert_eq!(refused.status, 403, "{path}: {}", refused.text());
        assert!(refused.text().contains("model_not_allowed"), "{}", refused.text());
    }
    assert_eq!(b.request_count(), 0);
    let ids = |list: &Value| -> Vec<Value> {
        list.as_array().unwrap().iter().map(|model| model["id"].clone()).collect()
    };
    let listed = send(&app, "GET", "/v1/models", &Value::Null).await.json();
    assert_eq!(ids(&listed["data"]), ["a/gpt-x", "mine"]);
    assert_eq!(
        send(&app, "GET", "/models", &Value::Null).await.json().as_array().unwrap().len(),
        1
    );
    assert_eq!(send(&app, "GET", "/v1/models/b/other", &Value::Null).await.status, 404);
    assert_eq!(send(&app, "GET", "/models/b/other", &Value::Null).await.status, 404);
    let explained = post(&app, "/route/explain", &chat("gpt-x")).await.json();
    assert_eq!(explained["candidates"].as_array().unwrap().len(), 1);
    assert_eq!(explained["left_out"][0]["why"], "key", "{explained}");

    for (lines, status) in [
        ("allowed_providers = [\"b\"]", 403),
        ("allowed_providers = []", 403),
        ("allowed_tags = [\"free\"]", 403),
        ("allowed_providers = [\"*\"]", 200),
    ] {
        app.reconfigure(&config.clone().tables(&key(lines)).text()).await;
        let answer = post(&app, "/v1/chat/completions", &chat("a/gpt-x")).await;
        assert_eq!(answer.status, status, "{lines}: {}", answer.text());
    }
}

#[tokio::test]
async fn the_tags_of_a_key_hold_for_fallbacks_too() {
    let failing = Upstream::start(Script::status(500).json("{}")).await;
    let dear = Upstream::start(Script::chat("dear")).await;
    let config = Config::new()
        .provider("free", &failing.base_url())
        .provider("dear", &dear.base_url())
        .model("free", "a", "tags = [\"free\"]\n[models.config]\nfallbacks = [\"dear/b\"]\n")
        .model("dear", "b", "")
        .tables(&key("allowed_tags = [\"free\"]"));
    let app = TestApp::start(&config).await;
    for model in ["free/a", "auto", "tag:free"] {
        assert_eq!(post(&app, "/v1/chat/completions", &chat(model)).await.status, 502, "{model}");
    }
    assert_eq!(dear.request_count(), 0);
    assert_eq!(app.chat(&chat("free/a")).await.status, 200, "without the key it falls back");
}

#[tokio::test]
async fn parameters_are_brought_within_the_keys_limits_and_reported() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let limits = "[api_keys.parameter_limits]\nmax_tokens = 100\ntemperature = 1\n\
        custom_limits = { n = 2 }\n";
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "plain", "")
        .model("up", "long", "[models.default_params]\nmax_tokens = 5000\ntemperature = 2\n")
        .tables(&key(limits));
    let app = TestApp::start(&config).await;
    for (path, members, told, sent) in [
        (
            "/v1/chat/completions",
            json!({"model": "plain"}),
            "max_tokens=100",
            json!({"max_tokens": 100}),
        ),
        (
            "/v1/chat/completions",
            json!({"model": "plain", "max_completion_tokens": 900, "temperature": 1.5, "n": 9}),
            "max_completion_tokens=100, temperature=1, n=2",
            json!({"max_completion_tokens": 100, "temperature": 1, "n": 2}),
        ),
        (
            "/v1/chat/completions",
            json!({"model": "long"}),
            "max_tokens=100, temperature=1",
            json!({"max_tokens": 100, "temperature": 1}),
        ),
        (
            "/models/up/long/invoke",
            json!({"parameters": {"max_tokens": 200}}),
            "max_tokens=100",
            json!({"max_tokens": 100, "temperature": 1}),
        ),
    ] {
        let mut body = members;
        body["messages"] = json!([{"role": "user", "content": "hi"}]);
        let answer = post(&app, path, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        let seen: Value = serde_json::from_slice(&upstream.requests().pop().unwrap().body).unwrap();
        for (name, value) in sent.as_object().unwrap() {
            assert_eq!(&seen[name], value, "{name} in {seen}");
        }
        let header = answer.header("x-llm-router-adjusted").unwrap();
        for part in told.split(", ") {
            assert!(header.split(", ").any(|one| one == part), "{part} in {header}");
        }
        let whole = newest(&app).await;
        let recorded: Vec<&str> =
            whole["adjusted"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(recorded.join(", "), header);
        assert_eq!(whole["route"]["adjusted"], whole["adjusted"]);
    }
    let within = json!({"model": "plain", "max_tokens": 5, "messages": chat("x")["messages"]});
    let answer = post(&app, "/v1/chat/completions", &within).await;
    assert_eq!(answer.header("x-llm-router-adjusted"), None);
    let whole = newest(&app).await;
    assert_eq!((&whole["adjusted"], &whole["route"]["adjusted"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn a_keys_rate_limits_answer_429_with_when_to_come_again() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let app = TestApp::start(&config.clone().tables(&key("requests_per_minute = 2"))).await;
    let first = post(&app, "/v1/chat/completions", &chat("gpt-x")).await;
    assert_eq!(first.header("x-ratelimit-limit-requests"), Some("2"));
    assert_eq!(first.header("x-ratelimit-remaining-requests"), Some("1"));
    let second = post(&app, "/models/up/gpt-x/invoke", &json!({"prompt": "hi"})).await;
    assert_eq!(second.status, 200);
    for body in [chat("gpt-x"), streamed_chat("gpt-x")] {
        let refused = post(&app, "/v1/chat/completions", &body).await;
        assert_eq!(refused.status, 429);
        assert_eq!(refused.json()["error"]["code"], "rate_limit_exceeded");
        assert!(refused.header("retry-after").is_some());
        assert_eq!(refused.header("x-ratelimit-remaining-requests"), Some("0"));
        assert!(refused.text().contains("`team`"), "{}", refused.text());
    }
    app.reconfigure(&config.clone().tables(&key("requests_per_minute = 3")).text()).await;
    let further = post(&app, "/v1/chat/completions", &chat("gpt-x")).await.status;
    assert_eq!(further, 429, "a reload keeps what was used");

    app.reconfigure(&config.tables(&key("tokens_per_minute = 30")).text()).await;
    let small = |most: u64| json!({"model": "gpt-x", "max_tokens": most, "messages": chat("x")["messages"]});
    let answer = post(&app, "/v1/chat/completions", &small(3)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-ratelimit-limit-tokens"), Some("30"));
    let left: u64 = answer.header("x-ratelimit-remaining-tokens").unwrap().parse().unwrap();
    assert!((18..25).contains(&left), "12 were taken, and some came back: {left}");
    let refused = post(&app, "/v1/chat/completions", &small(1_000)).await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.json()["error"]["code"], "tokens_per_minute_exceeded");
}

#[tokio::test]
async fn a_key_with_a_budget_in_money_calls_only_what_has_a_price() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let budget = "[api_keys.budget]\nusd = 1\n";
    let app = TestApp::start(&config.clone().tables(&key(budget))).await;
    let refused = post(&app, "/v1/chat/completions", &chat("gpt-x")).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("has no known price"), "{}", refused.text());
    assert!(refused.text().contains("allow_unpriced"), "{}", refused.text());
    let lines = format!("allow_unpriced = true\n{budget}");
    app.reconfigure(&config.tables(&key(&lines)).text()).await;
    assert_eq!(post(&app, "/v1/chat/completions", &chat("gpt-x")).await.status, 200);
}

/// What is left of the key's minute and of its budget.
async fn left(app: &TestApp) -> Value {
    send(app, "GET", "/me", &Value::Null).await.json()["left"].clone()
}

#[tokio::test]
async fn a_call_that_a_later_limit_refuses_takes_nothing_of_the_keys_minute() {
    let minute = key("requests_per_minute = 3\ntokens_per_minute = 100000");
    for (settings, model, code) in [
        ("", "[models.config]\nmax_concurrent = 1", "concurrency_limit_exceeded"),
        ("[providers.settings]\nmax_concurrent = 1", "", "concurrency_limit_exceeded"),
        ("", "[models.config]\ntokens_per_minute = 1", "tokens_per_minute_exceeded"),
        ("", "[models.rate_limit]\nmax_requests = 1\nper_seconds = 3600", "rate_limit_exceeded"),
        ("[providers.settings]\nmax_connections = 1\nconnect_timeout = 0.05", "", "provider_busy"),
    ] {
        let slow = Upstream::start(Script::chat("slow").before_head(Step::WaitForSignal)).await;
        let config = Config::new()
            .provider_with("slow", &slow.base_url(), settings)
            .model("slow", "m", model)
            .tables(&minute);
        let app = TestApp::start(&config).await;
        let whole = left(&app).await;
        let _first = app.begin_chat(&chat("m")).await;
        slow.wait_for_requests(1).await;
        for (path, body) in [
            ("/v1/chat/completions", chat("m")),
            ("/v1/chat/completions", streamed_chat("m")),
            ("/models/slow/m/invoke", json!({"prompt": "hi"})),
            ("/models/slow/m/invoke", json!({"prompt": "hi", "stream": true})),
            ("/route/invoke", json!({"query": {"name": "m"}, "request": {"prompt": "hi"}})),
        ] {
            let refused = post(&app, path, &body).await;
            assert!(refused.text().contains(code), "{code} {path}: {}", refused.text());
            assert_eq!(left(&app).await, whole, "{code} {path}");
        }
    }
}

#[tokio::test]
async fn a_call_that_the_budget_refuses_takes_nothing_of_the_keys_minute() {
    let slow = Upstream::start(Script::chat("slow").before_head(Step::WaitForSignal)).await;
    let prices = "[models.config]\ncost_per_1k_tokens = 9.0\ncost_per_1k_completion_tokens = 9.0";
    let limits = "requests_per_minute = 3\ntokens_per_minute = 100000\n\
        [api_keys.budget]\nusd = 1.0\nper = \"total\"\n";
    let config = Config::new().provider("slow", &slow.base_url()).model("slow", "m", prices);
    let app = TestApp::start(&config.tables(&key(limits))).await;
    let mut first = RawClient::connect(app.addr).await;
    let body = chat("m").to_string();
    first.post_json("/v1/chat/completions", &body, &[("x-api-key", KEY)]).await;
    slow.wait_for_requests(1).await;
    for _ in 0..5 {
        let before = left(&app).await;
        let refused = post(&app, "/v1/chat/completions", &chat("m")).await;
        assert_eq!(refused.status, 402, "{}", refused.text());
        let after = left(&app).await;
        // The minute goes on meanwhile: it may only grow.
        for level in ["requests_this_minute", "tokens_this_minute"] {
            let [before, after] = [&before, &after].map(|left| left[level].as_u64().unwrap());
            assert!(after >= before, "{level}: {before}, then {after}");
        }
        assert_eq!(after["budget"], before["budget"]);
    }
}

#[tokio::test]
async fn a_call_that_asks_an_upstream_takes_its_request_whatever_comes_of_it() {
    let failing = Upstream::start(Script::status(500).json("{}")).await;
    let config = Config::with(&failing).tables(&key("requests_per_minute = 3"));
    let app = TestApp::start(&config).await;
    for _ in 0..3 {
        assert_eq!(post(&app, "/v1/chat/completions", &chat("gpt-x")).await.status, 502);
    }
    let refused = post(&app, "/v1/chat/completions", &chat("gpt-x")).await;
    assert_eq!(refused.status, 429, "{}", refused.text());
}
