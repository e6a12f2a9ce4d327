//! `make test-restart`: the real binary is replaced under load, and no request fails.
//!
//! By a new process that takes over (SIGUSR2), and by a stop and a start behind a socket that
//! another process holds, as systemd does. The size fits a quick test run; `RESTARTS`,
//! `RESTART_RATE` (calls a second), `RESTART_CLIENTS`, `RESTART_STREAMS` (always open),
//! `RESTART_LOAD_MS` (before each) and `STREAM_MS` make it larger.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that cannot go on should say so and stop; its figures go to its terminal"
)]

#[path = "../crash/loopback.rs"]
mod loopback;

mod load;
mod router;
mod upstream;
mod wire;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use diesel::prelude::*;
use diesel::sql_types::Text;

use load::{Load, Tally};
use router::{Router, Socket};

/// A client's own text stands behind `=`, and has a zero behind it where it would be as long as a
/// UUID.
const REQUEST_IDS: &str = "SELECT CAST(substr(request_id, 2, \
     iif(length(request_id) = 17 AND substr(request_id, 17) = x'00', 15, length(request_id) - 1)) AS TEXT) AS line \
     FROM invocations";

pub fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

/// With a router.toml whose calls have all the time they need to end.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream::start();
    let config = format!(
        "[server]\nworkers = 2\nshutdown_timeout = 120\n\
         [[providers]]\nname = \"up\"\ntype = \"openai_compatible\"\nbase_url = \"http://{upstream}/v1\"\n\
         api_key = \"sk-restart\"\n\
         [[models]]\nname = \"m\"\nprovider = \"up\"\n[[models]]\nname = \"slow\"\nprovider = \"up\"\n"
    );
    std::fs::write(folder.path().join("router.toml"), config).unwrap();
    folder
}

async fn load_time() {
    tokio::time::sleep(Duration::from_millis(number("RESTART_LOAD_MS", 700))).await;
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Each call that was served has one record, and there are no others.
fn expect_records(folder: &Path, tally: &Tally) {
    let path = folder.join("router.db").display().to_string();
    let mut connection = SqliteConnection::establish(&path).unwrap();
    let lines: Vec<Line> = diesel::sql_query(REQUEST_IDS).load(&mut connection).unwrap();
    let count = lines.len();
    let recorded: BTreeSet<String> = lines.into_iter().map(|line| line.line).collect();
    assert_eq!(recorded.len(), count, "a call has two records");
    let missing: Vec<_> = tally.served.difference(&recorded).take(3).collect();
    let others: Vec<_> = recorded.difference(&tally.served).take(3).collect();
    assert!(missing.is_empty() && others.is_empty(), "missing {missing:?}, beside {others:?}");
}

#[tokio::test]
async fn a_hand_over_fails_no_request() {
    let folder = folder();
    let mut router = Router::start(folder.path()).await;
    let load = Load::start(router.addr).await;
    for _ in 0..number("RESTARTS", 2) {
        load_time().await;
        router.hand_over().await;
    }
    load_time().await;
    let tally = load.end().await;
    router.stop().await;
    tally.expect_all_served("hand-over");
    expect_records(folder.path(), &tally);
}

#[tokio::test]
async fn a_restart_behind_a_held_socket_fails_no_request() {
    let folder = folder();
    let socket = Socket::open();
    let mut router = Router::start_on(&socket, folder.path()).await;
    let load = Load::start(router.addr).await;
    for _ in 0..number("RESTARTS", 2) {
        load_time().await;
        router.stop().await;
        router = Router::start_on(&socket, folder.path()).await;
    }
    load_time().await;
    let tally = load.end().await;
    router.stop().await;
    tally.expect_all_served("restart behind a socket");
    expect_records(folder.path(), &tally);
}
