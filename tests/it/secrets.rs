//! Nothing that leaves the process holds a secret. The router runs with a marker in the place of
//! each secret, does all that it can do, well and badly, and everything that came out of it is
//! searched for the markers, and for the keys and tokens that the router made: answers, the log at its most talkative, the database byte by byte.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::support::client::request;
use crate::support::{Script, Upstream, chat, eventually, secs, streamed_chat};

mod callers;

const MARKERS: [(&str, &str); 20] = [
    ("a key of the file", "sk-marker-file-4f1c"),
    ("a key of the environment", "sk-marker-env-9b2d"),
    ("a key over REST", "sk-marker-rest-77aa"),
    ("a header of the file", "marker-header-file-51cd"),
    ("a header over REST", "marker-header-rest-03ef"),
    ("a header for the collector", "marker-collector-61fe"),
    ("a proxy's password in the file", "marker-proxy-file-aa01"),
    ("a proxy's password over REST", "marker-proxy-rest-bb02"),
    ("a proxy's password in the environment", "marker-proxy-env-cc03"),
    ("a caller's key", "sk-marker-caller-12ab"),
    ("a caller's unknown key", "sk-marker-unknown-34cd"),
    ("a key in a broken file", "marker-broken-56ef"),
    ("a number for a key", "7355608735560873"),
    ("a caller's key in the file", "sk-marker-caller-file-90ab"),
    ("a caller's key by a variable", "sk-marker-caller-env-91ab"),
    ("a caller's key over REST", "sk-marker-caller-rest-92ab"),
    ("a caller's key in the query", "sk-marker-caller-query-93ab"),
    ("a caller's key in a bad body", "sk-marker-caller-bad-94ab"),
    ("a cookie of no session", "marker-cookie-95ab-of-another-router"),
    ("the secret key", "marker-secret-key-78ab-0123456789abcdef"),
];

fn marker(what: &str) -> &'static str {
    MARKERS.iter().find(|(name, _)| *name == what).unwrap().1
}

/// All that came out.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(String, String)>>>, Arc<Mutex<Vec<(&'static str, String)>>>);

impl Seen {
    fn add(&self, from: &str, text: &str) {
        self.0.lock().unwrap().push((from.to_owned(), text.to_owned()));
    }

    fn len_of(&self, from: &str) -> usize {
        let seen = self.0.lock().unwrap();
        seen.iter().filter(|(source, _)| source == from).map(|(_, text)| text.len()).sum()
    }

    /// A secret that the router made. From now on nobody may see it.
    fn expect_never(&self, what: &'static str, secret: &str) {
        assert!(secret.len() > 40, "{what}: {secret}");
        self.1.lock().unwrap().push((what, secret.to_owned()));
    }

    /// Where a marker was seen, with what stands around it.
    fn leaks(&self) -> Vec<String> {
        let mut leaks = Vec::new();
        for (from, text) in self.0.lock().unwrap().iter() {
            let made = self.1.lock().unwrap();
            let made = made.iter().map(|(what, secret)| (*what, secret.as_str()));
            for (what, marker) in MARKERS.into_iter().chain(made) {
                for form in forms(marker) {
                    if let Some(at) = text.find(&form) {
                        let start = text.floor_char_boundary(at.saturating_sub(120));
                        let end = text.ceil_char_boundary((at + 60).min(text.len()));
                        leaks.push(format!("{what} in {from}: …{}…", &text[start..end]));
                    }
                }
            }
        }
        leaks.sort();
        leaks.dedup();
        leaks
    }
}

/// As it is, and as Basic credentials carry it.
fn forms(marker: &str) -> [String; 2] {
    let basic = data_encoding::BASE64.encode(format!("user:{marker}").as_bytes());
    [marker.to_owned(), basic]
}

struct Router {
    child: Child,
    addr: SocketAddr,
    seen: Seen,
}

