//! The database file that routers write, read beside them and after them.

use std::collections::HashSet;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::load::Tally;
use crate::router::Router;

/// A client's own text stands behind `=`, and has a zero behind it where it would be as long as a UUID.
const REQUEST_IDS: &str = "SELECT CAST(substr(request_id, 2, \
     iif(length(request_id) = 17 AND substr(request_id, 17) = x'00', 15, length(request_id) - 1)) AS TEXT) AS line \
     FROM invocations";

pub struct CallFile(TempDir);

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// What statistics say of all calls, counted from the rows.
#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    calls: i64,
    #[diesel(sql_type = BigInt)]
    prompt: i64,
    #[diesel(sql_type = BigInt)]
    completion: i64,
    #[diesel(sql_type = BigInt)]
    cost_nano_usd: i64,
}

impl CallFile {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    fn open(&self) -> SqliteConnection {
        let path = self.0.path().join("router.db").display().to_string();
        let mut connection = SqliteConnection::establish(&path).unwrap();
        diesel::sql_query("PRAGMA busy_timeout = 60000").execute(&mut connection).unwrap();
        connection
    }

    fn lines(&self, query: &str) -> Vec<String> {
        let lines: Vec<Line> = diesel::sql_query(query).load(&mut self.open()).unwrap();
        lines.into_iter().map(|line| line.line).collect()
    }

    pub fn expect_sound(&self) {
        assert_eq!(
            self.lines("SELECT integrity_check AS line FROM pragma_integrity_check"),
            ["ok"]
        );
        assert_eq!(self.lines("SELECT \"table\" AS line FROM pragma_foreign_key_check"), [""; 0]);
    }

    /// The request ids, of which none is there twice.
    pub fn ids(&self) -> HashSet<String> {
        let lines = self.lines(REQUEST_IDS);
        let ids: HashSet<String> = lines.iter().cloned().collect();
        assert_eq!(ids.len(), lines.len(), "a call has two rows");
        ids
    }

    /// Each row is that of a call that was sent.
    pub fn expect_no_other_rows(&self, tally: &Tally) {
        let others: Vec<_> = self.ids().into_iter().filter(|id| !tally.was_sent(id)).collect();
        assert!(others.is_empty(), "{others:?}");
    }

    fn counted(&self) -> Value {
        let query = "SELECT count(*) AS calls, coalesce(sum(prompt_tokens), 0) AS prompt, \
                     coalesce(sum(completion_tokens), 0) AS completion, \
                     coalesce(sum(cost_nano_usd), 0) AS cost_nano_usd FROM invocations";
        let counted: Counted = diesel::sql_query(query).get_result(&mut self.open()).unwrap();
        json!([counted.calls, counted.prompt, counted.completion, counted.cost_nano_usd])
    }

    /// Statistics come from sums, which a killed router had partly in memory.
    pub async fn expect_sums_equal_rows(&self, router: &Router) {
        let overall = router.get("/monitor/statistics?time_range=7d").await["overall"].take();
        let cost = overall["total_cost"].as_f64().unwrap_or(0.0) * 1e9;
        #[expect(clippy::cast_possible_truncation, reason = "a few dollars in nano-dollars")]
        let cost = cost.round() as i64;
        let summed = json!([
            overall["total_calls"],
            overall["prompt_tokens"],
            overall["completion_tokens"],
            cost
        ]);
        assert_eq!(summed, self.counted(), "{overall}");
    }

    /// Waits until no record is owed.
    pub async fn settled(&self, router: &Router) {
        for _ in 0..600 {
            let records = router.get("/health/detail").await["records"].take();
            if records["accepted"] == records["written"] {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("records stay pending");
    }
}
