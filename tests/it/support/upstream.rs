//! A provider that does what its script says, on a real socket of 127.0.0.1.
//!
//! It lives in a thread with a runtime of its own, and its bounds run on that runtime's clock: neither a busy test nor
//! one with paused time disturbs it.
//!
//! What it is sent at the places of the dialects' chats is read as strictly as the provider would read it; a test in
//! which something was invalid fails when the upstream is dropped.
#![allow(dead_code, reason = "no single test needs all of it")]

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::{Notify, Semaphore, oneshot, watch};
use tokio::time::timeout;

pub use super::connection::Seen;
use super::connection::{Answerer, Connection, ConnectionState, Log, Stage};
use super::script::Script;
use super::wire::Wire;

const PATIENCE: Duration = Duration::from_secs(5);

/// Stops at drop: its port refuses from then on, and its open connections get a FIN.
pub struct Upstream {
    addr: SocketAddr,
    stage: Arc<Stage>,
    runtime: Handle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
    takes_anything: bool,
}

impl Upstream {
    /// Every request gets this script.
    pub async fn start(script: Script) -> Self {
        Self::with(move |_| script.clone()).await
    }

    /// The nth request gets the nth script; the last one repeats.
    pub async fn sequence(scripts: Vec<Script>) -> Self {
        assert!(!scripts.is_empty(), "a sequence needs a script");
        let mut scripts = VecDeque::from(scripts);
        Self::with(move |_| match scripts.len() {
            1 => scripts[0].clone(),
            _ => scripts.pop_front().unwrap(),
        })
        .await
    }

