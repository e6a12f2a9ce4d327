//! Clients that call at a fixed rate and keep streams open, as SDKs do: over connections that are
//! kept alive as long as the router allows, and over new ones. Every request must be served.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::number;
use crate::wire::{chat, exchange};

/// One client in so many calls over a new connection each time.
const NEW_CONNECTION: u64 = 4;

/// Clients that call seldom: their connections are idle in between.
const IDLE_CLIENTS: u64 = 8;
const IDLE_PACE: Duration = Duration::from_millis(400);

#[derive(Default)]
pub struct Tally {
    pub served: BTreeSet<String>,
    pub streams: usize,
    pub failed: Vec<String>,
    slowest: Duration,
}

pub struct Load {
    clients: JoinSet<Tally>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    is_ending: AtomicBool,
    open_streams: AtomicUsize,
}

impl Load {
    /// Returns once all streams are open.
    pub async fn start(router: SocketAddr) -> Self {
        let (count, rate) = (number("RESTART_CLIENTS", 48), number("RESTART_RATE", 300));
        let streams = number("RESTART_STREAMS", 30);
        let pace = Duration::from_micros(count * 1_000_000 / rate.max(1));
        let shared = Arc::new(Shared::default());
        let mut clients = JoinSet::new();
        for client in 0..count {
            let client = Client::new(router, format!("call-{client}"), shared.clone());
            let keeps = !(clients.len() as u64).is_multiple_of(NEW_CONNECTION);
            clients.spawn(client.call(pace, keeps));
        }
        for client in 0..IDLE_CLIENTS {
            let client = Client::new(router, format!("idle-{client}"), shared.clone());
            clients.spawn(client.call(IDLE_PACE, true));
        }
        for client in 0..streams {
            let client = Client::new(router, format!("stream-{client}"), shared.clone());
            clients.spawn(client.stream());
        }
        let wanted = usize::try_from(streams).unwrap();
        while shared.open_streams.load(Ordering::Relaxed) < wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Self { clients, shared }
    }

    /// Each client ends after its call, and each stream at its end.
    pub async fn end(mut self) -> Tally {
        self.shared.is_ending.store(true, Ordering::Relaxed);
        let mut all = Tally::default();
        while let Some(tally) = self.clients.join_next().await {
            let tally = tally.unwrap();
            all.served.extend(tally.served);
            all.failed.extend(tally.failed);
            all.streams += tally.streams;
            all.slowest = all.slowest.max(tally.slowest);
        }
        all
    }
}

impl Tally {
    pub fn expect_all_served(&self, what: &str) {
        println!(
            "{what}: {} served, {} of them long streams, {} failed; the slowest call took {:?}",
            self.served.len(),
            self.streams,
            self.failed.len(),
            self.slowest
        );
        assert!(self.failed.is_empty(), "{}: {:#?}", self.failed.len(), self.failed.first());
        assert!(self.streams > 0 && self.served.len() > self.streams);
    }
}

struct Client {
    router: SocketAddr,
    name: String,
    shared: Arc<Shared>,
    connection: Option<TcpStream>,
    tally: Tally,
}

impl Client {
    fn new(router: SocketAddr, name: String, shared: Arc<Shared>) -> Self {
        Self { router, name, shared, connection: None, tally: Tally::default() }
    }

    fn is_ending(&self) -> bool {
        self.shared.is_ending.load(Ordering::Relaxed)
    }

    async fn call(mut self, pace: Duration, keeps: bool) -> Tally {
        let begin = Instant::now() + pace.mul_f64(fastrand::f64());
        for number in 0.. {
            let due = begin + pace * u32::try_from(number).unwrap();
            tokio::time::sleep_until(due.into()).await;
            if self.is_ending() {
                break;
            }
            let id = format!("{}-{number}", self.name);
            let began = Instant::now();
            self.send(&id, &chat(&id, "m", number % 8 == 0)).await;
            self.tally.slowest = self.tally.slowest.max(began.elapsed());
            if !keeps {
                self.connection = None;
            }
        }
        self.tally
    }

    /// One long stream after the other.
    async fn stream(mut self) -> Tally {
        for number in 0.. {
            if self.is_ending() {
                break;
            }
            let id = format!("{}-{number}", self.name);
            if number == 0 {
                self.shared.open_streams.fetch_add(1, Ordering::Relaxed);
            }
            self.send(&id, &chat(&id, "slow", true)).await;
            self.tally.streams += 1;
        }
        self.tally
    }

    async fn send(&mut self, id: &str, request: &str) {
        let mut connection = match self.kept() {
            Some(connection) => connection,
            None => match TcpStream::connect(self.router).await {
                Ok(connection) => connection,
                Err(error) => return self.tally.failed.push(format!("{id}: not let in: {error}")),
            },
        };
        let _ = connection.set_nodelay(true);
        match exchange(&mut connection, request).await {
            Ok(answer) if answer.is_served() => {
                self.tally.served.insert(id.to_owned());
                self.connection = (!answer.is_last()).then_some(connection);
            }
            Ok(answer) => {
                let text = String::from_utf8_lossy(answer.body()).into_owned();
                self.tally.failed.push(format!("{id}: not served: {text}"));
            }
            Err(error) => self.tally.failed.push(format!("{id}: {error}")),
        }
    }

    /// The connection of the last call, unless the router has closed it: any pool looks before it
    /// sends.
    fn kept(&mut self) -> Option<TcpStream> {
        let connection = self.connection.take()?;
        let is_open = matches!(
            connection.try_read(&mut [0]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock
        );
        is_open.then_some(connection)
    }
}
