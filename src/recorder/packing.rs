//! The thread between the recorder and the writer: it counts usage that no upstream told, takes out
//! what is not to be recorded, reads the beginnings of prompts and answers, and compresses traces and
//! bodies, so that the writer's thread only writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use actix::{Actor, Addr, Handler, Message, SyncArbiter, SyncContext};
use log::error;

use crate::domain::invocation::Invocation;
use crate::domain::packed::{PackedCall, Texts};
use crate::store::packing::Packer;
use crate::store::priority;

/// Reads the beginnings of prompt and answer from a call's bodies.
pub type ReadTexts = Arc<dyn Fn(&Invocation) -> Texts + Send + Sync>;

/// Takes out of a call's texts what is not to be recorded.
pub type Redact = Arc<dyn Fn(&mut Invocation) + Send + Sync>;

/// Counts the usage of the calls of a batch that are to be counted.
pub type CountUsage = Arc<dyn Fn(&mut [Invocation]) + Send + Sync>;

/// Called with each call whose trace is exported, before it is packed.
pub type OnTraced = Arc<dyn Fn(&Invocation) + Send + Sync>;

/// Calls that are packed in a row; one takes about 10 µs.
const GIVE_WAY_EVERY: usize = 8;

#[derive(Clone)]
pub struct Packing(Addr<PackingThread>);

impl Packing {
    pub fn start(
        count_usage: CountUsage,
        redact: Redact,
        read: ReadTexts,
        on_traced: OnTraced,
    ) -> Self {
        let start = move || PackingThread {
            packer: Packer::default(),
            count_usage: count_usage.clone(),
            redact: redact.clone(),
            read: read.clone(),
            on_traced: on_traced.clone(),
        };
        Self(SyncArbiter::start(1, start))
    }

    /// `None` when the thread is gone, and the batch with it.
    pub async fn pack(&self, batch: Vec<Invocation>) -> Option<Vec<PackedCall>> {
        self.0.send(Pack(batch)).await.ok()
    }
}

struct PackingThread {
    packer: Packer,
    count_usage: CountUsage,
    redact: Redact,
    read: ReadTexts,
    on_traced: OnTraced,
}

impl PackingThread {
    /// A call that is not counted keeps its estimate by sizes.
    fn count(&self, batch: &mut [Invocation]) {
        if batch.iter().all(|call| call.uncounted.is_none()) {
            return;
        }
        if catch_unwind(AssertUnwindSafe(|| (self.count_usage)(batch))).is_err() {
            error!("the usage of a batch of calls could not be counted");
        }
    }

    /// What could not be searched is not recorded.
    fn redact(&self, call: &mut Invocation) {
        if catch_unwind(AssertUnwindSafe(|| (self.redact)(call))).is_err() {
            error!(
                "the texts of call `{}` could not be searched, and are left out",
                call.request_id
            );
            (call.bodies, call.route) = (None, None);
            (call.error_message, call.session_id) = (None, None);
        }
    }

    /// A body comes from outside. Whatever it does to its reader, its call is recorded.
    fn texts(&self, call: &Invocation) -> Texts {
        if call.bodies.is_none() {
            return Texts::default();
        }
        catch_unwind(AssertUnwindSafe(|| (self.read)(call))).unwrap_or_else(|_| {
            error!("the texts of call `{}` could not be read", call.request_id);
            Texts::default()
        })
    }

    /// It reads a part of the body too.
    fn trace(&self, call: &Invocation) {
        if catch_unwind(AssertUnwindSafe(|| (self.on_traced)(call))).is_err() {
            error!("the spans of call `{}` could not be written", call.request_id);
        }
    }
}

impl Actor for PackingThread {
    type Context = SyncContext<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        priority::lower();
    }
}

#[derive(Message)]
#[rtype(result = "Vec<PackedCall>")]
struct Pack(Vec<Invocation>);

impl Handler<Pack> for PackingThread {
    type Result = Vec<PackedCall>;

    fn handle(&mut self, Pack(mut batch): Pack, _: &mut Self::Context) -> Self::Result {
        self.count(&mut batch);
        let pack = |(number, mut call): (usize, Invocation)| {
            if number.is_multiple_of(GIVE_WAY_EVERY) {
                priority::give_way();
            }
            self.redact(&mut call);
            if call.spans.is_some() {
                self.trace(&call);
                call.spans = None;
            }
            let texts = self.texts(&call);
            self.packer.pack_call(call, texts)
        };
        batch.into_iter().enumerate().map(pack).collect()
    }
}