impl Router {
    async fn start(folder: &Path, seen: &Seen) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_llm-router"));
        command.current_dir(folder).env_clear().kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.args(["--host", "127.0.0.1", "--port", "0"]);
        command.env("RUST_LOG", "trace").env("RUST_BACKTRACE", "full");
        command.env("MARKED_KEY", marker("a key of the environment"));
        command.env("MARKED_CALLER", marker("a caller's key by a variable"));
        command.env("LLM_ROUTER_API_KEYS", marker("a caller's key"));
        command.env("LLM_ROUTER_SECRET_KEY", marker("the secret key"));
        let proxy =
            format!("http://user:{}@127.0.0.1:9", marker("a proxy's password in the environment"));
        command.env("HTTP_PROXY", proxy);
        let mut child = command.spawn().unwrap();
        let (found, address) = tokio::sync::oneshot::channel();
        let mut found = Some(found);
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let log = seen.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some((_, rest)) = line.split_once("listening on http://")
                    && let Some(found) = found.take()
                {
                    found.send(rest.split(',').next().unwrap().parse().unwrap()).unwrap();
                }
                log.add("the log", &line);
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let output = seen.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                output.add("standard output", &line);
            }
        });
        let addr = tokio::time::timeout(secs(20), address).await.expect("it listens").unwrap();
        Self { child, addr, seen: seen.clone() }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> u16 {
        let answer = request(self.addr, method, path, headers, body.as_bytes()).await;
        let headers = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
        self.seen.add(&format!("{method} {path}"), &headers.collect::<String>());
        self.seen.add(&format!("{method} {path}"), answer.text());
        answer.status
    }

    async fn get(&self, path: &str) -> u16 {
        self.ask("GET", path, &[], "").await
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> u16 {
        let json = [("content-type", "application/json")];
        self.ask(method, path, &json, &body.to_string()).await
    }

    async fn chat(&self, body: &Value) -> u16 {
        self.send("POST", "/v1/chat/completions", body).await
    }

    async fn stop(mut self) {
        let pid = self.child.id().unwrap().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
        let status = tokio::time::timeout(secs(20), self.child.wait()).await.expect("it stops");
        assert_eq!(status.unwrap().code(), Some(0));
    }
}

/// Answers by what the user says: well, or with everything that it was sent in the error.
async fn chatterbox() -> Upstream {
    let upstream = Upstream::with(|seen| {
        let headers: Vec<String> =
            seen.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let echo = headers.join(" | ");
        let error =
            json!({"error": {"message": format!("refused, you sent {echo}"), "code": echo}});
        let body: Value = serde_json::from_slice(&seen.body).unwrap_or_default();
        let said = body["messages"][0]["content"].as_str().unwrap_or_default().to_owned();
        let status = said.strip_prefix("status ").and_then(|status| status.parse().ok());
        match (status, said.as_str()) {
            _ if seen.method == "CONNECT" => Script::status(407).json(&error.to_string()),
            (Some(status), _) => {
                Script::status(status).header("x-echo", &echo).json(&error.to_string())
            }
            (None, "error as a good answer") => Script::chat_body(&error.to_string()),
            (None, "no json") => Script::status(500).body("text/plain", echo),
            (None, "long") => {
                let long = format!("{}{echo}", "x".repeat(450));
                Script::status(500).json(&json!({"error": {"message": long}}).to_string())
            }
            (None, "error first") => Script::stream_frames(&[format!("data: {error}\n\n")]),
            (None, "error later") => {
                let chunk = json!({"choices": [{"index": 0, "delta": {"content": "a"}}]});
                Script::stream_frames(&[format!("data: {chunk}\n\n"), format!("data: {error}\n\n")])
            }
            _ if seen.path.ends_with("/models") => Script::status(401).json(&error.to_string()),
            _ if body["stream"] == true => Script::stream(&["a"]).header("x-echo", &echo),
            _ => Script::chat("hi").header("x-echo", &echo),
        }
    });
    upstream.await.takes_anything()
}

fn config(upstream: &Upstream, collector: &Upstream) -> String {
    let url = upstream.base_url();
    let provider = |name: &str, lines: &str| {
        format!(
            "[[providers]]\nname = \"{name}\"\ntype = \"openai_compatible\"\nbase_url = \"{url}\"\n{lines}\n[[models]]\nname = \"of-{name}\"\nprovider = \"{name}\"\n"
        )
    };
    let key = format!("api_key = \"{}\"", marker("a key of the file"));
    let headers = format!(
        "{key}\nsettings.headers = {{ x-tenant = \"{}\" }}",
        marker("a header of the file")
    );
    let password = marker("a proxy's password in the file");
    let proxied = format!(
        "{key}\nsettings.proxy = \"http://user:{password}@127.0.0.1:{}\"",
        upstream.addr().port()
    );
    let socks = format!(
        "{key}\nsettings.proxy = \"socks5://user:{password}@127.0.0.1:{}\"",
        Upstream::refusing_port()
    );
    [
        String::from("[server]\nworkers = 1\n[routing]\nretries = 0\nmax_attempts = 1\n[routing.circuit]\nfailures = 1000\nmin_calls = 30000\nbilling_rest = 0.001\nmax_rest = 0.001\n"),
        provider("file", &headers),
        provider("env", "api_key_env = \"MARKED_KEY\""),
        provider("proxied", &proxied),
        provider("socks", &socks),
        format!("[[api_keys]]\nkey = \"{}\"\nname = \"of the file\"\n", marker("a caller's key in the file")),
        String::from("[[api_keys]]\nkey_env = \"MARKED_CALLER\"\nname = \"by a variable\"\n"),
        String::from("[[providers]]\nname = \"far\"\ntype = \"openai\"\nbase_url = \"http://far.invalid\"\napi_key_env = \"MARKED_KEY\"\n[[models]]\nname = \"of-far\"\nprovider = \"far\"\n"),
        format!(
            "[telemetry]\notlp_endpoint = \"{}\"\notlp_headers = {{ x-key = \"{}\" }}\n",
            collector.base_url(),
            marker("a header for the collector")
        ),
    ]
    .concat()
}

