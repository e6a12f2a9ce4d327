//! `batch`: several requests in one body, side by side, each with its own end.

use serde_json::{Value, json};

use crate::support::app::outcome;
use crate::support::client::request;
use crate::support::{Config, Script, Step, TestApp, Upstream, eventually};

/// Says the prompt again; `fail` is a 400 and `wait` waits for the signal.
async fn echo() -> Upstream {
    Upstream::with(|seen| {
        let asked = seen.json();
        match asked["messages"][0]["content"].as_str().unwrap() {
            "fail" => Script::status(400).json(r#"{"error":{"message":"bad prompt"}}"#),
            "limit" => Script::status(429).header("retry-after", "7").json("{}"),
            "wait" => Script::chat("waited").before_head(Step::WaitForSignal),
            text => Script::chat(text),
        }
    })
    .await
}

fn prompts(prompts: &[&str]) -> Vec<Value> {
    prompts.iter().map(|prompt| json!({"prompt": prompt})).collect()
}

#[tokio::test]
async fn results_come_in_order_each_with_its_own_status() {
    let upstream = echo().await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let batch = json!({"batch": [
        {"prompt": "one"}, {"prompt": "fail"}, {"nothing": true}, {"prompt": "x", "stream": true},
        {"prompt": "limit"}, {"prompt": "two"},
    ]});
    let body = serde_json::to_vec(&batch).unwrap();
    let headers = [("content-type", "application/json"), ("x-request-id", "many")];
    let answer = request(app.addr, "POST", "/models/up/gpt-x/invoke", &headers, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let results = answer.json()["results"].as_array().unwrap().clone();
    let statuses: Vec<_> =
        results.iter().map(|result| result["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 400, 400, 400, 429, 200]);
    assert_eq!(results[0]["response"]["output_text"], "one");
    assert_eq!(results[5]["response"]["output_text"], "two");
    assert_eq!(results[5]["response"]["request_id"], "many-5");
    let detail = results[1]["error"]["detail"].as_str().unwrap();
    assert!(detail.contains("bad prompt"), "{detail}");
    assert_eq!(results[3]["error"]["param"], "stream");
    assert_eq!(results[4]["error"]["retry_after"], 7);
    let mut records: Vec<_> = app
        .records()
        .await
        .iter()
        .map(|record| format!("{} {}", record["request_id"].as_str().unwrap(), outcome(record)))
        .collect();
    records.sort();
    assert_eq!(
        records,
        [
            "many-0 success 200",
            "many-1 error 400 upstream_rejected_request",
            "many-4 error 429 upstream_rate_limited",
            "many-5 success 200",
        ]
    );
}

#[tokio::test]
async fn a_routed_batch_shares_its_query() {
    let upstream = echo().await;
    let config = Config::new().provider("up", &upstream.base_url()).model("up", "other", "").model(
        "up",
        "coder",
        "tags = [\"coding\"]",
    );
    let app = TestApp::start(&config).await;
    let body = json!({"query": {"tags": ["coding"]}, "batch": prompts(&["a", "b", "c"])});
    let answer = app.post("/route/invoke", &body).await.json();
    for (result, text) in answer["results"].as_array().unwrap().iter().zip(["a", "b", "c"]) {
        assert_eq!(result["response"]["model"], "coder");
        assert_eq!(result["response"]["output_text"], text);
    }
}

#[tokio::test]
async fn no_more_than_the_cap_are_on_their_way_and_a_client_that_leaves_stops_them_all() {
    let upstream = echo().await;
    let routing = "[routing]\nbatch_concurrency = 3\nmax_batch = 10";
    let app = TestApp::start(&Config::with(&upstream).routing(routing)).await;
    let mut client = crate::support::client::RawClient::connect(app.addr).await;
    let body = json!({"batch": prompts(&["wait"; 10])}).to_string();
    client.post_json("/models/up/gpt-x/invoke", &body, &[]).await;
    upstream.wait_for_requests(3).await;
    let metrics = app.get("/metrics").await;
    assert!(metrics.text().contains("llm_router_in_flight_requests 3"), "{}", metrics.text());
    drop(client);
    eventually("all are given up", async || upstream.open_connections() == 0).await;
    let records = app.records().await;
    assert!(records.iter().all(|record| outcome(record).starts_with("cancelled 499")));
    assert_eq!((records.len(), upstream.request_count()), (3, 3));
}

#[tokio::test]
async fn a_slow_request_holds_none_up_but_itself() {
    let upstream = echo().await;
    let routing = "[routing]\nbatch_concurrency = 2";
    let app = TestApp::start(&Config::with(&upstream).routing(routing)).await;
    let mut client = crate::support::client::RawClient::connect(app.addr).await;
    let body = json!({"batch": prompts(&["wait", "b", "c", "d", "e"])}).to_string();
    client.post_json("/models/up/gpt-x/invoke", &body, &[]).await;
    upstream.wait_for_requests(5).await;
}

#[tokio::test]
async fn the_time_of_a_request_begins_with_its_turn() {
    let upstream = echo().await;
    let routing = "[routing]\nbatch_concurrency = 1";
    let app = TestApp::start(&Config::with(&upstream).routing(routing)).await;
    let body = json!({"batch": prompts(&["a", "b", "c"])});
    app.post("/models/up/gpt-x/invoke", &body).await;
    let records = app.records().await;
    let begun: Vec<_> =
        records.iter().map(|record| record["started_at"].as_str().unwrap()).collect();
    assert!(begun.is_sorted_by(|one, next| one < next) && begun.len() == 3, "{begun:?}");
}

#[tokio::test]
async fn a_batch_that_cannot_be_one_is_refused_as_a_whole() {
    let upstream = echo().await;
    let routing = "[routing]\nmax_batch = 2";
    let app = TestApp::start(&Config::with(&upstream).routing(routing)).await;
    for (body, says) in [
        (json!({"batch": []}), "0 requests"),
        (json!({"batch": prompts(&["a", "b", "c"])}), "max_batch"),
        (json!({"batch": "a"}), "list of requests"),
        (json!({"batch": [], "prompt": "a"}), "`prompt` stands beside"),
    ] {
        let answer = app.post("/models/up/gpt-x/invoke", &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.text().contains(says), "{}", answer.text());
    }
    let body = json!({"batch": prompts(&["a"]), "request": {"prompt": "b"}});
    assert_eq!(app.post("/route/invoke", &body).await.status, 400);
    let explained = app.post("/route/explain", &json!({"batch": prompts(&["a"])})).await;
    assert_eq!(explained.status, 400);
    assert_eq!(upstream.request_count(), 0);
}
