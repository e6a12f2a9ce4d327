//! Who is let in where: every route of the OpenAPI document, asked by every kind of caller.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::{Value, json};

use crate::support::client::request;
use crate::support::{Config, Script, TestApp, Upstream};

const USER: &str = "sk-the-key-of-a-user";
const ADMIN: &str = "sk-the-key-of-an-admin";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cell {
    /// Whatever becomes of it then.
    In,
    No401,
    No403,
}
use Cell::{In, No401, No403};

/// How somebody comes.
#[derive(Clone, Copy, Debug)]
enum Caller {
    Stranger,
    Local,
    BehindAProxy,
    PageOfElsewhere,
    User,
    Admin,
    Expired,
    Revoked,
    SessionOfUser,
    SessionOfAdmin,
    EndedSession,
    PageOfUser,
    PageOfAdmin,
    PageAfterLogout,
    LocalWithUnknownKey,
    LocalWithUserKey,
    LocalWithRevokedKey,
}
use Caller::{
    Admin, BehindAProxy, EndedSession, Expired, Local, LocalWithRevokedKey, LocalWithUnknownKey,
    LocalWithUserKey, PageAfterLogout, PageOfAdmin, PageOfElsewhere, PageOfUser, Revoked,
    SessionOfAdmin, SessionOfUser, Stranger, User,
};

/// A row for each caller, a column for each kind of door.
#[rustfmt::skip]
const CELLS: [(Caller, [Cell; 4]); 17] = [
    //                      open  login   callers  admins
    (Stranger,             [In,   No401,  No401,   No401]),
    (Local,                [In,   No401,  In,      In]),
    (BehindAProxy,         [In,   No401,  No401,   No401]),
    (PageOfElsewhere,      [In,   No401,  No401,   No401]),
    (User,                 [In,   In,     In,      No403]),
    (Admin,                [In,   In,     In,      In]),
    (Expired,              [In,   No403,  No401,   No401]),
    (Revoked,              [In,   No403,  No401,   No401]),
    // A session is no key to log in with.
    (SessionOfUser,        [In,   No403,  In,      No403]),
    (SessionOfAdmin,       [In,   No403,  In,      In]),
    (EndedSession,         [In,   No403,  No401,   No401]),
    // A page of the console, with its cookie.
    (PageOfUser,           [In,   No401,  In,      No403]),
    (PageOfAdmin,          [In,   No401,  In,      In]),
    (PageAfterLogout,      [In,   No401,  No401,   No401]),
    (LocalWithUnknownKey,  [In,   No403,  In,      In]),
    (LocalWithUserKey,     [In,   In,     In,      No403]),
    (LocalWithRevokedKey,  [In,   No403,  No401,   No401]),
];

const OPEN: usize = 0;
const LOGIN: usize = 1;
const CALLERS: usize = 2;
const ADMINS: usize = 3;

