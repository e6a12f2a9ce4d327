//! A client of OpenAI's Responses, and a provider that speaks it too: bytes go through as they are.

use serde_json::{Value, json};

use crate::messages::config;
use crate::responses_client::ask;
use crate::support::client::request;
use crate::support::{Config, Script, Step, TestApp, Upstream};

/// One that speaks Responses.
pub fn own(upstream: &Upstream) -> Config {
    let provider = format!(
        "[[providers]]\nname = \"up\"\ntype = \"openai\"\nbase_url = \"{}/v1\"\napi_key = \"sk-upstream\"\n[providers.settings]\napi = \"responses\"",
        upstream.base_url()
    );
    Config::new().tables(&provider).model(
        "up",
        "m",
        "remote_identifier = \"gpt-6-sol\"\ntags = [\"coding\"]",
    )
}

const LITE: &str = include_str!("../fixtures/responses_client/codex_lite.json");

const LITE_ANSWER: [&str; 6] = [
    "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{\"id\":\"resp_up\",\"object\":\"response\",\"status\":\"in_progress\",\"output\":[]}}\n\n",
    "event: response.output_item.added\ndata: {\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":0,\"item\":{\"id\":\"ctc_1\",\"type\":\"custom_tool_call\",\"status\":\"in_progress\",\"call_id\":\"call_2\",\"name\":\"exec\",\"input\":\"\",\"of_tomorrow\":1.50}}\n\n",
    "event: response.custom_tool_call_input.delta\ndata: {\"type\":\"response.custom_tool_call_input.delta\",\"sequence_number\":2,\"output_index\":0,\"item_id\":\"ctc_1\",\"delta\":\"ls \\u00e9\"}\n\n",
    "event: response.of_tomorrow\ndata: {\"type\":\"response.of_tomorrow\", \"sequence_number\":3}\n\n",
    "event: response.output_item.done\ndata: {\"type\":\"response.output_item.done\",\"sequence_number\":4,\"output_index\":0,\"item\":{\"id\":\"ctc_1\",\"type\":\"custom_tool_call\",\"status\":\"completed\",\"call_id\":\"call_2\",\"name\":\"exec\",\"input\":\"ls \\u00e9\"}}\n\n",
    "event: response.completed\ndata: {\"type\":\"response.completed\",\"sequence_number\":5,\"response\":{\"id\":\"resp_up\",\"object\":\"response\",\"status\":\"completed\",\"output\":[{\"type\":\"custom_tool_call\"}],\"usage\":{\"input_tokens\":9,\"output_tokens\":4,\"total_tokens\":13}}}\n\n",
];

/// Codex's request of a model that it knows has shapes that no chat has.
#[tokio::test]
async fn codexs_request_and_its_answer_go_through_byte_for_byte() {
    let upstream = Upstream::start(Script::stream_frames(&LITE_ANSWER)).await.takes_anything();
    let app = TestApp::start(&own(&upstream)).await;
    let sent = LITE.replace("\"gpt-6-sol\"", "\"up/m\"");
    let headers = [("content-type", "application/json"), ("session-id", "0198-a")];
    let answer = request(app.addr, "POST", "/v1/responses", &headers, sent.as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.text(), LITE_ANSWER.concat());
    let seen = upstream.requests().remove(0);
    assert!(seen.path.ends_with("/responses"), "{}", seen.path);
    assert_eq!(String::from_utf8_lossy(&seen.body), LITE);
    let record = app.only_record().await;
    for (name, value) in [
        ("endpoint", json!("responses")),
        ("status", json!("success")),
        ("prompt_tokens", json!(9)),
        ("completion_tokens", json!(4)),
    ] {
        assert_eq!(record[name], value, "{name}");
    }
}

