//! What Prometheus reads: every family stands in `docs/MONITORING.md`, no label is a client's text,
//! no counter goes back.

use std::path::Path;

use llm_router::observe::families::{ALL, Family};
use serde_json::json;

use crate::support::client::{RawClient, request};
use crate::support::exposition::Exposition;
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, eventually, streamed_chat};

async fn scrape(app: &TestApp) -> Exposition {
    app.recorded_count().await;
    let answer = app.get("/metrics").await;
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    Exposition::parse(answer.text())
}

/// The table of `docs/MONITORING.md`.
fn table() -> String {
    let mut table = String::from("| name | type | labels | meaning |\n|---|---|---|---|\n");
    for Family { name, kind, labels, help } in ALL {
        let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
        let (kind, labels) = (kind.as_str(), labels.join(", "));
        table.push_str(&format!("| `{name}` | {kind} | {labels} | {help} |\n"));
    }
    table
}

#[test]
fn the_document_has_the_table_of_all_families() {
    const START: &str = "<!-- all families -->\n\n";
    const END: &str = "\n<!-- end -->";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/MONITORING.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = document.split_once(START).expect("a mark before the table");
    let (written, tail) = rest.split_once(END).expect("a mark behind the table");
    let made = table();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{head}{START}{made}{END}{tail}")).unwrap();
        return;
    }
    assert!(written == made, "docs/MONITORING.md is stale: run this test with UPDATE_DOCS=1");
}

/// `up` with `gpt-x` (free) and `limited`, `broken` that never answers.
async fn app() -> (Upstream, Upstream, TestApp) {
    let upstream = Upstream::with(|seen| match seen.json()["stream"] == true {
        true => Script::stream(&["a", "b", "c"]),
        false => Script::chat("hi"),
    })
    .await;
    let broken = Upstream::start(Script::status(500).json("{}")).await;
    let free = "[models.config]\ncost_per_1k_tokens = 0.001\ncost_per_1k_completion_tokens = 0.002";
    let limit = "[models.rate_limit]\nmax_requests = 1\nper_seconds = 3600\n[models.config]\nmax_concurrent = 3\ntokens_per_minute = 100000";
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .provider("broken", &broken.base_url())
        .model("up", "gpt-x", free)
        .model("up", "limited", limit)
        .model("broken", "gpt-y", "")
        .routing("[routing]\nretries = 0\n[routing.circuit]\nfailures = 2\n[routing.circuit.cooldowns]\nbroken = 600\n");
    let app = TestApp::start(&config).await;
    (upstream, broken, app)
}

#[tokio::test]
async fn everything_that_happens_is_told_in_a_form_that_a_strict_reader_takes() {
    let (_upstream, _broken, app) = app().await;
    for body in [chat("gpt-x"), streamed_chat("gpt-x"), chat("limited"), chat("limited")] {
        app.chat(&body).await;
    }
    for _ in 0..2 {
        app.chat(&chat("gpt-y")).await;
    }
    let told = scrape(&app).await;
    // A router without a certificate has nothing to tell of one.
    let expected = ALL.iter().map(|family| family.name);
    let expected = expected.filter(|name| !name.starts_with("llm_router_tls_"));
    let none_left: Vec<_> = expected.filter(|name| !told.0.contains_key(*name)).collect();
    assert_eq!(none_left, [] as [&str; 0], "families without a sample");
    for (name, family) in &told.0 {
        let listed = ALL.iter().find(|listed| listed.name == name).expect("it is listed");
        assert_eq!(
            (family.kind.as_str(), family.help.as_str()),
            (listed.kind.as_str(), listed.help)
        );
        for (_, labels, _) in &family.samples {
            let labels: Vec<_> = labels.keys().filter(|label| *label != "le").collect();
            assert_eq!(labels, listed.labels, "{name}");
        }
    }
    let of = |model| [("model", model), ("provider", "up")];
    for (name, labels, expected) in [
        ("llm_router_requests_total", vec![("status", "success"), ("model", "gpt-x")], 2.0),
        ("llm_router_requests_total", vec![("status", "error")], 3.0),
        ("llm_router_attempts_total", vec![("outcome", "answered")], 3.0),
        ("llm_router_attempts_total", vec![("outcome", "upstream_error")], 2.0),
        ("llm_router_errors_total", vec![("code", "rate_limit_exceeded")], 1.0),
        ("llm_router_limit_refusals_total", vec![("limit", "requests")], 1.0),
        ("llm_router_limit", [vec![("limit", "requests")], of("limited").to_vec()].concat(), 1.0),
        ("llm_router_limit_remaining", vec![("limit", "requests")], 0.0),
        ("llm_router_limit_remaining", vec![("limit", "concurrency")], 3.0),
        ("llm_router_model_circuit_state", vec![("model", "gpt-y")], 2.0),
        ("llm_router_model_circuit_state", vec![("model", "gpt-x")], 0.0),
        ("llm_router_events_total", vec![("kind", "circuit.opened")], 1.0),
        ("llm_router_tokens_total", vec![("model", "gpt-x"), ("type", "prompt")], 18.0),
        ("llm_router_tokens_total", vec![("model", "gpt-x"), ("type", "completion")], 6.0),
        ("llm_router_cost_dollars_total", of("gpt-x").to_vec(), 0.00003),
        ("llm_router_unpriced_requests_total", vec![], 1.0),
        ("llm_router_time_to_first_token_seconds_count", vec![], 1.0),
        ("gen_ai_client_operation_duration_seconds_count", vec![("error_type", "")], 3.0),
        ("gen_ai_client_token_usage_sum", vec![("gen_ai_token_type", "output")], 9.0),
        ("gen_ai_server_time_per_output_token_seconds_count", vec![], 1.0),
        ("llm_router_overhead_seconds_count", vec![], 6.0),
        ("llm_router_in_flight_requests", vec![], 0.0),
        ("llm_router_callable_models", vec![], 3.0),
        ("llm_router_records_accepted_total", vec![], 6.0),
        ("llm_router_records_written_total", vec![], 6.0),
        ("llm_router_records_waiting", vec![], 0.0),
        ("llm_router_config_reloads_total", vec![("result", "applied")], 1.0),
        ("llm_router_config_last_reload_successful", vec![], 1.0),
    ] {
        assert_eq!(told.sum(name, &labels), Some(expected), "{name} {labels:?}");
    }
}

