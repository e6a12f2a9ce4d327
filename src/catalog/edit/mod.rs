//! Applies changes over REST to the database. An edited entry of the file keeps its origin and
//! digest, so that the edit persists until the same entry changes in the file.
//!
//! Everything is checked before anything is written.

mod model;
mod provider;
mod secrets;

pub(super) use model::shown as shown_model;
pub(super) use provider::shown as shown_provider;

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::vault::{Vault, VaultError};
use crate::config::Problem;
use crate::config::egress::EgressPolicy;
use crate::config::secrets::ProviderSecrets;
use crate::domain::event::EventKind;
use crate::store::catalogue::load;
use crate::store::{Connection, StoreError};

type Body = Map<String, Value>;

/// A requested change. Bodies may hold secrets, so there is no `Debug`.
pub enum Edit {
    /// Creates or replaces.
    PutProvider(Body),
    /// Changes the members that are present; null clears.
    PatchProvider {
        name: String,
        patch: Body,
    },
    DeleteProvider {
        name: String,
        /// Deletes its models, too; else a provider with models is not deleted.
        with_models: bool,
    },
    PutModel(Body),
    PatchModel {
        provider: String,
        name: String,
        patch: Body,
    },
    DeleteModel {
        provider: String,
        name: String,
    },
}

/// What an edit is checked against.
#[derive(Clone)]
pub struct EditContext {
    pub vault: Vault,
    /// The file's secrets, by provider.
    pub in_file: Arc<HashMap<String, ProviderSecrets>>,
    pub egress: EgressPolicy,
    pub now_us: i64,
}

/// A completed edit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Edited {
    /// The entry's name; `provider/name` for a model.
    pub name: String,
    pub is_new: bool,
    /// Side effects, as sentences for the caller.
    pub notices: Vec<String>,
    /// Empty if the edit changed nothing.
    pub changes: Vec<Change>,
}

/// For the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub kind: EventKind,
    pub subject: String,
    pub summary: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
    /// Secrets were changed, which neither side shows.
    pub has_other_secrets: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("{}", listed(.0))]
    Invalid(Vec<Problem>),

    #[error("provider `{0}` is unknown; GET /providers lists all")]
    NoProvider(String),

    #[error("model `{0}` is unknown; GET /models?include_inactive=true lists all")]
    NoModel(String),

    #[error(
        "provider `{provider}` has models: {}; delete them first, or all at once with ?force=true",
        .models.join(", ")
    )]
    InUse { provider: String, models: Vec<String> },

    /// A secret cannot be stored.
    #[error("`{field}` is a secret: {reason}")]
    NotSealed { field: String, reason: VaultError },

    #[error(transparent)]
    Store(#[from] StoreError),

    #[error("the config watcher has stopped; restart the router")]
    Stopped,
}

fn listed(problems: &[Problem]) -> String {
    let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    messages.join("; ")
}

/// Applies an edit. Must be called in a transaction.
///
/// # Errors
/// The reason of the refusal; then nothing was written, unless the database itself failed.
pub fn apply(
    connection: &mut Connection,
    edit: &Edit,
    context: &EditContext,
) -> Result<Edited, EditError> {
    let rows = load(connection)?;
    match edit {
        Edit::PutProvider(body) => provider::put(connection, &rows, context, body),
        Edit::PatchProvider { name, patch } => {
            provider::patch(connection, &rows, context, name, patch)
        }
        Edit::DeleteProvider { name, with_models } => {
            provider::delete(connection, &rows, name, *with_models)
        }
        Edit::PutModel(body) => model::put(connection, &rows, context, body),
        Edit::PatchModel { provider, name, patch } => {
            model::patch(connection, &rows, context, (provider, name), patch)
        }
        Edit::DeleteModel { provider, name } => model::delete(connection, &rows, (provider, name)),
    }
}
