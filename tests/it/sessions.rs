//! Logins: tokens that stand for a key.

use serde_json::{Value, json};

use crate::support::app::Setup;
use crate::support::client::{Response, request};
use crate::support::{Config, Script, TestApp, Upstream};

const REMOTE: (&str, &str) = ("host", "router.example");
const KEY: &str = "sk-a-key-for-logging-in";

fn config(upstream: &Upstream) -> Config {
    Config::with(upstream).model("up", "other", "").model("up", "off", "is_active = false").tables(
        &format!("[[api_keys]]\nkey = \"{KEY}\"\nname = \"team\"\nallowed_models = [\"gpt-x\", \"off\"]\n"),
    )
}

async fn post(app: &TestApp, path: &str, headers: &[(&str, &str)], body: &Value) -> Response {
    let json = [REMOTE, ("content-type", "application/json")];
    let headers = [headers, &json].concat();
    request(app.addr, "POST", path, &headers, body.to_string().as_bytes()).await
}

async fn token(app: &TestApp) -> String {
    let answer = post(app, "/auth/login", &[], &json!({"api_key": KEY})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["expires_in"], 86_400);
    answer.json()["token"].as_str().unwrap().to_owned()
}

async fn status(app: &TestApp, token: &str) -> u16 {
    request(app.addr, "GET", "/me", &[REMOTE, ("x-session-token", token)], b"").await.status
}

#[tokio::test]
async fn a_login_needs_a_key_that_is_known() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream)).await;
    let bearer = format!("Bearer {KEY}");
    for (headers, body, expected) in [
        (vec![], json!({}), 401),
        (vec![], json!({"api_key": ""}), 401),
        (vec![], json!({"api_key": "sk-nobody-knows-this-one"}), 403),
        (vec![("x-api-key", "sk-nobody-knows-this-one")], json!({}), 403),
        (vec![("authorization", bearer.as_str())], json!({}), 200),
        (vec![], json!({"api_key": KEY}), 200),
        (vec![], json!({"api_key": 5}), 400),
        (vec![], json!([KEY]), 400),
    ] {
        let answer = post(&app, "/auth/login", &headers, &body).await;
        assert_eq!(answer.status, expected, "{headers:?} {body}: {}", answer.text());
        assert_eq!(answer.json()["detail"].is_string(), expected != 200);
    }
    let empty =
        request(app.addr, "POST", "/api/auth/login", &[REMOTE, ("x-api-key", KEY)], b"").await;
    assert_eq!(empty.status, 200, "a key in a header needs no body");
}

#[tokio::test]
async fn a_session_acts_as_its_key_from_anywhere_until_it_ends() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream)).await;
    let token = token(&app).await;
    assert_eq!(status(&app, &token).await, 200);
    let me = request(app.addr, "GET", "/me", &[("authorization", &format!("Bearer {token}"))], b"")
        .await;
    assert_eq!((&me.json()["caller"], &me.json()["role"]), (&json!("session"), &json!("user")));
    // On this machine, too, from a page of whatever site, it is no more than its key.
    for headers in
        [vec![], vec![("origin", "https://evil.example")], vec![("host", "evil.example")]]
    {
        let headers = [headers.as_slice(), &[("x-session-token", token.as_str())]].concat();
        assert_eq!(request(app.addr, "GET", "/api-keys", &headers, b"").await.status, 403);
        assert_eq!(request(app.addr, "GET", "/models", &headers, b"").await.status, 200);
    }
    let out = post(&app, "/auth/logout", &[("x-session-token", &token)], &json!({})).await;
    assert!(out.json()["message"].is_string());
    assert_eq!(status(&app, &token).await, 401);
    let again = post(&app, "/auth/logout", &[("x-api-key", KEY)], &json!({})).await;
    assert_eq!(again.status, 200);
}

