//! What a record costs: the packing thread's part and the writer's, each in batches as the router
//! has them under load.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Integer};
use llm_router::dialects::texts;
use llm_router::domain::invocation::Invocation;
use llm_router::domain::packed::{Beginning, PackedCall, Texts};
use llm_router::store::batches::{self, BatchId};
use llm_router::store::call_log::CallLog;
use llm_router::store::packing::Packer;
use llm_router::store::{Connection, Database, checkpoint, sums};

use crate::calls::{Calls, Kept};

const BATCH: u64 = 4_000;

/// Ten million calls in 90 days, and a busy router.
pub const QUIET_US: i64 = 90 * 86_400 * 1_000_000 / 10_000_000;
pub const BUSY_US: i64 = 33;

/// As in the router.
const FLUSH_US: i64 = 2_000_000;

/// The sums of so much history are brought into the table at once.
const QUIET_FLUSH_US: i64 = 40_000 * QUIET_US;

pub struct Writer {
    path: PathBuf,
    pub connection: Connection,
    pub log: CallLog,
    packer: Packer,
    calls: Calls,
    name: String,
    sequence: i64,
}

/// Of one call.
pub struct Cost {
    pub packing_us: f64,
    pub writing_us: f64,
    pub rows_per_second: f64,
    pub bytes: f64,
}

impl Writer {
    pub fn open(database: &Database, path: PathBuf) -> Self {
        Self {
            path,
            connection: database.connect().unwrap(),
            log: CallLog::default(),
            packer: Packer::default(),
            calls: Calls::default(),
            name: format!("bench {}", jiff::Timestamp::now()),
            sequence: 0,
        }
    }

    /// `count` calls from `start` on, one every `step` microseconds.
    pub fn write(&mut self, count: u64, (start, step): (i64, i64), kept: Kept) -> Cost {
        let bytes_before = self.size();
        let (mut packing, mut cpu, mut wall) = (0u64, 0u64, Duration::ZERO);
        let flush_us = if step == BUSY_US { FLUSH_US } else { QUIET_FLUSH_US };
        let (mut done, mut flushed_at) = (0, start);
        while done < count {
            let at = |number: u64| start + step * i64::try_from(number).unwrap();
            let batch: Vec<Invocation> = (done..(done + BATCH).min(count))
                .map(|number| self.calls.next(number, at(number), kept))
                .collect();
            done += BATCH;
            let packing_before = cpu_ns();
            let batch: Vec<PackedCall> = batch.into_iter().map(|call| self.pack(call)).collect();
            packing += cpu_ns() - packing_before;
            let (begun, cpu_before) = (Instant::now(), cpu_ns());
            self.put(&batch);
            if at(done) - flushed_at >= flush_us || done >= count {
                flushed_at = at(done);
                sums::flush(&mut self.connection, &self.log).unwrap();
                cpu += cpu_ns() - cpu_before;
                wall += begun.elapsed();
                self.forget_minutes(at(done));
                continue;
            }
            cpu += cpu_ns() - cpu_before;
            wall += begun.elapsed();
        }
        checkpoint(&mut self.connection).unwrap();
        let each = |cpu: u64| cpu as f64 / count as f64 / 1000.0;
        Cost {
            packing_us: each(packing),
            writing_us: each(cpu),
            rows_per_second: count as f64 / wall.as_secs_f64(),
            bytes: (self.size() - bytes_before) / count as f64,
        }
    }

    /// As the recorder does when it has nothing to wait for; answers how many were written.
    pub fn write_until(&mut self, start: i64, is_over: impl Fn() -> bool) -> u64 {
        let (mut done, mut flushed) = (0, Instant::now());
        while !is_over() {
            let call = |number| start + BUSY_US * i64::try_from(number).unwrap_or_default();
            let batch: Vec<PackedCall> = (done..done + BATCH)
                .map(|number| self.calls.next(number, call(number), Kept::Row))
                .map(|call| self.packer.pack_call(call, Texts::default()))
                .collect();
            done += BATCH;
            self.put(&batch);
            if flushed.elapsed() >= Duration::from_micros(FLUSH_US.unsigned_abs()) {
                flushed = Instant::now();
                sums::flush(&mut self.connection, &self.log).unwrap();
            }
        }
        done
    }

    fn pack(&mut self, call: Invocation) -> PackedCall {
        let texts = call.bodies.as_ref().map(|bodies| Texts {
            prompt: Beginning::of(&texts::prompt(&bodies.request)),
            answer: Beginning::of(&texts::answer(&bodies.response)),
        });
        self.packer.pack_call(call, texts.unwrap_or_default())
    }

    fn put(&mut self, batch: &[PackedCall]) {
        self.sequence += 1;
        let id = BatchId { writer: &self.name, sequence: self.sequence, now_us: 1 };
        batches::write(&mut self.connection, &self.log, id, batch).unwrap();
    }

    /// As retention does: sums of minutes are kept for three days.
    fn forget_minutes(&mut self, now_us: i64) {
        for view in sums::View::ALL {
            diesel::sql_query("DELETE FROM sums WHERE view = ? AND grain = 0 AND bucket < ?")
                .bind::<Integer, _>(view as i32)
                .bind::<BigInt, _>((now_us - sums::MINUTES_KEPT_US) / 60_000_000)
                .execute(&mut self.connection)
                .unwrap();
        }
    }

    pub fn size(&self) -> f64 {
        std::fs::metadata(&self.path).unwrap().len() as f64
    }
}

/// Of this thread.
pub fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse().unwrap()
}
