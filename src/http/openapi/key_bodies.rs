//! Keys and their owners, as they are read and shown member by member.
#![expect(dead_code, reason = "described, never made")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::NamedSchema;
use crate::config::key_rules::{KeyRules, Role};
use crate::http::manage::keys::SpentView;

/// The rules of a key where they stand among other members: closed, as they are where they stand
/// alone, they would allow nothing beside themselves.
#[derive(Serialize, Deserialize)]
pub struct OpenRules(KeyRules);

impl PartialSchema for OpenRules {
    fn schema() -> RefOr<Schema> {
        let mut schema = KeyRules::schema();
        if let RefOr::T(Schema::Object(object)) = &mut schema {
            object.additional_properties = None;
        }
        schema
    }
}

impl ToSchema for OpenRules {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("KeyRules")
    }

    fn schemas(schemas: &mut Vec<NamedSchema>) {
        KeyRules::schemas(schemas);
    }
}

/// What a key may do. An absent list allows everything, an empty one nothing.
#[derive(Deserialize, ToSchema)]
pub struct KeyBody {
    #[schema(min_length = 1, max_length = 200)]
    name: String,
    /// Absent: the router makes one, and shows it once.
    #[schema(write_only)]
    key: Option<String>,
    role: Option<Role>,
    is_active: Option<bool>,
    /// A time like `2027-01-31T12:00:00Z`, or a day.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}")]
    expires_at: Option<String>,
    #[serde(flatten)]
    rules: OpenRules,
}

/// What is there is changed; null clears.
#[derive(Deserialize, ToSchema)]
pub struct KeyPatch {
    #[schema(min_length = 1, max_length = 200, nullable = false)]
    name: Option<String>,
    role: Option<Role>,
    is_active: Option<bool>,
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}")]
    expires_at: Option<String>,
    #[serde(flatten)]
    rules: OpenRules,
}

/// A key without its secret. What is not restricted is not there.
#[derive(Serialize, ToSchema)]
pub struct KeyView {
    id: i32,
    /// The beginning of the key, to know it by.
    prefix: String,
    /// `file`, `env`, `api` or `cli`.
    origin: String,
    /// `active`, `inactive`, `expired` or `revoked`.
    state: String,
    created_at: String,
    updated_at: String,
    #[schema(required)]
    expires_at: Option<String>,
    #[schema(required)]
    revoked_at: Option<String>,
    /// Until when the key that it replaced stays good; `null` where none does.
    #[schema(required)]
    previous_valid_until: Option<String>,
    name: String,
    role: Role,
    is_active: bool,
    #[serde(flatten)]
    rules: OpenRules,
    used: UsedView,
}

/// A key as lists show it.
#[derive(Serialize, ToSchema)]
pub struct ListedKeyView {
    #[serde(flatten)]
    view: KeyView,
    left: LeftView,
    /// When its newest recorded call began.
    #[schema(required, format = DateTime)]
    last_used_at: Option<String>,
}

/// A key that was made just now.
#[derive(Serialize, ToSchema)]
pub struct NewKeyView {
    #[serde(flatten)]
    view: KeyView,
    /// The whole key, this once. Absent where the caller chose it.
    #[schema(nullable = false)]
    key: Option<String>,
}

/// A key that took the place of another.
#[derive(Serialize, ToSchema)]
pub struct RotatedKeyView {
    #[serde(flatten)]
    view: KeyView,
    /// The whole key, this once.
    key: String,
    previous_valid_until: String,
}

#[derive(Serialize, ToSchema)]
pub struct UsedView {
    day: SpentView,
    month: SpentView,
    total: SpentView,
}

/// What the caller may do, what it has used and what is left.
#[derive(ToSchema)]
pub struct MeView {
    /// `local`, `anyone`, `key` or `session`.
    caller: String,
    role: Role,
    #[schema(required)]
    key: Option<KeyView>,
    #[schema(required)]
    session: Option<SessionView>,
    #[schema(required)]
    used: Option<UsedView>,
    #[schema(required)]
    left: Option<LeftView>,
    /// Programs that call this router, by the name of their library.
    snippets: BTreeMap<String, String>,
    /// All that it may call.
    models: Vec<String>,
}

#[derive(ToSchema)]
pub struct SessionView {
    expires_at: String,
    /// What was bound to it.
    #[schema(required)]
    model: Option<String>,
}

/// What is not limited is null.
#[derive(Serialize, ToSchema)]
pub struct LeftView {
    #[schema(required)]
    budget: Option<BudgetLeft>,
    #[schema(required)]
    requests_this_minute: Option<u64>,
    #[schema(required)]
    tokens_this_minute: Option<u64>,
}

#[derive(Serialize, ToSchema)]
pub struct BudgetLeft {
    #[schema(required)]
    usd: Option<f64>,
    #[schema(required)]
    tokens: Option<u64>,
    /// `day`, `month` or `total`.
    per: String,
    #[schema(required)]
    starts_anew_at: Option<String>,
}