/// Each wrong in another way, near the key.
fn broken(good: &str) -> Vec<String> {
    let key = marker("a key in a broken file");
    let number = marker("a number for a key");
    let provider = "\n[[providers]]\nname = \"broken\"\ntype = \"openai\"\n";
    [
        format!("api_key = {key}"),
        format!("api_key = \"{key}"),
        format!("api_key = '{key}"),
        format!("api_key = \"{key}\" x"),
        format!("api_key = \"{key}\"\napi_key = \"{key}\""),
        format!("api_key = [\"{key}\"]\nis_active = 1"),
        format!("api_key = {{ value = \"{key}\" }}"),
        format!("api_key = {number}"),
        format!("api_key = {number}.5"),
        format!("api_key = \"{key}\\u00e9\""),
        format!("api_key = \"{key}\\q\""),
        format!("api_key: \"{key}\""),
        format!("api_key \"{key}\""),
        format!("api_kee = \"{key}\"\nis_active = \"no\""),
        format!("base_url = \"https://{key}@host\""),
        format!("base_url = \"https://host?key={key}\""),
        format!("base_url = \"//{key}\""),
        format!("settings.endpoint = \"https://{key}@host/x\""),
        format!("settings.headers = {{ x-a = \"{key}\\u0001\" }}"),
        format!("settings.headers = {{ x-a = {number} }}"),
        format!("settings.headers = \"{key}\""),
        format!("settings.proxy = \"ftp://user:{key}@host\""),
        format!("settings.proxy = \"http://user:{key}@\""),
        format!("settings.proxy = \"http://user:{key}@169.254.169.254\""),
        format!("settings.proxy = {number}"),
    ]
    .into_iter()
    .map(|lines| format!("{good}{provider}{lines}\n"))
    .chain(callers::broken(good))
    .collect()
}

async fn manage(router: &Router, upstream: &Upstream) {
    let rest = marker("a key over REST");
    let header = marker("a header over REST");
    let password = marker("a proxy's password over REST");
    let url = upstream.base_url();
    let body = json!({
        "name": "rest", "type": "openai_compatible", "base_url": url, "api_key": rest,
        "settings": {"headers": {"x-tenant": header}},
    });
    assert_eq!(router.send("POST", "/providers", &body).await, 201);
    let proxied = json!({
        "name": "rest-proxied", "type": "openai_compatible", "base_url": url, "api_key": rest,
        "settings": {"proxy": format!("http://user:{password}@127.0.0.1:{}", upstream.addr().port())},
    });
    assert_eq!(router.send("POST", "/providers", &proxied).await, 201);
    for name in ["rest", "rest-proxied"] {
        let model = json!({"name": format!("of-{name}"), "provider": name});
        assert_eq!(router.send("POST", "/models", &model).await, 201);
    }
    for bad in [
        json!({"api_key": [rest]}),
        json!({"api_key": format!("{rest}é")}),
        json!({"api_key": {"key": rest}}),
        json!({"api_kee": rest}),
        json!({"base_url": format!("http://{rest}@host")}),
        json!({"settings": {"headers": {"x": format!("{header}\u{1}")}}}),
        json!({"settings": {"headers": [header]}}),
        json!({"settings": {"proxy": format!("ftp://u:{password}@h")}}),
        json!({"settings": {"endpoint": format!("http://{rest}@host/x")}}),
    ] {
        assert_eq!(router.send("PATCH", "/providers/rest", &bad).await, 400, "{bad}");
    }
    let text = format!("{{\"api_key\": \"{rest}\" \"x\"}}");
    let json = [("content-type", "application/json")];
    assert_eq!(router.ask("PATCH", "/providers/rest", &json, &text).await, 400);
    assert_eq!(
        router.send("PATCH", "/providers/rest", &json!({"settings": {"timeout": 30}})).await,
        200
    );
}

