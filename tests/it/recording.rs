//! The call log: bodies, filters, pages.

use serde_json::json;

use crate::support::{Config, Script, TestApp, Upstream, chat, streamed_chat};

async fn app(tables: &str) -> (Upstream, TestApp) {
    let upstream = Upstream::with(|seen| match seen.json()["stream"] == true {
        true => Script::stream(&["a", "b"]),
        false => Script::chat("hi"),
    })
    .await;
    let config = Config::with(&upstream).model("up", "other", "tags = [\"coding\", \"fast\"]");
    let app = TestApp::start(&config.tables(tables)).await;
    (upstream, app)
}

#[tokio::test]
async fn bodies_are_kept_beside_the_row_and_not_in_lists() {
    let (_upstream, app) = app("").await;
    let answer = app.chat(&chat("gpt-x")).await;
    let streamed = app.chat(&streamed_chat("gpt-x")).await;
    let records = app.records().await;
    assert!(records[0].get("request_body").is_none());
    for (record, answer, body) in
        [(&records[0], answer, chat("gpt-x")), (&records[1], streamed, streamed_chat("gpt-x"))]
    {
        let whole = app.get(&format!("/monitor/invocations/{}", record["id"])).await.json();
        assert_eq!(whole["request_body"], body.to_string());
        assert_eq!(whole["response_body"], answer.text());
        assert_eq!(whole["bodies_truncated"], false);
        assert_eq!(whole["request_id"], record["request_id"]);
    }
    assert_eq!(app.get("/monitor/invocations/99").await.status, 404);
}

#[tokio::test]
async fn bodies_are_cut_or_left_out_as_configured() {
    let (_upstream, app) = self::app("[recording]\nmax_body_bytes = 10").await;
    app.chat(&streamed_chat("gpt-x")).await;
    let id = app.only_record().await["id"].clone();
    let whole = app.get(&format!("/monitor/invocations/{id}")).await.json();
    assert_eq!(whole["response_body"].as_str().unwrap().len(), 10);
    assert_eq!(whole["bodies_truncated"], true);

    let (_upstream, app) = self::app("[recording]\nbodies = false").await;
    app.chat(&chat("gpt-x")).await;
    let id = app.only_record().await["id"].clone();
    let whole = app.get(&format!("/monitor/invocations/{id}")).await.json();
    assert_eq!((&whole["request_body"], &whole["response_body"]), (&json!(null), &json!(null)));
    assert_eq!(whole["total_tokens"], 12);
}

#[tokio::test]
async fn lists_are_filtered_ordered_and_paged() {
    let (_upstream, app) = app("").await;
    for name in ["gpt-x", "other", "missing_50%", "tag:coding"] {
        app.chat(&chat(name)).await;
    }
    let records = app.records().await;
    let second = records[1]["started_at"].as_str().unwrap();
    for (query, count) in [
        (String::from(""), 4),
        (String::from("model_name=other"), 2),
        (String::from("provider_name=up"), 3),
        (format!("model_id={}", records[0]["model_id"]), 1),
        (format!("provider_id={}", records[0]["provider_id"]), 3),
        (String::from("status=error"), 1),
        (String::from("tag=coding"), 2),
        (String::from("tag=cod"), 0),
        (String::from("q=missing_50%25"), 1),
        (String::from("q=missing%2550"), 0),
        (format!("request_id={}", records[2]["request_id"].as_str().unwrap()), 1),
        (format!("start_time={second}"), 3),
        (format!("end_time={second}"), 2),
        (String::from("api_key_id=x"), 0),
    ] {
        let page = app.get(&format!("/monitor/invocations?{query}")).await.json();
        assert_eq!(page["total"], count, "{query}");
        assert_eq!(page["items"].as_array().unwrap().len(), count, "{query}");
    }
    let page = app
        .get("/monitor/invocations?limit=2&offset=1&order_by=started_at&order_desc=true")
        .await
        .json();
    let ids: Vec<_> =
        page["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
    assert_eq!(
        (ids, &page["limit"], &page["offset"]),
        (vec![json!(3), json!(2)], &json!(2), &json!(1))
    );
    for order in ["duration_ms", "total_tokens", "cost"] {
        assert_eq!(app.get(&format!("/monitor/invocations?order_by={order}")).await.status, 200);
    }
    for bad in ["limit=many", "order_by=luck", "start_time=yesterday", "modle_name=x"] {
        assert_eq!(app.get(&format!("/monitor/invocations?{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn metrics_agree_with_the_call_log() {
    let (_upstream, app) = app("").await;
    app.chat(&chat("gpt-x")).await;
    app.chat(&chat("missing")).await;
    app.records().await;
    let metrics = app.get("/metrics").await;
    for line in [
        "llm_router_requests_total{model=\"gpt-x\",provider=\"up\",status=\"success\"} 1",
        "llm_router_requests_total{model=\"none\",provider=\"none\",status=\"error\"} 1",
        "llm_router_tokens_total{model=\"gpt-x\",provider=\"up\",type=\"prompt\"} 9",
        "llm_router_unpriced_requests_total{model=\"gpt-x\",provider=\"up\"} 1",
        "llm_router_in_flight_requests 0",
    ] {
        assert!(metrics.text().contains(line), "{line}\n{}", metrics.text());
    }
}

#[tokio::test]
async fn records_survive_a_restart_and_go_on_counting() {
    let (upstream, app) = app("").await;
    app.chat(&chat("gpt-x")).await;
    let (folder, stopped) = app.stop();
    assert_eq!((stopped.accepted, stopped.written), (1, 1));
    let app = crate::support::app::Setup::default().start_in(folder).await.unwrap();
    app.chat(&chat("gpt-x")).await;
    let ids: Vec<_> = app.records().await.iter().map(|record| record["id"].clone()).collect();
    assert_eq!(ids, [json!(1), json!(2)]);
    drop(upstream);
}