#[tokio::test]
async fn what_clients_write_becomes_no_label() {
    let (_upstream, _broken, app) = app().await;
    for number in 0..5 {
        app.chat(&chat(&format!("made-up-{number}"))).await;
        app.chat(&chat("tag:made-up")).await;
        let headers = [("content-type", "application/json"), ("x-request-id", "made-up")];
        let body = json!({"model": "made-up", "messages": "made-up"}).to_string();
        request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await;
    }
    let told = scrape(&app).await;
    assert!(!app.get("/metrics").await.text().contains("made-up"));
    let none = [("model", "none"), ("provider", "none"), ("status", "error")];
    assert_eq!(told.sum("llm_router_requests_total", &none), Some(10.0));
    assert_eq!(told.sum("gen_ai_client_operation_duration_seconds_count", &[]), None);
}

#[tokio::test]
async fn names_with_quotes_and_line_ends_are_escaped() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let name = "q\"u\\o\nt{e},=";
    let config = Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "plain", "")
        .text()
        .replace("name = \"plain\"", r#"name = "q\"u\\o\nt{e},=""#);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("router.toml"), config).unwrap();
    let app = crate::support::app::Setup::default().start_in(folder).await.unwrap();
    assert_eq!(app.chat(&chat(name)).await.status, 200);
    let told = scrape(&app).await;
    let of_it = [("model", name), ("status", "success")];
    assert_eq!(told.sum("llm_router_requests_total", &of_it), Some(1.0));
    assert_eq!(told.sum("llm_router_model_circuit_state", &[("model", name)]), Some(0.0));
}

#[tokio::test]
async fn no_counter_goes_back_when_a_model_leaves_and_returns() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let whole = Config::with(&upstream).model("up", "other", "");
    let without =
        Config::new().provider("elsewhere", &upstream.base_url()).model("elsewhere", "third", "");
    let app = TestApp::start(&whole).await;
    app.chat(&chat("gpt-x")).await;
    app.chat(&chat("other")).await;
    let mut before = scrape(&app).await.counters();
    let texts = [without.text(), whole.text(), String::from("no = toml ="), whole.text()];
    for (round, text) in texts.iter().enumerate() {
        std::fs::write(app.config_path(), text).unwrap();
        let answer = app.post("/config/sync", &json!({})).await;
        assert_eq!(answer.status == 200, round != 2, "{}", answer.text());
        app.chat(&chat("gpt-x")).await;
        app.chat(&chat("third")).await;
        let told = scrape(&app).await;
        let now = told.counters();
        for (series, count) in &before {
            let later = now.get(series).unwrap_or_else(|| panic!("{series:?} is gone"));
            assert!(later >= count, "{series:?} went from {count} to {later}");
        }
        let is_good = if round == 2 { 0.0 } else { 1.0 };
        let successful = told.sum("llm_router_config_last_reload_successful", &[]);
        assert_eq!(successful, Some(is_good), "{round}");
        before = now;
    }
    let told = scrape(&app).await;
    let requests = told.sum("llm_router_requests_total", &[("model", "gpt-x")]);
    assert_eq!(requests, Some(4.0), "one call did not find it");
    let rejected = told.sum("llm_router_config_reloads_total", &[("result", "rejected")]);
    assert!(rejected >= Some(1.0));
}

#[tokio::test]
async fn pools_tell_of_open_idle_and_waiting() {
    let upstream = Upstream::start(Script::chat("hi").before_head(Step::WaitForSignal)).await;
    let settings = "api_key = \"sk-upstream\"\n[providers.settings]\nmax_connections = 1";
    let config = Config::new()
        .one_worker()
        .provider_with("up", &upstream.base_url(), settings)
        .model("up", "gpt-x", "");
    let app = TestApp::start(&config).await;
    let pool = async |name: &str| {
        let told = Exposition::parse(app.get("/metrics").await.text());
        told.sum(&format!("llm_router_pool_{name}"), &[("provider", "up")]).unwrap()
    };
    assert_eq!((pool("max_calls").await, pool("open_connections").await), (1.0, 0.0));
    let mut clients = Vec::new();
    for _ in 0..3 {
        let mut client = RawClient::connect(app.addr).await;
        client.post_json("/v1/chat/completions", &chat("gpt-x").to_string(), &[]).await;
        clients.push(client);
    }
    eventually("one call is there and two wait", async || {
        (pool("calls").await, pool("waiting_calls").await) == (1.0, 2.0)
    })
    .await;
    let in_flight = Exposition::parse(app.get("/metrics").await.text());
    assert_eq!(in_flight.sum("llm_router_model_in_flight_requests", &[]), Some(3.0));
    clients.iter().for_each(|_| upstream.proceed());
    for mut client in clients {
        assert_eq!(client.read_head().await.status, 200);
        client.read_body().await;
    }
    eventually("the connection is idle", async || {
        (pool("open_connections").await, pool("idle_connections").await) == (1.0, 1.0)
    })
    .await;
    assert_eq!(pool("opened_connections_total").await, 1.0);
    assert_eq!((pool("calls").await, pool("waiting_calls").await), (0.0, 0.0));
}
