//! HTTP/1.1 towards upstreams: how a body ends, what answers are odd and still good, what is
//! refused, and which connections serve another call.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Config, Script, Step, TestApp, Upstream, chat, streamed_chat};

const BODY: &str = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#;

/// These bytes as they are, to each request.
fn raw(text: &str) -> Script {
    Script::exactly(vec![Step::Send(text.as_bytes().to_vec())])
}

fn with_length(head: &str, body: &str) -> String {
    format!("{head}content-length: {}\r\n\r\n{body}", body.len())
}

#[tokio::test]
async fn a_body_may_end_with_its_connection() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";
    let closing = Script::exactly(vec![Step::Send(format!("{head}{BODY}").into()), Step::Close]);
    let upstream = Upstream::sequence(vec![closing, Script::stream(&["a"]).until_close()]).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    assert_eq!(app.chat(&chat("gpt-x")).await.json()["choices"][0]["message"]["content"], "hi");
    let streamed = app.chat(&streamed_chat("gpt-x")).await;
    assert!(streamed.text().ends_with("data: [DONE]\n\n"), "{}", streamed.text());
    assert_eq!(upstream.connection_count(), 2);
}

#[tokio::test]
async fn an_answer_of_http_1_0_and_one_behind_interim_answers_are_answers() {
    for text in [
        with_length("HTTP/1.0 200 OK\r\n", BODY),
        with_length("HTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\nHTTP/1.1 200 OK\r\n", BODY),
        with_length("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200\r\n", BODY),
        format!(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n{:X};x=1\r\n{BODY}\r\n0\r\ntrailer: 1\r\n\r\n",
            BODY.len()
        ),
    ] {
        let upstream = Upstream::start(raw(&text)).await;
        let app = TestApp::start(&Config::with(&upstream)).await;
        let answer = app.chat(&chat("gpt-x")).await;
        assert_eq!(answer.status, 200, "{text}: {}", answer.text());
        assert_eq!(answer.json()["choices"][0]["message"]["content"], "hi", "{text}");
    }
}

#[tokio::test]
async fn what_could_be_read_in_two_ways_is_no_answer() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for text in [
        with_length("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n", BODY),
        with_length("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n", BODY),
        String::from("SSH-2.0-OpenSSH_9.2\r\n"),
        format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(200)),
        format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(70_000)),
        format!("{chunked}zz\r\n{BODY}"),
        format!("{chunked}3\r\n{BODY}\r\n0\r\n\r\n"),
        format!("{chunked}{}", "1".repeat(20_000)),
        format!("{chunked}{:x}\r\n{BODY}\r\n0\r\n{}", BODY.len(), "t: r\r\n".repeat(1000)),
    ] {
        let upstream = Upstream::start(raw(&text)).await;
        let app = TestApp::start(&Config::with(&upstream)).await;
        let answer = app.chat(&chat("gpt-x")).await;
        let shown: String = text.chars().take(90).collect();
        assert_eq!(answer.status, 502, "{shown}: {}", answer.text());
        assert_eq!(answer.json()["error"]["code"], "upstream_bad_answer", "{shown}");
    }
}

#[tokio::test]
async fn a_body_cut_short_is_not_taken_for_a_whole_one() {
    let head = "HTTP/1.1 200 OK\r\n";
    for text in [
        format!("{head}content-length: {}\r\n\r\n{BODY}", BODY.len() + 1),
        format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{BODY}", BODY.len()),
        format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{BODY}\r\n0\r\n", BODY.len()),
    ] {
        let script = Script::exactly(vec![Step::Send(text.clone().into()), Step::Close]);
        let upstream = Upstream::start(script).await;
        let app = TestApp::start(&Config::with(&upstream)).await;
        let answer = app.chat(&chat("gpt-x")).await;
        assert_eq!(answer.json()["error"]["code"], "upstream_closed", "{text}");
    }
}

#[tokio::test]
async fn a_connection_serves_the_next_call_only_when_its_answer_has_ended_cleanly() {
    let good = with_length("HTTP/1.1 200 OK\r\n", BODY);
    for (first, connections) in [
        (good.clone(), 1),
        (with_length("HTTP/1.1 200 OK\r\nConnection: close\r\n", BODY), 2),
        (with_length("HTTP/1.0 200 OK\r\n", BODY), 2),
        (format!("{good}HTTP/1.1 200 OK\r\n\r\n"), 2),
        (
            format!(
                "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{BODY}\r\n0\r\n\r\n",
                BODY.len()
            ),
            2,
        ),
    ] {
        let upstream = Upstream::sequence(vec![raw(&first), raw(&good)]).await;
        let app = TestApp::start(&Config::with(&upstream).one_worker()).await;
        for _ in 0..2 {
            let answer = app.chat(&chat("gpt-x")).await;
            assert_eq!(answer.status, 200, "{first}: {}", answer.text());
        }
        assert_eq!(upstream.connection_count(), connections, "{first}");
    }
}

/// It answers as soon as it has seen the head, reads nothing more, and stays open.
#[tokio::test]
async fn an_answer_that_comes_before_the_request_was_read_ends_the_call() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let upstream = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut seen = [0; 64];
        stream.read_exact(&mut seen).await.unwrap();
        let body = r#"{"error":{"message":"too much of it"}}"#;
        let text = with_length("HTTP/1.1 413 Too Large\r\n", body);
        stream.write_all(text.as_bytes()).await.unwrap();
        std::future::pending::<()>().await;
    });
    let config =
        Config::new().provider("one", &format!("http://{address}")).model("one", "gpt-x", "");
    let app = TestApp::start(&config).await;
    let long = "x".repeat(24 * 1024 * 1024);
    let body = json!({"model": "gpt-x", "messages": [{"role": "user", "content": long}]});
    let answer = app.chat(&body).await;
    assert!(answer.text().contains("too much of it"), "{}: {}", answer.status, answer.text());
    upstream.abort();
}
