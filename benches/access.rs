//! What it takes to check a credential with 10,000 keys loaded: `cargo bench --bench access`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot go on should say so and stop"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use llm_router::auth::{Authenticator, ConnectionInfo, Credential};
use llm_router::config::key_rules::{KeyRules, Role};
use llm_router::config::sections::ServerSection;
use llm_router::config::settings::{Flags, Settings};
use llm_router::domain::secret::Secret;
use llm_router::keys::rows::KeyFields;
use llm_router::keys::service::create;
use llm_router::keys::{Clocks, KeyOrigin, Keyring, Sessions};
use llm_router::store::writer::WriterHandle;
use llm_router::store::{Database, StoreError, transaction};

const KEYS: usize = 10_000;
const CHECKS: usize = 200_000;

/// The most that a check may take on the way of a request.
const BOUND: Duration = Duration::from_micros(5);

fn key(number: usize) -> String {
    format!("sk-{number:043}")
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::at(&folder.path().join("router.db").display().to_string());
    database.prepare().unwrap();
    let mut connection = database.connect().unwrap();
    let now = Timestamp::now();
    transaction(&mut connection, |connection| {
        for number in 0..KEYS {
            let fields = KeyFields {
                name: format!("key {number}"),
                role: Role::User,
                is_active: true,
                expires_at: None,
                rules: KeyRules::default(),
            };
            create(connection, &Secret::new(&key(number)), &fields, KeyOrigin::Cli, now).unwrap();
        }
        Ok::<(), StoreError>(())
    })
    .unwrap();
    actix::System::new().block_on(async move {
        let keyring = Arc::new(Keyring::default());
        keyring.refresh(&mut connection).unwrap();
        let sessions = Arc::new(Sessions::new(WriterHandle::start(database)));
        let settings =
            Settings::resolve(&Flags::default(), |_| None, &ServerSection::default()).unwrap();
        let authenticator = Arc::new(Authenticator::new(&settings, keyring, sessions));
        for threads in [1, 2] {
            let each = checked(&authenticator, threads);
            println!("{KEYS} keys, {threads} threads: {} ns a check", each.as_nanos());
            assert!(each < BOUND, "a check takes {each:?}, more than {BOUND:?}");
        }
    });
}

/// How long a check takes in each of so many threads at once.
fn checked(authenticator: &Arc<Authenticator>, threads: usize) -> Duration {
    let keys: Vec<String> = (0..KEYS).map(key).collect();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let connection = ConnectionInfo {
                    peer: "10.0.0.1".parse().ok(),
                    host: Some("router.example"),
                    ..ConnectionInfo::default()
                };
                for key in keys.iter().cycle().step_by(7).take(CHECKS) {
                    let now = Clocks { uptime: begun.elapsed(), time: Timestamp::now() };
                    black_box(
                        authenticator
                            .authenticate(&connection, Some(Credential::Shown(key)), now)
                            .unwrap(),
                    );
                }
            });
        }
    });
    begun.elapsed() / u32::try_from(CHECKS).unwrap()
}
