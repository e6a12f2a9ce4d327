//! `GET /monitor/live`: each call once and in order, to whom it may concern, until the stop.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::app::Setup;
use crate::support::client::{RawClient, request};
use crate::support::{
    Config, Script, Step, TestApp, Upstream, chat, eventually, secs, streamed_chat,
};

const USER: &str = "sk-the-key-of-a-user";

fn with_user(upstream: &Upstream) -> Config {
    Config::with(upstream).tables(&format!("[[api_keys]]\nkey = \"{USER}\"\nname = \"user\"\n"))
}

/// An event of the stream.
#[derive(Debug)]
pub struct Event {
    id: Option<i64>,
    pub name: String,
    pub data: Value,
}

pub struct Watcher(pub RawClient);

impl Watcher {
    pub async fn open(addr: SocketAddr, query: &str, headers: &[(&str, &str)]) -> Self {
        Self::over(RawClient::connect(addr).await, query, headers).await
    }

    pub async fn over(mut client: RawClient, query: &str, headers: &[(&str, &str)]) -> Self {
        let path = format!("/monitor/live{query}");
        client.send_request("GET", &path, headers, b"").await;
        let head = client.read_head().await;
        assert_eq!(head.status, 200, "{path}");
        Self(client)
    }

    /// The next event; `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let frame = self.0.next_frame().await?;
            let frame = String::from_utf8(frame.to_vec()).unwrap();
            let field = |name: &str| {
                let mut lines = frame.lines();
                lines.find_map(|line| line.strip_prefix(name)).map(str::to_owned)
            };
            // Without data it is a comment.
            let Some(data) = field("data: ") else { continue };
            return Some(Event {
                id: field("id: ").map(|id| id.parse().unwrap()),
                name: field("event: ").unwrap(),
                data: serde_json::from_str(&data).unwrap(),
            });
        }
    }

    pub async fn next_of(&mut self, name: &str) -> Event {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("it ended before `{name}`"));
            if event.name == name {
                return event;
            }
        }
    }

    /// The id of the next call that ended.
    pub async fn next_id(&mut self) -> i64 {
        let event = self.next_of("ended").await;
        assert_eq!(event.id, event.data["id"].as_i64());
        event.id.unwrap()
    }
}

async fn ids_on_disk(app: &TestApp) -> Vec<i64> {
    let records = app.records().await;
    let mut ids: Vec<i64> = records.iter().map(|record| record["id"].as_i64().unwrap()).collect();
    ids.sort_unstable();
    ids
}

#[tokio::test]
async fn a_reader_that_is_cut_off_and_slow_gets_each_call_once_and_in_order() {
    const CALLS: usize = 400;
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let addr = app.addr;
    // It reads nothing until all is over.
    let mut slow = Watcher::open(addr, "?after=0", &[]).await;
    let calling = async {
        for _ in 0..CALLS / 8 {
            let body = chat("gpt-x");
            futures_util::future::join_all((0..8).map(|_| app.chat(&body))).await;
        }
    };
    let reading = async {
        let mut got: Vec<i64> = Vec::new();
        for stay in (1..40).cycle() {
            let last = got.last().copied().unwrap_or(0).to_string();
            let mut watcher = Watcher::open(addr, "", &[("last-event-id", &last)]).await;
            for _ in 0..stay {
                if got.len() == CALLS {
                    return got;
                }
                got.push(watcher.next_id().await);
            }
            // What came beyond that is lost with the connection.
            watcher.0.hang_up_rst();
        }
        got
    };
    let ((), got) = tokio::join!(calling, reading);
    let all = ids_on_disk(&app).await;
    assert_eq!(all.len(), CALLS);
    assert_eq!(got, all);
    let mut of_slow = Vec::new();
    while of_slow.len() < CALLS {
        of_slow.push(slow.next_id().await);
    }
    assert_eq!(of_slow, all);
}

