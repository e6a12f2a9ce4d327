//! What a key may spend: no reservation is lost, and nothing is spent twice or forgotten.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::{Child, Command};

use crate::support::app::Setup;
use crate::support::client::{RawClient, Response, request};
use crate::support::process;
use crate::support::{
    Config, Script, Step, TestApp, Upstream, chat, eventually, secs, streamed_chat,
};

const KEY: &str = "sk-the-key-with-a-budget";

/// An answer has 3 tokens and costs 3 cents; prompts are free.
const PRICES: &str =
    "[models.config]\ncost_per_1k_tokens = 0\ncost_per_1k_completion_tokens = 10\n";

fn config(upstream: &Upstream, lines: &str) -> Config {
    Config::new()
        .provider("up", &upstream.base_url())
        .model("up", "gpt-x", PRICES)
        .tables(&format!("[[api_keys]]\nkey = \"{KEY}\"\nname = \"team\"\n{lines}"))
}

const DOLLAR: &str = "[api_keys.budget]\nusd = 1\n";

/// As long an answer as the upstream gives.
fn body() -> Value {
    let mut body = chat("up/gpt-x");
    body["max_tokens"] = json!(3);
    body
}

async fn post(addr: std::net::SocketAddr, path: &str, body: &Value) -> Response {
    let headers = [("x-api-key", KEY), ("content-type", "application/json")];
    request(addr, "POST", path, &headers, body.to_string().as_bytes()).await
}

async fn call(app: &TestApp) -> Response {
    post(app.addr, "/v1/chat/completions", &body()).await
}

async fn me(addr: std::net::SocketAddr) -> Value {
    request(addr, "GET", "/me", &[("x-api-key", KEY)], b"").await.json()
}

async fn spent(app: &TestApp) -> f64 {
    me(app.addr).await["used"]["total"]["cost"].as_f64().unwrap()
}

#[tokio::test]
async fn two_hundred_calls_at_once_overspend_a_dollar_by_less_than_one_of_them() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream, DOLLAR)).await;
    let answers = futures_util::future::join_all((0..200).map(|_| call(&app))).await;
    let served = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.status == 402).count();
    assert_eq!(served + refused, 200);
    // One by one, the rest of the dollar is spent as well.
    while call(&app).await.status == 200 {}
    let spent = spent(&app).await;
    assert!((1.0..1.03).contains(&spent), "{spent}");
    assert_eq!(upstream.request_count(), 34);
    assert_eq!(me(app.addr).await["left"]["budget"]["usd"], 0.0);

    let refusal = call(&app).await;
    let error = &refusal.json()["error"];
    assert_eq!((refusal.status, &error["code"]), (402, &json!("budget_exceeded")));
    assert_eq!(refusal.header("x-should-retry"), Some("false"));
    assert_eq!(error["message"], "the budget of `team` ($1 in total) is spent; it does not reset");
    assert_eq!(refusal.header("retry-after"), None);
}

#[tokio::test]
async fn a_spent_budget_holds_on_every_path_and_for_free_models_too() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let free = "[models.config]\ncost_per_1k_tokens = 0\ncost_per_1k_completion_tokens = 0\n";
    let config = config(&upstream, "[api_keys.budget]\nusd = 0.01\nper = \"day\"\n")
        .model("up", "free", free);
    let app = TestApp::start(&config).await;
    assert_eq!(call(&app).await.status, 200);
    let messages = body()["messages"].clone();
    for (path, body) in [
        ("/v1/chat/completions", body()),
        ("/v1/chat/completions", chat("up/free")),
        ("/v1/chat/completions", streamed_chat("gpt-x")),
        ("/models/up/gpt-x/v1/chat/completions", body()),
        ("/models/up/gpt-x/invoke", json!({"prompt": "hi"})),
        ("/models/up/gpt-x/invoke", json!({"prompt": "hi", "stream": true})),
        ("/route/invoke", json!({"request": {"messages": messages}})),
    ] {
        let refused = post(app.addr, path, &body).await;
        assert_eq!(refused.status, 402, "{path} {body}: {}", refused.text());
        assert!(refused.text().contains("resets at"), "{}", refused.text());
    }
    let batch = json!({"batch": [{"prompt": "a"}, {"prompt": "b"}]});
    let answer = post(app.addr, "/models/up/gpt-x/invoke", &batch).await.json();
    assert_eq!(answer["results"][1]["status"], 402, "{answer}");
    assert_eq!(upstream.request_count(), 1);
}

