//! Responses that are kept, and requests that go on from them.

use diesel::RunQueryDsl;
use diesel::sql_types::BigInt;
use llm_router::store::Database;
use serde_json::{Value, json};

use crate::messages::config;
use crate::responses_client::{ask, events};
use crate::responses_own_api::own;
use crate::support::client::{Response, request};
use crate::support::{Config, Script, TestApp, Upstream};

fn kept(more: Value) -> Value {
    let mut body = ask(more);
    body["store"] = json!(true);
    body
}

const ADMIN: &str = "sk-admin-0123456789abcdef0123456789abcdef";
const OTHER: &str = "sk-other-0123456789abcdef0123456789abcdef";

/// Where both keys may call.
async fn with_two_keys(upstream: &Upstream) -> TestApp {
    let keys = format!(
        "[[api_keys]]\nname = \"a\"\nkey = \"{ADMIN}\"\nrole = \"admin\"\n\n[[api_keys]]\nname = \"b\"\nkey = \"{OTHER}\""
    );
    let config: Config = config("openai_compatible", upstream, "gpt-x").tables(&keys);
    TestApp::start(&config).await
}

async fn sent(
    app: &TestApp,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: &Value,
) -> Response {
    let bearer = key.map(|key| format!("Bearer {key}"));
    let mut headers = vec![("content-type", "application/json")];
    headers.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    let body = if body.is_null() { String::new() } else { body.to_string() };
    request(app.addr, method, path, &headers, body.as_bytes()).await
}

fn code(answer: &Response) -> (u16, Value) {
    (answer.status, answer.json()["error"]["code"].clone())
}