    /// The script depends on the request.
    pub async fn with(answerer: impl FnMut(&Seen) -> Script + Send + 'static) -> Self {
        let stage = Arc::new(Stage {
            log: watch::Sender::new(Log::default()),
            answerer: Mutex::new(Box::new(answerer)),
            signals: Semaphore::new(0),
            close_idle: Notify::new(),
            repeated: AtomicU64::new(0),
        });
        let (ready, is_ready) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let on_stage = Arc::clone(&stage);
        let thread = thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                ready.send((listener.local_addr().unwrap(), Handle::current())).unwrap();
                tokio::select! {
                    () = accept(listener, on_stage) => {}
                    _ = stopped => {}
                }
            });
        });
        let (addr, runtime) = is_ready.await.expect("the upstream could not listen");
        Self { addr, stage, runtime, stop: Some(stop), thread: Some(thread), takes_anything: false }
    }

    /// For tests that send on purpose what no provider would take.
    pub fn takes_anything(mut self) -> Self {
        self.takes_anything = true;
        self
    }

    /// A port of 127.0.0.1 where nothing listens.
    pub fn refusing_port() -> u16 {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.local_addr().unwrap().port()
    }

    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Requests that came whole, body included, in that order.
    pub fn requests(&self) -> Vec<Seen> {
        self.stage.log.borrow().requests.clone()
    }

    pub fn request_count(&self) -> usize {
        self.stage.log.borrow().requests.len()
    }

    /// Connections ever accepted.
    pub fn connection_count(&self) -> usize {
        self.stage.log.borrow().connections.len()
    }

    pub fn open_connections(&self) -> usize {
        self.stage.log.borrow().open_connections()
    }

    /// How many bytes its peers, kernels included, took of every `Step::SendForever`.
    pub fn bytes_repeated(&self) -> u64 {
        self.stage.repeated.load(Ordering::Relaxed)
    }

    /// Every request from now on gets this script; what is being played goes on.
    pub fn set(&self, script: Script) {
        let answerer: Answerer = Box::new(move |_| script.clone());
        *self.stage.answerer.lock().unwrap() = answerer;
    }

    /// Lets one `Step::WaitForSignal` pass, the present one or the next.
    pub fn proceed(&self) {
        self.stage.signals.add_permits(1);
    }

    /// Panics when fewer than `count` requests have come within 5 s.
    pub async fn wait_for_requests(&self, count: usize) {
        if !self.comes_true(PATIENCE, move |log| log.requests.len() >= count).await {
            panic!("waited {PATIENCE:?} for {count} requests; {}", self.what_was_seen());
        }
    }

    /// Panics when no such request has come within 5 s.
    pub async fn wait_for_request(&self, is_it: impl Fn(&Seen) -> bool + Send + 'static) {
        if !self.comes_true(PATIENCE, move |log| log.requests.iter().any(&is_it)).await {
            panic!("waited {PATIENCE:?} for such a request; {}", self.what_was_seen());
        }
    }

    /// Panics unless the peer closes the connections of all such requests within 5 s.
    pub async fn wait_for_close(&self, is_it: impl Fn(&Seen) -> bool + Send + 'static) {
        let all_closed = move |log: &Log| {
            let mut such = log.requests.iter().filter(|request| is_it(request));
            such.all(|request| log.connections[request.connection] == ConnectionState::ClosedByPeer)
        };
        if !self.comes_true(PATIENCE, all_closed).await {
            panic!("waited {PATIENCE:?} for the peer to close; {}", self.what_was_seen());
        }
    }

    /// Panics when not exactly `count` connections are open at some moment of the next 5 s.
    pub async fn wait_for_open_connections(&self, count: usize) {
        if !self.comes_true(PATIENCE, move |log| log.open_connections() == count).await {
            panic!("waited {PATIENCE:?} for {count} open connections; {}", self.what_was_seen());
        }
    }

    /// Panics unless the peer closes the connection of the latest request, by FIN or RST, within `bound`.
    pub async fn expect_closed_within(&self, bound: Duration) {
        let Some(number) =
            self.stage.log.borrow().requests.last().map(|request| request.connection)
        else {
            panic!(
                "no request came, so no connection can be expected to close; {}",
                self.what_was_seen()
            );
        };
        self.comes_true(bound, move |log| !log.connections[number].is_open()).await;
        let state = self.stage.log.borrow().connections[number];
        if state != ConnectionState::ClosedByPeer {
            panic!(
                "the peer did not close connection {number} within {bound:?}; {}",
                self.what_was_seen()
            );
        }
    }

    /// FIN on every kept-alive connection that waits for its next request. They are closed when this returns; says how
    /// many there were.
    pub async fn close_idle_connections(&self) -> usize {
        let stage = Arc::clone(&self.stage);
        // On the upstream's own thread no connection is between its last write and the mark that it is idle.
        let closing = self.runtime.spawn(async move {
            let is_idle = |state: &ConnectionState| *state == ConnectionState::Idle;
            let idle = stage.log.borrow().connections.iter().filter(|state| is_idle(state)).count();
            stage.close_idle.notify_waiters();
            let mut log = stage.log.subscribe();
            let none_left = log.wait_for(|log| !log.connections.iter().any(is_idle));
            let _ = timeout(PATIENCE, none_left).await.expect("idle connections did not close");
            idle
        });
        closing.await.unwrap()
    }

    async fn comes_true(
        &self,
        bound: Duration,
        condition: impl FnMut(&Log) -> bool + Send + 'static,
    ) -> bool {
        let mut log = self.stage.log.subscribe();
        let waiting = self
            .runtime
            .spawn(async move { timeout(bound, log.wait_for(condition)).await.is_ok() });
        waiting.await.unwrap()
    }

    fn what_was_seen(&self) -> String {
        let log = self.stage.log.borrow();
        let requests: Vec<String> = log
            .requests
            .iter()
            .map(|seen| format!("{} {} on connection {}", seen.method, seen.path, seen.connection))
            .collect();
        let (connections, malformed) = (&log.connections, &log.malformed);
        format!(
            "requests seen: {requests:?}, connections: {connections:?}, malformed: {malformed:?}"
        )
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // Its panic has been printed; a second one here could abort the test run.
            let _ = thread.join();
        }
        let log = self.stage.log.borrow();
        if !self.takes_anything && !log.invalid.is_empty() && !thread::panicking() {
            panic!("the provider would not take what it was sent: {:#?}", log.invalid);
        }
    }
}

async fn accept(listener: TcpListener, stage: Arc<Stage>) {
    for number in 0.. {
        let (stream, _) = listener.accept().await.unwrap();
        stage.log.send_modify(|log| log.connections.push(ConnectionState::Fresh));
        let wire = Wire::new(stream).unwrap();
        tokio::spawn(Connection::new(number, wire, Arc::clone(&stage)).serve());
    }
}