#[tokio::test]
async fn what_failed_costs_nothing_and_what_was_left_costs_what_it_had_begun() {
    let upstream = Upstream::start(Script::status(500).json("{}")).await;
    let app = TestApp::start(&config(&upstream, DOLLAR)).await;
    assert_eq!(call(&app).await.status, 502);
    assert_eq!(me(app.addr).await["left"]["budget"]["usd"], 1.0);

    upstream.set(Script::stream(&["The", " quick", " fox"]).after_frames(3, Step::Stall));
    let mut client = RawClient::connect(app.addr).await;
    let mut body = streamed_chat("up/gpt-x");
    body["max_tokens"] = json!(50);
    client.post_json("/v1/chat/completions", &body.to_string(), &[("x-api-key", KEY)]).await;
    client.read_head().await;
    for _ in 0..3 {
        client.read_frame().await;
    }
    assert_eq!(me(app.addr).await["left"]["budget"]["usd"], 0.5, "as long as it may still come");
    client.close();
    upstream.expect_closed_within(secs(1)).await;
    // At first three events are charged, then the two tokens of their texts.
    eventually("two tokens went by", async || spent(&app).await == 0.02).await;
    assert_eq!(me(app.addr).await["left"]["budget"]["usd"], 0.98);
    assert_eq!(app.records().await[1]["cost"], 0.02);
}

#[tokio::test]
async fn a_budget_reserved_by_calls_in_flight_is_reported_as_temporary() {
    let upstream = Upstream::start(Script::chat("hi").before_head(Step::WaitForSignal)).await;
    let app = TestApp::start(&config(&upstream, "[api_keys.budget]\nusd = 0.05\n")).await;
    let first = async {
        let answer = call(&app).await;
        assert_eq!(answer.status, 200);
    };
    let second = async {
        upstream.wait_for_requests(1).await;
        let refused = call(&app).await;
        assert_eq!((refused.status, refused.header("retry-after")), (402, Some("1")));
        assert_eq!(refused.header("x-should-retry"), None, "it comes back with those in flight");
        assert!(refused.text().contains("reserved by its calls in flight"), "{}", refused.text());
        upstream.proceed();
    };
    tokio::join!(first, second);
    upstream.proceed();
    assert_eq!(call(&app).await.status, 200, "alone it may take more than is left");
    assert_eq!(call(&app).await.status, 402);
}

#[tokio::test]
async fn the_longest_answer_that_a_call_allows_is_reserved_however_it_is_written() {
    let upstream = Upstream::start(Script::chat("hi").before_head(Step::WaitForSignal)).await;
    let app = TestApp::start(&config(&upstream, DOLLAR)).await;
    for (number, members) in [
        // More than the call log can hold.
        json!({"max_tokens": u64::MAX}),
        json!({"max_tokens": 3, "max_completion_tokens": 1000}),
        json!({"max_tokens": 1000, "max_completion_tokens": 3}),
        json!({"max_tokens": 3, "n": 100}),
    ]
    .into_iter()
    .enumerate()
    {
        let mut long = body();
        long.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let first = async {
            let answer = post(app.addr, "/v1/chat/completions", &long).await;
            assert_eq!(answer.status, 200, "{members}: {}", answer.text());
        };
        let second = async {
            upstream.wait_for_requests(number + 1).await;
            let left = me(app.addr).await["left"]["budget"]["usd"].clone();
            assert_eq!(left, 0.0, "{members}");
            assert_eq!(call(&app).await.status, 402, "{members}");
            upstream.proceed();
        };
        tokio::join!(first, second);
    }
}