#[tokio::test]
async fn a_call_is_told_of_when_it_begins_and_when_it_ends() {
    let script = Script::stream(&["a", "b"]).after_frames(2, Step::WaitForSignal);
    let upstream = Upstream::start(script).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let mut watcher = Watcher::open(app.addr, "", &[]).await;
    let hello = watcher.next().await.unwrap();
    assert_eq!(hello.name, "hello");
    assert_eq!((&hello.data["last_id"], &hello.data["in_flight"]), (&json!(0), &json!(0)));
    assert!(hello.data["server_time"].is_string());

    let mut client = app.begin_chat(&streamed_chat("gpt-x")).await;
    client.read_frame_after_head().await;
    let started = watcher.next_of("started").await;
    assert_eq!(started.data["requested"], "gpt-x");
    loop {
        let tick = watcher.next_of("tick").await;
        if tick.data["in_flight"] == 1 {
            assert_eq!(tick.data["calls"], 0);
            break;
        }
    }
    upstream.proceed();
    client.read_to_end().await;
    let ended = watcher.next_of("ended").await;
    assert_eq!(ended.data["request_id"], started.data["request_id"]);
    assert_eq!(ended.data["status"], "success");
    let listed = app.get("/monitor/invocations").await.json()["items"][0].clone();
    assert_eq!(ended.data, listed);
    let tick = watcher.next_of("tick").await;
    assert_eq!((&tick.data["calls"], &tick.data["errors"]), (&json!(1), &json!(0)));
    assert_eq!(tick.data["tokens"], listed["total_tokens"].as_i64().unwrap_or(0));
}

#[tokio::test]
async fn filters_and_keys_say_which_calls_are_told() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&with_user(&upstream)).await;
    let bearer = format!("Bearer {USER}");
    let as_user = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let mut of_user = Watcher::open(app.addr, "", &as_user[..1]).await;
    let mut of_errors = Watcher::open(app.addr, "?status=error", &[]).await;
    let mut of_key = Watcher::open(app.addr, "?api_key_id=user", &[]).await;
    let body = |model: &str| chat(model).to_string();
    let path = "/v1/chat/completions";
    app.chat(&chat("gpt-x")).await;
    app.chat(&chat("nobody")).await;
    request(app.addr, "POST", path, &as_user, body("gpt-x").as_bytes()).await;
    let records = app.records().await;
    let seen = |name: &str, value: Value| {
        let of = records.iter().filter(|record| record[name] == value);
        of.map(|record| record["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let (errors, users) = (seen("status", json!("error")), seen("api_key", json!("user")));
    assert_eq!((records.len(), errors.len(), users.len()), (3, 1, 1));
    assert_eq!(of_errors.next_id().await, errors[0]);
    assert_eq!(of_key.next_id().await, users[0]);
    assert_eq!(of_user.next_id().await, users[0]);
    let tick = of_user.next_of("tick").await;
    assert!(tick.data["calls"].as_u64().unwrap() <= 1, "{tick:?}");

    // The journal is told to admins; a user that waits for an event finds its own calls alone.
    let mut of_admin = Watcher::open(app.addr, "", &[]).await;
    let mut of_user = Watcher::open(app.addr, "", &as_user[..1]).await;
    of_admin.next_of("hello").await;
    of_user.next_of("hello").await;
    let made = app.post("/api-keys", &json!({"name": "team"})).await;
    assert_eq!(made.status, 201);
    let event = of_admin.next_of("event").await;
    assert_eq!((&event.data["kind"], event.id), (&json!("key.created"), None));
    for _ in 0..2 {
        assert_eq!(of_user.next().await.unwrap().name, "tick");
    }
}

#[tokio::test]
async fn the_stream_of_a_revoked_key_ends() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    let made = app.post("/api-keys", &json!({"name": "team"})).await.json();
    let bearer = format!("Bearer {}", made["key"].as_str().unwrap());
    let mut watcher = Watcher::open(app.addr, "", &[("authorization", &bearer)]).await;
    watcher.next_of("hello").await;
    assert_eq!(app.delete(&format!("/api-keys/{}", made["id"])).await.status, 204);
    while watcher.next().await.is_some() {}
}

#[tokio::test]
async fn what_is_no_id_is_refused_and_an_id_of_elsewhere_is_the_highest() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    app.chat(&chat("gpt-x")).await;
    for bad in ["-1", "+1", "x", "1 2", "1,2", "0x10", "99999999999999999999", "\u{e9}", "1e3"] {
        let headers = [("last-event-id", bad)];
        let answer = request(app.addr, "GET", "/monitor/live", &headers, b"").await;
        assert_eq!(
            (answer.status, &answer.json()["param"]),
            (400, &json!("last-event-id")),
            "{bad}"
        );
    }
    let twice = [("last-event-id", "1"), ("last-event-id", "2")];
    assert_eq!(request(app.addr, "GET", "/monitor/live", &twice, b"").await.status, 400);
    for query in ["after=-1", "after=x", "after=1&after=2", "limit=5", "status=well"] {
        let answer = app.get(&format!("/monitor/live?{query}")).await;
        assert_eq!(
            (answer.status, &answer.json()["code"]),
            (400, &json!("invalid_request")),
            "{query}"
        );
    }
    let first = ids_on_disk(&app).await[0];
    // The header goes before the address, for a client repeats that one; an empty one is none.
    let headers = [("last-event-id", "9223372036854775807")];
    let mut from_header = Watcher::open(app.addr, "?after=0", &headers).await;
    let mut from_address = Watcher::open(app.addr, "?after=0", &[("last-event-id", "")]).await;
    let hello = from_header.next_of("hello").await;
    assert_eq!(hello.data["last_id"], first);
    app.chat(&chat("gpt-x")).await;
    assert_eq!(from_header.next_id().await, first + 1);
    assert_eq!(from_address.next_id().await, first);
    assert_eq!(from_address.next_id().await, first + 1);
}

