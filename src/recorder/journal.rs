//! The journal: what happened to the router itself, brought to the disk in the order in which it
//! was noted. Nobody waits for it; what finds no room is counted and told in the log.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Context, WrapFuture};
use log::warn;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::persist::{Lost, Persister};
use crate::domain::event::Event;
use crate::store::events;
use crate::store::writer::WriterHandle;

/// Events that wait for the disk. A whole catalogue of circuits may open at once.
const CAPACITY: usize = 4096;
const MAX_BATCH: usize = 200;

/// After so many new rows, old ones are looked for.
const TIDY_EVERY: usize = 1000;

enum Entry {
    Noted(Box<Event>),
    /// Answered when all that was noted before is on disk.
    Flush(oneshot::Sender<()>),
}

#[derive(Clone)]
pub struct JournalHandle {
    sender: mpsc::Sender<Entry>,
    lost: Arc<AtomicU64>,
    address: Arc<Addr<Journal>>,
}

impl JournalHandle {
    pub fn start(writer: WriterHandle) -> Self {
        let (sender, receiver) = mpsc::channel(CAPACITY);
        let persister = Persister::new(writer, "events");
        let pages = Pages { receiver, persister, untidied: TIDY_EVERY };
        let address = Arc::new(Journal { pages: Some(pages) }.start());
        Self { sender, lost: Arc::default(), address }
    }

    /// Notes an event. Never waits.
    pub fn note(&self, event: Event) {
        if let Err(refused) = self.sender.try_send(Entry::Noted(Box::new(event))) {
            let lost = self.lost.fetch_add(1, Ordering::Relaxed) + 1;
            if let Entry::Noted(event) = refused.into_inner() {
                let kind = event.kind.as_str();
                warn!(kind, lost; "the journal is full, lost: {kind} {}: {}", event.subject, event.summary);
            }
        }
    }

    /// Waits until what was noted is on disk, or the deadline. Answers whether it is.
    ///
    /// # Cancel safety
    /// Dropping it loses nothing but the answer.
    pub async fn flush(&self, deadline: Duration) -> bool {
        let flushed = async {
            let (done, is_done) = oneshot::channel();
            self.sender.send(Entry::Flush(done)).await.ok()?;
            is_done.await.ok()
        };
        matches!(timeout(deadline, flushed).await, Ok(Some(())))
    }

    /// Events for which there was no room.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Whether the actor still lives.
    pub fn is_alive(&self) -> bool {
        self.address.connected()
    }
}

pub struct Journal {
    /// Gone once the writing has begun.
    pages: Option<Pages>,
}

struct Pages {
    receiver: mpsc::Receiver<Entry>,
    persister: Persister,
    /// Rows written since old ones were last looked for.
    untidied: usize,
}

impl Actor for Journal {
    type Context = Context<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        if let Some(pages) = self.pages.take() {
            context.spawn(pages.keep().into_actor(self));
        }
    }
}

impl Pages {
    async fn keep(mut self) {
        loop {
            let mut entries = Vec::new();
            if self.receiver.recv_many(&mut entries, MAX_BATCH).await == 0 {
                return;
            }
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
                // Whoever asked may have stopped waiting.
                let _ = done.send(());
            }
        }
    }

    /// Returns when they are on disk, or can never be.
    async fn write(&mut self, noted: Vec<Event>) {
        let count = noted.len();
        if let Err(Lost) = self.persister.write(noted, |_| {}, |_| {}).await {
            return;
        }
        self.untidied += count;
        if self.untidied >= TIDY_EVERY {
            self.untidied = 0;
            self.tidy().await;
        }
    }

    /// Other writes get their turn between the slices.
    async fn tidy(&self) {
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
