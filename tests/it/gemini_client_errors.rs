//! Errors of Gemini's API in Google's format, and failures of its streams.

use serde_json::{Value, json};

use crate::gemini_client::{STREAM, WHOLE, ask, frames};
use crate::messages::config;
use crate::support::client::{BodyEnd, RawClient, request};
use crate::support::{Config, Script, Step, TestApp, Upstream};

#[tokio::test]
async fn the_routers_own_errors_have_googles_form() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let file = json!({"contents": [{"parts": [{"fileData": {"fileUri": "files/a"}}]}]});
    for (path, body, status, kind, param) in [
        (WHOLE, json!({}), 400, "INVALID_ARGUMENT", Some("contents")),
        (WHOLE, json!({"contents": 5}), 400, "INVALID_ARGUMENT", Some("contents")),
        (STREAM, json!({"contents": []}), 400, "INVALID_ARGUMENT", Some("contents")),
        (WHOLE, file, 400, "INVALID_ARGUMENT", Some("contents[0].parts[0].fileData")),
        (
            WHOLE,
            ask(json!({"cachedContent": "cachedContents/1"})),
            400,
            "INVALID_ARGUMENT",
            Some("cachedContent"),
        ),
        ("/v1beta/models/nothing:generateContent", ask(json!({})), 404, "NOT_FOUND", Some("model")),
        ("/v1beta/models/up/m:predict", ask(json!({})), 404, "NOT_FOUND", None),
        ("/api/v1beta/models/m:batchGenerateContent", ask(json!({})), 404, "NOT_FOUND", None),
        ("/v1beta/models/up/m", ask(json!({})), 405, "UNIMPLEMENTED", None),
        ("/v1beta/batches", json!({}), 404, "NOT_FOUND", None),
        ("/v1beta/tunedModels/m:generateContent", ask(json!({})), 404, "NOT_FOUND", None),
        ("/v1beta/files", json!({}), 404, "NOT_FOUND", None),
        ("/v1beta/cachedContents", json!({}), 404, "NOT_FOUND", None),
        ("/v1beta/interactions", json!({}), 404, "NOT_FOUND", None),
    ] {
        let answer = app.post(path, &body).await;
        let error = answer.json()["error"].take();
        assert_eq!((answer.status, &error["status"]), (status, &json!(kind)), "{path} {error}");
        assert_eq!(error["code"], status);
        let details = error["details"].as_array().unwrap();
        let violations = details.iter().find_map(|detail| detail.get("fieldViolations"));
        let field = violations.and_then(|violations| violations[0]["field"].as_str());
        assert_eq!(field, param, "{path} {error}");
    }
    let headers = [("content-type", "text/plain")];
    let refused = request(app.addr, "POST", WHOLE, &headers, b"{}").await;
    assert_eq!((refused.status, refused.json()["error"]["code"].clone()), (415, json!(415)));
}

#[tokio::test]
async fn a_stranger_is_refused_in_googles_form() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    let headers = [
        ("content-type", "application/json"),
        ("x-forwarded-for", "203.0.113.9"),
        ("x-goog-api-key", "sk-unknown"),
    ];
    let body = ask(json!({})).to_string();
    for path in [WHOLE, "/v1/models/m:generateContent", "/v1beta/files"] {
        let refused = request(app.addr, "POST", path, &headers, body.as_bytes()).await;
        assert_eq!(
            (refused.status, refused.json()["error"]["status"].clone()),
            (401, json!("UNAUTHENTICATED")),
            "{path}"
        );
    }
    let hinted =
        request(app.addr, "POST", &format!("{WHOLE}?key=sk-x"), &headers[..2], b"{}").await;
    let told = hinted.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(hinted.status == 401 && told.contains("query string"), "{told}");
}

