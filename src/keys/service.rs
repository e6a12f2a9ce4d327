//! Creates, changes, revokes and rotates keys.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::digest::{NoRandom, new_key};
use super::key::KeyOrigin;
use super::keyring::Keyring;
use super::rows::{
    KeyFields, changed_row, check_chosen, fields_in, new_row, revoked_row, rotated_row,
};
use super::session::Sessions;
use crate::domain::ids::KeyId;
use crate::domain::secret::Secret;
use crate::store::api_keys::{self, KeyRow, NewKey};
use crate::store::responses;
use crate::store::sessions::end_by;
use crate::store::writer::WriterHandle;
use crate::store::{Connection, StoreError, transaction};

#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error("there is no key {}", .0.0)]
    Unknown(KeyId),
    #[error("the same key exists already")]
    Exists,
    #[error("the key `{0}` was revoked: create another one")]
    Revoked(String),
    #[error("the key `{name}` is defined in {place}: change it there")]
    Elsewhere { name: String, place: &'static str },
    #[error("{0}")]
    Bad(String),
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
    #[error(
        "key {} is not revoked and may still be used, because that could not be written: {reason}",
        .id.0
    )]
    NotRevoked { id: KeyId, reason: StoreError },
    #[error("the change could not be written: {0}")]
    Store(#[from] StoreError),
}

/// Creates a key in the database. Blocks.
///
/// # Errors
/// The same key exists already.
pub fn create(
    connection: &mut Connection,
    key: &Secret,
    fields: &KeyFields,
    origin: KeyOrigin,
    now: Timestamp,
) -> Result<KeyId, ChangeError> {
    let row = new_row(key.expose(), fields, origin, now)?;
    api_keys::insert(connection, &row)?.map(KeyId).ok_or(ChangeError::Exists)
}

/// Revokes a key for good. Its row stays, because its calls do; the responses that are kept for it
/// go. Blocks.
///
/// # Errors
/// There is no key with that id.
pub fn revoke(connection: &mut Connection, id: KeyId, now: Timestamp) -> Result<(), ChangeError> {
    update(connection, id, |row| Ok(revoked_row(&row.fields, now)))?;
    Ok(responses::delete_of_key(connection, id.0)?)
}

pub(super) fn update(
    connection: &mut Connection,
    id: KeyId,
    edit: impl FnOnce(&KeyRow) -> Result<NewKey, ChangeError>,
) -> Result<(), ChangeError> {
    let row = api_keys::find(connection, id.0)?.ok_or(ChangeError::Unknown(id))?;
    Ok(api_keys::update(connection, id.0, &edit(&row)?)?)
}

/// Changes keys of a running router; a change is in force when its method returns.
pub struct KeyService {
    pub keyring: Arc<Keyring>,
    pub sessions: Arc<Sessions>,
    pub writer: WriterHandle,
}

impl KeyService {
    /// Creates a key. Unless one was chosen, the generated key is returned, this once.
    ///
    /// # Errors
    /// The chosen key is unfit or exists already.
    ///
    /// # Cancel safety
    /// A key may be created that no caller has received.
    pub async fn create(
        &self,
        chosen: Option<Secret>,
        fields: KeyFields,
    ) -> Result<(KeyId, Option<Secret>), ChangeError> {
        if let Some(chosen) = &chosen {
            check_chosen(chosen.expose()).map_err(ChangeError::Bad)?;
        }
        let made = if chosen.is_none() { Some(new_key()?) } else { None };
        let Some(key) = chosen.or_else(|| made.clone()) else { return Err(ChangeError::Exists) };
        let id = self
            .write(move |connection| {
                create(connection, &key, &fields, KeyOrigin::Api, Timestamp::now())
            })
            .await?;
        Ok((id, made))
    }

