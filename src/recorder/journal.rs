//! The journal: what happened to the router itself, written in the order in which it was noted.
//! Noting never waits; an event that finds the queue full is counted and logged as lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix::fut::wrap_future;
use actix::{Actor, Addr, AsyncContext, Context};
use log::warn;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::batch_loop::BatchLoop;
use super::persist::{Lost, Persister};
use crate::domain::event::{Event, EventKind};
use crate::store::events;
use crate::store::writer::WriterHandle;

/// Events that are not written yet. All circuits of a large catalogue may open at once.
const CAPACITY: usize = 4096;
const MAX_BATCH: usize = 200;

/// After so many new rows, old ones are deleted.
const TRIM_EVERY: usize = 1000;

enum Entry {
    Noted(Box<Event>),
    /// Answered when all that was noted before is written.
    Flush(oneshot::Sender<()>),
}

#[derive(Clone)]
pub struct JournalHandle {
    sender: mpsc::Sender<Entry>,
    lost: Arc<AtomicU64>,
    /// In the order of [`EventKind::ALL`].
    noted: Arc<[AtomicU64; EventKind::ALL.len()]>,
    address: Arc<Addr<Journal>>,
}

impl JournalHandle {
    pub fn start(writer: WriterHandle) -> Self {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let batches = BatchLoop { receiver, max_batch: MAX_BATCH, gather: Duration::ZERO };
        let persister = Persister::new(writer, (), "events");
        let mut log = EventLog { persister, untrimmed: TRIM_EVERY };
        let address = Journal::create(|context| {
            context.spawn(wrap_future(async move {
                batches.run(async |entries| log.take(entries).await).await;
            }));
            Journal
        });
        let noted = Arc::new([const { AtomicU64::new(0) }; EventKind::ALL.len()]);
        Self { sender, lost: Arc::default(), noted, address: Arc::new(address) }
    }

    /// Notes an event. Never waits.
    pub fn note(&self, event: Event) {
        if let Some(noted) = self.noted.get(event.kind as usize) {
            noted.fetch_add(1, Ordering::Relaxed);
        }
        if let Err(refused) = self.sender.try_send(Entry::Noted(Box::new(event))) {
            let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
            if let Entry::Noted(event) = refused.into_inner() {
                let kind = event.kind.as_str();
                warn!(kind, lost; "the journal is full, lost: {kind} {}: {}", event.subject, event.summary);
            }
        }
    }

    /// Waits until what was noted is written, or for the deadline. Returns whether it is.
    ///
    /// # Cancel safety
    /// Dropping it only ends the wait.
    pub async fn flush(&self, deadline: Duration) -> bool {
        let flushed = async {
            let (done, is_done) = oneshot::channel();
            self.sender.send(Entry::Flush(done)).await.ok()?;
            is_done.await.ok()
        };
        matches!(timeout(deadline, flushed).await, Ok(Some(())))
    }

    /// How many events of each kind there were, lost ones among them.
    pub fn noted(&self) -> impl Iterator<Item = (EventKind, u64)> {
        let counts = self.noted.iter().map(|count| count.load(Ordering::Relaxed));
        EventKind::ALL.into_iter().zip(counts)
    }

    /// Events that found the queue full.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Whether the actor still runs.
    pub fn is_alive(&self) -> bool {
        self.address.connected()
    }
}

/// Runs the loop that writes; it ends with the last handle.
pub struct Journal;

impl Actor for Journal {
    type Context = Context<Self>;
}

struct EventLog {
    persister: Persister<Event>,
    /// Rows written since old ones were last deleted.
    untrimmed: usize,
}

impl EventLog {
    async fn take(&mut self, entries: Vec<Entry>) {
        let (mut noted, mut flushes) = (Vec::new(), Vec::new());
        for entry in entries {
            match entry {
                Entry::Noted(event) => noted.push(*event),
                Entry::Flush(done) => flushes.push(done),
            }
        }
        if !noted.is_empty() {
            self.write(noted).await;
        }
        for done in flushes {
            // The caller may have stopped waiting.
            let _ = done.send(());
        }
    }

    /// Returns when they are on disk, or can never be.
    async fn write(&mut self, noted: Vec<Event>) {
        let count = noted.len();
        if let Err(Lost) = self.persister.write(noted, |_| {}, |_| {}).await {
            return;
        }
        self.untrimmed += count;
        if self.untrimmed >= TRIM_EVERY {
            self.untrimmed = 0;
            self.trim().await;
        }
    }

    /// Other writes get their turn between the slices.
    async fn trim(&self) {
        let forget = |connection: &mut _| events::forget(connection, events::KEPT, events::SLICE);
        loop {
            match self.persister.writer().write(forget).await {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => return warn!("old events stay: {error}"),
            }
        }
    }
}
