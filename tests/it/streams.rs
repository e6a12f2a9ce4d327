//! A stream arrives as it was sent, however it was cut into pieces.

use serde_json::{Value, json};

use crate::support::client::Response;
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, streamed_chat};

const FINISH: &str = "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str = "data: {\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

fn content(text: &str) -> String {
    format!(
        "data: {{\"id\":\"c\",\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"finish_reason\":null}}]}}\n\n"
    )
}

async fn stream(script: Script, body: &Value) -> (Response, Value) {
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let answer = app.chat(body).await;
    assert!(upstream.requests()[0].json()["stream_options"]["include_usage"] == true);
    (answer, app.only_record().await)
}

#[tokio::test]
async fn frames_arrive_byte_for_byte_and_usage_that_was_not_asked_for_stays_here() {
    let frames = [content("a"), content("b"), FINISH.into(), USAGE.into(), DONE.into()];
    let (answer, record) = stream(Script::stream_frames(&frames), &streamed_chat("gpt-x")).await;
    assert_eq!(answer.text(), [&content("a"), &content("b"), FINISH, DONE].concat());
    assert_eq!(answer.header("content-type"), Some("text/event-stream; charset=utf-8"));
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    let expected = json!({
        "status": "success", "http_status": 200, "is_stream": true, "finish_reason": "stop",
        "prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11, "attempts": 1,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&record[name], value, "{name}");
    }
    assert!(record["ttft_ms"].as_f64().unwrap() <= record["duration_ms"].as_f64().unwrap());
}

#[tokio::test]
async fn usage_that_was_asked_for_arrives() {
    let mut body = streamed_chat("gpt-x");
    body["stream_options"] = json!({"include_usage": true});
    let frames = [content("a"), FINISH.into(), USAGE.into(), DONE.into()];
    let (answer, _) = stream(Script::stream_frames(&frames), &body).await;
    assert_eq!(answer.text(), frames.concat());
}

#[tokio::test]
async fn a_stream_split_at_every_byte_arrives_whole() {
    let frames = [content("café 1"), content("2"), FINISH.into(), USAGE.into(), DONE.into()];
    let script = Script::stream_frames(&frames).drip(1);
    let (answer, record) = stream(script, &streamed_chat("gpt-x")).await;
    assert_eq!(answer.text(), [&content("café 1"), &content("2"), FINISH, DONE].concat());
    assert_eq!(record["total_tokens"], 11);
}

#[tokio::test]
async fn crlf_and_named_events_pass_and_comments_do_not() {
    let frames = [
        String::from(": OPENROUTER PROCESSING\r\n\r\n"),
        content("a").replace('\n', "\r\n"),
        String::from("event: message\r\nid: 7\r\ndata: {\"model\":\"m\",\"choices\":[]}\r\n\r\n"),
        FINISH.replace('\n', "\r\n"),
        DONE.replace('\n', "\r\n"),
    ];
    let (answer, record) = stream(Script::stream_frames(&frames), &streamed_chat("gpt-x")).await;
    assert_eq!(answer.text(), frames[1..].concat());
    assert_eq!(record["status"], "success");
}

#[tokio::test]
async fn a_last_frame_without_its_blank_line_counts() {
    let frames = [content("a"), FINISH.into(), USAGE.trim_end().to_owned()];
    let (answer, record) = stream(Script::stream_frames(&frames), &streamed_chat("gpt-x")).await;
    assert_eq!(answer.text(), [&content("a"), FINISH, DONE].concat());
    assert_eq!((&record["status"], &record["total_tokens"]), (&json!("success"), &json!(11)));
}

#[tokio::test]
async fn a_stream_that_ends_without_done_after_its_finish_reason_is_complete() {
    let (answer, record) =
        stream(Script::stream_frames(&[&content("a"), FINISH]), &streamed_chat("gpt-x")).await;
    assert_eq!(answer.text(), [&content("a"), FINISH, DONE].concat());
    assert_eq!(record["status"], "success");
}

#[tokio::test]
async fn a_frame_of_10_mib_passes_and_one_beyond_all_measure_does_not() {
    let big = content(&"x".repeat(10 * 1024 * 1024));
    let (answer, _) =
        stream(Script::stream_frames(&[&big, FINISH, DONE]), &streamed_chat("gpt-x")).await;
    assert_eq!(answer.text(), [&big, FINISH, DONE].concat());

    let endless = content(&"x".repeat(17 * 1024 * 1024));
    let script = Script::stream_frames(&[&content("a"), &endless, DONE]);
    let (answer, record) = stream(script, &streamed_chat("gpt-x")).await;
    let frames = answer.frames();
    assert_eq!(frames.len(), 2);
    assert!(String::from_utf8_lossy(&frames[1]).contains("longer than 16777216 bytes"));
    assert_eq!(record["error_code"], "upstream_bad_answer");
}

#[tokio::test]
async fn chunks_go_on_as_they_come() {
    let frames = [content("a"), content("b"), FINISH.into(), DONE.into()];
    let script = Script::stream_frames(&frames).after_frames(1, Step::WaitForSignal);
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    assert_eq!(client.read_head().await.status, 200);
    assert_eq!(client.read_frame().await, content("a"));
    upstream.proceed();
    assert_eq!(client.read_frame().await, content("b"));
}

#[tokio::test]
async fn a_quiet_stream_gets_comments() {
    let frames = [content("a"), FINISH.into(), DONE.into()];
    let script = Script::stream_frames(&frames).after_frames(1, Step::WaitForSignal);
    let upstream = Upstream::start(script).await;
    let config = Config::with(&upstream).tables("[timeouts]\nheartbeat = 0.05");
    let app = TestApp::start(&config).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    let mut frame = client.read_frame_after_head().await;
    while frame == ": keepalive\n\n" {
        frame = client.read_frame().await;
    }
    assert_eq!(frame, content("a"));
    for _ in 0..3 {
        assert_eq!(client.read_frame().await, ": keepalive\n\n");
    }
    upstream.proceed();
    let (rest, _) = client.read_to_end().await;
    let rest: Vec<_> = rest.into_iter().filter(|frame| frame != ": keepalive\n\n").collect();
    assert_eq!(rest.concat(), [FINISH, DONE].concat().as_bytes());
}

#[tokio::test]
async fn the_wait_for_the_first_chunk_is_bridged_with_comments_too() {
    let frames = [content("a"), FINISH.into(), DONE.into()];
    let script = Script::stream_frames(&frames).before_head(Step::WaitForSignal);
    let upstream = Upstream::start(script).await;
    let config = Config::with(&upstream).tables("[timeouts]\nheartbeat = 0.05");
    let app = TestApp::start(&config).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    assert_eq!(client.read_head().await.status, 200);
    for _ in 0..3 {
        assert_eq!(client.read_frame().await, ": keepalive\n\n");
    }
    upstream.proceed();
    let (rest, _) = client.read_to_end().await;
    let rest: Vec<_> = rest.into_iter().filter(|frame| frame != ": keepalive\n\n").collect();
    assert_eq!(rest.concat(), [&content("a"), FINISH, DONE].concat().as_bytes());
}

#[tokio::test]
async fn a_slow_reader_gets_every_chunk() {
    let frames: Vec<String> =
        (0..3000).map(|n| content(&format!("{n} {}", "x".repeat(300)))).collect();
    let all: Vec<String> = [frames.clone(), vec![FINISH.into(), DONE.into()]].concat();
    let upstream = Upstream::start(Script::stream_frames(&all)).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    client.read_head().await;
    client.read_frame().await;
    // Nothing is read for a while.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let (rest, _) = client.read_to_end().await;
    assert_eq!(rest.concat(), all[1..].concat().as_bytes());
}

/// What the kernel may hold of a stream between the upstream and a client, and 4 MiB for the router.
fn most_that_may_be_held() -> u64 {
    let largest = |name: &str| -> u64 {
        let sizes = std::fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).unwrap();
        sizes.split_whitespace().last().unwrap().parse().unwrap()
    };
    let connections = 2;
    connections * (largest("tcp_rmem") + largest("tcp_wmem")) + 4 * 1024 * 1024
}

#[tokio::test]
async fn a_client_that_reads_nothing_holds_the_upstream_back() {
    let frame = content(&"x".repeat(16 * 1024));
    let endless = Upstream::start(Script::stream_frames(&[&frame]).repeat_frame(1)).await;
    let other = Upstream::start(Script::chat("hi")).await;
    let config = Config::new()
        .provider("endless", &endless.base_url())
        .model("endless", "gpt-x", "")
        .provider("other", &other.base_url())
        .model("other", "gpt-y", "");
    let app = TestApp::start(&config).await;
    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    assert_eq!(client.read_frame_after_head().await, frame);

    // Held back is what goes no further while each of the router's workers has its turns: the calls
    // are dealt out among them. No time is measured, and a router that reads on goes beyond the bound.
    let (bound, mut taken) = (most_that_may_be_held(), 0);
    while taken == 0 || taken != endless.bytes_repeated() {
        taken = endless.bytes_repeated();
        assert!(taken <= bound, "{taken} bytes were read for a client that reads nothing");
        for _ in 0..20 {
            assert_eq!(app.chat(&chat("gpt-y")).await.status, 200);
        }
    }
    assert_eq!(endless.open_connections(), 1, "it is held, not given up");

    client.hang_up_rst();
    endless.wait_for_open_connections(0).await;
    let records = app.records().await;
    let outcome = |record: &&Value| record["status"] == "cancelled";
    assert_eq!(records.iter().filter(outcome).count(), 1, "{records:#?}");
}
