//! A login: a token that represents a key for a day, always with the key's current rights. Sessions
//! are rows, so they survive a restart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use jiff::{Timestamp, ToSpan};

use super::digest::{KeyDigest, NoRandom, new_token};
use super::rows::time;
use crate::domain::ids::KeyId;
use crate::domain::secret::Secret;
use crate::store::changes::{Subject, generation};
use crate::store::sessions::{self, SessionRow};
use crate::store::writer::WriterHandle;
use crate::store::{Connection, StoreError, transaction};

/// A day.
pub const LIFE_SECONDS: i64 = 86_400;

const LIFE: Duration = Duration::from_secs(LIFE_SECONDS.unsigned_abs());

/// Rows of ended sessions are kept for a month, because the clock may be ahead.
const KEPT_US: i64 = 30 * 86_400 * 1_000_000;

/// Beyond this number a login ends the key's oldest session.
const MOST_OF_A_KEY: i64 = 1_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub digest: KeyDigest,
    pub key: KeyId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// The end for this process, independent of later changes of the wall clock.
    ends: Instant,
    /// The provider and model for calls of `/v1` without a model.
    pub bound: Option<(String, String)>,
}

#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All sessions at one point in time.
#[derive(Default)]
struct Known {
    /// The change counter of the rows that it was built from.
    generation: i64,
    by_digest: HashMap<KeyDigest, Arc<Session>>,
}

pub struct Sessions {
    known: ArcSwap<Known>,
    /// Locked while the rows are read, so that older ones never replace newer ones.
    refreshing: Mutex<()>,
    writer: WriterHandle,
}

impl Sessions {
    pub fn new(writer: WriterHandle) -> Self {
        Self { known: ArcSwap::default(), refreshing: Mutex::default(), writer }
    }

    /// Reloads all sessions if any process changed one. Blocks.
    ///
    /// # Errors
    /// SQLite's error; then the sessions stay unchanged.
    pub fn refresh_if_changed(&self, connection: &mut Connection) -> Result<(), StoreError> {
        if generation(connection, Subject::Sessions)? == self.known.load().generation {
            return Ok(());
        }
        self.refresh(connection)
    }

    /// Reads all sessions from the database. Blocks.
    ///
    /// # Errors
    /// SQLite's error.
    pub fn refresh(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let _one_at_a_time = self.refreshing.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = generation(connection, Subject::Sessions)?;
        let mut known = Known { generation, ..Known::default() };
        let (before, now) = (self.known.load(), Clocks::now());
        for row in sessions::load(connection)? {
            let digest = KeyDigest::parse(&row.token_digest);
            let before = digest.and_then(|digest| before.by_digest.get(&digest));
            if let Some(session) = session_of(row, before.map(|before| &**before), now)? {
                known.by_digest.insert(session.digest, Arc::new(session));
            }
        }
        self.known.store(Arc::new(known));
        Ok(())
    }

    /// The session of a token, ended or not.
    pub fn find(&self, digest: &KeyDigest) -> Option<Arc<Session>> {
        let known = self.known.load();
        known.by_digest.get(digest).filter(|session| session.digest.is_same(digest)).cloned()
    }

    /// Begins a session of the key. Its token is returned only here.
    ///
    /// # Errors
    /// The session cannot be written, or the system's random number generator failed.
    ///
    /// # Cancel safety
    /// A session may be written whose token no caller has received.
    pub async fn begin(self: &Arc<Self>, key: KeyId, now: Timestamp) -> Result<Secret, LoginError> {
        let token = new_token()?;
        let session = Session {
            digest: KeyDigest::of(token.expose()),
            key,
            created_at: now,
            expires_at: now.saturating_add(LIFE_SECONDS.seconds()).unwrap_or(Timestamp::MAX),
            ends: Instant::now() + LIFE,
            bound: None,
        };
        let (this, row) = (self.clone(), row_of(&session));
        let write = move |connection: &mut Connection| {
            transaction(connection, |connection| {
                sessions::insert(connection, &row)?;
                sessions::trim(connection, key.0, now.as_microsecond() - KEPT_US, MOST_OF_A_KEY)
            })?;
            this.refresh(connection)
        };
        self.writer.write(write).await?;
        Ok(token)
    }

    /// Binds a model to the session. Returns whether the session still exists: another process may
    /// have ended it.
    ///
    /// # Errors
    /// SQLite's error.
    ///
    /// # Cancel safety
    /// The model is bound even if the caller stops waiting.
    pub async fn bind(
        self: &Arc<Self>,
        session: &Session,
        provider: &str,
        model: &str,
    ) -> Result<bool, StoreError> {
        let (this, hex) = (self.clone(), session.digest.to_hex());
        let (provider, model) = (provider.to_owned(), model.to_owned());
        let write = move |connection: &mut Connection| {
            let is_there = sessions::bind(connection, &hex, &provider, &model)?;
            this.refresh(connection)?;
            Ok(is_there)
        };
        self.writer.write(write).await
    }

