//! Tags, needs, strategies, circuits and retries, over real sockets; and that `explain` agrees with
//! `invoke`.

use serde_json::{Value, json};

use crate::support::app::said;
use crate::support::{Config, Script, TestApp, Upstream, chat, streamed_chat};

async fn upstream(says: &str) -> Upstream {
    Upstream::start(Script::chat(says)).await
}

async fn explained(app: &TestApp, body: &Value) -> Value {
    let answer = app.post("/route/explain", body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// The models of a list of an explanation.
fn models(of: &Value) -> Vec<&str> {
    let names = of.as_array().into_iter().flatten();
    names.filter_map(|entry| entry["model"].as_str()).collect()
}

fn reason<'a>(explanation: &'a Value, model: &str) -> (&'a str, &'a str) {
    let left = explanation["left_out"].as_array().unwrap();
    let found = left.iter().find(|entry| entry["model"] == model).expect("it is left out");
    (found["why"].as_str().unwrap(), found["reason"].as_str().unwrap())
}

fn three(upstream: &Upstream) -> Config {
    Config::new()
        .provider("up", &upstream.base_url())
        .model(
            "up",
            "coder",
            "tags = [\"coding\", \"fast\"]\n[models.config]\ncontext_window = 2000",
        )
        .model("up", "free", "tags = [\"coding\", \"free\"]\n[models.config]\npriority = 5")
        .model("up", "painter", "tags = [\"image\"]\n[models.config]\nsupports_tools = false")
}

#[tokio::test]
async fn a_tag_expression_says_all_any_and_none() {
    let upstream = upstream("hi").await;
    let app = TestApp::start(&three(&upstream)).await;
    for (model, candidates) in [
        ("tag:coding", vec!["up/free", "up/coder"]),
        ("tag:coding,fast", vec!["up/coder"]),
        ("tag:coding+fast", vec!["up/coder"]),
        ("tag:coding,!free", vec!["up/coder"]),
        ("tag:fast|image", vec!["up/coder", "up/painter"]),
    ] {
        let explanation = explained(&app, &chat(model)).await;
        assert_eq!(models(&explanation["candidates"]), candidates, "{model}");
    }
    let answer = app.chat(&chat("tag:coding,,fast")).await;
    assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!("model")));
    assert!(answer.text().contains("character 8"), "{}", answer.text());
}

#[tokio::test]
async fn a_header_narrows_what_the_body_asks_for() {
    let upstream = upstream("hi").await;
    let app = TestApp::start(&three(&upstream)).await;
    let body = serde_json::to_vec(&chat("auto")).unwrap();
    let headers = [("content-type", "application/json"), ("x-llm-router-tags", "coding,!free")];
    let path = "/v1/chat/completions";
    let answer = crate::support::client::request(app.addr, "POST", path, &headers, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.header("x-llm-router-route"), Some("up/coder;attempts=1"));
    // Twice is a list, and a tag may be of any language.
    let again = [headers[0], headers[1], ("x-llm-router-tags", "深")];
    let answer = crate::support::client::request(app.addr, "POST", path, &again, &body).await;
    assert_eq!(answer.status, 404, "{}", answer.text());
    assert!(answer.text().contains("lacks tag `深`"), "{}", answer.text());
    let headers = [("content-type", "application/json"), ("x-llm-router-tags", "!")];
    let answer = crate::support::client::request(app.addr, "POST", path, &headers, &body).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
}

#[tokio::test]
async fn what_the_request_needs_leaves_models_out_with_the_reason() {
    let upstream = upstream("hi").await;
    let app = TestApp::start(&three(&upstream)).await;
    let mut tools = chat("tag:fast|image");
    tools["tools"] = json!([{"type": "function", "function": {"name": "f"}}]);
    let explanation = explained(&app, &tools).await;
    assert_eq!(models(&explanation["candidates"]), ["up/coder"]);
    assert_eq!(reason(&explanation, "up/painter"), ("capability", "does not take tools"));
    assert_eq!(reason(&explanation, "up/free").0, "tag");

    let mut long = chat("tag:coding");
    long["messages"][0]["content"] = json!("word ".repeat(20_000));
    let explanation = explained(&app, &long).await;
    assert_eq!(models(&explanation["candidates"]), ["up/free"]);
    assert_eq!(reason(&explanation, "up/coder").0, "context");

    tools["model"] = json!("painter");
    let answer = app.chat(&tools).await;
    assert_eq!((answer.status, &answer.json()["error"]["param"]), (400, &json!("tools")));
    assert!(answer.text().contains("`up/painter` does not take tools"), "{}", answer.text());
}

