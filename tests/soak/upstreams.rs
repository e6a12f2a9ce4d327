//! The upstreams, of whose answers a third fail, and the configuration that leads to them.

use std::time::Duration;

use crate::fault::Fault;
use crate::rows::{ROWS, Row};
use crate::scripts::{script, sound};
use crate::support::upstream::Seen;
use crate::support::{Script, Step, Upstream};

/// What the provider `three` and the model `narrow` take at once.
pub const CONNECTIONS: usize = 4;
pub const ABREAST: usize = 3;

pub struct Upstreams {
    pub one: Upstream,
    pub two: Upstream,
}

impl Upstreams {
    pub async fn start() -> Self {
        Self { one: Upstream::with(answer).await, two: Upstream::with(answer).await }
    }

    /// Short waits and rests, so that every timer strikes and every circuit opens and closes often.
    pub fn config(&self) -> String {
        let (one, two) = (self.one.base_url(), self.two.base_url());
        let gone = format!("http://127.0.0.1:{}", Upstream::refusing_port());
        let provider = |name: &str, url: &str, settings: &str| {
            format!(
                "[[providers]]\nname = \"{name}\"\ntype = \"openai_compatible\"\nbase_url = \"{url}\"\n\
                 api_key = \"sk-soak-1,sk-soak-2\"\n[providers.settings]\n{settings}\n"
            )
        };
        let model = |name: &str, provider: &str, rest: &str| {
            format!("[[models]]\nname = \"{name}\"\nprovider = \"{provider}\"\n{rest}\n")
        };
        [
            String::from(
                "[server]\nworkers = 2\n\
                 [timeouts]\nconnect = 1\nhead = 1\nfirst_chunk = 1\nidle = 1\nheartbeat = 0.3\n\
                 [routing]\nstrategy = \"least_busy\"\nmax_attempts = 3\nretries = 1\n\
                 backoff = 0.01\nmax_backoff = 0.05\ndeadline = 4\n\
                 [routing.circuit]\nrest = 0.02\nmax_rest = 0.05\nbilling_rest = 0.02\n\
                 [routing.aliases]\nbest = \"tag:fast\"\n",
            ),
            provider("one", &one, ""),
            provider("two", &two, ""),
            provider(
                "three",
                &two,
                &format!("max_connections = {CONNECTIONS}\nconnect_timeout = 0.3"),
            ),
            provider("gone", &gone, ""),
            model("a", "one", "tags = [\"fast\", \"cheap\"]"),
            model("a", "two", "tags = [\"fast\"]"),
            model("b", "one", "tags = [\"cheap\"]\n[models.config]\nfallbacks = [\"two/a\"]"),
            model("b", "three", "tags = [\"fast\", \"cheap\"]"),
            model("c", "gone", "tags = [\"cheap\"]"),
            model("narrow", "two", &format!("[models.config]\nmax_concurrent = {ABREAST}")),
            model(
                "limited",
                "one",
                "[models.rate_limit]\nmax_requests = 10\nper_seconds = 1\nmax_wait_ms = 200",
            ),
        ]
        .concat()
    }
}

fn answer(seen: &Seen) -> Script {
    let is_stream = seen.json()["stream"] == true;
    if fastrand::u8(..3) == 0 {
        let faults: Vec<&Row> = ROWS.iter().filter(|row| is_playable(row, is_stream)).collect();
        let row = faults[fastrand::usize(..faults.len())];
        return script(row.fault, is_stream, row.moment);
    }
    let wait = Duration::from_millis(fastrand::u64(..30));
    sound(is_stream).before_head(Step::Pause(wait))
}

/// Not among them are faults of the way to an upstream, which `gone` has, those of clients, and answers of 64 MiB,
/// next to which nothing else could be seen in the memory.
fn is_playable(row: &Row, is_stream: bool) -> bool {
    let is_elsewhere = matches!(
        row.fault,
        Fault::Refused
            | Fault::Unanswered
            | Fault::NoTls
            | Fault::UntrustedCertificate
            | Fault::Leaves(_)
            | Fault::Oversized
    );
    !is_elsewhere && row.calls.are_streams().contains(&is_stream)
}