    /// # Errors
    /// SQLite's error.
    ///
    /// # Cancel safety
    /// The session ends even if the caller stops waiting.
    pub async fn end(self: &Arc<Self>, session: &Session) -> Result<(), StoreError> {
        let (this, hex) = (self.clone(), session.digest.to_hex());
        let write = move |connection: &mut Connection| {
            sessions::delete(connection, &hex)?;
            this.refresh(connection)
        };
        self.writer.write(write).await
    }
}

impl Session {
    pub fn has_ended(&self, now: Instant) -> bool {
        self.ends <= now
    }
}

/// The current time on the wall clock and on the monotonic clock.
#[derive(Clone, Copy)]
struct Clocks {
    time: Timestamp,
    steady: Instant,
}

impl Clocks {
    fn now() -> Self {
        Self { time: Timestamp::now(), steady: Instant::now() }
    }
}

/// The wall clock determines the remaining time of a session once, up to a session's whole life.
/// After that the clock may jump without ending a session or keeping one for years.
fn ends(expires_at: Timestamp, before: Option<&Session>, now: Clocks) -> Instant {
    let is_known = |before: &&Session| before.expires_at == expires_at && before.ends > now.steady;
    if let Some(before) = before.filter(is_known) {
        return before.ends;
    }
    let left = Duration::try_from(expires_at.duration_since(now.time)).unwrap_or_default();
    now.steady + left.min(LIFE)
}

fn session_of(
    row: SessionRow,
    before: Option<&Session>,
    now: Clocks,
) -> Result<Option<Session>, StoreError> {
    let Some(digest) = KeyDigest::parse(&row.token_digest) else { return Ok(None) };
    let expires_at = time(row.expires_at_us)?;
    Ok(Some(Session {
        digest,
        key: KeyId(row.api_key_id),
        created_at: time(row.created_at_us)?,
        expires_at,
        ends: ends(expires_at, before, now),
        bound: row.provider_name.zip(row.model_name),
    }))
}

fn row_of(session: &Session) -> SessionRow {
    let (provider_name, model_name) = session.bound.clone().unzip();
    SessionRow {
        token_digest: session.digest.to_hex(),
        api_key_id: session.key.0,
        created_at_us: session.created_at.as_microsecond(),
        expires_at_us: session.expires_at.as_microsecond(),
        provider_name,
        model_name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn session(created: &str, before: Option<&Session>, now: Clocks) -> Session {
        let created_at: Timestamp = created.parse().unwrap();
        let row = SessionRow {
            token_digest: KeyDigest::of("token").to_hex(),
            api_key_id: 1,
            created_at_us: created_at.as_microsecond(),
            expires_at_us: created_at.as_microsecond() + LIFE_SECONDS * 1_000_000,
            provider_name: None,
            model_name: None,
        };
        session_of(row, before, now).unwrap().unwrap()
    }

    fn at(time: &str, steady: Instant) -> Clocks {
        Clocks { time: time.parse().unwrap(), steady }
    }

    #[test]
    fn a_clock_that_jumps_ends_no_session_and_keeps_none() {
        let start = Instant::now();
        let made = session("2026-11-27T12:00:00Z", None, at("2026-11-27T13:00:00Z", start));
        assert!(!made.has_ended(start + 22 * HOUR) && made.has_ended(start + 23 * HOUR));
        for jumped in ["2031-01-01T00:00:00Z", "1999-01-01T00:00:00Z"] {
            let now = at(jumped, start + HOUR);
            let again = session("2026-11-27T12:00:00Z", Some(&made), now);
            assert_eq!(again.ends, made.ends, "{jumped}");
        }
    }

    #[test]
    fn after_a_restart_the_clock_grants_a_whole_life_at_most() {
        let start = Instant::now();
        for (now, left) in [
            ("2026-11-27T11:00:00Z", 24 * HOUR),
            ("1970-01-01T00:00:00Z", 24 * HOUR),
            ("2026-11-28T11:00:00Z", HOUR),
            ("2026-11-28T13:00:00Z", Duration::ZERO),
        ] {
            let session = session("2026-11-27T12:00:00Z", None, at(now, start));
            assert_eq!(session.ends, start + left, "{now}");
            assert_eq!(session.has_ended(start), left.is_zero());
        }
    }

    #[test]
    fn a_session_ended_by_a_wrong_clock_is_back_once_it_is_corrected() {
        let start = Instant::now();
        let ahead = session("2026-11-27T12:00:00Z", None, at("2031-01-01T00:00:00Z", start));
        assert!(ahead.has_ended(start));
        let right = at("2026-11-27T13:00:00Z", start);
        assert!(!session("2026-11-27T12:00:00Z", Some(&ahead), right).has_ended(start));
    }
}
