//! Clients that use HTTP/2 against the router: each is stopped, and others are served on.

use h2::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::support::app::Setup;
use crate::support::secured::{Http2, connect, connector, whole};
use crate::support::{Config, Script, Step, TestApp, Upstream, chat, eventually, secs};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

async fn secured(upstream: &Upstream) -> TestApp {
    Setup::default().over_tls().start(&Config::with(upstream)).await
}

/// A frame: length, type, flags, stream.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// A header that no table knows.
fn header(name: &str, value: &str) -> Vec<u8> {
    let mut written = vec![0];
    for text in [name, value] {
        written.push(u8::try_from(text.len()).unwrap());
        written.extend(text.as_bytes());
    }
    written
}

fn get(path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let line =
        [(":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", path)];
    line.iter().chain(more).flat_map(|(name, value)| header(name, value)).collect()
}

/// A connection whose client writes its frames itself.
async fn raw(app: &TestApp) -> TlsStream<TcpStream> {
    let mut stream = connect(&connector(&["h2"]), app.own_addr).await.unwrap();
    let opening = [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    stream.write_all(&opening).await.unwrap();
    stream.flush().await.unwrap();
    stream
}

/// All that comes until the router closes the connection.
async fn until_closed(mut stream: TlsStream<TcpStream>) -> Vec<u8> {
    let mut received = Vec::new();
    let read = tokio::time::timeout(secs(10), stream.read_to_end(&mut received)).await;
    assert!(read.is_ok(), "the router closes it");
    received
}

async fn serves_others(app: &TestApp) {
    let mut client = Http2::connect(app.own_addr).await;
    assert_eq!(client.chat(&chat("gpt-x")).await.status(), 200);
}

#[tokio::test]
async fn a_flood_of_resets_closes_its_connection() {
    let upstream = Upstream::with(|seen| match seen.json()["messages"][0]["content"] == "flood" {
        true => Script::chat("hi").before_head(Step::Stall),
        false => Script::chat("hi"),
    })
    .await;
    let app = secured(&upstream).await;
    let mut flood = chat("gpt-x");
    flood["messages"][0]["content"] = "flood".into();
    let client = Http2::connect(app.own_addr).await;
    let mut begun = 0_u32;
    // One after the other, so that each one is begun before it is reset.
    let ended = loop {
        let Ok(mut ready) = client.send.clone().ready().await else { break true };
        let request = http::Request::post("https://localhost/v1/chat/completions")
            .header("content-type", "application/json")
            .body(())
            .unwrap();
        let Ok((_response, mut sending)) = ready.send_request(request, false) else { break true };
        let _ = sending.send_data(flood.to_string().into(), true);
        tokio::task::yield_now().await;
        sending.send_reset(Reason::CANCEL);
        begun += 1;
        if begun.is_multiple_of(50) {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        if begun == 5_000 {
            break false;
        }
    };
    assert!(ended, "{begun} streams were begun and reset");
    // What it writes to the closed connection may hide the reason from the client.
    let calm = client.ended().await.unwrap_err();
    assert!(calm.is_io() || calm.reason() == Some(Reason::ENHANCE_YOUR_CALM), "{calm}");
    serves_others(&app).await;
    // Of the calls that were given up none is under way; a connection that was opened for one may
    // serve another.
    eventually("no call is under way", async || {
        app.get("/metrics").await.text().contains("llm_router_in_flight_requests 0\n")
    })
    .await;
}

#[tokio::test]
async fn resets_in_one_go_close_their_connection() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = secured(&upstream).await;
    let mut stream = raw(&app).await;
    let mut flood = Vec::new();
    for number in 0..2_000_u32 {
        let id = 2 * number + 1;
        flood.extend(frame(HEADERS, END_HEADERS | END_STREAM, id, &get("/v1/models", &[])));
        flood.extend(frame(RESET, 0, id, &8_u32.to_be_bytes()));
    }
    // It may be closed before all was written.
    let _ = stream.write_all(&flood).await;
    until_closed(stream).await;
    serves_others(&app).await;
}

#[tokio::test]
async fn headers_without_an_end_close_their_connection() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = secured(&upstream).await;
    let mut stream = raw(&app).await;
    let more: Vec<u8> = (0..100).flat_map(|_| header("x-more", "much of the same")).collect();
    let _ = stream.write_all(&frame(HEADERS, END_STREAM, 1, &get("/health", &[]))).await;
    let mut written = 0;
    while stream.write_all(&frame(CONTINUATION, 0, 1, &more)).await.is_ok() {
        written += more.len();
        assert!(written < 50_000_000, "the router reads them all");
    }
    serves_others(&app).await;
}

