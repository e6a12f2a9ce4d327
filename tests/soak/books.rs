//! The router's own count of its calls once it is idle.

use std::fmt;
use std::net::SocketAddr;

use serde_json::Value;

use crate::load::Tally;
use crate::support::client::request;
use crate::support::eventually;

#[derive(Clone, Debug)]
pub struct Books {
    accepted: u64,
    written: u64,
    success: u64,
    error: u64,
    cancelled: u64,
}

async fn get(addr: SocketAddr, path: &str) -> Value {
    let answer = request(addr, "GET", path, &[], b"").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

/// Waits until no call is in flight and no record is owed.
pub async fn settled(addr: SocketAddr) -> Books {
    eventually("no call is in flight, and every record is on disk", async || {
        let metrics = request(addr, "GET", "/metrics", &[], b"").await;
        let text = metrics.text();
        text.contains("llm_router_in_flight_requests 0\n")
            && text.contains("llm_router_records_pending 0\n")
    })
    .await;
    let records = get(addr, "/health/detail").await["records"].take();
    let number = |value: &Value| value.as_u64().unwrap();
    let mut counts = [0; 3];
    for (count, status) in counts.iter_mut().zip(["success", "error", "cancelled"]) {
        let page = get(addr, &format!("/monitor/invocations?limit=1&status={status}")).await;
        *count = number(&page["total"]);
    }
    let [success, error, cancelled] = counts;
    Books {
        accepted: number(&records["accepted"]),
        written: number(&records["written"]),
        success,
        error,
        cancelled,
    }
}

impl Books {
    /// A client that left may have been answered, refused or not even heard; all others are known.
    pub fn faults(&self, tally: &Tally) -> Vec<String> {
        let Self { accepted, written, success, error, cancelled } = *self;
        let Tally { calls, answered, refused, left, .. } = *tally;
        let mut faults = Vec::new();
        let mut expect = |is_so: bool, what: &str| {
            if !is_so {
                faults.push(format!("{what}: {self}; {tally}"));
            }
        };
        expect(accepted == written, "records are missing");
        expect(success + error + cancelled == written, "rows are missing or doubled");
        expect((calls - left..=calls).contains(&accepted), "not each call has its record");
        expect((answered..=answered + left).contains(&success), "successes that nobody saw");
        expect((refused..=refused + left).contains(&error), "errors that nobody saw");
        expect(cancelled <= left, "cancelled without a client that left");
        faults
    }
}

impl fmt::Display for Books {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accepted, written, success, error, cancelled } = self;
        write!(
            out,
            "{accepted} calls accepted, {written} records: {success} success, {error} error, {cancelled} cancelled"
        )
    }
}
