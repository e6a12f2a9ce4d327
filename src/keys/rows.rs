//! Converts rows to running keys and back.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::account::Account;
use super::budget::Budget;
use super::digest::{KeyDigest, visible_prefix};
use super::key::{ApiKey, KeyOrigin};
use super::restrictions::Restrictions;
use crate::config::key_rules::{KeyRules, Role};
use crate::config::sample_key::instead_of_key;
use crate::domain::ids::KeyId;
use crate::store::StoreError;
use crate::store::api_keys::{KeyRow, NewKey};

/// Shorter keys can be guessed.
pub const MIN_LENGTH: usize = 16;
pub const MAX_LENGTH: usize = 512;

/// The longest name of a key, in bytes.
pub const MAX_NAME_BYTES: usize = 200;

/// The fields of a key that is created or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyFields {
    pub name: String,
    pub role: Role,
    pub is_active: bool,
    pub expires_at: Option<Timestamp>,
    pub rules: KeyRules,
}

/// Checks that a chosen key can be sent in a header and is not easily guessed.
///
/// # Errors
/// What is wrong with it; the message does not show it.
pub fn check_chosen(key: &str) -> Result<(), String> {
    if !key.bytes().all(|byte| byte.is_ascii_graphic() && byte != b',') {
        return Err(String::from("`key` may hold only visible ASCII characters without commas"));
    }
    if !(MIN_LENGTH..=MAX_LENGTH).contains(&key.len()) {
        return Err(format!("`key` must have {MIN_LENGTH} to {MAX_LENGTH} characters"));
    }
    if let Some(doubt) = instead_of_key(key) {
        return Err(format!("`key` {doubt}"));
    }
    Ok(())
}

/// The row of a new key.
///
/// # Errors
/// The rules cannot be serialized.
pub fn new_row(
    key: &str,
    fields: &KeyFields,
    origin: KeyOrigin,
    now: Timestamp,
) -> Result<NewKey, StoreError> {
    Ok(NewKey {
        name: fields.name.clone(),
        prefix: visible_prefix(key),
        digest: KeyDigest::of(key).to_hex(),
        previous_digest: None,
        previous_until_us: None,
        role: fields.role.as_str().to_owned(),
        origin: origin.as_str().to_owned(),
        is_active: fields.is_active,
        rules: written(&fields.rules)?,
        expires_at_us: fields.expires_at.map(Timestamp::as_microsecond),
        revoked_at_us: None,
        file_digest: None,
        created_at_us: now.as_microsecond(),
        updated_at_us: now.as_microsecond(),
    })
}

/// The row with changed fields of the same key.
///
/// # Errors
/// The rules cannot be serialized.
pub fn changed_row(row: &NewKey, fields: &KeyFields, now: Timestamp) -> Result<NewKey, StoreError> {
    Ok(NewKey {
        name: fields.name.clone(),
        role: fields.role.as_str().to_owned(),
        is_active: fields.is_active,
        rules: written(&fields.rules)?,
        expires_at_us: fields.expires_at.map(Timestamp::as_microsecond),
        updated_at_us: now.as_microsecond(),
        ..row.clone()
    })
}

/// The row of a revoked key.
pub fn revoked_row(row: &NewKey, now: Timestamp) -> NewKey {
    NewKey {
        is_active: false,
        revoked_at_us: Some(row.revoked_at_us.unwrap_or(now.as_microsecond())),
        previous_digest: None,
        previous_until_us: None,
        updated_at_us: now.as_microsecond(),
        ..row.clone()
    }
}

/// The row with another key; the previous one stays valid until `until`.
pub fn rotated_row(row: &NewKey, key: &str, until: Timestamp, now: Timestamp) -> NewKey {
    NewKey {
        prefix: visible_prefix(key),
        digest: KeyDigest::of(key).to_hex(),
        previous_digest: Some(row.digest.clone()),
        previous_until_us: Some(until.as_microsecond()),
        updated_at_us: now.as_microsecond(),
        ..row.clone()
    }
}

fn written(rules: &KeyRules) -> Result<String, StoreError> {
    serde_json::to_string(rules)
        .map_err(|error| StoreError::Row(String::from("a key"), error.to_string()))
}

/// The name, role and so on of a row.
///
/// # Errors
/// The row is invalid, for example of a later version; its key grants no access then.
pub fn fields_in(row: &KeyRow) -> Result<KeyFields, StoreError> {
    let bad = |what: &str| StoreError::Row(format!("key {}", row.id), String::from(what));
    let fields = &row.fields;
    Ok(KeyFields {
        name: fields.name.clone(),
        role: Role::parse(&fields.role).ok_or_else(|| bad("its role is unknown"))?,
        is_active: fields.is_active,
        expires_at: fields.expires_at_us.map(time).transpose()?,
        rules: serde_json::from_str(&fields.rules).map_err(|error| bad(&error.to_string()))?,
    })
}

/// # Errors
/// The row is invalid.
pub fn key_of(row: &KeyRow, account: Arc<Account>) -> Result<ApiKey, StoreError> {
    let bad = |what: &str| StoreError::Row(format!("key {}", row.id), String::from(what));
    let KeyFields { name, role, is_active, expires_at, rules } = fields_in(row)?;
    let zone = match &rules.budget {
        Some(budget) => budget.zone().ok_or_else(|| bad("its time zone is unknown"))?,
        None => TimeZone::UTC,
    };
    Ok(ApiKey {
        id: KeyId(row.id),
        name: name.into(),
        prefix: row.fields.prefix.clone(),
        role,
        origin: KeyOrigin::parse(&row.fields.origin).ok_or_else(|| bad("its origin is unknown"))?,
        is_active,
        expires_at,
        revoked_at: row.fields.revoked_at_us.map(time).transpose()?,
        created_at: time(row.fields.created_at_us)?,
        updated_at: time(row.fields.updated_at_us)?,
        previous_valid_until: row.fields.previous_until_us.map(time).transpose()?,
        restrictions: Restrictions::of(&rules),
        budget: rules.budget.as_ref().map(Budget::of),
        zone,
        rules,
        account,
    })
}

pub(super) fn time(microseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_microsecond(microseconds)
        .map_err(|error| StoreError::Row(String::from("a key"), error.to_string()))
}
