//! A call that comes back to the router ends there, and two routers in a row serve.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::app::{outcome, said};
use crate::support::client::{Response, request};
use crate::support::{Config, Script, TestApp, Upstream, chat, streamed_chat};

/// Gives the running router a model `back/m` of a provider at that address.
async fn lead(app: &TestApp, config: &Config, to: SocketAddr, kind: &str, remote: &str) {
    let path = if kind == "openai_compatible" { "/v1" } else { "" };
    let provider = format!(
        "[[providers]]\nname = \"back\"\ntype = \"{kind}\"\nbase_url = \"http://{to}{path}\"\n\
         api_key = \"sk-any\"\n"
    );
    let model = format!("remote_identifier = \"{remote}\"\n[models.config]\npriority = 9\n");
    let config = config.clone().tables(&provider).model("back", "m", &model);
    app.reconfigure(&config.text()).await;
    assert_eq!(app.get("/models/back/m").await.status, 200, "{}", config.text());
}

/// So that a refusal would count, were it counted.
const STRICT: &str = "[routing]\nretries = 2\nbackoff = 0.001\nmax_backoff = 0.001\n\
    [routing.circuit]\nfailures = 1\nmin_calls = 1\n";

fn code(answer: &Response) -> (u16, Value, Option<&str>) {
    let body = answer.json();
    let code = body["error"]["code"].as_str().or(body["code"].as_str());
    (answer.status, json!(code), answer.header("x-should-retry"))
}

#[tokio::test]
async fn a_call_to_the_router_itself_is_a_508_on_every_surface_and_opens_no_circuit() {
    let config = Config::new().routing(STRICT);
    for kind in ["openai_compatible", "openai", "claude", "gemini", "ollama", "remote_http"] {
        let app = TestApp::start(&config).await;
        lead(&app, &config, app.addr, kind, "back/m").await;
        let calls = [
            ("/v1/chat/completions", chat("back/m")),
            ("/v1/chat/completions", streamed_chat("back/m")),
            ("/models/back/m/v1/chat/completions", chat("m")),
            ("/models/back/m/invoke", json!({"prompt": "hi"})),
            ("/route/invoke", json!({"query": {"name": "m"}, "request": {"prompt": "hi"}})),
        ];
        for (path, body) in &calls {
            let answer = app.post(path, body).await;
            let expected = (508, json!("loop_detected"), Some("false"));
            assert_eq!(code(&answer), expected, "{kind} {path}: {}", answer.text());
            assert!(answer.text().contains("base_url"), "{}", answer.text());
        }
        let records = app.records().await;
        assert_eq!(records.len(), calls.len(), "a call that came back has no record of its own");
        for record in records {
            assert_eq!(outcome(&record), "error 508 loop_detected", "{kind}");
            assert_eq!(record["attempts"], 1, "{kind}");
        }
    }
}

#[tokio::test]
async fn a_test_of_the_router_itself_says_so() {
    let app = TestApp::start(&Config::new()).await;
    lead(&app, &Config::new(), app.addr, "openai_compatible", "m").await;
    let probe = app.post("/providers/back/test", &json!({})).await.json();
    assert_eq!(probe["ok"], false, "{probe}");
    assert!(probe["detail"].as_str().unwrap().contains("leads back"), "{probe}");
}

#[tokio::test]
async fn a_loop_over_another_router_ends_after_one_turn() {
    let config = Config::new().routing(STRICT);
    let (a, b) = (TestApp::start(&config).await, TestApp::start(&config).await);
    lead(&a, &config, b.addr, "openai_compatible", "back/m").await;
    lead(&b, &config, a.addr, "openai_compatible", "back/m").await;
    let answer = a.chat(&chat("back/m")).await;
    assert_eq!(code(&answer), (508, json!("loop_detected"), Some("false")), "{}", answer.text());
    for app in [&a, &b] {
        assert_eq!(app.only_outcome().await, "error 508 loop_detected");
    }
}

#[tokio::test]
async fn routers_in_a_row_serve_and_others_take_the_place_of_a_loop() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let last = TestApp::start(&Config::with(&upstream)).await;
    let config = Config::with(&upstream).model("up", "m", "");
    let first = TestApp::start(&config).await;
    lead(&first, &config, last.addr, "openai_compatible", "up/gpt-x").await;
    let answer = first.chat(&chat("back/m")).await;
    assert_eq!((answer.status, said(&answer)), (200, String::from("hi")), "{}", answer.text());
    let seen = upstream.requests().remove(0);
    let hops = seen.header("x-llm-router-hops").unwrap();
    let names: Vec<&str> = hops.split(", ").collect();
    assert!(names.len() == 2 && names.iter().all(|name| name.len() == 16), "{hops}");

    lead(&first, &config, first.addr, "openai_compatible", "m").await;
    let answer = first.chat(&chat("m")).await;
    assert_eq!(answer.header("x-llm-router-route"), Some("up/m;attempts=2"), "{}", answer.text());
}

#[tokio::test]
async fn what_a_client_writes_into_the_header_goes_nowhere() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let headers =
        [("content-type", "application/json"), ("x-llm-router-hops", "sk-mine, \u{e9}, x")];
    let body = chat("gpt-x").to_string();
    let answer = request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(upstream.requests()[0].header("x-llm-router-hops").unwrap().len(), 16);
    let many = ["0123456789abcdef"; 8].join(",");
    let headers = [("content-type", "application/json"), ("x-llm-router-hops", many.as_str())];
    let answer = request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await;
    assert_eq!(answer.status, 508, "{}", answer.text());
}
