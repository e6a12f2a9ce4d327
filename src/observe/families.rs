//! Every family of metrics that the router exports. `docs/MONITORING.md` follows from this table.
//!
//! No label holds text of a client: models and providers are those of the configuration, and a call
//! that reached none has `none`; all other labels are words of the router's own.

use super::histogram::{Buckets, Histogram as Counts};

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram(&'static Buckets),
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// One name with its meaning; its samples differ in the values of the labels.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    pub name: &'static str,
    pub kind: Kind,
    /// In the order of the alphabet.
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

impl Family {
    /// An empty histogram with the family's buckets.
    pub fn histogram(&self) -> Counts {
        match self.kind {
            Kind::Histogram(buckets) => Counts::new(buckets),
            Kind::Counter | Kind::Gauge => Counts::new(&NO_BUCKETS),
        }
    }
}

static NO_BUCKETS: Buckets = Buckets::whole(&[]);

/// The value of `provider` and `model` for calls that reached no model.
pub const NONE: &str = "none";

const MODEL: &[&str] = &["model", "provider"];
const PROVIDER: &[&str] = &["provider"];
const OPERATION: &[&str] =
    &["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "provider"];

/// In seconds, from a cached answer to a long chain of thought.
static DURATIONS: Buckets = Buckets::seconds(&[
    5_000,
    20_000,
    50_000,
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
    300_000_000,
]);

static SHORT_DURATIONS: Buckets = Buckets::seconds(&[
    50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000,
]);

// OpenTelemetry's semantic conventions for GenAI name these bounds and the four after them.
static OPERATIONS: Buckets = Buckets::seconds(&[
    10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 640_000, 1_280_000, 2_560_000, 5_120_000,
    10_240_000, 20_480_000, 40_960_000, 81_920_000,
]);

static FIRST_TOKENS: Buckets = Buckets::seconds(&[
    1_000, 5_000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 250_000, 500_000, 750_000,
    1_000_000, 2_500_000, 5_000_000, 7_500_000, 10_000_000,
]);

static TOKEN_INTERVALS: Buckets = Buckets::seconds(&[
    10_000, 25_000, 50_000, 75_000, 100_000, 150_000, 200_000, 300_000, 400_000, 500_000, 750_000,
    1_000_000, 2_500_000,
]);

static TOKENS_OF_A_CALL: Buckets = Buckets::whole(&[
    1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
    67_108_864,
]);

macro_rules! families {
    ($($constant:ident: $kind:expr, $name:literal, $labels:expr, $help:literal;)*) => {
        $(pub static $constant: Family =
            Family { name: $name, kind: $kind, labels: $labels, help: $help };)*

        /// All of them, in the order in which they are exported.
        pub static ALL: &[&Family] = &[$(&$constant),*];
    };
}

use Kind::{Counter, Gauge, Histogram};

families! {
    REQUESTS: Counter, "llm_router_requests_total", &["model", "provider", "status"],
        "Calls by how they ended: `success`, `error`, `cancelled` (the client left)";
    DURATION: Histogram(&DURATIONS), "llm_router_request_duration_seconds", MODEL,
        "From request to end of answer";
    FIRST_TOKEN: Histogram(&DURATIONS), "llm_router_time_to_first_token_seconds", MODEL,
        "From request to the first chunk of a stream";
    OVERHEAD: Histogram(&SHORT_DURATIONS), "llm_router_overhead_seconds", &[],
        "The router's own work for a call";
    WAIT: Histogram(&DURATIONS), "llm_router_wait_seconds", &[],
        "What a call waited in the router: for limits, connections, backoff, a slot of the call log";
    ERRORS: Counter, "llm_router_errors_total", &["code", "model", "provider"],
        "Failed calls by the code of the failure";
    ATTEMPTS: Counter, "llm_router_attempts_total", &["model", "outcome", "provider"],
        "Tries at models: `answered`, or the code of the failure";
    LIMIT_REFUSALS: Counter, "llm_router_limit_refusals_total", &["limit", "model", "provider"],
        "Tries that a limit of the router refused: `requests`, `tokens`, `concurrency`, `connections`, `budget`. Limits per minute of a caller's key have model `none`";
    TOKENS: Counter, "llm_router_tokens_total", &["model", "provider", "type"],
        "Tokens by type. `prompt` includes `cached` and `cache_write`, `completion` includes `reasoning`";
    COST: Counter, "llm_router_cost_dollars_total", MODEL,
        "Known costs in US dollars";
    UNPRICED: Counter, "llm_router_unpriced_requests_total", MODEL,
        "Calls that took tokens and whose cost is unknown";
    ESTIMATED: Counter, "llm_router_estimated_requests_total", MODEL,
        "Calls whose tokens were estimated, because the provider did not report them";
    OPERATION_DURATION: Histogram(&OPERATIONS), "gen_ai_client_operation_duration_seconds",
        &["error_type", "gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "provider"],
        "OpenTelemetry's `gen_ai.client.operation.duration`: calls that reached a model. `error_type` is empty after a success";
    TOKEN_USAGE: Histogram(&TOKENS_OF_A_CALL), "gen_ai_client_token_usage",
        &["gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model", "gen_ai_token_type", "provider"],
        "OpenTelemetry's `gen_ai.client.token.usage`: tokens of a call, `input` and `output`";
    SERVER_FIRST_TOKEN: Histogram(&FIRST_TOKENS), "gen_ai_server_time_to_first_token_seconds", OPERATION,
        "OpenTelemetry's `gen_ai.server.time_to_first_token`: successful streams";
    TIME_PER_TOKEN: Histogram(&TOKEN_INTERVALS), "gen_ai_server_time_per_output_token_seconds", OPERATION,
        "OpenTelemetry's `gen_ai.server.time_per_output_token`: after the first one, successful streams";
    IN_FLIGHT: Gauge, "llm_router_in_flight_requests", &[],
        "Calls that have not ended";
    MODEL_IN_FLIGHT: Gauge, "llm_router_model_in_flight_requests", MODEL,
        "Calls that are at this model";
    CALLABLE_MODELS: Gauge, "llm_router_callable_models", &[],
        "Models that are active and whose provider has what it needs. At 0 no call can be served";
    LIMIT: Gauge, "llm_router_limit", &["limit", "model", "provider"],
        "Configured limits: `concurrency` in calls, `tokens` a minute, `requests` of a burst. Those of a provider have an empty model";
    LIMIT_REMAINING: Gauge, "llm_router_limit_remaining", &["limit", "model", "provider"],
        "What is left of the limit now";
    PROVIDER_CIRCUIT: Gauge, "llm_router_provider_circuit_state", PROVIDER,
        "0 closed, 1 half-open, 2 open: calls go to other providers";
    MODEL_CIRCUIT: Gauge, "llm_router_model_circuit_state", MODEL,
        "0 closed, 1 half-open, 2 open: calls go to other models";
    POOL_LIMIT: Gauge, "llm_router_pool_max_calls", PROVIDER,
        "Calls that may be at the provider at once (`max_connections`)";
    POOL_CALLS: Gauge, "llm_router_pool_calls", PROVIDER,
        "Calls that have a connection of the provider's pool, or open one";
    POOL_WAITING: Gauge, "llm_router_pool_waiting_calls", PROVIDER,
        "Calls that wait for their turn in the provider's pool";
    POOL_OPEN: Gauge, "llm_router_pool_open_connections", PROVIDER,
        "Open connections to the provider";
    POOL_IDLE: Gauge, "llm_router_pool_idle_connections", PROVIDER,
        "Open connections that no call uses";
    POOL_OPENED: Counter, "llm_router_pool_opened_connections_total", PROVIDER,
        "Connections that were opened to the provider";
    RECORDS_ACCEPTED: Counter, "llm_router_records_accepted_total", &[],
        "Calls that got a slot in the call log: each ends in one record";
    RECORDS_WRITTEN: Counter, "llm_router_records_written_total", &[],
        "Records on disk";
    RECORDS_SET_ASIDE: Counter, "llm_router_records_set_aside_total", &[],
        "Records that the database refused and that are kept in the table `set_aside`";
    RECORDS_PENDING: Gauge, "llm_router_records_pending", &[],
        "Records not yet on disk, those of calls in flight among them";
    RECORDS_WAITING: Gauge, "llm_router_records_waiting", &[],
        "Records of ended calls not yet on disk";
    RECORD_SLOTS: Gauge, "llm_router_record_slots", &[],
        "The most records that may be pending; beyond it calls wait, then are refused";
    RECORD_BYTES: Gauge, "llm_router_record_waiting_body_bytes", &[],
        "Bodies not yet on disk";
    RECORDS_FAILED_WRITES: Counter, "llm_router_record_write_failures_total", &[],
        "Batches of records that could not be written and were tried again";
    BODIES_LEFT_OUT: Counter, "llm_router_record_bodies_left_out_total", &[],
        "Records kept without their bodies, because too many bytes waited for the disk";
    RELOADS: Counter, "llm_router_config_reloads_total", &["result"],
        "Configurations read, the one of the start among them: `applied`, `rejected`";
    RELOAD_SUCCESSFUL: Gauge, "llm_router_config_last_reload_successful", &[],
        "1, or 0 when the file as it stands was rejected and the last good one is in use";
    RELOAD_TIME: Gauge, "llm_router_config_last_reload_timestamp_seconds", &[],
        "When the configuration was last applied or rejected";
    RELOAD_SUCCESS_TIME: Gauge, "llm_router_config_last_reload_success_timestamp_seconds", &[],
        "When the running configuration was applied";
    GENERATION: Gauge, "llm_router_config_generation", &[],
        "Catalogues published since the start";
    CERTIFICATE_EXPIRY: Gauge, "llm_router_tls_certificate_expiry_timestamp_seconds", &[],
        "When the certificate of `[server.tls]` expires, in seconds since 1970; absent without one";
    CERTIFICATE_CURRENT: Gauge, "llm_router_tls_certificate_current", &[],
        "1, or 0 when its files cannot be used and the last good ones serve on";
    EVENTS: Counter, "llm_router_events_total", &["kind"],
        "Events of the router by their kind, as at `GET /events`";
    EVENTS_LOST: Counter, "llm_router_events_lost_total", &[],
        "Events that found the journal full, and stand in the log only";
    SPANS: Counter, "llm_router_spans_total", &["outcome"],
        "Spans of traces: `exported`, `rejected` by the collector, `dropped` because it did not take them";
    BUILD: Gauge, "llm_router_build_info", &["version"],
        "1";
    OPEN_FDS: Gauge, "process_open_fds", &[],
        "File descriptors that are open: connections, and a few files";
    MAX_FDS: Gauge, "process_max_fds", &[],
        "The most that may be open (`LimitNOFILE`, `ulimit -n`); without any left no connection is accepted";
    STARTED: Gauge, "process_start_time_seconds", &[],
        "When the process started, in seconds since 1970";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_say_what_they_count() {
        let names: BTreeSet<_> = ALL.iter().map(|family| family.name).collect();
        assert_eq!(names.len(), ALL.len());
        for family in ALL {
            let is_counter = matches!(family.kind, Kind::Counter);
            assert_eq!(family.name.ends_with("_total"), is_counter, "{}", family.name);
            assert!(family.labels.is_sorted(), "{}", family.name);
            assert!(!family.help.is_empty() && !family.help.contains(['\n', '|']));
        }
    }

    #[test]
    fn bounds_ascend() {
        for family in ALL {
            if let Kind::Histogram(buckets) = family.kind {
                assert!(buckets.bounds().is_sorted_by(|one, next| one < next), "{}", family.name);
            }
        }
    }
}
