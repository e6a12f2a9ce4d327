//! OpenAI's endpoints whose bodies are passed on as they come.

use serde_json::{Value, json};

use crate::support::client::{BodyEnd, RawClient, request};
use crate::support::{Config, Script, TestApp, Upstream};

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

fn config(upstream: &Upstream) -> Config {
    Config::new().provider("up", &upstream.base_url()).model(
        "up",
        "m",
        "remote_identifier = \"remote\"",
    )
}

#[tokio::test]
async fn json_goes_and_comes_as_it_is() {
    for (path, upstream_path, body, answer, tokens) in [
        (
            "/v1/moderations",
            "/v1/moderations",
            r#"{ "input":[{"type":"text","text":"a"}], "model":"up/m" }"#,
            r#"{ "id":"modr-1","model":"omni","results":[{"flagged":false, "x":1.50}]}"#,
            Value::Null,
        ),
        (
            "/v1/rerank",
            "/v1/rerank",
            r#"{"model":"up/m","query":"q","documents":["a",{"text":"b"}],"top_n":1}"#,
            r#"{"id":"r","results":[{"index":1,"relevance_score":0.990}],"meta":{"billed_units":{"search_units":1},"tokens":{"input_tokens":12}}}"#,
            json!(12),
        ),
        (
            "/v2/rerank",
            "/v1/rerank",
            r#"{"model":"up/m","query":"q","documents":["a"]}"#,
            r#"{"results":[],"usage":{"total_tokens":9}}"#,
            json!(9),
        ),
        (
            "/rerank",
            "/v1/rerank",
            r#"{"model":"up/m","query":"q","documents":["a"]}"#,
            r#"{"results":[]}"#,
            Value::Null,
        ),
        (
            "/v1/images/generations",
            "/v1/images/generations",
            r#"{"model":"up/m","prompt":"a cat","n":1}"#,
            r#"{"created":1,"data":[{"b64_json":"AAAA"}],"usage":{"input_tokens":5,"output_tokens":7,"total_tokens":12}}"#,
            json!(5),
        ),
    ] {
        let upstream = Upstream::start(Script::chat_body(answer)).await;
        let app = TestApp::start(&config(&upstream)).await;
        let got = request(app.addr, "POST", path, &JSON, body.as_bytes()).await;
        assert_eq!((got.status, got.text()), (200, answer), "{path}");
        assert_eq!(got.header("content-type"), Some("application/json"));
        assert_eq!(got.header("x-llm-router-route"), Some("up/m;attempts=1"));
        let seen = upstream.requests().remove(0);
        assert_eq!(
            (seen.path.as_str(), seen.body),
            (upstream_path, body.replace("up/m", "remote").into())
        );
        let record = app.only_record().await;
        assert_eq!(record["prompt_tokens"], tokens, "{path}");
        let endpoint = path.trim_start_matches("/v1/").trim_start_matches("/v2").trim_matches('/');
        assert_eq!(record["endpoint"], endpoint.trim_end_matches("/generations"));
    }
}

#[tokio::test]
async fn sound_comes_as_it_is_made_and_is_not_kept_as_text() {
    let sound: [&[u8]; 3] =
        [b"ID3\x04\x00\xff\xfb", b"\x00\x01data: {\"error\":1}\n\n", b"\xfe\xff"];
    let script = Script::status(200).header("content-type", "audio/mpeg");
    let upstream = Upstream::start(script.clone().pieces(&sound)).await;
    let app = TestApp::start(&config(&upstream)).await;
    let body = r#"{"model":"up/m","input":"Say it.","voice":"alloy"}"#;
    let got = request(app.addr, "POST", "/v1/audio/speech", &JSON, body.as_bytes()).await;
    assert_eq!((got.status, got.header("content-type")), (200, Some("audio/mpeg")));
    assert_eq!(got.body, sound.concat());
    assert_eq!(upstream.requests()[0].header("accept"), Some("*/*"));
    let record = app.only_record().await;
    assert_eq!((&record["endpoint"], &record["status"]), (&json!("speech"), &json!("success")));
    assert_eq!(record["completion_tokens"], Value::Null);
    let id = record["id"].as_i64().unwrap();
    let whole = app.get(&format!("/monitor/invocations/{id}")).await.json();
    let length = sound.concat().len();
    assert_eq!(whole["response_body"], format!("[{length} bytes of audio/mpeg]"));
    assert_eq!(whole["request_body"], body);
}

#[tokio::test]
async fn what_breaks_off_is_cut_and_not_ended() {
    let script = Script::status(200).header("content-type", "audio/mpeg");
    let script = script.pieces(&["first", "second"]).reset_after_frames(1);
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&config(&upstream)).await;
    let mut client = RawClient::connect(app.addr).await;
    let body = r#"{"model":"up/m","input":"a","voice":"v"}"#;
    client.post_json("/v1/audio/speech", body, &[]).await;
    assert_eq!(client.read_head().await.status, 200);
    let (got, end) = client.read_body_and_end().await;
    assert_eq!(got, b"first");
    assert_ne!(end, BodyEnd::Complete);
    let record = app.only_record().await;
    assert_eq!(
        (&record["status"], &record["error_code"]),
        (&json!("error"), &json!("upstream_closed"))
    );
}