/// Every route, and its door.
const ROUTES: &[(&str, usize)] = &[
    ("GET /health", OPEN),
    ("GET /health/ready", CALLERS),
    ("GET /health/detail", CALLERS),
    ("GET /metrics", ADMINS),
    ("GET /openapi.json", OPEN),
    ("GET /docs", OPEN),
    ("GET /docs/{file}", OPEN),
    ("GET /pricing/latest", CALLERS),
    ("GET /pricing/suggestions", CALLERS),
    ("POST /pricing/sync/{model_id}", ADMINS),
    ("POST /pricing/sync-all", ADMINS),
    ("POST /pricing/recompute", ADMINS),
    ("POST /auth/login", LOGIN),
    ("POST /auth/logout", CALLERS),
    ("POST /auth/bind-model", CALLERS),
    ("GET /me", CALLERS),
    ("GET /api-keys", ADMINS),
    ("POST /api-keys", ADMINS),
    ("GET /api-keys/{id}", ADMINS),
    ("PATCH /api-keys/{id}", ADMINS),
    ("DELETE /api-keys/{id}", ADMINS),
    ("POST /api-keys/{id}/rotate", ADMINS),
    ("POST /v1/chat/completions", CALLERS),
    ("POST /v1/messages", CALLERS),
    ("POST /v1/messages/count_tokens", CALLERS),
    ("POST /v1/responses", CALLERS),
    ("POST /v1/completions", CALLERS),
    ("POST /v1/embeddings", CALLERS),
    ("POST /v1/moderations", CALLERS),
    ("POST /v1/rerank", CALLERS),
    ("POST /v2/rerank", CALLERS),
    ("POST /rerank", CALLERS),
    ("POST /v1/images/generations", CALLERS),
    ("POST /v1/images/edits", CALLERS),
    ("POST /v1/images/variations", CALLERS),
    ("POST /v1/audio/speech", CALLERS),
    ("POST /v1/audio/transcriptions", CALLERS),
    ("POST /v1/audio/translations", CALLERS),
    ("POST /v1/responses/compact", CALLERS),
    ("POST /v1/responses/input_tokens", CALLERS),
    ("GET /v1/responses", CALLERS),
    ("GET /v1/responses/{id}", CALLERS),
    ("DELETE /v1/responses/{id}", CALLERS),
    ("GET /v1/responses/{id}/input_items", CALLERS),
    ("POST /v1/responses/{id}/cancel", CALLERS),
    ("POST /v1beta/models/{model}:generateContent", CALLERS),
    ("POST /v1beta/models/{model}:streamGenerateContent", CALLERS),
    ("POST /v1beta/models/{model}:countTokens", CALLERS),
    ("POST /v1beta/models/{model}:embedContent", CALLERS),
    ("POST /v1beta/models/{model}:batchEmbedContents", CALLERS),
    ("GET /v1beta/models", CALLERS),
    ("GET /v1beta/models/{id}", CALLERS),
    ("POST /v1/models/{model}:generateContent", CALLERS),
    ("POST /v1/models/{model}:streamGenerateContent", CALLERS),
    ("POST /v1/models/{model}:countTokens", CALLERS),
    ("POST /v1/models/{model}:embedContent", CALLERS),
    ("POST /v1/models/{model}:batchEmbedContents", CALLERS),
    ("POST /api/chat", CALLERS),
    ("POST /api/generate", CALLERS),
    ("POST /api/embed", CALLERS),
    ("POST /api/embeddings", CALLERS),
    ("GET /api/version", OPEN),
    ("GET /api/tags", CALLERS),
    ("POST /api/show", CALLERS),
    ("GET /api/ps", CALLERS),
    ("GET /v1/models", CALLERS),
    ("GET /v1/models/{id}", CALLERS),
    ("POST /route/invoke", CALLERS),
    ("POST /route/explain", CALLERS),
    ("GET /route/targets", CALLERS),
    ("POST /models/{provider}/{model}/v1/chat/completions", CALLERS),
    ("POST /models/{provider}/{model}/invoke", CALLERS),
    ("GET /models", CALLERS),
    ("POST /models", ADMINS),
    ("GET /models/{provider}", CALLERS),
    ("GET /models/{provider}/{model}", CALLERS),
    ("PATCH /models/{provider}/{model}", ADMINS),
    ("DELETE /models/{provider}/{model}", ADMINS),
    ("GET /providers", ADMINS),
    ("POST /providers", ADMINS),
    ("GET /providers/{name}", ADMINS),
    ("PATCH /providers/{name}", ADMINS),
    ("DELETE /providers/{name}", ADMINS),
    ("POST /providers/{name}/test", ADMINS),
    ("GET /providers/{name}/models", ADMINS),
    ("POST /providers/{name}/reset", ADMINS),
    ("GET /events", ADMINS),
    ("GET /monitor/facets", CALLERS),
    ("GET /monitor/invocations", CALLERS),
    ("GET /monitor/invocations/{id}", CALLERS),
    ("GET /monitor/live", CALLERS),
    ("GET /monitor/in-flight", CALLERS),
    ("DELETE /monitor/in-flight/{request_id}", ADMINS),
    ("GET /monitor/statistics", CALLERS),
    ("GET /monitor/time-series", CALLERS),
    ("GET /monitor/time-series/grouped", CALLERS),
    ("GET /monitor/grouped-time-series", CALLERS),
    ("GET /monitor/histogram", CALLERS),
    ("GET /monitor/export/json", CALLERS),
    ("GET /monitor/export/csv", CALLERS),
    ("GET /monitor/export/excel", CALLERS),
    ("GET /monitor/database", ADMINS),
    ("GET /monitor/invocations/{id}/request", CALLERS),
    ("GET /monitor/invocations/{id}/response", CALLERS),
    ("GET /config", ADMINS),
    ("GET /config/status", ADMINS),
    ("POST /config/sync", ADMINS),
    ("POST /config/preview", ADMINS),
];

struct Keys {
    expired: String,
    revoked: String,
}