    /// Changes the fields of a key.
    ///
    /// # Errors
    /// The edit's own error, or an unknown or revoked key.
    ///
    /// # Cancel safety
    /// The change is made even if the caller stops waiting.
    pub async fn change(
        &self,
        id: KeyId,
        edit: impl FnOnce(KeyFields) -> Result<KeyFields, String> + Send + 'static,
    ) -> Result<(), ChangeError> {
        let edit = |row: &KeyRow| changed(row, edit);
        self.write(move |connection| update(connection, id, edit)).await
    }

    /// # Errors
    /// The key is unknown, or could not be revoked and may still be used.
    ///
    /// # Cancel safety
    /// The key is revoked even if the caller stops waiting.
    pub async fn revoke(&self, id: KeyId) -> Result<(), ChangeError> {
        let revoked = self.write(move |connection| revoke(connection, id, Timestamp::now())).await;
        revoked.map_err(|error| match error {
            ChangeError::Store(reason) => ChangeError::NotRevoked { id, reason },
            refused => refused,
        })
    }

    /// Replaces a key; the previous one and its sessions stay valid for the grace period. Returns
    /// the new key and the end of the previous one.
    ///
    /// # Errors
    /// The key is unknown, revoked, or defined in the file or the environment, which the router
    /// does not change.
    ///
    /// # Cancel safety
    /// A key may be created that no caller has received.
    pub async fn rotate(
        &self,
        id: KeyId,
        grace: Duration,
    ) -> Result<(Secret, Timestamp), ChangeError> {
        let made = new_key()?;
        let now = Timestamp::now();
        let until = now.checked_add(grace).unwrap_or(Timestamp::MAX);
        let key = made.clone();
        let edit = move |row: &KeyRow| rotated(row, &key, until, now);
        self.write(move |connection| {
            update(connection, id, edit)?;
            Ok(end_by(connection, id.0, until.as_microsecond())?)
        })
        .await?;
        Ok((made, until))
    }

    /// Runs a change atomically, and activates it.
    async fn write<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Connection) -> Result<T, ChangeError> + Send + 'static,
    ) -> Result<T, ChangeError> {
        let (keyring, sessions) = (self.keyring.clone(), self.sessions.clone());
        let write = move |connection: &mut Connection| {
            let done = transaction(connection, change)?;
            keyring.refresh(connection)?;
            sessions.refresh_if_changed(connection)?;
            Ok(done)
        };
        self.writer.write(write).await
    }
}

/// The row with changed fields.
///
/// # Errors
/// The edit's own error, or a revoked key.
pub(super) fn changed(
    row: &KeyRow,
    edit: impl FnOnce(KeyFields) -> Result<KeyFields, String>,
) -> Result<NewKey, ChangeError> {
    refuse_revoked(row)?;
    let fields = edit(fields_in(row)?).map_err(ChangeError::Bad)?;
    Ok(changed_row(&row.fields, &fields, Timestamp::now())?)
}

/// The row with another key.
///
/// # Errors
/// The key is revoked, or defined where the router changes nothing.
pub(super) fn rotated(
    row: &KeyRow,
    key: &Secret,
    until: Timestamp,
    now: Timestamp,
) -> Result<NewKey, ChangeError> {
    refuse_revoked(row)?;
    let place = match KeyOrigin::parse(&row.fields.origin) {
        Some(KeyOrigin::File) => Some("router.toml"),
        Some(KeyOrigin::Env) => Some("LLM_ROUTER_API_KEYS"),
        Some(KeyOrigin::Api | KeyOrigin::Cli) | None => None,
    };
    if let Some(place) = place {
        return Err(ChangeError::Elsewhere { name: row.fields.name.clone(), place });
    }
    Ok(rotated_row(&row.fields, key.expose(), until, now))
}

fn refuse_revoked(row: &KeyRow) -> Result<(), ChangeError> {
    match row.fields.revoked_at_us {
        Some(_) => Err(ChangeError::Revoked(row.fields.name.clone())),
        None => Ok(()),
    }
}
