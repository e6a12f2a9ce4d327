//! Statistics, series and histograms over HTTP.

use serde_json::{Value, json};

use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream, chat, streamed_chat};

const KEYS: &str = "
    [[api_keys]]
    key = \"sk-the-key-of-a-user\"
    name = \"team\"
    role = \"user\"";

async fn app() -> (Upstream, TestApp) {
    let upstream = Upstream::with(|seen| match seen.json()["stream"] == true {
        true => Script::stream(&["a", "b"]),
        false => Script::chat("hi"),
    })
    .await;
    let config = Config::with(&upstream).model("up", "other", "tags = [\"coding\", \"fast\"]");
    let app = TestApp::start(&config.tables(KEYS)).await;
    (upstream, app)
}

async fn as_user(app: &TestApp, path: &str) -> Value {
    let headers = [("authorization", "Bearer sk-the-key-of-a-user")];
    request(app.addr, "GET", path, &headers, b"").await.json()
}

#[tokio::test]
async fn every_view_of_the_figures_tells_what_the_list_tells() {
    let (_upstream, app) = app().await;
    for name in ["gpt-x", "other", "other", "missing"] {
        app.chat(&chat(name)).await;
    }
    app.chat(&streamed_chat("gpt-x")).await;
    let headers =
        [("authorization", "Bearer sk-the-key-of-a-user"), ("content-type", "application/json")];
    let body = chat("gpt-x").to_string();
    request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await;
    let records = app.records().await;
    assert_eq!(records.len(), 6);

    let found = app.get("/monitor/statistics?compare=true").await.json();
    let overall = &found["overall"];
    for (name, value) in [
        ("time_range", json!("24h")),
        ("total_calls", json!(6)),
        ("success_calls", json!(5)),
        ("error_calls", json!(1)),
        ("cancelled_calls", json!(0)),
    ] {
        assert_eq!(overall[name], value, "{name}");
    }
    let tokens: i64 = records.iter().filter_map(|record| record["total_tokens"].as_i64()).sum();
    assert_eq!(overall["total_tokens"], tokens);
    assert!(overall["duration_ms"]["p95"].is_number(), "{overall}");
    assert!(overall.get("total_cost").is_none(), "no call has a known price");
    assert_eq!(found["previous"]["total_calls"], 0);
    assert!(found["previous"].get("success_rate").is_none());
    let models = found["by_model"].as_array().unwrap();
    assert_eq!(models.len(), 2);
    assert_eq!((&models[0]["model_name"], &models[0]["total_calls"]), (&json!("gpt-x"), &json!(3)));
    assert_eq!(found["by_provider"][0]["provider_name"], "up");
    assert_eq!(found["by_provider"][0]["total_calls"], 5);
    let keys = found["by_key"].as_array().unwrap();
    assert_eq!((&keys[0]["api_key_id"], &keys[0]["total_calls"]), (&json!(null), &json!(5)));
    assert_eq!((&keys[1]["api_key"], &keys[1]["total_calls"]), (&json!("team"), &json!(1)));
    let error = &found["errors"][0];
    assert_eq!((&error["calls"], &error["last_id"]), (&json!(1), &records[3]["id"]));
    assert_eq!(found["recent_errors"].as_array().unwrap().len(), 1);
    assert_eq!(found["recent_errors"][0]["id"], records[3]["id"]);
    assert_eq!(found["covered_from"], overall["start_time"]);

    for (query, calls) in [
        ("model_name=other", 2),
        ("tag=coding", 2),
        ("tag=Coding", 2),
        ("status=error", 1),
        ("is_stream=true", 1),
        ("api_key_id=team", 1),
        ("api_key_id=0", 5),
        ("api_key_id=team&model_name=other", 0),
        ("time_range=15m", 6),
        ("q=missing", 1),
    ] {
        let total = |answer: &Value| answer["overall"]["total_calls"].clone();
        let found = app.get(&format!("/monitor/statistics?{query}")).await.json();
        assert_eq!(total(&found), calls, "{query}");
        let of_buckets = |answer: &Value| -> i64 {
            let data = answer["data"].as_array().unwrap();
            data.iter().filter_map(|point| point["total_calls"].as_i64()).sum()
        };
        let listed = app.get(&format!("/monitor/invocations?{query}")).await.json();
        assert_eq!(listed["total"], calls, "{query}");
        let exported = app.get(&format!("/monitor/export/json?{query}")).await.json();
        assert_eq!(exported["total_invocations"], calls, "{query}");
        let series = app.get(&format!("/monitor/time-series?{query}")).await.json();
        assert_eq!(of_buckets(&series), calls, "{query}");
        for path in ["time-series/grouped", "grouped-time-series"] {
            let path = format!("/monitor/{path}?group_by=key&{query}");
            let grouped = app.get(&path).await.json();
            assert_eq!(of_buckets(&grouped), calls, "{path}");
        }
        let histogram = app.get(&format!("/monitor/histogram?{query}")).await.json();
        let data = histogram["data"].as_array().unwrap();
        let counts = data.iter().flat_map(|point| point["counts"].as_array().unwrap());
        assert_eq!(counts.filter_map(Value::as_i64).sum::<i64>(), calls, "{query}");
    }

    let grouped = app.get("/monitor/time-series/grouped?limit=1").await.json();
    let groups = grouped["groups"].as_array().unwrap();
    assert_eq!(
        (&groups[0]["group_name"], &groups[0]["total_calls"]),
        (&json!("up/gpt-x"), &json!(3))
    );
    assert_eq!((&groups[1]["is_others"], &groups[1]["total_calls"]), (&json!(true), &json!(3)));
    assert_eq!(grouped["group_count"], 3);
}

