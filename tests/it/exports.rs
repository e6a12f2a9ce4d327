//! Calls as files: for people, for spreadsheets, for other programs.

use std::io::Cursor;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};
use diesel::Connection as _;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use llm_router::store::{Connection, Database};
use serde_json::{Value, json};

use crate::support::app::Setup;
use crate::support::client::{BodyEnd, RawClient, Response, request};
use crate::support::{Config, Script, TestApp, Upstream, chat, eventually};

const FORMATS: [&str; 4] = ["export/json", "export/csv", "export/excel", "database"];
const KNOWN: &str = "ID,Model,Provider,Status,Started At,Completed At,Duration (ms),Prompt Tokens,\
    Completion Tokens,Total Tokens,Cost (USD),Error";

async fn app(tables: &str) -> (Upstream, TestApp) {
    let upstream = Upstream::start(Script::chat("hi")).await;
    let app = TestApp::start(&Config::with(&upstream).tables(tables)).await;
    (upstream, app)
}

async fn export(app: &TestApp, what: &str) -> Response {
    let answer = app.get(&format!("/monitor/{what}")).await;
    assert_eq!(answer.status, 200, "{what}: {}", answer.shown());
    answer
}

fn table(answer: &Response) -> Vec<Vec<String>> {
    let text = answer.body.strip_prefix("\u{feff}".as_bytes()).expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn sheet(answer: &Response) -> Vec<Vec<Data>> {
    let mut book = Xlsx::new(Cursor::new(answer.body.clone())).unwrap();
    assert_eq!(book.sheet_names(), ["Calls"]);
    let range = book.worksheet_range("Calls").unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

/// A text that the exported database answers with.
fn ask(answer: &Response, sql: &str) -> String {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::Text)]
        text: String,
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.db");
    std::fs::write(&path, &answer.body).unwrap();
    let mut connection = Connection::establish(&path.display().to_string()).unwrap();
    diesel::sql_query(sql).get_result::<Found>(&mut connection).unwrap().text
}

/// Two to the power of `doublings` more calls like the first.
fn multiply(app: &TestApp, doublings: usize) {
    let path = app.folder.path().join("router.db");
    let mut connection = Database::at(&path.display().to_string()).connect().unwrap();
    let double = "INSERT INTO many SELECT * FROM many;".repeat(doublings);
    connection
        .batch_execute(&format!(
            "CREATE TEMP TABLE many AS SELECT * FROM invocations WHERE id = 1; {double}
             UPDATE many SET id = rowid + 1000, started_at_us = started_at_us + rowid;
             INSERT INTO invocations SELECT * FROM many; DROP TABLE many;"
        ))
        .unwrap();
}

#[tokio::test]
async fn all_formats_tell_the_same_calls() {
    let (_upstream, app) = app("").await;
    for name in ["gpt-x", "=1+1", "@sum"] {
        app.chat(&chat(name)).await;
    }
    let records = app.records().await;
    let answers = [
        export(&app, "export/json?time_range_hours=24").await,
        export(&app, "export/csv").await,
        export(&app, "export/excel?time_range=366d").await,
        export(&app, "database").await,
    ];
    for (answer, extension) in answers.iter().zip(["json", "csv", "xlsx", "db"]) {
        assert_eq!(answer.header("x-total-count"), Some("3"));
        let name = answer.header("content-disposition").unwrap();
        let name = name.strip_prefix("attachment; filename=\"llm_router_export_20").unwrap();
        assert!(name.ends_with(&format!("Z.{extension}\"")), "{name}");
    }
    let [json, csv, excel, database] = &answers;

    let object = json.json();
    let members: Vec<&String> = object.as_object().unwrap().keys().collect();
    let known =
        ["export_time", "time_range_hours", "statistics", "total_invocations", "invocations"];
    assert_eq!(members, known);
    assert_eq!(object["invocations"], json!(records));
    assert_eq!(
        (&object["time_range_hours"], &object["total_invocations"]),
        (&json!(24.0), &json!(3))
    );
    let statistics = &object["statistics"];
    assert_eq!(
        [&statistics["total_calls"], &statistics["error_calls"], &statistics["total_tokens"]],
        [&json!(3), &json!(2), &json!(12)]
    );
    assert!(statistics.get("total_cost").is_none(), "no price is known");

    let (lines, rows) = (table(csv), sheet(excel));
    assert_eq!((lines.len(), rows.len()), (4, 4));
    assert_eq!(lines[0][..12].join(","), KNOWN);
    let column = |name: &str| lines[0].iter().position(|known| known == name).unwrap();
    for (record, (line, row)) in records.iter().zip(lines.iter().zip(&rows).skip(1)) {
        assert_eq!(line[0], record["id"].to_string());
        assert_eq!(row[0], Data::Float(record["id"].as_f64().unwrap()));
        assert_eq!(line[4], record["started_at"].as_str().unwrap());
        assert!(matches!(row[4], Data::DateTime(_)), "{:?}", row[4]);
        let duration = record["duration_ms"].as_f64().unwrap();
        assert_eq!((line[6].parse(), &row[6]), (Ok(duration), &Data::Float(duration)));
    }
    let requested = column("Requested");
    assert_eq!([&lines[2][requested], &lines[3][requested]], ["'=1+1", "'@sum"]);
    assert_eq!(rows[2][requested], Data::String(String::from("'=1+1")));
    assert_eq!((lines[1][9].as_str(), &rows[1][9]), ("12", &Data::Float(12.0)));
    assert_eq!(ask(database, "SELECT integrity_check AS text FROM pragma_integrity_check"), "ok");
    assert_eq!(
        ask(database, "SELECT json_group_array(requested) AS text FROM calls"),
        r#"["gpt-x","=1+1","@sum"]"#
    );
}