#[tokio::test]
async fn each_strategy_is_taken_and_an_unknown_one_is_named() {
    let upstream = upstream("hi").await;
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "dear", "[models.config]\npriority = 9\ncost_per_1k_tokens = 1.0\ncost_per_1k_completion_tokens = 1.0")
        .model("up", "cheap", "[models.config]\ncost_per_1k_tokens = 0.001\ncost_per_1k_completion_tokens = 0.001")
        .model("up", "unpriced", "");
    let app = TestApp::start(&config).await;
    let routed =
        |strategy: &str| json!({"query": {"strategy": strategy}, "request": {"prompt": "hi"}});
    for (strategy, first) in
        [("priority", "up/dear"), ("least_cost", "up/cheap"), ("sticky", ""), ("weighted", "")]
    {
        let explanation = explained(&app, &routed(strategy)).await;
        let order = models(&explanation["candidates"]);
        assert_eq!((explanation["strategy"].as_str(), order.len()), (Some(strategy), 3));
        assert!(first.is_empty() || order[0] == first, "{strategy}: {order:?}");
        assert_eq!(explained(&app, &routed(strategy)).await, explanation, "{strategy}");
    }
    let cheap = explained(&app, &routed("least_cost")).await;
    assert_eq!(models(&cheap["candidates"])[2], "up/unpriced");
    let answer = app.post("/route/invoke", &routed("fastest")).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("least_latency"), "{}", answer.text());
}

#[tokio::test]
async fn round_robin_gives_each_its_turn() {
    let upstream = upstream("hi").await;
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "a", "")
        .model("up", "b", "")
        .model("up", "c", "");
    let app = TestApp::start(&config).await;
    let body = json!({"query": {"strategy": "round_robin"}, "request": {"prompt": "hi"}});
    for _ in 0..6 {
        assert_eq!(app.post("/route/invoke", &body).await.status, 200);
        // Whoever looks takes no turn.
        explained(&app, &body).await;
    }
    let served: Vec<String> = app
        .records()
        .await
        .iter()
        .map(|record| record["model_name"].as_str().unwrap().to_owned())
        .collect();
    for model in ["a", "b", "c"] {
        assert_eq!(served.iter().filter(|name| *name == model).count(), 2, "{served:?}");
    }
}

#[tokio::test]
async fn two_clients_that_alternate_each_go_round() {
    let upstream = upstream("hi").await;
    let config = ["a", "b", "c", "d"].iter().fold(
        Config::new().provider("up", &upstream.base_url()),
        |config, name| {
            let tag = if *name < "c" { "first" } else { "second" };
            config.model("up", name, &format!("tags = [\"{tag}\"]"))
        },
    );
    let app = TestApp::start(&config).await;
    let query = |tag: &str| json!({"query": {"tags": [tag], "strategy": "round_robin"}, "request": {"prompt": "hi"}});
    for _ in 0..2 {
        for tag in ["first", "second"] {
            assert_eq!(app.post("/route/invoke", &query(tag)).await.status, 200);
        }
    }
    let records = app.records().await;
    let mut served: Vec<_> =
        records.iter().map(|record| record["model_name"].as_str().unwrap()).collect();
    served.sort_unstable();
    assert_eq!(served, ["a", "b", "c", "d"]);
}

