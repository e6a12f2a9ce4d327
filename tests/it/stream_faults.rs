//! Whatever happens to a stream: before its first chunk it is an ordinary error, after it an
//! error frame and the end; never a silent stop.

use serde_json::{Value, json};

use crate::support::app::outcome;
use crate::support::client::{BodyEnd, Response};
use crate::support::{Config, Script, Step, TestApp, Upstream, secs, streamed_chat};

const SHORT: &str = "[timeouts]\nhead = 0.3\nfirst_chunk = 0.3\nidle = 0.3";

async fn stream(script: Script) -> (Response, Value) {
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&Config::with(&upstream).tables(SHORT)).await;
    let answer = app.chat(&streamed_chat("gpt-x")).await;
    (answer, app.only_record().await)
}

fn last_error(answer: &Response) -> Value {
    let frames = answer.frames();
    let last = String::from_utf8_lossy(frames.last().unwrap()).into_owned();
    assert!(last.ends_with("\n\n"), "a half frame: {last}");
    assert!(!answer.text().contains("[DONE]"), "an error is not a good end");
    serde_json::from_str(last.strip_prefix("data: ").unwrap()).unwrap()
}

#[tokio::test]
async fn a_failure_before_the_first_chunk_is_an_ordinary_error() {
    for (script, status, code) in [
        (Script::stream(&["a"]).before_head(Step::Stall), 504, "upstream_timeout"),
        (Script::stream(&["a"]).stall_after_frames(0), 504, "upstream_timeout"),
        (Script::stream(&["a"]).close_after_frames(0), 502, "upstream_closed"),
        (Script::stream(&["a"]).reset_after_frames(0), 502, "upstream_closed"),
        (Script::stream(&["a"]).cut_frame_in_half(1), 502, "upstream_closed"),
        (Script::stream_frames(&["data: [DONE]\n\n"]), 502, "upstream_bad_answer"),
        (Script::stream_frames(&[": only a comment\n\n"]), 502, "upstream_closed"),
        (Script::stream_frames(&["data: nonsense\n\n"]), 502, "upstream_bad_answer"),
        (
            Script::stream_frames(&["data: {\"error\":{\"message\":\"overloaded\"}}\n\n"]),
            502,
            "upstream_stream_error",
        ),
        (Script::chat("whole"), 502, "upstream_bad_answer"),
        (
            Script::status(200).body("application/json", r#"{"error":{"message":"no"}}"#),
            502,
            "upstream_bad_answer",
        ),
        (Script::status(200).body("text/html", "<html>"), 502, "upstream_bad_answer"),
    ] {
        let shown = format!("{script:?}");
        let (answer, record) = stream(script).await;
        assert_eq!(answer.status, status, "{shown}: {}", answer.text());
        assert_eq!(answer.json()["error"]["code"], code, "{shown}: {}", answer.text());
        assert_eq!(outcome(&record), format!("error {status} {code}"), "{shown}");
    }
}

#[tokio::test]
async fn a_failure_after_the_first_chunk_is_an_error_frame_and_the_end() {
    let error = "data: {\"error\":{\"message\":\"overloaded\",\"code\":529}}\n\n";
    let first = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n";
    for (script, code) in [
        (Script::stream(&["a", "b"]).stall_after_frames(2), "upstream_timeout"),
        (Script::stream(&["a", "b"]).close_after_frames(2), "upstream_closed"),
        (Script::stream(&["a", "b"]).reset_after_frames(2), "upstream_closed"),
        (Script::stream(&["a", "b"]).cut_frame_in_half(3), "upstream_closed"),
        (Script::stream_frames(&[first, error]), "upstream_stream_error"),
        (Script::stream_frames(&[first, "data: half", "\n\n"]), "upstream_bad_answer"),
        (Script::stream_frames(&[first]), "upstream_closed"),
    ] {
        let shown = format!("{script:?}");
        let (answer, record) = stream(script).await;
        assert_eq!(answer.status, 200, "{shown}");
        assert!(answer.text().contains("\"content\":\"a\""), "{shown}: {}", answer.text());
        assert_eq!(last_error(&answer)["error"]["code"], code, "{shown}: {}", answer.text());
        assert_eq!(record["error_code"], code, "{shown}");
        assert_eq!(record["status"], "error", "{shown}");
    }
}

#[tokio::test]
async fn a_stalled_stream_gives_its_connection_up() {
    let upstream = Upstream::start(Script::stream(&["a", "b"]).stall_after_frames(2)).await;
    let app = TestApp::start(&Config::with(&upstream).tables(SHORT)).await;
    app.chat(&streamed_chat("gpt-x")).await;
    upstream.expect_closed_within(secs(1)).await;
}

#[tokio::test]
async fn comments_bridge_no_deadline_of_the_first_chunk() {
    let comments: Vec<&str> = vec![": processing\n\n"; 50];
    let mut script = Script::stream_frames(&comments);
    for n in 0..50 {
        script = script.after_frames(n, Step::Pause(std::time::Duration::from_millis(50)));
    }
    let (answer, record) = stream(script).await;
    assert_eq!(answer.status, 504, "{}", answer.text());
    assert!(record["error_message"].as_str().unwrap().contains("first chunk"), "{record}");
}

#[tokio::test]
async fn an_event_that_comes_byte_by_byte_is_silence_to_the_client() {
    let mut script =
        Script::stream(&["a", "b"]).after_frames(2, Step::Send(b"1\r\n:\r\n".to_vec()));
    for _ in 0..40 {
        let gap = Step::Pause(std::time::Duration::from_millis(20));
        script = script.after_frames(2, gap).after_frames(2, Step::Send(b"1\r\n \r\n".to_vec()));
    }
    script = script.after_frames(2, Step::Send(b"2\r\n\n\n\r\n".to_vec()));
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&Config::with(&upstream).tables("[timeouts]\nheartbeat = 0.2")).await;
    let answer = app.chat(&streamed_chat("gpt-x")).await;
    assert!(answer.text().contains(": keepalive\n\n"), "{}", answer.text());
    assert!(answer.text().ends_with("data: [DONE]\n\n"), "{}", answer.text());
}

#[tokio::test]
async fn usage_that_came_before_the_break_is_in_the_books() {
    let frames = [
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":1}}\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n",
    ];
    let (_, record) = stream(Script::stream_frames(&frames).reset_after_frames(2)).await;
    assert_eq!((&record["prompt_tokens"], &record["status"]), (&json!(9), &json!("error")));
}

#[tokio::test]
async fn a_failure_after_the_wait_was_bridged_is_reported_in_the_stream() {
    for script in [
        Script::stream(&["a"]).before_head(Step::Stall),
        Script::status(500)
            .json("{}")
            .before_head(Step::Pause(std::time::Duration::from_millis(200))),
    ] {
        let upstream = Upstream::start(script).await;
        let config = Config::with(&upstream).tables(&format!("{SHORT}\nheartbeat = 0.05"));
        let app = TestApp::start(&config).await;
        let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
        assert_eq!(client.read_head().await.status, 200);
        let (frames, end) = client.read_to_end().await;
        assert_eq!(end, BodyEnd::Complete);
        let last = String::from_utf8_lossy(frames.last().unwrap()).into_owned();
        assert!(last.contains("\"error\""), "{last}");
        assert_eq!(app.only_record().await["status"], "error");
    }
}
