//! Forms with files: they go on as they came, with the upstream's name of the model.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::client::{RawClient, request};
use crate::support::{Config, Script, Step, TestApp, Upstream, secs};

const TYPE: &str = "multipart/form-data; boundary=b0";
const FORM: [(&str, &str); 1] = [("content-type", TYPE)];

fn config(upstream: &Upstream) -> Config {
    Config::new().provider("up", &upstream.base_url()).model(
        "up",
        "m",
        "remote_identifier = \"remote-model\"",
    )
}

/// The file comes before the model, as OpenAI's SDKs send it.
fn form(file: &[u8], model: Option<&str>) -> Vec<u8> {
    let mut body = b"--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\
        Content-Type: audio/wav\r\n\r\n"
        .to_vec();
    body.extend_from_slice(file);
    if let Some(model) = model {
        let part = "\r\n--b0\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n";
        body.extend_from_slice(part.as_bytes());
        body.extend_from_slice(model.as_bytes());
    }
    body.extend_from_slice(
        b"\r\n--b0\r\nContent-Disposition: form-data; name=\"response_format\"\r\n\r\njson\r\n--b0--\r\n",
    );
    body
}

fn sound(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[tokio::test]
async fn a_form_goes_on_with_the_upstreams_name_of_the_model() {
    for (path, endpoint) in [
        ("/v1/audio/transcriptions", "transcriptions"),
        ("/v1/audio/translations", "translations"),
        ("/v1/images/edits", "image_edits"),
        ("/v1/images/variations", "image_variations"),
    ] {
        for length in [100, 3_000_000] {
            let answer = r#"{"text":"hi", "usage":{"type":"tokens","input_tokens":14,"output_tokens":9,"total_tokens":23}}"#;
            let upstream = Upstream::start(Script::chat_body(answer)).await;
            let app = TestApp::start(&config(&upstream)).await;
            let file = sound(length);
            let got = request(app.addr, "POST", path, &FORM, &form(&file, Some("up/m"))).await;
            assert_eq!((got.status, got.text()), (200, answer), "{path}");
            let seen = upstream.requests().remove(0);
            assert_eq!((seen.path.as_str(), seen.header("content-type")), (path, Some(TYPE)));
            assert!(seen.body == form(&file, Some("remote-model")), "{path} {length}");
            let record = app.only_record().await;
            assert_eq!(
                (&record["endpoint"], &record["prompt_tokens"], &record["completion_tokens"]),
                (&json!(endpoint), &json!(14), &json!(9))
            );
            let whole = app.get(&format!("/monitor/invocations/{}", record["id"])).await.json();
            let kept: Value =
                serde_json::from_str(whole["request_body"].as_str().unwrap()).unwrap();
            let file = format!("[{length} bytes, a.wav]");
            let fields = json!({"file": file, "model": "up/m", "response_format": "json"});
            assert_eq!(kept, fields);
        }
    }
}

#[tokio::test]
async fn a_form_without_a_length_is_taken() {
    let upstream = Upstream::start(Script::chat_body(r#"{"text":"hi"}"#)).await;
    let app = TestApp::start(&config(&upstream)).await;
    let body = form(&sound(100_000), Some("up/m"));
    let mut chunks = Vec::new();
    for piece in body.chunks(7_000) {
        chunks.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        chunks.extend_from_slice(piece);
        chunks.extend_from_slice(b"\r\n");
    }
    chunks.extend_from_slice(b"0\r\n\r\n");
    let headers = [FORM[0], ("transfer-encoding", "chunked")];
    let got = request(app.addr, "POST", "/v1/audio/transcriptions", &headers, &chunks).await;
    assert_eq!((got.status, got.text()), (200, r#"{"text":"hi"}"#));
    let seen = upstream.requests().remove(0);
    assert!(seen.body == form(&sound(100_000), Some("remote-model")));
    assert!(seen.header("content-length").is_some());
}

#[tokio::test]
async fn texts_and_events_come_as_they_are() {
    let events = [
        "data: {\"type\":\"transcript.text.delta\",\"delta\":\"hi\"}\n\n",
        "data: {\"type\":\"transcript.text.done\",\"text\":\"hi\",\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}\n\n",
    ];
    for (script, content_type, expected, kept) in [
        (
            Script::status(200).body("text/plain; charset=utf-8", "hi there\n"),
            "text/plain; charset=utf-8",
            "hi there\n",
            "hi there\n",
        ),
        (Script::stream_frames(&events), "text/event-stream", &*events.concat(), &*events.concat()),
    ] {
        let upstream = Upstream::start(script).await;
        let app = TestApp::start(&config(&upstream)).await;
        let body = form(b"RIFF", Some("up/m"));
        let got = request(app.addr, "POST", "/v1/audio/transcriptions", &FORM, &body).await;
        assert_eq!((got.status, got.text()), (200, expected));
        assert_eq!(got.header("content-type"), Some(content_type));
        let record = app.only_record().await;
        let whole = app.get(&format!("/monitor/invocations/{}", record["id"])).await.json();
        assert_eq!(whole["response_body"], kept);
    }
}

/// The body lies where it can be sent again.
#[tokio::test]
async fn another_candidate_gets_the_same_form() {
    for length in [1_000, 2_500_000] {
        let slow = Script::status(429).json(r#"{"error":{"message":"slow down"}}"#);
        let first = Upstream::start(slow).await;
        let second = Upstream::start(Script::chat_body(r#"{"text":"hi"}"#)).await;
        let config = Config::new()
            .provider("up", &first.base_url())
            .model("up", "m", "[models.config]\nfallbacks = [\"there/n\"]")
            .provider("there", &second.base_url())
            .model("there", "n", "");
        let app = TestApp::start(&config).await;
        let body = form(&sound(length), Some("up/m"));
        let got = request(app.addr, "POST", "/v1/audio/transcriptions", &FORM, &body).await;
        assert_eq!((got.status, got.text()), (200, r#"{"text":"hi"}"#));
        assert!(first.requests()[0].body == form(&sound(length), Some("m")));
        assert!(second.requests()[0].body == form(&sound(length), Some("n")));
        assert_eq!(got.header("x-llm-router-route"), Some("there/n;attempts=2"));
    }
}

#[tokio::test]
async fn the_vendors_refusal_comes_as_it_is() {
    let said = r#"{ "error":{"message":"Invalid file format.","x":1.50}}"#;
    let upstream = Upstream::start(Script::status(400).json(said)).await;
    let app = TestApp::start(&config(&upstream)).await;
    let body = form(b"RIFF", Some("up/m"));
    let got = request(app.addr, "POST", "/v1/audio/transcriptions", &FORM, &body).await;
    assert_eq!((got.status, got.text()), (400, said));
}

#[tokio::test]
async fn an_upstream_that_dies_while_it_is_sent_to_is_told() {
    for script in [
        Script::refuse_at_once(),
        Script::exactly(vec![Step::Reset]),
        Script::chat_body(r#"{"text":"hi"}"#).cut_frame_in_half(1),
    ] {
        let upstream = Upstream::start(script).await;
        let app = TestApp::start(&config(&upstream)).await;
        let body = form(&sound(2_000_000), Some("up/m"));
        let got = request(app.addr, "POST", "/v1/audio/transcriptions", &FORM, &body).await;
        let shown: Value = got.json();
        assert_eq!(got.status, 502, "{shown}");
        assert_eq!(app.only_record().await["status"], "error");
    }
}

#[tokio::test]
async fn hostile_forms_are_refused_in_words() {
    let upstream = Upstream::start(Script::chat_body("{}")).await;
    let app = TestApp::start(&config(&upstream).server("max_body_bytes = 100000")).await;
    let fine = form(b"RIFF", Some("up/m"));
    let large = form(&sound(200_000), Some("up/m"));
    let twice = [&fine[..fine.len() - 8], b"\r\n", &fine[..]].concat();
    for (headers, body, status, expected) in [
        (&FORM[..], &fine[..50], 400, "it has no end"),
        (&FORM[..], &large[..], 413, "larger than 100000 bytes ([server] max_body_bytes)"),
        (&FORM[..], &twice[..], 400, "`model` is given twice"),
        (&[("content-type", "multipart/form-data")][..], &fine[..], 400, "names no boundary"),
        (&[("content-type", "text/plain")][..], &fine[..], 415, "content-type must be"),
        (&[FORM[0], ("content-encoding", "gzip")][..], &fine[..], 415, "content-encoding"),
        (&FORM[..], &form(b"RIFF", None)[..], 400, "no model is named"),
        (&FORM[..], &form(b"RIFF", Some("nobody"))[..], 404, "is unknown or not active"),
    ] {
        let got = request(app.addr, "POST", "/v1/audio/transcriptions", headers, body).await;
        let shown: Value = got.json();
        let message = shown["error"]["message"].as_str().unwrap();
        assert!(got.status == status && message.contains(expected), "{} {message}", got.status);
    }
    assert_eq!(upstream.requests().len(), 0);
}

#[tokio::test]
async fn a_client_that_leaves_while_it_sends_is_no_call() {
    let upstream = Upstream::start(Script::chat_body("{}")).await;
    let app = TestApp::start(&config(&upstream)).await;
    let body = form(&sound(2_000_000), Some("up/m"));
    let head = format!(
        "POST /v1/audio/transcriptions HTTP/1.1\r\nhost: h\r\ncontent-type: {TYPE}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut client = RawClient::connect(app.addr).await;
    client.send_raw(head).await;
    client.send_raw(&body[..1_500_000]).await;
    client.hang_up_rst();
    // The next call is served all the same.
    let got = request(app.addr, "POST", "/v1/audio/transcriptions", &FORM, &body).await;
    assert_eq!(got.status, 200);
    app.only_record().await;
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_client_that_leaves_while_it_waits_ends_the_call() {
    let upstream = Upstream::start(Script::exactly(vec![Step::Stall])).await;
    let app = TestApp::start(&config(&upstream)).await;
    let body = form(b"RIFF", Some("up/m"));
    let mut client = RawClient::connect(app.addr).await;
    client.send_request("POST", "/v1/audio/transcriptions", &FORM, &body).await;
    upstream.wait_for_requests(1).await;
    client.hang_up_rst();
    upstream.expect_closed_within(secs(5) + Duration::ZERO).await;
    assert_eq!(app.only_record().await["status"], "cancelled");
}