async fn start() -> (Upstream, TestApp, Keys) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let keys = format!(
        "[[api_keys]]\nkey = \"{USER}\"\nname = \"user\"\n\
         [[api_keys]]\nkey = \"{ADMIN}\"\nrole = \"admin\"\n"
    );
    let config = Config::with(&upstream).server("trusted_proxies = [\"127.0.0.1\"]").tables(&keys);
    let app = TestApp::start(&config).await;
    let expired = json!({"name": "old", "role": "admin", "expires_at": "2020-01-31"});
    let expired = made(&app, &expired).await;
    let revoked = made(&app, &json!({"name": "gone", "role": "admin"})).await;
    let path = format!("/api-keys/{}", revoked["id"]);
    assert_eq!(app.delete(&path).await.status, 204);
    let key = |view: &Value| view["key"].as_str().unwrap().to_owned();
    let keys = Keys { expired: key(&expired), revoked: key(&revoked) };
    (upstream, app, keys)
}

async fn made(app: &TestApp, body: &Value) -> Value {
    let answer = app.post("/api-keys", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

async fn session(app: &TestApp, key: &str) -> String {
    let answer = app.post("/auth/login", &json!({"api_key": key})).await;
    answer.json()["token"].as_str().unwrap().to_owned()
}

async fn ended_session(app: &TestApp) -> String {
    let ended = session(app, ADMIN).await;
    let end = [("x-session-token", ended.as_str())];
    assert_eq!(request(app.addr, "POST", "/auth/logout", &end, b"").await.status, 200);
    ended
}

/// A new one each time.
fn another_address() -> String {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    let [high, low] = GIVEN.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    format!("10.0.{high}.{low}")
}

/// The headers of a caller. Sessions are new for each request, for it may end them.
async fn headers(caller: Caller, app: &TestApp, keys: &Keys) -> Vec<(&'static str, String)> {
    let remote = ("host", String::from("router.example"));
    let key = |key: &str| ("authorization", format!("Bearer {key}"));
    let token = |token: String| ("x-session-token", token);
    let page = |token: String| {
        let cookie = ("cookie", format!("theme=dark; llm_router_session={token}"));
        vec![remote.clone(), ("sec-fetch-site", String::from("same-origin")), cookie]
    };
    match caller {
        Stranger => vec![remote],
        Local => vec![],
        BehindAProxy => vec![("x-forwarded-for", String::from("127.0.0.1"))],
        PageOfElsewhere => vec![("origin", String::from("https://evil.example"))],
        User => vec![remote, key(USER)],
        Admin => vec![remote, key(ADMIN)],
        Expired => vec![remote, key(&keys.expired)],
        Revoked => vec![remote, key(&keys.revoked)],
        SessionOfUser => vec![remote, token(session(app, USER).await)],
        SessionOfAdmin => vec![remote, token(session(app, ADMIN).await)],
        EndedSession => {
            let ended = ended_session(app).await;
            // It counts as a guess, and this many from one address would have to wait.
            vec![remote, token(ended), ("x-forwarded-for", another_address())]
        }
        PageOfUser => page(session(app, USER).await),
        PageOfAdmin => page(session(app, ADMIN).await),
        PageAfterLogout => page(ended_session(app).await),
        LocalWithUnknownKey => vec![key("dummy")],
        LocalWithUserKey => vec![key(USER)],
        LocalWithRevokedKey => vec![key(&keys.revoked)],
    }
}

/// Something that is not there, so that nothing is changed by who is let in.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{id}" => "999999",
        part if part.starts_with('{') => "nobody",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// `GET /models`, with what the document says of it.
fn operations(document: &Value) -> Vec<(String, Value)> {
    let paths = document["paths"].as_object().unwrap();
    let named = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, about)| {
            (format!("{} {path}", method.to_uppercase()), about.clone())
        })
    });
    named.collect()
}

fn door_of(route: &str) -> usize {
    let row = ROUTES.iter().find(|(known, _)| *known == route);
    row.unwrap_or_else(|| panic!("`{route}` has no row: say who may come in")).1
}

/// What becomes of a caller at a route, and what it was told.
async fn ask(
    app: &TestApp,
    keys: &Keys,
    caller: Caller,
    route: &str,
    base: &str,
) -> (Cell, String) {
    let (method, path) = route.split_once(' ').unwrap();
    let headers = headers(caller, app, keys).await;
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // A stream would not end; who is let in is told that this is no id.
    let query = if path == "/monitor/live" { "?after=x" } else { "" };
    let target = format!("{base}{}{query}", filled(path));
    let answer = request(app.addr, method, &target, &headers, b"").await;
    let cell = match answer.status {
        401 => No401,
        403 => No403,
        429 => panic!("{route} {caller:?}: {}", answer.shown()),
        _ => In,
    };
    (cell, format!("{caller:?} at {base} {route}: {cell:?} {}", answer.shown()))
}