#[tokio::test]
async fn without_calls_the_files_are_whole_and_empty() {
    let (_upstream, app) = app("").await;
    let object = export(&app, "export/json").await.json();
    assert_eq!(object["invocations"], json!([]));
    assert_eq!(
        (&object["time_range_hours"], &object["total_invocations"]),
        (&json!(null), &json!(0))
    );
    assert_eq!(table(&export(&app, "export/csv").await).len(), 1);
    assert_eq!(sheet(&export(&app, "export/excel").await).len(), 1);
    let database = export(&app, "database").await;
    assert_eq!(ask(&database, "SELECT count(*) || '' AS text FROM calls"), "0");
}

#[tokio::test]
async fn a_user_takes_its_own_calls_and_no_database() {
    const USER: &str = "sk-the-key-of-a-user";
    let key = format!("[[api_keys]]\nkey = \"{USER}\"\nname = \"user\"\n");
    let (_upstream, app) = app(&key).await;
    app.chat(&chat("gpt-x")).await;
    let bearer = format!("Bearer {USER}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = chat("gpt-x").to_string();
    let path = "/v1/chat/completions";
    assert_eq!(request(app.addr, "POST", path, &headers, body.as_bytes()).await.status, 200);
    let records = app.records().await;
    let own: Vec<&Value> = records.iter().filter(|record| record["api_key"] == "user").collect();
    assert_eq!((records.len(), own.len()), (2, 1));
    let get = async |what: &str| {
        request(app.addr, "GET", &format!("/monitor/{what}"), &headers[..1], b"").await
    };
    let json = get("export/json").await.json();
    assert_eq!(
        (&json["invocations"], &json["statistics"]["total_calls"]),
        (&json!(own), &json!(1))
    );
    assert_eq!(table(&get("export/csv").await).len(), 2);
    assert_eq!(sheet(&get("export/excel").await).len(), 2);
    assert_eq!(get("database").await.status, 403);
    let whole = export(&app, "database").await;
    let holds =
        |secret: &str| whole.body.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
    assert!(holds("gpt-x") && !holds(USER) && !holds("api_keys") && !holds("sessions"));
}

#[tokio::test]
async fn hostile_parameters_are_refused_with_their_name() {
    let (_upstream, app) = app("").await;
    let long = format!("q={}", "a".repeat(10_000));
    for (query, name) in [
        ("time_range_hours=0", "time_range_hours"),
        ("time_range_hours=169", "time_range_hours"),
        ("time_range_hours=1e2", "time_range_hours"),
        ("time_range=367d", "time_range"),
        ("start_time=2026-01-02T00:00:00Z&end_time=2026-01-01T00:00:00Z", "end_time"),
        ("start_time=now", "start_time"),
        ("time_zone=Mars/Olympus", "time_zone"),
        ("status=great", "status"),
        ("limit=1", "limit"),
        ("cursor=x", "cursor"),
        ("model_id=1&model_id=2", "model_id"),
        (long.as_str(), "q"),
    ] {
        for format in FORMATS {
            let answer = app.get(&format!("/monitor/{format}?{query}")).await;
            assert_eq!((answer.status, &answer.json()["param"]), (400, &json!(name)), "{query}");
        }
    }
    // What looks like SQL is a text.
    let answer = export(&app, "export/csv?q=%27%3B%20DROP%20TABLE%20invocations%3B--%25").await;
    assert_eq!(table(&answer).len(), 1);
    let range = "start_time=2020-01-01T00:00:00Z&end_time=2026-12-01T00:00:00Z";
    export(&app, &format!("export/json?{range}")).await;
}

#[tokio::test]
async fn two_are_made_at_a_time_and_a_reader_that_leaves_makes_room() {
    let (_upstream, app) = app("").await;
    app.chat(&chat("gpt-x")).await;
    app.records().await;
    multiply(&app, 16);
    let mut readers = Vec::new();
    for _ in 0..2 {
        let mut reader = RawClient::connect(app.addr).await;
        reader.send_request("GET", "/monitor/export/json", &[], b"").await;
        let head = reader.read_head().await;
        assert_eq!((head.status, head.header("x-total-count")), (200, Some("65537")));
        readers.push(reader);
    }
    // More than the network takes without a reader, so both are under way.
    for format in ["export/csv", "database"] {
        let answer = app.get(&format!("/monitor/{format}")).await;
        assert_eq!(answer.status, 429, "{}", answer.text());
        assert_eq!(answer.json()["code"], "too_many_exports");
        assert_eq!(answer.header("retry-after"), Some("10"));
    }
    readers.pop().unwrap().hang_up_rst();
    let one = "/monitor/export/csv?request_id=none";
    eventually("there is room", async || app.get(one).await.status == 200).await;
    let whole = readers.pop().unwrap().read_body().await;
    let whole: Value = serde_json::from_slice(&whole).unwrap();
    assert_eq!(whole["invocations"].as_array().unwrap().len(), 65_537);
}

/// One whose reader reads nothing, and one whose file is being made.
#[tokio::test]
async fn a_stop_ends_exports_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start(Script::chat("hi")).await;
    let setup = Setup::default().env("TMPDIR", folder.path().to_str().unwrap());
    let app = setup.start(&Config::with(&upstream).server("shutdown_timeout = 3600")).await;
    app.chat(&chat("gpt-x")).await;
    app.records().await;
    multiply(&app, 16);
    let mut sent = RawClient::connect(app.addr).await;
    sent.send_request("GET", "/monitor/export/json", &[], b"").await;
    assert_eq!(sent.read_head().await.status, 200);
    let mut made = RawClient::connect(app.addr).await;
    made.send_request("GET", "/monitor/export/excel", &[], b"").await;
    eventually("there is a file", async || open_files(folder.path()) > 0).await;

    let (_database, stopped) = tokio::task::spawn_blocking(move || app.stop()).await.unwrap();

    assert!(stopped.is_clean(), "{stopped:?}");
    assert_eq!(open_files(folder.path()), 0);
    let (_, end) = sent.read_body_and_end().await;
    assert_ne!(end, BodyEnd::Complete);
    if let Ok(head) = made.try_read_head().await {
        assert_eq!(head.status, 503);
    }
}