#[tokio::test]
async fn headers_that_are_too_large_are_refused() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = secured(&upstream).await;
    let mut client = Http2::connect(app.own_addr).await;
    let large = "x".repeat(60_000);
    let headers = [("x-one", large.as_str()), ("x-two", &large), ("x-three", &large)];
    let (response, _) = client.begin(("GET", "/health"), &headers, true).await;
    assert_eq!(whole(response).await.status(), 431);
    assert_eq!(client.get("/health").await.status(), 200, "the connection serves on");
}

#[tokio::test]
async fn headers_that_would_cut_a_request_in_two_are_refused() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = secured(&upstream).await;
    for more in [
        [("transfer-encoding", "chunked")],
        [("connection", "keep-alive")],
        [("upgrade", "h2c")],
        [("x-new", "a\r\nx-more: b")],
        [("Upper", "case")],
        [(":path", "/v1/models")],
    ] {
        let mut stream = raw(&app).await;
        let sent = frame(HEADERS, END_HEADERS | END_STREAM, 1, &get("/health", &more));
        stream.write_all(&sent).await.unwrap();
        stream.flush().await.unwrap();
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        // Either the stream is reset or the connection is closed.
        let is_refused = loop {
            let Ok(read @ 1..) = stream.read(&mut buffer).await else { break true };
            received.extend_from_slice(&buffer[..read]);
            if let Some(kind) = first_of_stream(&received) {
                break kind == RESET;
            }
        };
        assert!(is_refused, "{more:?}");
    }
    serves_others(&app).await;
}

/// The type of the first whole frame of a stream, or of the connection's end.
fn first_of_stream(mut bytes: &[u8]) -> Option<u8> {
    const GO_AWAY: u8 = 7;
    loop {
        let [a, b, c, kind, _, s0, s1, s2, s3, rest @ ..] = bytes else { return None };
        if *kind == GO_AWAY {
            return Some(RESET);
        }
        if u32::from_be_bytes([*s0, *s1, *s2, *s3]) != 0 {
            return Some(*kind);
        }
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        bytes = rest.get(length..)?;
    }
}

#[tokio::test]
async fn streams_beyond_the_limit_are_refused() {
    const BEGUN: u32 = 300;
    const SERVED: u32 = 256;
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = secured(&upstream).await;
    let mut stream = raw(&app).await;
    let post = [(":method", "POST"), (":scheme", "https"), (":authority", "localhost")];
    let post =
        post.iter().chain(&[(":path", "/route/invoke"), ("content-type", "application/json")]);
    let headers: Vec<u8> = post.flat_map(|(name, value)| header(name, value)).collect();
    for number in 0..BEGUN {
        // Their bodies never come.
        let begun = frame(HEADERS, END_HEADERS, 2 * number + 1, &headers);
        stream.write_all(&begun).await.unwrap();
    }
    stream.flush().await.unwrap();
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    while resets(&received) < BEGUN - SERVED {
        let read = tokio::time::timeout(secs(10), stream.read(&mut buffer)).await;
        let read = read.expect("those beyond the limit are reset").unwrap();
        received.extend_from_slice(&buffer[..read]);
    }
    assert_eq!(resets(&received), BEGUN - SERVED);
    serves_others(&app).await;
}

/// How many streams were reset.
fn resets(mut bytes: &[u8]) -> u32 {
    let mut count = 0;
    while let [a, b, c, kind, _, _, _, _, _, rest @ ..] = bytes {
        count += u32::from(*kind == RESET);
        let length = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        bytes = rest.get(length..).unwrap_or_default();
    }
    count
}