#[tokio::test]
async fn one_that_was_away_for_too_many_calls_is_told_how_many() {
    use diesel::RunQueryDsl;
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream)).await;
    app.chat(&chat("gpt-x")).await;
    app.records().await;
    let database = app.folder.path().join("router.db").display().to_string();
    let mut connection: diesel::SqliteConnection =
        diesel::Connection::establish(&database).unwrap();
    diesel::sql_query("UPDATE invocations SET id = 20001").execute(&mut connection).unwrap();
    let mut away = Watcher::open(app.addr, "?after=5", &[]).await;
    assert_eq!(away.next().await.unwrap().name, "hello");
    let behind = away.next().await.unwrap();
    assert_eq!(behind.name, "behind");
    assert_eq!(behind.data, json!({"from_id": 20001, "skipped": 19996}));
    let mut close = Watcher::open(app.addr, "?after=10001", &[]).await;
    assert_eq!(close.next_id().await, 20001);
    app.chat(&chat("gpt-x")).await;
    assert_eq!(away.next_id().await, 20002);
}

#[tokio::test]
async fn calls_of_another_router_on_the_same_file_are_told_as_well() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let config = Config::with(&upstream);
    let first = TestApp::start(&config).await;
    let database = first.folder.path().join("router.db").display().to_string();
    let second = Setup::default().env("LLM_ROUTER_DATABASE_URL", &database).start(&config).await;
    let mut watcher = Watcher::open(first.addr, "", &[]).await;
    watcher.next_of("hello").await;
    let mut told = Vec::new();
    for app in [&second, &first, &second] {
        app.chat(&chat("gpt-x")).await;
        told.push(watcher.next_id().await);
    }
    assert_eq!(told, ids_on_disk(&first).await);
}

#[tokio::test]
async fn a_stop_does_not_wait_for_who_watches() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream).server("shutdown_timeout = 3600")).await;
    let mut watchers = Vec::new();
    for _ in 0..3 {
        let mut watcher = Watcher::open(app.addr, "", &[]).await;
        watcher.next_of("hello").await;
        watchers.push(watcher);
    }
    app.chat(&chat("gpt-x")).await;
    let stopping = tokio::task::spawn_blocking(move || app.stop());
    for watcher in &mut watchers {
        while watcher.next().await.is_some() {}
    }
    let (_, stopped) = stopping.await.unwrap();
    assert_eq!((stopped.accepted, stopped.written), (1, 1));
}

#[tokio::test]
async fn there_is_room_for_so_many_streams_and_again_when_one_has_left() {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&with_user(&upstream)).await;
    let bearer = format!("Bearer {USER}");
    let as_user = [("authorization", bearer.as_str())];
    let mut watchers = Vec::new();
    for _ in 0..48 {
        watchers.push(Watcher::open(app.addr, "", &as_user).await);
    }
    let refused = request(app.addr, "GET", "/monitor/live", &as_user, b"").await;
    assert_eq!((refused.status, &refused.json()["code"]), (503, &json!("too_many_streams")));
    // Users cannot keep admins out.
    for _ in 0..16 {
        watchers.push(Watcher::open(app.addr, "", &[]).await);
    }
    assert_eq!(app.get("/monitor/live").await.status, 503);
    watchers.pop().unwrap().0.hang_up_rst();
    let mut found = None;
    eventually("the place is free again", async || {
        let mut client = RawClient::connect(app.addr).await;
        client.send_request("GET", "/monitor/live", &[], b"").await;
        let status = client.read_head().await.status;
        found = (status == 200).then_some(client);
        found.is_some()
    })
    .await;
    // HEAD is answered, and takes no place for longer.
    drop(found);
    for _ in 0..20 {
        drop(watchers.pop());
    }
    eventually("HEAD is answered", async || {
        request(app.addr, "HEAD", "/monitor/live", &[], b"").await.status == 200
    })
    .await;
    let mut last = Watcher::open(app.addr, "", &[]).await;
    last.next_of("hello").await;
    last.0.hang_up_fin().await;
    last.0.expect_end_within(secs(10)).await;
}
