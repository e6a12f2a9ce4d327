//! A login: a token that stands for a key for a day, and always acts with what the key may do
//! now. Sessions are rows, so they outlive a restart.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::{Timestamp, ToSpan};

use super::digest::{KeyDigest, NoRandom, new_token};
use super::rows::time;
use crate::domain::ids::KeyId;
use crate::domain::secret::Secret;
use crate::store::sessions::{self, SessionRow};
use crate::store::writer::WriterHandle;
use crate::store::{Connection, StoreError};

/// A day.
pub const LIFE_SECONDS: i64 = 86_400;

/// A key's further logins end its oldest ones.
const MOST_OF_A_KEY: i64 = 1_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub digest: KeyDigest,
    pub key: KeyId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Serves calls of `/v1` that name no model: provider and model.
    pub bound: Option<(String, String)>,
}

#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    #[error(transparent)]
    Store(#[from] StoreError),
}

type ByDigest = HashMap<KeyDigest, Arc<Session>>;

pub struct Sessions {
    by_digest: ArcSwap<ByDigest>,
    writer: WriterHandle,
}

impl Sessions {
    pub fn new(writer: WriterHandle) -> Self {
        Self { by_digest: ArcSwap::default(), writer }
    }

    /// Reads all of them from the database. Blocks.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn refresh(&self, connection: &mut Connection) -> Result<(), StoreError> {
        let mut by_digest = ByDigest::new();
        for row in sessions::load(connection)? {
            if let Some(session) = session_of(row)? {
                by_digest.insert(session.digest, Arc::new(session));
            }
        }
        self.by_digest.store(Arc::new(by_digest));
        Ok(())
    }

    /// The session of a token, ended or not.
    pub fn find(&self, digest: &KeyDigest) -> Option<Arc<Session>> {
        let sessions = self.by_digest.load();
        sessions.get(digest).filter(|session| session.digest.is_same(digest)).cloned()
    }

    /// A new session of the key. Its token is seen only here.
    ///
    /// # Errors
    /// When it cannot be written, or the system gives no random numbers.
    ///
    /// # Cancel safety
    /// A session may be written whose token nobody has got.
    pub async fn begin(self: &Arc<Self>, key: KeyId, now: Timestamp) -> Result<Secret, LoginError> {
        let token = new_token()?;
        let session = Session {
            digest: KeyDigest::of(token.expose()),
            key,
            created_at: now,
            expires_at: now.saturating_add(LIFE_SECONDS.seconds()).unwrap_or(Timestamp::MAX),
            bound: None,
        };
        let (this, row) = (self.clone(), row_of(&session));
        let write = move |connection: &mut Connection| {
            sessions::put(connection, &row)?;
            sessions::trim(connection, key.0, now.as_microsecond(), MOST_OF_A_KEY)?;
            this.refresh(connection)
        };
        self.writer.write(write).await?;
        Ok(token)
    }

    /// Binds a model to the session.
    ///
    /// # Errors
    /// What SQLite says.
    ///
    /// # Cancel safety
    /// The model is bound also when nobody waits any more.
    pub async fn bind(
        self: &Arc<Self>,
        session: &Session,
        provider: &str,
        model: &str,
    ) -> Result<(), StoreError> {
        let bound = Some((provider.to_owned(), model.to_owned()));
        let (this, row) = (self.clone(), row_of(&Session { bound, ..session.clone() }));
        let write = move |connection: &mut Connection| {
            sessions::put(connection, &row)?;
            this.refresh(connection)
        };
        self.writer.write(write).await
    }

    /// # Errors
    /// What SQLite says.
    ///
    /// # Cancel safety
    /// The session ends also when nobody waits any more.
    pub async fn end(self: &Arc<Self>, session: &Session) -> Result<(), StoreError> {
        let (this, hex) = (self.clone(), session.digest.to_hex());
        let write = move |connection: &mut Connection| {
            sessions::delete(connection, &hex)?;
            this.refresh(connection)
        };
        self.writer.write(write).await
    }
}

fn session_of(row: SessionRow) -> Result<Option<Session>, StoreError> {
    let Some(digest) = KeyDigest::parse(&row.token_digest) else { return Ok(None) };
    Ok(Some(Session {
        digest,
        key: KeyId(row.api_key_id),
        created_at: time(row.created_at_us)?,
        expires_at: time(row.expires_at_us)?,
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
