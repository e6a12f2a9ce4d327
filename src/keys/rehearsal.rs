//! What a change of a key would do. Each is made as it would be, in a transaction that is rolled
//! back, so that nothing is written and no key is made.

use std::time::Duration;

use jiff::Timestamp;

use super::digest::new_key;
use super::key::KeyOrigin;
use super::rows::{KeyFields, check_chosen, fields_in};
use super::service::{ChangeError, KeyService, changed, create, revoke, rotated, update};
use crate::domain::ids::KeyId;
use crate::domain::secret::Secret;
use crate::store::api_keys::{self, KeyRow};
use crate::store::{Connection, rehearse};

impl KeyService {
    /// # Errors
    /// The reason for which [`KeyService::create`] would refuse it.
    ///
    /// # Cancel safety
    /// Dropping it has no effect; so with the others here.
    pub async fn would_create(
        &self,
        chosen: Option<Secret>,
        fields: KeyFields,
    ) -> Result<(), ChangeError> {
        if let Some(chosen) = &chosen {
            check_chosen(chosen.expose()).map_err(ChangeError::Bad)?;
        }
        let key = chosen.map_or_else(new_key, Ok)?;
        let create = move |connection: &mut Connection| {
            create(connection, &key, &fields, KeyOrigin::Api, Timestamp::now())
        };
        self.rehearse(create).await.map(drop)
    }

    /// The fields before and after.
    ///
    /// # Errors
    /// The reason for which [`KeyService::change`] would refuse it.
    pub async fn would_change(
        &self,
        id: KeyId,
        edit: impl FnOnce(KeyFields) -> Result<KeyFields, String> + Send + 'static,
    ) -> Result<(KeyFields, KeyFields), ChangeError> {
        let fields = move |connection: &mut Connection| {
            let row = api_keys::find(connection, id.0)?.ok_or(ChangeError::Unknown(id))?;
            Ok::<_, ChangeError>(fields_in(&row)?)
        };
        let change = move |connection: &mut Connection| {
            let before = fields(connection)?;
            update(connection, id, |row: &KeyRow| changed(row, edit))?;
            Ok((before, fields(connection)?))
        };
        self.rehearse(change).await
    }

    /// # Errors
    /// The key is unknown.
    pub async fn would_revoke(&self, id: KeyId) -> Result<(), ChangeError> {
        self.rehearse(move |connection| revoke(connection, id, Timestamp::now())).await
    }

    /// Until when the key of now would stay valid.
    ///
    /// # Errors
    /// The reason for which [`KeyService::rotate`] would refuse it.
    pub async fn would_rotate(&self, id: KeyId, grace: Duration) -> Result<Timestamp, ChangeError> {
        let made = new_key()?;
        let now = Timestamp::now();
        let until = now.checked_add(grace).unwrap_or(Timestamp::MAX);
        let edit = move |row: &KeyRow| rotated(row, &made, until, now);
        self.rehearse(move |connection| update(connection, id, edit)).await?;
        Ok(until)
    }

    async fn rehearse<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Connection) -> Result<T, ChangeError> + Send + 'static,
    ) -> Result<T, ChangeError> {
        self.writer.write(move |connection| rehearse(connection, change)).await
    }
}