#[tokio::test]
async fn a_session_outlives_a_restart_but_not_its_key() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream)).await;
    let token = token(&app).await;
    let stored = std::fs::read(app.folder.path().join("router.db-wal")).unwrap();
    assert!(!String::from_utf8_lossy(&stored).contains(&token[3..]), "the token is on the disk");
    let (folder, _) = app.stop();
    let app = Setup::default().start_in(folder).await.unwrap();
    assert_eq!(status(&app, &token).await, 200);
    let keys = app.get("/api-keys").await.json();
    let path = format!("/api-keys/{}", keys[0]["id"]);
    assert_eq!(request(app.addr, "DELETE", &path, &[], b"").await.status, 204);
    assert_eq!(status(&app, &token).await, 401);
}

#[tokio::test]
async fn a_bound_model_serves_calls_that_name_none() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream)).await;
    let token = token(&app).await;
    let session = [("x-session-token", token.as_str())];
    let bind = async |body: Value| post(&app, "/auth/bind-model", &session, &body).await;
    for (body, expected) in [
        (json!({"provider_name": "up"}), 400),
        (json!({"model_name": "gpt-x"}), 400),
        (json!({"provider_name": "up", "model_name": "nothing"}), 404),
        (json!({"provider_name": "up", "model_name": "other"}), 403),
        (json!({"provider_name": "up", "model_name": "off"}), 400),
        (json!({"provider_name": "up", "model_name": "gpt-x"}), 200),
    ] {
        let answer = bind(body.clone()).await;
        assert_eq!(answer.status, expected, "{body}: {}", answer.text());
    }
    let no_session = json!({"provider_name": "up", "model_name": "gpt-x"});
    assert_eq!(
        post(&app, "/auth/bind-model", &[("x-api-key", KEY)], &no_session).await.status,
        400
    );

    let mut body = crate::support::chat("gpt-x");
    body.as_object_mut().unwrap().remove("model");
    let (folder, _) = app.stop();
    let app = Setup::default().start_in(folder).await.unwrap();
    let answer = post(&app, "/v1/chat/completions", &session, &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let none = post(&app, "/v1/chat/completions", &[("x-api-key", KEY)], &body).await;
    assert_eq!(none.status, 400, "{}", none.text());
}

#[tokio::test]
async fn logins_are_slowed_down_after_ten_that_failed_and_calls_with_a_good_key_are_not() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream)).await;
    let wrong = json!({"api_key": "sk-nobody-knows-this-one"});
    let mut statuses = Vec::new();
    for _ in 0..11 {
        statuses.push(post(&app, "/auth/login", &[], &wrong).await.status);
    }
    assert_eq!(statuses[..10], [403; 10]);
    let slowed = post(&app, "/auth/login", &[], &json!({"api_key": KEY})).await;
    assert_eq!(slowed.status, 429);
    assert!(slowed.header("retry-after").is_some());
    let call = request(app.addr, "GET", "/me", &[REMOTE, ("x-api-key", KEY)], b"").await;
    assert_eq!(call.status, 200);
}

async fn log_in(app: &TestApp, headers: &[(&str, &str)]) -> Response {
    post(app, "/auth/login", headers, &json!({"api_key": KEY, "cookie": true})).await
}

/// As a browser keeps it.
fn kept(answer: &Response) -> String {
    let set = answer.header("set-cookie").expect("no cookie");
    set.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_gets_a_cookie_that_only_the_router_reads() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let server = "base_path = \"/a/b\"\ntrusted_proxies = [\"127.0.0.1\"]";
    let app = TestApp::start(&config(&upstream).server(server)).await;
    let plain = post(&app, "/auth/login", &[], &json!({"api_key": KEY})).await;
    assert_eq!(plain.header("set-cookie"), None);
    let wrong = json!({"api_key": "sk-nobody-knows-this-one", "cookie": true});
    assert_eq!(post(&app, "/auth/login", &[], &wrong).await.header("set-cookie"), None);
    for (headers, is_secure) in [
        (vec![], false),
        (vec![("origin", "http://router.example")], false),
        (vec![("origin", "https://router.example")], true),
        (vec![("x-forwarded-proto", "https"), ("x-forwarded-for", "9.9.9.9")], true),
        (vec![("forwarded", "for=9.9.9.9;proto=https")], true),
    ] {
        let answer = log_in(&app, &headers).await;
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        let expected = format!(
            "llm_router_session={token}; Path=/a/b/; Max-Age=86400; HttpOnly; SameSite=Strict{}",
            if is_secure { "; Secure" } else { "" }
        );
        assert_eq!(answer.header("set-cookie"), Some(expected.as_str()), "{headers:?}");
    }
    for page in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let refused = log_in(&app, &[page]).await;
        assert_eq!((refused.status, refused.header("set-cookie")), (403, None), "{page:?}");
    }
}