const EVENTS: [&str; 2] = [
    "event: image_generation.partial_image\ndata: {\"type\":\"image_generation.partial_image\",\"b64_json\":\"AA\"}\n\n",
    "event: image_generation.completed\ndata: {\"type\":\"image_generation.completed\",\"b64_json\":\"AAAA\",\"usage\":{\"input_tokens\":5,\"output_tokens\":7,\"total_tokens\":12}}\n\n",
];

#[tokio::test]
async fn events_come_as_they_are_and_tell_their_usage() {
    let body = r#"{"model":"up/m","prompt":"a cat","stream":true,"partial_images":1}"#;
    let upstream = Upstream::start(Script::stream_frames(&EVENTS)).await;
    let app = TestApp::start(&config(&upstream)).await;
    let got = request(app.addr, "POST", "/v1/images/generations", &JSON, body.as_bytes()).await;
    assert_eq!(got.header("content-type"), Some("text/event-stream"));
    assert_eq!((got.status, got.text()), (200, EVENTS.concat().as_str()));
    assert_eq!(upstream.requests()[0].body, body.replace("up/m", "remote"));
    let record = app.only_record().await;
    assert_eq!((&record["prompt_tokens"], &record["completion_tokens"]), (&json!(5), &json!(7)));
}

#[tokio::test]
async fn events_that_break_off_end_with_an_error_and_a_cut() {
    let body = r#"{"model":"up/m","prompt":"a cat","stream":true}"#;
    let script = Script::stream_frames(&EVENTS).reset_after_frames(1);
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&config(&upstream)).await;
    let mut client = RawClient::connect(app.addr).await;
    client.post_json("/v1/images/generations", body, &[]).await;
    assert_eq!(client.read_head().await.status, 200);
    let (got, end) = client.read_body_and_end().await;
    let text = String::from_utf8(got).unwrap();
    let rest = text.strip_prefix(EVENTS[0]).unwrap();
    assert!(rest.starts_with("event: error\ndata: {\"error\":{\"message\":"), "{rest}");
    assert_ne!(end, BodyEnd::Complete);
}

#[tokio::test]
async fn another_candidate_answers_before_the_first_byte() {
    let broken = Script::status(429).json(r#"{"error":{"message":"slow down"}}"#);
    let first = Upstream::start(broken).await;
    let second =
        Upstream::start(Script::status(200).header("content-type", "audio/wav").pieces(&[b"RIFF"]))
            .await;
    let config = config(&first).provider("there", &second.base_url()).model("there", "n", "");
    let app = TestApp::start(&config).await;
    let body = json!({"model": "up/m", "models": ["there/n"], "input": "a", "voice": "v"});
    let got = app.post("/v1/audio/speech", &body).await;
    assert_eq!((got.status, &got.body[..]), (200, &b"RIFF"[..]));
    assert_eq!(got.header("x-llm-router-route"), Some("there/n;attempts=2"));
    let sent: Value = serde_json::from_slice(&second.requests()[0].body).unwrap();
    assert_eq!((&sent["model"], sent.get("models")), (&json!("n"), Some(&json!(["there/n"]))));
}

#[tokio::test]
async fn the_vendors_refusal_comes_as_it_is() {
    let said = r#"{ "error":{"message":"no such voice","param":"voice","x":1.50}}"#;
    let upstream = Upstream::start(Script::status(400).json(said)).await;
    let app = TestApp::start(&config(&upstream)).await;
    let body = json!({"model": "up/m", "input": "a", "voice": "v"});
    let got = app.post("/v1/audio/speech", &body).await;
    assert_eq!((got.status, got.text()), (400, said));
}

#[tokio::test]
async fn who_has_no_such_endpoint_is_not_called() {
    let upstream = Upstream::start(Script::chat_body("{}")).await;
    let provider = format!(
        "[[providers]]\nname = \"deep\"\ntype = \"deepseek\"\nbase_url = \"{}\"\napi_key = \"k\"",
        upstream.base_url()
    );
    let config = config(&upstream)
        .tables(&provider)
        .model("deep", "d", "")
        .model("up", "gpt-4o", "")
        .model("up", "tts-1", "");
    let app = TestApp::start(&config).await;
    for (path, model, expected) in [
        ("/v1/rerank", "deep/d", "has a provider without an endpoint for rerank"),
        ("/v1/rerank", "up/gpt-4o", "serves `chat`, not rerank"),
        ("/v1/rerank", "up/tts-1", "serves `speech`, not rerank"),
        ("/v1/moderations", "up/nobody", "is unknown or not active"),
    ] {
        let body = json!({"model": model, "query": "q", "documents": [], "input": "a"});
        let got = app.post(path, &body).await;
        let shown: Value = got.json();
        let message = shown["error"]["message"].as_str().unwrap();
        assert!(message.contains(expected), "{message}");
        assert_eq!(shown["error"]["param"], "model");
    }
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn files_and_batches_are_told_to_be_elsewhere() {
    let upstream = Upstream::start(Script::chat_body("{}")).await;
    let app = TestApp::start(&config(&upstream)).await;
    for path in ["/v1/files", "/v1/files/file-1/content", "/v1/batches", "/v1/batches/b/cancel"] {
        let got = app.post(path, &json!({})).await;
        let shown: Value = got.json();
        assert_eq!(got.status, 404);
        let message = shown["error"]["message"].as_str().unwrap();
        assert!(message.contains("belong to an account at one provider"), "{message}");
    }
}
