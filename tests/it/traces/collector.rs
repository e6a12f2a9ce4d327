//! How the collector is called: headers, compression, environment, and changes at run time.

use std::io::Read as _;

use super::{collector, config, spans, spans_of, telemetry};
use crate::support::app::Setup;
use crate::support::{Config, Script, TestApp, Upstream, chat, eventually};

#[tokio::test]
async fn it_gets_the_headers_of_the_file_and_nothing_of_a_provider() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let collector = collector().await;
    let lines =
        "service_name = \"gateway\"\notlp_headers = { X-Key = \"$COLLECTOR_KEY\", b = \"2\" }\n";
    let tables = format!("{}{lines}", telemetry(&collector));
    let setup = Setup::default().env("COLLECTOR_KEY", "the-key-of-the-collector");
    let app = setup.start(&Config::with(&upstream).tables(&tables)).await;
    app.chat(&chat("gpt-x")).await;
    spans(&collector, 2).await;
    let seen = &collector.requests()[0];
    assert_eq!(seen.header("x-key"), Some("the-key-of-the-collector"));
    assert_eq!((seen.header("b"), seen.header("authorization")), (Some("2"), None));
    assert!(seen.header("user-agent").unwrap().starts_with("llm-router/"));
    assert!(String::from_utf8_lossy(&seen.body).contains(r#""stringValue":"gateway""#));
    assert!(!app.get("/config/status").await.text().contains("the-key"));
}

#[tokio::test]
async fn the_body_is_compressed_where_that_is_configured() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let collector = collector().await;
    let tables = format!("{}otlp_compression = \"gzip\"\n", telemetry(&collector));
    let app = TestApp::start(&Config::with(&upstream).tables(&tables)).await;
    app.chat(&chat("gpt-x")).await;
    collector.wait_for_requests(1).await;
    let seen = &collector.requests()[0];
    assert_eq!(seen.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*seen.body).read_to_string(&mut text).unwrap();
    assert!(text.starts_with(r#"{"resourceSpans":[{"#) && text.contains("chat gpt-x"), "{text}");
}

#[tokio::test]
async fn the_environment_wins_over_the_file() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let [of_file, of_environment] = [collector().await, collector().await];
    let setup = Setup::default()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &of_environment.base_url())
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20key")
        .env("OTEL_SERVICE_NAME", "by-environment");
    let app = setup.start(&config(&upstream, &of_file)).await;
    app.chat(&chat("gpt-x")).await;
    spans(&of_environment, 2).await;
    let seen = &of_environment.requests()[0];
    assert_eq!(seen.header("x-key"), Some("a key"));
    assert!(String::from_utf8_lossy(&seen.body).contains("by-environment"));
    assert_eq!(of_file.request_count(), 0);
}

#[tokio::test]
async fn another_configuration_takes_effect_at_run_time() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let [first, second] = [collector().await, collector().await];
    let plain = Config::with(&upstream);
    let app = TestApp::start(&plain).await;
    app.chat(&chat("gpt-x")).await;

    app.reconfigure(&config(&upstream, &first).text()).await;
    app.chat(&chat("gpt-x")).await;
    assert_eq!(spans(&first, 2).await.len(), 2, "and none of the call before");

    app.reconfigure(&config(&upstream, &second).text()).await;
    app.chat(&chat("gpt-x")).await;
    spans(&second, 2).await;

    let bad = config(&upstream, &second)
        .text()
        .replace("otlp_endpoint = \"http", "otlp_endpoint = \"ftp");
    app.reconfigure(&bad).await;
    let status = app.get("/config/status").await;
    assert!(status.text().contains("`otlp_endpoint` is not usable"), "{}", status.text());
    app.chat(&chat("gpt-x")).await;
    spans(&second, 4).await;

    app.reconfigure(&plain.text()).await;
    app.chat(&chat("gpt-x")).await;
    let (_, stopped) = app.stop();
    assert!(stopped.is_clean());
    assert_eq!((spans_of(&first).len(), spans_of(&second).len()), (2, 4));
}

#[tokio::test]
async fn a_stop_exports_the_last_calls() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let collector = collector().await;
    let app = TestApp::start(&config(&upstream, &collector)).await;
    for _ in 0..3 {
        app.chat(&chat("gpt-x")).await;
    }
    let (_, stopped) = app.stop();
    assert!(stopped.is_clean());
    assert_eq!(spans_of(&collector).len(), 6);
}

#[tokio::test]
async fn many_calls_come_in_few_requests_over_one_connection() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let collector = collector().await;
    let app = TestApp::start(&config(&upstream, &collector)).await;
    for _ in 0..50 {
        app.chat(&chat("gpt-x")).await;
    }
    eventually("all spans come", async || spans_of(&collector).len() == 100).await;
    assert!(collector.request_count() < 50, "{}", collector.request_count());
    assert_eq!(collector.connection_count(), 1);
}