#[tokio::test]
async fn refusals_of_other_apis_get_googles_words() {
    let error = |message: &str, code: &str| {
        json!({"error": {"message": message, "type": "x", "code": code}}).to_string()
    };
    for (status, body, expected, kind, begins) in [
        (
            400,
            error(
                "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
                "context_length_exceeded",
            ),
            400,
            "INVALID_ARGUMENT",
            "The input token count (9000) exceeds the maximum number of tokens allowed (8192)",
        ),
        (503, error("busy", "x"), 503, "UNAVAILABLE", "provider `up`: answered 503"),
        (429, error("slow down", "x"), 429, "RESOURCE_EXHAUSTED", "provider `up`: answered 429"),
        (500, error("oops", "x"), 502, "INTERNAL", "provider `up`: answered 500"),
        (
            401,
            error("sk-upstream is wrong", "x"),
            502,
            "INTERNAL",
            "provider `up`: answered 401: the router's key",
        ),
    ] {
        let upstream = Upstream::start(Script::status(status).json(&body)).await;
        let config = config("openai_compatible", &upstream, "gpt-x").routing("retries = 0");
        let app = TestApp::start(&config).await;
        let answer = app.post(WHOLE, &ask(json!({}))).await;
        let told = answer.json();
        assert_eq!((answer.status, &told["error"]["status"]), (expected, &json!(kind)), "{told}");
        let message = told["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(begins), "{message}");
    }
}

#[tokio::test]
async fn a_wait_is_told_as_google_tells_it() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let limit = "remote_identifier = \"x\"\nrate_limit = {max_requests = 1, per_seconds = 60}";
    let config = config("openai_compatible", &upstream, "gpt-x").model("up", "slow", limit);
    let app = TestApp::start(&config).await;
    let path = "/v1beta/models/up/slow:generateContent";
    assert_eq!(app.post(path, &ask(json!({}))).await.status, 200);
    let refused = app.post(path, &ask(json!({}))).await;
    let details = refused.json()["error"]["details"].take();
    let wait = details.as_array().unwrap().iter().find_map(|it| it["retryDelay"].as_str());
    assert_eq!(refused.status, 429);
    let wait: u64 = wait.unwrap().strip_suffix('s').unwrap().parse().unwrap();
    assert_eq!(Some(wait.to_string().as_str()), refused.header("retry-after"));
}

/// An end of the answer would be taken for a good one.
#[tokio::test]
async fn a_stream_that_breaks_ends_with_an_error_and_the_connection_is_cut() {
    let script = Script::stream(&["a", "b", "c"]).reset_after_frames(3);
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&config("openai_compatible", &upstream, "gpt-x")).await;
    for path in [STREAM, "/v1beta/models/up/m:streamGenerateContent"] {
        let mut client = RawClient::connect(app.addr).await;
        client.post_json(path, &ask(json!({})).to_string(), &[]).await;
        assert_eq!(client.read_head().await.status, 200);
        let (body, end) = client.read_body_and_end().await;
        assert!(end != BodyEnd::Complete, "{end:?}");
        let text = String::from_utf8(body).unwrap();
        let found: Vec<Value> = match path {
            STREAM => frames(&text),
            _ => serde_json::from_str(&text).unwrap(),
        };
        let (last, mut before) = found.split_last().unwrap();
        assert_eq!(last["error"]["status"], "INTERNAL", "{last}");
        if path == STREAM {
            let alone;
            (alone, before) = before.split_last().unwrap();
            assert_eq!(alone, last, "for Google's older SDKs");
        }
        assert!(before.iter().all(|frame| frame["candidates"][0]["finishReason"].is_null()));
    }
}

#[tokio::test]
async fn empty_lines_bridge_the_wait_for_the_first_frame() {
    let script = Script::stream(&["a"]).before_head(Step::WaitForSignal);
    let upstream = Upstream::start(script).await;
    let config: Config =
        config("openai_compatible", &upstream, "gpt-x").tables("[timeouts]\nheartbeat = 0.05");
    let app = TestApp::start(&config).await;
    let body = ask(json!({}));
    let (answer, ()) = tokio::join!(app.post(STREAM, &body), async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        upstream.proceed();
    });
    let text = answer.text();
    let waited = text.len() - text.trim_start_matches('\n').len();
    assert!(waited > 0 && text[waited..].starts_with("data: "), "{text}");
    let found = frames(text.trim_start_matches('\n'));
    assert_eq!(found.last().unwrap()["candidates"][0]["finishReason"], "STOP");
}