#[tokio::test]
async fn without_a_trusted_proxy_nobody_says_that_it_is_https() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream)).await;
    let answer = log_in(&app, &[("x-forwarded-proto", "https")]).await;
    assert!(!answer.header("set-cookie").unwrap().contains("Secure"));
}

#[tokio::test]
async fn a_cookie_acts_as_its_key_until_the_session_ends() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream)).await;
    let cookie = kept(&log_in(&app, &[]).await);
    let page = [REMOTE, ("cookie", cookie.as_str()), ("origin", "http://router.example")];
    let me = request(app.addr, "GET", "/me", &page, b"").await.json();
    assert_eq!((&me["caller"], &me["key"]["name"]), (&json!("session"), &json!("team")));
    let called =
        post(&app, "/v1/chat/completions", &page[1..], &crate::support::chat("gpt-x")).await;
    assert_eq!(called.status, 200, "{}", called.text());

    // What stands in a header of its own wins, also where it is wrong.
    let other = [page.as_slice(), &[("authorization", "Bearer sk-nobody-knows-this-one")]].concat();
    let refused = request(app.addr, "GET", "/me", &other, b"").await;
    assert_eq!((refused.status, refused.header("set-cookie")), (401, None));
    let session = [page.as_slice(), &[("x-api-key", KEY)]].concat();
    let me = request(app.addr, "GET", "/me", &session, b"").await.json();
    assert_eq!(me["caller"], "key");

    let out = request(app.addr, "POST", "/auth/logout", &page, b"").await;
    let ended = "llm_router_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict";
    assert_eq!((out.status, out.header("set-cookie")), (200, Some(ended)));
    // A page that was left open asks often; it does not count as guessing.
    for _ in 0..20 {
        let refused = request(app.addr, "GET", "/me", &page, b"").await;
        assert_eq!((refused.status, refused.header("set-cookie")), (401, Some(ended)));
        assert_eq!(refused.json()["code"], "session_ended");
    }
    assert_eq!(log_in(&app, &[]).await.status, 200);
}

#[tokio::test]
async fn a_cookie_holds_no_key_and_on_this_machine_an_old_one_does_no_harm() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&config(&upstream)).await;
    let of_key = format!("llm_router_session={KEY}");
    let remote = request(app.addr, "GET", "/me", &[REMOTE, ("cookie", &of_key)], b"").await;
    assert_eq!(remote.status, 401, "{}", remote.text());
    let old = [("cookie", "llm_router_session=of-another-router")];
    let local = request(app.addr, "GET", "/me", &old, b"").await.json();
    assert_eq!(local["caller"], "local");
    let elsewhere = [old[0], ("origin", "https://evil.example")];
    assert_eq!(request(app.addr, "GET", "/me", &elsewhere, b"").await.status, 401);

    let cookie = kept(&log_in(&app, &[]).await);
    let keys = app.get("/api-keys").await.json();
    assert_eq!(app.delete(&format!("/api-keys/{}", keys[0]["id"])).await.status, 204);
    let revoked = request(app.addr, "GET", "/me", &[REMOTE, ("cookie", &cookie)], b"").await;
    assert_eq!(revoked.status, 401, "{}", revoked.text());
}