#[tokio::test]
async fn the_trace_is_kept_with_the_call_and_its_seed_gives_the_same_order_again() {
    let failing = Upstream::start(Script::status(500).json("{}")).await;
    let working = upstream("spare").await;
    let config = Config::new()
        .provider("bad", &failing.base_url())
        .provider("good", &working.base_url())
        .model("bad", "m", "[models.config]\npriority = 9")
        .model("good", "m", "");
    let app = TestApp::start(&config).await;
    let answer = app.chat(&chat("m")).await;
    assert_eq!((answer.status, said(&answer).as_str()), (200, "spare"));
    assert_eq!(answer.header("x-llm-router-route"), Some("good/m;attempts=2"));
    let id = app.only_record().await["id"].clone();
    let route = app.get(&format!("/monitor/invocations/{id}")).await.json()["route"].clone();
    assert_eq!(models(&route["candidates"]), ["bad/m", "good/m"]);
    let attempts: Vec<_> = route["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| (attempt["model"].as_str().unwrap(), attempt["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(attempts, [("bad/m", "upstream_error"), ("good/m", "answered")]);
    let path = format!("/route/explain?seed={}", route["seed"]);
    let again = app.post(&path, &chat("m")).await.json();
    assert_eq!(again["candidates"], route["candidates"]);
}

#[tokio::test]
async fn a_lone_candidate_is_asked_again_after_what_may_pass() {
    for (status, asked) in [(500, 3), (503, 3), (429, 3), (408, 3), (409, 3), (400, 1), (404, 1)] {
        for body in [chat("gpt-x"), streamed_chat("gpt-x")] {
            let failing = Upstream::start(Script::status(status).json("{}")).await;
            let routing = "[routing]\nbackoff = 0.001\nmax_backoff = 0.002\n";
            let app = TestApp::start(&Config::with(&failing).routing(routing)).await;
            app.chat(&body).await;
            assert_eq!(failing.request_count(), asked, "{status}");
            assert_eq!(app.only_record().await["attempts"], asked, "{status}");
        }
    }
}

#[tokio::test]
async fn a_passing_failure_is_not_seen_by_the_client() {
    let flaky = Upstream::sequence(vec![Script::status(503).json("{}"), Script::chat("hi")]).await;
    let app = TestApp::start(&Config::with(&flaky).routing("[routing]\nbackoff = 0.001")).await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!((answer.status, said(&answer).as_str()), (200, "hi"));
}

#[tokio::test]
async fn an_upstream_that_asks_for_more_patience_than_a_request_has_is_not_asked_again() {
    let limited = Upstream::start(Script::status(429).header("retry-after", "60").json("{}")).await;
    let app = TestApp::start(&Config::with(&limited).routing("[routing]\nbackoff = 0.001")).await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("60")));
    assert_eq!(limited.request_count(), 1);
}

#[tokio::test]
async fn after_failures_in_a_row_a_models_circuit_opens_and_the_next_call_gets_them_at_once() {
    let failing = Upstream::start(Script::status(500).json("{}")).await;
    let routing = "[routing]\nretries = 0\n[routing.circuit]\nfailures = 3\nrest = 60";
    let app = TestApp::start(&Config::with(&failing).routing(routing)).await;
    for _ in 0..3 {
        assert_eq!(app.chat(&chat("gpt-x")).await.status, 502);
    }
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (502, &json!("upstream_error")));
    assert!(answer.header("retry-after").unwrap().parse::<u64>().unwrap() > 50);
    assert_eq!(failing.request_count(), 3);
    let explanation = explained(&app, &chat("gpt-x")).await;
    assert_eq!(reason(&explanation, "up/gpt-x").0, "breaker");
    let id = app.records().await.last().unwrap()["id"].clone();
    let route = app.get(&format!("/monitor/invocations/{id}")).await.json()["route"].clone();
    assert_eq!(reason(&route, "up/gpt-x").0, "breaker", "the refused call keeps why");
}

#[tokio::test]
async fn after_its_rest_one_probe_finds_out_and_the_callers_own_mistakes_count_for_nothing() {
    let upstream = Upstream::start(Script::status(500).json("{}")).await;
    let routing = "[routing]\nretries = 0\n[routing.circuit]\nfailures = 2\nrest = 0.05";
    let app = TestApp::start(&Config::with(&upstream).routing(routing)).await;
    for _ in 0..2 {
        app.chat(&chat("gpt-x")).await;
    }
    upstream.set(Script::chat("well again"));
    crate::support::eventually("it serves again", async || {
        app.chat(&chat("gpt-x")).await.status == 200
    })
    .await;
    upstream.set(Script::status(400).json("{}"));
    for _ in 0..5 {
        assert_eq!(app.chat(&chat("gpt-x")).await.status, 400);
    }
}

#[tokio::test]
async fn a_refused_key_opens_the_circuits_of_its_provider_and_another_provider_serves() {
    let refusing = Upstream::start(Script::status(401).json("{}")).await;
    let working = upstream("spare").await;
    let config = Config::new()
        .provider("bad", &refusing.base_url())
        .provider("good", &working.base_url())
        .model("bad", "m", "[models.config]\npriority = 9")
        .model("bad", "other", "")
        .model("good", "m", "")
        .routing("[routing.circuit]\nbilling_rest = 60");
    let app = TestApp::start(&config).await;
    for _ in 0..3 {
        assert_eq!(said(&app.chat(&chat("m")).await), "spare");
    }
    assert_eq!(refusing.request_count(), 1);
    let other = app.chat(&chat("other")).await;
    assert_eq!(
        (other.status, &other.json()["error"]["code"]),
        (502, &json!("upstream_refused_key"))
    );
}