#[tokio::test]
async fn each_caller_is_let_in_where_the_table_says_so_and_nowhere_else() {
    let (upstream, app, keys) = start().await;
    let document = app.get("/openapi.json").await.json();
    let mut wrong = Vec::new();
    for (route, _) in operations(&document) {
        let door = door_of(&route);
        for (caller, cells) in CELLS.into_iter().filter(|_| door != LOGIN) {
            for base in bases_of(&route) {
                let (cell, told) = ask(&app, &keys, caller, &route, base).await;
                if cell != cells[door] {
                    wrong.push(told);
                }
            }
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
    assert_eq!(upstream.request_count(), 0);
}

/// Ollama's paths begin with the base that the others have besides.
fn bases_of(route: &str) -> &'static [&'static str] {
    if route.contains(" /api/") { &[""] } else { &["", "/api"] }
}

/// What other sites make a browser send, with its cookie, changes nothing.
#[tokio::test]
async fn with_the_cookie_a_change_is_taken_from_the_routers_own_pages_alone() {
    let (upstream, app, _keys) = start().await;
    let document = app.get("/openapi.json").await.json();
    let cookie = format!("llm_router_session={}", session(&app, ADMIN).await);
    let from = |page: &[(&'static str, &'static str)]| {
        [&[("host", "router.example"), ("cookie", cookie.as_str())], page].concat()
    };
    let foreign: [&[(&str, &str)]; 5] = [
        &[],
        &[("origin", "http://evil.example")],
        &[("sec-fetch-site", "same-site"), ("origin", "http://router.example")],
        &[("sec-fetch-site", "cross-site")],
        // Nobody trusts who sends this here.
        &[("origin", "http://evil.example"), ("x-forwarded-host", "router.example")],
    ];
    for (route, _) in operations(&document).iter().filter(|(route, _)| door_of(route) != LOGIN) {
        let (method, path) = route.split_once(' ').unwrap();
        let query = if path == "/monitor/live" { "?after=x" } else { "" };
        for page in foreign {
            let target = format!("{}{query}", filled(path));
            let answer = request(app.addr, method, &target, &from(page), b"").await;
            let is_refused = answer.shown().contains("foreign_origin");
            assert_eq!(is_refused, method != "GET", "{route} {page:?}: {}", answer.shown());
            assert_eq!(is_refused, answer.status == 403, "{route} {page:?}");
        }
    }
    assert_eq!(upstream.request_count(), 0);
}

/// A router for each caller: who guesses keys has to wait, and takes the others at its address
/// along.
#[tokio::test]
async fn a_login_takes_keys_and_nothing_else() {
    for (caller, cells) in CELLS {
        let (_upstream, app, keys) = start().await;
        let (cell, told) = ask(&app, &keys, caller, "POST /auth/login", "").await;
        assert_eq!(cell, cells[LOGIN], "{told}");
    }
}

#[tokio::test]
async fn what_is_nowhere_tells_a_stranger_nothing() {
    let (_upstream, app, _keys) = start().await;
    let stranger = [("host", "router.example")];
    for path in ["/nothing", "/api/nothing", "/healthy", "/docs-of-mine", "/v1/nothing"] {
        assert_eq!(request(app.addr, "GET", path, &stranger, b"").await.status, 401, "{path}");
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn the_document_tells_of_the_same_doors() {
    let (_upstream, app, _keys) = start().await;
    let operations = operations(&app.get("/openapi.json").await.json());
    let documented: BTreeSet<&str> = operations.iter().map(|(route, _)| route.as_str()).collect();
    let written = ROUTES.iter().map(|(route, _)| *route).collect();
    assert_eq!(documented, written);
    for (route, about) in &operations {
        let needs_nobody = about["security"] == json!([{}]);
        let is_for_admins =
            about["description"].as_str().is_some_and(|text| text.ends_with("For admins only."));
        let door = door_of(route);
        assert_eq!(needs_nobody, door == OPEN || door == LOGIN, "{route}");
        assert_eq!(is_for_admins, door == ADMINS, "{route}");
    }
}
