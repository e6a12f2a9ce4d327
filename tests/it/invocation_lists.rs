//! Lists of calls: pages, cursors, what a call shows, and what calls can be narrowed to.

use serde_json::{Value, json};

use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream, chat, streamed_chat};

const USER: &str = "sk-the-key-of-a-user";
const OTHER: &str = "sk-the-key-of-another";

async fn app() -> (Upstream, TestApp) {
    let upstream = Upstream::with(|seen| match seen.json()["stream"] == true {
        true => Script::stream(&["a", "b"]),
        false => Script::chat("hi"),
    })
    .await;
    let keys = format!(
        "[[api_keys]]\nkey = \"{USER}\"\nname = \"user\"\n\
         [[api_keys]]\nkey = \"{OTHER}\"\nname = \"other\"\n"
    );
    let config = Config::with(&upstream).model("up", "other", "tags = [\"coding\", \"fast\"]");
    let app = TestApp::start(&config.tables(&keys)).await;
    (upstream, app)
}

async fn list(app: &TestApp, query: &str) -> Value {
    let answer = app.get(&format!("/monitor/invocations?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.json()
}

fn ids(list: &Value) -> Vec<i64> {
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

async fn as_user(app: &TestApp, path: &str, key: &str) -> (u16, Value) {
    let answer = request(app.addr, "GET", path, &[("x-api-key", key)], b"").await;
    let body = serde_json::from_str(answer.text()).unwrap_or(Value::Null);
    (answer.status, body)
}

#[tokio::test]
async fn a_cursor_goes_on_until_each_call_was_shown_once() {
    let (_upstream, app) = app().await;
    for number in 0..7 {
        app.chat(&chat(if number % 2 == 0 { "gpt-x" } else { "missing" })).await;
    }
    app.records().await;
    for query in [
        "order_desc=true",
        "order_desc=false",
        "order_by=duration_ms",
        "order_by=cost&order_desc=false",
        "order_by=total_tokens&time_range=24h",
        "status=success&q=gpt-x",
    ] {
        let all = ids(&list(&app, query).await);
        let mut path = format!("{query}&limit=2");
        let (mut paged, mut pages) = (Vec::new(), 0);
        loop {
            let page = list(&app, &path).await;
            assert_eq!(
                (&page["total_is_exact"], &page["searched_to"]),
                (&json!(true), &json!(null))
            );
            paged.extend(ids(&page));
            pages += 1;
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("{query}&limit=2&cursor={cursor}");
        }
        assert_eq!((paged, pages), (all.clone(), all.len().div_ceil(2)), "{query}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_list_is_refused() {
    let (_upstream, app) = app().await;
    for _ in 0..3 {
        app.chat(&chat("gpt-x")).await;
    }
    app.records().await;
    let first = list(&app, "model_name=gpt-x&limit=1").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    for (query, part) in [
        (format!("cursor={cursor}"), "other parameters"),
        (format!("model_name=other&cursor={cursor}"), "other parameters"),
        (format!("model_name=gpt-x&order_desc=false&cursor={cursor}"), "other parameters"),
        (format!("model_name=gpt-x&offset=1&cursor={cursor}"), "exclude"),
        (format!("model_name=gpt-x&cursor={cursor}z"), "next_cursor"),
        (String::from("cursor=%00%ff"), "next_cursor"),
        (format!("cursor={}", "9".repeat(5_000)), "next_cursor"),
        (format!("q={}", "x".repeat(10_000)), "`q`"),
        (String::from("min_cost=-1"), "`min_cost`"),
        (String::from("time_range=400d"), "time_range"),
    ] {
        let answer = app.get(&format!("/monitor/invocations?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        let text = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(text.contains(part), "{query}: {text}");
    }
    // Its own list goes on with another length of pages.
    let next = list(&app, &format!("limit=5&model_name=gpt-x&cursor={cursor}")).await;
    assert_eq!((ids(&next).len(), &next["next_cursor"]), (2, &json!(null)));
}

#[tokio::test]
async fn a_call_alone_is_shown_with_what_was_said() {
    let (_upstream, app) = app().await;
    let mut asked = streamed_chat("gpt-x");
    asked["temperature"] = json!(0.5);
    let answer = app.chat(&asked).await;
    app.chat(&chat("gpt-x")).await;
    let records = app.records().await;
    let item = &records[0];
    assert_eq!(
        (&item["request_messages"], &item["request_parameters"], &item["raw_response"]),
        (&json!(null), &json!({}), &json!(null))
    );
    assert_eq!((&item["has_bodies"], &item["usage_estimated"]), (&json!(true), &json!(false)));
    assert_eq!(item["created_at"], item["completed_at"]);
    assert!(item["completed_at"].as_str() >= item["started_at"].as_str());

    let path = format!("/monitor/invocations/{}", item["id"]);
    let whole = app.get(&path).await.json();
    assert_eq!(whole["request_messages"], asked["messages"]);
    assert_eq!(whole["request_parameters"]["temperature"], 0.5);
    assert_eq!(
        (&whole["response_text"], &whole["response_text_length"]),
        (&json!("ab"), &json!(2))
    );
    assert!(whole["raw_response"].as_array().is_some_and(|pieces| pieces.len() >= 2));
    assert_eq!((&whole["previous_id"], &whole["next_id"]), (&json!(null), &records[1]["id"]));
    assert_eq!(app.get(&format!("{path}/request")).await.text(), asked.to_string());
    let response = app.get(&format!("{path}/response")).await;
    assert_eq!(response.text(), answer.text());
    assert_eq!(app.get("/monitor/invocations/99/request").await.status, 404);
}

#[tokio::test]
async fn a_user_sees_only_its_own_calls_beside_a_call_and_in_facets() {
    let (_upstream, app) = app().await;
    for (key, model) in [(USER, "gpt-x"), (OTHER, "other"), (USER, "gpt-x"), (OTHER, "missing")] {
        let body = chat(model).to_string();
        request(
            app.addr,
            "POST",
            "/v1/chat/completions",
            &[("x-api-key", key), ("content-type", "application/json")],
            body.as_bytes(),
        )
        .await;
    }
    let records = app.records().await;
    let path = |at: usize| format!("/monitor/invocations/{}", records[at]["id"]);
    let (status, whole) = as_user(&app, &path(0), USER).await;
    assert_eq!((status, &whole["next_id"]), (200, &records[2]["id"]));
    for part in ["", "/request", "/response"] {
        assert_eq!(as_user(&app, &format!("{}{part}", path(1)), USER).await.0, 404, "{part}");
        assert_eq!(as_user(&app, &format!("{}{part}", path(1)), OTHER).await.0, 200, "{part}");
    }

    let names = |facets: &Value, kind: &str| -> Vec<(String, i64)> {
        let each = facets[kind].as_array().unwrap().iter();
        let counted = |facet: &Value| {
            (facet["name"].as_str().unwrap().to_owned(), facet["calls"].as_i64().unwrap())
        };
        each.map(counted).filter(|(_, calls)| *calls > 0).collect()
    };
    let named = |name: &str, calls: i64| (String::from(name), calls);
    let (_, own) = as_user(&app, "/monitor/facets", USER).await;
    assert_eq!(names(&own, "models"), [named("up/gpt-x", 2)]);
    assert_eq!(names(&own, "keys"), [named("user", 2)]);
    assert_eq!(names(&own, "statuses"), [named("success", 2)]);
    assert_eq!(names(&own, "error_codes"), []);
    assert_eq!(names(&own, "tags"), []);
    let all = app.get("/monitor/facets").await.json();
    assert_eq!(names(&all, "models"), [named("up/gpt-x", 2), named("up/other", 1)]);
    assert_eq!(names(&all, "tags"), [named("coding", 1), named("fast", 1)]);
    assert_eq!(names(&all, "statuses"), [named("success", 3), named("error", 1)]);
    assert_eq!(names(&all, "error_codes"), [named("model_not_found", 1)]);
    assert_eq!(names(&all, "endpoints"), [named("chat", 4)]);
    let failed = app.get("/monitor/facets?status=error&time_range=1h").await.json();
    assert_eq!(names(&failed, "keys"), [named("other", 1)]);
    assert_eq!(app.get("/monitor/facets?limit=3").await.status, 400);
}
