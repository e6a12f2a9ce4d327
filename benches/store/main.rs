//! What a record costs and how fast the figures are read: `make bench-store`, or
//! `cargo bench --bench store -- CALLS` for fewer than ten million calls.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench that cannot go on should say so and stop; it prints its figures"
)]

mod lists;

use std::path::Path;
use std::time::Instant;

use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Integer};
use llm_router::domain::ids::{KeyId, ModelId, ProviderId};
use llm_router::domain::invocation::{Bodies, Invocation, Phases, Status, Target, Tries};
use llm_router::domain::money::NanoUsd;
use llm_router::domain::packed::{PackedCall, Texts};
use llm_router::domain::provider_kind::ProviderKind;
use llm_router::domain::usage::Usage;
use llm_router::store::batches::{self, BatchId};
use llm_router::store::call_log::CallLog;
use llm_router::store::packing::Packer;
use llm_router::store::{Connection, Database, sums};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const MODELS: u64 = 60;
const KEYS: u64 = 200;
const BATCH: u64 = 4_000;

fn main() {
    let calls = std::env::args().find_map(|text| text.parse().ok()).unwrap_or(10_000_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("router.db");
    let database = Database::at(&path.display().to_string());
    database.prepare().unwrap();
    let mut writer = Writer {
        connection: database.connect().unwrap(),
        log: CallLog::default(),
        packer: Packer::default(),
        sequence: 0,
        seed: 7,
    };
    println!(
        "{:<44}{:>10}{:>10}{:>14}{:>14}",
        "µs of CPU", "packing", "writing", "rows/s of CPU", "rows/s"
    );
    let now = jiff::Timestamp::now().as_microsecond();
    let start = now - i64::try_from(calls).unwrap() * QUIET_US;
    writer.measure("history, 1.3 calls a second", calls, (start, QUIET_US), false);
    llm_router::store::checkpoint(&mut writer.connection).unwrap();
    println!("{:<44}{:>20.1}", "bytes a call, with sums", size(&path) / calls as f64);
    lists::measure(&database, &writer.log);
    let live = (calls / 2).max(LIVE_CALLS);
    writer.measure("without bodies, 30,000 calls a second", live, (now, BUSY_US), false);
    let now = now + i64::try_from(live).unwrap() * BUSY_US;
    writer.measure("the same with 1 kB of bodies and a trace", live, (now, BUSY_US), true);
}

/// Between two calls: ten million in 90 days, and 30,000 a second.
const QUIET_US: i64 = 90 * 86_400 * 1_000_000 / 10_000_000;
const BUSY_US: i64 = 33;

/// Calls that are written at the busy rate.
const LIVE_CALLS: u64 = 100_000;

/// As in the router.
const FLUSH_US: i64 = 2_000_000;

/// The sums of so much history are brought into the table at once.
const QUIET_FLUSH_US: i64 = 40_000 * QUIET_US;

struct Writer {
    connection: Connection,
    log: CallLog,
    packer: Packer,
    sequence: i64,
    seed: u64,
}

impl Writer {
    fn measure(&mut self, what: &str, count: u64, (start, step): (i64, i64), bodies: bool) {
        let (mut packing, mut cpu, mut wall) = (0u64, 0u64, std::time::Duration::ZERO);
        let flush_us = if step == BUSY_US { FLUSH_US } else { QUIET_FLUSH_US };
        let (mut done, mut flushed_at) = (0, start);
        while done < count {
            let at = |number: u64| start + step * i64::try_from(number).unwrap();
            let batch: Vec<Invocation> = (done..(done + BATCH).min(count))
                .map(|number| self.call(number, at(number), bodies))
                .collect();
            done += BATCH;
            let packing_before = cpu_ns();
            let batch: Vec<PackedCall> = batch
                .into_iter()
                .map(|call| self.packer.pack_call(call, Texts::default()))
                .collect();
            packing += cpu_ns() - packing_before;
            let (begun, cpu_before) = (Instant::now(), cpu_ns());
            self.sequence += 1;
            let id = BatchId { writer: "bench", sequence: self.sequence, now_us: 1 };
            batches::write(&mut self.connection, &self.log, id, &batch).unwrap();
            if at(done) - flushed_at >= flush_us || done >= count {
                flushed_at = at(done);
                sums::flush(&mut self.connection, &self.log).unwrap();
            }
            cpu += cpu_ns() - cpu_before;
            wall += begun.elapsed();
            self.forget_minutes(at(done));
        }
        let each = |cpu: u64| cpu as f64 / count as f64 / 1000.0;
        let (writing, packing) = (each(cpu), each(packing));
        let wall = count as f64 / wall.as_secs_f64();
        println!("{what:<44}{packing:>10.2}{writing:>10.2}{:>14.0}{wall:>14.0}", 1e6 / writing);
    }

    /// As retention does: sums of minutes are kept for three days.
    fn forget_minutes(&mut self, now_us: i64) {
        for view in 0..6 {
            diesel::sql_query("DELETE FROM sums WHERE view = ? AND grain = 0 AND bucket < ?")
                .bind::<Integer, _>(view)
                .bind::<BigInt, _>((now_us - 3 * 86_400_000_000) / 60_000_000)
                .execute(&mut self.connection)
                .unwrap();
        }
    }

    fn random(&mut self, below: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % below
    }

    fn words(&mut self, count: usize) -> String {
        const WORDS: [&str; 16] = [
            "ferry", "harbour", "when", "leaves", "the", "tide", "ticket", "island", "morning",
            "a", "crossing", "wind", "of", "captain", "late", "and",
        ];
        let word = |_| WORDS[usize::try_from(self.random(16)).unwrap()];
        (0..count).map(word).collect::<Vec<_>>().join(" ")
    }

    fn call(&mut self, number: u64, started_at_us: i64, bodies: bool) -> Invocation {
        // Few models and keys make most calls.
        let model = self.random(MODELS) * self.random(MODELS) / MODELS;
        let key = self.random(KEYS) * self.random(KEYS) / KEYS;
        let is_error = self.random(100) == 0;
        let (prompt, completion) = (self.random(8_000), self.random(800));
        let duration = 200_000 + self.random(4_000_000) + self.random(100) / 99 * 30_000_000;
        let (id, key_id) = (i32::try_from(model).unwrap(), i32::try_from(key).unwrap());
        let millis = u64::try_from(started_at_us / 1000).unwrap();
        let mut random = [0u8; 10];
        random[..8].copy_from_slice(&self.random(u64::MAX).to_le_bytes());
        let request_id = llm_router::domain::ids::RequestId::generate(millis, random);
        Invocation {
            request_id: request_id.as_str().to_owned(),
            started_at_us,
            endpoint: "chat",
            requested: format!("model-{model}"),
            target: Some(Target {
                provider_id: ProviderId(id % 8 + 1),
                provider: format!("provider-{}", id % 8),
                kind: ProviderKind::Openai,
                model_id: ModelId(id + 1),
                model: format!("model-{model}"),
                tags: vec![format!("tag-{}", id % 6), String::from("fast")],
                provider_key: Some(1),
            }),
            api_key: Some(format!("key-{key}")),
            api_key_id: Some(KeyId(key_id + 1)),
            charge: None,
            is_stream: number.is_multiple_of(2),
            status: if is_error { Status::Error } else { Status::Success },
            http_status: if is_error { 502 } else { 200 },
            error_code: is_error.then_some("upstream_error"),
            error_message: is_error.then(|| String::from("the upstream answered 500: overloaded")),
            finish_reason: (!is_error).then(|| String::from("stop")),
            usage: (!is_error).then(|| Usage {
                prompt, completion, cached: prompt / 2, total: prompt + completion, ..Usage::default()
            }),
            usage_estimated: false,
            usage_partial: false,
        uncounted: None,
            cost: (!is_error).then(|| NanoUsd(i64::try_from(prompt * 2_000 + completion * 8_000).unwrap())),
            price: None,
            phases: Phases { router_us: Some(180), wait_us: Some(12) },
            ttft_us: (number.is_multiple_of(2)).then(|| i64::try_from(duration / 8).unwrap()),
            duration_us: i64::try_from(duration).unwrap(),
            attempts: 1,
            tries: Tries::default(),
            bodies: bodies.then(|| Bodies {
                request: format!(
                    r#"{{"model":"model-{model}","temperature":0.2,"max_tokens":800,"messages":[{{"role":"system","content":"You answer questions about ferries. Be brief, name your source, and say so when you do not know."}},{{"role":"user","content":"{}"}}]}}"#,
                    self.words(40)
                )
                .into(),
                response: format!(
                    r#"{{"id":"chatcmpl-{:016x}","object":"chat.completion","created":{millis},"model":"model-{model}","choices":[{{"index":0,"message":{{"role":"assistant","content":"{}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":{prompt},"completion_tokens":{completion},"total_tokens":{}}}}}"#,
                    self.random(u64::MAX),
                    self.words(40),
                    prompt + completion
                )
                .into(),
                is_truncated: false,
            }),
            bodies_dropped: None,
            route: bodies.then(|| String::from(
                r#"{"strategy":"priority","seed":1,"candidates":[{"model":"a/b","score":1.0,"reason":"asked for by name"}],"attempts":[{"model":"a/b","outcome":"answered","ms":812.4}]}"#,
            )),
            spans: None,
        }
    }
}

fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}

fn size(path: &Path) -> f64 {
    std::fs::metadata(path).unwrap().len() as f64
}
