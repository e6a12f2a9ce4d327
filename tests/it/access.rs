//! Access without a key: which callers have it, and which do not.

use crate::support::app::Setup;
use crate::support::client::{RawClient, request};
use crate::support::{Config, Script, TestApp, Upstream};

async fn status(app: &TestApp, headers: &[(&str, &str)]) -> u16 {
    request(app.addr, "GET", "/v1/models", headers, b"").await.status
}

#[tokio::test]
async fn a_local_program_needs_no_key_and_an_unknown_one_is_ignored() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    assert_eq!(status(&app, &[]).await, 200);
    assert_eq!(status(&app, &[("host", "localhost:1")]).await, 200);
    let answer =
        request(app.addr, "GET", "/v1/models", &[("authorization", "bEaReR dummy")], b"").await;
    assert_eq!((answer.status, answer.header("x-llm-router-auth")), (200, Some("local")));
}

#[tokio::test]
async fn what_only_looks_local_gets_a_401_that_says_what_to_do() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    for headers in [
        [("host", "evil.example")],
        [("x-forwarded-for", "127.0.0.1")],
        [("x-real-ip", "127.0.0.1")],
        [("forwarded", "for=127.0.0.1")],
        [("via", "1.1 proxy")],
        [("x-forwarded-host", "localhost")],
        [("x-forwarded-proto", "https")],
        [("x-forwarded-port", "443")],
        [("cf-connecting-ip", "127.0.0.1")],
        [("true-client-ip", "127.0.0.1")],
        [("origin", "https://evil.example")],
        [("origin", "null")],
    ] {
        let answer = request(app.addr, "GET", "/v1/models", &headers, b"").await;
        assert_eq!(answer.status, 401, "{headers:?}");
        assert!(answer.text().contains("LLM_ROUTER_API_KEYS"), "{}", answer.text());
        let answer = request(app.addr, "GET", "/models", &headers, b"").await;
        assert!(answer.json()["detail"].is_string(), "{}", answer.text());
        assert_eq!(request(app.addr, "GET", "/health", &headers, b"").await.status, 200);
    }
}

#[tokio::test]
async fn what_only_looks_local_gets_the_reason_in_the_error() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let keyed = Setup::default().env("LLM_ROUTER_API_KEYS", "sk-a-key-of-the-environment");
    let keyed = keyed.start(&Config::with(&upstream)).await;
    let long = "x".repeat(300);
    for (name, value, told) in [
        ("host", "0.0.0.0:8000", "`Host` is `0.0.0.0:8000`, which is no name of this machine"),
        ("host", "evil`example", "`Host` is `evil\\u{60}example`"),
        ("host", &*long, "xxx…`"),
        ("origin", "https://evil.example", "`Origin` is `https://evil.example`"),
        ("origin", "null", "`Origin` is `null`"),
        ("x-forwarded-for", "127.0.0.1", "`x-forwarded-for` shows that it came through a proxy"),
        ("via", "1.1 proxy", "`via` shows that it came through a proxy"),
    ] {
        for app in [&app, &keyed] {
            for headers in [vec![(name, value)], vec![(name, value), ("x-api-key", "unknown")]] {
                let answer = request(app.addr, "GET", "/v1/models", &headers, b"").await;
                let message = answer.json()["error"]["message"].to_string().replace("\\\\", "\\");
                assert_eq!(answer.status, 401, "{headers:?}");
                assert!(message.contains(told), "{headers:?}: {message}");
                assert!(!message.contains(&long), "{message}");
            }
        }
    }
    let closed = Config::with(&upstream).server("allow_local_without_auth = false");
    let answer = TestApp::start(&closed).await.get("/models").await;
    assert!(!answer.text().contains("not local"), "{}", answer.text());
}

