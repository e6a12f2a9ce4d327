//! Calls of every kind, for tests that read them.

use tempfile::TempDir;

use crate::domain::ids::{KeyId, ModelId, ProviderId};
use crate::domain::invocation::{Invocation, Status, Target};
use crate::domain::money::NanoUsd;
use crate::domain::packed::{PackedCall, Texts};
use crate::domain::provider_kind::ProviderKind;
use crate::domain::usage::Usage;
use crate::store::batches::Batched;
use crate::store::call_log::CallLog;
use crate::store::key_spend;
use crate::store::packing::Packer;
use crate::store::{Connection, Database, StoreError};

pub fn open(folder: &TempDir) -> (Database, (Connection, CallLog)) {
    let database = Database::at(&folder.path().join("router.db").display().to_string());
    database.prepare().unwrap();
    let connection = database.connect().unwrap();
    (database, (connection, CallLog::default()))
}

pub fn write((connection, log): &mut (Connection, CallLog), numbers: std::ops::Range<u64>) {
    let batch: Vec<Invocation> = numbers.map(call).collect();
    Invocation::begin(log);
    crate::store::transaction(connection, |connection| {
        Invocation::insert_all(log, connection, &batch)
    })
    .unwrap();
    Invocation::written(log);
}

fn call(number: u64) -> Invocation {
    let count = i64::try_from(number).unwrap();
    let model = i32::try_from(number % 5).unwrap();
    let status = match number % 7 {
        3 => Status::Error,
        5 => Status::Cancelled,
        _ => Status::Success,
    };
    let is_error = status != Status::Success;
    Invocation {
        request_id: format!("request-{number}"),
        started_at_us: 1_795_737_600_000_000 + count * 1_000_000,
        endpoint: if number.is_multiple_of(2) { "chat" } else { "invoke" },
        session_id: (number % 5 == 2).then(|| format!("session-{}", number % 9)),
        requested: format!("Wanted-{}", number % 4),
        target: (!number.is_multiple_of(11)).then(|| Target {
            provider_id: ProviderId(model % 2 + 1),
            provider: format!("provider-{}", model % 2),
            kind: ProviderKind::Openai,
            model_id: ModelId(model + 1),
            model: format!("model-{model}"),
            tags: vec![String::from("fast"), format!("t{model}")],
            provider_key: Some(1),
        }),
        api_key: (!number.is_multiple_of(3)).then(|| format!("key-{}", number % 3)),
        api_key_id: (!number.is_multiple_of(3)).then(|| KeyId(i32::try_from(number % 3).unwrap())),
        is_stream: number % 2 == 1,
        status,
        http_status: if is_error { 502 } else { 200 },
        error_code: is_error.then_some("upstream_error"),
        error_message: is_error.then(|| format!("it Broke {}", number % 10)),
        usage: (!is_error).then(|| Usage {
            prompt: number,
            completion: 2,
            total: number + 2,
            ..Usage::default()
        }),
        cost: (!number.is_multiple_of(4) && !is_error).then_some(NanoUsd(count * 10)),
        duration_us: 10_000 + count,
        attempts: u32::try_from(number % 3).unwrap(),
        ..Invocation::blank()
    }
}

/// Tests write calls as they were recorded; packing is done here.
impl Batched for Invocation {
    const STREAM: &'static str = PackedCall::STREAM;
    type Sink = CallLog;

    fn begin(log: &CallLog) {
        PackedCall::begin(log);
    }

    fn insert_all(
        log: &CallLog,
        connection: &mut Connection,
        batch: &[Self],
    ) -> Result<(), StoreError> {
        let mut packer = Packer::default();
        let packed: Vec<_> =
            batch.iter().map(|call| packer.pack_call(call.clone(), Texts::default())).collect();
        PackedCall::insert_all(log, connection, &packed)
    }

    fn written(log: &CallLog) {
        PackedCall::written(log);
    }

    fn count_aside(&self, connection: &mut Connection) -> Result<(), StoreError> {
        key_spend::add(connection, std::iter::once(self))
    }

    fn reference(&self) -> String {
        self.request_id.clone()
    }

    fn record(&self) -> String {
        super::insert::record(self).to_string()
    }
}

/// Changes rows as a router does not.
pub fn execute(store: &mut (Connection, CallLog), sql: &str) {
    diesel::connection::SimpleConnection::batch_execute(&mut store.0, sql).unwrap();
}
