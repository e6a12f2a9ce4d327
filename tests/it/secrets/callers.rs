//! The keys and tokens of callers, in the search for secrets.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;

use super::{Router, marker};
use crate::support::client::request;
use crate::support::{chat, eventually};

pub fn broken(good: &str) -> impl Iterator<Item = String> {
    let key = marker("a key in a broken file");
    let number = marker("a number for a key");
    let lines = [
        format!("key = {key}"),
        format!("key = \"{key}"),
        format!("key = \"{key}\" x"),
        format!("key = [\"{key}\"]"),
        format!("key = {{ value = \"{key}\" }}"),
        format!("key = {number}"),
        format!("key = {number}.5"),
        format!("key = \"{key}\"\nkey_env = \"X\""),
        format!("key = \"{key}\"\nrole = \"root\""),
        format!("key = \"{key}\"\n[[api_keys]]\nkey = \"{key}\""),
        format!("kee = \"{key}\""),
        format!("key = \"{key}\"\n[api_keys.parameter_limits]\ncustom_limits = 1"),
    ];
    lines.map(|lines| format!("{good}\n[[api_keys]]\n{lines}\n")).into_iter()
}

impl Router {
    /// Asks for a secret, which is in this one answer and nowhere else.
    async fn obtain(&self, path: &str, member: &str, what: &'static str, body: &Value) -> Value {
        let json = [("content-type", "application/json")];
        let text = body.to_string();
        let mut answer = request(self.addr, "POST", path, &json, text.as_bytes()).await.json();
        let secret = answer[member].take();
        self.seen.expect_never(what, secret.as_str().unwrap_or_default());
        self.seen.add(&format!("POST {path}"), &answer.to_string());
        json!({"id": answer["id"], "secret": secret})
    }

    /// Logs a browser in. The token is in the cookie and once in the body, and nowhere else.
    async fn obtain_cookie(&self, key: &Value) -> String {
        let json = [("content-type", "application/json")];
        let text = json!({"api_key": key, "cookie": true}).to_string();
        let answer = request(self.addr, "POST", "/auth/login", &json, text.as_bytes()).await;
        let set = answer.header("set-cookie").expect("no cookie");
        let cookie = set.split(';').next().unwrap().to_owned();
        let (_, token) = cookie.split_once('=').unwrap();
        self.seen.expect_never("a session's cookie", token);
        for (name, value) in &answer.headers {
            let rest = value.replacen(token, "", usize::from(name == "set-cookie"));
            self.seen.add("POST /auth/login for a cookie", &format!("{name}: {rest}"));
        }
        let rest = answer.text().replacen(token, "", 1);
        self.seen.add("POST /auth/login for a cookie", &rest);
        cookie
    }
}