#[tokio::test]
async fn a_whole_answer_and_its_errors_come_as_they_are() {
    let body = r#"{ "id":"resp_up","object":"response","status":"completed","of_tomorrow":1.50,"output":[{"type":"later"}],"usage":{"input_tokens":1,"output_tokens":2,"total_tokens":3}}"#;
    let refusal = r#"{"error":{"message":"Unsupported parameter: 'x'","type":"invalid_request_error","param":"x","code":"unsupported_parameter"},"more":1.50}"#;
    let upstream =
        Upstream::sequence(vec![Script::chat_body(body), Script::status(400).json(refusal)])
            .await
            .takes_anything();
    let app = TestApp::start(&own(&upstream)).await;
    assert_eq!(app.post("/v1/responses", &ask(json!({}))).await.text(), body);
    let refused = app.post("/v1/responses", &ask(json!({"x": 1}))).await;
    assert_eq!((refused.status, refused.text()), (400, refusal));
}

/// The client is sent the beginning of a response meanwhile, and gets no second one.
#[tokio::test]
async fn a_silent_upstream_is_bridged_and_the_response_keeps_one_id() {
    let script = Script::stream_frames(&LITE_ANSWER).before_head(Step::WaitForSignal);
    let upstream = Upstream::start(script).await.takes_anything();
    let config = own(&upstream).tables("[timeouts]\nheartbeat = 0.05");
    let app = TestApp::start(&config).await;
    let body = ask(json!({"stream": true}));
    let (answer, ()) = tokio::join!(app.post("/v1/responses", &body), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        upstream.proceed();
    });
    let text = answer.text();
    assert_eq!(text.matches("event: response.created").count(), 1, "{text}");
    assert!(text.contains("event: response.in_progress") && !text.contains("resp_up"), "{text}");
    assert!(text.ends_with("\n\n") && text.contains("event: response.completed"), "{text}");
}

#[tokio::test]
async fn tokens_are_counted_where_the_upstream_can_and_estimated_elsewhere() {
    let count = r#"{"object":"response.input_tokens","input_tokens":77}"#;
    let upstream = Upstream::start(Script::chat_body(count)).await.takes_anything();
    let app = TestApp::start(&own(&upstream)).await;
    let counted = app.post("/v1/responses/input_tokens", &ask(json!({"stream": true}))).await;
    assert_eq!(counted.json(), json!({"object": "response.input_tokens", "input_tokens": 77}));
    let seen = upstream.requests().remove(0);
    assert!(seen.path.ends_with("/responses/input_tokens"), "{}", seen.path);
    let sent: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(sent, json!({"model": "gpt-6-sol", "input": "hi"}));

    let chat = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config("openai_compatible", &chat, "gpt-x")).await;
    let counted = app.post("/v1/responses/input_tokens", &ask(json!({}))).await.json();
    assert!(counted["input_tokens"].as_u64().unwrap() > 0, "{counted}");
    assert!(chat.requests().is_empty());
}

#[tokio::test]
async fn a_conversation_is_compacted_by_its_own_route_too() {
    let upstream = Upstream::start(Script::chat("We fixed the ferry.")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let answer = app.post("/v1/responses/compact", &ask(json!({"stream": true}))).await;
    let compacted = answer.json();
    assert_eq!(compacted["object"], "response.compaction", "{compacted:#}");
    assert_eq!(compacted["output"].as_array().unwrap().len(), 1);
    assert_eq!(compacted["output"][0]["type"], "compaction");
    let sent: Value = serde_json::from_slice(&upstream.requests().remove(0).body).unwrap();
    assert_eq!(sent["messages"].as_array().unwrap().len(), 2);
}

/// Codex goes on with POST at once by 426, and by no other status.
#[tokio::test]
async fn a_websocket_is_refused_in_words() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let headers = [
        ("connection", "upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let refused = request(app.addr, "GET", "/v1/responses", &headers, b"").await;
    assert_eq!(
        (refused.status, &refused.json()["error"]["code"]),
        (426, &json!("websocket_not_served"))
    );
    let bare = request(app.addr, "GET", "/v1/responses", &[], b"").await;
    assert_eq!((bare.status, &bare.json()["error"]["code"]), (404, &json!("not_found")));
}