#[tokio::test]
async fn an_analyzer_is_paid_by_the_caller_from_the_same_budget() {
    let judge = Upstream::start(Script::chat("weak")).await;
    let upstream = Upstream::start(Script::chat("hi")).await;
    let further = "[[routing.pairs]]\nname = \"p\"\nstrong = \"gpt-x\"\nweak = \"gpt-x\"\n\
         analyzer_model = \"judge\"\n";
    let config = config(&upstream, "[api_keys.budget]\nusd = 0.05\n")
        .provider("j", &judge.base_url())
        .model("j", "judge", PRICES)
        .tables(further);
    let app = TestApp::start(&config).await;
    let mut paired = body();
    paired["model"] = json!("pair:p");
    assert_eq!(post(app.addr, "/v1/chat/completions", &paired).await.status, 200);
    assert_eq!(spent(&app).await, 0.06, "3 cents for the verdict and 3 for the answer");
    assert_eq!(post(app.addr, "/v1/chat/completions", &paired).await.status, 402);
    assert_eq!((judge.request_count(), upstream.request_count()), (1, 1));
}

#[tokio::test]
async fn spending_outlives_a_restart_and_a_budget_that_changes() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = config(&upstream, DOLLAR);
    let app = TestApp::start(&config).await;
    for _ in 0..4 {
        assert_eq!(call(&app).await.status, 200);
    }
    let (folder, _) = app.stop();
    let app = Setup::default().start_in(folder).await.unwrap();
    assert_eq!(spent(&app).await, 0.12);
    app.reconfigure(&config.text().replace("usd = 1\n", "usd = 0.1\nper = \"month\"\n")).await;
    assert_eq!(call(&app).await.status, 402);
    app.reconfigure(&config.text().replace("usd = 1\n", "usd = 1\ntokens = 49\n")).await;
    assert_eq!(call(&app).await.status, 200, "48 tokens are spent");
    assert_eq!(call(&app).await.status, 402);
}

async fn serve(folder: &std::path::Path) -> (Child, std::net::SocketAddr) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_llm-router"));
    command.current_dir(folder).env_clear().kill_on_drop(true).stdin(Stdio::null());
    command.stderr(Stdio::piped());
    process::serve(command).await
}

#[tokio::test]
async fn a_killed_router_leaks_no_reservation_and_forgets_no_call() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("router.toml"), config(&upstream, DOLLAR).text()).unwrap();
    let (mut router, addr) = serve(folder.path()).await;
    assert_eq!(post(addr, "/v1/chat/completions", &body()).await.status, 200);
    let books = "/monitor/invocations";
    eventually("the call is in the books", async || {
        request(addr, "GET", books, &[], b"").await.json()["total"] == 1
    })
    .await;
    upstream.set(Script::chat("hi").before_head(Step::Stall));
    let mut hanging = RawClient::connect(addr).await;
    hanging.post_json("/v1/chat/completions", &body().to_string(), &[("x-api-key", KEY)]).await;
    upstream.wait_for_requests(2).await;
    assert_eq!(me(addr).await["left"]["budget"]["usd"], 0.94, "one spent, one reserved");
    router.start_kill().unwrap();
    router.wait().await.unwrap();

    let (_router, addr) = serve(folder.path()).await;
    let me = me(addr).await;
    assert_eq!(me["used"]["total"]["cost"], 0.03);
    assert_eq!(me["left"]["budget"]["usd"], 0.97);
}

#[tokio::test]
async fn what_calls_in_flight_leave_of_a_budget_may_do_for_a_cheaper_model() {
    let slow = Upstream::start(Script::chat("dear").before_head(Step::WaitForSignal)).await;
    let cheap = Upstream::start(Script::chat("cheap")).await;
    let tagged = |prices: &str, rank: u32| format!("tags = [\"t\"]\n{prices}priority = {rank}\n");
    let config = Config::new()
        .provider("slow", &slow.base_url())
        .provider("cheap", &cheap.base_url())
        .model("slow", "dear", &tagged(PRICES, 9))
        .model("cheap", "m", &tagged(&PRICES.replace("= 10", "= 0.1"), 0))
        .tables(&format!("[[api_keys]]\nkey = \"{KEY}\"\nname = \"team\"\n{DOLLAR}"));
    let app = TestApp::start(&config).await;
    let mut body = chat("tag:t");
    // Sixty cents at the dear one.
    body["max_tokens"] = json!(60);
    let mut first = RawClient::connect(app.addr).await;
    first.post_json("/v1/chat/completions", &body.to_string(), &[("x-api-key", KEY)]).await;
    slow.wait_for_requests(1).await;
    let second = post(app.addr, "/v1/chat/completions", &body).await;
    assert_eq!(crate::support::app::said(&second), "cheap", "{}", second.text());
    slow.proceed();
}