/// Files of this process in the folder, also those without a name.
fn open_files(folder: &Path) -> usize {
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let named = open.filter_map(|entry| std::fs::read_link(entry.path()).ok());
    named.filter(|path| path.starts_with(folder)).count()
}

/// The reader leaves while a file is written, or while it is sent.
async fn leave(format: &str, doublings: usize) -> (Upstream, TestApp, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start(Script::chat("hi")).await;
    let setup = Setup::default().env("TMPDIR", folder.path().to_str().unwrap());
    let app = setup.start(&Config::with(&upstream)).await;
    app.chat(&chat("gpt-x")).await;
    app.records().await;
    multiply(&app, doublings);
    let mut reader = RawClient::connect(app.addr).await;
    reader.send_request("GET", &format!("/monitor/{format}"), &[], b"").await;
    eventually("there is a file", async || open_files(folder.path()) > 0).await;
    reader.hang_up_rst();
    eventually("nothing is left", async || open_files(folder.path()) == 0).await;
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    (upstream, app, folder)
}

#[tokio::test]
async fn a_spreadsheet_is_gone_with_its_reader() {
    let (_upstream, app, folder) = leave("export/excel", 13).await;
    let rows = sheet(&export(&app, "export/excel").await);
    assert_eq!((rows.len(), open_files(folder.path())), (8_194, 0));
}

#[tokio::test]
async fn a_database_export_is_gone_with_its_reader() {
    leave("database", 17).await;
}

fn memory_kib(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// `cargo nextest run --run-ignored only a_million`; a minute or two.
#[tokio::test]
#[ignore = "writes a million calls"]
async fn a_million_calls_are_exported_in_little_memory() {
    let (_upstream, app) = app("").await;
    app.chat(&chat("gpt-x")).await;
    app.records().await;
    multiply(&app, 20);
    for format in ["export/csv", "export/json", "export/excel", "database"] {
        // Resets the highest resident size.
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let mut reader =
            RawClient::connect(app.addr).await.with_patience(crate::support::secs(600));
        reader.send_request("GET", &format!("/monitor/{format}"), &[], b"").await;
        assert_eq!(reader.read_head().await.header("x-total-count"), Some("1048577"));
        let mut bytes = 0;
        while let Some(frame) = reader.next_frame().await {
            bytes += frame.len();
        }
        let highest = memory_kib("VmHWM:") / 1024;
        eprintln!("{format}: {} MB, highest resident size {highest} MiB", bytes / 1_000_000);
        assert!(highest < 150, "{format}: {highest} MiB");
    }
}
