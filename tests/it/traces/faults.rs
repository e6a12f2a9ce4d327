//! A collector that is slow, refuses, talks nonsense or is gone costs no call anything.

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{collector, config, counted, spans, spans_of};
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, eventually};

async fn call(app: &TestApp) {
    let answer = app.chat(&chat("gpt-x")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

#[tokio::test]
async fn what_was_not_taken_for_now_is_sent_again() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    for refusal in [
        Script::status(503),
        Script::status(429).header("retry-after", "0"),
        Script::status(502).json("<html>"),
        Script::refuse_at_once(),
        Script::exactly(vec![Step::Send(b"no HTTP at all\r\n\r\n".to_vec()), Step::Close]),
    ] {
        let taken = Script::status(200).json("{}");
        let collector = Upstream::sequence(vec![refusal.clone(), refusal, taken]).await;
        let app = TestApp::start(&config(&upstream, &collector)).await;
        call(&app).await;
        eventually("it is taken", async || counted(&app, "exported").await == 2).await;
        assert!(collector.request_count() >= 3, "{}", collector.request_count());
        assert_eq!(counted(&app, "dropped").await, 0);
        let sent = collector.requests();
        assert!(sent.iter().all(|seen| seen.body == sent[0].body), "the same spans");
    }
}

#[tokio::test]
async fn what_is_refused_for_good_is_dropped_and_the_next_is_sent() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    for status in [400, 401, 404, 413, 500] {
        let taken = Script::status(200).json("{}");
        let collector = Upstream::sequence(vec![Script::status(status), taken]).await;
        let app = TestApp::start(&config(&upstream, &collector)).await;
        call(&app).await;
        eventually("it is dropped", async || counted(&app, "dropped").await == 2).await;
        call(&app).await;
        eventually("the next is taken", async || counted(&app, "exported").await == 2).await;
        assert_eq!(collector.request_count(), 2, "{status}");
    }
}

#[tokio::test]
async fn what_is_rejected_in_part_is_counted_and_garbage_with_a_good_status_is_taken() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let rejecting = r#"{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too many"}}"#;
    for (answer, exported, rejected) in [(rejecting, 1, 1), ("<html>garbage", 2, 0), ("", 2, 0)] {
        let collector = Upstream::start(Script::status(200).json(answer)).await;
        let app = TestApp::start(&config(&upstream, &collector)).await;
        call(&app).await;
        eventually("it is counted", async || counted(&app, "exported").await == exported).await;
        assert_eq!(counted(&app, "rejected").await, rejected, "{answer}");
        assert_eq!(collector.request_count(), 1);
    }
}

#[tokio::test]
async fn a_collector_that_was_gone_gets_what_waited() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let gone = collector().await;
    let address = gone.addr();
    let config = config(&upstream, &gone);
    drop(gone);
    let app = TestApp::start(&config).await;
    call(&app).await;
    call(&app).await;
    let listener = TcpListener::bind(address).await.unwrap();
    let (mut connection, _) = listener.accept().await.unwrap();
    let mut read = Vec::new();
    while read.windows(10).filter(|part| part == b"chat gpt-x").count() < 2 {
        assert!(connection.read_buf(&mut read).await.unwrap() > 0, "it hung up");
    }
    connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
    eventually("they are exported", async || counted(&app, "exported").await == 4).await;
    assert_eq!(counted(&app, "dropped").await, 0);
}

#[tokio::test]
async fn thousands_of_calls_pass_a_collector_that_hangs() {
    let collector = Upstream::start(Script::status(200).before_head(Step::Stall)).await;
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream, &collector).one_worker()).await;
    for _ in 0..40 {
        join_all((0..50).map(|_| call(&app))).await;
    }
    assert_eq!(app.recorded_count().await, 2_000, "no record waits for it");
    assert_eq!(counted(&app, "exported").await, 0);
    assert_eq!(collector.request_count(), 1, "one request at a time");
    assert_eq!(app.get("/health/ready").await.status, 200);
    let (_, stopped) = app.stop();
    assert!(stopped.is_clean(), "the stop does not wait for it either");
}

#[tokio::test]
async fn a_hanging_collector_can_be_replaced_at_once() {
    let hanging = Upstream::start(Script::status(200).before_head(Step::Stall)).await;
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream, &hanging)).await;
    call(&app).await;
    hanging.wait_for_requests(1).await;
    let other = collector().await;
    app.reconfigure(&config(&upstream, &other).text()).await;
    let moved = spans(&other, 2).await;
    assert_eq!(moved, spans_of(&hanging), "the batch that hung is sent to the other one");
}

#[tokio::test]
async fn no_call_waits_where_there_is_no_collector_at_all() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream).tables(&format!(
        "[telemetry]\notlp_endpoint = \"http://127.0.0.1:{}\"\n",
        Upstream::refusing_port()
    ));
    let app = TestApp::start(&config).await;
    for _ in 0..20 {
        call(&app).await;
    }
    let record = app.records().await.remove(0);
    assert_eq!(record["status"], json!("success"));
    let (_, stopped) = app.stop();
    assert!(stopped.is_clean());
}