#[tokio::test]
async fn the_error_for_a_key_of_other_addresses_names_the_callers() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let key = "[[api_keys]]\nkey = \"sk-of-one-place-only\"\nallowed_ips = [\"10.0.0.0/8\"]\n";
    let config = Config::with(&upstream).tables(key);
    let alone = TestApp::start(&config).await;
    let behind = TestApp::start(&config.server("trusted_proxies = [\"127.0.0.1\"]")).await;
    let bearer = ("authorization", "Bearer sk-of-one-place-only");
    for (app, forwarded, told) in [
        (&alone, vec![], "the call comes from 127.0.0.1"),
        (
            &alone,
            vec![("x-forwarded-for", "10.1.1.1")],
            "only where that proxy is in [server] trusted_proxies",
        ),
        (&behind, vec![("x-forwarded-for", "9.9.9.9")], "the call comes from 9.9.9.9"),
        (&behind, vec![("x-forwarded-for", "10.1.1.1"), ("x-real-ip", "10.2.2.2")], "disagree"),
    ] {
        let headers = [vec![bearer], forwarded].concat();
        let answer = request(app.addr, "GET", "/models", &headers, b"").await;
        assert_eq!(answer.status, 403, "{headers:?}");
        assert!(answer.text().contains(told), "{headers:?}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_proxy_that_says_nothing_of_itself_but_speaks_http_1_0_is_not_local() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let mut client = RawClient::connect(app.addr).await;
    client.send_raw("GET /v1/models HTTP/1.0\r\nhost: 127.0.0.1:8000\r\n\r\n").await;
    assert_eq!(client.read_head().await.status, 401);
    let hint = request(app.addr, "GET", "/v1/models?key=sk-1", &[("host", "x")], b"").await;
    assert!(hint.text().contains("query string is not taken"), "{}", hint.text());
    assert!(!hint.text().contains("sk-1"));
}

#[tokio::test]
async fn a_key_of_the_environment_opens_from_anywhere_and_is_never_shown() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let setup = Setup::default().env("LLM_ROUTER_API_KEYS", "sk-one,sk-two");
    let app = setup.start(&Config::with(&upstream)).await;
    let remote = ("host", "router.example");
    for key in ["sk-one", "sk-two"] {
        let bearer = format!("Bearer {key}");
        assert_eq!(status(&app, &[remote, ("authorization", &bearer)]).await, 200);
        assert_eq!(status(&app, &[remote, ("x-api-key", key)]).await, 200);
        assert_eq!(status(&app, &[remote, ("x-goog-api-key", key)]).await, 200);
        assert_eq!(status(&app, &[remote, ("api-key", key)]).await, 200);
        assert_eq!(status(&app, &[remote, ("x-session-token", key)]).await, 200);
    }
    for wrong in ["sk-on", "sk-one,", "sk-one,sk-two", "SK-ONE"] {
        assert_eq!(status(&app, &[remote, ("x-api-key", wrong)]).await, 401, "{wrong}");
    }
    assert_eq!(status(&app, &[remote]).await, 401);

    let headers = [remote, ("x-api-key", "sk-two"), ("content-type", "application/json")];
    let body = crate::support::chat("gpt-x").to_string();
    request(app.addr, "POST", "/v1/chat/completions", &headers, body.as_bytes()).await;
    let record = app.only_record().await;
    assert_eq!(record["api_key"], "LLM_ROUTER_API_KEYS#2");
    assert!(!record.to_string().contains("sk-two"));
}

#[tokio::test]
async fn local_callers_can_be_made_to_show_a_key_and_everybody_can_be_let_in() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let closed = Config::with(&upstream).server("allow_local_without_auth = false");
    let app = TestApp::start(&closed).await;
    assert_eq!(status(&app, &[]).await, 401);

    let setup = Setup::default().env("LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH", "true");
    assert_eq!(status(&setup.start(&closed).await, &[]).await, 200, "the environment wins");

    let setup = Setup::default().env("LLM_ROUTER_REQUIRE_AUTH", "false");
    let app = setup.start(&Config::with(&upstream)).await;
    assert_eq!(status(&app, &[("host", "router.example")]).await, 200);
}

#[tokio::test]
async fn a_configured_origin_is_answered_and_may_be_local() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let lines = "cors_origins = [\"http://console.lan\"]\nallowed_hosts = [\"console.lan\"]";
    let app = TestApp::start(&Config::with(&upstream).server(lines)).await;
    let origin = ("origin", "http://console.lan");
    let answer = request(app.addr, "GET", "/v1/models", &[origin], b"").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("http://console.lan"));
}

#[tokio::test]
async fn an_empty_header_holds_no_credential_and_hides_none() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let setup = Setup::default().env("LLM_ROUTER_API_KEYS", "sk-a-key-of-the-environment");
    let app = setup.start(&Config::with(&upstream)).await;
    let remote = ("host", "router.example");
    let good = ("x-goog-api-key", "sk-a-key-of-the-environment");
    for empty in [("authorization", "Bearer "), ("x-session-token", ""), ("x-api-key", " ")] {
        assert_eq!(status(&app, &[remote, empty, good]).await, 200, "{empty:?}");
        assert_eq!(status(&app, &[remote, empty]).await, 401, "{empty:?}");
    }
}