async fn call(router: &Router) {
    let models =
        ["of-file", "of-env", "of-rest", "of-proxied", "of-rest-proxied", "of-socks", "of-far"];
    for model in models {
        for said in [
            "hi",
            "status 400",
            "status 401",
            "status 402",
            "status 403",
            "status 404",
            "status 429",
            "status 500",
            "error as a good answer",
            "no json",
            "long",
        ] {
            let body = json!({"model": model, "messages": [{"role": "user", "content": said}]});
            router.chat(&body).await;
        }
        for said in ["hi", "error first", "error later", "status 401"] {
            let body = json!({"model": model, "stream": true, "messages": [{"role": "user", "content": said}]});
            router.chat(&body).await;
        }
    }
    assert_eq!(router.chat(&chat("of-file")).await, 200);
    assert_eq!(router.chat(&streamed_chat("of-rest")).await, 200);
    for provider in ["file", "env", "rest", "proxied", "socks", "rest-proxied", "far"] {
        let path = format!("/providers/{provider}/test");
        assert_eq!(router.send("POST", &path, &json!({})).await, 200);
    }
    let (caller, unknown) = (marker("a caller's key"), marker("a caller's unknown key"));
    let bearer = format!("Bearer {unknown}");
    for headers in [
        [("host", "router.example"), ("x-api-key", caller)],
        [("host", "router.example"), ("x-api-key", unknown)],
        [("host", "router.example"), ("authorization", &bearer)],
        [("host", "localhost"), ("x-goog-api-key", unknown)],
    ] {
        router.ask("GET", "/v1/models", &headers, "").await;
        let body = chat("of-file").to_string();
        let headers = [headers[0], headers[1], ("content-type", "application/json")];
        router.ask("POST", "/v1/chat/completions", &headers, &body).await;
    }
}

async fn read_everything(router: &Router) {
    for path in [
        "/providers",
        "/providers/file",
        "/providers/rest",
        "/models?include_inactive=true",
        "/v1/models",
        "/metrics",
        "/events?limit=1000",
        "/monitor/invocations?limit=1000",
        "/config/status",
        "/api-keys?include_revoked=true",
        "/me",
        "/health/ready",
        "/health/detail",
    ] {
        assert_eq!(router.get(path).await, 200, "{path}");
    }
    for id in 1..=140 {
        router.get(&format!("/monitor/invocations/{id}")).await;
    }
}

fn read_files(folder: &Path, seen: &Seen) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.contains(".db") {
            let bytes = std::fs::read(&path).unwrap();
            // One character a byte, so that nothing in it is lost.
            let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            seen.add(&format!("the file {name}"), &text);
        }
    }
}

#[tokio::test]
async fn nothing_that_comes_out_of_the_router_holds_a_secret() {
    let upstream = chatterbox().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("router.toml");
    let said = format!("`{}` is no key", marker("a header for the collector"));
    let rejecting = json!({"partialSuccess": {"rejectedSpans": "1", "errorMessage": said}});
    let collector = Upstream::start(Script::status(200).json(&rejecting.to_string())).await;
    let good = config(&upstream, &collector);
    std::fs::write(&path, &good).unwrap();
    let seen = Seen::default();
    let router = Router::start(folder.path(), &seen).await;

    manage(&router, &upstream).await;
    call(&router).await;
    callers::admit(&router, folder.path()).await;
    for text in broken(&good) {
        std::fs::write(&path, &text).unwrap();
        assert_eq!(router.send("POST", "/config/sync", &json!({})).await, 400, "{text}");
        router.get("/config/status").await;
    }
    std::fs::write(&path, good.replace("is_active = true", "")).unwrap();
    assert_eq!(router.send("POST", "/config/sync", &json!({})).await, 200);
    read_everything(&router).await;
    read_files(folder.path(), &seen);
    let moved = json!({"base_url": "http://127.0.0.1:1"});
    assert_eq!(router.send("PATCH", "/providers/rest", &moved).await, 200);
    assert_eq!(router.send("DELETE", "/providers/rest-proxied?force=true", &json!({})).await, 200);
    read_everything(&router).await;
    router.stop().await;
    read_files(folder.path(), &seen);

    eventually("the log is read to its end", async || {
        seen.0.lock().unwrap().iter().any(|(_, line)| line.contains("stopped; "))
    })
    .await;
    assert!(seen.len_of("the log") > 100_000, "it was at its most talkative");
    assert!(seen.len_of("the file llm_router.db") > 10_000);
    assert!(collector.request_count() > 0);
    for exported in collector.requests() {
        assert_eq!(exported.header("x-key"), Some(marker("a header for the collector")));
        seen.add("a trace", &String::from_utf8_lossy(&exported.body));
    }
    // That they went out at all, so that the search was not for nothing.
    let sent = format!("{:?}", upstream.requests());
    for what in [
        "a key of the file",
        "a key of the environment",
        "a key over REST",
        "a header of the file",
        "a header over REST",
    ] {
        assert!(sent.contains(marker(what)), "{what} was never sent");
    }
    let leaks = seen.leaks();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}