#[tokio::test]
async fn a_user_sees_figures_of_its_own_calls_only() {
    let (_upstream, app) = app().await;
    app.chat(&chat("gpt-x")).await;
    app.chat(&chat("missing")).await;
    app.records().await;
    let found = as_user(&app, "/monitor/statistics?compare=true").await;
    assert_eq!(found["overall"]["total_calls"], 0);
    for list in ["by_model", "by_provider", "by_key", "by_tag", "errors", "recent_errors"] {
        assert_eq!(found[list], json!([]), "{list}");
    }
    let grouped = as_user(&app, "/monitor/time-series/grouped?group_by=key").await;
    assert_eq!((&grouped["groups"], &grouped["group_count"]), (&json!([]), &json!(0)));
    for path in ["/monitor/time-series?granularity=hour", "/monitor/histogram?api_key_id=99"] {
        let text = as_user(&app, path).await.to_string();
        assert!(!text.contains("\"total_calls\":1") && !text.contains(",1,"), "{text}");
    }
}

#[tokio::test]
async fn parameters_out_of_bounds_are_refused_with_what_is_allowed() {
    let (_upstream, app) = app().await;
    let reversed = "start_time=2026-11-02T00:00:00Z&end_time=2026-11-01T00:00:00Z";
    for (path, text) in [
        ("statistics?limit=0", "from 1 to 100"),
        ("statistics?limit=101", "from 1 to 100"),
        ("statistics?limit=ten", "from 1 to 100"),
        ("statistics?time_range_hours=0", "from 1 to 168"),
        ("statistics?time_range_hours=169", "from 1 to 168"),
        ("time-series?time_range_hours=721", "from 1 to 720"),
        ("statistics?time_range=24h&time_range_hours=24", "exclude each other"),
        ("statistics?compare=maybe", "one of"),
        ("statistics?granularity=hour", "unknown here"),
        ("statistics?start_time=2999-01-01T00:00:00Z", "in the future"),
        ("time-series?granularity=second", "one of auto, minute"),
        ("time-series?time_zone=Mars/Olympus", "no time zone"),
        ("time-series?time_zone=..%2F..%2Fetc%2Fpasswd", "no time zone"),
        ("time-series?granularity=minute&time_range=7d", "granularity of `quarter`"),
        ("time-series?granularity=hour&time_range=366d", "granularity of `day`"),
        ("time-series/grouped?group_by=moon", "one of model"),
        ("time-series/grouped?limit=100&granularity=minute&time_range=24h", "20000 points"),
        ("grouped-time-series?limit=101", "from 1 to 100"),
        ("histogram?metric=tokens", "one of duration, ttft"),
        (&format!("histogram?{reversed}"), "before"),
    ] {
        let answer = app.get(&format!("/monitor/{path}")).await;
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.text().contains(text), "{path}: {}", answer.text());
    }
    for path in [
        "statistics?start_time=-009000-01-01T00:00:00Z&compare=true",
        "statistics?start_time=2026-11-01T00:00:00Z&end_time=2026-11-01T00:00:00Z",
        "time-series?start_time=2026-11-01T00:00:00Z&end_time=2026-11-01T00:00:00Z",
        "time-series?granularity=month&start_time=1990-01-01T00:00:00Z&time_zone=Asia/Kathmandu",
        "statistics?end_time=9990-12-31T00:00:00Z",
        "histogram?time_zone=Australia/Lord_Howe&metric=ttft",
    ] {
        let answer = app.get(&format!("/monitor/{path}")).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    }
}