/// Keys of callers from all their origins, used well and badly.
pub async fn admit(router: &Router, folder: &Path) {
    let rest = marker("a caller's key over REST");
    let chosen = json!({"name": "chosen", "key": rest});
    assert_eq!(router.send("POST", "/api-keys", &chosen).await, 201);
    assert_eq!(router.send("POST", "/api-keys", &chosen).await, 409);
    let made = json!({"name": "made"});
    let made = router.obtain("/api-keys", "key", "a key that was made", &made).await;
    let rotate = format!("/api-keys/{}/rotate", made["id"]);
    let grace = json!({"grace_seconds": 600});
    let rotated = router.obtain(&rotate, "key", "a rotated key", &grace).await;
    let login = json!({"api_key": rotated["secret"]});
    let session = router.obtain("/auth/login", "token", "a session's token", &login).await;

    let cookie = router.obtain_cookie(&rotated["secret"]).await;

    let by_command = made_by_command(router, folder).await;

    let (text, token) = (|value: &Value| value.as_str().unwrap().to_owned(), "x-session-token");
    let good = [
        ("x-api-key", marker("a caller's key in the file").to_owned()),
        ("x-api-key", marker("a caller's key by a variable").to_owned()),
        ("x-api-key", rest.to_owned()),
        ("x-api-key", text(&made["secret"])),
        ("x-api-key", text(&rotated["secret"])),
        ("authorization", format!("Bearer {by_command}")),
        (token, text(&session["secret"])),
        ("cookie", format!("theme=dark; {cookie}")),
    ];
    for (name, secret) in &good {
        let remote = [("host", "router.example"), (*name, secret.as_str())];
        for path in ["/me", "/v1/models", "/monitor/invocations", "/providers"] {
            let status = router.ask("GET", path, &remote, "").await;
            assert_eq!(status, if path == "/providers" { 403 } else { 200 }, "{path}");
        }
        let page = ("sec-fetch-site", "same-origin");
        let headers = [remote[0], remote[1], page, ("content-type", "application/json")];
        let body = chat("of-file").to_string();
        assert_eq!(router.ask("POST", "/v1/chat/completions", &headers, &body).await, 200);
    }
    show_cookies(router, &cookie).await;
    let query = marker("a caller's key in the query");
    for name in ["key", "api_key", "token"] {
        let path = format!("/v1/models?{name}={query}");
        let remote = [("host", "router.example")];
        let answer = request(router.addr, "GET", &path, &remote, b"").await;
        assert_eq!(answer.status, 401);
        router.seen.add("an answer to a key in the query", answer.text());
    }
    let bad = marker("a caller's key in a bad body");
    for text in [
        format!("\"{bad}\""),
        format!("[\"{bad}\"]"),
        format!("{{\"api_key\": \"{bad}\" x}}"),
        format!("{{\"api_key\": {{\"a\": \"{bad}\"}}}}"),
        format!("{{\"name\": \"a\", \"key\": \"{bad} \"}}"),
        format!("{{\"name\": \"a\", \"key\": [\"{bad}\"]}}"),
        format!("{{\"name\": \"a\", \"kee\": \"{bad}\"}}"),
        format!("{{\"grace_seconds\": \"{bad}\"}}"),
    ] {
        let json = [("content-type", "application/json")];
        for path in ["/api-keys", "/auth/login", &rotate] {
            let status = router.ask("POST", path, &json, &text).await;
            assert!([400, 401, 403].contains(&status), "{path} {text}: {status}");
        }
    }
    assert_eq!(router.send("DELETE", &format!("/api-keys/{}", made["id"]), &json!({})).await, 204);
    for (name, secret) in &good {
        let remote = [("host", "router.example"), (*name, secret.as_str())];
        router.ask("GET", "/me", &remote, "").await;
    }
}

/// Cookies that are refused: of no session, of a page of another site, and of a session that ended.
async fn show_cookies(router: &Router, cookie: &str) {
    let remote = ("host", "router.example");
    let nobodys = marker("a cookie of no session");
    let key = marker("a caller's key in the file");
    for shown in [
        format!("llm_router_session={nobodys}"),
        format!("llm_router_session=\"{nobodys}\""),
        format!("{cookie}{nobodys}"),
        format!("llm_router_session={key}"),
    ] {
        for (method, path) in [("GET", "/me"), ("GET", "/monitor/live"), ("POST", "/auth/logout")] {
            let headers = [remote, ("sec-fetch-site", "same-origin"), ("cookie", &shown)];
            let status = router.ask(method, path, &headers, "").await;
            assert!([401, 403].contains(&status), "{method} {path} {shown}: {status}");
        }
    }
    for page in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let headers = [remote, page, ("cookie", cookie)];
        assert_eq!(router.ask("POST", "/auth/logout", &headers, "").await, 403, "{page:?}");
    }
    let page = [remote, ("sec-fetch-site", "same-origin"), ("cookie", cookie)];
    assert_eq!(router.ask("POST", "/auth/logout", &page, "").await, 200);
    assert_eq!(router.ask("GET", "/me", &page, "").await, 401);
}

/// The key is in what `create` prints, and in nothing that the other verbs do.
async fn made_by_command(router: &Router, folder: &Path) -> String {
    let keys = async |verb: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_llm-router"));
        command.current_dir(folder).env_clear().env("RUST_LOG", "trace").stdin(Stdio::null());
        let output = command.arg("keys").args(verb).output().await.unwrap();
        assert!(output.status.success(), "{verb:?}: {output:?}");
        router.seen.add("what `keys` logs", &String::from_utf8(output.stderr).unwrap());
        String::from_utf8(output.stdout).unwrap()
    };
    let key = |printed: String| printed.lines().last().unwrap().to_owned();
    let first = key(keys(&["create", "--name", "by a person"]).await);
    let second = key(keys(&["create", "--name", "revoked"]).await);
    for made in [&first, &second] {
        router.seen.expect_never("a key that `keys create` made", made);
    }
    let printed = keys(&["revoke", &second]).await;
    router.seen.add("what `keys revoke` prints", &printed);
    let printed = keys(&["list"]).await;
    router.seen.add("what `keys list` prints", &printed);
    // Asked without it: a key that is not seen yet is a guess, and guesses are slowed down.
    eventually("the router sees it", async || {
        let listed = request(router.addr, "GET", "/api-keys", &[], b"").await;
        listed.text().contains("by a person")
    })
    .await;
    first
}
