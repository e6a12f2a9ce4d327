//! A client of Gemini's API at an upstream of the same API: bytes go and come as they are.

use serde_json::{Value, json};

use crate::gemini_client::{STREAM, WHOLE, accumulated, ask, frames};
use crate::messages::config;
use crate::support::client::{BodyEnd, RawClient, request};
use crate::support::{Script, TestApp, Upstream};

const ANSWER: &str = r#"{ "candidates":[{"content":{"role":"model","parts":[{"text":"caf\u00e9","thoughtSignature":"c2ln", "x_new":1.50}]},
"finishReason":"STOP","groundingMetadata":{}}],"usageMetadata":{"promptTokenCount":65,"cachedContentTokenCount":50,"candidatesTokenCount":12,"thoughtsTokenCount":8,"totalTokenCount":85},
"modelVersion":"gemini-3-flash","responseId":"r1"}"#;

const FRAMES: [&str; 2] = [
    "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"a\", \"x\": 1.50}],\"role\": \"model\"}}],\"responseId\": \"r\"}\r\n\r\n",
    "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"b\"}],\"role\": \"model\"},\"finishReason\": \"STOP\"}],\"usageMetadata\": {\"promptTokenCount\": 9,\"candidatesTokenCount\": 3,\"totalTokenCount\": 12}}\r\n\r\n",
];

const HEADERS: [(&str, &str); 2] =
    [("content-type", "application/json"), ("x-goog-api-key", "anything")];

#[tokio::test]
async fn a_request_goes_as_it_came_and_so_does_its_answer() {
    let upstream = Upstream::start(Script::chat_body(ANSWER)).await.takes_anything();
    let app = TestApp::start(&config("gemini", &upstream, "gemini-3-flash")).await;
    let body = r#"{ "contents":[{"role":"user","parts":[{"newPart":{},"x":"caf\u00e9"}]}], "x_new":{"n":1.50}, "cachedContent":"cachedContents/1",
 "tools":[{"googleSearch":{}}], "safetySettings":[{"category":"A"}], "generation_config":{"topK":64.0} }"#;
    let answer = request(app.addr, "POST", WHOLE, &HEADERS, body.as_bytes()).await;
    assert_eq!((answer.status, answer.text()), (200, ANSWER));
    let seen = upstream.requests().remove(0);
    assert_eq!(seen.body, body);
    assert!(seen.path.ends_with("/models/gemini-3-flash:generateContent"), "{}", seen.path);
    assert_eq!(seen.header("x-goog-api-key"), Some("sk-upstream"));
    let record = app.only_record().await;
    assert_eq!(
        (&record["prompt_tokens"], &record["cached_tokens"], &record["completion_tokens"]),
        (&json!(65), &json!(50), &json!(20))
    );
}

#[tokio::test]
async fn a_stream_passes_frame_by_frame_and_nothing_else() {
    let noisy =
        [": hello\n\n", FRAMES[0], "event: ping\ndata: {}\n\n", FRAMES[1], "data: [DONE]\n\n"];
    let upstream = Upstream::start(Script::stream_frames(&noisy)).await.takes_anything();
    let app = TestApp::start(&config("gemini", &upstream, "gemini-3-flash")).await;
    let answer = app.post(STREAM, &ask(json!({}))).await;
    assert_eq!(answer.text(), FRAMES.concat());
    let list = app.post("/v1/models/up/m:streamGenerateContent", &ask(json!({}))).await;
    let elements: Vec<Value> = serde_json::from_str(list.text()).unwrap();
    let expected = (vec![json!({"text": "a", "x": 1.50}), json!({"text": "b"})], json!("STOP"));
    let (parts, reason, usage) = accumulated(&elements);
    assert_eq!((parts, reason), expected);
    assert_eq!(usage["totalTokenCount"], 12);
}