#[tokio::test]
async fn a_total_deadline_ends_all_attempts() {
    let stalling =
        Upstream::start(Script::chat("late").before_head(crate::support::Step::Stall)).await;
    let app = TestApp::start(&Config::with(&stalling).routing("[routing]\ndeadline = 0.2")).await;
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (504, &json!("deadline_exceeded"))
    );
}

#[tokio::test]
async fn circuits_keep_their_state_over_a_reload() {
    let failing = Upstream::start(Script::status(500).json("{}")).await;
    let routing = "[routing]\nretries = 0\n[routing.circuit]\nfailures = 1\nrest = 60";
    let app = TestApp::start(&Config::with(&failing).routing(routing)).await;
    app.chat(&chat("gpt-x")).await;
    let sync = app.post("/config/sync", &json!({})).await;
    assert_eq!(sync.status, 200, "{}", sync.text());
    assert_eq!(app.chat(&chat("gpt-x")).await.status, 502);
    assert_eq!(failing.request_count(), 1);
}

#[tokio::test]
async fn the_provider_object_of_openrouter_is_kept_to() {
    let (one, other) = (upstream("one").await, upstream("other").await);
    let config = Config::new()
        .provider("one", &one.base_url())
        .provider("other", &other.base_url())
        .model("one", "m", "[models.config]\npriority = 9")
        .model("other", "m", "");
    let app = TestApp::start(&config).await;
    for (preferences, expected) in [
        (json!({"order": ["other"]}), "other"),
        (json!({"only": ["other"]}), "other"),
        (json!({"ignore": ["one"]}), "other"),
        (json!({"allow_fallbacks": false}), "one"),
    ] {
        let mut body = chat("m");
        body["provider"] = preferences.clone();
        assert_eq!(said(&app.chat(&body).await), expected, "{preferences}");
    }
}

#[tokio::test]
async fn health_shows_open_circuits() {
    let failing = Upstream::start(Script::status(500).json("{}")).await;
    let routing = "[routing]\nretries = 0\n[routing.circuit]\nfailures = 1\nrest = 60";
    let app = TestApp::start(&Config::with(&failing).routing(routing)).await;
    let before = app.get("/health/detail").await.json();
    assert_eq!(before["models_not_closed"], json!([]));
    app.chat(&chat("gpt-x")).await;
    let after = app.get("/health/detail").await.json();
    let resting = &after["models_not_closed"][0];
    assert_eq!((&resting["name"], &resting["circuit"]), (&json!("up/gpt-x"), &json!("open")));
    assert_eq!(after["providers"][0]["circuit"], "closed");
    assert_eq!(app.get("/providers").await.json()[0]["circuit"], "closed");
}

#[tokio::test]
async fn a_session_keeps_its_model_and_its_trace_shows_the_order_again() {
    let upstream = upstream("hi").await;
    let mut config = Config::new().provider("up", &upstream.base_url());
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        config = config.model("up", name, "tags = [\"some\"]");
    }
    let app = TestApp::start(&config.routing("[routing]\nstrategy = \"sticky\"")).await;
    let path = "/v1/chat/completions";
    let mut served = std::collections::BTreeSet::new();
    for session in 0..8 {
        let session = format!("session-{session}");
        let headers = [("content-type", "application/json"), ("x-session-id", session.as_str())];
        let mut body = chat("tag:some");
        let mut models = std::collections::BTreeSet::new();
        for turn in ["hello", "what else?", "and then?"] {
            body["messages"]
                .as_array_mut()
                .unwrap()
                .insert(0, json!({"role": "user", "content": turn}));
            let bytes = serde_json::to_vec(&body).unwrap();
            let answer =
                crate::support::client::request(app.addr, "POST", path, &headers, &bytes).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            models.insert(answer.header("x-llm-router-route").unwrap().to_owned());
        }
        assert_eq!(models.len(), 1, "{models:?}");
        served.extend(models);
    }
    assert!(served.len() > 1, "{served:?}");
    let id = app.records().await[0]["id"].clone();
    let route = app.get(&format!("/monitor/invocations/{id}")).await.json()["route"].clone();
    let conversation = route["conversation"].as_str().unwrap();
    let path = format!("/route/explain?seed={}&conversation={conversation}", route["seed"]);
    let again = app.post(&path, &chat("tag:some")).await.json();
    assert_eq!(again["candidates"], route["candidates"]);
    let refused = app.post("/route/explain?conversation=xyz", &chat("tag:some")).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
}