#[tokio::test]
async fn a_request_goes_on_from_a_response_whole_and_streamed() {
    let upstream = Upstream::start(Script::chat("Blue.")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let first = kept(json!({"input": "The sky?", "instructions": "Be short."}));
    let first = app.post("/v1/responses", &first).await.json();
    assert_eq!(first["store"], true);
    upstream.set(Script::stream(&["Gr", "een."]));
    let second = kept(json!({"input": [{"role": "user", "content": "The grass?"}],
        "previous_response_id": first["id"], "stream": true}));
    let second = app.post("/v1/responses", &second).await;
    let second = events(second.text()).pop().unwrap()["response"].take();
    assert_eq!(second["previous_response_id"], first["id"]);
    upstream.set(Script::chat("White."));
    let third = kept(json!({"input": "The snow?", "previous_response_id": second["id"]}));
    assert_eq!(app.post("/v1/responses", &third).await.status, 200);
    let sent: Value = serde_json::from_slice(&upstream.requests()[2].body).unwrap();
    let said: Vec<(&str, &str)> = sent["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["role"].as_str().unwrap(), it["content"].as_str().unwrap()))
        .collect();
    // Instructions are of one turn.
    let expected = [
        ("user", "The sky?"),
        ("assistant", "Blue."),
        ("user", "The grass?"),
        ("assistant", "Green."),
        ("user", "The snow?"),
    ];
    assert_eq!(said, expected);
}

#[tokio::test]
async fn a_kept_response_is_shown_and_deleted() {
    let upstream = Upstream::start(Script::chat("Blue.")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let made = app.post("/v1/responses", &kept(json!({"input": "The sky?"}))).await.json();
    let path = format!("/v1/responses/{}", made["id"].as_str().unwrap());
    assert_eq!(app.get(&path).await.json(), made);
    let items = app.get(&format!("{path}/input_items?order=asc&limit=5")).await.json();
    assert_eq!(items["data"][0]["content"][0]["text"], "The sky?");
    assert_eq!((&items["has_more"], &items["first_id"]), (&json!(false), &items["data"][0]["id"]));
    let none =
        app.get(&format!("{path}/input_items?after={}", items["last_id"].as_str().unwrap())).await;
    assert_eq!(none.json()["data"], json!([]));
    let streamed = app.get(&format!("{path}?stream=true")).await;
    assert_eq!(code(&streamed), (400, json!("invalid_request")));
    let cancelled = app.post(&format!("{path}/cancel"), &json!({})).await;
    assert_eq!(code(&cancelled), (400, json!("invalid_request")));
    let deleted = sent(&app, "DELETE", &path, None, &Value::Null).await;
    assert_eq!(deleted.json(), json!({"id": made["id"], "object": "response", "deleted": true}));
    for method in ["GET", "DELETE"] {
        let gone = sent(&app, method, &path, None, &Value::Null).await;
        assert_eq!(code(&gone), (404, json!("response_not_found")));
    }
    let next = kept(json!({"previous_response_id": made["id"]}));
    let refused = app.post("/v1/responses", &next).await;
    assert_eq!(code(&refused), (400, json!("previous_response_not_found")));
    assert_eq!(refused.json()["error"]["param"], "previous_response_id");
}

#[tokio::test]
async fn what_is_not_to_be_kept_is_not() {
    let upstream = Upstream::start(Script::chat("Blue.")).await;
    for (recording, store) in
        [("", false), ("bodies = false", true), ("keep_responses_days = 0", true)]
    {
        let config = config("openai_compatible", &upstream, "gpt-x")
            .tables(&format!("[recording]\n{recording}"));
        let app = TestApp::start(&config).await;
        let made = app.post("/v1/responses", &ask(json!({"store": store}))).await.json();
        assert_eq!(made["store"], false, "{recording}");
        let path = format!("/v1/responses/{}", made["id"].as_str().unwrap());
        assert_eq!(code(&app.get(&path).await), (404, json!("response_not_found")), "{recording}");
    }
    // A failed answer is none to go on from.
    let broken = Upstream::start(Script::stream(&["a", "b", "c"]).reset_after_frames(3)).await;
    let app = TestApp::start(&config("openai_compatible", &broken, "gpt-x")).await;
    let failed = app.post("/v1/responses", &kept(json!({"stream": true}))).await;
    let failed = events(failed.text()).pop().unwrap();
    assert_eq!(failed["type"], "response.failed");
    let path = format!("/v1/responses/{}", failed["response"]["id"].as_str().unwrap());
    assert_eq!(code(&app.get(&path).await), (404, json!("response_not_found")));
}

/// Another key finds nothing, and goes on from nothing.
#[tokio::test]
async fn a_response_belongs_to_its_key() {
    let upstream = Upstream::start(Script::chat("Blue.")).await;
    let app = with_two_keys(&upstream).await;
    let made = sent(&app, "POST", "/v1/responses", Some(ADMIN), &kept(json!({}))).await.json();
    let path = format!("/v1/responses/{}", made["id"].as_str().unwrap());
    let goes_on = kept(json!({"previous_response_id": made["id"]}));
    let answer = sent(&app, "GET", &path, Some(OTHER), &Value::Null).await;
    assert_eq!(code(&answer), (404, json!("response_not_found")));
    let answer = sent(&app, "POST", "/v1/responses", Some(OTHER), &goes_on).await;
    assert_eq!(code(&answer), (400, json!("previous_response_not_found")));
    let answer = sent(&app, "DELETE", &path, Some(OTHER), &Value::Null).await;
    assert_eq!(code(&answer), (404, json!("response_not_found")));
    let shown = sent(&app, "GET", &path, Some(ADMIN), &Value::Null).await;
    assert_eq!(shown.status, 200, "{}", shown.text());
}

/// What an upstream of the same API is sent does not depend on what that upstream keeps.
#[tokio::test]
async fn an_upstream_of_the_same_api_is_sent_the_turns_and_keeps_nothing() {
    let body = |id: &str| {
        format!(
            r#"{{"id":"{id}","object":"response","status":"completed","output":[{{"id":"msg_1","type":"message","role":"assistant","content":[{{"type":"output_text","text":"Blue."}}]}}],"usage":{{"input_tokens":1,"output_tokens":2,"total_tokens":3}}}}"#
        )
    };
    let upstream = Upstream::sequence(vec![
        Script::chat_body(&body("resp_a")),
        Script::chat_body(&body("resp_b")),
    ])
    .await
    .takes_anything();
    let app = TestApp::start(&own(&upstream)).await;
    let first = app.post("/v1/responses", &kept(json!({"input": "The sky?"}))).await;
    assert_eq!(first.text(), body("resp_a"));
    let next = kept(json!({"input": "And?", "previous_response_id": "resp_a"}));
    assert_eq!(app.post("/v1/responses", &next).await.status, 200);
    let sent: Value = serde_json::from_slice(&upstream.requests()[1].body).unwrap();
    assert_eq!((&sent["store"], sent.get("previous_response_id")), (&json!(false), None));
    let input = sent["input"].as_array().unwrap();
    assert_eq!(input.len(), 3, "{sent:#}");
    assert_eq!(
        (&input[1]["content"][0]["text"], &input[2]["content"][0]["text"]),
        (&json!("Blue."), &json!("And?"))
    );
}

/// The row is there before the last event leaves: a client that goes on at once finds it.
#[tokio::test]
async fn it_is_there_when_the_stream_ends() {
    let upstream = Upstream::start(Script::stream(&["Blue."])).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    for _ in 0..5 {
        let made = app.post("/v1/responses", &kept(json!({"stream": true}))).await;
        let last = events(made.text()).pop().unwrap();
        let path = format!("/v1/responses/{}", last["response"]["id"].as_str().unwrap());
        assert_eq!(app.get(&path).await.json(), last["response"]);
    }
}

/// How many rows the tables of kept responses have.
fn rows(app: &TestApp) -> [i64; 2] {
    let path = app.folder.path().join("router.db");
    let mut connection = Database::at(&path.display().to_string()).connect().unwrap();
    ["responses", "response_items"].map(|table| {
        let counted = diesel::dsl::sql::<BigInt>(&format!("(SELECT count(*) FROM {table})"));
        diesel::select(counted).get_result(&mut connection).unwrap()
    })
}

#[tokio::test]
async fn what_is_kept_for_a_key_goes_with_the_key() {
    let upstream = Upstream::start(Script::chat("Blue.")).await;
    let keys = format!("[[api_keys]]\nname = \"a\"\nkey = \"{ADMIN}\"\nrole = \"admin\"");
    let config: Config = config("openai_compatible", &upstream, "gpt-x").tables(&keys);
    let app = TestApp::start(&config).await;
    let team = json!({"name": "team"});
    let made = sent(&app, "POST", "/api-keys", Some(ADMIN), &team).await.json();
    let key = made["key"].as_str().unwrap();
    for key in [key, key, ADMIN] {
        let answer = sent(&app, "POST", "/v1/responses", Some(key), &kept(json!({}))).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    // The item of each request and that of its answer.
    assert_eq!(rows(&app), [3, 6]);
    let path = format!("/api-keys/{}", made["id"]);
    assert_eq!(sent(&app, "DELETE", &path, Some(ADMIN), &Value::Null).await.status, 204);
    assert_eq!(rows(&app), [1, 2]);
}

/// Even before it is deleted.
#[tokio::test]
async fn what_is_too_old_is_not_there() {
    let upstream = Upstream::start(Script::chat("Blue.")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let made = app.post("/v1/responses", &kept(json!({}))).await.json();
    let path = app.folder.path().join("router.db");
    let mut connection = Database::at(&path.display().to_string()).connect().unwrap();
    diesel::sql_query("UPDATE responses SET expires_at_us = 1").execute(&mut connection).unwrap();
    let path = format!("/v1/responses/{}", made["id"].as_str().unwrap());
    assert_eq!(code(&app.get(&path).await), (404, json!("response_not_found")));
    let goes_on = ask(json!({"previous_response_id": made["id"]}));
    let answer = app.post("/v1/responses", &goes_on).await;
    assert_eq!(code(&answer), (400, json!("previous_response_not_found")));
    let named = ask(json!({"input": [reference(&made["output"][0]["id"])]}));
    assert_eq!(code(&app.post("/v1/responses", &named).await), (404, json!("item_not_found")));
    // The next one that is kept takes it along.
    assert_eq!(app.post("/v1/responses", &kept(json!({}))).await.status, 200);
    assert_eq!(rows(&app), [1, 2]);
}

fn reference(id: &Value) -> Value {
    json!({"type": "item_reference", "id": id})
}

#[tokio::test]
async fn items_of_kept_responses_are_named_by_their_ids() {
    let upstream = Upstream::start(Script::chat("Blue.")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let first = app.post("/v1/responses", &kept(json!({"input": "The sky?"}))).await.json();
    let path = format!("/v1/responses/{}/input_items", first["id"].as_str().unwrap());
    let asked = app.get(&path).await.json()["data"][0]["id"].take();
    let said = &first["output"][0]["id"];
    let user = json!({"role": "user", "content": "And at night?"});
    let named = json!([reference(&asked), reference(said), user]);
    let second = app.post("/v1/responses", &kept(json!({"input": named}))).await;
    assert_eq!(second.status, 200, "{}", second.text());
    let expected = json!([
        {"role": "user", "content": "The sky?"},
        {"role": "assistant", "content": "Blue."},
        {"role": "user", "content": "And at night?"},
    ]);
    let last = || {
        let body = upstream.requests().pop().unwrap().body;
        serde_json::from_slice::<Value>(&body).unwrap()["messages"].take()
    };
    assert_eq!(last(), expected);
    // What a later request goes on from is the items themselves.
    let gone = format!("/v1/responses/{}", first["id"].as_str().unwrap());
    assert_eq!(sent(&app, "DELETE", &gone, None, &Value::Null).await.status, 200);
    let third = kept(json!({"input": "Why?", "previous_response_id": second.json()["id"]}));
    assert_eq!(app.post("/v1/responses", &third).await.status, 200);
    assert_eq!(last()[0]["content"], "The sky?");
    // Each response that has an item keeps it.
    let again = kept(json!({"input": [user, reference(said)]}));
    let found = app.post("/v1/responses", &again).await.json();
    for id in [&second.json()["id"], &found["id"]] {
        let gone = format!("/v1/responses/{}", id.as_str().unwrap());
        assert_eq!(sent(&app, "DELETE", &gone, None, &Value::Null).await.status, 200);
    }
    // With the last one it is gone, in any place that takes a request.
    for path in ["/v1/responses", "/v1/responses/compact", "/v1/responses/input_tokens"] {
        let answer = app.post(path, &again).await;
        assert_eq!(code(&answer), (404, json!("item_not_found")), "{path}");
        let error = &answer.json()["error"];
        assert_eq!(error["param"], "input[1]");
        let id = said.as_str().unwrap();
        let message = format!(
            "Item with id '{id}' not found. Items are not persisted when `store` is set to false. \
             Try again with `store` set to true, or remove this item from your input."
        );
        assert_eq!(error["message"], message);
    }
}

#[tokio::test]
async fn an_item_of_another_key_or_of_a_response_that_was_not_kept_is_not_there() {
    let upstream = Upstream::start(Script::chat("Blue.")).await;
    let app = with_two_keys(&upstream).await;
    for (store, key, status) in [(true, ADMIN, 200), (true, OTHER, 404), (false, ADMIN, 404)] {
        let body = ask(json!({"store": store}));
        let made = sent(&app, "POST", "/v1/responses", Some(ADMIN), &body).await;
        let named = json!([reference(&made.json()["output"][0]["id"])]);
        let answer =
            sent(&app, "POST", "/v1/responses", Some(key), &ask(json!({"input": named}))).await;
        assert_eq!(answer.status, status, "{}", answer.text());
    }
}