#[tokio::test]
async fn errors_come_as_the_vendor_wrote_them_but_for_those_of_the_routers_key() {
    let body = |status: &str, reason: &str| json!({"error": {"code": 400, "message": "odd", "status": status, "details": [{"@type": "x", "reason": reason}]}});
    for (status, told, expected) in [
        (400, body("INVALID_ARGUMENT", "ODD"), Ok(400)),
        (404, body("NOT_FOUND", "ODD"), Err(404)),
        (503, body("UNAVAILABLE", "ODD"), Ok(503)),
        (400, body("INVALID_ARGUMENT", "API_KEY_INVALID"), Err(502)),
    ] {
        let script = Script::status(status).json(&told.to_string());
        let upstream = Upstream::start(script).await.takes_anything();
        let config = config("gemini", &upstream, "gemini-3-flash").routing("retries = 0");
        let app = TestApp::start(&config).await;
        let answer = app.post(WHOLE, &ask(json!({}))).await;
        match expected {
            Ok(expected) => assert_eq!((answer.status, answer.json()), (expected, told)),
            Err(expected) => {
                let domain = answer.json()["error"]["details"][0]["domain"].take();
                assert_eq!((answer.status, domain), (expected, json!("llm-router")));
            }
        }
    }
}

#[tokio::test]
async fn an_error_in_a_stream_is_told_as_it_came_and_the_connection_is_cut() {
    let error = "data: {\"error\": {\"code\": 503, \"message\": \"full\", \"status\": \"UNAVAILABLE\"}}\r\n\r\n";
    let upstream =
        Upstream::start(Script::stream_frames(&[FRAMES[0], error])).await.takes_anything();
    let app = TestApp::start(&config("gemini", &upstream, "gemini-3-flash")).await;
    let mut client = RawClient::connect(app.addr).await;
    client.post_json(STREAM, &ask(json!({})).to_string(), &[]).await;
    client.read_head().await;
    let (body, end) = client.read_body_and_end().await;
    let alone = error.strip_prefix("data: ").unwrap();
    assert_eq!(String::from_utf8(body).unwrap(), [FRAMES[0], alone, error].concat());
    assert!(end != BodyEnd::Complete, "{end:?}");
}

#[tokio::test]
async fn tokens_are_counted_by_the_upstream_and_its_failure_does_no_harm() {
    let upstream =
        Upstream::start(Script::chat_body("{\"totalTokens\": 4321}")).await.takes_anything();
    let app = TestApp::start(&config("gemini", &upstream, "gemini-3-flash")).await;
    let path = "/v1beta/models/up/m:countTokens";
    let answer = app.post(path, &ask(json!({"systemInstruction": {"parts": []}}))).await;
    assert_eq!(answer.json(), json!({"totalTokens": 4321}));
    let seen = upstream.requests().remove(0);
    assert!(seen.path.ends_with("/models/gemini-3-flash:countTokens"), "{}", seen.path);
    let sent: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!(sent["generateContentRequest"]["model"], "models/gemini-3-flash");
    assert_eq!(sent["generateContentRequest"]["systemInstruction"], json!({"parts": []}));

    let broken = Upstream::start(Script::status(500)).await.takes_anything();
    let app = TestApp::start(&config("gemini", &broken, "gemini-3-flash")).await;
    for _ in 0..10 {
        let answer = app.post(path, &ask(json!({}))).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    assert!(app.get("/health/ready").await.status == 200);
}

/// Of the API's frames none is lost where the upstream's bytes are cut.
#[tokio::test]
async fn a_stream_may_be_cut_anywhere() {
    let dripping = Upstream::start(Script::stream_frames(&FRAMES).drip(1)).await.takes_anything();
    let app = TestApp::start(&config("gemini", &dripping, "gemini-3-flash")).await;
    let answer = app.post(STREAM, &ask(json!({}))).await;
    assert_eq!(answer.text(), FRAMES.concat());
    assert_eq!(frames(&answer.text().replace('\r', "")).len(), 2);
}
